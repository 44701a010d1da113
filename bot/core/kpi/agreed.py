"""The date first agreed for a ticket, which later ones do not change (statute 2.3.1, domain 1.4). Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from bot.core.deadline import read_start
from bot.core.ticket import Moment
from bot.core.view import View

DUE = "due"
"""The word for Jira's own due date."""


class Agreed(NamedTuple):
    """The last instant in time by the date first agreed, and by the one agreed last."""

    first_at: Moment
    last_at: Moment


def agreed(view: View) -> Agreed | None:
    """The dates agreed; None where none ever was.

    A day is in time until its local 23:59:59, a moment itself. Removing the date changes nothing. Within the grace
    after it was set, and before anybody has the ticket, the first may still be put right.
    """
    told = [(at, due_at) for at, written in _dates(view) if (due_at := _last_instant(written, view)) is not None]
    if not told:
        return None
    (set_at, first_at), *later = told
    calendar = view.book.calendar
    until = calendar.add(set_at, view.book.entries.indicators.grace.working_s(calendar.day_s))
    assigned_at = _assigned_at(view)
    for at, due_at in later:
        if at <= until and (assigned_at is None or at < assigned_at):
            first_at = due_at
    return Agreed(first_at, told[-1][1])


def _dates(view: View) -> list[tuple[Moment, str]]:
    """The dates that the ticket ever had, as written, each with when it got it."""
    ticket, word = view.ticket, view.book.entries.indicators.agreed
    changes = [change for change in ticket.changes if change.field == word]
    written = [(ticket.created_at, changes[0].was if changes else _present(word, view))]
    written += [(change.at, change.now) for change in changes]
    return [(at, value) for at, value in written if value is not None]


def _present(word: str, view: View) -> str | None:
    if word != DUE:
        return view.ticket.fields.get(word)
    due_at = view.ticket.due_at
    return None if due_at is None else datetime.fromtimestamp(due_at, UTC).date().isoformat()


def _last_instant(written: str, view: View) -> Moment | None:
    calendar = view.book.calendar
    start = read_start(written, calendar)
    if start is None or start.exact:
        return None if start is None else start.at
    return calendar.end_of_day(calendar.day_of(start.at)) - 1


def _assigned_at(view: View) -> Moment | None:
    """When the ticket first had an owner."""
    changes = [change for change in view.ticket.changes if change.field == "owner"]
    if (changes[0].was if changes else view.ticket.owner) is not None:
        return view.ticket.created_at
    return next((change.at for change in changes if change.now is not None), None)
