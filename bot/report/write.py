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
from bot.report.archive import earlier, kept, report_on
from bot.report.cut import cut
from bot.report.digest import Digest, digest_of
from bot.report.drawing import drawn
from bot.report.gather import NOTHING, Beside
from bot.report.render import render
from bot.report.report import Report, past
from bot.report.tell import Tell
from bot.store.store import Store

LEAD = Audience(roles=frozenset(("coordinator", "lead")))
"""Who reads the digest of the whole desk."""


def digest_now(
    store: Store,
    book: Rulebook,
    period: Period,
    now: Moment,
    sources: Sources | None = None,
    *,
    anew: bool = False,
) -> Digest:
    """The lead's digest of a period with the desk as it stands at `now`, beside the periods before as they ended.

    `sources` are where files of other systems are; without them nothing is known of calls. Where figures of the
    period are kept they are worked out `anew` only if asked, and then kept instead. Raises StoreError.
    """
    told = beside(book, period, sources)
    report = report_on(store, book, desk_of(store, book), period, now, told, anew=anew)
    return _digest(report, store, book, now, sources)


def digest_then(store: Store, book: Rulebook, period: Period, then: Moment, sources: Sources | None = None) -> Digest:
    """The lead's digest of a period as it was kept; with the desk as it stood `then` where none is kept.

    Raises StoreError.
    """
    report = kept(store, period)
    if report is None:
        return digest_now(store, book, period, then, sources)
    return _digest(report, store, book, then, sources)


def _digest(report: Report, store: Store, book: Rulebook, now: Moment, sources: Sources | None) -> Digest:
    earlier_ones = previous(report.period, store, book, now, sources)
    return digest_of(cut(report, LEAD), [cut(each, LEAD) for each in earlier_ones], book)


def previous(
    period: Period, store: Store, book: Rulebook, now: Moment, sources: Sources | None = None
) -> list[Report]:
    """The reports before that on a period, oldest first, as `past` leaves them; the one just before in any case.

    Raises StoreError.
    """
    before = period_before(period, book.calendar)
    found = list(earlier(store, period))
    if not found or found[-1].period != before:
        at, told = min(before.until_at, now), beside(book, before, sources)
        found.append(past(report_on(store, book, desk_of(store, book), before, at, told)))
    return found


def beside(book: Rulebook, period: Period, sources: Sources | None) -> Beside:
    """What files of other systems tell of a period."""
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
    """Write the lead's digest of a period, by default the last day that is over, to a file for its owner alone.

    It is in the rulebook's language for it where no other is asked for. Raises StoreError and OSError.
    """
    period = period or last_ended("day", now, book.calendar)
    digest = digest_now(store, book, period, now, sources)
    put(illustrated(digest, form, language_of(book, language), book, browse), path)


def illustrated(digest: Digest, form: str, language: str, book: Rulebook, browse: str) -> bytes:
    """Write a digest in a form, with its charts where it is a page."""
    if form != "html":
        return render(digest, form, language, book, browse)
    charts, notes = drawn(digest, Tell(language, book, browse))
    return render(digest, form, language, book, browse, [each.in_page() for each in charts], notes)


def language_of(book: Rulebook, asked: str | None) -> str:
    """The language of a digest: the one asked for, else the one that the rulebook has for it, else the desk's."""
    return asked or book.entries.digest.language or book.entries.language


def put(written: bytes, path: Path) -> None:
    """Write a digest to a file for its owner alone, over the one there. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(written)
