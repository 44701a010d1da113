"""Inquiries by unit and category, and the sample whose quality is looked at, against tickets counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hand_counted import added, case, facts, opened, rules
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from small_desk import at

from bot.core.kpi.case import Records
from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import by_group, figure
from bot.core.kpi.inquiries import sampled
from bot.core.kpi.period import period_of
from bot.core.kpi.registry import INDICATORS

UNITS = [
    {"unit": "legal", "title": {"en": "Legal"}, "categories": ["LAW"]},
    {"unit": "machines", "title": {"en": "Machines"}, "categories": ["IT"]},
]
KNOWN = rules(units=UNITS)
SOLVED = "wed 10:00 bob state solved"

INQUIRIES: list[tuple[str, list[str], dict[str, Any], list[tuple[str, str]]]] = [
    ("of a unit", [], {"category": "LAW"}, [("legal", "LAW")]),
    ("given another category later", ["tue 09:00 cid category IT"], {"category": "LAW"}, [("machines", "IT")]),
    ("of none", [], {}, [("-", "unknown")]),
    ("an event", [], {"category": "EVENT"}, []),
    ("made of an event in the week", ["sun 23:59 cid category IT"], {"category": "EVENT"}, [("machines", "IT")]),
    ("made of an event after it", ["2 mon 00:00 cid category IT"], {"category": "EVENT"}, []),
    ("solved at once", ["mon 08:00 bob state closed"], {"category": "IT"}, [("machines", "IT")]),
    ("a sub-task", [], {"category": "IT", "parent": "ABC-1"}, [("machines", "IT out: sub-task")]),
    ("a duplicate", ["tue 09:00 cid resolution Duplicate"], {"category": "IT"}, [("machines", "IT out: duplicate")]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "expected"), INQUIRIES, ids=[row[0] for row in INQUIRIES])
def test_inquiries_by_unit(
    what: str, acts: list[str], first: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    seen = case(opened(acts, **first), book=KNOWN)
    found = facts("inquiries", seen)
    told = [
        (each.group, " ".join([*each.marks, *([f"out: {each.excluded}"] if each.excluded else [])])) for each in found
    ]
    assert told == expected
    assert [each.group for each in facts("categories", seen)] == [word.split()[0] for _, word in expected]


def test_what_came_before_or_after_the_week_is_not_its_own() -> None:
    for moment, weeks in (
        ("0 sun 23:59", [1, 0]),
        ("mon 00:00", [0, 1]),
        ("sun 23:59", [0, 1]),
        ("2 mon 00:00", [0, 0]),
    ):
        seen = structs.replace(opened([], category="IT"), created_at=at(moment))
        counted = [
            len(facts("inquiries", case(seen, book=KNOWN, in_week=week))) for week in ("0 mon 08:00", "mon 08:00")
        ]
        assert counted == weeks, moment


def test_the_rows_of_units_sum_up_to_all_and_what_none_has_is_a_row() -> None:
    seen = [opened([], category=category) for category in ("LAW", "LAW", "IT")] + [opened([])]
    found = [fact for one in seen for fact in facts("inquiries", case(one, book=KNOWN))]
    rows = {group: figure("count", "inquiries", group, those) for group, those in by_group(found)}
    assert {group: row.value for group, row in rows.items()} == {"legal": 2, "machines": 1, "-": 1}
    assert rows["legal"].marks == {"LAW": 2}


def test_the_row_of_what_no_unit_has_is_shown_though_there_is_nothing_in_it() -> None:
    of_desk = INDICATORS["inquiries"].desk_facts
    assert of_desk is not None
    found = [*facts("inquiries", case(opened([], category="IT"), book=KNOWN))]
    found += of_desk(Records(KNOWN, WEEK, at("2 mon 08:00")))
    rows = {group: figure("count", "inquiries", group, those) for group, those in by_group(found)}
    assert {group: row.value for group, row in rows.items()} == {"machines": 1, "-": 0}
    assert figure("count", "inquiries", "", found).value == 1


SAMPLE: list[tuple[str, list[str], dict[str, Any], str]] = [
    ("solved", [SOLVED], {}, "1"),
    ("not solved", [], {}, ""),
    ("solved, undone at once", [SOLVED, "wed 10:09 bob state new"], {}, ""),
    ("solved twice counts once", [SOLVED, "thu 10:00 ann state new", "fri 10:00 bob state solved"], {}, "1"),
    ("with a security level", [SOLVED], {"secured": True}, "out: security level"),
    ("an event", [SOLVED], {"category": "EVENT"}, "out: monitoring event"),
    ("solved after the week", ["2 mon 00:00 bob state solved"], {}, ""),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "expected"), SAMPLE, ids=[row[0] for row in SAMPLE])
def test_what_a_sample_is_drawn_of(what: str, acts: list[str], first: dict[str, Any], expected: str) -> None:
    assert added("sample", case(opened(acts, **first))) == expected


WEEK = period_of("week", KNOWN.calendar.day_of(at("mon 08:00")), KNOWN.calendar)
NEXT = period_of("week", KNOWN.calendar.day_of(at("2 mon 08:00")), KNOWN.calendar)
HUNDRED = [Fact("sample", f"ABC-{n}", 1) for n in range(100)]


def test_a_sample_is_the_same_whenever_it_is_drawn_and_another_of_another_period_or_desk() -> None:
    assert sampled(HUNDRED, "small", WEEK, 5) == ["ABC-46", "ABC-26", "ABC-1", "ABC-19", "ABC-73"]
    assert (
        sampled(HUNDRED, "small", NEXT, 5) != sampled(HUNDRED, "small", WEEK, 5) != sampled(HUNDRED, "big", WEEK, 5)
    )
    assert sampled(HUNDRED, "small", WEEK, 0) == []
    assert len(sampled(HUNDRED[:3], "small", WEEK, 5)) == 3
    assert sampled([], "small", WEEK, 5) == []


def test_none_is_drawn_that_is_left_out_or_that_a_reader_is_not_told_of() -> None:
    secured = [Fact("sample", "ABC-1", 1, excluded="security level", secured=True), Fact("sample", "", 1)]
    assert sampled([*secured, Fact("backlog", "ABC-2", 1), Fact("sample", "ABC-3", 1)], "small", WEEK, 5) == ["ABC-3"]


@given(st.permutations(HUNDRED[:20]), st.integers(0, 20), st.sets(st.integers(0, 19)))
def test_the_order_of_tickets_does_not_matter_and_fewer_tickets_only_take_out_their_own(order, count, gone):
    whole = sampled(order, "small", WEEK, count)
    assert whole == sampled(HUNDRED[:20], "small", WEEK, count)
    left = sampled([fact for i, fact in enumerate(HUNDRED[:20]) if i not in gone], "small", WEEK, 20)
    assert left == [key for key in sampled(HUNDRED[:20], "small", WEEK, 20) if int(key[4:]) not in gone]
