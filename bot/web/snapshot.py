"""The judged tickets of the desk, kept between requests: only what changed is looked at again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from bot.core.clock import Cycle, Standing, at_risk_s, changes, due_at, elapsed_s, is_running, standing
from bot.core.deadline import Deadline, is_over
from bot.core.desk import Desk
from bot.core.history import forwarder
from bot.core.judge import Judged, look
from bot.core.overview import soon_until
from bot.core.rulebook import Rulebook
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.engine.desk import desk_of
from bot.store.store import Seen, Store
from bot.store.tied import with_others
from bot.web.source import Source

log = structlog.get_logger()

AT_ONCE = 50
"""How many tickets are judged between two rests, which leave the processor to the bot's cycle."""

_INLINE = 200
_LAST_S = 0.5
_STRETCH = 1000
STANDINGS = ("breached", "at risk", "paused", "on track", "none", "solved")
"""How a ticket can stand, worst first: as what presses most on it, without any clock, or solved."""

_NEVER = 1 << 62
_RANK: Mapping[str, int] = {standing: rank for rank, standing in enumerate(STANDINGS)}


@dataclass(frozen=True, slots=True)
class Clock:
    """A policy's clock that has not stopped: how it stood when it was judged, and from when on it stands otherwise.

    `due_at` is there as long as it is known; a clock that is paused, and not overdue, has none.
    """

    policy: str
    cycle: Cycle
    stood: Standing
    turns: tuple[tuple[Moment, Standing], ...]
    due_at: Moment | None

    def standing(self, now: Moment) -> Standing:
        """How it stands at a moment after it was judged, if nothing happened."""
        return next((stands for at, stands in reversed(self.turns) if at <= now), self.stood)


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """What is kept of a ticket that is not closed; how its clocks stand follows from the moment at which one asks."""

    id: str
    key: str
    state: str
    standing: str
    tier: int | None
    ball: str
    queue: str | None
    category: str | None
    owner: str | None
    forwarder: str | None
    reporter: str | None
    created_at: Moment
    secured: bool
    on_hold: bool
    delivered: bool
    spared: frozenset[str]
    clocks: tuple[Clock, ...]
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True)
class Promise:
    """What presses most on a ticket: a policy's clock or a deadline, how it stands until when, and when it ends."""

    name: str
    standing: Standing
    due_at: Moment | None
    clock: Clock | None
    until: Moment
    by_day: bool = False

    def left_s(self, now: Moment) -> int | None:
        """The working seconds left, negative once it is over; None for a deadline, which counts days."""
        cycle = None if self.clock is None else self.clock.cycle
        return None if cycle is None or cycle.target_s is None else cycle.target_s - elapsed_s(cycle, now)


def pressing(judgement: Judgement, book: Rulebook, now: Moment) -> Promise | None:
    """The promise that presses most: the worst standing first, of these what ends first; None where there is none."""
    found = [*_of_clocks(judgement, now), *_of_deadlines(judgement, book, now)]
    if not found:
        return None
    worst = min(found, key=lambda each: (_RANK[each.standing], each.due_at is None, each.due_at or 0))
    return replace(worst, until=min(each.until for each in found))


def _of_clocks(judgement: Judgement, now: Moment) -> Iterator[Promise]:
    for clock in judgement.clocks:
        until = next((at for at, _ in clock.turns if at > now), _NEVER)
        yield Promise(clock.policy, clock.standing(now), clock.due_at, clock, until)


def _of_deadlines(judgement: Judgement, book: Rulebook, now: Moment) -> Iterator[Promise]:
    """A deadline is at risk on its last days, by what the digest says is due soon."""
    if not judgement.deadlines:
        return
    calendar = book.calendar
    soon, tomorrow = soon_until(book, now), calendar.start_of_day(calendar.day_of(now) + timedelta(days=1))
    for deadline in judgement.deadlines:
        over, near = is_over(deadline, now), deadline.due_at <= soon
        stands: Standing = "breached" if over else "at risk" if near else "on track"
        until = _NEVER if over else min(tomorrow, deadline.due_at + 1)
        yield Promise(deadline.name, stands, deadline.due_at, None, until, deadline.by_day)


