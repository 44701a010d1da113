"""Rows of the ledger: what became of each step."""

from __future__ import annotations

import msgspec

from bot.core.ledger import Entry
from bot.core.steps import Step
from bot.core.ticket import Moment
from bot.engine.tracker import Said


def row(step: Step, state: str, because: str, now: Moment, version: str, not_before: Moment | None = None) -> Entry:
    """The row for a step in a state, judged by the rulebook of `version`."""
    return Entry(
        key=step.key,
        ticket_id=step.ticket_id,
        ticket_key=step.ticket_key,
        rule=step.rule,
        rung=step.occasion.rung,
        say=step.say,
        to=step.to,
        state=state,
        because=because,
        due_at=step.due_at,
        at=now,
        not_before=not_before,
        version=version,
    )


def row_read_back(key: str, ticket_id: str, said: Said, step: Step | None) -> Entry:
    """The row for a comment of the bot's own found on a ticket; `step` is its wish where it is still wished."""
    _, _, rule, _, rung, _ = key.split("/")
    return Entry(
        key=key,
        ticket_id=ticket_id,
        ticket_key=step.ticket_key if step else "",
        rule=rule,
        rung=rung,
        say=step.say if step else "",
        to=step.to if step else (),
        state="said",
        because="read back from the ticket's comments",
        due_at=step.due_at if step else said.at,
        at=said.at,
        comment_id=said.comment_id,
    )


def turned(
    entry: Entry,
    state: str,
    because: str,
    now: Moment,
    *,
    comment_id: str | None = None,
    not_before: Moment | None = None,
) -> Entry:
    """The same row in another state."""
    return msgspec.structs.replace(
        entry,
        state=state,
        because=because,
        at=now,
        comment_id=comment_id or entry.comment_id,
        not_before=not_before,
    )


def decided(step: Step) -> str:
    """A step's because in one line: the rule's reason, then the values that decided."""
    return "; ".join((step.because.why, *(f"{word}: {value}" for word, value in step.because.values)))
