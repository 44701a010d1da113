"""The letters that tell the lead of batches over the ceiling, where no control ticket does. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bot.core.desk import Desk
from bot.core.ledger import CEILING
from bot.core.letters import Letter, Told, letter_key
from bot.core.rulebook import Rulebook
from bot.core.steps import Because, Count
from bot.core.ticket import Moment, Ticket


def ceiling_letters(
    tickets: Callable[[], Iterable[Ticket]], told: Told, book: Rulebook, desk: Desk, now: Moment
) -> Iterator[Letter]:
    """One letter a batch, as long as it waits; none on a desk with a control ticket, where the lead is told there."""
    lead, manners = book.entries.roles.lead, book.entries.manners
    if manners.control is not None:
        return
    for at, n in told.batches.items():
        yield Letter(
            key=letter_key(book.site, CEILING, lead, str(at)),
            rule=CEILING,
            say="ceiling_reached",
            to=lead,
            due_at=at,
            because=Because(f"manners.ceiling: {manners.ceiling}"),
            values={"n": Count(n)},
        )
