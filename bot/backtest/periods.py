"""The days of a span drawn together so that a chart of them can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal, NamedTuple

Unit = Literal["day", "week", "month", "quarter", "year"]

_DAYS, _WEEKS, _MONTHS, _QUARTERS = 35, 52, 48, 60


class Periods(NamedTuple):
    """The periods of a span in order, by their labels, and the label of the period that a day is in."""

    unit: Unit
    labels: Sequence[str]
    of: Callable[[date], str]


def periods(first: date, last: date, language: str) -> Periods:
    """Give days, weeks from Monday on, months, quarters or years, whichever are few enough."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    ways: Sequence[tuple[Unit, Callable[[date], str], int]] = (
        ("day", lambda day: _day(day, language), _DAYS),
        ("week", lambda day: _day(day - timedelta(days=day.weekday()), language), _WEEKS),
        ("month", lambda day: f"{day:%Y-%m}", _MONTHS),
        ("quarter", lambda day: f"{day.year} {_ROMAN[(day.month - 1) // 3]}", _QUARTERS),
        ("year", lambda day: str(day.year), len(days)),
    )
    for unit, of, most in ways:
        # Days of a month recur a year later, and then would be taken together.
        labels = list(dict.fromkeys(map(of, days)))
        if len(labels) <= most and (unit not in ("day", "week") or len(days) <= 7 * _WEEKS):
            return Periods(unit, labels, of)
    raise ValueError("a span has at least one day")


_ROMAN = ("I", "II", "III", "IV")


def _day(day: date, language: str) -> str:
    return f"{day.day}.{day.month:02}" if language == "et" else f"{day.day} {day:%b}"
