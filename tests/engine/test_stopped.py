"""Two real processes on one database, one of them stopped and continued: SQLite and PostgreSQL, over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
import stopped
from desks import MINUTE, MONDAY, Bot, Desk, at_seam, desk_over, one_flavour

from bot.sandbox.world import Flavour
from bot.store.holder import this_process
from bot.store.lease import Fenced, Lease
from bot.store.lock import alone
from bot.store.store import StoreError

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S, WATCHED_S = 60, 0

Start = Callable[[Desk, str, str], int]


@pytest.fixture(scope="module")
def lines() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", "import stopped; stopped.serve()"]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT / 'tests'}:{ROOT}"}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=pipe, stdout=pipe, bufsize=1
    ) as server:
        yield server


def read(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    return server.stdout.readline().strip()


def started(server: subprocess.Popen[str], desk: Desk, store: str, at: str) -> int:
    """Start a bot that is going to stand still, wait until it does, and give its number."""
    assert server.stdin is not None
    user = "piletibot@sandbox.example" if desk.world.flavour == "cloud" else None
    order = {"url": desk.url, "user": user, "store": store, "now": desk.now, "at": at}
    server.stdin.write(json.dumps(order) + "\n")
    process = int(read(server))
    until(lambda: state_of(process) == "T")
    return process


def state_of(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2][0]


def until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def fenced(desk: Desk, store: str) -> Iterator[Bot]:
    """A bot of this process that sends only while it has the lease, by the clocks that leases have in earnest."""
    with desk.bot(store) as bot:
        bot.engine.lease = Lease(bot.engine.store, this_process(), length_s=stopped.LENGTH_S, grace_s=stopped.GRACE_S)
        bot.engine.tracker.client.fence = bot.engine.fence
        yield bot


def taken_over(bot: Bot) -> None:
    """Wait until the lease of the one that stands still can be taken: nobody renews it for as long as `WATCHED_S`."""
    lease = bot.engine.lease
    assert lease is not None
    lease.length_s = WATCHED_S

    def is_so() -> bool:
        try:
            lease.take()
        except Fenced:
            return False
        return True

    until(is_so)
    lease.length_s = stopped.LENGTH_S
    assert lease.take() == "own"
    bot.cycle(1)


def both(desk: Desk, server: subprocess.Popen[str], store: str, at: str) -> None:
    tickets = [desk.forwarded(), desk.forwarded("spetsialist2")]
    with fenced(desk, store) as bot:
        process = started(server, desk, store, at)
        with pytest.raises(Fenced, match=rf"\(process {process} on "):
            bot.cycle(1)
        taken_over(bot)
        for _ in range(3):
            bot.cycle(20)
        assert [desk.rungs(ticket) for ticket in tickets] == [["it-support/routed"]] * 2
        os.kill(process, signal.SIGCONT)
        ended = read(server)
        assert len(desk.said()) == (3 if at == stopped.GAP else 2)
        assert ended in ("done", "fenced")
        bot.cycle(MINUTE)
        assert [desk.rungs(ticket) for ticket in tickets] == [["it-support/routed"]] * 2
        assert [state for _, state in bot.states()] == ["said", "said"]


AT = ("before intent", "after intent", "before fields", "after fields", "before write", stopped.GAP)


@pytest.mark.parametrize(
    ("kind", "at", "flavour"), [("sqlite", "before write", "cloud"), ("postgresql", stopped.GAP, "dc")]
)
def test_one_that_was_stopped_and_continued_says_nothing_twice(
    wired: Desk, lines: subprocess.Popen[str], request: pytest.FixtureRequest, tmp_path: Path, kind: str, at: str
) -> None:
    both(wired, lines, address(request, tmp_path, kind), at)


@pytest.mark.soak
@pytest.mark.parametrize("round_", range(3))
@pytest.mark.parametrize("at", AT)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_stopped_anywhere_on_each_database_and_jira(
    lines: subprocess.Popen[str],
    request: pytest.FixtureRequest,
    tmp_path: Path,
    flavour: Flavour,
    kind: str,
    at: str,
    round_: int,
) -> None:
    with desk_over(flavour, http=True, at=MONDAY + round_) as desk:
        both(desk, lines, address(request, tmp_path, kind), at)


def address(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> str:
    """The address of an empty database."""
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'bot.db'}"
    return str(request.getfixturevalue("postgres")())


def end_sessions(url: str) -> int:
    """End all sessions of others with a database, as a server that is restarted, or an administrator, does."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return len(found.fetchall())


@one_flavour
def test_a_lock_that_was_lost_with_its_session_lets_nobody_send(desk: Desk, postgres: Callable[[], str]) -> None:
    url = postgres()
    ticket = desk.forwarded()
    ended: list[int] = []
    with desk.bot(url) as first, desk.bot(url) as second:
        for bot in (first, second):
            bot.engine.lease = Lease(bot.engine.store, this_process(), length_s=180, grace_s=60)
            bot.engine.tracker.client.fence = bot.engine.fence
        with alone(url):
            with pytest.raises(StoreError, match="another piletibot works"), alone(url):
                pass
            first.engine.seam = at_seam("before write", lambda: ended.append(end_sessions(url)))
            with suppress(StoreError):
                first.cycle()
            assert ended[0] >= 2
            with alone(url), pytest.raises(Fenced, match="another piletibot works on this database"):
                second.cycle()
        first.cycles(desk.now + 5 * MINUTE, every=20)
        assert desk.rungs(ticket) == ["it-support/routed"]


@one_flavour
def test_a_row_that_somebody_changed_fences_too(desk: Desk, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    desk.forwarded()
    with fenced(desk, store) as bot:

        def forget() -> None:
            with bot.engine.store.transaction():
                bot.engine.store.write(sa.delete(sa.table("lease")))

        bot.engine.seam = at_seam("before write", forget)
        with pytest.raises(Fenced):
            bot.cycle()
        assert desk.said() == []
        bot.cycles(desk.now + MINUTE, every=20)
        assert len(desk.said()) == 1
