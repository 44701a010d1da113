"""The desk at a moment: what the rulebook and the database know of who is away and who is on duty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from bot.core.crosscheck_absences import deputy_problem, span_problem
from bot.core.deputies import FOR_GOOD
from bot.core.desk import Absence, Desk
from bot.core.findings import nearest
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.store.store import Store


def desk_of(store: Store, book: Rulebook) -> Desk:
    """The desk as the rulebook, the commands, and the accounts that are no longer active make it."""
    told = tuple(store.absences())
    left = tuple(Absence(person, day, FOR_GOOD) for person, day in store.leavers().items())
    if not told and not left:
        return book.desk
    return Desk((*book.absences, *told, *left), book.shifts)


def absence_problem(person: str, first: date, last: date, deputies: Sequence[str], book: Rulebook) -> str | None:
    """Why an absence cannot be as it is told; None where it can. Nothing but words of the rulebook is repeated."""
    for word in (person, *deputies):
        if word not in book.languages:
            meant = nearest(word, book.languages)
            return "the rulebook names nobody so" + (f"; did you mean '{meant}'?" if meant else "")
    wrong = (deputy_problem(deputy, person, book.entries) for deputy in deputies)
    return span_problem(first, last) or next(filter(None, wrong), None)


def absent(store: Store, person: str, first: date, last: date, deputies: Sequence[str], now: Moment) -> None:
    """Keep that a person of the rulebook is away from one local day to another, and look at every ticket again.

    Told again for the same days, it replaces who stands in. `absence_problem` says what is wrong with it before.
    """
    with store.transaction():
        store.put_absence(Absence(person, first, last, tuple(deputies)), now)
        store.due_all(now)


@contextmanager
def heeding_absences(store: Store, now: Moment) -> Iterator[None]:
    """Look at every ticket again where it was told while tickets were judged inside that somebody is away, or is not.

    Else those that were judged without it, and then kept, would wait for their next look.
    """
    told = store.absences()
    try:
        yield
    finally:
        with store.transaction():
            if store.absences() != told:
                store.due_all(now)


def present(store: Store, person: str, first: date, last: date, now: Moment) -> bool:
    """Take back an absence that was told for these days; returns whether there was one."""
    with store.transaction():
        removed = store.remove_absence(Absence(person, first, last))
        if removed:
            store.due_all(now)
    return removed
