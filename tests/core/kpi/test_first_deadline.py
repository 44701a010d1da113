"""Indicator 2.3.1 against tickets counted by hand, with every edge of domain 1.4."""

from __future__ import annotations

from typing import Any

import pytest
from hand_counted import added, case, opened, rules
from msgspec import structs

from bot.core.kpi.registry import INDICATORS, figures, ticket_facts

GIVEN = "mon 09:00 ann due 2026-11-18"
IN_TIME, LATE = "wed 15:00 bob state solved", "thu 08:00 bob state solved"
MOMENT = rules(agreed="promised")

TABLE: list[tuple[str, list[str], dict[str, Any], str]] = [
    ("done before the day", [GIVEN, "tue 09:00 bob state solved"], {}, "1"),
    ("done in its last second", [GIVEN, "wed 23:59 bob state solved"], {}, "1"),
    ("done as the next day begins", [GIVEN, "thu 00:00 bob state solved"], {}, "0"),
    ("set when it was created", [IN_TIME], {"due": "2026-11-18"}, "1"),
    ("set when it was created, and moved", ["tue 09:00 ann due 2026-11-20", LATE], {"due": "2026-11-18"},
     "0 'extended' 'met extended'"),
    ("never done", [GIVEN], {}, "0"),
    ("no date", [IN_TIME], {}, ""),
    ("another week's date", ["mon 09:00 ann due 2026-11-25", IN_TIME], {}, ""),
    ("extended, at the customer's wish or not", [GIVEN, "tue 09:00 ann due 2026-11-20", LATE], {},
     "0 'extended' 'met extended'"),
    ("extended, and done by the first date", [GIVEN, "tue 09:00 ann due 2026-11-20", IN_TIME], {},
     "1 'extended' 'met extended'"),
    ("extended in vain", [GIVEN, "tue 09:00 ann due 2026-11-19", "fri 08:00 bob state solved"], {}, "0 'extended'"),
    ("brought forward", [GIVEN, "tue 09:00 ann due 2026-11-17", IN_TIME], {}, "1"),
    ("removed: the first stays", [GIVEN, "tue 09:00 ann due -", LATE], {}, "0"),
    ("removed and set anew", [GIVEN, "tue 09:00 ann due -", "wed 09:00 ann due 2026-11-20", LATE], {},
     "0 'extended' 'met extended'"),
    ("put right within the grace", [GIVEN, "mon 10:00 ann due 2026-11-19", LATE], {}, "1"),
    ("put right too late", [GIVEN, "mon 10:01 ann due 2026-11-19", LATE], {}, "0 'extended' 'met extended'"),
    ("grace is working time", ["mon 15:30 ann due 2026-11-18", "tue 08:30 ann due 2026-11-19", LATE], {}, "1"),
    ("put right when somebody had it", [GIVEN, "mon 09:30 ann owner bob", "mon 09:40 ann due 2026-11-19", LATE], {},
     "0 'extended' 'met extended'"),
    ("put right before somebody had it", [GIVEN, "mon 09:30 ann due 2026-11-19", "mon 09:40 ann owner bob", LATE], {},
     "1"),
    ("created with an owner", [GIVEN, "mon 09:30 ann due 2026-11-19", LATE], {"owner": "bob"},
     "0 'extended' 'met extended'"),
    ("reopened, its last solution counts", [GIVEN, "tue 09:00 bob state solved", "thu 09:00 ann state new"], {}, "0"),
    ("reopened and done again in time",
     [GIVEN, "tue 09:00 bob state solved", "tue 12:00 ann state new", "wed 09:00 bob state solved"], {}, "1"),
    ("reopened and done again late",
     [GIVEN, "tue 09:00 bob state solved", "tue 12:00 ann state new", LATE], {}, "0"),
    ("closed after it was solved in time", [GIVEN, IN_TIME, "fri 09:00 ann state closed"], {}, "1"),
    ("a solution undone at once is none", [GIVEN, "wed 15:00 bob state solved", "wed 15:10 bob state new"], {}, "0"),
    ("a reopening undone by another is one",
     [GIVEN, IN_TIME, "thu 09:00 ann state new", "thu 09:05 bob state solved"], {}, "0"),
    ("a reopening undone at once is none",
     [GIVEN, IN_TIME, "thu 09:00 ann state new", "thu 09:10 ann state solved"], {}, "1"),
    ("a reopening undone too late", [GIVEN, IN_TIME, "thu 09:00 ann state new", "thu 09:11 ann state solved"], {},
     "0"),
    ("a duplicate", [GIVEN, "tue 09:00 bob resolution Duplicate", IN_TIME], {}, "out: duplicate"),
    ("cancelled", [GIVEN, "tue 09:00 bob resolution Cancelled", IN_TIME], {}, "out: cancelled"),
    ("rejected with reason", [GIVEN, "tue 09:00 bob resolution Rejected", IN_TIME], {}, "out: justified rejection"),
    ("none any more", [GIVEN, "tue 09:00 bob resolution Duplicate", "tue 10:00 bob resolution -", IN_TIME], {},
     "1"),
    ("spam", [GIVEN, "tue 09:00 bob resolution Spam"], {}, "out: spam"),
    ("a test", [GIVEN], {"labels": frozenset(("test",))}, "out: test"),
    ("a monitoring event", [GIVEN, IN_TIME], {"category": "EVENT"}, "out: monitoring event"),
    ("a sub-task", [GIVEN, IN_TIME], {"parent": "ABC-1"}, "out: sub-task"),
    ("a state nobody knows", [GIVEN, "wed 09:00 bob state ghost"], {}, "out: unknown state"),
    ("a state nobody knows between two known ones",
     [GIVEN, "tue 09:00 bob state solved", "wed 09:00 ann state ghost", "thu 09:00 ann state closed"], {}, "1"),
    ("put right as somebody got it", [GIVEN, "mon 09:30 ann due 2026-11-19", "mon 09:30 ann owner bob", LATE], {},
     "0 'extended' 'met extended'"),
    ("done from the start: imported", [], {"due": "2026-11-18", "state": "solved"}, "out: missing history"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "told"), TABLE, ids=[row[0] for row in TABLE])
