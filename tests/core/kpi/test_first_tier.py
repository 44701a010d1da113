"""Indicator 2.3.4 against tickets counted by hand, with every edge of domain 1.4."""

from __future__ import annotations

from typing import Any

import pytest
from hand_counted import added, case, opened, rules

ON, BACK = "mon 09:00 ann state handed-on", "tue 09:00 bob state new"
SOLVED, SHUT = "wed 09:00 ann state solved", "wed 10:00 ann state closed"
ASKING = "mon 10:00 bob state asking"

TABLE: list[tuple[str, list[str], dict[str, Any], str, str]] = [
    ("solved at tier 1", [SOLVED], {}, "1", "1"),
    ("closed at tier 1 without more", [SHUT], {}, "1", "1"),
    ("open", [], {}, "", "out: still open"),
    ("open at tier 2", [ON], {}, "", "out: still open"),
    ("solved at tier 2", [ON, "wed 09:00 bob state solved"], {}, "0", "0"),
    ("tier 2 was only asked, in a comment", ["mon 10:00 bob says", SOLVED], {}, "1", "1"),
    ("returned, and solved at tier 1", [ON, BACK, SOLVED], {}, "0 'returned'", "0 'returned'"),
    ("handed over by mistake", [ON, "mon 09:10 ann state new", SOLVED], {}, "1", "1"),
    ("taken back by another", [ON, "mon 09:10 bob state new", SOLVED], {}, "0 'returned'", "0 'returned'"),
    ("closed without the customer's answer", [ON, ASKING, SHUT], {}, "0 'no answer'", "0 'no answer'"),
    ("solved while the customer was to answer", [ON, ASKING, "wed 09:00 bob state solved", SHUT], {}, "0", "0"),
    ("closed unsolved", ["tue 09:00 ann resolution Unsolved", SHUT], {}, "0 'unsolved'", "0 'unsolved'"),
    ("a duplicate", ["tue 09:00 ann resolution Duplicate", SHUT], {}, "out: duplicate", "out: duplicate"),
    ("cancelled and still open", ["tue 09:00 ann resolution Cancelled"], {}, "", "out: cancelled"),
    ("an event", [SOLVED], {"category": "EVENT"}, "out: monitoring event", "out: monitoring event"),
    ("an inquiry made of an event", ["mon 10:00 ann category IT", SOLVED], {"category": "EVENT"}, "1", "1"),
    ("made of one at tier 2", ["mon 10:00 bob category IT", "wed 09:00 bob state solved"],
     {"category": "EVENT", "state": "handed-on"}, "0", "0"),
    ("a sub-task", [SOLVED], {"parent": "ABC-1"}, "out: sub-task", "out: sub-task"),
    ("solved from a state of no tier", ["mon 10:00 ann state drifting", SOLVED], {}, "out: tier not known",
     "out: tier not known"),
    ("solved in another week", ["2 mon 09:00 ann state solved"], {}, "", "1"),
    ("reopened in the next week", [SOLVED, "2 mon 09:00 ann state new"], {}, "", "out: still open"),
    ("its last solution counts", [SOLVED, "thu 09:00 ann state handed-on", "fri 09:00 bob state solved"], {}, "0",
     "0"),
    ("a reopening undone at once", [SOLVED, "2 mon 09:00 ann state new", "2 mon 09:05 ann state solved"], {}, "1",
     "1"),
    ("imported as done", [], {"state": "solved"}, "out: missing history", "out: missing history"),
]  # fmt: skip
RULES = rules(first_tier={"unsolved": {"resolution": "Unsolved"}})


@pytest.mark.parametrize(("what", "acts", "first", "told", "created"), TABLE, ids=[row[0] for row in TABLE])
def test_first_tier(what: str, acts: list[str], first: dict[str, Any], told: str, created: str) -> None:
    seen = case(opened(acts, **first), book=RULES)
    assert (added("first_tier", seen), added("first_tier_created", seen)) == (told, created)


WAITED_AT_1 = ["mon 10:00 ann state waiting", SHUT]
SETTINGS: list[tuple[str, dict[str, bool], list[str], str]] = [
    ("returned does not count", {}, [ON, BACK, SOLVED], "0 'returned'"),
    ("returned counts", {"returned": True}, [ON, BACK, SOLVED], "1 'returned'"),
    ("solved at tier 2 does not even so", {"returned": True}, [ON, "wed 09:00 bob state solved"], "0"),
    ("no answer at tier 1 does not count", {}, WAITED_AT_1, "0 'no answer'"),
    ("no answer at tier 1 counts", {"no_answer": True}, WAITED_AT_1, "1 'no answer'"),
    ("no answer, but tier 2 once had it", {"no_answer": True}, [ON, BACK, "tue 10:00 ann state waiting", SHUT],
     "0 'no answer'"),
    ("no answer at tier 2 never counts", {"no_answer": True}, [ON, ASKING, SHUT], "0 'no answer'"),
    ("closed after the answer came", {}, [*WAITED_AT_1[:1], "tue 09:00 ann state new", SHUT], "1"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "settings", "acts", "told"), SETTINGS, ids=[row[0] for row in SETTINGS])
def test_what_counts_by_setting(what: str, settings: dict[str, bool], acts: list[str], told: str) -> None:
    assert added("first_tier", case(opened(acts), book=rules(first_tier=settings))) == told


def test_an_inquiry_made_of_an_event_came_when_it_was_made() -> None:
    made = opened(["2 mon 10:00 ann category IT", "2 tue 10:00 ann state solved"], category="EVENT")
    weeks = [added("first_tier_created", case(made, in_week=week)) for week in ("mon 08:00", "2 mon 08:00")]
    assert weeks == ["", "1"]


def test_a_period_begins_with_its_first_second() -> None:
    solved = opened(["2 mon 00:00 ann state solved"])
    weeks = [added("first_tier", case(solved, in_week=week)) for week in ("mon 08:00", "2 mon 08:00")]
    assert weeks == ["", "1"]
