"""Why a rule says nothing where a test expects it to speak."""

from __future__ import annotations

import pytest

from bot.core.entries import Entries
from bot.core.rulebook import build
from bot.core.ruletest import run_tests
from bot.core.ruletest_check import problems
from bot.core.ruletest_words import Case

WHY = "A rule needs its reason."
BOOK = build(
    Entries.model_validate(
        {
            "desk": "here",
            "projects": ["AA"],
            "fields": {"queue": "Q", "delivered": "D", "category": "C", "code": "R"},
            "priorities": {"high": "High"},
            "categories": {"PAY": "PAY", "LOGIN": "LOGIN"},
            "states": [
                {
                    "state": state,
                    "name": {"et": state},
                    "status": state,
                    "standing": standing,
                    "ball": ball,
                    "tier": tier,
                }
                for state, standing, ball, tier in (
                    ("new", "open", "tier 1", 1),
                    ("work", "open", "tier 2", 2),
                    ("asked", "open", "customer", 2),
                    ("solved", "solved", "tier 1", None),
                    ("closed", "closed", "nobody", None),
                )
            ],
            "calendars": {"day": {"timezone": "Europe/Tallinn", "hours": "24x7", "day": "8h"}},
            "people": [{"person": person, "account": person} for person in ("ann", "bob")],
            "roles": {"coordinator": "bob", "lead": "bob"},
            "queues": [
                {"queue": "Q", "tier": 2, "name": {"et": "Q"}},
                {"queue": "P", "tier": 2, "name": {"et": "P"}},
            ],
            "manners": {"calendar": "day"},
            "routes": [
                {"route": "pay", "why": WHY, "when": {"category": "PAY"}, "queue": "P"},
                {"route": "all", "why": WHY, "queue": "Q"},
            ],
            "completeness": [
                {
                    "name": "gaps",
                    "why": WHY,
                    "when": {"category": "PAY"},
                    "requires": ["code"],
                    "say": "lacks",
                    "to": "forwarder",
                },
            ],
            "policies": [
                {
                    "name": "solve",
                    "why": WHY,
                    "starts": "enters tier 2",
                    "pauses": "ball is customer",
                    "stops": "solved",
                    "targets": [{"within": "4h"}],
                },
            ],
            "deadlines": [
                {
                    "name": "answer",
                    "why": WHY,
                    "basis": "§ 18",
                    "source": "law",
                    "within": "5wd",
                    "when": {"category": "PAY"},
                },
            ],
            "ladders": [
                {
                    "name": "late",
                    "why": WHY,
                    "when": {"not": {"priority": "high"}},
                    "clock": "solve",
                    "rungs": [
                        {"rung": "warn", "share": "75%", "say": "warning", "to": "owner"},
                        {"rung": "breach", "past_due": "0h", "say": "breach", "to": "owner"},
                    ],
                },
                {
                    "name": "done",
                    "why": WHY,
                    "when": {"standing": "solved", "delivered": False},
                    "clock": "since solved",
                    "rungs": [
                        {"rung": "ask", "after": "1h", "say": "prompt", "to": "forwarder", "every": "1h", "times": 3}
                    ],
                },
                {
                    "name": "day",
                    "why": WHY,
                    "clock": "deadline answer",
                    "rungs": [{"rung": "near", "before_due": "1wd", "say": "near", "to": "owner"}],
                },
            ],
        }
    ),
    site="test",
    version="1",
    holidays=lambda country, year: frozenset(),
    shortened=lambda year: frozenset(),
)


def ticket(*history, **words):
    return words | {
        "owner": "ann",
        "history": [{"at": f"2026-11-16 {time}", "by": "ann", **what} for time, what in history],
    }


FORWARDED = ("08:00", {"forwarded": True})


@pytest.mark.parametrize(
    ("told", "expected", "because"),
    [
        (ticket(FORWARDED), {"rule": "late"}, "its rung 'warn' is not reached before 2026-11-16 11:00"),
        (
            ticket(FORWARDED),
            {"rule": "late", "rung": "breach"},
            "its rung 'breach' is not reached before 2026-11-16 12:00:01",
        ),
        (ticket(FORWARDED), "warning", "its rung 'warn' is not reached before 2026-11-16 11:00"),
        (
            ticket(FORWARDED, priority="high"),
            {"rule": "late"},
            "not so is wanted: priority is high",
        ),
        (ticket(), {"rule": "late"}, "the clock of 'solve' has not started: `enters tier 2` has not happened"),
        (
            ticket(FORWARDED, ("09:00", {"state": "asked"})),
            {"rule": "late"},
            "the clock of 'solve' is paused: ball is customer",
        ),
        (
            ticket(FORWARDED, ("09:00", {"solved": True})),
            {"rule": "late"},
            "the clock of 'solve' has stopped",
        ),
        (ticket(FORWARDED), "prompt", "standing is open, wanted solved"),
        (
            ticket(FORWARDED, ("08:30", {"solved": True}), ("08:40", {"delivered": True})),
            {"rule": "done"},
            "delivered is true, wanted false",
        ),
        (
            ticket(FORWARDED, ("08:30", {"solved": True})),
            {"rule": "done", "repeat": 1},
            "its rung 'ask' is not reached before 2026-11-16 10:30",
        ),
        (
            ticket(FORWARDED, category="LOGIN"),
            {"rule": "day"},
            "the ticket has no deadline 'answer': category is LOGIN, wanted PAY",
        ),
        (
            ticket(FORWARDED, category="PAY"),
            {"rule": "day"},
            "its rung 'near' is not reached before 2026-11-20 00:00",
        ),
        (ticket(), {"rule": "gaps"}, "the ticket is at tier 1"),
        (
            ticket(FORWARDED, category="LOGIN"),
            {"rule": "gaps"},
            "category is LOGIN, wanted PAY",
        ),
        (ticket(FORWARDED, category="PAY", fields={"code": "1"}), "lacks", "nothing that it requires is missing"),
        (ticket(), {"rule": "all"}, "the ticket is at tier 1"),
        (ticket(FORWARDED, category="PAY"), {"rule": "all"}, "the route 'pay' comes first and takes the ticket"),
        (ticket(FORWARDED, queue="P"), {"rule": "all"}, "a person chose its queue"),
    ],
)
def test_why_nothing_is_said(told, expected, because):
    case = Case.model_validate({"it": "x", "ticket": told, "now": "2026-11-16 09:15", "expect": [expected]})
    assert not problems([case], BOOK)
    [outcome] = run_tests(BOOK, [case])
    assert [one.because for one in outcome.differences if one.said == "nothing"] == [because]


def test_of_a_message_that_several_rules_say_none_is_asked():
    book = BOOK.entries.ladders
    assert [ladder.name for ladder in book if any(rung.say == "breach" for rung in ladder.rungs)] == ["late"]
    case = Case.model_validate({"it": "x", "ticket": ticket(), "now": "2026-11-16 09:15", "expect": ["routed"]})
    [outcome] = run_tests(BOOK, [case])
    assert [one.because for one in outcome.differences] == [None]
