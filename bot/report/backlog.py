"""The backlog: how many open tickets there are of each age."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.core.entries_report import DigestEntry
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment


@dataclass(frozen=True, slots=True)
class Band:
    """Ages in whole calendar days, both ends in it; `high` is None for all that is older. Tickets by tier."""

    low: int
    high: int | None
    by_tier: Counter[str] = field(default_factory=Counter)


def bands(digest: DigestEntry) -> tuple[Band, ...]:
    """The bands of a digest, with no ticket yet: 10 and 30 days give 0 to 9, 10 to 30, and over 30."""
    ages = [age.amount for age in digest.ages]
    lows = [0, *ages[:-1], ages[-1] + 1]
    return tuple(Band(low, high) for low, high in zip(lows, [*(low - 1 for low in lows[1:]), None], strict=True))


def band_of(age: int, among: Sequence[Band]) -> Band:
    """The band to which an age in whole days belongs."""
    return next(band for band in reversed(among) if band.low <= max(age, 0))


def spans(digest: DigestEntry) -> Iterator[tuple[int, int | None]]:
    """The ages of a digest in whole days: 10 and 30 give 0 to 9, 10 to 30, and over 30 with no upper end."""
    ages = [age.amount for age in digest.ages]
    lows = [0, *ages[:-1], ages[-1] + 1]
    yield from zip(lows, [*(low - 1 for low in lows[1:]), None], strict=True)


def age_of(created_at: Moment, now: Moment, book: Rulebook) -> int:
    """How many local days ago something was created, never less than none."""
    return max((book.calendar.day_of(now) - book.calendar.day_of(created_at)).days, 0)
