"""The Keskkonnaamet desk to prove things on: its sandbox Jira, people who act there, and bots that watch it.

Sandbox and bots share one clock, which stands still until a test moves it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import product
from math import ceil
from typing import Any

import pytest
from requests.adapters import BaseAdapter
from reused import store_at, tied

from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Report
from bot.engine.restraint import RESTRAINT
from bot.jira.client import Client
from bot.jira.gate import Gate
from bot.jira.tracker import STEP, JiraTracker
from bot.sandbox import acts
from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.inprocess import InProcess
from bot.sandbox.server import serve
from bot.sandbox.world import Comment, Flavour, Issue, World
from bot.shipped import rules_folder
from bot.start import Desk as Read
from bot.start import read_desk
from bot.store.holder import Holder
from bot.store.lease import Lease

MONDAY = 1_794_816_000
"""2026-11-16, a Monday without anything special, at 10:00 in Tallinn."""

DATA = ("Registrikood", "Loa number", "Periood", "KOTKASe roll", "Vea aeg", "Brauser", "Veateade", "Juba tehtud",
        "Autentimisvahend", "Õige väärtus", "Taotluse nr", "Ulatus")  # fmt: skip
"""The fields that the shipped rules ask for, but for those that deadlines count from."""

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
SITE = "prove"

LENGTH_S, GRACE_S = 180, 60
"""How long leases last on the desk, and the grace after them: as with what the configuration says by default."""


FLAVOURS = ("cloud", "dc")

one_flavour = pytest.mark.parametrize("flavour", ["dc"])
"""Where no answer of Jira's takes part, but only files, time, the outbox or Git, one Jira shows what both would."""


def in_turn(*tables: Iterable[Any]) -> list[tuple[Any, ...]]:
    """Every combination of these tables' rows, with the flavours of Jira in turn as the last value.

    Each row of each table meets both flavours, where another table has two rows or more; no combination is left out.
    """
    rows = product(*(enumerate(table) for table in tables))
    return [
        (*(value for _, value in row), FLAVOURS[sum(number for number, _ in row) % len(FLAVOURS)]) for row in rows
    ]


@cache
def shipped() -> Read:
    """The shipped rulebook and messages, read once."""
    return read_desk(rules_folder() / "keskkonnaamet", SITE)


def rulebook(**sections: Any) -> Rulebook:
    """The shipped rulebook with some sections changed; of `manners` only what is given."""
    book = shipped().book
    manners = book.entries.manners.model_copy(update=sections.pop("manners", {}))
    return replace(book, entries=book.entries.model_copy(update={"manners": manners, **sections}))


def on(book: Rulebook, rule: str, **changes: Any) -> Rulebook:
    """The rulebook with one ladder or route changed."""
    entries = book.entries
    ladders = [each.model_copy(update=changes if each.name == rule else {}) for each in entries.ladders]
    routes = [each.model_copy(update=changes if each.route == rule else {}) for each in entries.routes]
    return replace(book, entries=entries.model_copy(update={"ladders": tuple(ladders), "routes": tuple(routes)}))


def _told(n: int) -> str:
    """What a ticket tells: enough, and not the same as another one."""
    return f"Nupule vajutades ilmub viga {1000 + n}, tunnused {n * 37 % 997 + 2000} ja {n * 91 % 983 + 4000}."


