"""The backlog: the ages by which open tickets are counted."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.entries_report import DigestEntry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment


def spans(digest: DigestEntry) -> Iterator[tuple[int, int | None]]:
    """The ages of a digest in whole days: 10 and 30 give 0 to 9, 10 to 30, and over 30 with no upper end."""
    ages = [age.amount for age in digest.ages]
    lows = [0, *ages[:-1], ages[-1] + 1]
    yield from zip(lows, [*(low - 1 for low in lows[1:]), None], strict=True)


def age_of(created_at: Moment, now: Moment, book: Rulebook) -> int:
    """How many local days ago something was created, never less than none."""
    return max((book.calendar.day_of(now) - book.calendar.day_of(created_at)).days, 0)
