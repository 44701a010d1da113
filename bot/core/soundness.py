"""What the bot's audit of itself looks for, and what it found. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from bot.core.arrange import told_in
from bot.core.ledger import COMMAND, NOTICES, SPOKEN, Entry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment

Check = Literal["next look", "late look", "outbox", "unproven", "twins", "budget", "mark", "sweep", "audit"]

CHECKS: Mapping[Check, str] = {
    "next look": "open tickets whose next look was lost or is too late: they are looked at again",
    "late look": "tickets that were to be looked at more than an hour ago and were not",
    "outbox": "comments or letters begun and neither confirmed nor given up, for longer than settling takes",
    "unproven": "steps that count as said, and no comment and no letter is known that says them",
    "twins": "steps that two comments of the bot say on one ticket",
    "budget": "people or tickets that were written to more often today than their budget allows",
    "mark": "the mark of what is read stands in the future",
    "sweep": "the sweep over all tickets is overdue",
    "audit": "the audit could not be made",
}
"""What is wrong in each case, in words for whoever runs the bot."""


class Unsound(msgspec.Struct, frozen=True):
    """Something that must not be: how many of it, and since when it is known. What is `mended` was put right."""

    check: Check
    n: int
    since_at: Moment
    mended: bool = False


def failing(found: Iterable[Unsound]) -> list[str]:
    """The checks that found what could not be mended."""
    return [each.check for each in found if not each.mended]


def over_budget(spoken: Iterable[Entry], written: Iterable[Entry], book: Rulebook) -> int:
    """How many people, and tickets, were written to beyond their budget.

    `spoken` is what was said today, `written` all that was said on the tickets concerned. Only what the rulebook in
    force said is counted, as another may have allowed more; and nothing that stands under no budget: what is urgent,
    what closes a ticket, notices, and answers to commands.
    """
    manners = book.entries.manners
    free = set(_unbudgeted(book))

    def counted(entry: Entry) -> bool:
        return entry.state in SPOKEN and entry.version == book.version and entry.rule not in free

    people = Counter(told_in(filter(counted, spoken), book))
    tickets = Counter(ticket_id for ticket_id, _ in {(each.ticket_id, each.at) for each in filter(counted, written)})
    crowded = sum(n > manners.budget for n in people.values())
    return crowded + sum(n > manners.ticket_budget for n in tickets.values())


def _unbudgeted(book: Rulebook) -> Iterator[str]:
    yield from (*NOTICES, COMMAND)
    for ladder in book.entries.ladders:
        if ladder.urgent or any("state" in rung.sets for rung in ladder.rungs):
            yield ladder.name