@dataclass
class Desk:
    """A sandbox in which people act. `transport` is None where it is reached over HTTP."""

    world: World
    site: Site
    clock: Clock
    url: str
    transport: BaseAdapter | None = None
    clients: list[Client] = field(default_factory=list)

    @property
    def now(self) -> Moment:
        return self.clock() // 1000

    def later(self, seconds: int) -> Moment:
        """Let time pass."""
        self.clock.advance(seconds * 1000)
        return self.now

    def until(self, at: Moment) -> Moment:
        """Let time pass until a moment."""
        self.clock.set(at * 1000)
        return at

    # What people do.

    def open(
        self, who: str = "spetsialist1", category: str = "DEKL_TEHNILINE", *, complete: bool = True, **fields: Any
    ) -> str:
        """Open a ticket, with all that completeness rules ask for unless it is not to be complete; returns its id."""
        world = self.world
        values = {
            "summary": "Deklaratsiooni ei saa esitada",
            "description": _told(len(world.issues)),
            "issuetype": world.issue_types["10100"],
            self.field("Kategooria"): self._option("Kategooria", category),
            self.field("Edastaja"): world.person(who),
        }
        if complete:
            values |= {self.field(name): "ei ole teada" for name in DATA}
        issue = acts.create(world, world.person(who), world.projects["KKA"], values | fields)
        if complete:
            acts.attach(world, issue, world.person(who), "ekraanipilt.png", 20_000, "image/png")
        return str(issue.id)

    def go(self, ticket: str, who: str, status: str) -> None:
        """Move a ticket to a status, given by its name."""
        status_id = next(id_ for id_, each in self.world.statuses.items() if each["name"] == status)
        acts.transition(self.world, self.issue(ticket), self.world.person(who), status_id, {})

    def forwarded(self, who: str = "spetsialist1", **given: Any) -> str:
        """Open a ticket and forward it at once."""
        ticket = self.open(who, **given)
        self.go(ticket, who, "II tasemel")
        return ticket

    def taken(self, who: str = "it1", queue: str = "L2_IT", **given: Any) -> str:
        """Open, forward and place a ticket, and have it taken: nothing is left to say for two working days."""
        ticket = self.forwarded(**given)
        self.set(ticket, who, {"Järjekord": queue})
        self.edit(ticket, who, assignee=self.world.person(who))
        self.go(ticket, who, "Töös")
        return ticket

    def write(self, ticket: str, who: str, text: str = "Uurin.") -> Comment:
        """Comment on a ticket."""
        return acts.comment(self.world, self.issue(ticket), self.world.person(who), text)

    def set(self, ticket: str, who: str, options: Mapping[str, str | None]) -> None:
        """Set option fields by their names, or empty them."""
        values = {self.field(name): value and self._option(name, value) for name, value in options.items()}
        self.edit(ticket, who, **values)

    def edit(self, ticket: str, who: str, **values: Any) -> None:
        """Set fields by their ids."""
        acts.edit(self.world, self.issue(ticket), self.world.person(who), values)

    def issue(self, ticket: str) -> Issue:
        return self.world.issues[int(ticket)]

    def queue(self, ticket: str) -> str | None:
        """What the queue field holds."""
        value = self.issue(ticket).fields[self.field("Järjekord")]
        return value["value"] if value else None

    # What the bot did.

    def said(self, ticket: str | None = None) -> list[Comment]:
        """The bot's comments on a ticket, or on all."""
        bot = self.world.person("piletibot")
        issues = self.world.issues.values() if ticket is None else [self.issue(ticket)]
        return [each for issue in issues for each in issue.comments if each.author is bot]

    def keys(self, ticket: str | None = None) -> list[str]:
        """The keys of all steps said, as their comments carry them."""
        return [key for each in self.said(ticket) for key in each.properties[STEP]["keys"]]

    def rungs(self, ticket: str | None = None) -> list[str]:
        """Rule and rung of all steps said."""
        return ["/".join(key.split("/")[2:5:2]) for key in self.keys(ticket)]

    @contextmanager
    def bot(
        self,
        store: str = "sqlite://",
        book: Rulebook | None = None,
        sites: Mapping[str, Client] | None = None,
        holder: Holder | None = None,
        client: Client | None = None,
        **engine: Any,
    ) -> Iterator[Bot]:
        """A bot that starts on this desk, with its database at `store`; counts begin when it has looked around.

        With a `holder` it sends only while it has the lease on the database, whose clock is the desk's. A `client`
        given knows what kept it from asking before, and has it noted, as the daemon's does.
        """
        book, given = book or shipped().book, client
        client = client or self.client()
        tracker = tied(client, self.site, book.entries, sites)
        assert isinstance(tracker, JiraTracker), tracker
        client.requests = 0
        self.site.requests.clear()
        with closing(client), store_at(store) as opened:
            engine = {"clock": lambda: self.now, **engine}
            if holder is not None:
                engine["lease"] = Lease(opened, holder, length_s=LENGTH_S, grace_s=GRACE_S, clock=lambda: self.now)
            made = Engine(tracker, opened, book, shipped().messages, tracker.binding.fingerprint, **engine)
            client.fence = made.fence
            if given is not None:
                given.gate.recall(opened.note(RESTRAINT))
                given.gate.remember_in(partial(opened.set_note, RESTRAINT))
            yield Bot(self, made)

    def client(self, timeout_s: float = 5.0, **more: Any) -> Client:
        user = "piletibot@sandbox.example" if self.world.flavour == "cloud" else None
        made: dict[str, Any] = {
            "token": "sandbox-token",
            "user": user,
            "timeout_s": timeout_s,
            "sleep": lambda seconds: None,
            "clock": lambda: self.clock() / 1000,
            "jitter": lambda low, high: 0.0,
            "transport": self.transport,
        }
        return Client(self.url, **(made | more))

    def mannered(self, **gate: Any) -> Client:
        """A connection that waits by the desk's clock, with a gate as the daemon's."""
        waits: dict[str, Any] = {
            "clock": lambda: self.clock() / 1000,
            "sleep": lambda seconds: self.clock.advance(ceil(seconds * 1000)),
            "jitter": lambda low, high: (low + high) / 2,
        }
        return self.client(gate=Gate(**({"breaks": True} | waits | gate)), **waits)

    def field(self, name: str) -> str:
        """The id of a field."""
        return next(each.id for each in self.world.fields.values() if each.name == name)

    def _option(self, name: str, value: str) -> Mapping[str, str]:
        found = next(each for each in self.world.fields.values() if each.name == name)
        return next(option for option in found.options if option["value"] == value)


