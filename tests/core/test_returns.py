"""Returns, and the marks of indicators 2.3.4 and 2.3.6 with their edge cases (domain 1.4), as tables of tickets."""

from __future__ import annotations

from typing import Any

import pytest
from small_desk import SECTIONS, at, book, ticket, view

from bot.core.kpi.first_tier import first_contact
from bot.core.kpi.right_team import is_mature, right_team_first
from bot.core.people import addressees
from bot.core.returns import how_returned, rejections, returns_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import Command, Message, Ticket

FIELDS = SECTIONS["fields"] | {"return_reason": "r", "justified": "j"}
RULES = book(fields=FIELDS, categories={"LAW": "Law", "IT": "IT", "EVENT": "E"}, indicators={"events": ["EVENT"]})
WITHOUT_FIELD = book()

ON, IT = "mon 09:00 ann state handed-on", "mon 09:00 ann queue it"
BACK = "tue 09:00 bob state new"
WRONG, LACKING, NEXT = (
    f"tue 09:00 bob return_reason {reason}" for reason in ("VALE_MEESKOND", "PUUDULIKUD_ANDMED", "JÄRGMINE_ETAPP")
)
YES, NO, OPEN = (f"tue 12:00 cid justified {word}" for word in ("jah", "ei", "ootel"))
SOLVED, SHUT = "wed 09:00 bob state solved", "wed 10:00 ann state closed"
LAW = "tue 09:00 bob queue law"


def seen(*acts: str, rules: Rulebook = RULES, **facts: Any) -> Any:
    return view(ticket(*acts, **facts), rules=rules)


RETURNS: list[tuple[str, list[str], int, str | None]] = [
    ("none", [IT, ON], 0, None),
    ("to tier 1, without a reason", [IT, ON, BACK], 1, "unexplained"),
    ("with one", [IT, ON, BACK, WRONG], 1, "unjudged"),
    ("with one a little before", [IT, ON, "tue 08:55 bob return_reason VALE_MEESKOND", BACK], 1, "unjudged"),
    ("with one given later", [IT, ON, BACK, "wed 09:00 bob return_reason PUUDULIKUD_ANDMED"], 1, "unjudged"),
    ("a reason of long before is another's", [IT, "mon 09:30 ann return_reason VALE", ON, BACK], 1, "unexplained"),
    ("confirmed", [IT, ON, BACK, WRONG, YES], 1, "justified"),
    ("confirmed without a reason", [IT, ON, BACK, YES], 1, "justified"),
    ("denied", [IT, ON, BACK, LACKING, NO], 1, "not justified"),
    ("denied after all", [IT, ON, BACK, WRONG, YES, "tue 13:00 cid justified ei"], 1, "not justified"),
    ("left open", [IT, ON, BACK, WRONG, OPEN], 1, "unjudged"),
    ("the team did its part", [IT, ON, BACK, NEXT], 0, "next stage"),
    ("undone at once", [IT, ON, BACK, "tue 09:10 bob state handed-on"], 0, None),
    ("undone too late", [IT, ON, BACK, "tue 09:11 bob state handed-on"], 1, "unexplained"),
    ("undone by somebody else", [IT, ON, BACK, "tue 09:05 ann state handed-on"], 1, "unexplained"),
    ("taken back by the forwarder", [IT, ON, "tue 09:00 ann state new"], 0, None),
    ("decided by who coordinates the desk", [IT, ON, "tue 09:00 cid queue law"], 0, None),
    ("taken back to tier 1 by who leads it", [IT, ON, "tue 09:00 lea state new"], 0, None),
    ("sent away by the bot", [IT, ON, "tue 09:00 robot state new"], 0, None),
    ("sent away when it was solved", [IT, ON, SOLVED, "wed 11:00 bob state new"], 0, None),
    ("silently on to another team", [IT, ON, LAW], 1, "unexplained"),
    (
        "silently back, though it came in another state",
        [IT, ON, LAW, "tue 09:00 bob state asking", "wed 09:00 dan queue it"],
        2,
        "unexplained",
    ),
    ("silently, though somebody had been assigned", [IT, ON, "mon 10:00 bob owner bob", LAW], 1, "unexplained"),
    ("on to another team after an answer", [IT, ON, "mon 10:00 bob says", LAW], 0, None),
    ("on to another team after work", [IT, ON, "mon 10:00 bob state asking", LAW], 0, None),
    ("on after a field was filled in", [IT, ON, "mon 10:00 bob delivered yes", LAW], 0, None),
    ("after work, but with a reason", [IT, ON, "mon 10:00 bob says", LAW, WRONG], 1, "unjudged"),
    ("what the forwarder adds is no work of the team", [IT, ON, "mon 10:00 ann says", LAW], 1, "unexplained"),
    ("another team, undone at once", [IT, ON, LAW, "tue 09:09 bob queue it"], 0, None),
    ("a first queue is no return", [ON, "tue 09:00 cid queue it"], 0, None),
    ("the bot's own route sent on", [ON, "mon 09:01 robot queue it", "mon 09:30 dan queue law"], 1, "unexplained"),
    ("the bot's own route put right", [ON, "mon 09:01 robot queue it", "mon 09:30 cid queue law"], 0, None),
    (
        "twice, of which the last counts",
        [IT, ON, BACK, WRONG, YES, "wed 09:00 ann state handed-on", "thu 09:00 bob state new"],
        2,
        "unexplained",
    ),
]


