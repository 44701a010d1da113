from __future__ import annotations

from typing import Any

import pytest
from small_desk import SECTIONS, at, book, plain_book, ticket, view

from bot.core.conditions import holds, problems
from bot.core.entries import Entries
from bot.core.findings import KEY
from bot.core.forms import Tested
from bot.core.judge import look
from bot.core.roles import HELD
from bot.core.ticket import Message

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


HANDED_ON = "mon 09:00 ann state handed-on"
SOLVED = "mon 10:00 bob state solved"


@pytest.mark.parametrize(
    ("acts", "when", "expected"),
    [
        ([HANDED_ON, "mon 10:00 bob says"], {"latest": "replied"}, True),
        ([HANDED_ON, "mon 10:00 bob says", "mon 11:00 ann thanks"], {"latest": "replied"}, True),
        ([HANDED_ON, "mon 10:00 bob says", "mon 11:00 robot says"], {"latest": "replied"}, True),
        ([HANDED_ON, "mon 10:00 bob says", "mon 11:00 bob labels x"], {"latest": "replied"}, True),
        ([HANDED_ON, "mon 10:00 bob says", "mon 11:00 ann says"], {"latest": "replied"}, False),
        ([HANDED_ON, "mon 10:00 bob says", "mon 11:00 bob state asking"], {"latest": "replied"}, False),
        ([HANDED_ON, "mon 10:00 bob says", "mon 11:00 bob promises"], {"latest": ["replied", "asked"]}, False),
        ([HANDED_ON, "mon 10:00 bob asks"], {"latest": ["replied", "asked"]}, True),
        ([SOLVED, "mon 11:00 ann delivered yes"], {"latest": "delivered"}, True),
        ([SOLVED, "mon 11:00 ann delivered yes", "mon 12:00 ann says"], {"latest": "delivered"}, False),
        ([SOLVED], {"attempts": 0}, True),
        ([SOLVED, "mon 11:00 ann attempted 1", "mon 12:00 ann attempted 2"], {"attempts": {"over": 1}}, True),
        (["mon 09:30 ann attempted 1", SOLVED], {"attempts": 0}, True),
        (
            [SOLVED, "mon 11:00 ann attempted 1", "mon 12:00 ann state new", "mon 13:00 bob state solved"],
            {"attempts": 0},
            True,
        ),
        ([HANDED_ON, "mon 10:00 ann asked_again 1", "mon 11:00 ann asked_again 2"], {"asked_again": 2}, True),
        ([SOLVED, "mon 11:00 cid waived yes"], {"waived": True}, True),
        ([SOLVED, "mon 11:00 lea waived yes"], {"waived": True}, True),
        ([SOLVED, "mon 11:00 ann waived yes"], {"waived": True}, False),
        (["mon 09:30 cid waived yes", SOLVED], {"waived": True}, False),
        ([SOLVED, "mon 11:00 ann state new"], {"explained": False}, True),
        ([SOLVED, "mon 10:45 ann says", "mon 11:00 ann state new"], {"explained": True}, True),
        ([SOLVED, "mon 10:15 ann says", "mon 11:00 ann state new"], {"explained": False}, True),
        ([SOLVED, "mon 10:45 bob says", "mon 11:00 ann state new"], {"explained": False}, True),
        ([SOLVED, "mon 11:00 ann state new", "mon 11:05 ann thanks"], {"explained": False}, True),
        ([SOLVED, "mon 11:00 ann state new", "mon 11:05 bob says"], {"explained": True}, True),
    ],
)
def test_what_people_did_last_and_noted(acts: list[str], when: dict[str, Any], expected: bool) -> None:
    assert holds(when, view(ticket(*acts))) is expected


RULES = book(
    fields={"category": "c", "queue": "q", "forwarder": "f", "delivered": "d", "kind": "k"},
    calendars=SECTIONS["calendars"]
    | {"line": {"timezone": "Europe/Tallinn", "hours": {"mon-fri": "08:00-12:00"}, "day": "4h"}},
    queues=[*SECTIONS["queues"][:2], SECTIONS["queues"][2] | {"members": ["bob", "ann"]}],
    seasons={
        "winter": [{"first": "11-20", "last": "02-29"}],
        "week": [{"first": "2026-11-16", "last": "2026-11-17"}, {"first": "2026-11-20", "last": "2026-11-20"}],
    },
)
ON, BACK = "mon 09:00 ann state handed-on", "mon 10:00 bob state new"
AGAIN, SOLVED = "mon 11:00 ann state handed-on", "mon 12:00 bob state solved"
REOPENED = "mon 13:00 ann state handed-on"


