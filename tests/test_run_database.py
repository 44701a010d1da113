"""The daemon in a process of its own, whose database is damaged or has no room while it runs."""

from __future__ import annotations

import resource
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from command_line import ALWAYS_OPEN, open_sandbox, user_of, write_desk
from living import edit
from running import running, until

from bot.sandbox import acts
from bot.sandbox.server import Sandbox
from bot.sandbox.texts import plain
from bot.sandbox.world import Issue

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

PAGE = 4096


def forwarded(sandbox: Sandbox) -> Issue:
    """A ticket that is to be routed, and told so."""
    world = sandbox.world
    person = world.person("spetsialist1")
    values = {"summary": "Ei saa esitada", "issuetype": world.issue_types["10100"]}
    issue = acts.create(world, person, world.projects["KKA"], values)
    return acts.transition(world, issue, person, "10002", {})


def told(sandbox: Sandbox, issue: Issue) -> list[str]:
    """What the bot said on a ticket."""
    found = sandbox.world.find(issue.key)
    return [plain(comment.body) for comment in found.comments] if found else []


def next_cycle(daemon: subprocess.Popen[str], said: str) -> None:
    daemon.send_signal(signal.SIGHUP)
    until(daemon, said)


def test_a_database_that_is_damaged_while_the_bot_runs_is_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with open_sandbox("cloud") as sandbox, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        world = sandbox.world
        values = {"summary": "Piletibot", "issuetype": world.issue_types["10100"]}
        control = acts.create(world, world.person("juht1"), world.projects["KKA"], values)
        config = write_desk(tmp_path, sandbox.url, ALWAYS_OPEN, user=user_of("cloud"))
        edit(tmp_path / "rules", "desk.yaml", "  # control: KKA-1 ", f"  control: {control.key} ")
        issue = forwarded(sandbox)
        file = tmp_path / "piletibot.db"
        with running(config) as daemon:
            until(daemon, "comments written")
            before = told(sandbox, issue)
            with closing(sqlite3.connect(file, isolation_level=None)) as other:  # so that nothing in memory counts
                other.execute("INSERT INTO notes VALUES ('somebody', 'was here')")
                other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            with file.open("r+b") as opened:
                for page in range(1, file.stat().st_size // PAGE):
                    opened.seek(page * PAGE)
                    opened.write(b"\xa5" * PAGE)
            next_cycle(daemon, "moved aside and begun anew")
            until(daemon, "1 comments written")
            later = forwarded(sandbox)
            next_cycle(daemon, "comments written")
            assert daemon.poll() is None
        assert daemon.returncode == 0
        systemd.setblocking(False)
        heard = []
        with suppress(BlockingIOError):
            while True:
                heard.append(systemd.recv(200).decode())
        words = [word for each in heard if (word := each.partition("=")[0]) in ("READY", "RELOADING", "STOPPING")]
        assert words == [*["READY", "RELOADING", "READY"] * 2, "STOPPING"], "each SIGHUP is told, and its end"
        assert len(before) == len(told(sandbox, issue)) == 1
        assert len(told(sandbox, later)) == 1
        (notice,) = told(sandbox, control)
        assert "Boti andmebaas oli vigane" in notice
    assert len(list(tmp_path.glob("piletibot.db.damaged-*Z"))) == 1


@contextmanager
def no_room(daemon: subprocess.Popen[str], home: Path) -> Iterator[None]:
    """No file that the daemon writes may grow, as on a disk without room."""
    before = resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE)
    most = max(file.stat().st_size for file in home.glob("piletibot.db*"))
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (min(PAGE, most), before[1]))
    yield
    resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, before)


def test_without_room_nothing_is_sent_and_with_room_all_of_it_once(tmp_path: Path) -> None:
    with open_sandbox("cloud") as sandbox:
        config = write_desk(tmp_path, sandbox.url, ALWAYS_OPEN, user=user_of("cloud"))
        with running(config) as daemon:
            until(daemon, "judged")
            with no_room(daemon, tmp_path):
                issue = forwarded(sandbox)
                next_cycle(daemon, "nothing is sent until it can be written to")
                assert told(sandbox, issue) == []
            next_cycle(daemon, "database works again")
            until(daemon, "comments written")
        assert daemon.returncode == 0
        assert len(told(sandbox, issue)) == 1
