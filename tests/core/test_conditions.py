from __future__ import annotations

from typing import Any

import pytest
from small_desk import SECTIONS, plain_book, ticket, view

from bot.core.conditions import WORDS, Tested, holds, problems
from bot.core.entries import Entries

SEEN = view(
    ticket(
        "mon 09:00 ann state handed-on", category="LAW", queue="law", priority="high", labels=frozenset({"x", "y"})
    )
)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, True),
        ({"category": "LAW"}, True),
        ({"category": "IT"}, False),
        ({"category": ["IT", "LAW"]}, True),
        ({"queue": "law", "priority": "high"}, True),
        ({"queue": "law", "priority": "low"}, False),
        ({"label": "y"}, True),
        ({"label": ["z", "x"]}, True),
        ({"label": "z"}, False),
        ({"project": "ABC"}, True),
        ({"state": "handed-on", "standing": "open", "tier": 2, "ball": "tier 2"}, True),
        ({"tier": 1}, False),
        ({"delivered": False, "assigned": False}, True),
        ({"delivered": True}, False),
        ({"not": {"category": "IT"}}, True),
        ({"not": {"category": "LAW", "priority": "low"}}, True),
        ({"any": [{"category": "IT"}, {"priority": "high"}]}, True),
        ({"any": [{"category": "IT"}, {"priority": "low"}]}, False),
        ({"all": [{"category": "LAW"}, {"not": {"label": "z"}}]}, True),
        ({"all": [{"category": "LAW"}, {"label": "z"}]}, False),
        ({"any": [{"all": [{"tier": 2}, {"not": {"tier": 2}}]}, {"not": {"any": [{"tier": 1}]}}]}, True),
    ],
)
def test_conditions(when: dict[str, Any], expected: bool) -> None:
    assert holds(when, SEEN) is expected


@pytest.mark.parametrize(
    "word", sorted(set(WORDS) - {"delivered", "assigned", "state", "standing", "tier", "ball", "project"})
)
def test_what_a_ticket_has_not_is_no_value_of_anything(word: str) -> None:
    assert not holds({word: ["x", "LAW", "law", "high"]}, view(ticket()))


def test_what_decided_is_told_with_its_values() -> None:
    tested: Tested = []
    holds({"category": "LAW", "label": ["y"], "not": {"queue": "it"}, "tier": 1, "state": "new"}, SEEN, tested)
    assert tested == [("category", "LAW"), ("label", "x, y"), ("queue", "law"), ("tier", "2")]


@pytest.mark.parametrize(
    ("when", "path", "said"),
    [
        ("LAW", (), "write conditions as"),
        ({"colour": "red"}, ("colour",), "unknown condition"),
        ({"tier": "2"}, ("tier",), "is not a value of"),
        ({"tier": True}, ("tier",), "is not a value of"),
        ({"delivered": 1}, ("delivered",), "is not a value of"),
        ({"category": ["LAW", "WAR"]}, ("category", 1), "is not a value of"),
        ({"label": 7}, ("label",), "is not a text"),
        ({"any": {}}, ("any",), "takes a list"),
        ({"all": []}, ("all",), "takes a list"),
        ({"not": {"any": [{"x": 1}]}}, ("not", "any", 0, "x"), "unknown condition"),
    ],
)
def test_problems_are_found_with_their_place(when: object, path: tuple[object, ...], said: str) -> None:
    ((where, text, _),) = problems(when, plain_book().entries)
    assert where == path
    assert said in text


def test_a_word_whose_field_is_not_mapped() -> None:
    bare = Entries.model_validate(SECTIONS | {"fields": {}, "categories": {}})
    assert [text for _, text, _ in problems({"queue": "it"}, bare)] == [
        "the field `queue` is not mapped; name the tracker's field under `fields:`"
    ]
    assert list(problems({"any": [{"tier": 2}, {"not": {"label": "x"}}]}, bare)) == []


def test_what_is_not_there_is_told_as_a_dash() -> None:
    tested: Tested = []
    assert not holds({"category": "LAW"}, view(ticket()), tested)
    assert tested == [("category", "-")]
