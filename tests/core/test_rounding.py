"""Figures are rounded as one does by hand, and as a spreadsheet shows the same number: a half goes up."""

from __future__ import annotations

import pytest

from bot.core.rounding import rounded
from bot.wording import number, percent


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (1 / 16, "6.3%"),
        (29 / 80, "36.3%"),
        (21 / 80, "26.3%"),
        (3 / 16, "18.8%"),
        (2 / 3, "66.7%"),
        (0.00049, "0.0%"),
        (1.0, "100.0%"),
    ],
)
def test_half_a_tenth_of_a_percent_goes_up(share: float, told: str) -> None:
    assert percent(share, "en") == told


@pytest.mark.parametrize(
    ("value", "digits", "told"), [(2.25, 1, "2.3"), (4.125, 2, "4.13"), (2.5, 0, "3"), (-0.04, 1, "0")]
)
def test_half_of_the_last_digit_goes_up(value: float, digits: int, told: str) -> None:
    assert number(value, "en", digits) == told


def test_a_number_below_none_is_rounded_away_from_it() -> None:
    assert rounded(-2.25, 1) == -2.3