def judgement_of(judged: Judged) -> Judgement | None:
    """What is kept of a judged ticket; None for one that is closed."""
    view, ticket, book = judged.view, judged.view.ticket, judged.view.book
    after = view.happened[-1].after
    if after.standing == "closed":
        return None
    clocks = []
    for policy in book.entries.policies:
        for cycle in judged.clocks[policy.name][-1:]:
            if cycle.stopped_at is None and cycle.target_s is not None:
                clocks.append(_clock(policy.name, cycle, at_risk_s(policy.at_risk, cycle), view.now))
    open_ = after.standing == "open"
    return Judgement(
        id=ticket.id,
        key=ticket.key,
        state=view.state,
        standing=after.standing,
        tier=after.tier,
        ball=after.ball,
        queue=ticket.queue,
        category=ticket.category,
        owner=ticket.owner,
        forwarder=forwarder(ticket, view.happened, book),
        reporter=ticket.reporter,
        created_at=ticket.created_at,
        secured=ticket.secured,
        on_hold=book.entries.manners.hold in ticket.labels,
        delivered=after.delivered,
        spared=frozenset(view.spared),
        clocks=tuple(clocks),
        deadlines=tuple(each for each in judged.deadlines if not each.period) if open_ else (),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """How a ticket stands, one of `STANDINGS`, by what presses most on it, from one moment until another."""

    ticket: Judgement
    stands: str
    promise: Promise | None
    since: Moment
    until: Moment


def line_of(judgement: Judgement, book: Rulebook, now: Moment) -> Line:
    """How a ticket stands at a moment, and for how long."""
    if judgement.standing == "solved":
        return Line(judgement, "solved", None, now, _NEVER)
    promise = pressing(judgement, book, now)
    if promise is None:
        return Line(judgement, "none", None, now, _NEVER)
    return Line(judgement, promise.standing, promise, now, promise.until)


def _clock(policy: str, cycle: Cycle, risk_s: int, now: Moment) -> Clock:
    stood = standing(cycle, now, risk_s)
    turns = tuple((at, standing(cycle, at, risk_s)) for at in changes(cycle, risk_s) if at > now)
    due = due_at(cycle, now) if is_running(cycle) or stood == "breached" else None
    return Clock(policy, cycle, stood, turns, due)


@dataclass(frozen=True, slots=True)
class Reading:
    """The tickets that are not closed, the oldest first, as they stand now; `done` of `total` are judged by now."""

    lines: Sequence[Line]
    done: int
    total: int

    @property
    def whole(self) -> bool:
        """Whether nothing waits to be judged."""
        return self.done >= self.total


@dataclass
class Snapshot:
    """Keeps what `judgement_of` makes of every ticket, and judges again those that the bot read or judged anew.

    The mark of a ticket is its version and when the bot looks at it next: whatever may make the rules see it
    otherwise makes the bot look at it, and sets that. A few changed tickets are judged while a request waits; many,
    as at the start or after a new rulebook, by a thread of their own that rests as long as it works. The store is
    asked what changed every `fresh_s` seconds at most.
    """

    source: Source
    rest: Callable[[float], None] = time.sleep
    fresh_s: float = 5.0
    stopping: bool = False
    _kept: dict[str, tuple[Seen, Judgement | None]] = field(default_factory=dict)
    _order: list[Judgement] = field(default_factory=list)
    _version: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy: threading.Thread | None = None
    _waiting: int = 0
    _total: int = 0
    _read_at: float = float("-inf")
    _lines: dict[Judgement, Line] = field(default_factory=dict)

    def read(self, now: Moment, wait_s: float = 3.0) -> Reading:
        """Give the desk as it is now; what takes longer than `wait_s` comes with a later call. Raises StoreError."""
        with self._lock:
            if self._busy is None and time.monotonic() - self._read_at >= self.fresh_s:
                self._refresh()
            busy = self._busy
        if busy is not None:
            busy.join(wait_s)
        with self._lock:
            book = self.source.book()
            lines = [self._line(each, book, now) for each in self._order]
            return Reading(lines, self._total - self._waiting, self._total)

    def _line(self, judgement: Judgement, book: Rulebook, now: Moment) -> Line:
        """How a ticket stands, found again only when it may be otherwise."""
        known = self._lines.get(judgement)
        if known is None or not known.since <= now < known.until:
            known = self._lines[judgement] = line_of(judgement, book, now)
        return known

    def close(self) -> None:
        """Judge no more."""
        self.stopping = True
        if (busy := self._busy) is not None:
            busy.join(_LAST_S)

    def _refresh(self) -> None:
        """Find what changed, and judge it here or in a thread."""
        store, book = self.source.store, self.source.book()
        if book.version != self._version:
            self._kept, self._version = {}, book.version
        states = {state.state for state in book.entries.states if state.standing != "closed"} | {UNKNOWN}
        seen = store.seen_in(states)
        gone = [id_ for id_ in self._kept if id_ not in seen]
        for id_ in gone:
            del self._kept[id_]
        changed = [id_ for id_, mark in seen.items() if id_ not in self._kept or self._kept[id_][0] != mark]
        self._read_at = time.monotonic()
        self._waiting, self._total = len(changed), len(seen)
        if len(changed) <= _INLINE:
            self._judge(changed, seen, book, store, rests=False)
            if changed or gone:
                self._sort()
            return
        self._busy = threading.Thread(
            target=self._judge_many, args=(changed, seen, book, store), name="web-snapshot", daemon=True
        )
        self._busy.start()

    def _judge_many(self, changed: Sequence[str], seen: Mapping[str, Seen], book: Rulebook, store: Store) -> None:
        try:
            self._judge(changed, seen, book, store, rests=True)
        except Exception as error:  # told, and tried again with the next request
            log.error("the page cannot judge the tickets", error=type(error).__name__)
        with self._lock:
            self._sort()
            self._waiting = 0
            self._busy = None

    def _judge(
        self, changed: Sequence[str], seen: Mapping[str, Seen], book: Rulebook, store: Store, *, rests: bool
    ) -> None:
        desk, now = desk_of(store, book), self.source.now()
        for start in range(0, len(changed), AT_ONCE):
            if self.stopping:
                return
            began = time.monotonic()
            some = store.tickets(changed[start : start + AT_ONCE])
            known = with_others(desk, some, store, book, now)
            for ticket in some:
                self._kept[ticket.id] = (seen[ticket.id], _judged(ticket, book, now, known))
            self._waiting -= len(some)
            if rests:
                self._show_first()
                self.rest(time.monotonic() - began)
        self._waiting = 0

    def _show_first(self) -> None:
        """Show at the start what is judged by now, a thousand more at a time."""
        if self._order and len(self._kept) < len(self._order) + _STRETCH:
            return
        self._sort()

    def _sort(self) -> None:
        found = (judgement for _, judgement in self._kept.values() if judgement is not None)
        self._order = sorted(found, key=lambda each: (each.created_at, each.id))
        order = set(self._order)
        self._lines = {each: line for each, line in self._lines.items() if each in order}


def _judged(ticket: Ticket, book: Rulebook, now: Moment, desk: Desk) -> Judgement | None:
    try:
        return judgement_of(look(ticket, book, now, desk))
    except ValueError:  # as `judge` says: an amount of time that takes more than 50 years; the cycle reports it
        return None