@pytest.mark.parametrize(("what", "acts", "count", "how"), RETURNS, ids=[case[0] for case in RETURNS])
def test_returns(what: str, acts: list[str], count: int, how: str | None) -> None:
    found = seen(*acts)
    assert (rejections(found), how_returned(found)) == (count, how)


def test_a_return_says_who_from_where_and_why() -> None:
    (one,) = returns_of(seen(IT, ON, LAW, WRONG))
    assert (one.at, one.who, one.left, one.to, one.silent, one.reason) == (
        at("tue 09:00"), "bob", "it", "law", True, "VALE_MEESKOND",
    )  # fmt: skip
    emptied = returns_of(seen(IT, ON, "tue 09:00 bob queue -", BACK))
    assert [one.left for one in emptied] == ["it"], "who sends it back may empty the queue with it"
    others = returns_of(seen(IT, ON, "mon 12:00 dan queue -", BACK))
    assert [one.left for one in others] == [None], "it was nobody's by then"
    assert addressees(("returner",), seen(IT, ON, BACK)) == ("bob",)
    assert addressees(("returner",), seen(IT, ON, "tue 09:00 ~x state new")) == ("cid",)


def test_where_no_field_is_mapped_a_comment_explains() -> None:
    assert how_returned(seen(IT, ON, BACK, rules=WITHOUT_FIELD)) == "unexplained"
    assert how_returned(seen(IT, ON, BACK, "tue 09:00 bob says", rules=WITHOUT_FIELD)) == "unjudged"
    assert how_returned(seen(IT, ON, BACK, "tue 09:30 ann says", rules=WITHOUT_FIELD)) == "unexplained"
    assert how_returned(seen(IT, ON, BACK, "tue 09:00 bob says")) == "unexplained"


def told(word: str, *acts: str) -> Ticket:
    message = Message(at("tue 13:00"), "99", "cid", command=Command(word, granted=True))
    return ticket(*acts, messages=(message,))


@pytest.mark.parametrize(("word", "how"), [("justified", "justified"), ("not justified", "not justified")])
def test_the_coordinator_may_tell_the_bot(word: str, how: str) -> None:
    assert how_returned(view(told(word, IT, ON, BACK, WRONG), rules=RULES)) == how
    assert how_returned(view(told(word, IT, ON, BACK, WRONG, YES), rules=RULES)) == how, "what was said last counts"
    later = "tue 14:00 bob state new"
    again = view(told(word, IT, ON, BACK, WRONG, "tue 13:30 ann state handed-on", later), rules=RULES)
    assert how_returned(again) == "unexplained", "it was said of the return before"


FIRST: list[tuple[str, list[str], dict[str, Any], str | None]] = [
    ("open", [], {}, None),
    ("solved at tier 1", ["mon 10:00 ann state solved"], {}, "yes"),
    ("closed at tier 1", ["mon 10:00 ann state closed"], {}, "yes"),
    ("tier 2 was asked, not handed it", ["mon 09:00 bob says", "mon 10:00 ann state solved"], {}, "yes"),
    ("solved at tier 2", [IT, ON, SOLVED], {}, "no"),
    ("solved at tier 2, closed by the forwarder", [IT, ON, SOLVED, SHUT], {}, "no"),
    ("returned and solved at tier 1", [IT, ON, BACK, "wed 09:00 ann state solved"], {}, "returned"),
    (
        "handed on and taken back at once by the same person",
        [ON, "mon 09:10 ann state new", "mon 12:00 ann state solved"],
        {},
        "yes",
    ),
    (
        "taken back later",
        [ON, "mon 09:11 ann state new", "mon 12:00 ann state solved"],
        {},
        "returned",
    ),
    ("closed waiting for the customer", [IT, ON, "mon 10:00 bob state asking", SHUT], {}, "no answer"),
    (
        "reopened: its last solution counts",
        ["mon 10:00 ann state solved", "tue 08:00 ann state new", "tue 08:30 ann state handed-on", SOLVED],
        {},
        "no",
    ),
    ("an event is no inquiry", ["mon 10:00 ann state solved"], {"category": "EVENT"}, None),
    (
        "an event of which one was made at tier 1",
        ["mon 09:00 ann category IT", "mon 10:00 ann state solved"],
        {"category": "EVENT"},
        "yes",
    ),
    (
        "an event of which one was made at tier 2",
        ["mon 09:00 bob category IT", "mon 10:00 bob state solved"],
        {"category": "EVENT", "state": "handed-on"},
        "no",
    ),
    (
        "what it was handed to as an event does not count",
        [ON, "mon 10:00 bob state new", "mon 11:00 ann category IT", "mon 12:00 ann state solved"],
        {"category": "EVENT"},
        "yes",
    ),
]


