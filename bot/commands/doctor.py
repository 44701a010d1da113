"""`piletibot doctor`: whether all is well with a bot that runs, or did; what `check` says is a part of it."""

from __future__ import annotations

import json
import platform
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from bot import __version__, logs
from bot.commands.check import check
from bot.commands.doctor_lines import Line, Status
from bot.commands.doctor_store import of_database
from bot.commands.failures import FOUND, MISTAKE, UNREACHABLE
from bot.core.silence import BY, UNCLEAR, of_property
from bot.core.ticket import Moment
from bot.engine.tracker import Denied, Refused, Throttled, Unreachable
from bot.jira.off_switch import off_switch
from bot.jira.reach import reach
from bot.settings import Misconfigured, Settings, load_settings
from bot.start import client_of, read_desk
from bot.visible import visible

VERSION = 1
"""The version of the JSON lines; counted up when a name in them changes its meaning or goes."""

_SIGNS: dict[Status, str] = {"ok": "ok", "note": "--", "finding": "!!", "mistake": "!!", "unreachable": "!!"}
_CODES: dict[Status, int] = {"mistake": MISTAKE, "unreachable": UNREACHABLE, "finding": FOUND}
_SKEW_S = 60.0
_MEND = "mend it where the line says; `piletibot check` shows it alone"


def doctor(config: Path, *, as_json: bool) -> int:
    """Print one line for each thing looked at; return 0, or 2 for mistakes, 3 for what is away, 1 for findings.

    Writes nothing, in Jira or in the database. Raises nothing that a person could have caused: it is a line.
    """
    found: list[Line] = []
    for line in _lines(config, int(time.time())):
        found.append(line)
        print(
            json.dumps({"v": VERSION, **line._asdict()}, ensure_ascii=False) if as_json else visible(said(line)),
            flush=True,
        )
    statuses = {line.status for line in found}
    if not as_json:
        wrong = sum(line.status in _CODES for line in found)
        print(f"{len(found)} lines, {wrong} to be seen to" if wrong else f"{len(found)} lines, all is well")
    return next((code for status, code in _CODES.items() if status in statuses), 0)


def said(line: Line) -> str:
    """Tell a person a line: what was looked at, what was found, and what to do."""
    return f"{_SIGNS[line.status]}  {line.check}: {line.text}" + (f"; do: {line.do}" if line.do else "")


def _lines(config: Path, now: Moment) -> Iterator[Line]:
    yield Line(
        "versions",
        "ok",
        f"Piletibot {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
    )
    try:
        settings = load_settings(config)
    except Misconfigured as error:
        yield from _mistakes("configuration", error)
        return
    logs.configure("error", settings.log.format)
    jira = list(_of_jira(settings))
    yield from jira
    yield from _of_switches(settings) if jira and jira[0].status == "ok" else ()
    yield from _of_check(config, offline=any(line.status == "unreachable" for line in jira))
    yield from of_database(settings, now)
    yield from _of_heartbeat(settings, now)


def _of_jira(settings: Settings) -> Iterator[Line]:
    try:
        client = client_of(settings.jira, jitter=lambda low, high: 0.0)
    except Misconfigured:
        return  # `check` tells it
    try:
        began = time.monotonic()
        found = reach(client)
        ms = (time.monotonic() - began) * 1000
    except (Throttled, Unreachable) as error:
        do = "see whether Jira, the network and a proxy before it are well; the bot waits and goes on by itself"
        yield Line("jira", "unreachable", str(error), do)
        return
    except (Denied, Refused):
        return  # `check` tells it, with all else that Jira refuses
    finally:
        client.close()
    yield Line("jira", "ok", f"Jira {found.version or 'of unknown version'} answered in {ms:.0f} ms")
    if found.ahead_s is None:
        yield Line("clock", "note", "Jira's answers tell no time, so this machine's clock was not compared")
    elif abs(found.ahead_s) > _SKEW_S:
        text = f"Jira's clock is {abs(found.ahead_s):.0f} s {'ahead of' if found.ahead_s > 0 else 'behind'} this one"
        yield Line("clock", "finding", text, "have this machine's clock set by a time server (NTP)")
    else:
        yield Line("clock", "ok", f"this machine's clock and Jira's are within {_SKEW_S:.0f} s")


def _of_switches(settings: Settings) -> Iterator[Line]:
    """What the projects' properties silence now; what the bot knows of that is in its database."""
    try:
        projects = read_desk(settings.rules.folder, settings.site).book.entries.projects
        client = client_of(settings.jira, jitter=lambda low, high: 0.0)
    except Misconfigured:
        return  # `check` tells it
    with closing(client):
        for project in projects:
            try:
                by = of_property(off_switch(client, project))
            except (Denied, Refused, Unreachable):
                by = "unclear property"
            if by is not None:
                meant = by not in UNCLEAR
                do = "nothing, if that is meant so" if meant else "mend that in Jira; nothing is said until then"
                text = f"{project} is silent now in Jira, by {BY[by]}"
                yield Line("silence", "note" if meant else "finding", text, do)


def _of_check(config: Path, *, offline: bool) -> Iterator[Line]:
    """What `piletibot check` says, line by line; without Jira where that is away."""
    out, err = StringIO(), StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            check(config, offline=offline)
    except Misconfigured as error:
        yield from _mistakes("check", error)
    except Throttled as error:
        yield Line("jira", "unreachable", str(error), "wait: Jira asks for patience")
    for line in out.getvalue().splitlines():
        sign, _, text = line.partition("  ")
        yield Line("check", "ok" if sign == "ok" else "note", text if sign in ("ok", "--") else line)
    for line in err.getvalue().splitlines():
        yield Line("check", "mistake", line, _MEND)


def _mistakes(about: str, error: Misconfigured) -> Iterable[Line]:
    return [Line(about, "mistake", problem, _MEND) for problem in error.problems]


def _of_heartbeat(settings: Settings, now: Moment) -> Iterator[Line]:
    beat = settings.heartbeat
    if beat.url is not None:
        yield Line("heartbeat", "ok", "an address is asked after each cycle; whether that comes, it knows itself")
    if beat.file is None:
        if beat.url is None:
            text = "none is configured but systemd's, if that runs the bot: nobody is told when the bot is dead"
            yield Line("heartbeat", "note", text, "see [heartbeat] in config.example.toml")
        return
    do = "see the bot's log for why: `the heartbeat is withheld`, or no cycle at all"
    try:
        age_s = now - int(beat.file.stat().st_mtime)
    except OSError as error:
        yield Line("heartbeat", "finding", f"{beat.file}: {error.strerror}", do)
        return
    late = age_s > 3 * settings.engine.poll_s + 60
    yield Line("heartbeat", "finding" if late else "ok", f"{beat.file}: touched {age_s} s ago", do if late else "")
