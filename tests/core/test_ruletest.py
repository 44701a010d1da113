"""Rule tests: what a description makes of a ticket, what counts as different, and what is refused."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise

import pytest

from bot.core.entries import Entries
from bot.core.rulebook import build
from bot.core.ruletest import Difference, coverage, run_tests
from bot.core.ruletest_check import problems
from bot.core.ruletest_ticket import moment, ticket_at
from bot.core.ruletest_words import Case

WHY = "A reason of some length."
DESK = {
    "desk": "here",
    "projects": ["AA", "BB"],
    "fields": {"queue": "Queue", "forwarder": "Forwarder", "delivered": "Delivered", "category": "Category"},
    "priorities": {"high": "High"},
    "categories": {"PAY": "PAY"},
    "states": [
        {"state": state, "name": {"et": state}, "status": [state], "standing": standing, "ball": ball, "tier": tier}
        for state, standing, ball, tier in [
            ("parked", "open", "nobody", None),
            ("new", "open", "tier 1", 1),
            ("asked", "open", "tier 1", 2),
            ("tier2", "open", "tier 2", 2),
            ("working", "open", "tier 2", 2),
            ("solved", "solved", "tier 1", None),
            ("closed", "closed", "nobody", None),
        ]
    ],
    "calendars": {"day": {"timezone": "Europe/Tallinn", "hours": {"mon-sun": "08:00-17:00"}, "day": "8h"}},
    "people": [{"person": person, "account": person} for person in ("ann", "bob", "cat")],
    "roles": {"coordinator": "cat", "lead": "cat"},
    "patterns": {"login": {"pattern": "ei saa sisse"}},
    "queues": [{"queue": "Q", "tier": 2, "name": {"et": "Q"}, "coordinator": "bob"}],
    "manners": {"calendar": "day", "hold": "hush"},
    "routes": [{"route": "all", "why": WHY, "queue": "Q"}],
    "ladders": [
        {
            "name": "reached",
            "why": WHY,
            "when": {"standing": "solved"},
            "clock": "since solved",
            "rungs": [
                {"rung": "ask", "after": "1h", "say": "prompt", "to": "forwarder"},
                {"rung": "tell", "after": "1wd", "say": "reminder", "to": ["forwarder", "coordinator"]},
            ],
        },
        {
            "name": "still",
            "why": WHY,
            "when": {"standing": "solved"},
            "clock": "since movement",
            "rungs": [{"rung": "ask", "after": "2h", "say": "prompt", "to": "lead", "every": "1h", "times": 3}],
        },
    ],
}


def desk(**changed):
    return build(
        Entries.model_validate(DESK | changed),
        site="test",
        version="1",
        holidays=lambda country, year: frozenset(),
        shortened=lambda year: frozenset(),
    )


BOOK = desk()


def day(time):
    """A time of 16 November 2026, as a test writes it."""
    return f"2026-11-16 {time}"


def at(time):
    return BOOK.calendar.moment(datetime.fromisoformat(day(time)))


def case(ticket, **asked):
    return Case.model_validate({"it": "x", "ticket": ticket} | (asked or {"now": day("12:00"), "expect": []}))


def happenings(*entries):
    return [{"at": day(time), **what} for time, what in entries]


@pytest.mark.parametrize(
    ("history", "comes_into"),
    [
        ([], ["new"]),
        ([("09:00", {"forwarded": True})], ["new", "tier2"]),
        ([("09:00", {"solved": True})], ["new", "tier2", "solved"]),
        ([("09:00", {"state": "solved"})], ["new", "solved"]),
        ([("09:00", {"state": "asked"}), ("10:00", {"solved": True})], ["new", "asked", "solved"]),
        ([("09:00", {"closed": True})], ["new", "closed"]),
        (
            [("08:00", {"state": "working"}), ("09:00", {"solved": True}), ("10:00", {"reopened": True})],
            ["new", "working", "solved", "working"],
        ),
        ([("09:00", {"closed": True}), ("10:00", {"reopened": True})], ["new", "closed", "new"]),
        ([("09:00", {"forwarded": True}), ("09:00", {"solved": True})], ["new", "tier2", "solved"]),
        ([("09:00", {"forwarded": True, "state": "working"})], ["new", "tier2", "working"]),
        ([("09:00", {"forwarded": True}), ("12:01", {"solved": True})], ["new", "tier2"]),
        ([("09:00", {"state": "unknown"})], ["new", "unknown"]),
    ],
)
def test_states_that_a_history_comes_into(history, comes_into):
    ticket = ticket_at(case({"history": happenings(*history)}), BOOK, at("12:00"))
    changes = [change for change in ticket.changes if change.field == "state"]
    assert [(change.was, change.now) for change in changes] == list(pairwise(comes_into))
    assert ticket.state == comes_into[-1]


def test_a_ticket_as_it_was_when_created_and_what_has_become_of_it():
    words = {
        "project": "BB",
        "state": "working",
        "category": "PAY",
        "owner": "ann",
        "forwarder": "bob",
        "labels": ["x", "hush"],
        "history": happenings(
            ("09:00", {"owner": "bob", "queue": "Q", "by": "ann"}),
            ("10:00", {"priority": "high", "labels": ["x"], "by": "bot"}),
            ("11:00", {"message": "~somebody"}),
            ("11:30", {"message": "bot"}),
            ("11:40", {"delivered": True}),
            ("12:30", {"forwarder": "cat", "message": "cat"}),
        ),
    }
    ticket = ticket_at(case(words), BOOK, at("12:00"))
    assert (ticket.project, ticket.key, ticket.state) == ("BB", "BB-1", "working")
    assert (ticket.owner, ticket.forwarder, ticket.reporter, ticket.queue) == ("bob", "bob", "bob", "Q")
    assert (ticket.category, ticket.priority, ticket.labels) == ("PAY", "high", {"x"})
    assert (ticket.created_at, ticket.delivered_at) == (at("08:59"), at("11:40"))
    assert ticket.updated_ms == at("11:40") * 1000
    assert [(one.at, one.who, one.bot) for one in ticket.messages] == [
        (at("11:00"), "~somebody", False),
        (at("11:30"), None, True),
    ]
    assert [(one.field, one.was, one.now, one.who, one.bot) for one in ticket.changes] == [
        ("queue", None, "Q", "ann", False),
        ("owner", "ann", "bob", "ann", False),
        ("priority", None, "high", None, True),
        ("labels", "hush x", "x", None, True),
        ("delivered", None, "yes", None, False),
    ]


@pytest.mark.parametrize(
    ("words", "asked", "created"),
    [
        ({}, {"now": day("12:00"), "expect": []}, "12:00"),
        ({}, {"expect_at": {day("11:00"): [], day("10:00"): []}}, "10:00"),
        ({"created": day("07:00")}, {"now": day("12:00"), "expect": []}, "07:00"),
        ({"history": happenings(("09:00", {"solved": True}))}, {"now": day("12:00"), "expect": []}, "08:59"),
    ],
)
def test_when_a_ticket_was_created(words, asked, created):
    assert ticket_at(case(words, **asked), BOOK, at("12:00")).created_at == at(created)


SOLVED = {"forwarder": "ann", "history": happenings(("10:00", {"solved": True, "by": "bob"}))}
ASKS = {"rule": "reached", "rung": "ask", "say": "prompt", "to": "ann"}
LATER = "its rung 'ask' is not reached before 2026-11-16 11:00"
STILL = {"rule": "still", "repeat": 1, "to": ["cat"]}


@pytest.mark.parametrize(
    ("ticket", "time", "expect", "says"),
    [
        (SOLVED, "10:59", [], []),
        (SOLVED, "11:00", [ASKS], []),
        (SOLVED, "11:00", [{"rule": "reached"}], []),
        (SOLVED, "11:00", ["prompt"], []),
        (SOLVED, "13:00", [STILL, ASKS], []),
        (SOLVED, "13:00", ["prompt", "prompt"], []),
        (SOLVED, "13:00", ["prompt", {"rule": "still"}], []),
        (SOLVED, "13:00", ["prompt"], [("nothing of this", "still: rung ask, repeat 1, say prompt, to [cat]")]),
        (SOLVED, "11:00", [], [("nothing of this", "reached: rung ask, say prompt, to [ann]")]),
        (SOLVED, "10:59", [ASKS], [("reached: rung ask, say prompt, to [ann]", "nothing", LATER)]),
        (SOLVED, "10:59", ["prompt"], [("the message prompt", "nothing")]),
        (
            SOLVED,
            "11:00",
            [{"rule": "reached", "rung": "tell", "repeat": 2, "say": "reminder", "to": ["ann", "cat"], "queue": "Q"}],
            [
                (
                    "reached: rung tell, repeat 2, say reminder, to [ann, cat], queue Q",
                    "reached: rung ask, repeat 0, say prompt, to [ann], queue none",
                )
            ],
        ),
        (
            SOLVED,
            "11:00",
            [{"rule": "reached", "rung": "tell", "to": ["ann"]}],
            [("reached: rung tell", "reached: rung ask", "its rung 'tell' is not reached before 2026-11-17 09:00")],
        ),
        (SOLVED, "17:00", [], []),
        (
            SOLVED,
            "17:00",
            [{"rule": "still"}, "prompt"],
            [("still", "nothing", "quiet hours"), ("the message prompt", "nothing", "quiet hours")],
        ),
        (
            SOLVED | {"labels": ["hush"]},
            "11:00",
            ["prompt"],
            [("the message prompt", "nothing", "a person put the label hush on the ticket")],
        ),
        ({"state": "tier2"}, "11:00", [{"rule": "all", "say": "routed", "queue": "Q", "to": "cat"}], []),
    ],
)
def test_what_is_said_is_held_against_what_is_expected(ticket, time, expect, says):
    tested = case(ticket, now=day(time), expect=expect)
    assert not problems([tested], BOOK)
    [outcome] = run_tests(BOOK, [tested])
    assert list(outcome.differences) == [Difference(day(time), *words) for words in says]


def test_each_moment_is_asked_for_itself():
    [outcome] = run_tests(BOOK, [case(SOLVED, expect_at={day("10:30"): ["prompt"], day("11:30"): []})])
    assert [difference.at for difference in outcome.differences] == [day("10:30"), day("11:30")]
    assert [step.say for step in outcome.said] == ["prompt"]


def test_a_rule_on_observe_counts_as_live_and_what_was_due_before_it_went_live_as_done():
    [ladder, still] = DESK["ladders"]
    tested = [case(SOLVED, now=day("11:00"), expect=["prompt"])]
    observed = run_tests(desk(ladders=[ladder | {"observe": True}, still]), tested)
    adopted = run_tests(desk(ladders=[ladder | {"since": date(2026, 11, 17)}, still]), tested)
    assert [outcome.differences for outcome in observed] == [()]
    assert [outcome.differences for outcome in adopted] == [
        (Difference(day("11:00"), "the message prompt", "nothing", "it was due before the rule's `since`"),)
    ]


def test_rules_and_rungs_that_no_test_makes_speak():
    rules, rungs, deadlines = coverage(BOOK, [])
    assert rules == ("rules", ("all", "reached", "still"), 3)
    assert rungs == ("rungs", ("reached (ask)", "reached (tell)", "still (ask)"), 3)
    assert deadlines == ("deadlines", (), 0)
    tested = run_tests(BOOK, [case(SOLVED, now=day("11:00"), expect=[]), case(SOLVED, now=day("10:30"), expect=[])])
    assert list(map(str, coverage(BOOK, tested))) == ["1 of 3 rules", "1 of 3 rungs", "0 of 0 deadlines"]
    assert coverage(BOOK, tested)[1].silent == ("reached (tell)", "still (ask)")


TIMED = [
    ({"text": "login"}, {"text": "login"}, "10:00"),
    ({"text": "login"}, {"history": happenings(("09:00", {"message": "ann", "text": "login"}))}, "10:00"),
    (
        {"bounces": {"over": 0}},
        {"history": happenings(("08:10", {"state": "tier2"}), ("08:20", {"state": "new"}))},
        "09:20",
    ),
    ({"reopenings": 1}, {"history": happenings(("08:10", {"solved": True}), ("08:20", {"reopened": True}))}, "09:20"),
    ({"age": {"over": "30m"}}, {"created": day("08:30")}, "09:30"),
    ({"season": "november"}, {}, "10:00"),
    ({"open": "day"}, {}, "10:00"),
    (
        {"role": {"owner": "queue", "reporter": "somebody"}},
        {"owner": "bob", "reporter": "~eve", "queue": "Q"},
        "10:00",
    ),
    ({"filled": "category", "owner": "ann"}, {"category": "PAY", "owner": "ann"}, "10:00"),
    (
        {"clock": {"hand-over": "breached"}},
        {"history": happenings(("08:00", {"forwarded": True}))},
        "10:00",
    ),
]


@pytest.mark.parametrize("holds", [True, False])
@pytest.mark.parametrize(("when", "ticket", "time"), TIMED)
def test_every_condition_can_be_tested(when, ticket, time, holds):
    ladder = DESK["ladders"][0] | {"when": when if holds else {"not": when}, "clock": "since created"}
    policy = {"name": "hand-over", "why": WHY, "starts": "enters tier 2", "stops": "taken"}
    rules = desk(
        ladders=[ladder],
        routes=[],
        policies=[policy | {"targets": [{"within": "30m"}]}],
        seasons={"november": [{"first": "11-16", "last": "11-16"}]},
    )
    created = {} if "history" in ticket else {"created": day("08:00")}
    tested = [case(created | ticket, now=day(time), expect=["prompt"] if holds else [])]
    assert problems(tested, rules) == []
    assert [outcome.differences for outcome in run_tests(rules, tested)] == [()]


DATA = {
    "fields": DESK["fields"] | {"code": "Code", "registered": "Registered"},
    "titles": {"code": {"et": "kood"}, "registered": {"et": "kuupäev"}},
    "completeness": [
        {"name": "data", "why": WHY, "requires": ["code", "registered"]},
        {"name": "owned", "why": WHY, "requires": ["owner", "due"], "observe": True},
        {"name": "paid", "why": WHY, "when": {"category": "PAY"}, "requires": ["code"], "say": "prompt"},
    ],
}
FORWARDED = {"queue": "Q", "forwarder": "ann", "history": happenings(("09:00", {"forwarded": True}))}
OWNED = {"owner": "bob", "due": "2026-11-20"}
COMPLETE = OWNED | {"complete": True}


@pytest.mark.parametrize(
    ("ticket", "expect", "differences"),
    [
        ({}, ["incomplete", "incomplete"], []),
        (COMPLETE, [], []),
        (COMPLETE | {"fields": {"code": ""}}, [{"rule": "data", "missing": "code", "to": "ann"}], []),
        (
            OWNED | {"category": "PAY"},
            [{"rule": "paid", "missing": ["code", "registered"], "say": "incomplete"}],  # it speaks in that of `data`
            [],
        ),
        (
            OWNED,
            [{"rule": "data", "missing": ["registered", "code"]}],
            [Difference(day("12:00"), "data: missing [registered, code]", "data: missing [code, registered]")],
        ),
        (COMPLETE, ["incomplete"], [Difference(day("12:00"), "the message incomplete", "nothing")]),
        ({"complete": True}, [{"rule": "owned", "missing": ["owner", "due"]}], []),  # on observe counts as live
        (
            COMPLETE,
            [{"rule": "data", "missing": "code"}],
            [Difference(day("12:00"), "data: missing [code]", "nothing", "nothing that it requires is missing")],
        ),
    ],
)
def test_what_completeness_rules_find_missing(ticket, expect, differences):
    book = desk(**DATA)
    tested = case(FORWARDED | ticket, now=day("12:00"), expect=expect)
    assert problems([tested], book) == []
    [outcome] = run_tests(book, [tested])
    assert list(outcome.differences) == differences


def test_a_completeness_rule_is_tested_when_it_speaks_beside_another():
    book = desk(**DATA)
    asked = {"now": day("12:00"), "expect": []}
    assert coverage(book, [])[0].silent[:4] == ("all", "data", "owned", "paid")
    pay = run_tests(book, [case(FORWARDED | OWNED | {"category": "PAY"}, **asked)])
    assert coverage(book, pay)[0].silent[:2] == ("all", "owned")


def test_what_completeness_rules_do_not_have_cannot_be_expected():
    expect = [{"rule": "data", "missing": ["cod", "owner"]}, {"rule": "paid", "say": "promt"}]
    found = problems([case(FORWARDED, now=day("12:00"), expect=expect)], desk(**DATA))
    assert [(path[2:], text, meant) for path, text, meant in found] == [
        ((0, "missing", 0), "there is no required word 'cod'", "code"),
        ((1, "say"), "there is no message of a completeness rule called 'promt'", "prompt"),
    ]


MAPPED = {"queue": "Queue", "category": "Category"}


@pytest.mark.parametrize(
    ("tested", "finding", "meant"),
    [
        ({"expect": []}, ((), "a test has either `now` and `expect`, or `expect_at`"), None),
        ({"now": day("12:00")}, ((), "a test has either `now` and `expect`, or `expect_at`"), None),
        (
            {"now": day("12:00"), "expect": [], "expect_at": {day("12:00"): []}},
            ((), "a test has either `now` and `expect`, or `expect_at`"),
            None,
        ),
        ({"ticket": {"state": "solve"}}, (("ticket", "state"), "there is no state 'solve'"), "solved"),
        (
            {"ticket": {"history": happenings(("09:00", {"state": "workin"}))}},
            (("ticket", "history", 0, "state"), "there is no state 'workin'"),
            "working",
        ),
        ({"ticket": {"owner": "anne"}}, (("ticket", "owner"), "there is no person 'anne'"), "ann"),
        ({"ticket": {"reporter": "bot"}}, (("ticket", "reporter"), "there is no person 'bot'"), "bob"),
        (
            {"ticket": {"history": happenings(("09:00", {"message": "anne"}))}},
            (("ticket", "history", 0, "message"), "there is no person 'anne'"),
            "ann",
        ),
        ({"ticket": {"queue": "q"}}, (("ticket", "queue"), "there is no queue 'q'; known: Q"), None),
        ({"ticket": {"priority": "hihg"}}, (("ticket", "priority"), "there is no priority 'hihg'"), "high"),
        ({"ticket": {"category": "PAYS"}}, (("ticket", "category"), "there is no category 'PAYS'"), "PAY"),
        ({"ticket": {"project": "ABA"}}, (("ticket", "project"), "there is no project 'ABA'"), "AA"),
        (
            {"ticket": {"history": [{"at": day("09:00")}]}},
            (("ticket", "history", 0), "nothing happens here; write for example `solved: true` or `state:`"),
            None,
        ),
        (
            {"ticket": {"history": [{"at": day("09:00"), "message": "ann", "by": "bob"}]}},
            (("ticket", "history", 0, "by", "[key]"), "`message` says who writes; leave `by` out"),
            None,
        ),
        ({"ticket": {"text": ["logn"]}}, (("ticket", "text", 0), "there is no pattern 'logn'"), "login"),
        (
            {"ticket": {"history": happenings(("09:00", {"message": "ann", "text": "wait"}))}},
            (("ticket", "history", 0, "text", 0), "there is no pattern 'wait'; known: login"),
            None,
        ),
        (
            {"ticket": {"history": happenings(("09:00", {"message": "bot", "text": "login"}))}},
            (
                ("ticket", "history", 0, "text", "[key]"),
                "only what a person writes is looked at; add `message`",
            ),
            None,
        ),
        (
            {"ticket": {"history": happenings(("09:00", {"reopened": True}))}},
            (("ticket", "history", 0), "it is neither solved nor closed then"),
            None,
        ),
        (
            {"ticket": {"state": "solved", "history": happenings(("09:00", {"reopened": True}))}},
            (("ticket", "history", 0), "it was never open before"),
            None,
        ),
        (
            {"ticket": {"history": happenings(("10:00", {"solved": True}), ("09:00", {"closed": True}))}},
            (("ticket", "history", 1, "at"), "this is earlier than what stands before it"),
            None,
        ),
        (
            {"ticket": {"created": day("09:30"), "history": happenings(("09:00", {"solved": True}))}},
            (("ticket", "history", 0, "at"), "the ticket was not yet created then"),
            None,
        ),
        (
            {"ticket": {"created": day("12:30")}},
            (("now",), "the ticket was not yet created then"),
            None,
        ),
        (
            {"ticket": {"history": happenings(("12:01", {"solved": True}))}},
            (("ticket", "history", 0, "at"), "this is later than every moment asked about"),
            None,
        ),
        (
            {"ticket": {"history": happenings(("09:00", {"forwarded": True}), ("12:01", {"solved": True}))}},
            (("ticket", "history", 1, "at"), "this is later than every moment asked about"),
            None,
        ),
        (
            {"now": "2027-03-28 03:30", "expect": []},
            (("now",), "the clocks of Europe/Tallinn never show 2027-03-28 03:30"),
            None,
        ),
        (
            {"expect_at": {"2027-03-28 03:30": []}},
            (
                ("expect_at", "2027-03-28 03:30", "[key]"),
                "the clocks of Europe/Tallinn never show 2027-03-28 03:30",
            ),
            None,
        ),
        (
            {"now": day("12:00"), "expect": [{"rule": "reach"}]},
            (("expect", 0, "rule"), "there is no rule 'reach'"),
            "reached",
        ),
        (
            {"now": day("12:00"), "expect": [{"rule": "reached", "rung": "aks"}]},
            (("expect", 0, "rung"), "there is no rung in 'reached' called 'aks'"),
            "ask",
        ),
        (
            {"now": day("12:00"), "expect": [{"rule": "still", "say": "remind"}]},
            (("expect", 0, "say"), "there is no message in 'still' called 'remind'; known: prompt"),
            None,
        ),
        (
            {"now": day("12:00"), "expect": [{"rule": "all", "say": "route"}]},
            (("expect", 0, "say"), "there is no message in 'all' called 'route'"),
            "routed",
        ),
        (
            {"now": day("12:00"), "expect": [{"rule": "all", "to": ["forwarder"]}]},
            (("expect", 0, "to", 0), "there is no person 'forwarder'; known: ann, bob, cat"),
            None,
        ),
        (
            {"now": day("12:00"), "expect": ["promt"]},
            (("expect", 0), "there is no message in the rules called 'promt'"),
            "prompt",
        ),
        (
            {"expect_at": {day("12:00"): ["prompt", {"rule": "all"}, {"rule": "all"}]}},
            (("expect_at", day("12:00"), 2, "rule"), "there is already a rule 'all'"),
            None,
        ),
    ],
)
def test_what_is_wrong_with_a_test(tested, finding, meant):
    written = {"it": "x", "ticket": {}} | tested
    asked = {} if {"now", "expect", "expect_at"} & tested.keys() else {"now": day("12:00"), "expect": []}
    [found] = problems([Case.model_validate(written | asked)], BOOK)
    assert found == ((0, *finding[0]), finding[1], meant)


@pytest.mark.parametrize(
    ("ticket", "changed", "finding"),
    [
        ({"queue": "Q"}, {"fields": {}}, (("ticket", "queue", "[key]"), "'queue' is not mapped under `fields:`")),
        (
            {"history": happenings(("09:00", {"delivered": True}))},
            {"fields": {}},
            (("ticket", "history", 0, "delivered", "[key]"), "'delivered' is not mapped under `fields:`"),
        ),
        (
            {"history": happenings(("09:00", {"forwarded": True}))},
            {"states": [state for state in DESK["states"] if state["tier"] != 2]},
            (
                ("ticket", "history", 0),
                "no state of this rulebook is at tier 2 with the ball there; write `state:`",
            ),
        ),
        (
            {"history": happenings(("09:00", {"solved": True}))},
            {"states": [state for state in DESK["states"] if state["standing"] != "solved"]},
            (("ticket", "history", 0), "no state of this rulebook has the standing solved; write `state:`"),
        ),
    ],
)
def test_what_another_desk_does_not_have(ticket, changed, finding):
    [found] = problems([case(ticket)], desk(**changed))
    assert found == ((0, *finding[0]), finding[1], None)


def test_a_sentence_names_one_test_only():
    [found] = problems([case({}), case({})], BOOK)
    assert found == ((1, "it"), "there is already a test 'x'", None)


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ("2026-11-16 11:05", "2026-11-16 09:05:00"),
        ("2026-07-01 11:05:30", "2026-07-01 08:05:30"),
        ("2026-10-25 03:30", "2026-10-25 00:30:00"),
    ],
)
def test_a_time_is_by_the_desks_clock_and_the_first_of_two(time, utc):
    assert moment(time, BOOK) == datetime.fromisoformat(utc + "+00:00").timestamp()
