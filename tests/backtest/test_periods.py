"""A span's days drawn together: few enough periods to read, no two of one label, every day in one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backtest.periods import periods

FIRST = date(2026, 11, 16)


@pytest.mark.parametrize(
    ("days", "unit", "first", "last"),
    [
        (1, "day", "16 Nov", "16 Nov"),
        (35, "day", "16 Nov", "20 Dec"),
        (36, "week", "16 Nov", "21 Dec"),
        (364, "week", "16 Nov", "8 Nov"),
        (365, "month", "2026-11", "2027-11"),
        (4 * 365, "quarter", "2026 IV", "2030 IV"),
        (20 * 365, "year", "2026", "2046"),
    ],
)
def test_the_smallest_periods_that_are_few_enough(days: int, unit: str, first: str, last: str) -> None:
    found = periods(FIRST, FIRST + timedelta(days=days - 1), "en")
    assert (found.unit, found.labels[0], found.labels[-1]) == (unit, first, last)


@given(st.dates(date(1971, 1, 1), date(2100, 1, 1)), st.integers(0, 9000), st.sampled_from(["et", "en"]))
def test_every_day_is_in_one_period_and_days_of_one_are_side_by_side(first: date, more: int, language: str) -> None:
    last = first + timedelta(days=more)
    found = periods(first, last, language)
    labels = [found.of(first + timedelta(days=n)) for n in range(more + 1)]
    changes = [label for n, label in enumerate(labels) if n == 0 or label != labels[n - 1]]
    assert changes == list(found.labels)
    assert len(set(changes)) == len(changes) <= 60
