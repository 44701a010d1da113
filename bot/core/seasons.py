"""Seasons: stretches of days that come every year, or once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from bot.core.entries import Stretch

_ONE_DAY = timedelta(days=1)


def is_in(season: Iterable[Stretch], day: date) -> bool:
    """Whether a season holds on a day: in one of its stretches, their first and last day included."""
    return any(_holds(stretch, day) for stretch in season)


def next_turn(season: Iterable[Stretch], day: date) -> date | None:
    """Find the first day after `day` on which a stretch begins or is over; None when none ever will."""
    return min((turn for stretch in season for turn in _turns(stretch, day.year) if turn > day), default=None)


def wrong(stretch: Stretch) -> str | None:
    """What is wrong with the last day of a stretch, or None."""
    if len(stretch.first) != len(stretch.last):
        return "write both days with their year, or both without"
    if not _is_yearly(stretch) and stretch.last < stretch.first:
        return "it ends before it begins, at `first`"
    return None


def _is_yearly(stretch: Stretch) -> bool:
    return len(stretch.first) == len("12-20")


def _holds(stretch: Stretch, day: date) -> bool:
    first, last = stretch.first, stretch.last
    if not _is_yearly(stretch):
        return first <= day.isoformat() <= last
    today = f"{day:%m-%d}"
    return first <= today <= last if first <= last else today >= first or today <= last


def _turns(stretch: Stretch, year: int) -> Iterator[date]:
    """The days from which a stretch holds, and no longer holds: those of a year and the next if it comes yearly."""
    if not _is_yearly(stretch):
        yield date.fromisoformat(stretch.first)
        yield date.fromisoformat(stretch.last) + _ONE_DAY
        return
    for each in (year, year + 1):
        yield _from(each, stretch.first)
        yield _from(each, stretch.last) + (_ONE_DAY if _is_in_year(each, stretch.last) else timedelta())


def _from(year: int, written: str) -> date:
    """The day of a year; the first of March for a 29 February that the year does not have."""
    return date.fromisoformat(f"{year}-{written}") if _is_in_year(year, written) else date(year, 3, 1)


def _is_in_year(year: int, written: str) -> bool:
    try:
        date.fromisoformat(f"{year}-{written}")
    except ValueError:
        return False
    return True
