"""The dead man's signal: a real file, a real server on this machine, a real socket as systemd's."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.engine.engine import Report
from bot.heartbeat import Heartbeat

pytestmark = pytest.mark.usefixtures("fresh_logs")

SECRET = "4c6e9a1d-uuid"
AWAY_S = 600


@contextmanager
def server(status: int = 200, held: threading.Event | None = None) -> Iterator[tuple[str, list[str]]]:
    """A server that notes what it is asked; it answers once `held` is set."""
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('Authorization')} {self.headers.get('Content-Length')}")
            if held is not None:
                held.wait(5)
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}/{SECRET}", asked
        finally:
            http.shutdown()


def until(true: object, seconds: float = 5.0) -> None:
    ends = time.monotonic() + seconds
    while not true() and time.monotonic() < ends:  # type: ignore[operator]
        time.sleep(0.005)


def ended(at: int, **facts: object) -> Report:
    report = Report(at)
    for name, value in facts.items():
        setattr(report, name, value)
    return report


CYCLES = [
    ("came through", [ended(0)], True),
    ("the audit fails", [ended(0), ended(60, failing=["outbox"])], False),
    ("the account is not let in", [ended(0, unreachable="401", denied=True)], False),
    ("Jira is away", [ended(0, unreachable="503"), ended(AWAY_S - 1, unreachable="503")], True),
    ("Jira is away for long", [ended(0, unreachable="503"), ended(AWAY_S, unreachable="503")], False),
    ("Jira was away", [ended(0, unreachable="503"), ended(AWAY_S, unreachable="503"), ended(AWAY_S + 60)], True),
    ("away, and the audit failed", [ended(0, unreachable="503", failing=["twins"])], False),
]


@pytest.mark.parametrize(("reports", "beats"), [each[1:] for each in CYCLES], ids=[each[0] for each in CYCLES])
def test_what_counts_as_alive(tmp_path: Path, reports: list[Report], beats: bool) -> None:
    file = tmp_path / "heartbeat"
    beat = Heartbeat(file=file, away_s=AWAY_S, environ={})
    for report in reports[:-1]:
        beat.after(report)
    file.unlink(missing_ok=True)
    beat.after(reports[-1])
    assert file.exists() is beats


def test_a_jira_that_is_away_for_ever_need_not_withhold_it(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    beat = Heartbeat(file=file, away_s=0, environ={})
    beat.after(ended(0, unreachable="503"))
    file.unlink()
    beat.after(ended(10**9, unreachable="503"))
    assert file.exists()


def test_the_file_is_empty_its_owners_and_its_time_moves(tmp_path: Path) -> None:
    file = tmp_path / "heartbeat"
    beat = Heartbeat(file=file, environ={})
    beat.after(ended(0))
    assert (file.read_bytes(), file.stat().st_mode & 0o077) == (b"", 0)
    os.utime(file, (1, 1))
    beat.after(ended(60))
    assert time.time() - file.stat().st_mtime < 60


def test_a_file_that_cannot_be_touched_ends_nothing_and_is_told_once(tmp_path: Path) -> None:
    beat = Heartbeat(file=tmp_path / "nowhere" / "heartbeat", environ={})
    with capture_logs() as lines:
        beat.after(ended(0))
        beat.after(ended(60))
        (tmp_path / "nowhere").mkdir()
        beat.after(ended(120))
    assert [line["event"] for line in lines] == ["the heartbeat's file cannot be touched"]
    assert (tmp_path / "nowhere" / "heartbeat").exists()


def test_the_address_is_asked_with_nothing_in_it() -> None:
    with server() as (url, asked):
        beat = Heartbeat(url=url, environ={})
        beat.after(ended(0))
        beat.after(ended(60, failing=["mark"]))
        beat.stopping()
        assert asked == [f"/{SECRET} None None"]


def test_an_address_that_does_not_answer_holds_up_no_cycle() -> None:
    held = threading.Event()
    with server(held=held) as (url, asked):
        beat = Heartbeat(url=url, environ={})
        began = time.monotonic()
        for at in range(50):
            beat.after(ended(at))
        assert time.monotonic() - began < 1
        until(lambda: asked)
        held.set()
        beat.stopping()
        assert 1 <= len(asked) <= 3


@pytest.mark.parametrize(("status", "reason"), [(500, "answered 500"), (302, "answered 302"), (0, "ConnectionError")])
def test_a_refusal_is_told_once_without_the_address(status: int, reason: str) -> None:
    with server(status or 200) as (url, asked):
        beat = Heartbeat(url=url if status else "http://127.0.0.1:9/" + SECRET, timeout_s=2, environ={})
        with capture_logs() as lines:
            for at in range(3):
                beat.after(ended(at))
                until(lambda at=at: len(asked) > at if status else True, 2)
            beat.stopping()
        assert not any("/elsewhere" in each for each in asked)
    assert [line["reason"] for line in lines] == [reason]
    assert SECRET not in str(lines)


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_hears_of_start_cycles_trouble_and_stop(tmp_path: Path, abstract: bool) -> None:
    name = f"@piletibot-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name[1:]}" if abstract else name)
        systemd.settimeout(2)
        beat = Heartbeat(environ={"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "60000000"})
        with capture_logs() as lines:
            beat.started(poll_s=60)
        beat.after(ended(0))
        beat.after(ended(60, failing=["outbox"]))
        beat.after(ended(120))
        beat.after(ended(180, unreachable="401", denied=True))
        beat.stopping()
        heard = [systemd.recv(200).decode() for _ in range(8)]
        assert heard == [
            "READY=1",
            "WATCHDOG=1",
            "STATUS=the heartbeat is withheld: the audit fails (outbox)",
            "STATUS=well",
            "WATCHDOG=1",
            "STATUS=the heartbeat is withheld: the account is not let in",
            "WATCHDOG=1",
            "STOPPING=1",
        ]
    assert [line["event"] for line in lines] == ["WatchdogSec is shorter than two cycles"]
    beat.after(ended(180))  # nobody listens any more


def test_without_any_of_them_nothing_happens() -> None:
    beat = Heartbeat(environ={})
    beat.started(60)
    beat.after(ended(0))
    beat.stopping()
