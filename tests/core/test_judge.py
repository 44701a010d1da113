"""What the rules wish for one ticket, and when to look again: tables, and laws over histories of any kind."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import msgspec
import pytest
from any_tickets import NOWS, tickets
from hypothesis import assume, given
from hypothesis import strategies as st
from small_desk import SECTIONS, at, book, plain_book, ticket

from bot.core.judge import judge
from bot.core.rulebook import Rulebook
from bot.core.steps import At, Count, Name, Several, Wishes, is_key, key_of
from bot.core.ticket import Change, Message, Ticket

ON = "mon 09:00 ann state handed-on"
PLACED = "mon 09:00 ann queue it"
SOLVED = "mon 10:00 bob state solved"


def wished(wishes: Wishes) -> list[str]:
    return [f"{step.rule}/{step.occasion.rung}/{step.occasion.repeat}" for step in wishes.steps]


@pytest.mark.parametrize(
    ("acts", "facts", "now", "steps", "look"),
    [
        # nothing is promised before it is forwarded
        ([], {}, "mon 12:00", [], None),
        # forwarded and not placed: a route, and the next rung is 75% of two days, or a day without movement
        ([ON], {}, "mon 09:00", ["others/unsure/0"], "mon 12:00"),
        ([ON], {"category": "LAW"}, "mon 09:00", ["legal/routed/0"], "mon 12:00"),
        ([PLACED, ON], {}, "mon 09:00", [], "mon 12:00"),
        ([PLACED, ON], {}, "tue 08:59", [], "tue 09:00"),
        ([PLACED, ON], {}, "tue 09:00", ["still/ask/0"], "tue 13:00"),
        ([PLACED, ON], {}, "tue 13:00", ["deadline/warn/0", "still/ask/0"], None),
        ([PLACED, ON], {}, "wed 09:00", ["deadline/warn/0", "still/ask/0"], None),
        ([PLACED, ON], {}, "wed 09:01", ["deadline/late/0", "still/ask/0"], None),
        ([PLACED, ON], {}, "thu 09:00", ["deadline/late/0", "still/tell/0"], None),
        ([PLACED, ON], {}, "fri 09:01", ["deadline/head/0", "still/tell/1"], "2 mon 09:00"),
        ([PLACED, ON], {}, "2 tue 09:00", ["deadline/head/0", "still/tell/2"], None),
        # a critical one is promised in four hours
        ([PLACED, ON], {"priority": "high"}, "mon 12:00", ["deadline/warn/0"], None),
        # what tier 2 writes is movement, what the forwarder or the bot writes is none
        ([PLACED, ON, "mon 15:00 bob says"], {}, "tue 09:00", [], "tue 13:00"),
        ([PLACED, ON, "mon 15:00 ann says"], {}, "tue 09:00", ["still/ask/0"], "tue 13:00"),
        ([PLACED, ON, "mon 15:00 robot says"], {}, "tue 09:00", ["still/ask/0"], "tue 13:00"),
        # while the ball is the customer's, no clock runs
        ([PLACED, ON, "mon 10:00 bob state asking"], {}, "2 fri 12:00", [], None),
        (
            [PLACED, ON, "mon 10:00 bob state asking", "tue 09:00 bob state handed-on"],
            {},
            "tue 09:00",
            [],
            "wed 09:00",
        ),
        # solved: the solution must reach the customer
        ([PLACED, ON, SOLVED], {}, "mon 10:59", [], "mon 11:00"),
        ([PLACED, ON, SOLVED], {}, "mon 11:00", ["closure/ask/0"], "wed 10:00"),
        ([PLACED, ON, SOLVED], {}, "wed 10:00", ["closure/tell/0"], None),
        ([PLACED, ON, SOLVED, "mon 12:00 ann delivered yes"], {}, "wed 10:00", [], None),
        ([PLACED, ON, SOLVED, "mon 12:00 ann state closed"], {}, "wed 10:00", [], None),
        ([PLACED, ON, SOLVED, "mon 12:00 ann state handed-on"], {}, "mon 12:00", [], "mon 15:00"),
        # a status that the rulebook does not place
        ([], {"state": "unknown"}, "fri 12:00", [], None),
    ],
)
def test_what_is_wished(acts: list[str], facts: dict[str, str], now: str, steps: list[str], look: str | None) -> None:
    wishes = judge(ticket(*acts, **facts), plain_book(), at(now))
    assert wished(wishes) == steps
    if look is not None:
        assert wishes.look_again_at == at(look)


@pytest.mark.parametrize(
    ("acts", "now", "because"),
    [
        ([PLACED, ON], "mon 09:00", "the clock of 'answer' stands otherwise then"),
        ([PLACED, ON], "tue 08:59", "the next rung is reached then"),
        ([], "mon 09:00", "never, because the ticket is open and no clock runs towards a rung"),
        (
            ["mon 10:00 bob state closed"],
            "mon 12:00",
            "never, because the ticket is closed and no clock runs towards a rung",
        ),
        ([PLACED, ON, SOLVED], "fri 12:00", "never, because the ticket is solved and no clock runs towards a rung"),
    ],
)
def test_why_to_look_again_or_never(acts: list[str], now: str, because: str) -> None:
    wishes = judge(ticket(*acts), plain_book(), at(now))
    assert (wishes.because, wishes.look_again_at is None) == (because, because.startswith("never"))


@pytest.mark.parametrize(("field", "entered"), [("registered", "2026-12-03"), ("extended", "2026-12-03T10:00")])
def test_a_ticket_is_looked_at_again_when_a_date_has_come_that_its_deadline_counts_from(
    field: str, entered: str
) -> None:
    law: dict[str, Any] = {"name": "law", "why": "Some law says so.", "basis": "§ 1", "source": "the law"}
    law |= {
        "within": "5wd",
        "counts_from": "registered",
        "extension": {"to": "9wd", "field": "extended", "notice_within": "20wd"},
    }
    rules = book(
        fields=SECTIONS["fields"] | {"registered": "r", "extended": "e"},
        policies=[],
        deadlines=[law],
        ladders=[
            {
                "name": "beside",
                "why": "Some law says so.",
                "clock": "deadline law",
                "rungs": [{"rung": "late", "past_due": "0h", "say": "x", "to": "owner"}],
            }
        ],
    )
    seen = ticket(PLACED, ON, fields={field: entered})
    wishes = judge(seen, rules, at("2 tue 10:00"))
    assert (wished(wishes), wishes.look_again_at) == (["beside/late/0"], at("3 thu 00:00"))
    assert wishes.because == "the date comes then that a deadline counts from"
    closed = ticket(PLACED, ON, "tue 10:00 bob state closed", fields={field: entered})
    assert judge(closed, rules, at("2 tue 10:00")).look_again_at is None


def test_a_ticket_is_looked_at_again_when_a_condition_changes_with_time_unless_nothing_could_be_said() -> None:
    ladders = [SECTIONS["ladders"][2] | {"when": {"open": "office", "standing": "solved"}}]
    rules = book(ladders=ladders, policies=[])
    seen = ticket(PLACED, ON, SOLVED)
    wishes = judge(seen, rules, at("tue 15:00"))
    assert (wished(wishes), wishes.look_again_at) == (["closure/ask/0"], at("tue 16:00"))
    assert wishes.because == "a condition may hold otherwise then"
    wishes = judge(seen, rules, at("tue 16:00"))
    assert (wished(wishes), wishes.look_again_at) == ([], at("wed 08:00"))
    assert judge(ticket(PLACED, ON), rules, at("tue 15:00")).look_again_at is None


def test_an_unknown_state_is_said_to_be_unknown() -> None:
    wishes = judge(ticket(state="unknown"), plain_book(), at("fri 12:00"))
    assert wishes.because == "never, because the rulebook does not say what the ticket's status means"


def test_a_step_is_whole() -> None:
    (step,) = judge(ticket(PLACED, ON, SOLVED), plain_book(), at("wed 10:00")).steps
    assert step.key == f"small/7/closure/since solved@{at('mon 10:00')}/tell/0"
    assert is_key(step.key, "small", "7")
    assert (step.to, step.say, step.urgency, step.due_at) == (("ann", "cid"), "c", 1, at("wed 10:00"))
    assert step.because.why == "The solution must reach the customer."
    assert step.because.values == (
        ("standing", "solved"),
        ("delivered", "False"),
        ("since solved", "960 working minutes"),
        ("rung", "tell"),
    )
    assert step.values["date"] == At(at("mon 10:00"))
    assert step.values["n"] == Count(2)


@pytest.mark.parametrize(
    ("calendar", "hours"), [(None, None), ("office", None), ("counter", "counter"), ("queue", "it")]
)
def test_a_step_keeps_the_hours_of_its_clock(calendar: str | None, hours: str | None) -> None:
    calendars = SECTIONS["calendars"] | dict.fromkeys(("counter", "it"), SECTIONS["calendars"]["office"])
    policies = [policy | ({"calendar": calendar} if calendar else {}) for policy in SECTIONS["policies"]]
    queues = [queue | ({"calendar": "it"} if queue["queue"] == "it" else {}) for queue in SECTIONS["queues"]]
    rules = book(calendars=calendars, policies=policies, queues=queues)
    steps = judge(ticket(PLACED, ON), rules, at("wed 10:00")).steps
    assert {step.rule: step.hours for step in steps} == {"deadline": hours, "still": None}


def test_a_route_sets_the_queue_and_tells_the_forwarder() -> None:
    (step,) = judge(ticket(ON, category="LAW"), plain_book(), at("mon 09:00")).steps
    assert (step.sets, step.to, step.say, step.urgency) == ({"queue": "law"}, ("ann",), "routed", 0)
    assert step.values["first_due"] == At(at("mon 13:00"))
    assert step.values["due"] == At(at("wed 09:00"))
    (unsure,) = judge(ticket(ON), plain_book(), at("mon 09:00")).steps
    assert (unsure.sets, unsure.to) == ({}, ("cid",))
    assert unsure.values["queues"] == Several((Name("queue", "it"), Name("queue", "law")))


def test_a_bounced_ticket_has_an_occasion_of_its_own_when_it_comes_again() -> None:
    acts = [ON, "mon 10:00 bob state new", "mon 11:00 ann state handed-on"]
    first = judge(ticket(*acts[:1]), plain_book(), at("mon 09:00")).steps[0]
    again = judge(ticket(*acts), plain_book(), at("mon 11:00")).steps[0]
    assert first.key != again.key


def test_the_hold_label_is_told_and_takes_nothing_from_the_wishes() -> None:
    free, held = (judge(ticket(ON, labels=frozenset(each)), plain_book(), at("mon 09:00")) for each in ([], ["hush"]))
    assert (free.on_hold, held.on_hold) == (None, "hush")
    assert free.steps == held.steps


@pytest.mark.parametrize("where", ["rule", "manners"])
def test_observe_is_carried_by_the_step(where: str) -> None:
    ladders = [each | {"observe": where == "rule"} for each in SECTIONS["ladders"]]
    rules = book(ladders=ladders, manners={"observe": where == "manners"})
    assert [step.observe for step in judge(ticket(PLACED, ON, SOLVED), rules, at("wed 10:00")).steps] == [True]


def test_a_rule_is_live_since_the_beginning_of_its_day() -> None:
    routes = [each | {"since": date(2026, 11, 17)} for each in SECTIONS["routes"]]
    (step,) = judge(ticket(ON), book(routes=routes), at("mon 09:00")).steps
    assert step.since_at == at("tue 00:00")


# Laws


@given(tickets(), NOWS)
def test_the_same_ticket_is_judged_the_same(seen: Ticket, now: int) -> None:
    assert judge(seen, plain_book(), now) == judge(seen, plain_book(), now)


@given(tickets(), NOWS)
def test_keys_are_unique_and_permanent(seen: Ticket, now: int) -> None:
    wishes = judge(seen, plain_book(), now)
    keys = [step.key for step in wishes.steps]
    assert len(set(keys)) == len(keys)
    assert all(step.key == key_of("small", "7", step.rule, step.occasion) for step in wishes.steps)
    assert all(is_key(key, "small", "7") for key in keys)
    assert all(step.to and all(step.to) for step in wishes.steps)
    assert all(step.due_at <= now for step in wishes.steps)
    moved = plain_book()
    other = Rulebook(**{name: getattr(moved, name) for name in moved.__dataclass_fields__} | {"version": "2"})
    assert [step.key for step in judge(seen, other, now).steps] == keys


TIMED: list[dict[str, Any]] = [
    {"season": "autumn"},
    {"season": ["autumn", "late"], "priority": "high"},
    {"open": "night"},
    {"age": {"over": "9wd"}},
    {"age": {"under": "21cd", "over": "300h clock"}},
    {"clock": {"solution": ["at risk", "breached"]}},
    {"clock": {"answer": "missed", "solution": ["on track", "paused"]}},
]


@cache
def timed_book(when: int, other: int) -> Rulebook:
    """Rules that hold by the time: routes and ladders with these conditions, nested in each other."""
    conditions = [
        {"any": [TIMED[when], {"not": TIMED[other]}]},
        {"not": {"all": [TIMED[when], TIMED[other]]}},
        TIMED[when] | {"standing": "open"},
    ]
    routes = [SECTIONS["routes"][0] | {"when": conditions[1]}, SECTIONS["routes"][1]]
    ladders = [each | {"when": one} for each, one in zip(SECTIONS["ladders"], conditions, strict=True)]
    ladders.append(
        {
            "name": "beside",
            "why": "Some law says so.",
            "clock": "deadline law",
            "when": TIMED[other],
            "rungs": [{"rung": "late", "past_due": "0h", "say": "x", "to": "owner"}],
        }
    )
    night = {"timezone": "Europe/Tallinn", "hours": {"mon-sun": "00:00-04:00, 22:00-24:00"}}
    return book(
        calendars=SECTIONS["calendars"] | {"night": night},
        seasons={
            "autumn": [{"first": "10-01", "last": "12-05"}],
            "late": [{"first": "2026-12-06", "last": "2026-12-06"}, {"first": "2026-12-08", "last": "2026-12-09"}],
        },
        routes=routes,
        completeness=[
            {"name": "data", "why": "Tier 2 needs it.", "requires": ["priority"], "when": conditions[0]},
            {"name": "more", "why": "Tier 2 needs it.", "requires": ["owner"], "when": TIMED[other], "observe": True},
        ],
        ladders=ladders,
        deadlines=[
            {"name": "law", "why": "Some law says so.", "basis": "§ 1", "source": "the law", "within": "12cd"},
        ],
    )


BOOKS = st.builds(timed_book, st.integers(0, len(TIMED) - 1), st.integers(0, len(TIMED) - 1)) | st.just(plain_book())


@given(tickets(), NOWS, st.integers(1, 30 * 86400), BOOKS)
def test_nothing_changes_before_the_moment_to_look_again(
    seen: Ticket, now: int, within: int, rules: Rulebook
) -> None:
    wishes = judge(seen, rules, now)
    look = wishes.look_again_at
    assert look is None or look > now
    last = (now + 60 * 86400 if look is None else look) - 1
    between = range(now, min(last, now + within), max(1, within // 12))
    for moment in {*between, last}:
        assert {step.key for step in judge(seen, rules, moment).steps} == {step.key for step in wishes.steps}


@given(tickets(), NOWS)
def test_what_the_bot_says_and_routes_changes_no_wish(seen: Ticket, now: int) -> None:
    spoken = msgspec.structs.replace(seen, messages=(*seen.messages, Message(now - 60, "99", "robot", True)))
    assert [step.key for step in judge(spoken, plain_book(), now).steps] == [
        step.key for step in judge(seen, plain_book(), now).steps
    ]
    chosen = [change.now for change in seen.changes if change.field == "queue"]
    assume(not chosen or chosen[-1] == seen.queue)  # else a later change would tell another past
    for step in judge(seen, plain_book(), now).steps:
        if "queue" in step.sets:
            queue = step.sets["queue"]
            change = Change(now - 60, "queue", seen.queue, queue, "robot", True)
            routed = msgspec.structs.replace(seen, queue=queue, changes=(*seen.changes, change))
            assert step.key in {each.key for each in judge(routed, plain_book(), now).steps}
