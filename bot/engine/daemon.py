"""The daemon: APScheduler calls `cycle(now)`; a signal ends it between two steps."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from types import FrameType

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Report
from bot.engine.tracker import Denied
from bot.store.lease import Fenced
from bot.store.store import StoreError

log = structlog.get_logger()

_GRACE_S = 8.0


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

    def wait(self) -> bool:
        """Wait for a signal; whether it was to stop."""
        self._signals.get()
        return self._told

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
) -> None:
    """Run a cycle every `poll_s` seconds until told to stop; returns within ten seconds of that.

    A cycle that is late is run once, not caught up on. After a throttled cycle the next waits as long as the
    tracker asked. `before` is called with the moment of each cycle first, and whether a reload was asked for: then
    the next cycle comes at once. Raises `Denied` when the account is no longer let in.
    """
    quiet_until = 0.0
    denied: list[Denied] = []

    def once() -> None:
        nonlocal quiet_until
        if stop() or time.monotonic() < quiet_until:
            return
        try:
            before(at := now(), stop.asked())
            report = cycle(engine, at)
        except Denied as error:
            denied.append(error)
            stop.tell()
            return
        except Fenced as error:
            log.warning("nothing more is sent", reason=str(error))
            return
        except StoreError as error:
            log.error("database unreachable", reason=str(error))
            return
        quiet_until = time.monotonic() + report.retry_after_s
        after(report)
        if stop.is_asked():
            once()

    scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone="UTC")
    job = scheduler.add_job(
        once,
        "interval",
        seconds=poll_s,
        max_instances=1,
        coalesce=True,
        misfire_grace_time=None,
        # The first cycle at once. As a job of its own it would be removed when it is started, which fails in the
        # scheduler's thread when the scheduler is told to stop at that moment.
        next_run_time=datetime.now(UTC),
    )
    scheduler.start()
    while not stop.wait():
        # A cycle that runs now lets this one pass, and is followed by another itself.
        job.modify(next_run_time=datetime.now(UTC))
    _shut_down(scheduler)
    if denied:
        raise denied[0]


def _shut_down(scheduler: BackgroundScheduler) -> None:
    """Wait for the cycle at hand; what hangs in a request is left to the outbox, settled at the next start."""
    ended = threading.Thread(target=scheduler.shutdown, daemon=True)
    ended.start()
    ended.join(_GRACE_S)
    if ended.is_alive():
        log.warning("stopped while a request was under way; the next start settles it")
        os._exit(0)
