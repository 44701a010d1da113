"""From a ticket to what the rules wish for it."""

from __future__ import annotations

from collections.abc import Sequence

from measure import Row, race

from bot.core.judge import judge
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket


def judgements(tickets: Sequence[Ticket], book: Rulebook, now: int, rounds: int) -> list[Row]:
    """Time judging each ticket once; the floor walks through its history once and adds the moments up."""

    def walk() -> int:
        return sum(change.at for ticket in tickets for change in ticket.changes) + sum(
            message.at for ticket in tickets for message in ticket.messages
        )

    return race(
        {
            "floor: walk through the history once": walk,
            "**Piletibot, judge**": lambda: [judge(ticket, book, now) for ticket in tickets],
        },
        rounds,
    )
