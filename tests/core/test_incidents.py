"""Mass incidents: what counts as one, that it is told once, and each forwarder's list once it is solved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from small_desk import at, book, ticket

from bot.core.desk import Absence, Burst, Desk
from bot.core.incidents import bursts, came
from bot.core.judge import judge
from bot.core.rulebook import Rulebook
from bot.core.steps import Step
from bot.core.ticket import Change, Link, Ticket

RULE = {
    "name": "mass",
    "why": "Many tickets at once are one outage.",
    "when": {"category": ["IT", "LAW"]},
    "thresholds": [{"when": {"priority": "high"}, "count": 2, "minutes": 10}, {"count": 3, "minutes": 10}],
    "link": "incident",
    "say": "m",
    "solved": "s",
}


@cache
def rules() -> Rulebook:
    return book(links={"incident": {"type": "Cause", "outward": False, "silences": True}}, incidents=[RULE])


def come(*minutes: float, category: str = "IT", first: int = 1, **facts: str) -> list[Ticket]:
    """Tickets that came so many minutes after Monday, 8 o'clock, numbered from `first` on."""
    return [
        ticket(id=str(i), key=f"ABC-{i}", created_at=at("mon 08:00") + int(60 * minute), category=category, **facts)
        for i, minute in enumerate(minutes, first)
    ]


def among(tickets: list[Ticket], *told: Mapping[str, frozenset[str]]) -> list[Burst]:
    """The bursts among some tickets."""
    return list(bursts([each for each in (came(one, rules()) for one in tickets) if each], rules(), *told))


