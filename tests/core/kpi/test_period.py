"""Periods: what day belongs to which, and which was the last to end; over weekends, holidays and clock changes."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.kpi.period import KINDS, last_ended, period_before, period_of
from bot.shipped import rules_folder
from bot.start import read_desk

OFFICE = read_desk(rules_folder() / "keskkonnaamet", "test").book.calendar
NIGHT_AND_DAY = read_desk(rules_folder() / "smit", "test").book.calendar

IN = [
    ("day", "2026-11-20", OFFICE, "2026-11-20", "2026-11-22", 72),  # a Friday, with its weekend
    ("day", "2026-11-22", OFFICE, "2026-11-20", "2026-11-22", 72),
    ("day", "2026-11-19", OFFICE, "2026-11-19", "2026-11-19", 24),
    ("day", "2026-11-22", NIGHT_AND_DAY, "2026-11-22", "2026-11-22", 24),
    ("day", "2026-10-25", NIGHT_AND_DAY, "2026-10-25", "2026-10-25", 25),  # the night the clocks go back
    ("day", "2026-12-24", OFFICE, "2026-12-23", "2026-12-27", 120),  # Christmas on Thursday to Saturday
    ("week", "2026-11-22", OFFICE, "2026-11-16", "2026-11-22", 168),
    ("week", "2026-03-29", OFFICE, "2026-03-23", "2026-03-29", 167),  # the night the clocks go forward
    ("month", "2026-02-28", OFFICE, "2026-02-01", "2026-02-28", 672),
    ("quarter", "2026-11-20", OFFICE, "2026-10-01", "2026-12-31", 2209),
    ("year", "2024-02-29", OFFICE, "2024-01-01", "2024-12-31", 8784),
]


@pytest.mark.parametrize(("kind", "day", "calendar", "first", "last", "hours"), IN)
def test_the_period_of_a_day(kind, day, calendar, first, last, hours):
    found = period_of(kind, date.fromisoformat(day), calendar)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)
    assert found.until_at - found.from_at == hours * 3600


ENDED = [
    ("day", "2026-11-20 08:00", "2026-11-19", "2026-11-19"),
    ("day", "2026-11-23 08:00", "2026-11-20", "2026-11-22"),  # on Monday: Friday and the weekend
    ("day", "2026-11-21 12:00", "2026-11-19", "2026-11-19"),  # on Saturday, Friday's is not over
    ("week", "2026-11-23 00:00", "2026-11-16", "2026-11-22"),
    ("week", "2026-11-22 23:59", "2026-11-09", "2026-11-15"),
    ("month", "2026-12-01 08:00", "2026-11-01", "2026-11-30"),
    ("quarter", "2027-01-04 08:00", "2026-10-01", "2026-12-31"),
    ("year", "2026-11-20 08:00", "2025-01-01", "2025-12-31"),
]


@pytest.mark.parametrize(("kind", "now", "first", "last"), ENDED)
def test_the_last_that_was_over(kind, now, first, last):
    found = last_ended(kind, OFFICE.moment(datetime.fromisoformat(now)), OFFICE)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)


@given(st.sampled_from(KINDS), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_periods_of_a_kind_follow_each_other_without_gaps(kind, day):
    found = period_of(kind, day, OFFICE)
    before = period_before(found, OFFICE)
    assert before.until_at == found.from_at
    assert found.first <= day <= found.last
    assert period_of(kind, found.first, OFFICE) == period_of(kind, found.last, OFFICE) == found
