"""What was open, old, still or down as a period ended, against tickets counted by hand."""

from __future__ import annotations

import pytest
from hand_counted import RULES, added, case, facts, opened
from msgspec import structs
from small_desk import SECTIONS, at, book

from bot.core.kpi.backlog import band
from bot.core.kpi.figure import by_group, figure

IT = "mon 08:30 ann queue it"
ON = "mon 09:00 ann state handed-on"

OPEN: list[tuple[str, list[str], str, str]] = [
    # what happened, how it counts, and of which queue; the week ends with Sunday, the report is of weeks later
    ("new", [], "1 'tier 1'", "unknown"),
    ("at tier 2", [IT, ON], "1 'tier 2'", "it"),
    ("between tiers", ["mon 09:00 ann state drifting"], "1 'no tier'", "unknown"),
    ("of a queue's tier", [IT, "mon 09:00 ann state drifting"], "1 'tier 2'", "it"),
    ("solved in the week", [IT, ON, "fri 10:00 bob state solved"], "", ""),
    ("solved after it", [IT, ON, "2 mon 00:00 bob state solved"], "1 'tier 2'", "it"),
    ("solved in its last minute", [IT, ON, "sun 23:59 bob state solved"], "", ""),
    ("reopened after it", [IT, ON, "fri 10:00 bob state solved", "2 mon 09:00 ann state handed-on"], "", ""),
    ("moved after it", [IT, ON, "2 mon 09:00 bob queue law"], "1 'tier 2'", "it"),
    ("nobody knows how it stands", ["mon 09:00 ann state strange"], "", ""),
]


@pytest.mark.parametrize(("what", "acts", "counted", "queue"), OPEN, ids=[row[0] for row in OPEN])
def test_open_as_the_week_ended(what: str, acts: list[str], counted: str, queue: str) -> None:
    seen = case(opened(acts))
    assert added("backlog", seen) == counted
    for name in ("backlog_queue", "age"):
        assert [fact.group for fact in facts(name, seen)] == ([queue] if queue else [])


def test_what_came_after_the_week_was_not_there() -> None:
    seen = case(opened([IT, ON]), in_week="-1 mon 08:00")
    assert [added(name, seen) for name in ("backlog", "backlog_queue", "age", "still", "workload")] == [""] * 5


AGES = [
    ("mon 08:00", 6, "0-9"),
    ("sun 23:59", 0, "0-9"),
    ("0 fri 08:00", 9, "0-9"),
    ("0 thu 23:59", 10, "10-30"),
    ("-3 fri 12:00", 30, "10-30"),
    ("-3 thu 12:00", 31, "31-"),
    ("-3 sun 03:30", 28, "10-30"),  # the night when the clocks go back: a day is a day
]


@pytest.mark.parametrize(("created", "days", "group"), AGES)
def test_ages_are_whole_calendar_days_up_to_the_weeks_last(created: str, days: int, group: str) -> None:
    seen = case(structs.replace(opened([]), created_at=at(created)))
    (age,), (counted,) = facts("age", seen), facts("backlog", seen)
    assert (age.value, counted.group) == (days, group)


def test_a_week_that_runs_yet_is_known_up_to_now() -> None:
    seen = case(opened([IT, ON]), "wed 10:00")
    assert [fact.value for fact in facts("age", seen)] == [2]


def test_bands_are_those_of_the_digest() -> None:
    known = book(digest={"ages": ["1cd"]})
    assert [band(age, known) for age in (0, 1, 2)] == ["0-1", "0-1", "2-"]
    assert [band(age, RULES) for age in (0, 9, 10, 30, 31)] == ["0-9", "0-9", "10-30", "10-30", "31-"]


