"""Hand-overs, waits, returns and completeness at first submission, against tickets counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hand_counted import FIELDS, case, facts, opened, rules
from msgspec import structs
from small_desk import SECTIONS, at, book

from bot.core.kpi.case import Case

IT = "mon 08:30 ann queue it"
ON = "mon 09:00 ann state handed-on"
"""Handed to tier 2 on Monday at nine; the office works from 8 to 16."""

TAKEN = "mon 11:00 bob owner bob"
BACK = "mon 12:00 bob state new"


def told(name: str, seen: Case) -> list[str]:
    """What a ticket adds: `it 2` hours (or the value of a share), `it out: taken back`, with its marks."""
    unit = 3600 if name in ("handoff_wait", "executor_time") else 1
    return [
        " ".join((each.group, f"out: {each.excluded}" if each.excluded else f"{each.value / unit:g}", *each.marks))
        for each in facts(name, seen)
    ]


WAITS: list[tuple[str, list[str], dict[str, Any], list[str]]] = [
    ("none was handed over", [], {}, []),
    ("taken by an owner", [IT, ON, TAKEN], {}, ["it 2"]),
    ("answered", [IT, ON, "mon 09:30 bob says"], {}, ["it 0.5"]),
    ("only the first act counts", [IT, ON, TAKEN, "tue 09:00 bob says"], {}, ["it 2"]),
    ("thanks are no act", [IT, ON, "mon 09:30 bob thanks", TAKEN], {}, ["it 2"]),
    ("nor is what the forwarder writes", [IT, ON, "mon 09:30 ann says", TAKEN], {}, ["it 2"]),
    ("nor what the bot does", [IT, ON, "mon 09:30 robot owner bob", "mon 10:00 bob says"], {}, ["it 1"]),
    ("sent back untouched ends it too", [IT, ON, BACK], {}, ["it 3"]),
    ("solved at once", [IT, ON, "mon 10:00 bob state solved"], {}, ["it 1"]),
    ("the night does not count", [IT, ON, "tue 09:00 bob says"], {}, ["it 8"]),
    ("nor the weekend", [IT, "fri 15:00 ann state handed-on", "2 mon 09:00 bob says"], {}, ["it out: still waiting"]),
    ("taken back within ten minutes", [IT, ON, "mon 09:10 ann state new"], {}, []),
    ("taken back by the forwarder later", [IT, ON, "mon 09:11 ann state new"], {}, ["it out: taken back"]),
    ("taken back at once, handed over again", [IT, ON, "mon 09:10 ann state new", "mon 10:00 ann state handed-on",
                                               TAKEN], {}, ["it 1"]),
    ("returned, and handed over again", [IT, ON, BACK, "tue 08:00 ann state handed-on", "tue 10:00 bob says"], {},
     ["it 3", "it 2"]),
    ("still waiting", [IT, ON], {}, ["it out: still waiting"]),
    ("taken after the period", [IT, ON, "2 mon 08:00 bob says"], {}, ["it out: still waiting"]),
    ("handed over after the period", [IT, "2 mon 09:00 ann state handed-on", "2 mon 10:00 bob says"], {}, []),
    ("moved to another queue by who routes", [IT, ON, "mon 10:00 robot queue law", TAKEN], {}, ["law 2"]),
    ("without a queue at first", [ON, "mon 09:30 robot queue it", TAKEN], {}, ["it 2"]),
    ("created at tier 2", ["mon 10:00 bob says"], {"state": "handed-on", "queue": "it"}, ["it 2"]),
    ("reopened there is no hand-over", [IT, ON, TAKEN, "tue 08:00 bob state solved", "wed 08:00 ann state handed-on"],
     {}, ["it 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "expected"), WAITS, ids=[row[0] for row in WAITS])
def test_wait_after_a_hand_over(what: str, acts: list[str], first: dict[str, Any], expected: list[str]) -> None:
    assert told("handoff_wait", case(opened(acts, **first))) == expected


def test_what_happens_as_a_week_begins_is_that_weeks() -> None:
    waited = opened([IT, "fri 15:00 ann state handed-on", "2 mon 00:00 bob says"])
    assert told("handoff_wait", case(waited)) == ["it out: still waiting"]
    assert told("handoff_wait", case(waited, in_week="2 mon 08:00")) == ["it 1"]
    given = opened(["2 mon 00:00 cid owner bob"])
    assert told("executor_time", case(given, in_week="2 mon 08:00")) == ["unknown 40"]
    assert told("executor_time", case(structs.replace(given, created_at=at("2 mon 00:00")))) == []
    handed = opened([IT, "2 mon 00:00 ann state handed-on"])
    assert told("handoff_wait", case(handed)) == []
    assert told("bounces", case(handed, in_week="2 mon 08:00")) == ["it 0"]


def test_a_wait_counts_in_the_week_in_which_it_ends() -> None:
    seen = opened([IT, "fri 15:00 ann state handed-on", "2 mon 09:00 bob says"])
    assert told("handoff_wait", case(seen, in_week="2 mon 08:00")) == ["it 2"]
    assert told("handoff_wait", case(seen, in_week="3 mon 08:00")) == []


def test_a_queue_has_its_own_hours_and_a_night_an_hour_more_when_the_clocks_go_back() -> None:
    queues = [*SECTIONS["queues"][:1], SECTIONS["queues"][1] | {"calendar": "always"}]
    hours = dict.fromkeys(("mon-fri", "sat", "sun"), "00:00-24:00")
    always = {"timezone": "Europe/Tallinn", "hours": hours, "day": "24h"}
    rulebook = book(fields=SECTIONS["fields"] | FIELDS, queues=queues, routes=[], ladders=[],
                    calendars=SECTIONS["calendars"] | {"always": always})  # fmt: skip
    acts = ["-3 sat 22:00 ann queue it", "-3 sat 23:00 ann state handed-on", "-3 sun 05:00 bob says"]
    seen = structs.replace(opened(acts), created_at=at("-3 sat 08:00"))
    assert told("handoff_wait", case(seen, book=rulebook, in_week="-3 sun 08:00")) == ["it 7"]


EXECUTORS: list[tuple[str, list[str], dict[str, Any], list[str]]] = [
    ("assigned later", ["mon 10:00 cid owner bob"], {}, [" 2"]),
    ("by the bot", [IT, "mon 09:00 robot owner bob"], {}, ["it 1"]),
    ("created with one", [], {"owner": "bob"}, [" 0"]),
    ("only the first counts", ["mon 10:00 cid owner bob", "tue 10:00 cid owner dan"], {}, [" 2"]),
    ("taken from them again", ["mon 10:00 cid owner bob", "mon 11:00 cid owner -"], {}, [" 2"]),
    ("nobody yet", [], {}, [" out: no executor"]),
    ("nobody, and closed", ["tue 10:00 ann state closed"], {}, []),
    ("after the period", ["2 mon 10:00 cid owner bob"], {}, [" out: no executor"]),
    ("after it, when it was solved in it", ["tue 10:00 ann state solved", "2 mon 10:00 cid owner bob"], {}, []),
    ("over the weekend", ["sun 10:00 cid owner bob"], {}, [" 40"]),
    ("as the next week begins", ["2 mon 00:00 cid owner bob"], {}, [" out: no executor"]),
    ("registered at a moment", ["mon 10:00 cid owner bob"], {"promised": "2026-11-16T09:00:00"}, [" 1"]),
    ("registered on the day of its creation", ["mon 10:00 cid owner bob"], {"promised": "2026-11-16"}, [" 2"]),
    ("registered on Friday before", ["mon 10:00 cid owner bob"], {"promised": "2026-11-13"}, [" 10"]),
    ("registered after it had one", ["mon 10:00 cid owner bob"], {"promised": "2026-11-17"}, [" 0"]),
    ("registered nobody knows when", ["mon 10:00 cid owner bob"], {"promised": "set"}, [" 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "expected"), EXECUTORS, ids=[row[0] for row in EXECUTORS])
def test_time_to_an_assignee(what: str, acts: list[str], first: dict[str, Any], expected: list[str]) -> None:
    known = rules(registered="promised")
    found = told("executor_time", case(opened(acts, **first), book=known))
    assert [each.replace("unknown", "") for each in found] == expected


BOUNCES: list[tuple[str, list[str], dict[str, Any], list[str]]] = [
    ("kept", [IT, ON, TAKEN], {}, ["it 0"]),
    ("sent back", [IT, ON, BACK], {}, ["it 1 pending"]),
    ("sent back, justified", [IT, ON, BACK, "tue 12:00 cid justified jah"], {}, ["it 1 justified"]),
    ("sent back, not justified", [IT, ON, BACK, "tue 12:00 cid justified ei"], {}, ["it 1 not justified"]),
    ("its part was done", [IT, ON, BACK, "mon 12:05 bob return_reason JÄRGMINE_ETAPP"], {}, ["it 0"]),
    ("taken back by the forwarder", [IT, ON, "mon 12:00 ann state new"], {}, ["it 0"]),
    ("a return undone at once", [IT, ON, BACK, "mon 12:08 bob state handed-on"], {}, ["it 0"]),
    ("a hand-over undone at once", [IT, ON, "mon 09:05 ann state new"], {}, []),
    ("a hand-over undone at once, with somebody named between",
     [IT, ON, "mon 09:01 ann owner bob", "mon 09:05 ann state new"], {}, []),
    ("sent on in silence", [IT, ON, "mon 12:00 bob queue law"], {}, ["it 1 pending", "law 0"]),
    ("handed on after work", [IT, ON, "mon 11:00 bob says", "mon 12:00 bob queue law"], {}, ["it 0", "law 0"]),
    ("moved by who coordinates", [IT, ON, "mon 12:00 cid queue law"], {}, ["it 0", "law 0"]),
    ("twice there, once sent back", [IT, ON, BACK, "tue 09:00 ann state handed-on", "tue 10:00 bob says"], {},
     ["it 1 pending", "it 0"]),
    ("solved and reopened there is one hand-over", [IT, ON, "tue 09:00 bob state solved",
                                                   "wed 09:00 ann state handed-on"], {}, ["it 0"]),
    ("sent back after the period", [IT, ON, "2 tue 09:00 bob state new"], {}, ["it 1 pending"]),
    ("handed over after the period", [IT, "2 mon 09:00 ann state handed-on"], {}, []),
    ("created at a team", ["mon 09:00 bob says"], {"state": "handed-on", "queue": "it"}, ["it 0"]),
    ("never in a queue", [ON], {}, []),
    ("its queue emptied and given again", [IT, ON, "mon 10:00 cid queue -", "mon 11:00 cid queue it"], {}, ["it 0"]),
    ("handed over as the next week begins", [IT, "2 mon 00:00 ann state handed-on"], {}, []),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "expected"), BOUNCES, ids=[row[0] for row in BOUNCES])
def test_hand_overs_sent_back(what: str, acts: list[str], first: dict[str, Any], expected: list[str]) -> None:
    assert told("bounces", case(opened(acts, **first))) == expected


REQUIRES = [
    {"name": "needs", "why": "Tier 2 needs it.", "when": {"category": "IT"}, "requires": ["promised", "quality"]},
    {"name": "trial", "why": "Nobody knows it yet.", "requires": ["rating"], "observe": True},
    {"name": "young", "why": "It is not yet in force.", "requires": ["parent"], "since": "2026-12-01"},
]  # fmt: skip
REQUIRING = book(
    fields=SECTIONS["fields"] | FIELDS,
    indicators={"uncounted": {"duplicate": {"resolution": "Duplicate"}}},
    completeness=REQUIRES,
)
FULL = ["mon 08:10 ann promised a", "mon 08:20 ann quality b"]
COMPLETE: list[tuple[str, list[str], dict[str, Any], list[str]]] = [
    ("all of it", [*FULL, IT, ON], {"category": "IT"}, ["it 1"]),
    ("one thing is missing", [FULL[0], IT, ON], {"category": "IT"}, ["it 0 quality"]),
    ("both are, and were given later", [IT, ON, "mon 10:00 ann promised a", "mon 10:01 ann quality b"],
     {"category": "IT"}, ["it 0 promised quality"]),
    ("given in the same second", [FULL[0], IT, ON, "mon 09:00 ann quality b"], {"category": "IT"}, ["it 1"]),
    ("taken out later", [*FULL, IT, ON, "mon 10:00 ann quality -"], {"category": "IT"}, ["it 1"]),
    ("nothing is required of it", [IT, ON], {"category": "LAW"}, ["it out: nothing required"]),
    ("returned and complete the second time", [IT, ON, BACK, *[each.replace("mon 08", "tue 08") for each in FULL],
                                               "tue 09:00 ann state handed-on"], {"category": "IT"},
     ["it 0 promised quality"]),
    ("undone at once, then complete", [IT, ON, "mon 09:05 ann state new", "mon 10:00 ann promised a",
                                       "mon 10:00 ann quality b", "mon 10:10 ann state handed-on"],
     {"category": "IT"}, ["it 1"]),
    ("of another category", [IT, ON, "mon 12:00 cid category LAW"], {"category": "IT"}, ["it 0 promised quality"]),
    ("a duplicate", [IT, ON, "mon 12:00 cid resolution Duplicate"], {"category": "IT"}, ["it out: duplicate"]),
    ("never handed over", FULL, {"category": "IT"}, []),
    ("handed over in another week", [IT, "2 mon 09:00 ann state handed-on"], {"category": "IT"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "first", "expected"), COMPLETE, ids=[row[0] for row in COMPLETE])
def test_complete_at_first_submission(what: str, acts: list[str], first: dict[str, Any], expected: list[str]) -> None:
    assert told("complete_first", case(opened(acts, **first), book=REQUIRING)) == expected
