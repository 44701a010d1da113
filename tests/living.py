"""A bot whose rulebook is a folder that people edit while it runs, on the Keskkonnaamet desk."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

from desks import MINUTE, SITE, Bot, Desk

from bot.core.ticket import Moment
from bot.engine.cycle import cycle
from bot.engine.difference import Ready
from bot.engine.engine import Engine, Report
from bot.jira.catalogue import read_catalogue
from bot.jira.client import Client
from bot.jira.known import heeded
from bot.jira.tracker import JiraTracker
from bot.reload import Reload
from bot.rulefiles import look
from bot.sandbox.texts import plain
from bot.shipped import rules_folder
from bot.start import Desk as Read
from bot.start import read_desk, tie
from bot.store.store import open_store

COMMON = rules_folder() / "common"
SHIPPED = rules_folder() / "keskkonnaamet"
NOTICE_S = 15 * MINUTE


def copied(home: Path, control: str | None) -> Path:
    """A copy of the shipped rulebook, with its control ticket."""
    folder = home / "rules"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("demo", "tests"))
    if control is not None:
        edit(folder, "desk.yaml", "  # control: KKA-1 ", f"  control: {control} ")
    return folder


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Change one place in a file, as an editor does."""
    path = folder / name
    text = path.read_text("utf-8")
    assert text.count(old) >= 1, f"{name} does not hold {old!r}"
    path.write_text(text.replace(old, new, 1), "utf-8")
    # Two edits within one tick of the file system's clock are two edits all the same.
    os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns + 1000))


@dataclass
class Living:
    """A bot with its folder; `tick` is what the daemon does at each poll."""

    bot: Bot
    folder: Path
    reload: Reload
    wants: list[bool] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        return self.bot.desk

    @property
    def version(self) -> str:
        return self.bot.engine.book.version

    def tick(self, after: int = MINUTE) -> Report:
        now = self.desk.later(after)
        self.reload(now, asked=bool(self.wants and self.wants.pop()))
        return cycle(self.bot.engine, now)

    def ticks(self, until: Moment, every: int = MINUTE) -> list[Report]:
        reports = []
        while self.desk.now + every <= until:
            reports.append(self.tick(every))
        return reports

    def edit(self, name: str, old: str, new: str) -> None:
        edit(self.folder, name, old, new)

    def hangup(self) -> None:
        """What SIGHUP asks for."""
        self.wants.append(True)

    def told(self, control: str) -> list[str]:
        """What the lead reads on the control ticket, oldest first."""
        return [unescape(plain(comment.body)) for comment in self.desk.said(control)]


def ready(client: Client, folder: Path) -> Callable[[Read], Ready]:
    """Ties a desk to the Jira that a client speaks with."""

    def tied(desk: Read) -> Ready:
        catalogue = read_catalogue(client, desk.book.entries)
        binding = tie(catalogue, desk.book, folder)
        return Ready(
            desk.book,
            desk.messages,
            JiraTracker(client, catalogue, binding, desk.book.entries),
            binding.fingerprint,
            heeded(desk.book.entries, catalogue, binding, str),
        )

    return tied


@contextmanager
def living(
    desk: Desk, folder: Path, store: str = "sqlite://", *, notice_s: int = NOTICE_S, pull_s: int = 0, **engine: Any
) -> Iterator[Living]:
    """A daemon's bot started on a folder."""
    folders = (COMMON, folder)
    client = desk.client()
    tying = ready(client, folder)
    seen = look(folders)
    started = tying(read_desk(folder, SITE))
    opened = open_store(store)
    try:
        made = Engine(
            started.tracker,
            opened,
            started.book,
            started.messages,
            started.facts,
            **{"clock": lambda: desk.now, **engine},
        )
        reload = Reload(
            made,
            folders,
            read=lambda: read_desk(folder, SITE),
            tie=tying,
            seen=seen,
            notice_s=notice_s,
            pull_s=pull_s,
        )
        yield Living(Bot(desk, made), folder, reload)
    finally:
        opened.close()
        client.close()
