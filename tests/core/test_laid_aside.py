"""Why tickets are laid aside, in words for people, and how long they wait."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.core.laid_aside import WHY, LaidAside, distance_s, parted, told, worded

BOT = Path(__file__).resolve().parents[2] / "bot"


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 15), (2, 30), (3, 60), (4, 120), (7, 960), (8, 1440), (9, 1440), (10**6, 1440)]
)
def test_each_time_it_waits_twice_as_long_up_to_a_day(tries: int, minutes: int) -> None:
    assert distance_s(tries) == minutes * 60


@pytest.mark.parametrize("why", WHY)
def test_a_reason_is_told_in_each_language_beside_its_place(why: str) -> None:
    what = worded(why, "GET 3/issue/{id}: answered 500")
    assert (parted(what), LaidAside("1", what, 0).why) == ((why, "GET 3/issue/{id}: answered 500"), why)
    said = [told(what, language) for language in ("et", "en", "ru")]
    assert len({text for text, _ in said}) == 3
    assert {place for _, place in said} == {"GET 3/issue/{id}: answered 500"}
    assert told(what, "lv") == told(what, "en")


@pytest.mark.parametrize("what", ["no history", "POST 3/issue: 403", ""])
def test_what_an_earlier_version_noted_is_told_as_it_stands(what: str) -> None:
    assert told(what, "et") == ("", what)


def test_every_reason_happens_somewhere() -> None:
    said = {
        node.value
        for folder in ("engine", "jira")
        for file in (BOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert set(WHY) - said == set()
