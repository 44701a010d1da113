"""The ledger: what became of every step."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import structs

from bot.core.steps import Part, Step, part
from bot.core.ticket import Moment

DONE = frozenset(("intended", "doubtful", "said", "observed", "adopted"))
"""States of a step that is not wished for again: it was said, may have been, or counts as said."""

WAITING = frozenset(("held", "batched", "released"))
"""States of a step never yet said: when it is no longer wished, it is withdrawn."""

SPOKEN = frozenset(("intended", "doubtful", "said"))
"""States that count against budgets: a message went out, or may have."""

COMMAND = "command"
"""The name under which commands are answered: no rule wishes for that, and it counts against no budget."""

CEILING = "ceiling"
RULEBOOK = "rulebook"
NOTICES = frozenset((CEILING, RULEBOOK))
"""The names under which the lead is told of a batch and of a changed rulebook: no rule wishes for these."""


class Entry(msgspec.Struct, frozen=True):
    """A row of the ledger: what became of one step.

    `state` is `held`, `batched`, `released` (a person let it go from its batch), `intended`, `doubtful`, `said`,
    `withdrawn`, `observed` or `adopted`, and `at` the moment it got so; `because` is a short text without personal
    data, `version` the rulebook's. `left` are those whom only their summary tells of it. Of one that may be edited
    `edition` is in short what it says now; `part` is a `Part` in JSON where something of its comment may be edited.
    `letter` is the key of the letter that says it, where the steps of several tickets are said in one.
    """

    key: str
    ticket_id: str
    ticket_key: str
    rule: str
    rung: str
    say: str
    to: tuple[str, ...]
    state: str
    because: str
    due_at: Moment
    at: Moment
    not_before: Moment | None = None
    comment_id: str | None = None
    version: str = ""
    left: tuple[str, ...] = ()
    edition: str | None = None
    part: str | None = None
    letter: str | None = None


_BY_MANNERS = ("quiet hours", "today's budget", "the bot has written")


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
        left=step.left,
        edition=step.edition,
    )


def rows_of_comment(steps: Sequence[Step], state: str, now: Moment, version: str) -> list[Entry]:
    """The rows for the steps of one comment; what each says is kept where something of it may be edited."""
    rows = [row(step, state, decided(step), now, version) for step in steps]
    if all(step.edition is None for step in steps):
        return rows
    parts = [written(part(step, place)) for place, step in enumerate(steps)]
    return [structs.replace(each, part=said) for each, said in zip(rows, parts, strict=True)]


def part_of(entry: Entry) -> Part | None:
    """What a step said in its comment; None where that was not kept."""
    return None if entry.part is None else _PART.decode(entry.part)


def written(said: Part) -> str:
    """A part of a comment as a row keeps it."""
    return msgspec.json.encode(said).decode()


_PART = msgspec.json.Decoder(Part)


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


def is_untold(entry: Entry, person: str) -> bool:
    """Whether a person was not told for the sake of their peace: a budget, quiet hours, or a ticket's cap."""
    held = entry.state == "held" and entry.because.startswith(_BY_MANNERS)
    return (held and person in entry.to) or person in entry.left