@pytest.mark.parametrize(
    ("when", "acts", "facts", "now", "expected", "told"),
    [
        # counts
        ({"bounces": 0}, [ON], {}, "fri 15:00", True, "0"),
        ({"bounces": 1}, [ON, BACK, AGAIN], {}, "fri 15:00", True, "1"),
        ({"bounces": {"over": 1}}, [ON, BACK, AGAIN], {}, "fri 15:00", False, "1"),
        ({"bounces": {"over": 0}}, [ON, BACK, AGAIN], {}, "fri 15:00", True, "1"),
        ({"bounces": {"over": 0, "under": 2}}, [ON, BACK], {}, "fri 15:00", True, "1"),
        ({"bounces": {"under": 1}}, [ON, BACK], {}, "fri 15:00", False, "1"),
        ({"bounces": [0, 2]}, [ON, BACK, AGAIN, "mon 12:00 dan state new"], {}, "fri 15:00", True, "2"),
        ({"bounces": 0}, [ON, "mon 10:00 robot state new"], {}, "fri 15:00", True, "0"),
        ({"bounces": 0}, [ON, SOLVED, "mon 13:00 ann state new"], {}, "fri 15:00", True, "0"),
        ({"bounces": 1}, ["mon 09:00 ann queue it", "mon 09:00 ann state drifting", "mon 10:00 dan queue first"],
         {}, "fri 15:00", True, "1"),
        ({"reopenings": 0}, [ON, SOLVED], {}, "fri 15:00", True, "0"),
        ({"reopenings": 1}, [ON, SOLVED, REOPENED], {}, "fri 15:00", True, "1"),
        ({"reopenings": 1}, [ON, SOLVED, "mon 13:00 ann state closed"], {}, "fri 15:00", False, "0"),
        # people
        ({"owner": "bob"}, [], {"owner": "bob"}, "mon 09:00", True, "bob"),
        ({"owner": ["ann", "cid"]}, [], {"owner": "bob"}, "mon 09:00", False, "bob"),
        ({"reporter": "ann"}, [], {}, "mon 09:00", True, "ann"),
        # fields
        ({"kind": "company"}, [], {"fields": {"kind": "company"}}, "mon 09:00", True, "company"),
        ({"filled": "kind"}, [], {"fields": {"kind": "set"}}, "mon 09:00", True, "kind"),
        ({"filled": "kind"}, [], {}, "mon 09:00", False, "-"),
        ({"filled": ["kind", "queue"]}, [], {"category": "IT", "queue": "it"}, "mon 09:00", True, "category, queue"),
        ({"filled": "forwarder"}, [], {"forwarder": "bob"}, "mon 09:00", True, "forwarder"),
        # ages: created on Monday at 8, a day being eight hours
        ({"age": {"over": "1wd"}}, [], {}, "tue 08:00", False, "480 working minutes"),
        ({"age": {"over": "1wd"}}, [], {}, "tue 08:01", True, "481 working minutes"),
        ({"age": {"under": "1wd"}}, [], {}, "mon 15:59", True, "479 working minutes"),
        ({"age": {"under": "1wd"}}, [], {}, "mon 16:00", False, "480 working minutes"),
        ({"age": {"over": "2h", "under": "4h"}}, [], {}, "mon 11:00", True, "180 working minutes"),
        ({"age": {"over": "2h", "under": "4h"}}, [], {}, "mon 12:00", False, "240 working minutes"),
        ({"age": {"over": "24h clock"}}, [], {}, "tue 08:00", False, "24 hours"),
        ({"age": {"over": "24h clock"}}, [], {}, "tue 08:01", True, "24 hours"),
        ({"age": {"over": "3cd"}}, [], {}, "thu 23:59", False, "3 days"),
        ({"age": {"over": "3cd"}}, [], {}, "fri 00:00", True, "4 days"),
        ({"age": {"under": "3cd"}}, [], {}, "wed 23:59", True, "2 days"),
        ({"age": {"under": "3cd"}}, [], {}, "thu 00:00", False, "3 days"),
        ({"age": {"under": "1mo"}}, [], {}, "4 sun 00:00", True, "27 days"),
        ({"age": {"over": "1mo"}}, [], {}, "6 thu 00:00", True, "38 days"),
        # calendars and seasons
        ({"open": "office"}, [], {}, "mon 15:59", True, "office"),
        ({"open": "office"}, [], {}, "mon 16:00", False, "-"),
        ({"open": ["line", "office"]}, [], {}, "mon 11:00", True, "line, office"),
        ({"season": "winter"}, [], {}, "thu 23:59", False, "-"),
        ({"season": "winter"}, [], {}, "fri 00:00", True, "week, winter"),
        ({"season": "week"}, [], {}, "wed 00:00", False, "-"),
        ({"season": ["winter", "week"]}, [], {}, "tue 23:59", True, "week"),
    ],
)  # fmt: skip
def test_what_is_counted_and_measured(
    when: dict[str, Any], acts: list[str], facts: dict[str, Any], now: str, expected: bool, told: str
) -> None:
    tested: Tested = []
    assert holds(when, view(ticket(*acts, **facts), now, RULES), tested) is expected
    assert tested == [(*when, told)]