def with_first(acts: list[str], facts: dict[str, Any]) -> Any:
    """The facts are how the ticket was created; the acts change it from there."""
    made = ticket(*acts, **{word: value for word, value in facts.items() if word == "state" and not acts[-1:]})
    changed = {change.field: change.now for change in made.changes}
    changes = list(made.changes)
    for i, change in enumerate(changes):
        if change.field in facts and all(before.field != change.field for before in changes[:i]):
            changes[i] = type(change)(
                change.at, change.field, facts[change.field], change.now, change.who, change.bot
            )
    values = {name: getattr(made, name) for name in Ticket.__struct_fields__}
    values |= {word: value for word, value in facts.items() if word not in changed} | {"changes": tuple(changes)}
    return view(Ticket(**values), rules=RULES)


@pytest.mark.parametrize(("what", "acts", "facts", "mark"), FIRST, ids=[case[0] for case in FIRST])
def test_first_contact(what: str, acts: list[str], facts: dict[str, Any], mark: str | None) -> None:
    assert first_contact(with_first(acts, facts)) == mark


AGAIN = "wed 09:00 ann state handed-on"
TEAM: list[tuple[str, list[str], dict[str, Any], str | None]] = [
    ("never handed on", [], {}, None),
    ("nobody's yet", [ON], {}, None),
    ("kept", [IT, ON, SOLVED], {}, "yes"),
    ("returned, pending", [IT, ON, BACK, WRONG], {}, "pending"),
    ("returned, confirmed", [IT, ON, BACK, WRONG, YES], {}, "no"),
    ("for want of data counts too", [IT, ON, BACK, LACKING, YES], {}, "no"),
    ("returned, denied", [IT, ON, BACK, WRONG, NO], {}, "yes"),
    ("the next stage", [IT, ON, BACK, NEXT], {}, "yes"),
    ("silently re-routed, pending", [IT, ON, LAW], {}, "pending"),
    ("silently re-routed, confirmed", [IT, ON, LAW, YES], {}, "no"),
    ("handed on after work", [IT, ON, "mon 10:00 bob says", LAW], {}, "yes"),
    ("undone at once", [IT, ON, BACK, "tue 09:05 bob state handed-on"], {}, "yes"),
    (
        "however many returns, one is enough",
        [IT, ON, BACK, WRONG, YES, AGAIN, "thu 09:00 bob state new", "thu 10:00 cid justified ei"],
        {},
        "no",
    ),
    (
        "the first hand-over of its life counts, not a later one",
        [IT, ON, SOLVED, "thu 09:00 ann state new", "thu 10:00 ann state handed-on", "fri 09:00 bob state new",
         "fri 10:00 cid justified jah"],
        {},
        "yes",
    ),
    (
        "taken back at once, the next hand-over is the first",
        [ON, IT, "mon 09:05 ann state new", "mon 09:06 ann queue law", "mon 10:00 ann state handed-on"],
        {},
        "yes",
    ),
    ("an event is no inquiry", [IT, ON, BACK, YES], {"category": "EVENT"}, None),
]  # fmt: skip


@pytest.mark.parametrize(("what", "acts", "facts", "mark"), TEAM, ids=[case[0] for case in TEAM])
def test_right_team_first(what: str, acts: list[str], facts: dict[str, Any], mark: str | None) -> None:
    found = right_team_first(with_first(acts, facts))
    assert (found.mark if found else None) == mark


def test_which_team_by_whom_and_since_when_it_counts() -> None:
    by_hand = right_team_first(seen(IT, ON))
    by_bot = right_team_first(seen(ON, "mon 09:01 robot queue law"))
    assert by_hand is not None
    assert by_bot is not None
    assert (by_hand.team, by_hand.by_bot) == ("it", False)
    assert (by_bot.team, by_bot.by_bot) == ("law", True)
    for acts, now, mature in (((), "fri 23:59", False), ((), "2 mon 00:00", True), ((SOLVED,), "wed 09:00", True)):
        late = view(ticket(IT, ON, *acts), now, RULES)
        found = right_team_first(late)
        assert found is not None
        assert is_mature(found, late) == mature
