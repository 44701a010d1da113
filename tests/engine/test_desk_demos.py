"""The demos of the other desks: the first days of each as a table that was read and found right."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.demo import open_demo, play

TALLINN = ZoneInfo("Europe/Tallinn")
GOLDEN = Path(__file__).parents[1] / "golden" / "demos"


@pytest.mark.parametrize(
    ("desk", "flavour", "days"),
    [
        ("viimsi", "cloud", 5),
        ("smit", "dc", 4),
    ],  # a week of documents; three nights, the last with a critical inquiry
)
def test_what_is_said_in_its_first_days(desk: str, flavour: str, days: int) -> None:
    with open_demo(flavour, desk, days) as demo:  # type: ignore[arg-type]
        played = play(demo)
        names = {demo.sandbox.world.issues[number].key: name for name, number in demo.stage.ids.items()}
    assert played.away == 4, "the four quarters of the hour in which Jira is away"
    said = [
        f"{datetime.fromtimestamp(each.at, TALLINN):%a %d.%m %H:%M}  {names[each.ticket]}  "
        f"{' + '.join(each.rules)} ({' + '.join(each.rungs)})  {', '.join(each.to)}"
        for each in played.spoken
    ]
    text = "\n".join(said) + "\n"
    golden = GOLDEN / f"{desk}.txt"
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")
