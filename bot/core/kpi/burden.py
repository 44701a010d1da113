"""Who has how much to do, with absences taken into account; figures about single people only where they agreed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from bot.core.deputies import is_away
from bot.core.entries import Queue
from bot.core.kpi.case import Case, Indicator, Records
from bot.core.kpi.course import at_the_end, ends_at, solutions, value_then
from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import FEW, Figure
from bot.core.people import calendar_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import UNKNOWN, Moment


class Uneven(NamedTuple):
    """A queue or a person with many more open tickets than others: the figure, and the average it is held against.

    `value` is None where tickets wait in a queue of which nobody is present.
    """

    indicator: str
    group: str
    value: float | None
    average: float


def _workload(case: Case) -> Iterator[Fact]:
    stood = at_the_end(case)
    if stood is not None and stood.standing == "open":
        yield _fact(case, "workload", stood.queue or "", ends_at(case) - 1, stood.queue or UNKNOWN)


def _present(records: Records) -> Iterator[Fact]:
    """How many of each queue's members were there on the last day worked of the period."""
    at, book = _until(records) - 1, records.book
    for queue in book.entries.queues:
        calendar = book.calendar_of(queue.calendar, None)
        day = calendar.add_working_days(calendar.day_of(at) + timedelta(days=1), -1)
        moment = calendar.start_of_day(day)
        there = sum(not is_away(person, records.desk, book, moment) for person in _of_queue(queue, book))
        if there:
            yield Fact("workload", weight=there, group=queue.queue, queue=queue.queue, at=at)


def _of_queue(queue: Queue, book: Rulebook) -> tuple[str, ...]:
    """Who works in a queue, each once; of one without members who coordinates it."""
    return tuple(dict.fromkeys(queue.members)) or (queue.coordinator or book.entries.roles.coordinator,)


def _solved_a_day(case: Case) -> Iterator[Fact]:
    for at, queue in _solved(case):
        yield _fact(case, "solved_a_day", queue, at, queue or UNKNOWN)


def _days_worked(records: Records) -> Iterator[Fact]:
    for queue in records.book.entries.queues:
        people = _of_queue(queue, records.book)
        days = sum(_days_present(person, records, records.period.first) for person in people)
        if days:
            at = _until(records) - 1
            yield Fact("solved_a_day", weight=days, group=queue.queue, queue=queue.queue, at=at)


def _person_open(case: Case) -> Iterator[Fact]:
    consents = case.view.book.entries.indicators.consents
    stood = at_the_end(case) if consents else None
    if stood is None or stood.standing != "open":
        return
    owner = value_then(case, "owner", case.view.ticket.owner)
    at = ends_at(case) - 1
    if owner is not None and owner in consents and case.view.book.calendar.day_of(at) >= consents[owner]:
        yield _fact(case, "person_open", stood.queue or "", at, owner, weight=1)


def _person_solved(case: Case) -> Iterator[Fact]:
    view = case.view
    consents = view.book.entries.indicators.consents
    for at, queue in _solved(case) if consents else ():
        owner = _owner_at(case, at)
        if owner is not None and owner in consents and view.book.calendar.day_of(at) >= consents[owner]:
            yield _fact(case, "person_solved_a_day", queue, at, owner)


def _person_days(records: Records) -> Iterator[Fact]:
    for person, since in records.book.entries.indicators.consents.items():
        days = _days_present(person, records, max(since, records.period.first))
        if days:
            yield Fact("person_solved_a_day", weight=days, group=person, at=_until(records) - 1)


def _solved(case: Case) -> Iterator[tuple[Moment, str]]:
    """When the ticket was solved within the period, and in which queue: at most once, the last time."""
    view, period = case.view, case.period
    if view.happened[-1].at < period.from_at:
        return
    turns = (view.happened[each.first] for each in reversed(solutions(view)))
    last = next((turn for turn in turns if period.holds(turn.at)), None)
    if last is not None:
        yield last.at, last.after.queue or ""


def _owner_at(case: Case, at: Moment) -> str | None:
    changes = (each.was for each in case.view.ticket.changes if each.field == "owner" and each.at > at)
    return next(changes, case.view.ticket.owner)


def _until(records: Records) -> Moment:
    return min(records.period.until_at, records.as_of + 1)


def _days_present(person: str, records: Records, first: date) -> int:
    """On how many of their working days in the period a person was there."""
    book = records.book
    calendar = calendar_of(person, book)
    last = min(records.period.last, calendar.day_of(_until(records) - 1))
    days = (first + timedelta(n) for n in range((last - first).days + 1))
    away = records.desk.absences_of(person)
    return sum(
        calendar.is_working_day(day) and not any(each.first <= day <= each.last for each in away) for day in days
    )


def _fact(case: Case, name: str, queue: str, at: Moment, group: str, weight: int = 0) -> Fact:
    ticket = case.view.ticket
    return Fact(name, ticket.key, 1, weight, group, secured=ticket.secured, queue=queue, at=at)


