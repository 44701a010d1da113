"""Lists of the open tickets of those who are away: to who stands in, who is back, or who coordinates. Pure.

A list goes out once an absence: on the first morning on which its recipient stands in, and to the person themselves
on their first working day back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import NamedTuple

from bot.core.deputies import FOR_GOOD, absence_on, is_deputy, meant
from bot.core.desk import Absence, Desk
from bot.core.history import turns
from bot.core.judge import look_on
from bot.core.letters import Letter, Line, Section, Told, letter_key
from bot.core.people import ROLES, calendar_of, instead_of, present
from bot.core.rulebook import Rulebook
from bot.core.steps import Because, Count, Day, Name, Value
from bot.core.summary import dues
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.core.view import View

HANDOVER, BACK, NO_DEPUTY, LEAVER = "handover", "back", "no_deputy", "leaver"
LISTED = 30
"""How many tickets a section lists; of the others it tells how many they are."""

_SAYS = {HANDOVER: "substitution", BACK: "handover_back", NO_DEPUTY: "no_deputy", LEAVER: "leaver"}

Tickets = Callable[[], Iterable[Ticket]]


class _About(NamedTuple):
    """One list: of what kind, to whom, and whose tickets it is of, while they are away so long."""

    kind: str
    to: str
    absence: Absence


class _Found(NamedTuple):
    """A ticket of a list: when it is next due, if ever, and its line."""

    due_at: Moment | None
    due: Value | None
    line: Line


def handover_letters(tickets: Tickets, told: Told, book: Rulebook, desk: Desk, now: Moment) -> Iterator[Letter]:
    """The lists to those who begin to stand in for somebody."""
    yield from _letters(HANDOVER, tickets, told, book, desk, now)


def back_letters(tickets: Tickets, told: Told, book: Rulebook, desk: Desk, now: Moment) -> Iterator[Letter]:
    """The lists to those who are back."""
    yield from _letters(BACK, tickets, told, book, desk, now)


def no_deputy_letters(tickets: Tickets, told: Told, book: Rulebook, desk: Desk, now: Moment) -> Iterator[Letter]:
    """The lists to those who coordinate, of the tickets of somebody for whom nobody named stands in."""
    yield from _letters(NO_DEPUTY, tickets, told, book, desk, now)


def leaver_letters(tickets: Tickets, told: Told, book: Rulebook, desk: Desk, now: Moment) -> Iterator[Letter]:
    """The lists to the coordinator, of the tickets of somebody whose account is no longer active."""
    yield from _letters(LEAVER, tickets, told, book, desk, now)


def _letters(kind: str, tickets: Tickets, told: Told, book: Rulebook, desk: Desk, now: Moment) -> Iterator[Letter]:
    today = book.calendar.day_of(now)
    absences = _absences(kind, told, book, desk, now)
    if not absences:
        return
    lists: defaultdict[_About, dict[str, list[_Found]]] = defaultdict(dict)
    for ticket in tickets():
        view = View(ticket, turns(ticket, book), book, now, desk=desk)
        if view.happened[-1].after.standing not in ("open", "solved"):
            continue
        found: _Found | None = None
        for role, person in (("forwarder", ROLES["forwarder"].person(view)), ("owner", ticket.owner)):
            absence = absences.get(person or "")
            if absence is None or person is None or instead_of(person, view) != person:
                continue
            to = _to(kind, person, view, today)
            if (
                to is not None
                and to in told.mornings
                and not (role == "owner" and person == ROLES["forwarder"].person(view))
            ):
                found = found or _listed(view)
                lists[_About(kind, to, absence)].setdefault(role, []).append(found)
    for about, sections in lists.items():
        yield _letter(about, sections, told, book)


def _absences(kind: str, told: Told, book: Rulebook, desk: Desk, now: Moment) -> dict[str, Absence]:
    """Those of whose tickets lists of this kind may be due, each with the stretch of days on which they are away."""
    today = book.calendar.day_of(now)
    people = dict.fromkeys(absence.person for absence in desk.absences)
    if kind == BACK:
        found = {person: _over(person, desk, book, today) for person in people if person in told.mornings}
    else:
        away = {person: absence_on(person, desk, today) for person in people}
        left = kind == LEAVER
        found = {
            person: absence
            for person, absence in away.items()
            if absence is not None and (absence.last == FOR_GOOD) == left
        }
    return {person: absence for person, absence in found.items() if absence is not None}


def _over(person: str, desk: Desk, book: Rulebook, today: date) -> Absence | None:
    """The absence after which today is a person's first working day."""
    calendar = calendar_of(person, book)
    for each in desk.absences_of(person):
        if each.last < today and absence_on(person, desk, today) is None:
            stretch = absence_on(person, desk, each.last)
            if stretch is not None and calendar.add_working_days(stretch.last, 1) == today:
                return stretch
    return None


