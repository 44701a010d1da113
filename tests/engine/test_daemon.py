"""The daemon runs cycles by itself, and SIGTERM ends it within ten seconds, whatever it is doing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog
from desks import MINUTE, Bot, Desk, at_seam, desk_over
from structlog.testing import capture_logs

from bot.engine.daemon import Stop, run
from bot.engine.engine import Report
from bot.engine.tally import Tally
from bot.sandbox.faults import Fault
from bot.store.store import StoreError

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 10


@contextmanager
def daemon(desk: Desk, store: str) -> Iterator[subprocess.Popen[str]]:
    """A daemon in a process of its own, watching the desk."""
    arguments = (desk.url, "piletibot@sandbox.example", store, desk.now)
    process = subprocess.Popen(
        [sys.executable, "-c", f"import killed; killed.stay(*{arguments!r})"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        text=True,
        stdout=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def lines_until(process: subprocess.Popen[str], word: str) -> list[str]:
    """What it prints until it says a word."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.strip())
        if lines[-1] == word:
            return lines
    raise AssertionError(f"it ended without saying {word!r}")


@pytest.fixture
def cloud() -> Iterator[Desk]:
    with desk_over("cloud", http=True) as desk:
        yield desk


def test_sigterm_between_cycles(cloud: Desk, tmp_path: Path) -> None:
    ticket = cloud.forwarded()
    with daemon(cloud, f"sqlite:///{tmp_path / 'bot.db'}") as process:
        lines_until(process, "cycle")
        assert cloud.rungs(ticket) == ["it-support/routed"]
        process.send_signal(signal.SIGTERM)
        lines_until(process, "stopped")
        assert process.wait(WITHIN_S) == 0


def test_sigterm_while_a_comment_is_under_way(cloud: Desk, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    tickets = [cloud.forwarded(), cloud.forwarded("spetsialist2")]
    cloud.site.faults.faults = [Fault("slow", "POST", r"/comment$", seconds=25)]
    with daemon(cloud, store) as process:
        while not cloud.said():  # it was taken, and the answer does not come
            assert process.poll() is None
            threading.Event().wait(0.02)
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN_S) == 0
    with cloud.bot(store) as bot:
        assert sorted(state for _, state in bot.states()) == ["intended", "intended"]
        bot.cycle(MINUTE)
        assert [cloud.rungs(ticket) for ticket in tickets] == [["it-support/routed"]] * 2
        assert [state for _, state in bot.states()] == ["said", "said"]


def ran(bot: Bot, stop: Stop, times: int) -> list[Report]:
    """Let the daemon run some cycles in this process."""
    reports: list[Report] = []

    def after(report: Report) -> None:
        reports.append(report)
        if len(reports) == times:
            stop.tell()

    run(bot.engine, stop, poll_s=1, now=lambda: bot.desk.now, after=after)
    return reports


def test_it_cycles_by_itself(desk: Desk) -> None:
    desk.forwarded()
    with desk.bot() as bot:
        reports = ran(bot, Stop(), 2)
        assert [len(report.said) for report in reports] == [1, 0]


def test_told_to_stop_between_two_comments_it_leaves_the_rest_for_the_next_start(desk: Desk) -> None:
    desk.forwarded(), desk.forwarded()
    with desk.bot() as bot:
        stop = Stop()
        bot.engine.stopping = stop
        bot.engine.seam = at_seam("after commit", stop.tell)
        ran(bot, stop, 9)
        assert len(desk.said()) == 1
        assert sorted(state for _, state in bot.states()) == ["held", "said"]


def test_an_account_locked_out_is_quiet_until_a_person_asks(desk: Desk) -> None:
    desk.forwarded()
    with desk.bot() as bot:
        bot_account = desk.world.person("piletibot")
        token, bot_account.token = bot_account.token, "another"
        stop, reports = Stop(), []

        def let_in() -> None:
            bot_account.token = token
            stop.ask()

        def after(report: Report) -> None:
            reports.append(report)
            if not report.denied:
                stop.tell()

        threading.Timer(2.3, let_in).start()
        tally = Tally()
        run(bot.engine, stop, poll_s=1, now=lambda: desk.now, after=after, tally=tally)
        assert tally.cycles == {"denied": len(reports) - 1, "through": 1}
        assert (tally.done["comments"], tally.through_at) == (1, desk.now)
        *quiet, let = reports
        assert (let.denied, len(let.said)) == (False, 1)
        assert [report.denied for report in quiet] == [True] * len(quiet)
        assert (["401" in str(report.unreachable) for report in quiet].count(True), len(quiet) > 1) == (1, True)


def test_patience_asked_for_is_kept(desk: Desk) -> None:
    with desk.bot() as bot:
        desk.site.faults.faults = [Fault("answer", status=429, retry_after="1800", times=None)]
        stop = Stop()
        threading.Timer(1.3, stop.tell).start()
        reports = ran(bot, stop, 9)
        assert {report.retry_after_s for report in reports} == {1800.0}
        assert bot.counts()[0] == 1, "cycles go on, and ask for nothing"


def test_a_database_that_is_away_is_told_of_once_and_when_it_is_back(desk: Desk) -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("info"))
    stop, tries = Stop(), []

    def before(at: int, asked: bool) -> None:
        tries.append(at)
        if len(tries) < 3:
            raise StoreError("the disk is full")

    tally = Tally()
    with desk.bot() as bot, capture_logs() as logs:
        run(
            bot.engine,
            stop,
            poll_s=1,
            now=lambda: desk.now,
            before=before,
            after=lambda report: stop.tell(),
            tally=tally,
        )
    assert tally.cycles == {"database": 2, "through": 1}
    assert [log["event"] for log in logs if log["log_level"] != "debug"] == [
        "database unreachable",
        "database works again",
    ]
