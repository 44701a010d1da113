"""Bots in processes of their own that are killed at a seam, for `tests/engine/test_kill.py`.

`serve` forks them off one process that has imported everything, so that each costs milliseconds.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import closing

import sqlalchemy as sa
from desks import shipped

from bot.engine.cycle import cycle
from bot.engine.daemon import Stop, run
from bot.engine.engine import Engine
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker, connect
from bot.store.store import open_store

BEFORE_COMMIT = "before the commit of said"


def serve() -> None:
    """Run a cycle for every line of JSON on standard input, in a child of its own, and print how each ended."""
    shipped()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run_until_killed(**json.loads(line))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def run_until_killed(url: str, user: str | None, store: str, now: int, seam: str) -> None:
    """Run one cycle on the desk at `url` and die at the seam, as when a machine loses its power."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    client = Client(url, token="sandbox-token", user=user, sleep=lambda seconds: None)
    book, messages = shipped().book, shipped().messages
    tracker = connect(client, book.entries)
    assert isinstance(tracker, JiraTracker)
    with closing(open_store(store)) as opened:

        def passed(name: str) -> None:
            if name == seam:
                die()
            if name == "after write" and seam == BEFORE_COMMIT:
                sa.event.listen(opened._engine, "commit", die)

        cycle(Engine(tracker, opened, book, messages, tracker.binding.fingerprint, seam=passed), now)


def stay(url: str, user: str, store: str, now: int) -> None:
    """Run the daemon on a Cloud desk, its clock standing at `now`, until told to stop; print a line a cycle."""
    stop = Stop()
    stop.listen()
    client = Client(url, token="sandbox-token", user=user, sleep=stop.sleep)
    book, messages = shipped().book, shipped().messages
    tracker = connect(client, book.entries)
    assert isinstance(tracker, JiraTracker)
    with closing(open_store(store)) as opened:
        engine = Engine(tracker, opened, book, messages, tracker.binding.fingerprint, stopping=stop)
        run(engine, stop, poll_s=1, now=lambda: now, after=lambda report: print("cycle", flush=True))
    print("stopped", flush=True)
