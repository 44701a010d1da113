"""The judged tickets of the desk, kept between requests: only what changed is looked at again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from bot.core.clock import Cycle, Standing, at_risk_s, due_at, elapsed_s, is_running, standing
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
_STRETCH = 1000
_RANK: Mapping[str, int] = {"breached": 0, "at risk": 1, "paused": 2, "on track": 3}


@dataclass(frozen=True, slots=True)
class Clock:
    """A policy's clock that has not stopped, with how many seconds before its end it stands at risk."""

    policy: str
    cycle: Cycle
    at_risk_s: int


@dataclass(frozen=True, slots=True)
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
    """What presses most on a ticket: a policy's clock or a deadline, how it stands, when it ends and what is left.

    `left_s` are working seconds, negative once it is over; None for a deadline, and for what has no end now.
    """

    name: str
    standing: Standing
    due_at: Moment | None
    left_s: int | None
    day_s: int
    by_day: bool = False


def pressing(judgement: Judgement, book: Rulebook, now: Moment) -> Promise | None:
    """The promise that presses most: the worst standing first, of these what ends first; None where there is none."""
    found = [*_of_clocks(judgement, now), *_of_deadlines(judgement, book, now)]
    if not found:
        return None
    return min(found, key=lambda each: (_RANK.get(each.standing, 9), each.due_at is None, each.due_at or 0))


def _of_clocks(judgement: Judgement, now: Moment) -> Iterator[Promise]:
    for clock in judgement.clocks:
        cycle = clock.cycle
        left_s = None if cycle.target_s is None else cycle.target_s - elapsed_s(cycle, now)
        stands = standing(cycle, now, clock.at_risk_s)
        due = due_at(cycle, now) if is_running(cycle) or stands == "breached" else None
        yield Promise(clock.policy, stands, due, left_s, cycle.calendar.day_s)


def _of_deadlines(judgement: Judgement, book: Rulebook, now: Moment) -> Iterator[Promise]:
    for deadline in judgement.deadlines:
        near = deadline.due_at <= soon_until(book, now)
        stands: Standing = "breached" if is_over(deadline, now) else "at risk" if near else "on track"
        yield Promise(deadline.name, stands, deadline.due_at, None, book.calendar.day_s, deadline.by_day)


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
                clocks.append(Clock(policy.name, cycle, at_risk_s(policy.at_risk, cycle)))
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
class Reading:
    """The tickets that are not closed, how many of how many are judged by now, and when Jira was read."""

    judgements: Sequence[Judgement]
    done: int
    total: int
    polled_at: Moment | None

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
    fresh_s: float = 2.0
    stopping: bool = False
    _kept: dict[str, tuple[Seen, Judgement | None]] = field(default_factory=dict)
    _order: list[Judgement] = field(default_factory=list)
    _version: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy: threading.Thread | None = None
    _waiting: int = 0
    _read_at: float = float("-inf")
    _polled_at: Moment | None = None

    def read(self, wait_s: float = 3.0) -> Reading:
        """Give the desk as it is now; what takes longer than `wait_s` comes with a later call. Raises StoreError."""
        with self._lock:
            if self._busy is None and time.monotonic() - self._read_at >= self.fresh_s:
                self._refresh()
            busy = self._busy
        if busy is not None:
            busy.join(wait_s)
        with self._lock:
            total = len(self._kept) + self._waiting
            return Reading(self._order, total - self._waiting, total, self._polled_at)

    def close(self) -> None:
        """Judge no more."""
        self.stopping = True
        if (busy := self._busy) is not None:
            busy.join(5.0)

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
        self._polled_at = store.polled_at()
        self._read_at = time.monotonic()
        self._waiting = len(changed)
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


def _judged(ticket: Ticket, book: Rulebook, now: Moment, desk: Desk) -> Judgement | None:
    try:
        return judgement_of(look(ticket, book, now, desk))
    except ValueError:  # as `judge` says: an amount of time that takes more than 50 years; the cycle reports it
        return None
