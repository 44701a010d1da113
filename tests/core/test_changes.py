"""Two rulebooks side by side."""

from __future__ import annotations

from typing import Any

import pytest
from small_desk import SECTIONS, book

from bot.core.changes import Changes, changes

DEADLINE, STILL, CLOSURE = SECTIONS["ladders"]
LEGAL, OTHERS = SECTIONS["routes"]
GAPS = {"name": "gaps", "why": "What is not known cannot be solved.", "requires": ["owner"]}


def rungs(ladder: dict[str, Any], **first: Any) -> list[dict[str, Any]]:
    return [ladder["rungs"][0] | first, *ladder["rungs"][1:]]


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({}, Changes()),
        ({"ladders": [STILL, CLOSURE]}, Changes(removed=("deadline",))),
        ({"completeness": [GAPS]}, Changes(added=("gaps",))),
        ({"ladders": [DEADLINE, STILL | {"observe": True}, CLOSURE]}, Changes(altered=("still",))),
        (
            {"ladders": [DEADLINE, STILL | {"name": "stands", "why": "Another reason.", "observe": True}, CLOSURE]},
            Changes(added=("stands",), removed=("still",), renamed=(("still", "stands"),)),
        ),
        (
            {"ladders": [DEADLINE, STILL | {"name": "stands", "when": {"tier": 2}}, CLOSURE]},
            Changes(added=("stands",), removed=("still",), renamed=(("still", "stands"),)),
        ),
        (
            {"ladders": [DEADLINE, STILL | {"name": "stands", "clock": "since solved"}, CLOSURE]},
            Changes(added=("stands",), removed=("still",)),
        ),
        (
            {"ladders": [DEADLINE, STILL | {"rungs": rungs(STILL, rung="first")}, CLOSURE]},
            Changes(altered=("still",), renamed=(("still, ask", "still, first"),)),
        ),
        (
            {"ladders": [DEADLINE, STILL | {"rungs": rungs(STILL, rung="first", after="2wd")}, CLOSURE]},
            Changes(altered=("still",)),
        ),
        (
            {"routes": [LEGAL | {"route": "law"}, OTHERS]},
            Changes(added=("law",), removed=("legal",), renamed=(("legal", "law"),)),
        ),
        (
            {"routes": [LEGAL | {"route": "law", "when": {"category": "IT"}}, OTHERS]},
            Changes(added=("law",), removed=("legal",)),
        ),
        (
            {"policies": SECTIONS["policies"][1:], "manners": {"budget": 9}},
            Changes((), ("answer",), (), (), ("manners",)),
        ),
        ({"projects": ["ABC", "DEF"], "people": SECTIONS["people"][:-1]}, Changes(sections=("projects", "people"))),
    ],
)
def test_what_changed(after: dict[str, Any], expected: Changes) -> None:
    assert changes(book().entries, book(**after).entries) == expected