def found(tickets: list[Ticket]) -> list[tuple[str, int, list[str]]]:
    """Where each burst is told, in which minute it became one, and its tickets."""
    start = at("mon 08:00")
    return [(burst.on, (burst.at - start) // 60, [id_ for id_, _ in burst.tickets]) for burst in among(tickets)]


CASES: list[tuple[str, list[Ticket], list[tuple[str, int, list[str]]]]] = [
    ("nothing", [], []),
    ("too few", come(0, 5), []),
    ("too slow", come(0, 6, 11, 17, 22), []),
    ("just in time", come(0, 5, 10), [("1", 10, ["1", "2", "3"])]),
    ("at once", come(0, 0, 0), [("1", 0, ["1", "2", "3"])]),
    ("not from the first one on", come(0, 20, 21, 22), [("2", 22, ["2", "3", "4"])]),
    ("it grows", come(0, 1, 2, 9, 18, 27), [("1", 2, ["1", "2", "3", "4", "5", "6"])]),
    ("it ends and another one comes", come(0, 1, 2, 13, 14, 15),
     [("1", 2, ["1", "2", "3"]), ("4", 15, ["4", "5", "6"])]),
    ("each category by itself", come(0, 1) + come(0, 1, category="LAW", first=3), []),
    ("two categories", come(0, 1, 2) + come(1, 2, 3, category="LAW", first=4),
     [("1", 2, ["1", "2", "3"]), ("4", 3, ["4", "5", "6"])]),
    ("another category is not counted", come(0, 1, 2, category="OTHER"), []),
    ("fewer if the first is urgent", come(0, priority="high") + come(9, first=2), [("1", 9, ["1", "2"])]),
]  # fmt: skip


@pytest.mark.parametrize(("tickets", "expected"), [row[1:] for row in CASES], ids=[row[0] for row in CASES])
def test_many_tickets_of_a_category_within_minutes_are_a_burst(
    tickets: list[Ticket], expected: list[tuple[str, int, list[str]]]
) -> None:
    assert found(tickets) == found(tickets[::-1]) == expected


def test_a_burst_that_was_told_keeps_its_place_though_its_first_ticket_is_gone() -> None:
    tickets = come(0, 1, 2, 3)
    assert [burst.on for burst in among(tickets, {"mass": frozenset("2")})] == ["2"]
    assert [burst.on for burst in among(tickets[1:], {"mass": frozenset("2")})] == ["2"]
    assert [burst.on for burst in among(tickets, {"other": frozenset("2")})] == ["1"]


def test_a_burst_is_told_on_a_ticket_that_is_still_open() -> None:
    """A first ticket that was closed at once must not have the others pass unnoticed."""
    first, *others = come(0, 1, 2, 3)
    assert found([structs.replace(first, state="closed"), *others]) == [("2", 2, ["1", "2", "3", "4"])]
    shut = [structs.replace(each, state="closed") for each in (first, *others)]
    assert [on for on, _, _ in found(shut)] == ["1"]


@given(st.lists(st.integers(0, 60), max_size=12), st.integers(0, 60))
def test_one_more_ticket_never_takes_from_a_burst(minutes: list[int], more: int) -> None:
    """No ticket is in two bursts, each has enough, and one more ticket leaves all that were in one in one."""
    before, after = (
        [{id_ for id_, _ in burst.tickets} for burst in among(tickets)]
        for tickets in (come(*minutes), come(*minutes, more))
    )
    for them in (before, after):
        assert sum(map(len, them)) == len(set().union(*them))
        assert all(len(ids) >= 3 for ids in them)
    assert set().union(*before) <= set().union(*after)


BURST = Burst("mass", "IT", 10, (("7", "ABC-7"), ("8", "ABC-8"), ("9", "ABC-9")), at("mon 08:09"), "7")


def told(seen: Ticket, desk: Desk, rule: str = "mass") -> list[Step]:
    return [step for step in judge(seen, rules(), at("tue 09:00"), desk).steps if step.rule == rule]


def test_the_coordinator_is_told_with_the_list_of_all() -> None:
    (step,) = told(ticket(category="IT"), Desk(bursts={"7": (BURST,)}))
    assert (step.say, step.to, step.due_at) == ("m", ("cid",), at("mon 08:09"))
    assert (step.values["tickets"], step.values["category"]) == ("ABC-7, ABC-8, ABC-9", "IT")
    grown = structs.replace(BURST, tickets=(*BURST.tickets, ("10", "ABC-10")))
    assert [again.key for again in told(ticket(category="IT"), Desk(bursts={"7": (grown,)}))] == [step.key]


@pytest.mark.parametrize(
    "seen",
    [
        ticket(links=(Link("incident", "3", "ABC-3", False),)),
        ticket(links=(Link("incident", "3", "ABC-3", True),)),
        ticket("mon 09:00 ann state closed"),
    ],
    ids=["tied to an incident", "an incident itself", "closed"],
)
def test_nothing_is_told_once_people_took_it_up(seen: Ticket) -> None:
    assert told(seen, Desk(bursts={"7": (BURST,)})) == []


def child(id_: str, forwarder: str | None, *acts: str, when: str = "mon 09:00", outward: bool = False) -> Ticket:
    """A ticket that was tied to ABC-7 at `when`."""
    made = ticket(*acts, id=id_, key=f"ABC-{id_}", forwarder=forwarder, reporter="~eve")
    tie = Change(at(when), "link", None, "ABC-7", "cid")
    changes = tuple(sorted((*made.changes, tie), key=lambda change: change.at))
    return structs.replace(made, changes=changes, links=(Link("incident", "7", "ABC-7", outward),))


def lists(master: Ticket, *children: Ticket) -> dict[str, object]:
    steps = told(master, Desk(tied={"7": children}))
    assert len({step.key for step in steps}) == len(steps)
    assert all(step.say == "s" and step.values["person"] == step.to[0] for step in steps)
    return {step.to[0]: step.values["tickets"] for step in steps}


def test_each_forwarder_gets_one_list_when_it_is_solved() -> None:
    master = ticket("mon 10:00 bob state solved")
    children = (child("11", "ann"), child("12", "rus"), child("13", "ann"), child("14", None))
    assert lists(master, *children) == {"ann": "ABC-11, ABC-13", "rus": "ABC-12", "cid": "ABC-14"}
    keys = [step.key for step in told(master, Desk(tied={"7": children[:2]}))]
    assert keys == [step.key for step in told(master, Desk(tied={"7": children[1::-1]}))]
    assert not any(person in key for key in keys for person in ("ann", "rus"))
    again = ticket("mon 10:00 bob state solved", "mon 11:00 bob state handed-on", "mon 12:00 bob state solved")
    assert not {step.key for step in told(again, Desk(tied={"7": children}))} & set(keys)


def test_who_is_away_has_the_list_told_to_whoever_stands_in() -> None:
    master, desk = ticket("mon 10:00 bob state solved"), Desk(tied={"7": (child("11", "ann"), child("12", "rus"))})
    week = Absence("ann", date(2026, 11, 16), date(2026, 11, 20), ("dan",))
    today = told(master, replace(desk, absences=(week,)))
    assert [(step.to, step.values["person"], step.instead) for step in today] == [
        (("dan",), "dan", (("dan", "ann"),)),
        (("rus",), "rus", ()),
    ]
    assert {step.key for step in today} == {step.key for step in told(master, desk)}, "back again, it is told once"


@pytest.mark.parametrize(
    ("master", "tied"),
    [
        (ticket(), child("11", "ann")),
        (ticket("mon 10:00 bob state solved"), child("11", "ann", "mon 11:00 ann state closed")),
        (ticket("mon 10:00 bob state solved"), child("11", "ann", when="mon 11:00")),
        (ticket("mon 10:00 bob state solved"), child("11", "ann", outward=True)),
    ],
    ids=["it is open", "the other is closed", "tied after it was solved", "it is tied to the other"],
)
def test_there_is_no_list_of_others(master: Ticket, tied: Ticket) -> None:
    assert lists(master, tied) == {}
