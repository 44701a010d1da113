"""The daemon: APScheduler calls `cycle(now)`; a signal ends it between two steps."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue
from random import SystemRandom
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Report
from bot.engine.schedule import Beat
from bot.engine.tally import Outcome, Tally, outcome_of
from bot.engine.tracker import Denied
from bot.store.errors import Damaged, NotInForce
from bot.store.lease import Fenced
from bot.store.store import StoreError

log = structlog.get_logger()

DENIED_S = 300.0
LONGEST_DENIED_S = 3600.0
"""How long an account that is not let in is quiet at first and at most, in seconds; each time it is twice as long."""

_GRACE_S = 8.0
_uniform = SystemRandom().uniform


class Stop:
    """Told by SIGTERM or SIGINT; waits that it interrupts are the bot's only sleeps. SIGHUP asks for a reload."""

    def __init__(self) -> None:
        self._told = False
        self._reload = False
        # Queues of this kind may be put into by a signal handler, whatever the thread it interrupts is at.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._signals: SimpleQueue[None] = SimpleQueue()

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._told

    def listen(self) -> None:
        """Heed SIGTERM, SIGINT and SIGHUP from now on. Only the main thread may call this."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heed)
        signal.signal(signal.SIGHUP, lambda number, frame: self.ask())

    def _heed(self, number: int, frame: FrameType | None) -> None:
        self.tell()

    def tell(self) -> None:
        """Stop as if a signal had come."""
        self._told = True
        self._wake.put(None)
        self._signals.put(None)

    def ask(self) -> None:
        """Ask for a reload as if SIGHUP had come."""
        self._reload = True
        self._signals.put(None)

    def is_asked(self) -> bool:
        """Whether a reload was asked for and not heeded yet."""
        return self._reload

    def asked(self) -> bool:
        """Whether a reload was asked for since this was last called."""
        asked, self._reload = self._reload, False
        return asked

    def wake(self) -> None:
        """End a wait for a signal, though none came."""
        self._signals.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait for a signal, but no longer than so many seconds; whether one came."""
        try:
            self._signals.get(timeout=seconds)
        except Empty:
            return False
        return True

    def sleep(self, seconds: float) -> None:
        """Sleep, but no longer than until told to stop."""
        try:
            self._wake.get(timeout=max(0.0, seconds))
        except Empty:
            return
        self._wake.put(None)  # for the others who sleep


def run(
    engine: Engine,
    stop: Stop,
    *,
    poll_s: int,
    now: Callable[[], Moment] = lambda: int(time.time()),
    before: Callable[[Moment, bool], None] = lambda at, asked: None,
    after: Callable[[Report], None] = lambda report: None,
    jitter: Callable[[float, float], float] = _uniform,
    tally: Tally | None = None,
) -> None:
    """Run a cycle at once, then one every `poll_s` seconds, until told to stop; returns within ten seconds of that.

    At which second is the desk's own, found from its site's name, and varied by `jitter`. A cycle that is late is run
    once, not caught up on. What the tracker asks patience for, or is away for, is left alone by the connection to it;
    cycles go on. `before` is called with the moment of each cycle first, and whether a reload was asked for: then the
    next cycle comes at once; `after` with what each cycle did that could begin, or that passed as the account is not
    let in. Such an account is asked for again after `DENIED_S`, then ever later, or at once upon a reload. A database
    that cannot be used is told of once, and tried again in each cycle; one that is damaged, or was left for another,
    ends it. Every cycle is counted in the `tally`, however it ended. Raises Damaged, NotInForce.
    """
    ended: list[Damaged | NotInForce] = []
    unusable: str | None = None
    denials = 0
    quiet_until = 0.0
    fenced = False

    def once() -> None:
        if stop() or ended:
            return
        at, began, outcome = now(), time.monotonic(), None
        report: Report | None = None
        try:
            outcome, report = attempt(at)
        finally:
            if tally is not None:
                ended_at = at + int(time.monotonic() - began)
                tally.cycle(outcome or "failed", ended_at, time.monotonic() - began, report)
        if report is not None:
            after(report)
            if stop.is_asked():
                once()

    def attempt(at: Moment) -> tuple[Outcome, Report | None]:
        """Run a cycle; how it ended, and what it did where it could begin, or passed as the account is kept out."""
        nonlocal denials, quiet_until, unusable, fenced
        if time.monotonic() < quiet_until and not stop.is_asked():
            return "denied", Report(at, unreachable="the account is not let in", denied=True)
        try:
            before(at, stop.asked())
            report = cycle(engine, at)
        except Denied as error:
            if denials == 0:
                log.error("the account is not let in, it is quiet", reason=str(error))
            quiet_until = time.monotonic() + min(DENIED_S * 2.0**denials, LONGEST_DENIED_S)
            denials = min(denials + 1, 16)
            return "denied", Report(at, unreachable=str(error), denied=True)
        except Fenced as error:
            if not fenced:
                log.warning("nothing more is sent until this process has the lease again", reason=str(error))
            fenced = True
            return "fenced", None
        except (Damaged, NotInForce) as error:
            ended.append(error)
            stop.wake()
            return "database", None
        except StoreError as error:
            if str(error) != unusable:
                unusable = str(error)
                log.error("database unreachable", reason=unusable)
            return "database", None
        if unusable is not None:
            log.info("database works again")
        unusable = None
        if denials:
            log.info("the account is let in again")
        denials, fenced = 0, False
        return outcome_of(report), report

    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone="UTC")
    job = scheduler.add_job(
        once,
        Beat(engine.book.site, poll_s, jitter),
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
        # The first cycle at once. As a job of its own it would be removed when it is started, which fails in the
        # scheduler's thread when the scheduler is told to stop at that moment.
        next_run_time=datetime.now(UTC),
    )
    scheduler.start()
    while not stop() and not ended:
        # A cycle that runs now lets this one pass, and is followed by another itself. A clock that was set back would
        # have the scheduler wait until it is as late again.
        if stop.wait(poll_s) or job.next_run_time > datetime.now(UTC) + timedelta(seconds=2 * poll_s):
            job.modify(next_run_time=datetime.now(UTC))
    _shut_down(scheduler)
    if ended:
        raise ended[0]


def _shut_down(scheduler: BackgroundScheduler) -> None:
    """Wait for the cycle at hand; what hangs in a request is left to the outbox, settled at the next start."""
    ended = threading.Thread(target=scheduler.shutdown, daemon=True)
    ended.start()
    ended.join(_GRACE_S)
    if ended.is_alive():
        log.warning("stopped while a request was under way; the next start settles it")
        os._exit(0)
