"""The process is killed at every seam of a delivery and started again on the same database: one comment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import killed
import pytest
from desks import MINUTE, Desk

ROOT = Path(__file__).resolve().parents[2]

SEAMS = {
    "after intent": (0, "none"),
    "before fields": (0, "none"),
    "after fields": (0, "queue"),
    "before write": (0, "queue"),
    "after write": (1, "queue"),
    killed.BEFORE_COMMIT: (1, "queue"),
    "after commit": (1, "queue"),
}
"""Where it is killed, and what Jira has of it by then: comments, and whether the queue was set."""

Kill = Callable[[Desk, str, str], None]


@pytest.fixture(scope="module")
def kill() -> Iterator[Kill]:
    """Runs a cycle in a process of its own that dies at a seam."""
    command = [sys.executable, "-c", "import killed; killed.serve()"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        orders, ends = server.stdin, server.stdout

        def killed_there(desk: Desk, store: str, seam: str) -> None:
            user = "piletibot@sandbox.example" if desk.world.flavour == "cloud" else None
            order = {"url": desk.url, "user": user, "store": store, "now": desk.now, "seam": seam}
            orders.write(json.dumps(order) + "\n")
            while not (end := ends.readline().strip()).lstrip("-").isdigit():  # the bot's log comes the same way
                assert end, "the server of bots is gone"
            assert end == "-9", "it is to die at the seam"

        yield killed_there


def killed_and_restarted(desk: Desk, kill: Kill, store: str, seam: str) -> None:
    ticket, other = desk.forwarded(), desk.forwarded("spetsialist2")
    kill(desk, store, seam)
    comments, fields = SEAMS[seam]
    assert (len(desk.said()), "queue" if desk.queue(ticket) else "none") == (comments, fields)
    with desk.bot(store) as bot:
        for _ in range(4):
            bot.cycle(MINUTE)
        assert desk.rungs(ticket) == desk.rungs(other) == ["it-support/routed"]
        assert desk.queue(ticket) == desk.queue(other) == "L2_IT"
        assert bot.states() == [("it-support/routed", "said")] * 2
        bot.settled()


@pytest.mark.parametrize("seam", SEAMS)
def test_killed_at_a_seam_and_started_again(wired: Desk, kill: Kill, tmp_path: Path, seam: str) -> None:
    killed_and_restarted(wired, kill, f"sqlite:///{tmp_path / 'bot.db'}", seam)


def test_killed_again_and_again(wired: Desk, kill: Kill, tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'bot.db'}"
    ticket = wired.forwarded()
    for seam in ("after intent", "after fields", "before write", "after write"):
        kill(wired, store, seam)
        wired.later(MINUTE)
    with wired.bot(store) as bot:
        bot.cycle(MINUTE)
        assert wired.rungs() == ["it-support/routed"]
        assert bot.states(ticket) == [("it-support/routed", "said")]


@pytest.mark.parametrize("seam", ["after write", killed.BEFORE_COMMIT])
def test_killed_on_postgresql(wired: Desk, kill: Kill, postgres: Callable[[], str], seam: str) -> None:
    killed_and_restarted(wired, kill, postgres(), seam)