@dataclass
class Bot:
    """A bot on a desk."""

    desk: Desk
    engine: Engine

    def cycle(self, after: int = 0) -> Report:
        """Run a cycle now, or when so many seconds have passed."""
        return cycle(self.engine, self.desk.later(after))

    def cycles(self, until: Moment, every: int = 15 * MINUTE) -> list[Report]:
        """Run cycles until a moment."""
        reports = []
        while self.desk.now + every <= until:
            reports.append(self.cycle(every))
        return reports

    def settled(self) -> Bot:
        """Run cycles until one asks a single question and changes nothing but the mark."""
        for _ in range(5):
            before = self.counts()
            self.cycle(MINUTE)
            if self.since(before) == (1, 1):
                return self
        raise AssertionError("the bot does not come to rest")

    def counts(self) -> tuple[int, int]:
        """Requests sent and transactions that changed something."""
        tracker = self.engine.tracker
        assert isinstance(tracker, JiraTracker)
        return tracker.client.requests, self.engine.store.writes

    def since(self, before: tuple[int, int]) -> tuple[int, int]:
        requests, writes = self.counts()
        return requests - before[0], writes - before[1]

    def rows(self, ticket: str | None = None) -> dict[str, str]:
        """The ledger: states by key."""
        return {row.key: row.state for row in self.engine.store.ledger() if ticket in (None, row.ticket_id)}

    def states(self, ticket: str | None = None) -> list[tuple[str, str]]:
        """The ledger: rungs with their states."""
        rows = sorted(self.engine.store.ledger(), key=lambda row: (row.due_at, row.key))
        return [(f"{row.rule}/{row.rung}", row.state) for row in rows if ticket in (None, row.ticket_id)]


@contextmanager
def desk_over(flavour: Flavour, *, http: bool = False, at: Moment = MONDAY) -> Iterator[Desk]:
    """The desk, reached in this process or over HTTP on a free port."""
    clock = Clock(at * 1000)
    world = keskkonnaamet(flavour, clock)
    if http:
        with serve(world) as sandbox:
            yield Desk(world, sandbox.site, clock, sandbox.url)
    else:
        site = Site(world)
        yield Desk(world, site, clock, "http://jira.test", InProcess(site))


def at_seam(name: str, act: Callable[[], None]) -> Callable[[str], None]:
    """Do something the first time the engine passes a seam."""
    left = [act]

    def seam(passed: str) -> None:
        if passed == name and left:
            left.pop()()

    return seam
