"""Rows of the ledger found on a ticket itself: what the bot has said there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.core.ledger import Entry
from bot.core.steps import Step, is_key
from bot.engine.tracker import Said
from bot.store.store import Store

_NONE: Mapping[str, Step] = MappingProxyType({})


def unknown_rows(
    store: Store, site: str, ticket_id: str, said: Sequence[Said], wished: Mapping[str, Step] = _NONE
) -> list[Entry]:
    """The rows for what the bot's comments on a ticket say and the ledger lacks; `wished` are steps by their keys."""
    ledger = store.entries([ticket_id])[ticket_id]
    found = {key: each for each in said for key in each.keys if is_key(key, site, ticket_id) and key not in ledger}
    return [row_read_back(key, ticket_id, each, wished.get(key)) for key, each in found.items()]


def row_read_back(key: str, ticket_id: str, said: Said, step: Step | None) -> Entry:
    """The row for a comment of the bot's own found on a ticket; `step` is its wish where it is still wished."""
    _, _, rule, _, rung, _ = key.split("/")
    return Entry(
        key=key,
        ticket_id=ticket_id,
        ticket_key=step.ticket_key if step else "",
        rule=step.rule if step else rule,
        rung=rung,
        say=step.say if step else "",
        to=step.to if step else (),
        state="said",
        because="read back from the ticket's comments",
        due_at=step.due_at if step else said.at,
        at=said.at,
        comment_id=said.comment_id,
    )