ROLES = {
    "owner": ("bob", ["member", "owner", "tier 2"]),
    "reporter": ("~x", ["reporter", "somebody"]),
    "forwarder": ("ann", ["forwarder", "member", "tier 2"]),
    "speaker": ("cid", ["coordinator", "queue"]),
}


@pytest.mark.parametrize(("whom", "expected"), [(whom, found) for whom, (_, found) in ROLES.items()])
def test_what_somebody_is_to_a_ticket(whom: str, expected: list[str]) -> None:
    acts = ["mon 09:00 cid says", "mon 10:00 robot says"]
    seen = view(ticket(*acts, owner="bob", reporter="~x", forwarder="ann", queue="law"), rules=RULES)
    tested: Tested = []
    assert [held for held in sorted(HELD) if holds({"role": {whom: held}}, seen, tested)] == expected
    assert set(tested) == {(f"role {whom}", ", ".join(expected))}
    assert holds({"role": {whom: ["lead", expected[0]]}}, seen)


def test_nobody_is_nothing_to_a_ticket() -> None:
    seen = view(ticket(reporter=None), rules=RULES)
    assert not any(holds({"role": {whom: held}}, seen) for whom in ROLES for held in HELD)
    assert not holds({"role": {"owner": "owner", "reporter": "reporter"}}, view(ticket(owner="bob", reporter=None)))


def test_thanks_are_no_last_word() -> None:
    said = (Message(at("mon 09:00"), "1", "dan"), Message(at("mon 10:00"), "2", "ann", thanks=True))
    assert holds({"role": {"speaker": "queue"}}, view(ticket(messages=said, queue="it"), rules=RULES))


@pytest.mark.parametrize(
    ("acts", "now", "standing"),
    [
        ([], "fri 15:00", "-"),
        ([ON], "mon 09:00", "on track"),
        ([ON], "mon 13:00", "on track"),
        ([ON], "tue 13:00", "at risk"),
        ([ON], "fri 15:00", "breached"),
        ([ON, "mon 10:00 bob state asking"], "fri 15:00", "paused"),
        ([ON, SOLVED], "fri 15:00", "met"),
        ([ON, "fri 12:00 bob state solved"], "fri 15:00", "missed"),
    ],
)
def test_how_a_clock_stands(acts: list[str], now: str, standing: str) -> None:
    seen = look(ticket(*acts), RULES, at(now)).view
    tested: Tested = []
    assert holds({"clock": {"solution": standing}}, seen, tested) is (standing != "-")
    assert tested == [("clock solution", standing)]


def test_what_time_has_no_part_in_is_looked_at_first() -> None:
    changes: list[int] = []
    seen = view(ticket(), "mon 09:00", RULES)
    timed: dict[str, Any] = {"any": [{"open": "line"}, {"not": {"age": {"over": "1wd"}}}], "season": "week"}
    assert not holds({**timed, "tier": 2}, seen, None, changes)
    assert changes == []
    assert holds({**timed, "tier": 1}, seen, None, changes)
    assert changes == [at("mon 12:00"), at("wed 00:00")]


def test_a_promise_rests_on_the_season_in_which_the_ticket_was_created() -> None:
    targets = [{"when": {"season": "week", "open": "office"}, "within": "4h"}, {"within": "2wd"}]
    rules = book(
        seasons={"week": [{"first": "2026-11-16", "last": "2026-11-16"}]},
        policies=[SECTIONS["policies"][1] | {"targets": targets}],
    )
    seen = look(ticket(ON), rules, at("fri 15:00"))
    assert [cycle.target_s for cycle in seen.clocks["solution"]] == [4 * 3600]
    late = look(ticket(ON, created_at=at("mon 07:00")), rules, at("fri 15:00"))
    assert [cycle.target_s for cycle in late.clocks["solution"]] == [16 * 3600]


@pytest.mark.parametrize("word", ["category", "queue", "priority", "label", "forwarder", "owner", "filled"])
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
        ({"colour": "red"}, ("colour", KEY), "unknown condition"),
        ({"tier": "2"}, ("tier",), "is not a value of"),
        ({"tier": True}, ("tier",), "is not a value of"),
        ({"delivered": 1}, ("delivered",), "is not a value of"),
        ({"category": ["LAW", "WAR"]}, ("category", 1), "is not a value of"),
        ({"label": 7}, ("label",), "is not a text"),
        ({"any": {}}, ("any",), "takes a list"),
        ({"all": []}, ("all",), "takes a list"),
        ({"not": {"any": [{"x": 1}]}}, ("not", "any", 0, "x", KEY), "unknown condition"),
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
