"""A desk as one of several processes works on it: it keeps the desk, or does parts of the cycles of whoever does."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from math import ceil
from random import SystemRandom

import sqlalchemy as sa
import structlog
from structlog.contextvars import bound_contextvars

from bot.commands.running import log_cycle, with_journal
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.daemon import DENIED_S, LONGEST_DENIED_S, Stop
from bot.engine.difference import Ready
from bot.engine.engine import Engine, Post, Report, Spent
from bot.engine.parts import HandingOut, Order, read_order, work
from bot.engine.restraint import RESTRAINT
from bot.engine.schedule import Beat
from bot.engine.tally import Outcome, Tally, outcome_of
from bot.engine.tracker import Denied, Unreachable
from bot.heartbeat import Heartbeat
from bot.jira.client import Client
from bot.jira.shared_pacing import SharedPacing
from bot.jira.tracker import JiraTracker
from bot.reload import Reload
from bot.rulefiles import look
from bot.settings import Misconfigured, Settings, token_of
from bot.shipped import rules_folder
from bot.start import JIRA, Desk, client_of, gate_of, pace_of, read_desk, ready_for, sites_of, start
from bot.store.connect import libpq
from bot.store.errors import StoreError
from bot.store.holder import this_process
from bot.store.lease import Fenced, Lease, PartLease, name_of
from bot.store.lock import alone
from bot.store.store import Store, open_store
from bot.texts import Messages

_STUCK_S = 30
"""After how long the server ends a transaction whose process stands still, in seconds: others wait for its rows."""

_KNOWN = 2
_uniform = SystemRandom().uniform

log = structlog.get_logger()


@dataclass(slots=True)
class _Kept:
    """A desk that this process keeps."""

    engine: Engine
    reload: Reload
    beat: Beat
    held: ExitStack
    client: Client
    denials: int = 0
    quiet_until: float = 0.0


class Station:
    """One desk by its configuration. `hand_out` hands out the parts of its cycles, `beat` gives its heartbeat."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        stop: Stop,
        hand_out: Callable[[Sequence[tuple[str, str]]], None],
        heartbeat: Heartbeat,
        tally: Tally,
    ) -> None:
        self.name = name
        self._settings, self._stop, self._hand_out = settings, stop, hand_out
        self._heartbeat, self._tally = heartbeat, tally
        timeout_s = max(settings.jira.timeout_s, settings.mail.timeout_s)
        least_s = ceil(3 * max(settings.engine.poll_s, timeout_s))
        self._length_s, self._grace_s = max(settings.engine.lease_s, least_s), ceil(2 * timeout_s)
        self._gate = gate_of(
            settings.jira, sleep=stop.sleep, stopping=stop, breaks=True, heard=partial(tally.request, JIRA)
        )
        self._pacing = SharedPacing(settings.jira.requests_per_minute)
        self._gate.pacing = self._pacing
        self._opened: Store | None = None
        self._held = ExitStack()
        self._lock = threading.Lock()
        self._kept: _Kept | None = None
        self._known: dict[tuple[str, str], Ready] = {}
        self._last: Ready | Desk | None = None
        self._mine = threading.local()
        self._told: str | None = None
        self._signed = 0

    @property
    def is_kept(self) -> bool:
        """Whether this process keeps the desk."""
        return self._kept is not None

    @property
    def engine(self) -> Engine | None:
        """What works on the desk here; None while another process keeps it."""
        kept = self._kept
        return None if kept is None else kept.engine

    @property
    def is_refusing(self) -> bool:
        """Whether the files hold a rulebook that was refused, as far as this process keeps the desk."""
        kept = self._kept
        return kept is not None and kept.reload.is_refusing

    @property
    def turned(self) -> Counter[tuple[str, str, str]]:
        """What this process wrote of steps and letters."""
        return Counter() if self._opened is None else self._opened.turned

    def close(self) -> None:
        """Let the database go."""
        self._held.close()

    @property
    def book(self) -> Rulebook:
        """The rulebook in force, or, where others keep the desk, the last known here. Raises Misconfigured."""
        return self._shown().book

    @property
    def messages(self) -> Messages:
        """Its texts."""
        return self._shown().messages

    def _shown(self) -> Engine | Ready | Desk:
        if self._kept is not None:
            return self._kept.engine
        if self._last is None:
            self._last = read_desk(self._settings.rules.folder, self._settings.site)
        return self._last

    # The cycles of a desk that is kept here.

    def cycle(self, asked: bool) -> Moment | None:
        """Run a cycle, if this process keeps the desk or nobody does; gives when the next is due, None if another's.

        `asked` tells that a person asks for a reload. It raises nothing: what goes wrong is logged. Each line of the
        log says which desk it is about.
        """
        with bound_contextvars(desk=self.name):
            return self._cycle(asked)

    def _cycle(self, asked: bool) -> Moment | None:
        try:
            if self._kept is None:
                self._kept = self._keep()
            return self._once(self._kept, int(time.time()), asked)
        except Fenced as error:
            if self._kept is not None:
                log.warning("another process has taken over", reason=str(error))
                self.leave()
        except StoreError as error:
            if self._is_news(error):
                log.error("database unreachable", reason=str(error))
            if self._kept is not None:
                return int(time.time()) + self._settings.engine.poll_s
        except Misconfigured as error:
            if self._is_news(error):
                log.error("the desk cannot be worked on", errors=list(error.problems))
        except (Unreachable, Denied) as error:
            if self._is_news(error):
                log.error("tracker unreachable, the desk waits", reason=str(error))
        except Exception as error:  # one desk never stops the others; what it was is told by type
            log.error("cycle failed", error=type(error).__name__)
            if self._kept is not None:
                return int(time.time()) + self._settings.engine.poll_s
        return None

    def leave(self) -> None:
        """Let another keep the desk. Raises nothing."""
        if self._kept is not None:
            lease = self._kept.engine.lease
            self._let_go()
            if lease is not None:
                with suppress(StoreError):
                    lease.give_back()

    def may_leave(self) -> bool:
        """Whether nothing would be lost but time if another kept the desk: no changed rulebook is told of."""
        return self._kept is None or (not self._kept.engine.notices and not self._kept.reload.is_coming)

    def share(self, processes: int) -> None:
        """Know how many processes there are, which share what Jira allows."""
        self._pacing.share(processes)

    def _keep(self) -> _Kept:
        """Take the desk and make its engine. Raises Fenced where another has it, and as `start` does."""
        store = self._store()
        lease = Lease(store, this_process(), length_s=self._length_s, grace_s=self._grace_s)
        how = lease.take()
        held = ExitStack()
        try:
            folders = (rules_folder() / "common", self._settings.rules.folder)
            seen = look(folders)
            client = client_of(self._settings.jira, sleep=self._stop.sleep, gate=self._gate)
            held.callback(client.close)
            engine = start(
                self._settings,
                lambda: store,
                sleep=self._stop.sleep,
                stopping=self._stop,
                client=client,
                hear=self._tally.request,
            )
            engine.post = with_journal(engine, engine.post, self._settings.store.journal)
            hands = HandingOut(self._hand_out, this_process(), sleep=self._stop.sleep)
            engine.lease, engine.hands = lease, hands
            engine.unsure_until = int(time.time()) + self._grace_s if how == "gone" else 0
            own = engine.spent.requests
            engine.spent.requests = lambda: own() + hands.requests
            reload = Reload(
                engine,
                folders,
                read=lambda: read_desk(self._settings.rules.folder, self._settings.site),
                tie=lambda desk: ready_for(
                    self._settings, desk, client, sleep=self._stop.sleep, hear=self._tally.request
                ),
                seen=seen,
                notice_s=self._settings.rules.notice_s,
                pull_s=self._settings.rules.pull_s,
            )
        except BaseException:
            held.close()
            with suppress(StoreError):
                lease.give_back()
            raise
        self._told = None
        log.info("desk taken", epoch=lease.epoch, how=how, rulebook=engine.book.version)
        return _Kept(engine, reload, Beat(self._settings.site, self._settings.engine.poll_s, _uniform), held, client)

    def _once(self, kept: _Kept, now: Moment, asked: bool) -> Moment:
        began = time.monotonic()
        outcome: Outcome = "failed"
        report: Report | None = None
        try:
            if asked or began >= kept.quiet_until:
                outcome, report = self._attempt(kept, now, asked)
            else:
                if kept.engine.lease is not None:
                    kept.engine.lease.hold()
                outcome, report = "denied", Report(now, unreachable="the account is not let in", denied=True)
        except StoreError as error:
            outcome = "fenced" if isinstance(error, Fenced) else "database"
            raise
        finally:
            took_s = time.monotonic() - began
            self._tally.cycle(outcome, now + int(took_s), took_s, report)
        self._heartbeat.after(report)
        log_cycle(report)
        late = datetime.now(UTC)
        return ceil(kept.beat.get_next_fire_time(late, late).timestamp())

    def _attempt(self, kept: _Kept, now: Moment, asked: bool) -> tuple[Outcome, Report]:
        try:
            if asked:
                self._sign_in(kept.client)
            kept.reload(now, asked)
            report = cycle(kept.engine, now)
        except Denied as error:
            if not kept.denials:
                log.error("the account is not let in, it is quiet", reason=str(error))
            kept.quiet_until = time.monotonic() + min(DENIED_S * 2.0**kept.denials, LONGEST_DENIED_S)
            kept.denials = min(kept.denials + 1, 16)
            return "denied", Report(now, unreachable=str(error), denied=True)
        kept.denials, self._told = 0, None
        return outcome_of(report), report

    def _sign_in(self, client: Client) -> None:
        """Ask by the token that its file holds now, as whoever asked for a reload may have put another there."""
        jira = self._settings.jira
        try:
            token = token_of(jira)
        except Misconfigured as error:
            log.error("configuration refused, the one in force stays", errors=list(error.problems))
            return
        client.close()
        client.sign_in(token=token, user=jira.user, ca_bundle=str(jira.ca_bundle) if jira.ca_bundle else None)

    def _let_go(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.held.close()

    def _is_news(self, reason: object) -> bool:
        """Whether what keeps the desk from being worked on was not told of last."""
        before, self._told = self._told, str(reason)
        return before != self._told

    # Parts of cycles.

    def sign_in_anew(self) -> None:
        """Ask by the token that its file holds now in all parts that are begun from now on."""
        self._signed += 1

    def work(self, which: str) -> bool:
        """Do a part of another's cycle, or of an own one; whether it was done. Raises Fenced where it must wait."""
        with bound_contextvars(desk=self.name):
            return self._work(which)

    def _work(self, which: str) -> bool:
        store = self._store()
        part = store.part(which)
        if part is None or part.state != "open":
            return False
        order = read_order(part)
        engine = self._engine_for(order, store)
        if engine is None:
            return False
        lease = PartLease(
            store,
            self._mine.holder,
            order.over,
            name=name_of(part.project),
            length_s=self._length_s,
            grace_s=self._grace_s,
        )
        return work(engine, part, order, lease)

    def _engine_for(self, order: Order, store: Store) -> Engine | None:
        """The engine of this thread under the rulebook of an order; None where that is not to be had here."""
        mine = self._mine
        if not hasattr(mine, "engines"):
            mine.engines, mine.holder = {}, this_process()
        wanted = order.version, order.facts, self._signed
        if wanted not in mine.engines:
            ready = self._ready(order.version, order.facts)
            if ready is None:
                if self._is_news(order.version):
                    log.error("a part is left to others, as the rulebook here is not theirs", rulebook=order.version)
                return None
            while len(mine.engines) >= _KNOWN:
                del mine.engines[next(iter(mine.engines))]
            mine.engines[wanted] = self._part_engine(ready, store)
        self._gate.recall(store.note(RESTRAINT))
        engine: Engine = mine.engines[wanted]
        return engine

    def _ready(self, version: str, facts: str) -> Ready | None:
        with self._lock:
            if (version, facts) in self._known:
                return self._known[version, facts]
            kept = self._kept
            if kept is not None and (kept.engine.book.version, kept.engine.facts) == (version, facts):
                engine = kept.engine
                return Ready(engine.book, engine.messages, engine.tracker, engine.facts)
            try:
                desk = read_desk(self._settings.rules.folder, self._settings.site)
                if desk.book.version != version:
                    return None
                client = client_of(self._settings.jira, sleep=self._stop.sleep, gate=self._gate)
                ready = ready_for(self._settings, desk, client, sleep=self._stop.sleep)
            except Misconfigured:
                return None
            if ready.facts != facts:
                return None
            while len(self._known) >= _KNOWN:
                del self._known[next(iter(self._known))]
            self._known[version, facts] = self._last = ready
            return ready

    def _part_engine(self, ready: Ready, store: Store) -> Engine:
        client = client_of(self._settings.jira, sleep=self._stop.sleep, gate=self._gate)
        tied = ready.tracker
        assert isinstance(tied, JiraTracker)  # noqa: S101 - made by `ready_for`
        entries = ready.book.entries
        sites = sites_of(self._settings, entries, sleep=self._stop.sleep)
        former = self._settings.jira.former_accounts
        tracker = JiraTracker(client, tied.catalogue, tied.binding, entries, sites=sites, former=former)
        engine = Engine(
            tracker=tracker,
            store=store,
            book=ready.book,
            messages=ready.messages,
            facts=ready.facts,
            pace=pace_of(self._settings),
            stopping=self._stop,
            clock=lambda: int(time.time()),
            post=Post(browse=f"{self._settings.jira.url}/browse/"),
            spent=Spent(lambda: client.requests),
        )
        client.fence = engine.fence
        return engine

    def _store(self) -> Store:
        """The desk's database, opened once for all threads. Raises StoreError."""
        with self._lock:
            if self._opened is None:
                url = self._settings.store.url.get_secret_value()
                waiting = libpq(sa.make_url(url), f"-c idle_in_transaction_session_timeout={_STUCK_S * 1000}")
                with ExitStack() as tried:  # the lock is a session, and it is tried again every few seconds
                    tried.enter_context(alone(url, shared=True))
                    self._opened = open_store(waiting)
                    tried.callback(self._opened.close)
                    self._held.push(tried.pop_all())
            return self._opened
