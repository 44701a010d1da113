"""The simulation's laws, asked of processes that work together on one PostgreSQL.

What each process asked and wrote is recorded at the door that it has to Jira. Afterwards, when nobody works on the
desk any more, the laws are asked of that record, of Jira and of the database, and of a bot that begins anew there.
What only a process knows of itself (when its cycle began, when it was decided what to do) is not asked.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import psycopg
from joint_desk import Joint
from simulation.laws import Invariants
from simulation.output import Output
from simulation.sim import Violation
from simulation.wire import ISSUE, Clocks, Wire, Written
from simulation.writing import SAYING

from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.engine import Engine
from bot.jira.tracker import JiraTracker
from bot.sandbox.api import Site
from bot.sandbox.calls import Answer, Request
from bot.sandbox.world import World
from bot.settings import load_settings
from bot.start import start
from bot.store.holder import this_process
from bot.store.lease import Lease
from bot.store.store import Store, open_store

OVERTAKEN_S = 24
"""Who writes so long after reading back stood still for longer than a lease and its grace, in seconds: the residual
window that docs/operating.md names. A second comment that comes of it is removed."""

_ALL = frozenset(law.__name__ for law in SAYING)


class Recorded(Site):
    """A Jira that keeps a record of what each process was shown and of what it wrote, by the door that it came to."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.written: list[Written] = []
        self.heard: dict[str, _Heard] = {}

    def handle(self, request: Request) -> Answer:
        door = request.headers.get("host", "")
        with self._lock:
            if door not in self.heard:
                self.heard[door] = _Heard(self)
            return self.heard[door].carry(request, super().handle)


class _Heard(Wire):
    """What went through a door."""

    def __init__(self, site: Recorded) -> None:
        now = lambda: site.world.now() // 1000  # noqa: E731
        clocks = Clocks(
            request=lambda: None,
            passed=lambda ms: None,
            now=now,
            bot=lambda: (now(), now()),
            seam=lambda: "",
            silenced=lambda: False,
            output=Output(),
            skew_s=lambda: 0,
        )
        super().__init__(site, clocks, site.written)

    def carry(self, request: Request, answered: Callable[[Request], Answer]) -> Answer:
        """Have a request answered, and note what came of it."""
        met = ISSUE.search(request.path)
        before = self._site.world.find(met[1]) if met else None
        answer = answered(request)
        asked: Any = SimpleNamespace(method=request.method, url=request.path, body=request.body)
        arrived: Any = SimpleNamespace(status_code=answer.status, content=answer.body)
        self._note(asked, met, before, None if answer.dropped or answer.cut is not None else arrived)
        return answer


@dataclass
class Afterwards:
    """What the laws ask of a simulation, of a desk on which nobody works any more."""

    engine: Engine
    driver: Any
    written: list[Written] = field(default_factory=list)
    cycle_at: Moment = 0
    bot_now: Moment = 0
    overtaken: bool = False
    stood: bool = False
    lost_at: Moment | None = None
    silent_since: Moment | None = None
    intent_at: Moment = 0
    began_at: Moment = 0
    released: frozenset[str] = frozenset()
    observed: frozenset[str] = frozenset()
    unproven: set[str] = field(default_factory=set)
    once_called: dict[str, str] = field(default_factory=dict)
    renamed_at: dict[str, Moment] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self._site.world

    @property
    def now(self) -> Moment:
        return self.bot_now

    @property
    def book(self) -> Rulebook:
        return self.engine.book

    @property
    def store(self) -> Store:
        return self.engine.store

    _site: Any = None

    def field(self, word: str) -> str | None:
        return None

    @contextmanager
    def undisturbed(self) -> Iterator[JiraTracker]:
        assert isinstance(self.engine.tracker, JiraTracker)
        yield self.engine.tracker


def laws_hold(joint: Joint, url: str) -> Counter[str]:
    """Raise Violation unless all laws hold; gives how many comments were written late by one that had stood still."""
    with closing(open_store(url)) as store, psycopg.connect(url, autocommit=True) as driver:
        engine = start(load_settings(joint.config), lambda: store)
        engine.lease = Lease(store, this_process(), length_s=180, grace_s=10)
        try:
            return those_hold(Afterwards(engine, driver, _site=joint.sandbox.site))
        finally:
            engine.lease.give_back()


def those_hold(after: Afterwards, now: Callable[[], Moment] = lambda: int(time.time())) -> Counter[str]:
    """As `laws_hold`, of a desk that is at hand."""
    site, laws = after._site, Invariants()
    record = list(site.written)
    for _ in range(2):  # the second mirrors what the first found
        after.cycle_at = after.bot_now = now()
        report = cycle(after.engine, after.cycle_at)
        laws.failing = report.failing
        if report.troubles:
            raise Violation(f"who begins anew has troubles: {report.troubles}")
    if len(site.written) > len(record):
        raise Violation(f"who begins anew writes {[each.keys for each in site.written[len(record) :]]}")
    late = Counter[str]()
    for each in record:
        read_at = each.shown.comments_at
        after.overtaken = each.comment is not None and bool(read_at) and each.at - read_at > OVERTAKEN_S
        laws.off = _ALL - {"_once"} if after.overtaken else frozenset()
        late.update(each.keys if after.overtaken else ())
        with _as_it_was(site.world, each):
            after.written.append(each)
            laws._hear(after)
    for law in (laws._looks, laws._agrees, laws._alone, laws._mirrored, laws._unsaid, laws._settled):
        law(after)
    if laws.failing:
        raise Violation(f"the bot's own audit fails: {laws.failing}")
    return late


@contextmanager
def _as_it_was(world: World, written: Written) -> Iterator[None]:
    """Have Jira show a ticket as it was right after a write."""
    now = world.issues[written.after.id]
    world.issues[written.after.id] = written.after
    try:
        yield
    finally:
        world.issues[written.after.id] = now
