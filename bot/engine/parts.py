"""The parts of a cycle that several processes do: at most 500 tickets of one project, one of a project at a time.

Whoever keeps a desk runs its cycle. What is due is judged in parts, arranged by the keeper alone, so that budgets and
the ceiling hold for the whole desk, and then carried out in parts. A part is taken under a lease on its project,
which rests on the keeper's lease on the desk: once that is another's, or the keeper has begun anew, nothing more of
the part is written, neither to the tracker nor to the database.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import TypeVar

import msgspec
import structlog

from bot.core.desk import Absence, Desk, Shift
from bot.core.ledger import Entry
from bot.core.steps import Step, Wishes
from bot.core.ticket import Moment
from bot.core.verdict import Verdict
from bot.engine.deliver import project_of
from bot.engine.engine import Engine, Report
from bot.engine.judging import Deeds, Judged, carry_out, judge_these
from bot.engine.sketches import Sketches
from bot.engine.tracker import Denied, Slowed, Throttled, Unreachable
from bot.store.errors import StoreError
from bot.store.holder import Holder
from bot.store.lease import CYCLE, Fenced, Lease, PartLease, name_of
from bot.store.parts import Part

SIZE = 500
"""How many tickets a part has at most."""

LEFT_S = 2.0
"""How long a part may lie before whoever keeps the desk does it itself, in seconds."""

FEW = 20
"""How many tickets are not worth handing out to be judged."""

_LOOK_S, _LONGEST_LOOK_S = 0.01, 0.2
_OWN_S = 86_400

log = structlog.get_logger()

T = TypeVar("T")


class Judging(msgspec.Struct, frozen=True, tag=True):
    """Tickets to judge, and what of the desk crosses tickets."""

    ids: tuple[str, ...]
    absences: tuple[Absence, ...]
    shifts: tuple[Shift, ...]
    loads: dict[str, int]
    alike: dict[str, tuple[str, ...]]
    last: dict[str, str]


class Doing(msgspec.Struct, frozen=True, tag=True):
    """What is to be set, edited and said, when the tickets are looked at again, and which others they are alike."""

    put: tuple[Step, ...]
    amend: tuple[tuple[Step, Entry], ...]
    say: tuple[tuple[Step, ...], ...]
    looks: dict[str, Moment | None]
    alike: dict[str, tuple[str, ...]] = {}


class Order(msgspec.Struct, frozen=True):
    """A part as it is handed out, in the cycle of a moment, under the rulebook and mapping of these fingerprints."""

    now: Moment
    version: str
    facts: str
    what: Judging | Doing
    over: tuple[str, str, int]
    unsure_until: Moment = 0
    doubts: dict[str, int] = {}
    asked: dict[str, Moment] = {}


class Outcome(msgspec.Struct):
    """What came of a part: what a `Report` tells, and what whoever keeps the desk is to know from then on."""

    wishes: list[Wishes] = []
    looks: dict[str, Moment | None] = {}
    written: list[Verdict] = []
    removed_verdicts: list[Verdict] = []
    began: list[str] = []
    said: list[tuple[Step, ...]] = []
    amended: list[Step] = []
    counts: dict[str, int] = {}
    troubles: list[str] = []
    slowed: list[str] = []
    unreachable: str | None = None
    retry_after_s: float | None = None
    denied: str | None = None
    failed: str | None = None
    given: dict[str, str] = {}
    doubts: dict[str, int] = {}
    requests: int = 0


_COUNTS = ("held", "withdrawn", "doubtful", "removed", "changed")
_ORDER = msgspec.msgpack.Decoder(Order)
_OUTCOME = msgspec.msgpack.Decoder(Outcome)
_encode = msgspec.msgpack.encode


def read_order(part: Part) -> Order:
    """Read what a part asks for."""
    return _ORDER.decode(part.body)


def done(engine: Engine, order: Order) -> Outcome:
    """Do a part. Raises StoreError, which is Fenced where it is no longer to be done by this process."""
    report, outcome = Report(order.now), Outcome()
    before = engine.spent.requests()
    try:
        with engine.store.at_once():
            _do(engine, order, report, outcome)
    except Slowed as error:
        outcome.slowed.append(str(error))
        outcome.retry_after_s = error.retry_after_s
    except Unreachable as error:
        outcome.unreachable = str(error)
        outcome.retry_after_s = error.retry_after_s if isinstance(error, Throttled) else None
    except Denied as error:
        outcome.denied = str(error)
    except StoreError:
        raise
    except Exception as error:  # as in a cycle that one process runs, the next one tries again
        outcome.failed = type(error).__name__
        log.error("part failed", error=type(error).__name__)
    outcome.said, outcome.amended, outcome.troubles = report.said, report.amended, report.troubles
    outcome.slowed += report.slowed
    outcome.counts = {word: getattr(report, word) for word in _COUNTS}
    outcome.given = dict(engine.given)
    outcome.doubts = {id_: engine.doubts[id_] for id_ in {*order.doubts, *engine.doubts}}
    outcome.requests = engine.spent.requests() - before
    return outcome


def _do(engine: Engine, order: Order, report: Report, outcome: Outcome) -> None:
    what = order.what
    if isinstance(what, Doing):
        carry_out(engine, Deeds(what.put, what.amend, what.say, what.looks), order.now, report)
        return
    desk = Desk(what.absences, what.shifts, what.loads, what.alike, what.last)
    judged = judge_these(engine, what.ids, order.now, report, desk, outcome.began)
    outcome.wishes, outcome.looks = judged.wishes, judged.looks
    outcome.written, outcome.removed_verdicts = judged.written, judged.removed


def work(engine: Engine, part: Part, order: Order, lease: PartLease) -> bool:
    """Take an open part and do it, on an engine of this thread's own; tells whether it was to be had.

    Raises Fenced where its project is in other hands, or the desk in another's, and StoreError.
    """
    store = engine.store
    lease.take()
    epoch = lease.epoch
    try:
        with store.guarded(lease.guard()):
            if not store.take_part(part.id):
                return False
            engine.lease, engine.part, engine.unsure_until = lease, True, order.unsure_until
            engine.doubts, engine.given, engine.asked = Counter(order.doubts), {}, dict(order.asked)
            engine.sketches = Sketches(told=order.what.alike)  # this engine does not keep up with the mirror
            store.finish_part(part.id, _encode(done(engine, order)))
            return True
    finally:
        with suppress(StoreError):  # else whoever keeps the desk takes it for free in the next cycle
            lease.epoch = epoch
            lease.give_back()


@dataclass(slots=True)
class HandingOut:
    """Hands out the parts of one desk's cycles. `hand_out` is told of each by its id and project.

    `holder` is whoever keeps the desk. `requests` counts those that were sent for parts by others. Up to `few`
    tickets are judged at once. `passed` gives seconds by which is told how long a part lies, and `clock` those of
    leases on projects, as `Lease` has it.
    """

    hand_out: Callable[[Sequence[tuple[str, str]]], None]
    holder: Holder
    sleep: Callable[[float], None] = time.sleep
    left_s: float = LEFT_S
    few: int = FEW
    requests: int = 0
    passed: Callable[[], float] = time.monotonic
    clock: Callable[[], int] | None = None

    @contextmanager
    def begun(self, engine: Engine, now: Moment) -> Iterator[None]:
        """Begin a cycle: parts that were handed out before are done by nobody any more."""
        lease, store = _lease(engine), engine.store
        if states := store.part_states():
            lease.take()
            if "taken" in states.values():
                engine.unsure_until = now + lease.grace_s
        with store.guarded(lease.guard()):
            if states:
                store.clear_parts()
            if any(name != CYCLE for name in store.holders()):
                store.free_projects()
            yield

    def judge(self, engine: Engine, ids: Sequence[str], now: Moment, report: Report) -> Judged:
        """As `judge_these`, in parts. Raises as that does, and StoreError."""
        projects = engine.store.projects_of(ids)
        batches = list(_batches(ids, lambda id_: projects.get(id_, "")))
        if len(ids) <= self.few:
            return judge_these(engine, ids, now, report)
        desk = engine.desk(now)
        orders = [(project, _judging(batch, desk)) for project, batch in batches]
        judged = Judged([], dict.fromkeys(ids), [], [])
        began: dict[str, None] = {}
        for outcome in self._through(engine, orders, now, report):
            judged.wishes += outcome.wishes
            judged.looks |= outcome.looks
            judged.written += outcome.written
            judged.removed += outcome.removed_verdicts
            began |= dict.fromkeys(id_ for id_ in outcome.began if id_ not in projects)
        if began:
            more = judge_these(engine, list(began), now, report)
            judged.wishes += more.wishes
            judged.looks |= more.looks
            judged.written += more.written
            judged.removed += more.removed
        place = {id_: i for i, id_ in enumerate(judged.looks)}
        judged.wishes.sort(key=lambda wish: place[wish.ticket_id])
        return judged

    def carry_out(self, engine: Engine, deeds: Deeds, now: Moment, report: Report) -> None:
        """As `bot.engine.judging.carry_out`, in parts; what is said together of several tickets comes last, here."""
        alone = [steps for steps in deeds.say if len({step.ticket_id for step in steps}) == 1]
        together = [steps for steps in deeds.say if len({step.ticket_id for step in steps}) > 1]
        if len(deeds.put) + len(deeds.amend) + len(alone) <= 1:
            carry_out(engine, deeds, now, report)
            return
        puts = dict(_grouped(deeds.put, project_of))
        edits = dict(_grouped(deeds.amend, lambda pair: project_of(pair[0])))
        says = dict(_grouped(alone, lambda steps: project_of(steps[0])))
        known = engine.sketches.alike(engine.store, engine.book)
        orders: list[tuple[str, Judging | Doing]] = []
        for project in dict.fromkeys((*puts, *edits, *says)):
            put, edited, say = puts.get(project, []), edits.get(project, []), says.get(project, [])
            looks = {id_: deeds.looks[id_] for id_ in _tickets(put, edited) if id_ in deeds.looks}
            if put or edited:
                alike = _alike(_tickets(put, edited), known)
                orders.append((project, Doing(tuple(put), tuple(edited), (), looks, alike)))
            for some in _some(say):
                alike = _alike([steps[0].ticket_id for steps in some], known)
                orders.append((project, Doing((), (), tuple(some), {}, alike)))
        self._through(engine, orders, now, report)
        if together:
            carry_out(engine, replace(deeds, put=(), amend=(), say=together), now, report)

    def _through(
        self, engine: Engine, orders: Sequence[tuple[str, Judging | Doing]], now: Moment, report: Report
    ) -> list[Outcome]:
        """Have these done, and give what came of them, in their order. Raises what any of them met with."""
        lease = _lease(engine)
        parts = [
            Part(f"{i:06}-{token_hex(4)}", project, lease.epoch, "open", _encode(self._order(engine, what, now)))
            for i, (project, what) in enumerate(orders)
        ]
        engine.store.put_parts(parts)
        self.hand_out([(part.id, part.project) for part in parts])
        self._wait(engine, parts, now)
        found = engine.store.outcomes([part.id for part in parts])
        outcomes = [_OUTCOME.decode(found[part.id]) for part in parts]
        engine.store.clear_parts()
        engine.store.learn_anew()
        for outcome in outcomes:
            self._learn(engine, outcome, report)
        for outcome in outcomes:
            _raise(outcome)
        return outcomes

    def _order(self, engine: Engine, what: Judging | Doing, now: Moment) -> Order:
        ids = {steps[0].ticket_id for steps in what.say} if isinstance(what, Doing) else set()
        doubts = {id_: engine.doubts[id_] for id_ in ids if id_ in engine.doubts}
        return Order(
            now,
            engine.book.version,
            engine.facts,
            what,
            _lease(engine).held,
            engine.unsure_until,
            doubts,
            dict(engine.asked),
        )

    def _wait(self, engine: Engine, parts: Sequence[Part], now: Moment) -> None:
        """Wait until all parts are done; one that lies about, or whose process is gone, is done here."""
        pause_s, looked = _LOOK_S, self.passed()
        while True:
            states = engine.store.part_states()
            left = [part for part in parts if states.get(part.id) != "done"]
            if not left:
                return
            if engine.stopping():
                raise Fenced("the bot was told to stop while others had parts of its cycle in hand")
            engine.fence(True)
            if self.passed() - looked >= self.left_s:
                for part in left:
                    self._do_here(engine, part, now)
                looked = self.passed()
                continue
            self.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_LOOK_S)

    def _do_here(self, engine: Engine, part: Part, now: Moment) -> None:
        """Do a part that nobody has in hand, or whose process is gone."""
        store, own = engine.store, _lease(engine)
        # It is not renewed meanwhile, however long that takes: whoever keeps the desk next frees all projects.
        name = name_of(part.project)
        lease = Lease(store, self.holder, length_s=_OWN_S, grace_s=own.grace_s, name=name, clock=self.clock)
        with store.guarded(None):
            try:
                how = lease.take()
            except Fenced:
                return
        try:
            if not store.take_part(part.id, ("open", "taken")):
                return
            if how in ("gone", "expired"):
                log.warning("part taken over", project=part.project, how=how)
                engine.unsure_until = max(engine.unsure_until, now + own.grace_s)
            outcome = done(engine, read_order(part))
            outcome.requests = 0  # they are counted as this process's own
            store.finish_part(part.id, _encode(outcome))
        finally:
            with suppress(StoreError), store.guarded(None):
                lease.give_back()

    def _learn(self, engine: Engine, outcome: Outcome, report: Report) -> None:
        self.requests += outcome.requests
        report.said += outcome.said
        report.amended += outcome.amended
        report.troubles += outcome.troubles
        for word, n in outcome.counts.items():
            setattr(report, word, getattr(report, word) + n)
        engine.given |= outcome.given
        for ticket_id, n in outcome.doubts.items():
            engine.doubts[ticket_id] = n
            if not n:
                del engine.doubts[ticket_id]


class PartFailed(Exception):
    """A part of a cycle met with what nobody thought of; the text tells its kind alone."""


def _raise(outcome: Outcome) -> None:
    """Raise what a part met with, as it would have been raised here."""
    if outcome.denied is not None:
        raise Denied(outcome.denied)
    if outcome.failed is not None:
        raise PartFailed(outcome.failed)
    if outcome.unreachable is not None:
        if outcome.retry_after_s is not None:
            raise Throttled(outcome.unreachable, outcome.retry_after_s)
        raise Unreachable(outcome.unreachable)
    if outcome.slowed:
        raise Slowed(outcome.slowed[0], outcome.retry_after_s or 0.0)


def _lease(engine: Engine) -> Lease:
    assert engine.lease is not None  # noqa: S101 - nothing is handed out without one
    return engine.lease


def _judging(ids: Sequence[str], desk: Desk) -> Judging:
    return Judging(tuple(ids), desk.absences, desk.shifts, dict(desk.loads), _alike(ids, desk.alike), dict(desk.last))


def _alike(ids: Iterable[str], known: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {id_: found for id_ in ids if (found := known.get(id_))}


def _grouped(each: Iterable[T], word: Callable[[T], str]) -> list[tuple[str, list[T]]]:
    grouped: dict[str, list[T]] = {}
    for one in each:
        grouped.setdefault(word(one), []).append(one)
    return list(grouped.items())


def _some(each: Sequence[T]) -> Iterator[Sequence[T]]:
    return (each[start : start + SIZE] for start in range(0, len(each), SIZE))


def _batches(ids: Sequence[str], project: Callable[[str], str]) -> Iterator[tuple[str, Sequence[str]]]:
    for word, of_project in _grouped(ids, project):
        for some in _some(of_project):
            yield word, some


def _tickets(put: Sequence[Step], edited: Sequence[tuple[Step, Entry]]) -> list[str]:
    return [step.ticket_id for step in (*put, *(step for step, _ in edited))]
