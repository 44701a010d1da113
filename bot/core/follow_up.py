"""The follow-up control after a period: what is left of its tickets, to those who forwarded them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import NamedTuple

from bot.core.deadline import due_day
from bot.core.desk import Desk
from bot.core.entries import Control, DeadlineEntry
from bot.core.forms import Number
from bot.core.judge import Judged, look
from bot.core.letters import Letter, Line, Section, Told, letter_key
from bot.core.people import addressees
from bot.core.rulebook import Rulebook
from bot.core.steps import Because, Count, Day, Name, Value
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.core.words import WORDS

KIND = "follow_up"

_LASTS = 5
"""For how many working days a list is still sent: later it is no news."""


class Period(NamedTuple):
    """A period that is over and to be controlled: of which deadline, what it is called, and its last day."""

    name: str
    period: str
    last: date
    control: Control


def follow_up_letters(
    tickets: Callable[[], Iterable[Ticket]], told: Told, book: Rulebook, desk: Desk, now: Moment
) -> Iterator[Letter]:
    """One letter a period to each who forwarded tickets of it, and the whole list to the coordinator.

    It lists what is not solved, what is solved and not delivered, and what came again: reopened, or told of by
    another open ticket. Who is spared a ticket finds nothing of it, and whoever stands in gets it in their place.
    """
    periods = list(periods_of(book, now))
    if not periods:
        return
    coordinator = book.entries.roles.coordinator
    found: dict[tuple[str, Period], dict[str, list[Line]]] = {}
    for ticket in tickets():
        judged = look(ticket, book, now, desk)
        for period in filter(lambda period: _belongs(judged, period, book), periods):
            titles = list(_titles(judged, desk))
            people = dict.fromkeys((*addressees(("forwarder",), judged.view), *_whole(coordinator, judged)))
            for person in filter(told.mornings.__contains__, people):
                sections = found.setdefault((person, period), {})
                for title in titles:
                    sections.setdefault(title, []).append(Line(ticket.key, _values(judged)))
    for (person, period), sections in found.items():
        if sections:
            yield _letter(person, period, sections, told, book)


def periods_of(book: Rulebook, now: Moment) -> Iterator[Period]:
    """The periods whose control is due today, or was in the last working days."""
    for entry in book.entries.deadlines:
        if entry.control is not None:
            yield from _of_entry(entry, entry.control, book, now)


def _of_entry(entry: DeadlineEntry, control: Control, book: Rulebook, now: Moment) -> Iterator[Period]:
    calendar = book.calendars[entry.calendar] if entry.calendar else book.calendar
    today = book.calendar.day_of(now)
    for period, day in entry.dates.items():
        last = calendar.next_working_day(day) if entry.moves is not False else day
        first = calendar.add_working_days(last, control.after.amount)
        if first <= today <= calendar.add_working_days(first, _LASTS):
            yield Period(entry.name, period, last, control)


def _belongs(judged: Judged, period: Period, book: Rulebook) -> bool:
    return any(
        (each.name, each.period) == (period.name, period.period) and due_day(each, book.calendar) == period.last
        for each in judged.deadlines
    )


def _titles(judged: Judged, desk: Desk) -> Iterator[str]:
    """The sections in which a ticket stands: one by what is left to do, and another where it came again."""
    view = judged.view
    after = view.happened[-1].after
    if after.standing == "open":
        yield "left_open"
    elif after.standing == "solved" and not after.delivered:
        yield "undelivered"
    reopened = WORDS["reopenings"]
    if (isinstance(reopened, Number) and reopened.read(view)) or desk.alike.get(view.ticket.id):
        yield "repeated"


def _whole(coordinator: str, judged: Judged) -> Iterable[str]:
    return addressees((coordinator,), judged.view)


def _values(judged: Judged) -> dict[str, Value]:
    view = judged.view
    values: dict[str, Value] = {"state": Name("state", view.happened[-1].after.state)}
    if view.ticket.queue not in (None, UNKNOWN):
        values["queue"] = Name("queue", view.ticket.queue or "")
    return values


def _letter(person: str, period: Period, sections: dict[str, list[Line]], told: Told, book: Rulebook) -> Letter:
    keys = {line.ticket_key for lines in sections.values() for line in lines}
    return Letter(
        key=letter_key(book.site, KIND, person, f"{period.name}@{period.last.isoformat()}"),
        rule=KIND,
        say=period.control.say,
        to=person,
        due_at=told.mornings[person],
        because=Because(KIND),
        values={"date": Day(period.last), "n": Count(len(keys)), "period": period.period},
        sections=tuple(Section(title, tuple(lines)) for title, lines in sections.items()),
    )