STILL: list[tuple[str, list[str], str]] = [
    # `still` is two working days: what moved last on Thursday at eight had 16 working hours by Friday's end
    ("since Monday", [IT, ON], "1"),
    ("since Thursday morning", [IT, ON, "thu 08:00 bob says"], "1"),
    ("since a minute later", [IT, ON, "thu 08:01 bob says"], ""),
    ("thanks are no movement", [IT, ON, "fri 08:00 bob thanks"], "1"),
    ("nor is a word of the forwarder", [IT, ON, "fri 08:00 ann says"], "1"),
    ("nor what the bot says or sets", [IT, ON, "fri 08:00 robot says", "fri 09:00 robot owner bob"], "1"),
    ("an owner is", [IT, ON, "fri 08:00 cid owner bob"], ""),
    ("on the customer's turn", [IT, ON, "mon 10:00 bob state asking"], ""),
    ("on tier 1's", [], ""),
    ("solved", [IT, ON, "mon 10:00 bob state solved"], ""),
    ("moved after the week", [IT, ON, "2 mon 09:00 bob says"], "1"),
]


@pytest.mark.parametrize(("what", "acts", "counted"), STILL, ids=[row[0] for row in STILL])
def test_without_movement_as_the_week_ended(what: str, acts: list[str], counted: str) -> None:
    assert added("still", case(opened(acts))) == counted


DOWN = book(fields=SECTIONS["fields"] | {"since": "s", "service": "v"},
            outages={"when": {"category": "IT"}, "begins": "since", "service": "service"})  # fmt: skip


def down(*acts: str, service: str = "VPN", **fields: str):  # type: ignore[no-untyped-def]
    made = opened(list(acts), category="IT")
    return structs.replace(made, fields=made.fields | {"service": service} | fields)


OUTAGES = [
    ("one", [down("mon 10:00 bob state solved")], {"VPN": 120}),
    ("two that overlap", [down("mon 10:00 bob state solved"),
                          down("mon 11:00 bob state solved", since="2026-11-16T07:30:00")], {"VPN": 210}),
    ("two services", [down("mon 10:00 bob state solved"), down("mon 09:00 bob state solved", service="Mail")],
     {"Mail": 60, "VPN": 120}),
    ("of another category", [opened(["mon 10:00 bob state solved"], category="LAW")], {}),
    ("reopened", [down("mon 10:00 bob state solved", "tue 10:00 bob state new", "tue 11:00 bob state solved")],
     {"VPN": 180}),
    ("begun before the week, over in it", [structs.replace(down("mon 10:00 bob state solved"),
                                                           created_at=at("-1 sun 08:00"))], {"VPN": 600}),
    ("begun before the week, not over in it", [structs.replace(down("2 mon 10:00 bob state solved"),
                                                               created_at=at("-1 sun 08:00"))], {"VPN": 7 * 1440}),
    ("begun before the week, and nothing since", [structs.replace(down(), created_at=at("-1 sun 08:00"))],
     {"VPN": 7 * 1440}),
    ("over before it", [structs.replace(down("-1 sun 10:00 bob state solved"), created_at=at("-1 sun 08:00"))], {}),
    ("none", [], {}),
]  # fmt: skip


@pytest.mark.parametrize(("what", "tickets", "minutes"), OUTAGES, ids=[row[0] for row in OUTAGES])
def test_outage_minutes_count_each_second_once(what, tickets, minutes) -> None:  # type: ignore[no-untyped-def]
    found = [fact for one in tickets for fact in facts("outage", case(one, book=DOWN))]
    figures = [figure("spans", "outage", group, those) for group, those in by_group(found)]
    assert {each.group: (each.value or 0) / 60 for each in figures} == minutes


def test_an_outage_over_the_night_when_the_clocks_go_back_is_an_hour_longer() -> None:
    seen = structs.replace(down("-3 sun 05:00 bob state solved"), created_at=at("-3 sun 01:00"))
    (fact,) = facts("outage", case(seen, book=DOWN, in_week="-3 sun 08:00"))
    assert fact.value == 5 * 3600


def test_what_is_down_yet_is_told_and_counts_up_to_now() -> None:
    assert added("outage", case(down(), "mon 09:00", book=DOWN)) == "3601 'down'"
    assert added("outage", case(down("2 mon 10:00 bob state solved"), book=DOWN)).endswith("'down'")
    assert added("outage", case(down("2 mon 00:00 bob state solved"), book=DOWN)).endswith("'down'")
    assert added("outage", case(down("mon 09:00 bob state solved"), book=DOWN)) == "3600"
