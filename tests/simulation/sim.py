"""One simulation: a desk, its people, the bot's process, what fails between them, and the clock of all of these."""

from __future__ import annotations

import heapq
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.commands.running import with_journal
from bot.core.calendar import Calendar
from bot.core.people import calendar_of
from bot.core.retention import SINCE, Retention
from bot.core.rulebook import Rulebook
from bot.core.silence import barred, silent, words
from bot.core.ticket import Moment
from bot.digest_folder import DigestFolder
from bot.engine.batch import batches, release
from bot.engine.control import silences
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Pace, Report
from bot.engine.engine import Post as Ways
from bot.engine.mailer import mail_id
from bot.engine.restraint import RESTRAINT
from bot.engine.tracker import Denied, TrackerError
from bot.jira.catalogue import Catalogue, read_catalogue
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker
from bot.report.compose import DigestComposer
from bot.sandbox.api import Site
from bot.sandbox.faults import Faults
from bot.sandbox.fitted import BOT
from bot.sandbox.inprocess import InProcess
from bot.settings import Misconfigured
from bot.shipped import rules_folder
from bot.start import tie
from bot.store.holder import Holder
from bot.store.lease import Lease
from bot.store.store import Store, StoreError, open_store
from bot.store.tables import metadata
from simulation.course import Course
from simulation.events import KINDS, PATIENCE_S, Event, Schedule
from simulation.office import SITE, Office
from simulation.output import BROWSE, TOKEN, Files, Output
from simulation.wire import Clocks, Post, Shown, Wire, Written

if TYPE_CHECKING:
    from simulation.second import Second

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
PACE = Pace(reconcile_s=6 * HOUR)
CALM_S = DAY + 2 * HOUR
"""How long at least nobody acts and nothing fails at the end: longer than a ticket has its peace after a refusal."""

_MEMORY = Path("/dev/shm")
"""Where Linux has files in memory: none of them has to reach a disk."""

_RESTART_S = 30
_UNWRITABLE = frozenset({"disk full", "disk read only", "database locked"})
_MORNING_S = 8 * HOUR + 31 * MINUTE


class Killed(BaseException):
    """The process died."""


class Violation(AssertionError):
    """An invariant does not hold."""


@cache
def _memory() -> Store:
    """A database in memory, which simulations use one after the other: its statements are compiled once."""
    return open_store("sqlite://")


def _driver_of(store: Store) -> sqlite3.Connection:
    """SQLite's own connection to the database, of which there is one: what is only asked is asked of it cheaply."""
    with store._engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
    return driver  # type: ignore[no-any-return]


def emptied(store: Store) -> Store:
    """The store with nothing in it."""
    with store.transaction():
        for table in reversed(metadata.sorted_tables):
            store.write(sa.delete(table))
    return store


def _holder(number: int) -> Holder:
    """A process that no other can look after: on another machine, or in another container."""
    return Holder(id=str(number), host=f"machine{number}", boot="", process=number)


def _retention(days: int) -> Retention | None:
    """A configuration by which all lives for so many days, which may be fewer than a configuration may have."""
    return Retention.model_construct(**{f"{word}_days": days for word in SINCE}) if days else None


