"""Twenty working days of each desk: what people do and what the bot says to whom, as a table that was read."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.core.ticket import Moment
from bot.demo import Demo, Played, open_demo, play

TALLINN = ZoneInfo("Europe/Tallinn")
GOLDEN = Path(__file__).parents[1] / "golden" / "demos"
DAYS = 20
HALF_AN_HOUR = 1800
"""A cycle every half an hour is enough to see what is said on which day."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("desk", "flavour"), [("keskkonnaamet", "cloud"), ("viimsi", "cloud"), ("smit", "dc")])
def test_twenty_working_days(desk: str, flavour: str, tmp_path: Path) -> None:
    with open_demo(flavour, desk, DAYS, letters=tmp_path, inside=True) as demo:  # type: ignore[arg-type]
        played = play(demo, busy_s=HALF_AN_HOUR)
        text = "\n".join(timeline(demo, played)) + "\n"
    golden = GOLDEN / f"{desk}.txt"
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def timeline(demo: Demo, played: Played) -> Iterator[str]:
    """A line for each act of a person, each comment of the bot and each kind of letters, under its day."""
    names = {demo.sandbox.world.issues[number].key: name for name, number in demo.stage.ids.items()}
    lines: list[tuple[Moment, int, str]] = []
    for act in demo.story.acts:
        lines.append((act.at, 0, f"{act.ticket:4}     {act.who} {act.do}{f' {act.more}' if act.more else ''}"))
    for each in played.spoken:
        what = ", ".join(f"{rule} ({rung})" for rule, rung in zip(each.rules, each.rungs, strict=True))
        lines.append((each.at, 1, f"{names.get(each.ticket, each.ticket):4} bot {what} → {', '.join(each.to)}"))
    kinds = Counter((letter.due_at, letter.rule) for letter in played.letters)
    for (due_at, rule), many in kinds.items():
        people = sorted({letter.to for letter in played.letters if (letter.due_at, letter.rule) == (due_at, rule)})
        lines.append((due_at, 2, f"     bot {many} × {rule} → {', '.join(people)}"))
    local = [(datetime.fromtimestamp(at, TALLINN), text) for at, _, text in sorted(lines)]
    for day, those in groupby(local, key=lambda pair: f"{pair[0]:%a %d.%m.%Y}"):
        yield f"{day}"
        for at, text in those:
            yield f"  {at:%H:%M}  {text}"


def test_the_days_have_what_they_are_to_show() -> None:
    """The tables hold each desk's weeks, so that nobody regenerates an empty one."""
    for name in ("keskkonnaamet", "viimsi", "smit"):
        days = [line for line in (GOLDEN / f"{name}.txt").read_text("utf-8").splitlines() if not line.startswith(" ")]
        assert len(days) >= DAYS, name
