"""Writing the digest of all that the store knows to a file."""

from __future__ import annotations

import os
from pathlib import Path

from bot.core.audience import Audience
from bot.core.kpi.period import Period, last_ended, period_before
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.desk import desk_of
from bot.imports import Sources, read_imports
from bot.report.archive import earlier, report_on
from bot.report.cut import cut
from bot.report.digest import Digest, digest_of
from bot.report.gather import NOTHING, Beside
from bot.report.render import render
from bot.store.store import Store

LEAD = Audience(roles=frozenset(("coordinator", "lead")))
"""Who reads the digest of the whole desk."""


def digest_now(store: Store, book: Rulebook, period: Period, now: Moment, sources: Sources | None = None) -> Digest:
    """The lead's digest of a period with the desk as it stands at `now`, beside the periods before as they ended.

    `sources` are where files of other systems are; without them nothing is known of calls. Raises StoreError.
    """
    desk = desk_of(store, book)
    before = period_before(period, book.calendar)
    reports = list(earlier(store, period))
    asked = [(period, now)]
    if not reports or reports[-1].period != before:
        asked.insert(0, (before, min(before.until_at, now)))
    reports += [report_on(store, book, desk, each, at, _beside(book, each, sources)) for each, at in asked]
    *then, today = (cut(report, LEAD) for report in reports)
    return digest_of(today, then, book)


def _beside(book: Rulebook, period: Period, sources: Sources | None) -> Beside:
    if sources is None:
        return NOTHING
    read = read_imports(book, sources, period)
    return Beside(read.ratings, read.calls, findings=read.findings)


def write(
    store: Store,
    book: Rulebook,
    now: Moment,
    path: Path,
    language: str | None,
    browse: str,
    period: Period | None = None,
    form: str = "html",
    sources: Sources | None = None,
) -> None:
    """Write the lead's digest of a period, by default the last day that is over, to a new file for its owner alone.

    It is in the rulebook's language for it where no other is asked for. Raises StoreError and OSError.
    """
    period = period or last_ended("day", now, book.calendar)
    language = language or book.entries.digest.language or book.entries.language
    written = render(digest_now(store, book, period, now, sources), form, language, book, browse)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(written)
