"""People's load: what each queue has open against who is there, who is away and who stands in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.core.deputies import FOR_GOOD, absence_on, deputies_of, is_away, meant, on_duty
from bot.core.desk import Desk
from bot.core.entries import Queue
from bot.core.kpi.burden import Uneven, uneven
from bot.core.kpi.figure import Figure
from bot.core.readers import WHOLE_DESK
from bot.core.steps import Day
from bot.core.ticket import Moment
from bot.engine.desk import desk_of
from bot.web.page import Asked, Page
from bot.web.reader import HEADS, may_know
from bot.web.snapshot import Line
from bot.wording import number

AHEAD_D = 30
"""Absences that begin within so many days are told."""


@dataclass(frozen=True)
class Share:
    """What a queue has open, and who of its members is there; `each` is how many tickets there are for each of them.

    `away` counts tickets that are somebody's who is not there now. `alert` tells that it is much more than elsewhere.
    """

    queue: str
    members: int
    there: int
    open: int
    breached: int
    at_risk: int
    nobodys: int
    away: int
    each: float | None
    alert: bool


@dataclass(frozen=True)
class Away:
    """Days on which somebody is away: `last` is None where no end is known. `now` is who is meant today instead."""

    person: str
    first: date
    last: date | None
    deputies: tuple[str, ...]
    now: str | None


@dataclass(frozen=True)
class Duty:
    """Who is on duty by a roster until when; nobody in a gap."""

    roster: str
    person: str | None
    until_at: Moment | None


def show(asked: Asked) -> Mapping[str, Any]:
    """Give what the reader's queues have open, who of them is away, and single people where they agreed to it."""
    book, audience = asked.book, asked.audience
    desk = desk_of(asked.source.store, book)
    reading = asked.snapshot.read(asked.now)
    lines = [
        line
        for line in reading.lines
        if line.ticket.standing == "open"
        and audience.reads_of(line.ticket.queue, line.ticket.category)
        and may_know(audience, secured=False, spared=line.ticket.spared, book=book)
    ]
    queues = [each for each in book.entries.queues if audience.queues is None or each.queue in audience.queues]
    figures = [_figure(queue, lines, desk, asked) for queue in queues]
    alerts = {each.group: each for each in uneven(figures, book)}
    shares = [_share(queue, lines, alerts, desk, asked) for queue in queues]
    return {
        "reading": reading,
        "shares": sorted(
            (each for each in shares if each.open or each.members),
            key=lambda each: (not each.alert, -(each.each or 0), -each.open),
        ),
        "average": next(iter(alerts.values())).average if alerts else _average(figures),
        "percent": book.entries.indicators.imbalance,
        "unrouted": sum(line.ticket.queue is None for line in lines) if audience.queues is None else 0,
        "away": list(_away(queues, desk, asked)),
        "duties": list(_duties(queues, desk, asked)),
        "people": _people(lines, asked),
        "may_see_people": bool(audience.roles & WHOLE_DESK),
        "days": AHEAD_D,
        "number": lambda value: number(value, asked.language),
        "day": lambda day: asked.shown(Day(day)),
        "roster": lambda word: _name(word, asked),
    }


def _name(word: str, asked: Asked) -> str:
    """What a roster is called in the reader's language; its word where it has no name."""
    for each in asked.book.entries.rosters:
        if each.roster == word:
            names: dict[str, str] = {str(language): name for language, name in each.name.items()}
            return names.get(asked.language) or names.get(asked.book.entries.language) or word
    return word


def _figure(queue: Queue, lines: Sequence[Line], desk: Desk, asked: Asked) -> Figure:
    """The digest's figure on the load of a queue, as it is now."""
    n, there = sum(line.ticket.queue == queue.queue for line in lines), _there(queue, desk, asked)
    return Figure("workload", queue.queue, n / there if there else None, n, there)


def _there(queue: Queue, desk: Desk, asked: Asked) -> int:
    return sum(not is_away(person, desk, asked.book, asked.now) for person in dict.fromkeys(queue.members))


def _average(figures: Sequence[Figure]) -> float | None:
    there = sum(each.denominator or 0 for each in figures)
    return sum(each.numerator or 0 for each in figures if each.denominator) / there if there else None


def _share(queue: Queue, lines: Sequence[Line], alerts: Mapping[str, Uneven], desk: Desk, asked: Asked) -> Share:
    own = [line for line in lines if line.ticket.queue == queue.queue]
    there = _there(queue, desk, asked)
    owners = [line.ticket.owner for line in own]
    return Share(
        queue=queue.queue,
        members=len(set(queue.members)),
        there=there,
        open=len(own),
        breached=sum(line.stands == "breached" for line in own),
        at_risk=sum(line.stands == "at risk" for line in own),
        nobodys=owners.count(None),
        away=sum(owner is not None and is_away(owner, desk, asked.book, asked.now) for owner in owners),
        each=len(own) / there if there else None,
        alert=queue.queue in alerts,
    )


def _away(queues: Sequence[Queue], desk: Desk, asked: Asked) -> Iterator[Away]:
    """Who of those whom the reader answers for is away, or will be soon: those who are away now first."""
    book, today = asked.book, asked.book.calendar.day_of(asked.now)
    people = {person for queue in queues for person in (*queue.members, queue.coordinator) if person}
    if asked.audience.queues is None:
        people |= set(book.languages)
    found = []
    for person in sorted(people):
        firsts = {max(today, each.first) for each in desk.absences_of(person) if each.last >= today}
        stretches = {absence_on(person, desk, first) for first in firsts}
        for each in stretches:
            if each is not None and each.first <= today + timedelta(days=AHEAD_D):
                begun = each.first <= today
                deputies = deputies_of(person, desk, book, max(today, each.first))
                instead = meant(person, desk, book, asked.now) if begun else None
                last = None if each.last >= FOR_GOOD else each.last
                found.append(Away(person, each.first, last, deputies, instead))
    yield from sorted(found, key=lambda each: (each.now is None, each.first, each.person))


def _duties(queues: Sequence[Queue], desk: Desk, asked: Asked) -> Iterator[Duty]:
    own = {queue.duty for queue in queues}
    for roster in asked.book.entries.rosters:
        if asked.audience.queues is None or roster.roster in own:
            person = on_duty(roster.roster, desk, asked.book, asked.now)
            ends = [
                shift.until_at
                for shift in desk.shifts_of(roster.roster)
                if shift.person == person and shift.from_at <= asked.now < shift.until_at
            ]
            yield Duty(roster.roster, person, max(ends, default=None))


def _people(lines: Sequence[Line], asked: Asked) -> Sequence[tuple[str, date, int, int, int]]:
    """Whoever agreed to figures about their own work: since when, what they have open, overdue and at risk.

    For the lead and the coordinator alone; nobody else is counted, whoever they are.
    """
    if not asked.audience.roles & WHOLE_DESK:
        return ()
    today = asked.book.calendar.day_of(asked.now)
    counts = Counter((line.ticket.owner, stands) for line in lines for stands in ("open", line.stands))
    agreed = asked.book.entries.indicators.consents.items()
    found = [
        (person, since, counts[person, "open"], counts[person, "breached"], counts[person, "at risk"])
        for person, since in agreed
        if since <= today
    ]
    return sorted(found, key=lambda each: (-each[2], each[0]))


PAGE = Page("load", "/load", HEADS, show, place=20)
