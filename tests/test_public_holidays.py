from __future__ import annotations

from datetime import date, timedelta

import pytest

from bot.core.calendar import build_calendar
from bot.public_holidays import holidays_in, is_country, shortened_days


def test_estonian_holidays_of_a_year():
    days = {1: [1], 2: [24], 4: [3, 5], 5: [1, 24], 6: [23, 24], 8: [20], 12: [24, 25, 26]}
    assert holidays_in("EE", 2026) == {date(2026, month, day) for month in days for day in days[month]}


@pytest.mark.parametrize("year", [2024, 2026, 2028])
def test_the_four_eves_whatever_weekday_they_fall_on(year):
    assert shortened_days(year) == {date(year, 2, 23), date(year, 6, 22), date(year, 12, 23), date(year, 12, 31)}


@pytest.mark.parametrize(("code", "known"), [("EE", True), ("NO", True), ("XX", False), ("ee", False), ("", False)])
def test_is_country(code, known):
    assert is_country(code) is known


def easter(year: int) -> date:
    """Easter Sunday by the anonymous Gregorian algorithm (Nature, 20 April 1876)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (a + 11 * h) // 319
    r = (2 * e + 2 * i - k - h + m + 32) % 7
    month = (h - m + r + 90) // 25
    return date(year, month, (h - m + r + month + 19) % 32)


FIXED = [(1, 1), (2, 24), (5, 1), (6, 23), (6, 24), (8, 20), (12, 24), (12, 25), (12, 26)]
EVES = [(2, 23), (6, 22), (12, 23), (12, 31)]
OFFICE = {"mon-thu": "08:00-17:00", "fri": "08:00-12:00, 12:30-15:00"}
EVERY_DAY = {"mon-sun": "10:00-14:00"}
H = 3600


def by_law(day: date, hours: dict[str, str]) -> tuple[tuple[int, int], ...]:
    """The hours of a day by the Public Holidays and Days of National Importance Act and TLS § 53."""
    moving = [easter(day.year) + timedelta(days) for days in (-2, 0, 49)]
    if (day.month, day.day) in FIXED or day in moving:
        return ()
    eve = (day.month, day.day) in EVES
    if hours is EVERY_DAY:
        return ((10 * H, (11 if eve else 14) * H),)
    if day.weekday() < 4:
        return ((8 * H, (14 if eve else 17) * H),)
    if day.weekday() == 4:  # the afternoon's two and a half hours go first, then half an hour of the morning
        return ((8 * H, 11 * H + H // 2),) if eve else ((8 * H, 12 * H), (12 * H + H // 2, 15 * H))
    return ()


@pytest.mark.parametrize("hours", [OFFICE, EVERY_DAY], ids=["office", "every day"])
def test_the_calendar_of_2010_to_2040_is_that_of_the_law(hours):
    calendar = build_calendar(
        "kontor",
        timezone="Europe/Tallinn",
        hours=hours,
        day_s=None,
        closed=lambda year: holidays_in("EE", year),
        shortened=shortened_days,
        exceptions={},
    )
    first, last = date(2010, 1, 1), date(2040, 12, 31)
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    assert [day for day in days if calendar.hours_on(day) != by_law(day, hours)] == []
    worked_s = sum(to_s - from_s for day in days for from_s, to_s in by_law(day, hours))
    assert calendar.between(calendar.start_of_day(first), calendar.start_of_day(date(2041, 1, 1))) == worked_s


def test_a_year_has_twelve_public_holidays():
    for year in range(2010, 2041):
        moving = {easter(year) + timedelta(days) for days in (-2, 0, 49)}
        assert holidays_in("EE", year) == moving | {date(year, month, day) for month, day in FIXED}
        assert len(holidays_in("EE", year)) == 12
