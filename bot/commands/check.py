"""`piletibot check`: configuration, rules, texts, and then the Jira itself."""

from __future__ import annotations

import sys
from pathlib import Path

from bot import logs
from bot.commands.failures import MISTAKE
from bot.core.ticket import UNKNOWN
from bot.settings import Misconfigured, Settings, load_settings
from bot.start import Desk, look_at, read_desk, speaks, tie

_FLAVOURS = {"cloud": "Cloud", "dc": "Data Center"}
_LISTED = 5


def check(config: Path, *, offline: bool) -> int:
    """Say what is fine, and on standard error every finding with its place; return 0 or 2.

    Writes nothing anywhere. Raises Misconfigured for a configuration that cannot be read, Throttled.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    _ok(f"{config}: site {settings.site}")
    desk, passed = None, True
    try:
        desk = read_desk(settings.rules.folder, settings.site)
        _say_desk(settings, desk)
    except Misconfigured as error:
        passed = _findings(error)
    if not offline:
        try:
            _look(settings, desk)
        except Misconfigured as error:
            passed = _findings(error)
    return 0 if passed else MISTAKE


def _say_desk(settings: Settings, desk: Desk) -> None:
    entries = desk.book.entries
    rules = ((entries.routes, "routes"), (entries.completeness, "completeness rules"), (entries.policies, "policies"))
    counts = (*rules, (entries.ladders, "ladders"))
    amounts = ", ".join(f"{len(those)} {name}" for those, name in counts if those)
    how = "live" if speaks(entries) else "everything on observe"
    _ok(f"{settings.rules.folder}: {amounts}; {how}")
    _ok(f"{len(desk.messages.names())} messages")
    if entries.manners.control is None:
        print("--  no control ticket: name one as `control:` under `manners:`, to silence the bot from inside Jira")


def _look(settings: Settings, desk: Desk | None) -> None:
    catalogue = look_at(settings.jira, desk.book.entries if desk else None)
    me = catalogue.me
    _ok(f"Jira {_FLAVOURS[catalogue.flavour]} at {settings.jira.url}, account {me.display or me.id}")
    if desk is None:
        return
    binding = tie(catalogue, desk.book, settings.rules.folder)
    entries = desk.book.entries
    _ok(f"the account may do what the rules ask in {', '.join(entries.projects)}")
    _ok(f"{len(entries.fields)} fields, {len(entries.states)} states, {len(entries.people)} people found")
    if (seen_by := entries.comments).role or seen_by.group:
        print(f"--  not looked up: whether there is a {'role' if seen_by.role else 'group'} to see the comments")
    unplaced = [status.name for status in catalogue.statuses if binding.states[status.id] == UNKNOWN]
    if unplaced:
        more = f" and {len(unplaced) - _LISTED} more" if len(unplaced) > _LISTED else ""
        print(f"--  tickets with a status that no state names are left alone: {', '.join(unplaced[:_LISTED])}{more}")


def _ok(line: str) -> None:
    print(f"ok  {line}", flush=True)


def _findings(error: Misconfigured) -> bool:
    print(error, file=sys.stderr)
    return False
