"""A process of several: one desk never keeps another waiting, and is made once whatever comes at the same time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from bot.commands import cluster as commands
from bot.commands import station as stations
from bot.commands.cluster import _Unmade
from bot.commands.station import Station
from bot.engine.cluster import Cluster
from bot.engine.daemon import Stop
from bot.engine.tally import Tally
from bot.heartbeat import Heartbeat
from bot.settings import Settings
from bot.store.connect import parse
from bot.store.errors import StoreError

URL = "postgresql://bot@db/piletibot"


class Slow:
    """A desk whose cycle lasts until it is let go."""

    is_kept = True

    def __init__(self, name: str) -> None:
        self.name, self.cycles, self.go = name, 0, threading.Event()

    def cycle(self, asked: bool) -> int:
        self.cycles += 1
        self.go.wait(30)
        return int(time.time()) + 60

    def work(self, part: str) -> bool:
        self.go.wait(0.2)
        return True

    def leave(self) -> None:
        """Nothing is to be left."""

    def may_leave(self) -> bool:
        return False

    def share(self, processes: int) -> None:
        """Nothing is shared."""


def test_jobs_of_a_desk_whose_cycle_runs_keep_no_other_desk_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(self: Cluster, *given: Any) -> None:
        """No job is handed out."""

    monkeypatch.setattr(Cluster, "_defer", nothing)
    slow, quick = Slow("slow"), Slow("quick")
    quick.go.set()
    cluster = Cluster(parse(URL), ["slow", "quick"], Stop(), 1)
    cluster.stations.update(slow=slow, quick=quick)

    async def jobs() -> None:
        long = asyncio.create_task(cluster._run_cycle("slow"))
        await asyncio.sleep(0)
        try:
            for desk in ("slow", "slow", "quick"):
                await asyncio.wait_for(cluster._run_cycle(desk), 10)
        finally:
            slow.go.set()
        await long

    asyncio.run(jobs())
    assert (slow.cycles, quick.cycles) == (1, 1)


def test_a_desk_is_made_once_though_several_jobs_come_at_once() -> None:
    made: list[Slow] = []

    def make() -> Any:
        time.sleep(0.05)
        made.append(Slow("one"))
        return made[-1]

    cluster = Cluster(parse(URL), ["one"], Stop(), 4)
    unmade = cluster.stations["one"] = _Unmade("one", make, cluster, threading.Lock())
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(unmade.work, "abcd"))
    assert made == [cluster.stations["one"]]


def test_a_database_that_cannot_be_used_is_left_no_session(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[str] = []

    @contextmanager
    def alone(url: str, *, shared: bool) -> Iterator[str]:
        sessions.append(url)
        try:
            yield ""
        finally:
            sessions.remove(url)

    def refused(url: str) -> None:
        raise StoreError("its schema is newer")

    monkeypatch.setattr(stations, "alone", alone)
    monkeypatch.setattr(stations, "open_store", refused)
    given = {"site": "one", "jira": {"url": "https://jira.example.ee"}, "rules": {"folder": "rules"}}
    settings = Settings(**given, store={"url": URL})  # type: ignore[arg-type]
    desk = Station("one", settings, Stop(), lambda parts: None, Heartbeat(), Tally())
    for _ in range(3):
        assert desk.cycle(False) is None
    assert sessions == []


def test_a_page_that_cannot_be_served_yet_holds_up_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    tried, go, took_s = threading.Event(), threading.Event(), []

    class Waiting:
        """The page of a desk whose database does not answer."""

        def __init__(self, settings: Settings, desk: Station) -> None: ...

        def close(self) -> None: ...

        def serve(self) -> None:
            tried.set()
            go.wait(30)

    class Running(Cluster):
        """A cluster that makes its desks, and tells that it is alive while that page is tried."""

        def run(self) -> None:
            self.stations["one"].work("a part")
            assert tried.wait(30)
            began = time.monotonic()
            self._alive()
            took_s.append(time.monotonic() - began)

    monkeypatch.setattr(commands, "_LOOK_S", 0.01)
    monkeypatch.setattr(commands, "_Page", Waiting)
    monkeypatch.setattr(commands, "Cluster", Running)
    monkeypatch.setattr(Station, "work", lambda self, part: True)
    given = {"site": "one", "jira": {"url": "https://jira.example.ee"}, "rules": {"folder": "rules"}}
    settings = Settings(**given, store={"url": URL}, web={"open_to": "lead"})  # type: ignore[arg-type]
    try:
        assert commands._work({"one": lambda others: settings}, URL, 1, None, Tally()) == 0
    finally:
        go.set()
    assert took_s[0] < 10