def _to(kind: str, person: str, view: View, today: date) -> str | None:
    """Whom a list with this ticket goes to; None where it belongs in no list of this kind."""
    book, desk = view.book, view.desk
    if kind == BACK:
        return person
    if kind == LEAVER:
        coordinator = book.entries.roles.coordinator
        to = instead_of(coordinator, view)
        return None if to is None else meant(to, desk, book, view.now)
    to = present(person, view)
    named = is_deputy(to, person, desk, book, today)
    return to if to != person and named == (kind == HANDOVER) else None


def _listed(view: View) -> _Found:
    ticket = view.ticket
    if ticket.secured:
        return _Found(None, None, Line(ticket.key))
    values: dict[str, Value] = {}
    if ticket.queue not in (None, UNKNOWN):
        values["queue"] = Name("queue", str(ticket.queue))
    values["state"] = Name("state", view.happened[-1].after.state)
    at, due = min(dues(look_on(view)), key=lambda each: each[0], default=(None, None))
    if due is not None:
        values["due"] = due
    return _Found(at, due, Line(ticket.key, values))


def _letter(about: _About, lists: Mapping[str, list[_Found]], told: Told, book: Rulebook) -> Letter:
    kind, to, absence = about
    every = [found for those in lists.values() for found in those]
    values: dict[str, Value] = {"n": Count(len(every)), "from_day": Day(absence.first)}
    if absence.last not in (FOR_GOOD, absence.first):
        values["until_day"] = Day(absence.last)
    if kind != BACK and absence.person in book.languages:
        values["absent"] = absence.person
    if kind == HANDOVER:
        values["deputy"] = to
    values["forwards" if "forwarder" in lists and "owner" not in lists else "owns"] = Count(len(every))
    nearest = min(((each.due_at, each.due) for each in every if each.due_at and each.due), default=None, key=_moment)
    if nearest is not None:
        values["due"] = nearest[1]
    return Letter(
        key=letter_key(book.site, kind, to, f"{absence.person}.{absence.first.isoformat()}"),
        rule=kind,
        say=_SAYS[kind],
        to=to,
        due_at=told.mornings[to],
        because=Because(kind),
        values=values,
        sections=tuple(_section(role, kind, lists[role]) for role in ("forwarder", "owner") if role in lists),
    )


def _moment(due: tuple[Moment, Value]) -> Moment:
    return due[0]


def _section(role: str, kind: str, found: list[_Found]) -> Section:
    """The tickets, those that are due first before the others."""
    ordered = sorted(found, key=lambda each: (each.due_at is None, each.due_at or 0, _number(each.line)))
    lines = tuple(each.line for each in ordered[:LISTED])
    own = {"forwarder": "forwarded", "owner": "owned"}
    theirs = {"forwarder": "their_forwarded", "owner": "their_owned"}
    return Section((own if kind == BACK else theirs)[role], lines, len(ordered) - len(lines))


def _number(line: Line) -> tuple[int, str]:
    number = line.ticket_key.rpartition("-")[2]
    return (int(number) if number.isdecimal() else 0, line.ticket_key)
