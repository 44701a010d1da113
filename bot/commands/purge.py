"""`piletibot purge`: remove what is over, and erase what Jira no longer has, as the daemon does once a day."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import ExitStack, closing
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from bot import logs
from bot.commands.moments import iso, local
from bot.commands.why import show
from bot.core.retention import SINCE, Horizons
from bot.core.ticket import Moment
from bot.digest_folder import DigestFolder
from bot.engine.purge import erase_tickets, horizons_now, purge
from bot.engine.tracker import Tracker
from bot.settings import Settings, load_settings
from bot.start import Desk, client_of, read_desk, ready_for
from bot.store.connect import parse
from bot.store.copies import old_copies, remove_copies
from bot.store.scratch import be_there, scratch
from bot.store.store import Store, open_store

VERSION = 1
"""The version of the JSON objects; counted up when a name in them changes its meaning or goes."""

_READ_SIZE = 100


def run(config: Path, *, dry_run: bool, as_json: bool) -> int:
    """Remove what is over and say how much of each kind, or only what would be removed; return 0.

    Jira is asked only where tickets are gone that may be erased. A dry run works on a copy of the database. Raises
    Misconfigured, StoreError, and Unreachable, Denied where Jira was to be asked; all else is removed by then.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    desk = read_desk(settings.rules.folder, settings.site)
    url, now = settings.store.url.get_secret_value(), int(time.time())
    be_there(url)
    with scratch(url) if dry_run else closing(open_store(url)) as store:
        found = horizons_now(store, desk.book, settings.retention, now)
        removed = Counter[str]()
        for word, n in purge(store, desk.book, found):
            removed[word] += n
        removed["files"] = _files(settings, found, dry_run=dry_run)
        copies = old_copies(parse(url), found.at["copies"])
        removed["copies"] = len(copies) if dry_run else remove_copies(copies)
        try:
            removed |= _erased(store, settings, desk, found)
        finally:
            if not dry_run:
                store.reclaim()
            _show(settings, found, removed, desk.book.calendar.timezone, dry_run=dry_run, as_json=as_json)
    return 0


def _files(settings: Settings, found: Horizons, *, dry_run: bool) -> int:
    if settings.digest.folder is None:
        return 0
    folder = DigestFolder(settings.digest.folder, settings.site)
    return len(folder.old(found.at["files"])) if dry_run else folder.purge(found.at["files"])


def _erased(store: Store, settings: Settings, desk: Desk, found: Horizons) -> Counter[str]:
    """Erase the tickets that are no longer the desk's; counted as those hidden for long, and the others."""
    before = {id_: gone_at for id_, _, gone_at in store.gone_since(found.at["gone"])}
    if not before:
        return Counter()
    with ExitStack() as held:
        client = held.enter_context(closing(client_of(settings.jira)))
        tracker: Tracker = ready_for(settings, desk, client).tracker
        for _ in tracker.changed(int(time.time()) * 1000):  # which projects can be searched is known after that
            pass
        erase_tickets(store, tracker, found, _READ_SIZE)
    left = {id_ for id_, _, _ in store.gone_since(found.at["gone"])}
    erased = [gone_at for id_, gone_at in before.items() if id_ not in left]
    return Counter("hidden" if gone_at < found.at["hidden"] else "gone" for gone_at in erased)


def _show(
    settings: Settings, found: Horizons, removed: Counter[str], zone: str, *, dry_run: bool, as_json: bool
) -> None:
    kinds = [*SINCE, "linked"]
    if as_json:
        for word in kinds:
            days, before = _days(settings, word), found.at.get(word)
            line = {"kind": word, "days": days, "before": None if before is None else iso(before)}
            print(json.dumps({"v": VERSION, **line, "removed": removed[word], "dry_run": dry_run}))
        return
    table = Table(box=None, pad_edge=False)
    for title in ("kind", "days", "kept since", "would be removed" if dry_run else "removed"):
        table.add_column(title, justify="right" if title == "days" or "removed" in title else "left")
    for word in kinds:
        since = _since(found.at.get(word), ZoneInfo(zone))
        days = _days(settings, word)
        table.add_row(word, "" if days is None else f"{days}", since, f"{removed[word]}")
    show(table, Console(highlight=False))


def _days(settings: Settings, word: str) -> int | None:
    days: int | None = getattr(settings.retention, f"{word}_days", None)
    return days


def _since(before: Moment | None, zone: ZoneInfo) -> str:
    return "tied to nothing" if before is None else local(before, zone)
