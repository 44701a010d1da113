"""What each rule said of late, on which tickets, and whether somebody did something then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from bot.core.entries import Completeness, Incident, Ladder, Route
from bot.core.exclusion import spared
from bot.core.history import forwarder
from bot.core.judge import view_of
from bot.core.kpi.case import Case
from bot.core.kpi.period import Period
from bot.core.kpi.registry import INDICATORS
from bot.core.ledger import COMMAND, NOTICES, Entry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.engine.desk import desk_of
from bot.store.store import Store
from bot.store.tied import each_with_others
from bot.web.page import Asked
from bot.web.reader import may_know, may_open

DAYS = (7, 28, 91)
"""For how many days back one may ask, today the last of them."""

_FRESH_S = 300
_STATES = frozenset(("said", "doubtful", "observed", "held", "batched"))

Rule = Route | Completeness | Incident | Ladder
"""A rule that speaks."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A step that was said, recorded only, or waits (`said`, `observed`, `held`, `batched`, `doubtful`).

    `followed` tells whether somebody of the side that was addressed did something within a working day; None where
    that day is not over, or nothing was said. `people` are those whose ticket it is.
    """

    rule: str
    rung: str
    state: str
    at: Moment
    followed: bool | None
    key: str
    queue: str | None
    category: str | None
    secured: bool
    spared: frozenset[str]
    people: tuple[str | None, ...]


def kinds(book: Rulebook) -> Iterator[tuple[str, Sequence[Rule]]]:
    """Give the rules that speak by their kind, in the order of the rulebook."""
    entries = book.entries
    yield "route", entries.routes
    yield "completeness", entries.completeness
    yield "incident", entries.incidents
    yield "ladder", entries.ladders


def name_of(rule: Rule) -> str:
    """The permanent name of a rule."""
    return rule.route if isinstance(rule, Route) else rule.name


def spoken(asked: Asked, days: int) -> list[Spoken]:
    """Give what was said in the last days on tickets that the reader may know of, the latest first.

    Raises StoreError.
    """
    audience, book = asked.audience, asked.book
    return [
        each
        for each in _spoken(asked, days)
        if audience.reads_of(each.queue, each.category)
        and may_know(audience, secured=False, spared=each.spared, book=book)
    ]


def may_list(each: Spoken, asked: Asked) -> bool:
    """Whether the reader may be shown on which ticket it was."""
    known = asked.audience.secured or not each.secured
    return known and may_open(asked.audience, each.people, each.queue, asked.book)


_lock = Lock()
_kept: WeakKeyDictionary[Store, dict[int, tuple[tuple[str, Moment], list[Spoken]]]] = WeakKeyDictionary()


def _spoken(asked: Asked, days: int) -> list[Spoken]:
    """What everybody's answer is taken from; reckoned anew every five minutes at most."""
    store, mark = asked.source.store, (asked.book.version, asked.now // _FRESH_S)
    with _lock:
        of_store = _kept.setdefault(store, {})
        if days not in of_store or of_store[days][0] != mark:
            of_store[days] = mark, list(_found(store, asked.book, asked.now, days))
        return of_store[days][1]


def _found(store: Store, book: Rulebook, now: Moment, days: int) -> Iterator[Spoken]:
    period = _period(book, now, days)
    by_ticket: dict[str, list[Entry]] = defaultdict(list)
    rows = [
        each
        for each in store.ledger(period.from_at)
        if each.state in _STATES and each.at <= now and each.rule not in NOTICES | {COMMAND}
    ]
    for each in rows:
        by_ticket[each.ticket_id].append(each)
    tickets = store.tickets(list(by_ticket))
    about: dict[str, tuple[Ticket, frozenset[str], str | None, dict[tuple[str, Moment], bool]]] = {}
    for ticket, desk in each_with_others(desk_of(store, book), tickets, store, book, now):
        try:
            view = view_of(ticket, book, now, desk)
            facts = INDICATORS["reminders"].facts
            case = Case(view, period, said=by_ticket[ticket.id])
            acts = {
                (fact.group, fact.at): bool(fact.value)
                for fact in (facts(case) if facts else ())
                if not fact.excluded
            }
            about[ticket.id] = ticket, frozenset(spared(view)), forwarder(ticket, view.happened, book), acts
        except ValueError:  # an amount of time that takes more than 50 years: the cycle reports it
            continue
    for row in reversed(rows):
        if row.ticket_id in about:
            ticket, out, passed_on_by, acts = about[row.ticket_id]
            yield Spoken(
                rule=row.rule,
                rung=row.rung,
                state=row.state,
                at=row.at,
                followed=acts.get((row.rule, row.at)) if row.state == "said" else None,
                key=ticket.key,
                queue=ticket.queue,
                category=ticket.category,
                secured=ticket.secured,
                spared=out,
                people=(ticket.owner, ticket.reporter, passed_on_by),
            )


def _period(book: Rulebook, now: Moment, days: int) -> Period:
    """The last days, today the last of them."""
    calendar = book.calendar
    today = calendar.day_of(now)
    first = today - timedelta(days=days - 1)
    return Period("day", first, today, calendar.start_of_day(first), calendar.end_of_day(today))
