"""What explaining a ticket rests on besides the ticket, from the store: the others, and what was said today."""

from __future__ import annotations

from bot.core.arrange import DeskState
from bot.core.desk import Desk
from bot.core.explain import explain
from bot.core.explanation import Explanation
from bot.core.judge import judge
from bot.core.ledger import Entry
from bot.core.rulebook import Rulebook
from bot.core.silence import barred, words
from bot.core.ticket import Moment, Ticket
from bot.engine.control import silences
from bot.engine.desk import desk_of
from bot.engine.recalled import recalled
from bot.store.store import Store
from bot.store.tied import with_others


def explained(store: Store, book: Rulebook, ticket: Ticket, at: Moment) -> Explanation:
    """Explain a ticket at a moment, now or to come. Raises ValueError for an amount of time over 50 years."""
    known = known_of(store, book, ticket, at)
    return explain(ticket, book, rows_of(store, book, ticket, known, at), desk_now(store, book, at), at, known)


def rows_of(store: Store, book: Rulebook, ticket: Ticket, known: Desk, at: Moment) -> dict[str, Entry]:
    """The ledger of a ticket, with rows for what is wished at a moment and was done, and purged since.

    Raises ValueError as `judge` does.
    """
    rows = store.entries([ticket.id])[ticket.id]
    return rows | recalled(store, book, [judge(ticket, book, at, known)], rows, at) if store.has_purged() else rows


def known_of(store: Store, book: Rulebook, ticket: Ticket, at: Moment) -> Desk:
    """The desk with what judging this ticket needs to know of others."""
    return with_others(desk_of(store, book), [ticket], store, book, at)


def desk_now(store: Store, book: Rulebook, at: Moment) -> DeskState:
    """What was said on the day of a moment, and what is silenced now."""
    silent = silences(store)
    return DeskState(spoken_on(store, book, at), words(silent), barred=barred(silent))


def spoken_on(store: Store, book: Rulebook, at: Moment) -> tuple[Entry, ...]:
    """What was said since the day of a moment began."""
    return tuple(store.spoken_since(book.calendar.start_of_day(book.calendar.day_of(at))))