def uneven(figures: Iterable[Figure], book: Rulebook) -> Iterator[Uneven]:
    """Give the queues, and the people who agreed, that have many more open tickets than others, the most first.

    Held against the average, of queues of the whole desk, by the rulebook's `indicators.imbalance`; fewer than five
    open tickets are no burden. A queue in which tickets wait and nobody is present is always one.
    """
    more = 1 + book.entries.indicators.imbalance / 100
    shown = list(figures)
    for name in ("workload", "person_open"):
        groups = [each for each in shown if each.indicator == name and each.group not in ("", UNKNOWN)]
        known = [each for each in groups if each.denominator and each.numerator is not None]
        people = sum(each.denominator or 0 for each in known) if name == "workload" else len(known)
        average = sum(each.numerator or 0 for each in known) / people if people else 0.0
        found = [
            Uneven(name, each.group, each.value, average)
            for each in groups
            if (each.numerator and not each.denominator)
            or (
                len(known) > 1
                and each.value is not None
                and (each.numerator or 0) >= FEW
                and each.value > average * more
            )
        ]
        yield from sorted(found, key=lambda each: (each.value is not None, -(each.value or 0), each.group))


BURDEN: tuple[Indicator, ...] = (
    Indicator(
        "workload",
        "mean",
        title={
            "et": "Avatud pileteid kohaloleva inimese kohta",
            "en": "Open tickets per person present",
            "ru": "Открытых заявок на присутствующего сотрудника",
        },
        definition={
            "et": "Perioodi lõpus avatud piletid jagatud järjekorra liikmetega, kes perioodi viimasel tööpäeval "
            "kohal olid. Kui keegi ei olnud kohal, suhet ei ole. Mitme järjekorra liige "
            "loeb igas neist.",
            "en": "The tickets that were open as the period ended, divided by the members of their queue who were "
            "there on its last working day. Where nobody was, there is no ratio. Who works in "
            "several queues counts in each.",
            "ru": "Открытые на конец периода заявки, делённые на членов очереди, присутствовавших в последний "
            "рабочий день периода. Если никого не было, отношения нет. Член нескольких очередей "
            "учитывается в каждой.",
        },
        facts=_workload,
        desk_facts=_present,
        by="queue",
        more_is_better=False,
        source="KA-VS 3.9",
    ),
    Indicator(
        "solved_a_day",
        "mean",
        title={
            "et": "Lahendatud pileteid kohaloldud tööpäeva kohta",
            "en": "Tickets solved per working day present",
            "ru": "Решённых заявок на отработанный день",
        },
        definition={
            "et": "Perioodil lahendatud piletid (igaüks kord) jagatud tööpäevadega, mil järjekorra liikmed kohal "
            "olid; äraoleku päevad ei loe.",
            "en": "The tickets solved within the period (each once), divided by the working days on which the "
            "members of the queue were there; days of absence do not count.",
            "ru": "Заявки, решённые за период (каждая один раз), делённые на рабочие дни присутствия членов очереди; "
            "дни отсутствия не считаются.",
        },
        facts=_solved_a_day,
        desk_facts=_days_worked,
        by="queue",
        more_is_better=True,
        source="KA-VS 3.9",
    ),
    Indicator(
        "person_open",
        "count",
        title={
            "et": "Avatud pileteid täitja kohta",
            "en": "Open tickets by assignee",
            "ru": "Открытых заявок по исполнителям",
        },
        definition={
            "et": "Perioodi lõpus avatud piletid täitja järgi. Ainult need, kes on selleks nõusoleku andnud, "
            "nõusoleku päevast alates; ainult koordinaatorile ja juhile.",
            "en": "The tickets that were open as the period ended, by assignee. Only of those who agreed to it, from "
            "the day of their consent on; only for the coordinator and the lead.",
            "ru": "Открытые на конец периода заявки по исполнителям. Только давших согласие, начиная со дня "
            "согласия; только для координатора и руководителя.",
        },
        facts=_person_open,
        by="person",
        whole=False,
        personal=True,
        more_is_better=False,
        source="KA-VS 3.9",
    ),
    Indicator(
        "person_solved_a_day",
        "mean",
        title={
            "et": "Täitja lahendatud pileteid kohaloldud tööpäeva kohta",
            "en": "Tickets solved by assignee per working day present",
            "ru": "Решённых исполнителем заявок на отработанный день",
        },
        definition={
            "et": "Perioodil lahendatud piletid selle järgi, kes oli lahendamisel täitja, jagatud tema kohaloldud "
            "tööpäevadega. Ainult need, kes on selleks nõusoleku andnud, nõusoleku päevast alates; ainult "
            "koordinaatorile ja juhile.",
            "en": "The tickets solved within the period, by who was their assignee then, divided by the working days "
            "on which that person was there. Only of those who agreed to it, from the day of their consent on; only "
            "for the coordinator and the lead.",
            "ru": "Решённые за период заявки по исполнителю на момент решения, делённые на дни его присутствия. "
            "Только давших согласие, начиная со дня согласия; только для координатора и руководителя.",
        },
        facts=_person_solved,
        desk_facts=_person_days,
        by="person",
        whole=False,
        personal=True,
        source="KA-VS 3.9",
    ),
)
