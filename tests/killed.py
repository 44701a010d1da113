"""Bots in processes of their own that are killed, for `tests/crashes.py`: the daemon as `piletibot run` starts it.

`serve` forks them off one process that has imported everything and read the rules, so that each costs milliseconds.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cache
from pathlib import Path

import sqlalchemy as sa
import structlog
from desks import shipped

from bot.core.ticket import Ticket
from bot.engine import daemon
from bot.engine.difference import Ready
from bot.engine.engine import Engine, Report
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker
from bot.jira.tracker import connect as connect_to
from bot.reload import Reload
from bot.rulefiles import look
from bot.settings import Settings, load_settings
from bot.shipped import rules_folder
from bot.start import Desk, client_of, post_of, read_desk, ready_for, start
from bot.store.connect import connect, parse
from bot.store.holder import this_process
from bot.store.lease import Lease, lengths
from bot.store.lock import alone
from bot.store.store import Store, StoreError, open_store

SITE = "test"
PAGE = 3
"""So few tickets are judged at once that a cycle has several pages."""


def serve(*rules: str) -> None:
    """Run a daemon for every line of JSON on standard input, in a child of its own; print its number, and its end."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("critical"))
    for folder in rules:
        _desk(Path(folder))
    _warm()
    for line in sys.stdin:
        order = json.loads(line)
        if not order["whole"]:
            _ready(order["config"], order["rules"])
        child = os.fork()
        if child == 0:
            live(**order)
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _warm() -> None:
    """Load what is loaded only when it is needed, as every child would do it anew."""
    importlib.import_module("bot.report.drawing")
    importlib.import_module("bot.report.compose")
    importlib.import_module("alembic.command")
    connect(parse("postgresql://nobody@127.0.0.1/nothing"), 1.0).dispose()
    with closing(open_store("sqlite://")) as store:
        store.put_tickets([Ticket("1", "A-1", "A", 0, 0, "new")], "facts", 0)
    gc.collect()
    gc.freeze()


@cache
def _desk(folder: Path) -> Desk:
    return read_desk(folder, SITE)


@cache
def _ready(config: str, rules: str) -> Ready:
    """What a start asks Jira, asked once for all bots of a scene; each makes connections of its own."""
    settings = _settings(config, "sqlite://", rules)
    client = client_of(settings.jira)
    ready = ready_for(settings, _desk(settings.rules.folder), client)
    client.close()
    return ready


def _settings(config: str, store: str, rules: str) -> Settings:
    os.environ |= {"PILETIBOT_STORE__URL": store, "PILETIBOT_RULES__FOLDER": rules}
    return load_settings(Path(config))


def _locked(held: ExitStack, store: str) -> str:
    """Take the lock as soon as a server has noticed that the session of the process killed before is no more."""
    until = time.monotonic() + 10
    while True:
        try:
            return held.enter_context(alone(store))
        except StoreError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def live(
    config: str, store: str, now: int, seam: str, commit: bool, cycles: int, rules: str, coming: str, whole: bool
) -> None:
    """Run so many cycles, the first at `now` and each a minute later, and stop; or die at the seam.

    With `commit` it dies in the first commit after the seam, with all of it written and nothing of it kept. `rules`
    is the folder of the rulebook, `coming` of one that takes its place before the first cycle. `whole` reads the
    rules and asks Jira as `piletibot run` does, instead of taking what `serve` has read. What a bot that is gone may
    still have under way is not waited for, as it is dead.
    """
    settings = _settings(config, store, rules)
    stop = daemon.Stop()
    stop.listen()
    ran = 0

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def passed(name: str) -> None:
        if name == seam:
            sa.event.listen(sa.Engine, "commit", die) if commit else die()

    def after(report: Report) -> None:
        nonlocal ran
        ran += 1
        assert report.unreachable is None, report.unreachable
        stop.tell() if ran == cycles else stop.ask()

    with ExitStack() as held:
        lock = _locked(held, store)

        def opened() -> Store:
            return held.enter_context(closing(open_store(store, seam=passed)))

        if whole:
            engine = start(settings, opened, sleep=stop.sleep, stopping=stop)
        else:
            book, messages, tracker, facts, accounts = _ready(config, rules)
            engine = Engine(tracker, opened(), book, messages, facts, stopping=stop, post=post_of(settings))
            engine.retention, engine.accounts = settings.retention, accounts
        length_s, _ = lengths(settings.engine.poll_s, max(settings.jira.timeout_s, settings.mail.timeout_s))
        engine.lease = Lease(engine.store, this_process(lock), length_s=length_s, grace_s=0)
        held.callback(engine.lease.give_back)
        engine.seam, engine.clock = passed, None
        engine.pace = replace(engine.pace, page_size=PAGE)
        before = _reload(settings, engine, Path(coming)) if coming else _nothing
        daemon.run(engine, stop, poll_s=3600, now=lambda: now + 60 * ran, before=before, after=after)


def _nothing(now: int, asked: bool) -> None:
    """What a daemon whose rules stand still does before a cycle."""


def _reload(settings: Settings, engine: Engine, coming: Path) -> Callable[[int, bool], None]:
    folders = (rules_folder() / "common", coming)
    reload = Reload(
        engine,
        folders,
        read=lambda: _desk(coming),
        tie=lambda desk: ready_for(settings, desk, client_of(settings.jira)),
        seen=look((folders[0], settings.rules.folder)),
    )
    return lambda now, asked: reload(now, asked=not asked)  # a person asks for it before the first cycle


def stay(url: str, user: str, store: str, now: int) -> None:
    """Run the daemon on a Cloud desk, its clock standing at `now`, until told to stop; print a line a cycle."""
    stop = daemon.Stop()
    stop.listen()
    client = Client(url, token="sandbox-token", user=user, sleep=stop.sleep)
    book, messages = shipped().book, shipped().messages
    tracker = connect_to(client, book.entries)
    assert isinstance(tracker, JiraTracker)
    with closing(open_store(store)) as opened:
        engine = Engine(tracker, opened, book, messages, tracker.binding.fingerprint, stopping=stop)
        daemon.run(engine, stop, poll_s=1, now=lambda: now, after=lambda report: print("cycle", flush=True))
    print("stopped", flush=True)
