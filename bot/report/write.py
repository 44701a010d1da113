"""Writing the digest of all that the store knows to a file."""

from __future__ import annotations

import os
from pathlib import Path

from bot.core.audience import Audience
from bot.core.kpi.period import Period, last_ended, period_before
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.engine.desk import desk_of
from bot.report.cut import cut
from bot.report.digest import Digest, digest_of
from bot.report.gather import gather
from bot.report.render import render
from bot.store.store import Store

LEAD = Audience(roles=frozenset(("coordinator", "lead")))
"""Who reads the digest of the whole desk."""


def digest_now(store: Store, book: Rulebook, period: Period, now: Moment) -> Digest:
    """The lead's digest of a period with the desk as it stands at `now`, beside the period before as it ended.

    Raises StoreError.
    """
    desk = desk_of(store, book)
    before = period_before(period, book.calendar)
    reports = [gather(store, book, desk, before, min(before.until_at, now)), gather(store, book, desk, period, now)]
    then, today = (cut(report, LEAD) for report in reports)
    return digest_of(today, [then], book)


def write(
    store: Store,
    book: Rulebook,
    now: Moment,
    path: Path,
    language: str | None,
    browse: str,
    period: Period | None = None,
    form: str = "html",
) -> None:
    """Write the lead's digest of a period, by default the last day that is over, to a new file for its owner alone.

    It is in the rulebook's language for it where no other is asked for. Raises StoreError and OSError.
    """
    period = period or last_ended("day", now, book.calendar)
    language = language or book.entries.digest.language or book.entries.language
    written = render(digest_now(store, book, period, now), form, language, book, browse)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(written)
