"""Working days of each desk: what people do and what the bot says to whom, as a table that was read.

The days of keskkonnaamet that are played here in `make soak`, and in the suite in test_demo_story.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from told_days import ANEW, DAYS, FEW, TABLES, table, told

from bot.demo import open_demo, play

QUARTER, HALF = 900, 1800
"""Seconds between two cycles: half an hour is enough to see what is said on which day."""

DESKS = [("keskkonnaamet", "cloud", DAYS, QUARTER), ("viimsi", "cloud", DAYS, HALF), ("smit", "dc", DAYS, HALF)]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("desk", "flavour", "days", "busy_s"),
    [
        *(("viimsi", "cloud", FEW, HALF), ("smit", "dc", FEW, HALF)),
        *(pytest.param(*desk, marks=() if ANEW else pytest.mark.soak) for desk in DESKS),
    ],
)
def test_working_days(desk: str, flavour: str, days: int, busy_s: int, tmp_path: Path) -> None:
    with open_demo(flavour, desk, days, letters=tmp_path, inside=True) as demo:  # type: ignore[arg-type]
        text = told(demo, play(demo, busy_s=busy_s))
    if ANEW and days == DAYS:
        (TABLES / f"{desk}.txt").write_text(text, "utf-8")
    assert text == table(desk, demo.story.ends_at)


def test_the_days_have_what_they_are_to_show() -> None:
    """The tables hold each desk's weeks, so that nobody regenerates an empty one."""
    for name, *_ in DESKS:
        days = [line for line in (TABLES / f"{name}.txt").read_text("utf-8").splitlines() if not line.startswith(" ")]
        assert len(days) >= DAYS, name
