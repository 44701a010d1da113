"""Several machines: Procrastinate hands out the cycles of desks, and the parts of these cycles, on one PostgreSQL.

Jobs say only who is to look at what; all that counts is in the desks' own databases, under their leases. A job that
is lost, or handed out twice, does no harm: jobs may be thrown away at any time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Protocol
from zlib import crc32

import procrastinate
import psycopg
import structlog
from procrastinate import exceptions
from procrastinate.jobs import Job, Status
from procrastinate.schema import SchemaManager
from sqlalchemy.engine import URL

from bot.core.ticket import Moment
from bot.engine.daemon import Stop
from bot.store.connect import libpq, namespace_of
from bot.store.errors import StoreError, place

SCHEMA = f"piletibot_jobs_{procrastinate.__version__.replace('.', '_')}"
"""Where the jobs are, in a schema of their own: those of another version of Procrastinate are other jobs.

So are those of another installation in the same database, which has a namespace: see `schema_of`.
"""

DESKS, PARTS = "desks", "parts"
STALLED_S = 30.0
"""How long a worker may be silent before its jobs are handed out again, in seconds."""

_BEAT_S = 5.0
_TEND = "* * * * * */10"
_LOOK_S = 1.0
_GRACE_S = 4.0
_AGAIN_S = 2.0
_ABANDONED_S = 600
_STUCK_S = 10
"""After how long the server ends a transaction on jobs whose process stands still, in seconds: others wait for it."""

_LONGEST_NAME = 63
"""How long a name of PostgreSQL's is at most; a longer one it cuts off itself."""

_MAKING = 7_020_116
"""The advisory lock under which the jobs' tables are made: any number, the same in every version."""

log = structlog.get_logger()


class Station(Protocol):
    """A desk as one of several processes works on it. Its methods are called from several threads."""

    name: str

    @property
    def is_kept(self) -> bool:
        """Whether this process keeps the desk."""

    def cycle(self, asked: bool) -> Moment | None:
        """Run a cycle, if this process keeps the desk or nobody does; gives when the next is due, None if another's.

        `asked` tells that a person asks for a reload. It raises nothing: what goes wrong is logged.
        """

    def work(self, part: str) -> bool:
        """Do a part of another's cycle, or of an own one; whether it was done. Raises Fenced where it must wait."""

    def leave(self) -> None:
        """Let another keep the desk. Raises nothing."""

    def may_leave(self) -> bool:
        """Whether nothing would be lost but time if another kept the desk."""

    def share(self, processes: int) -> None:
        """Know how many processes there are, which share what Jira allows."""


