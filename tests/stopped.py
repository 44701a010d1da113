"""Bots in processes of their own that stand still at a point, for `tests/engine/test_stopped.py`."""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

import requests
import structlog
from desks import shipped
from requests.adapters import HTTPAdapter

from bot.engine.cycle import cycle
from bot.engine.engine import Engine
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker, connect
from bot.store.holder import this_process
from bot.store.lease import Fenced, Lease
from bot.store.store import open_store

GAP = "in the gap between the check and the wire"
LENGTH_S, GRACE_S = 600, 0


class Gap(HTTPAdapter):
    """Stands still when the first comment is to be sent, after all checks."""

    stood = False

    def send(self, request: requests.PreparedRequest, *given: Any, **more: Any) -> requests.Response:
        if request.method == "POST" and (request.url or "").endswith("/comment") and not self.stood:
            self.stood = True
            stand_still()
        return super().send(request, *given, **more)


def stand_still() -> None:
    """Stop, as a machine that is paused, until told to continue."""
    os.kill(os.getpid(), signal.SIGSTOP)


def serve() -> None:
    """For every line of JSON on standard input start a bot of its own, and print its number; end with the last."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    shipped()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            live(**json.loads(line))
            os._exit(0)
        print(child, flush=True)


def live(url: str, user: str | None, store: str, now: int, at: str) -> None:
    """Run one cycle that stands still at a seam or in the gap, and print how it ended."""
    client = Client(url, token="sandbox-token", user=user, sleep=lambda seconds: None)
    book, messages = shipped().book, shipped().messages
    tracker = connect(client, book.entries)
    assert isinstance(tracker, JiraTracker)
    opened = open_store(store)
    left = [at]

    def seam(name: str) -> None:
        if [name] == left:
            left.clear()
            stand_still()

    engine = Engine(tracker, opened, book, messages, tracker.binding.fingerprint, seam=seam)
    engine.lease = Lease(opened, this_process(), length_s=LENGTH_S, grace_s=GRACE_S)
    client.fence = engine.fence
    if at == GAP:
        client._session.mount("http://", Gap())
    try:
        cycle(engine, now)
        print("done", flush=True)
    except Fenced:
        print("fenced", flush=True)
