from __future__ import annotations

from datetime import date

import pytest

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
