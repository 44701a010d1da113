"""What is kept of promises and of the law, against verdicts and deadlines counted by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hand_counted import FIELDS, added, case, facts, opened
from msgspec import structs
from small_desk import SECTIONS, at, book

from bot.core.kpi.figure import by_group, figure
from bot.core.verdict import Verdict

VERDICTS = [
    ("answer", "mon 12:00", 7200, "met", False),
    ("answer", "wed 12:00", 18000, "missed", False),
    ("answer", "sun 23:59", 3600, "met", True),
    ("solution", "tue 12:00", 36000, "met", False),
    ("answer", "2 mon 00:00", 60, "missed", False),  # after the week
    ("answer", "0 sun 23:59", 60, "missed", False),  # before it
]


def test_promises_are_told_apart_by_policy_and_by_whether_a_later_rulebook_judged_them() -> None:
    verdicts = tuple(
        Verdict("7", policy, 0, at(stopped), None, elapsed, 0, standing, "1", 0, rejudged)
        for policy, stopped, elapsed, standing, rejudged in VERDICTS
    )
    seen = replace(case(opened([])), verdicts=verdicts)
    found = {group: figure("share", "promise", group, those) for group, those in by_group(facts("promise", seen))}
    assert {group: (each.numerator, each.denominator, each.marks) for group, each in found.items()} == {
        "answer": (2, 3, {"rejudged": 1}),
        "solution": (1, 1, {}),
    }
    times = {
        group: figure("time", "promise_time", group, those) for group, those in by_group(facts("promise_time", seen))
    }
    assert {group: (each.value, each.p90) for group, each in times.items()} == {
        "answer": (7200, 18000),
        "solution": (36000, 36000),
    }


DEADLINES = [
    {"name": "register", "why": "It has to be registered at once.", "basis": "law 1", "source": "here",
     "when": {"category": "LAW"}, "within": "1wd", "met_by": "promised"},
    {"name": "answer", "why": "It has to be answered in five days.", "basis": "law 2", "source": "here",
     "when": {"category": "LAW"}, "counts_from": "promised", "within": "5wd",
     "extension": {"to": "10wd", "field": "quality", "notice_within": "5wd"}},
    {"name": "season", "why": "The season ends on that day.", "basis": "law 3", "source": "here",
     "when": {"category": "LAW"}, "dates": {"2026": "2026-11-20"}},
    {"name": "own", "why": "A person has set the last day.", "basis": "law 4", "source": "here", "ends_on": "rating"},
]  # fmt: skip
LAWFUL = book(
    fields=SECTIONS["fields"] | FIELDS,
    deadlines=DEADLINES,
    ladders=[],
    indicators={"uncounted": {"duplicate": {"resolution": "Duplicate"}}},
)
REGISTERED = "mon 09:00 ann promised 2026-11-16"
"""Registered on Monday: to be answered by the end of Monday of the second week."""

STATUTORY: list[tuple[str, str, list[str], dict[str, Any], str, str]] = [
    # in which week; what happened; what is counted of the registration; and of the answer
    ("registered at once", "mon 08:00", [REGISTERED], {}, "1", ""),
    ("registered on the last day", "mon 08:00", ["tue 23:59 ann promised 2026-11-17"], {}, "1", ""),
    ("registered too late", "mon 08:00", ["wed 08:00 ann promised 2026-11-18"], {}, "0", ""),
    ("registered in time, entered later", "mon 08:00", ["thu 08:00 ann promised 2026-11-17"], {}, "1", ""),
    ("never registered", "mon 08:00", [], {}, "0 'overdue'", ""),
    ("entered with a day to come", "mon 08:00", ["tue 08:00 ann promised 2027-11-30"], {}, "1", ""),
    ("so, but too late", "mon 08:00", ["thu 08:00 ann promised 2027-11-30"], {}, "0", ""),
    ("answered in time", "2 mon 08:00", [REGISTERED, "fri 10:00 bob state solved"], {}, "", "1"),
    ("answered on the last day", "2 mon 08:00", [REGISTERED, "2 mon 23:59 bob state solved"], {}, "", "1"),
    ("answered at midnight after it", "2 mon 08:00", [REGISTERED, "2 tue 00:00 bob state solved"], {}, "", "0"),
    ("not answered", "2 mon 08:00", [REGISTERED], {}, "", "0 'overdue'"),
    ("answered, and reopened", "2 mon 08:00", [REGISTERED, "fri 10:00 bob state solved", "2 tue 10:00 ann state new"],
     {}, "", "0 'overdue'"),
    ("answered again too late", "2 mon 08:00", [REGISTERED, "fri 10:00 bob state solved", "2 mon 10:00 ann state new",
                                                "2 wed 10:00 bob state solved"], {}, "", "0"),
    ("a reopening undone", "2 mon 08:00", [REGISTERED, "fri 10:00 bob state solved", "2 tue 10:00 ann state new",
                                                   "2 tue 10:09 ann state solved"], {}, "", "1"),
    ("extended: counted later", "2 mon 08:00", [REGISTERED, "fri 10:00 ann quality 2026-11-20"], {}, "", ""),
    ("extended", "3 mon 08:00", [REGISTERED, "fri 10:00 ann quality 2026-11-20", "2 fri 10:00 bob state solved"],
     {}, "", "1 'extended'"),
    ("extended too late", "2 mon 08:00", [REGISTERED, "2 tue 10:00 ann quality 2026-11-24",
                                          "2 fri 10:00 bob state solved"], {}, "", "0"),
    ("of another category", "mon 08:00", [], {"category": "IT"}, "", ""),
    ("a duplicate", "2 mon 08:00", [REGISTERED, "tue 09:00 ann resolution Duplicate"], {}, "",
     "out: duplicate 'overdue'"),
    ("registered nobody knows when", "2 mon 08:00", ["fri 10:00 bob state solved"], {}, "", "1 'provisional'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("what", "week", "acts", "first", "register", "answer"), STATUTORY, ids=[s[0] for s in STATUTORY]
)
def test_answers_by_law(
    what: str, week: str, acts: list[str], first: dict[str, Any], register: str, answer: str
) -> None:
    seen = case(opened(acts, **({"category": "LAW"} | first)), book=LAWFUL, in_week=week)
    found = dict(by_group(facts("statutory", seen)))
    assert found.keys() <= {"register", "answer"}, "neither seasons nor persons' own dates are the law's"
    told = {
        group: " ".join((f"out: {each.excluded}" if each.excluded else f"{each.value:g}", *map(repr, each.marks)))
        for group, (each,) in found.items()
    }
    assert (told.get("register", ""), told.get("answer", "")) == (register, answer)


def test_what_is_not_due_yet_is_no_failure() -> None:
    seen = opened([REGISTERED], category="LAW")
    assert added("statutory", case(seen, "2 mon 12:00", book=LAWFUL, in_week="2 mon 08:00")) == "out: not due yet"
    assert added("statutory", case(seen, "2 tue 00:00", book=LAWFUL, in_week="2 mon 08:00")) == "0 'overdue'"


def test_hours_of_the_clock_are_in_time_up_to_their_last_second() -> None:
    entry = {"name": "breach", "why": "It has to be told within 72 hours.", "basis": "law 5", "source": "here",
             "within": "72h clock"}  # fmt: skip
    known = book(fields=SECTIONS["fields"] | FIELDS, deadlines=[entry], ladders=[])
    exact, late = opened(["thu 08:00 bob state solved"]), opened(["thu 08:01 bob state solved"])
    assert [added("statutory", case(one, book=known)) for one in (exact, late)] == ["1", "0"]
    waits = opened([], category="IT")
    assert [added("statutory", case(waits, now, book=known)) for now in ("thu 08:00", "thu 08:01")] == [
        "out: not due yet",
        "0 'overdue'",
    ]
    listed = book(
        fields=SECTIONS["fields"] | FIELDS, deadlines=[entry | {"when": {"category": ["LAW", "IT"]}}], ladders=[]
    )
    of_category = [added("statutory", case(opened([], category=word), book=listed)) for word in ("IT", "LAW")]
    assert of_category == ["0 'overdue'"] * 2
    assert added("statutory", case(opened([]), book=listed)) == ""
    any_of = {"any": [{"category": "LAW"}, {"state": "new", "category": ["IT"]}]}
    either = book(fields=SECTIONS["fields"] | FIELDS, deadlines=[entry | {"when": any_of}], ladders=[])
    for word, expected in (("LAW", "0 'overdue'"), ("IT", "0 'overdue'"), (None, "")):
        assert added("statutory", case(opened([], category=word), book=either)) == expected
    free = book(
        fields=SECTIONS["fields"] | FIELDS, deadlines=[entry | {"when": {"any": [{"label": "x"}]}}], ladders=[]
    )
    assert added("statutory", case(opened([], labels=frozenset(("x",))), book=free)) == "0 'overdue'"
    for end, in_time in (("12:00", "1"), ("12:01", "0")):  # over the night when the clocks go back
        seen = structs.replace(opened([f"-2 mon {end} bob state solved"]), created_at=at("-3 fri 13:00"))
        assert added("statutory", case(seen, book=known, in_week="-2 mon 08:00")) == in_time