class Simulation(Course, Office):
    """Lives through a schedule; `laws` are called after each event and each cycle, and raise Violation.

    All that is random is in the schedule. Each engine that starts is given to `wrap`, which may change it. `clock` is
    true time, and Jira's; the bot's is `skew_s` ahead of it. `home` is the folder of the bot's files, which stay
    whatever becomes of its database; nothing else knows its name. Who makes a simulation lets it go.
    """

    def __init__(
        self, schedule: Schedule, laws: Laws, wrap: Callable[[Engine], Engine] = lambda engine: engine
    ) -> None:
        setting = schedule.setting
        self.schedule, self.setting, self.laws = schedule, setting, laws
        self.wrap = wrap
        Course.__init__(self, setting.starts_at, setting.poll_s)
        Office.__init__(self, setting, self.clock)
        self.site = Site(self.world)
        self.store = emptied(_memory())
        self.driver = _driver_of(self.store)
        self.home = Path(mkdtemp(prefix="simulation-", dir=_MEMORY if _MEMORY.is_dir() else None))
        self.output = Output()
        self.post = Post(output=self.output, asked=self._asked_in)
        self.written: list[Written] = []
        self.engine: Engine | None = None
        self.wire: Wire | None = None
        self.in_cycle = False
        self.cycle_at = self.asked_at = self.began_at = setting.starts_at
        self.passed = ""
        self.reports = 0
        self.said = 0
        self.kills = 0
        self.killed: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.asked_for: tuple[Moment, int] = (0, 0)
        self.number = -1
        self.calm = False
        self.processes = 0
        self.intent_at = 0
        self.backups: list[tuple[Moment, bytes]] = []
        self.lost_at: Moment | None = None
        self.silent_since: Moment | None = None
        self.seconds: list[Second] = []
        self.overtaken = self.stood = False
        self.released: set[str] = set()
        self.unproven: set[str] = set()
        self.observed: set[str] = set()
        self.once_called: dict[str, str] = {}
        self.renamed_at: dict[str, Moment] = {}
        self._coming: Rulebook | None = None
        self._clean: JiraTracker | None = None
        self._catalogue: Catalogue | None = None
        self._armed: list[tuple[Event, list[int]]] = []
        self._quiet_until = 0
        self._due_in: tuple[int, Moment | None] | None = None
        self._due_at: tuple[list[Moment], Moment] = ([], 0)

    # The run.

    def run(self) -> None:
        """Live through the schedule, and the calm after it. Raises Violation."""
        setting = self.setting
        ends_at = setting.starts_at + setting.days * DAY
        self._open_control()
        with self.undisturbed():  # which has looked at Jira before anything is renamed there
            pass
        for number, event in enumerate(self.schedule.events):
            self.at(event.at, lambda number=number, event=event: self._meet(number, event))  # type: ignore[misc]
        self.want(self.poll_s)
        self._until(ends_at)
        self._calm_down()
        self._until(self._calm_until(ends_at))
        written = -1
        while written != len(self.written) or self.engine is None:  # until what it said is mirrored, too
            written = len(self.written)
            self.want(self.poll_s)
            self._until(self.now + 2 * self.poll_s)
        self.laws.at_the_end(self)

    def _calm_until(self, ends_at: Moment) -> Moment:
        """Two hours into the second working day after that, by the calendar by which most people are at work then."""
        calendars = [calendar_of(person, self.book) for person in self.book.languages]

        def second_day(calendar: Calendar) -> Moment:
            day = calendar.add_working_days(calendar.day_of(ends_at - DAY), 2)
            return max(ends_at + CALM_S, calendar.opening_on(day) + 2 * HOUR)

        moments = sorted({second_day(calendar) for calendar in (self.book.calendar, *calendars)})
        return max(moments, key=lambda at: sum(calendar.is_open(at) for calendar in calendars))

    def _open_control(self) -> None:
        """The ticket on which the bot is silenced, the first of its project."""
        if self.setting.control:
            self.open_ticket(0, self.book.entries.roles.lead, 0)

    def _until(self, end: Moment) -> None:
        while True:
            event_at = self._queue[0].at if self._queue else end
            cycle_at = max(self._next_cycle(), self.now)
            at = min(event_at, cycle_at, end)
            self.clock.set(max(self.clock(), at * 1000))
            if at >= end:
                return
            if event_at <= at:
                heapq.heappop(self._queue).act()
                self.laws.after_event(self)
            else:
                while self._wanted and self._wanted[0] <= self.now:
                    heapq.heappop(self._wanted)
                self._cycle()

    def _calm_down(self) -> None:
        """From now on nobody acts and nothing fails; what was released waits no more."""
        self.calm = True
        self._queue.clear()
        self._armed.clear()
        self._undo_all()
        self.site.faults = Faults()
        self.post.fates.clear()
        self.skew_s = 0
        self._quiet_until = 0
        self.trace("calm")
        self.want(self.poll_s)

    def let_go(self) -> None:
        """End all that lasts, as the next simulation uses the same database, and remove the bot's files."""
        self._undo_all()
        shutil.rmtree(self.home)

    def _undo_all(self) -> None:
        for number in sorted(self.undo):
            self.undo[number]()
        self.undo.clear()

    # Events.

    def _meet(self, number: int, event: Event) -> None:
        self.number = number
        if event.during is None:
            self.happen(event)
        else:
            armed = (event, [event.skip])
            self._armed.append(armed)
            self.at(self.now + PATIENCE_S, lambda: self._give_up(armed))
            self.want(self.poll_s)

    def _give_up(self, armed: tuple[Event, list[int]]) -> None:
        if armed in self._armed:
            self._armed.remove(armed)
            self.happen(armed[0])

    def happen(self, event: Event) -> None:
        """Have an event happen now; a cycle follows."""
        self.trace(f"{event.do} {event.ticket} {event.who} {event.what} {event.for_s} {event.n}")
        self.want(self.poll_s)
        lag_s = self.site.faults.lag_ms // 1000
        if lag_s:
            self.want(lag_s + 2 * self.poll_s)
        try:
            KINDS[event.do].do(self, event)
        except StoreError as error:  # a command that a person typed, which told them so
            self.output.failed(error)
            self.trace(f"{event.do} failed: {type(error).__name__}")
        finally:
            self.laws.see(self)

    def lasting(self, for_s: int, undo: Callable[[], None]) -> None:
        """Have something undone after so many seconds, or when the calm comes; until then it is seen."""

        def seen() -> None:
            self.laws.see(self)
            undo()

        super().lasting(for_s, seen)

    def pass_seam(self, name: str) -> None:
        """Be where the process may die, or where others may act meanwhile."""
        if name != "request":
            self.passed = name
        if name == "after intent":
            self.intent_at = self.now
        for armed in [each for each in self._armed if each[0].during == name]:
            event, left = armed
            if left[0] > 0:
                left[0] -= 1
                continue
            self._armed.remove(armed)
            self.happen(event)

    # The bot's process.

    def start(self) -> Engine:
        """A process of the bot that starts: it reads what Jira has. Raises as the start does."""
        clocks = Clocks(
            request=lambda: self.pass_seam("request"),
            passed=self.pass_ms,
            now=lambda: self.now,
            bot=lambda: (self.asked_at, self.cycle_at),
            seam=lambda: self.passed,
            silenced=lambda: self.silenced,
            output=self.output,
            skew_s=lambda: self.skew_s,
        )
        self.wire = Wire(self.site, clocks, self.written)
        self.wire.asked_for = self.asked_for
        return self.made(self.wire, self.pass_seam, self.ask_clock)

    def made(self, wire: Wire, seam: Callable[[str], None], clock: Callable[[], Moment]) -> Engine:
        """A process's engine, which reaches Jira over a wire and has a lease of its own. Raises as the start does."""
        self.processes += 1
        client = self.client(wire)
        client.gate.recall(self.store.note(RESTRAINT))
        folder = rules_folder() / self.setting.desk
        catalogue = read_catalogue(client, self.book.entries)
        binding = tie(catalogue, self.book, folder)
        client.gate.remember_in(partial(self.store.set_note, RESTRAINT))
        tracker = JiraTracker(client, catalogue, binding, self.book.entries)
        addresses = {person: f"{person}@desk.example" for person in self.book.languages}
        composer = DigestComposer(BROWSE, 1 << 20) if self.setting.digest else None
        folder = Files(DigestFolder(self.home / "digests", SITE), self.output, lambda: self.bot_now)
        ways = Ways(self.post, addresses, BROWSE, composer, folder)
        engine = Engine(
            tracker,
            self.store,
            self.book,
            self.messages,
            binding.fingerprint,
            pace=replace(PACE, page_size=self.setting.page),
            seam=seam,
            clock=clock,
            post=ways if self.setting.mail else Ways(composer=composer, folder=folder),
            retention=_retention(self.setting.keeps_days),
            lease=Lease(self.store, _holder(self.processes), length_s=180, grace_s=60, clock=lambda: self.now),
        )
        client.fence = engine.fence
        engine.post = with_journal(engine, engine.post, self.home / "letters")
        return self.wrap(engine)

    def client(self, wire: Wire) -> Client:
        """A connection to the desk's Jira."""
        return Client(
            "http://jira.test",
            token=TOKEN,
            user="piletibot@sandbox.example" if self.setting.flavour == "cloud" else None,
            timeout_s=30.0,
            sleep=lambda seconds: self.pass_ms(int(seconds * 1000)),
            clock=lambda: self.clock() / 1000 + self.skew_s,
            jitter=lambda low, high: low,
            transport=wire,
        )

    def is_proven(self, key: str) -> bool:
        """Whether the bot knows by its database that a comment of this key is there."""
        ticket_id = key.split("/")[1]
        known = self.store.letters([key]) if ticket_id == "letter" else self.store.entries([ticket_id])[ticket_id]
        return key in known and known[key].state == "said"

    @contextmanager
    def undisturbed(self) -> Iterator[JiraTracker]:
        """A tracker of the present rulebook on a line that nothing disturbs, by an account that lacks no right."""
        me = self.world.person(BOT)
        assert me is not None
        was = me.denied, me.active, me.token
        me.denied, me.active, me.token = {f"BROWSE_PROJECTS:{self.elsewhere.key}"}, True, TOKEN
        try:
            yield self._tracker()
        finally:
            me.denied, me.active, me.token = was

    def _tracker(self) -> JiraTracker:
        if self._clean is None:
            me = self.world.person(BOT)
            assert me is not None
            client = Client(
                "http://jira.test",
                token=me.token or "",
                user=me.email if self.setting.flavour == "cloud" else None,
                clock=lambda: self.clock() / 1000,
                sleep=lambda seconds: None,
                transport=InProcess(Site(self.world)),
            )
            self._catalogue = self._catalogue or read_catalogue(client, self.book.entries)
            binding = tie(self._catalogue, self.book, rules_folder() / self.setting.desk)
            self._clean = JiraTracker(client, self._catalogue, binding, self.book.entries)
        return self._clean

    def ask_clock(self) -> Moment:
        """What the bot takes for now."""
        self.asked_at = self.bot_now
        return self.asked_at

    def trace_bot(self, line: str) -> None:
        """Note what the bot says of itself."""
        self.output.put("trace", line.encode())
        self.trace(line)

    def _asked_in(self, id_: str) -> list[str]:
        """The steps that are about to ask their person in the mail of an id."""
        return sorted(key for key, letter in self.driver.execute(_IN_LETTERS) if mail_id(letter) == id_)

    def take_over(self, book: Rulebook) -> None:
        """Have another rulebook in force from the next cycle on, as a reload has it."""
        self._coming = book

    def _swap(self) -> None:
        """What `bot.reload` does once a changed rulebook is to be in force."""
        book, self._coming = self._coming, None
        if book is None:
            return
        self.book = book
        self.observed |= {ladder.name for ladder in book.entries.ladders if ladder.observe}
        if self.engine is not None:
            self.pass_seam("before swap")
            self.engine.book = book
            self.pass_seam("after swap")

    def die(self, restart_s: int = _RESTART_S) -> None:
        """The process ends where it is; the supervisor starts another."""
        self.kills += 1
        self.killed[self.passed or "nothing" if self.in_cycle else "a cycle"] += 1
        self._lose()
        self._quiet_until = self.now + restart_s
        self.want(restart_s)
        if self.in_cycle:
            raise Killed

    def _lose(self) -> None:
        if self.wire is not None:
            self.asked_for = self.wire.asked_for if self._remembers() else (0, 0)
            self.faults.update(self.wire.faults)
            self.wire.faults.clear()
        self.engine = None

    def _remembers(self) -> bool:
        """Whether what Jira asked the process for stands in the database: it came to work, and could always write."""
        met = {event.do for event in self.schedule.events[: self.number + 1]}
        return self.engine is not None and self.lost_at != self.now and met.isdisjoint(_UNWRITABLE)

    def _cycle(self) -> None:
        self.cycle_at = self.asked_at = self.bot_now
        self.began_at = self.now
        self.overtaken = self.stood = False
        report: Report | None = None
        self.in_cycle = True
        try:
            if self.engine is None:
                self.engine = self.start()
            self._swap()
            if self.calm:
                self.release()
            report = cycle(self.engine, self.cycle_at)
        except Killed:
            self.trace("killed")
        except (Denied, Misconfigured) as error:  # the process ends, and its supervisor starts it again
            self.output.failed(error)
            self.trace(f"ended: {type(error).__name__}")
            self._lose()
            self._rest(30 * MINUTE)
        except (TrackerError, StoreError) as error:
            self.output.failed(error)
            self.trace(f"failed: {type(error).__name__}")
            self._rest(5 * MINUTE)
        except Exception as error:
            raise Violation(f"the cycle raised {type(error).__name__}: {error}") from error
        finally:
            self.in_cycle = False
        if report is not None:
            self._reported(report)
        self.laws.after_cycle(self, report)

    def _reported(self, report: Report) -> None:
        self.reports += 1
        self.said += sum(map(len, report.said))
        if report.unreachable is not None:
            self._rest(max(int(report.retry_after_s / 2), 10 * MINUTE))  # it is too early then
        elif report.doubtful or report.slowed:
            self.want(self.poll_s)
        self.trace_bot(
            f"{report.changed} {report.judged} {report.held} {report.withdrawn} {report.doubtful} {report.gone} "
            f"{[step.key for steps in report.said for step in steps]} {report.troubles} {report.unreachable}"
        )

    def _rest(self, seconds: int) -> None:
        self._quiet_until = self.now + (seconds if not self.calm else self.poll_s)
        self.want(max(seconds, self.poll_s))

    # When the next cycle comes.

    def _next_cycle(self) -> Moment:
        wanted = self._wanted[0] if self._wanted else self.now + PACE.reconcile_s
        looks = self._next_look() - self.skew_s
        at = max(min(wanted, looks), self._quiet_until)
        return at + (self.setting.starts_at - at) % self.poll_s

    def _next_look(self) -> Moment:
        """When, by the bot's clock, something is due though nothing happens; at least a poll after the last cycle."""
        moments, reconciled_at = self._due()
        least = self.cycle_at + self.poll_s
        calendar = self.book.calendar
        morning = calendar.start_of_day(calendar.day_of(self.bot_now)) + _MORNING_S
        morning += DAY if morning <= self.cycle_at else 0
        return min(max(least, at) for at in (*moments, morning, reconciled_at + PACE.reconcile_s))

    def _due(self) -> tuple[list[Moment], Moment]:
        """When tickets and commands are due next, and when the desk was last compared, as the database says."""
        driver = self.driver
        if (state := (driver.total_changes, self.lost_at)) != self._due_in:
            (look,), (command,), (reconciled_at,) = (driver.execute(asked).fetchone() for asked in _DUE)
            moments = [each for each in (look, command) if each is not None]
            self._due_in, self._due_at = state, (moments, int(reconciled_at or 0))
        return self._due_at

    def release(self) -> None:
        """Let all batches over the ceiling go, whichever process kept them back."""
        self.released.update(key for (key,) in self.driver.execute("SELECT key FROM ledger WHERE state = 'batched'"))
        for batch in batches(self.store):
            release(self.store, batch, self.bot_now)

    @property
    def silenced(self) -> bool:
        """Whether the bot knows that nothing is to be said on the desk."""
        known = silences(self.store)
        return silent(self.book.entries.projects[0], words(known), barred(known)) is not None

    def shown(self, issue_id: int) -> Shown:
        return self.wire.shown.get(issue_id, Shown()) if self.wire else Shown()

    @property
    def trace_hash(self) -> str:
        """The fingerprint of all that happened: the same in each run of a schedule."""
        digest = self.traced()
        for each in self.written:
            digest.update(f"{each.at} {each.ticket_id} {each.keys}".encode())
        return digest.hexdigest()[:16]


_IN_LETTERS = "SELECT key, letter FROM ledger WHERE letter IS NOT NULL AND state = 'intended'"
_DUE = (
    "SELECT min(look_again_at) FROM tickets",
    "SELECT min(not_before) FROM commands WHERE settled_at IS NULL",
    "SELECT max(value) FROM notes WHERE name = 'reconciled_at'",
)


class Laws:
    """What is asked of the simulation after each event and each cycle, and at the end."""

    def see(self, sim: Simulation) -> None: ...

    def after_event(self, sim: Simulation) -> None: ...

    def after_cycle(self, sim: Simulation, report: Report | None) -> None: ...

    def at_the_end(self, sim: Simulation) -> None: ...
