"""Which ladders may speak of a ticket is looked at once for all that are alike, and leaves out none that does."""

from __future__ import annotations

import pytest
from small_desk import at, book, ticket

from bot.core.judge import _ladders, climb, look

BOOK = book(
    ladders=[
        {
            "name": name,
            "why": "It is tried.",
            "when": when,
            "clock": "since created",
            "rungs": [{"rung": "ask", "after": "1h", "say": "a", "to": "coordinator"}],
        }
        for name, when in {
            "any": {},
            "open": {"standing": "open"},
            "over": {"standing": ["solved", "closed"]},
            "tier": {"tier": 2, "ball": "tier 2"},
            "law": {"category": "LAW", "standing": "open"},
            "not law": {"not": {"category": "LAW"}},
            "undelivered": {"delivered": False, "standing": "solved"},
            "high": {"priority": ["high"], "queue": "it"},
            "asking": {"state": "asking"},
            "old": {"age": {"over": "1h"}, "standing": "open"},
        }.items()
    ]
)


@pytest.mark.parametrize("category", ["LAW", "IT"])
@pytest.mark.parametrize("state", ["new", "handed-on", "asking", "solved", "closed"])
def test_the_ladders_left_out_are_those_that_do_not_apply(state: str, category: str) -> None:
    left: dict[bool, set[str]] = {}
    for high in (False, True):
        facts = {"category": category, "queue": "it", "priority": "high" if high else "low"}
        judged = look(ticket(f"mon 9:00 bob state {state}", **facts), BOOK, at("tue 10:00"))
        kept = {ladder.name for ladder in _ladders(judged.view)}
        left[high] = {ladder.name for ladder in BOOK.entries.ladders} - kept
        assert not {each.name for each in BOOK.entries.ladders if climb(each, judged).applies} & left[high]
        assert {"any", "not law", "old"} - left[high] == {"any", "not law"} | ({"old"} if state in OPEN else set())
    assert left[False] - left[True] == {"high"}, "another ticket of the desk is not taken for this one"


OPEN = ("new", "handed-on", "asking")
