"""Which verdicts are written and removed, given those that are kept."""

from __future__ import annotations

import pytest

from bot.core.verdict import Verdict, news


def verdict(policy: str, started_at: int, stopped_at: int, version: str = "today") -> Verdict:
    return Verdict("1", policy, started_at, stopped_at, None, 1, 0, "met", version, 1000)


@pytest.mark.parametrize(
    ("found", "kept", "written", "removed"),
    [
        ([], [], [], []),
        ([("a", 0, 9)], [], [("a", 0, 9)], []),
        ([("a", 0, 9)], [("a", 0, 9)], [], []),
        ([("a", 0, 9), ("a", 20, 30)], [("a", 0, 9)], [("a", 20, 30)], []),
        ([("b", 0, 9)], [("a", 0, 9)], [("b", 0, 9)], [("a", 0, 9)]),
        # People changed the history: another stop, or none.
        ([("a", 0, 8)], [("a", 0, 9)], [("a", 0, 8)], []),
        ([], [("a", 0, 9)], [], [("a", 0, 9)]),
        ([("a", 2, 9)], [("a", 0, 9)], [("a", 2, 9)], [("a", 0, 9)]),
        # Of the time that an earlier rulebook judged nothing new is written, and nothing is taken away.
        ([("a", 0, 8)], [("a", 0, 9, "old")], [], []),
        ([("a", 2, 20)], [("a", 0, 9, "old")], [], []),
        ([], [("a", 0, 9, "old")], [], []),
        ([("a", 9, 20)], [("a", 0, 9, "old")], [("a", 9, 20)], []),
        ([("a", 5, 5)], [("a", 5, 5, "old")], [], []),
        ([("b", 0, 9)], [("a", 0, 9, "old")], [("b", 0, 9)], []),
    ],
)
def test_news(found, kept, written, removed):
    new, gone = news([verdict(*each) for each in found], [verdict(*each) for each in kept], "today", 0)
    assert (new, gone) == ([verdict(*each) for each in written], [verdict(*each) for each in removed])


@pytest.mark.parametrize(("in_force_at", "rejudged"), [(9, False), (10, True)])
def test_what_stopped_before_the_rulebook_came_is_judged_again(in_force_at, rejudged):
    [[written], _] = news([verdict("a", 0, 9)], [], "today", in_force_at)
    assert written.rejudged == rejudged