def test_first_deadline(what: str, acts: list[str], first: dict[str, Any], told: str) -> None:
    assert added("first_deadline", case(opened(acts, **first))) == told


@pytest.mark.parametrize(
    ("was", "state", "told"),
    [
        ("new", "solved", "1"),
        ("asking", "solved", "out: missing history"),  # how it came to tier 2 is not told
        ("closed", "solved", "out: missing history"),  # nor when it was reopened
        ("ghost", "solved", "1"),
        ("new", "closed", "1"),  # as far as is told: done on Wednesday
        ("new", "handed-on", "out: missing history"),
    ],
)
def test_a_history_with_a_gap_in_it_tells_nothing(was: str, state: str, told: str) -> None:
    whole = opened([GIVEN, "tue 09:00 ann state new", IN_TIME])
    *before, last = whole.changes
    seen = structs.replace(whole, changes=(*before, structs.replace(last, was=was)), state=state)
    assert added("first_deadline", case(seen)) == told


@pytest.mark.parametrize(
    ("promised", "done", "told"),
    [
        ("2026-11-18T12:00:00", "wed 12:00", "1"),
        ("2026-11-18T12:00:00", "wed 12:01", "0"),
        ("2026-11-18T12:00:00+02:00", "wed 12:00", "1"),
        ("2026-11-18T10:00:00+00:00", "wed 12:01", "0"),
        ("2026-11-18", "wed 23:59", "1"),
        ("set", "wed 12:00", ""),
    ],
)
def test_a_field_with_a_time_of_day_counts_to_the_second(promised: str, done: str, told: str) -> None:
    seen = opened([f"mon 09:00 ann promised {promised}", f"{done} bob state solved"])
    assert added("first_deadline", case(seen, book=MOMENT)) == told


@pytest.mark.parametrize(
    ("due", "done", "told"),
    [
        ("2027-03-27", "19 sat 23:59", "1"),
        ("2027-03-27", "19 sun 00:00", "0"),
        ("2027-03-28", "19 sun 23:59", "1"),
        ("2027-03-28", "20 mon 00:00", "0"),
        ("2027-10-30", "50 sat 23:59", "1"),
        ("2027-10-30", "50 sun 00:00", "0"),
        ("2027-10-31", "50 sun 23:59", "1"),
        ("2027-10-31", "51 mon 00:00", "0"),
    ],
)
def test_days_around_a_change_of_the_clocks(due: str, done: str, told: str) -> None:
    seen = opened([f"mon 09:00 ann due {due}", f"{done} bob state solved"])
    week = "19 wed 08:00" if due < "2027-06" else "50 wed 08:00"
    assert added("first_deadline", case(seen, "52 mon 08:00", in_week=week)) == told


def test_a_ticket_reopened_after_the_period_changes_only_a_later_report() -> None:
    before, after = [GIVEN, IN_TIME], [GIVEN, IN_TIME, "2 tue 09:00 ann state new"]
    assert added("first_deadline", case(opened(before), now="2 mon 08:30")) == "1"
    assert added("first_deadline", case(opened(after), now="2 wed 08:30")) == "0"


def test_what_is_not_over_yet_is_no_failure() -> None:
    assert added("first_deadline", case(opened([GIVEN]), now="tue 12:00")) == "out: not over yet"
    assert added("first_deadline", case(opened([GIVEN]), now="thu 00:00")) == "0"
    noon = opened(["mon 09:00 ann promised 2026-11-18T12:00:00"])
    told = [added("first_deadline", case(noon, now=now, book=MOMENT)) for now in ("wed 12:00", "wed 12:01")]
    assert told == ["out: not over yet", "0"], "the last instant is still in time"


def test_the_grace_can_be_none() -> None:
    seen = opened([GIVEN, "mon 09:30 ann due 2026-11-19", LATE])
    assert added("first_deadline", case(seen, book=rules(grace="0h"))) == "0 'extended' 'met extended'"


@pytest.mark.parametrize(
    ("what", "acts", "told"),
    [
        ("with a date", [GIVEN, IN_TIME], "1"),
        ("with one that was removed", [GIVEN, "tue 09:00 ann due -", IN_TIME], "1"),
        ("without one", [IN_TIME], "0"),
        ("not done", [GIVEN], ""),
        ("a duplicate", ["tue 09:00 bob resolution Duplicate", IN_TIME], "out: duplicate"),
    ],
)
def test_of_how_many_it_can_be_told(what: str, acts: list[str], told: str) -> None:
    assert added("date_agreed", case(opened(acts))) == told


def test_an_empty_denominator_is_no_share() -> None:
    seen = case(opened([GIVEN, "tue 09:00 bob resolution Duplicate", IN_TIME]))
    of = {each.indicator: each for each in figures(ticket_facts(seen)) if not each.group}
    assert (of["first_deadline"].value, of["first_deadline"].denominator) == (None, 0)
    assert of["first_deadline"].excluded == {"duplicate": 1}
    assert of["calls"].value is None, "nothing is known of calls"


def test_every_indicator_says_what_it_is_in_three_languages() -> None:
    for indicator in INDICATORS.values():
        assert set(indicator.title) == set(indicator.definition) == {"et", "en", "ru"}, indicator.name
