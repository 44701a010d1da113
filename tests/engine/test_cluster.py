"""A process of several: one desk never keeps another waiting, and is made once whatever comes at the same time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from bot.commands import cluster as commands
from bot.commands import station as stations
from bot.commands.cluster import _Unmade
from bot.commands.station import Station
from bot.engine.cluster import SCHEMA, Cluster, schema_of
from bot.engine.daemon import Stop
from bot.engine.tally import Tally
from bot.engine.tracker import Denied
from bot.heartbeat import Heartbeat
from bot.settings import Settings
from bot.start import client_of
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
    many = [Slow(f"slow{n}") for n in range(20)]
    cluster = Cluster(parse(URL), ["slow", "quick", *(each.name for each in many)], Stop(), 1)
    cluster.stations.update(slow=slow, quick=quick, **{each.name: each for each in many})

    async def jobs() -> None:
        long = [asyncio.create_task(cluster._run_cycle(each.name)) for each in (slow, *many)]
        await asyncio.sleep(0)
        try:
            for desk in ("slow", "slow", "quick"):
                await asyncio.wait_for(cluster._run_cycle(desk), 10)
        finally:
            for each in (slow, *many):
                each.go.set()
        await asyncio.gather(*long)

    asyncio.run(jobs())
    assert (slow.cycles, quick.cycles) == (1, 1)


def test_installations_in_one_database_have_jobs_of_their_own() -> None:
    long = "a" * 60
    urls = [f"{URL}{end}" for end in ("", *(f"?options=-c%20search_path%3D{name}" for name in ("one", "two", long)))]
    schemas = [schema_of(parse(url)) for url in (*urls, f"{urls[-1]}b")]
    assert schemas[:2] == [SCHEMA, f"{SCHEMA}_one"]
    assert len(set(schemas)) == len(schemas)
    assert max(map(len, schemas)) <= 63


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


def test_a_person_who_asks_for_a_reload_has_a_new_token_count(tmp_path: Path, at_home: None) -> None:
    token = tmp_path / "token"
    token.write_text("the-old-one", "utf-8")
    token.chmod(0o600)
    given = {"site": "one", "jira": {"url": "http://127.0.0.1:9", "token_file": token}, "rules": {"folder": "rules"}}
    settings = Settings(**given, store={"url": URL})  # type: ignore[arg-type]
    desk, client = (
        Station("one", settings, Stop(), lambda parts: None, Heartbeat(), Tally()),
        client_of(settings.jira),
    )
    token.write_text("the-new-one", "utf-8")
    borne: list[str] = []

    def reload(now: int, asked: bool) -> None:
        asked_for: Any = SimpleNamespace(headers={})
        borne.append(client._session.auth(asked_for).headers["authorization"])  # type: ignore[operator]
        raise Denied("not by this token")

    kept: Any = SimpleNamespace(reload=reload, client=client, denials=0, quiet_until=0.0)
    for asked in (False, True):
        assert desk._attempt(kept, 0, asked)[0] == "denied"
    assert borne == ["Bearer the-old-one", "Bearer the-new-one"]


def test_parts_that_are_begun_after_a_reload_have_a_new_token_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Station, "_ready", lambda self, version, facts: object())
    monkeypatch.setattr(Station, "_part_engine", lambda self, ready, store: object())
    given = {"site": "one", "jira": {"url": "https://jira.example.ee"}, "rules": {"folder": "rules"}}
    settings = Settings(**given, store={"url": URL})  # type: ignore[arg-type]
    desk = Station("one", settings, Stop(), lambda parts: None, Heartbeat(), Tally())
    part: Any = SimpleNamespace(version="v", facts="f"), SimpleNamespace(note=lambda name: None)
    before = desk._engine_for(*part)
    assert desk._engine_for(*part) is before
    desk.sign_in_anew()
    assert desk._engine_for(*part) is not before, "whose connection was made with the token of now"


def test_what_changed_in_a_configuration_is_told_by_each_process() -> None:
    given = {"site": "one", "jira": {"url": "https://jira.example.ee"}, "rules": {"folder": "rules"}}
    before, written = (Settings(**given, store={"url": URL}, engine={"poll_s": s}) for s in (60, 90))  # type: ignore[arg-type]
    structlog.reset_defaults()  # which tests of the engine have critical lines alone
    with capture_logs() as logs:
        commands._tell_of_changes({"one": lambda others: written}, {"one": before})
    assert [(each["log_level"], each["keys"]) for each in logs] == [("warning", ["engine.poll_s"])]


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