class Cluster:
    """The jobs as one process has them: it works on desks of these names, on up to `hands` parts of cycles at once.

    What it works with are its `stations`, to be given before it runs. `alive` is called every few seconds, `asked`
    when a person asks for a reload.
    """

    def __init__(
        self,
        url: URL,
        names: Sequence[str],
        stop: Stop,
        hands: int,
        alive: Callable[[], None] = lambda: None,
        asked: Callable[[], None] = lambda: None,
    ) -> None:
        self.stations: dict[str, Station] = {}
        self._url, self._stop, self._hands, self._alive, self._heed = url, stop, hands, alive, asked
        self._me = f"process {token_hex(6)}"
        self._desks = ThreadPoolExecutor(len(names), "desk")  # a desk whose Jira hangs keeps its thread alone
        self._parts = ThreadPoolExecutor(hands, "part")
        self._one_at_a_time = {name: threading.Lock() for name in names}
        self._next_at: dict[str, Moment] = {}
        self._asked: set[str] = set()
        self._running: set[str] = set()
        self._in_hand: set[str] = set()
        self._busy = False
        self._processes = 1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._unreachable: str | None = None
        of_jobs = f"-c search_path={schema_of(url)} -c idle_in_transaction_session_timeout={_STUCK_S * 1000}"
        self._connector = procrastinate.PsycopgConnector(
            conninfo=libpq(url, of_jobs),
            min_size=1,
            max_size=hands + 4,
            timeout=5.0,
            kwargs={"connect_timeout": 5, "application_name": "piletibot jobs"},
        )
        self._app = procrastinate.App(connector=self._connector)
        self._cycle = self._app.task(name="cycle", queue=DESKS)(self._run_cycle)
        retry = procrastinate.RetryStrategy(max_attempts=5, wait=1, retry_exceptions=(StoreError,))
        self._part = self._app.task(name="part", queue=PARTS, retry=retry)(self._run_part)
        self._app.periodic(cron=_TEND)(self._app.task(name="tend", queue=DESKS, queueing_lock="tend")(self._tend))

    def run(self) -> None:
        """Work until told to stop; then the desks are left to others. Returns within ten seconds of that."""
        for name in ("procrastinate", "psycopg.pool", "asyncio"):  # what they meet with is told here, once
            logging.getLogger(name).setLevel(logging.CRITICAL)
        asyncio.run(self._main())
        if self._busy:
            log.warning("stopped while a request was under way; the next to keep the desk settles it")
            os._exit(0)

    def hand_out(self, desk: str) -> Callable[[Sequence[tuple[str, str]]], None]:
        """Give what hands out the parts of a desk's cycle, each by its id and project, from any thread."""

        def told(parts: Sequence[tuple[str, str]]) -> None:
            with suppress(Exception):  # whoever keeps the desk does itself what nobody takes
                self._in_loop(self._hand_out(desk, parts)).result(_AGAIN_S)

        return told

    def _in_loop(self, what: Any) -> Any:
        assert self._loop is not None  # noqa: S101 - set before anything runs
        return asyncio.run_coroutine_threadsafe(what, self._loop)

    async def _hand_out(self, desk: str, parts: Sequence[tuple[str, str]]) -> None:
        for part, project in parts:
            await self._part.configure(lock=f"{desk}/{project}").defer_async(desk=desk, part=part)

    # The process.

    async def _main(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        stopped = asyncio.Event()

        def tell() -> None:
            self._stop.tell()
            stopped.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, tell)
        loop.add_signal_handler(signal.SIGHUP, self._ask)
        until = asyncio.create_task(stopped.wait())
        while not stopped.is_set():
            await self._work(until)
            if not stopped.is_set():
                await asyncio.wait([until], timeout=_AGAIN_S)
        leaving = ThreadPoolExecutor(len(self.stations), "leave")  # each may wait for a cycle that is under way
        left = [loop.run_in_executor(leaving, self._leave, name) for name in self.stations]
        self._busy |= not all(await asyncio.gather(*left))

    async def _work(self, until: asyncio.Task[Any]) -> None:
        """Work until told to stop, or until the database goes away, which is logged once."""
        try:
            await asyncio.to_thread(make_tables, self._url)
            async with self._app.open_async():
                if self._unreachable is not None:
                    log.info("database works again")
                self._unreachable = None
                await self._at_work(until)
        except (exceptions.ConnectorException, psycopg.Error, StoreError, OSError) as error:
            reason = f"{place(self._url)}: {type(error).__name__}"
            if reason != self._unreachable and not until.done():
                log.error("database unreachable", reason=reason)
            self._unreachable = reason

    async def _at_work(self, until: asyncio.Task[Any]) -> None:
        given: dict[str, Any] = {
            "install_signal_handlers": False,
            "delete_jobs": "always",
            "update_heartbeat_interval": _BEAT_S,
            "stalled_worker_timeout": STALLED_S,
            "shutdown_graceful_timeout": _GRACE_S,
        }
        own: dict[str, Any] = {"queues": [DESKS, self._me], "concurrency": self._desks._max_workers}
        workers: list[Awaitable[None]] = [
            self._app.run_worker_async(name=DESKS, fetch_job_polling_interval=_LOOK_S, **own, **given),
            self._app.run_worker_async(name=PARTS, queues=[PARTS], concurrency=self._hands, **given),
            self._watch(),
        ]
        tasks = [asyncio.ensure_future(each) for each in workers]
        await self._begin()
        try:
            await asyncio.wait([until, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=_GRACE_S)
            self._busy = self._stop() and bool(self._in_hand)
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for each in ended:
            if isinstance(each, Exception):
                raise each

    async def _watch(self) -> None:
        """Count the processes now and then, as they share what Jira allows, and the desks."""
        while True:
            row = await self._connector.execute_query_one_async(
                "SELECT count(*) AS n FROM procrastinate_workers WHERE last_heartbeat > now() - interval '30 seconds'"
            )
            self._processes = max(1, (row["n"] + 1) // 2)
            for station in self.stations.values():
                station.share(self._processes)
            self._alive()
            for name in self._left_alone():
                await self._defer(name, self._me, name)
            await asyncio.sleep(_BEAT_S)

    def _left_alone(self) -> list[str]:
        """The desks kept here of which no next cycle comes, as the database was away when it was to be told of."""
        late = time.time() - _BEAT_S
        kept = [name for name, station in self.stations.items() if station.is_kept]
        return [name for name in kept if name not in self._running and self._next_at.get(name, 0) < late]

    async def _begin(self) -> None:
        for name in self.stations:
            await self._defer(name, DESKS, name)

    async def _defer(self, desk: str, queue: str, lock: str, at: Moment | None = None) -> None:
        when = None if at is None else datetime.fromtimestamp(at, UTC)
        with suppress(exceptions.AlreadyEnqueued):
            await self._cycle.configure(queue=queue, queueing_lock=f"{lock} {queue}", schedule_at=when).defer_async(
                desk=desk
            )

    def _ask(self) -> None:
        """A person asks for a reload: of the desks that are kept here, with their next cycles."""
        self._asked = {name for name, station in self.stations.items() if station.is_kept}
        asyncio.get_running_loop().run_in_executor(None, self._heed)

    # The jobs.

    async def _run_cycle(self, desk: str) -> None:
        """Run a cycle of a desk, and see to it that there is a next one; not while one runs, nor to wait for that."""
        station = self.stations.get(desk)
        if station is None or self._stop() or desk in self._running:
            return
        if station.is_kept and time.time() < self._next_at.get(desk, 0) - 1:
            return
        if not station.is_kept and self._has_its_share():
            return
        self._running.add(desk)
        try:
            await self._run_one(desk, station)
        finally:
            self._running.discard(desk)

    async def _run_one(self, desk: str, station: Station) -> None:
        loop = asyncio.get_running_loop()
        next_at = await loop.run_in_executor(self._desks, self._cycle_of, desk)
        if next_at is None or self._stop():
            return
        if self._is_over_its_share() and station.may_leave():
            await loop.run_in_executor(self._desks, station.leave)
            await self._defer(desk, DESKS, desk, int(time.time()) + 1)
            return
        self._next_at[desk] = next_at
        await self._defer(desk, self._me, desk, next_at)

    def _leave(self, desk: str) -> bool:
        """Let others keep a desk, unless its cycle is under way: then they wait for what that may be sending."""
        if not self._one_at_a_time[desk].acquire(timeout=_GRACE_S):
            return False
        self.stations[desk].leave()
        return True

    def _cycle_of(self, desk: str) -> Moment | None:
        with self._one_at_a_time[desk]:
            asked = desk in self._asked
            self._asked.discard(desk)
            return self.stations[desk].cycle(asked)

    async def _run_part(self, desk: str, part: str) -> None:
        """Do a part of a cycle. Raises StoreError, upon which it is handed out again."""
        station = self.stations.get(desk)
        if station is not None and not self._stop():
            await asyncio.get_running_loop().run_in_executor(self._parts, self._work_on, station, part)

    def _work_on(self, station: Station, part: str) -> None:
        self._in_hand.add(part)
        try:
            station.work(part)
        finally:
            self._in_hand.discard(part)

    async def _tend(self, timestamp: int) -> None:
        """Have desks that nobody keeps taken, and jobs of workers that are gone handed out again or forgotten."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
            given = job.task_kwargs
            log.info(
                "job of a worker that is gone", job=job.task_name, desk=given.get("desk"), part=given.get("part")
            )
            if job.task_name == "part":
                await manager.retry_job(job)
            else:
                await manager.finish_job(job, Status.FAILED, delete_job=True)
        for job in await manager.list_jobs_async(task="cycle", status="todo"):
            if _is_abandoned(job) and job.id is not None:
                await manager.cancel_job_by_id_async(job.id, delete_job=True)
        await self._begin()

    # Fair shares.

    def _has_its_share(self) -> bool:
        return self._kept() >= self._share()

    def _is_over_its_share(self) -> bool:
        return self._kept() > self._share()

    def _kept(self) -> int:
        return sum(station.is_kept for station in self.stations.values())

    def _share(self) -> int:
        return -(-len(self.stations) // self._processes)


def _is_abandoned(job: Job) -> bool:
    at = job.scheduled_at
    return at is not None and (datetime.now(UTC) - at).total_seconds() > _ABANDONED_S


def schema_of(url: URL) -> str:
    """The schema in which the jobs of all are that name this address and namespace for them."""
    namespace = namespace_of(url)
    if namespace is None:
        return SCHEMA
    named = f"{SCHEMA}_{namespace}"
    return named if len(named) <= _LONGEST_NAME else f"{SCHEMA}_{crc32(namespace.encode()):08x}"


def make_tables(url: URL) -> None:
    """Make the jobs' tables where there are none. Raises psycopg.Error."""
    schema = schema_of(url)
    with psycopg.connect(libpq(url), connect_timeout=5) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MAKING,))
        made = connection.execute("SELECT to_regclass(%s)", (f"{schema}.procrastinate_jobs",)).fetchone()
        if made == (None,):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}".encode())
            connection.execute(f"SET LOCAL search_path = {schema}".encode())
            connection.execute(SchemaManager.get_schema())
