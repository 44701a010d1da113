"""Who is away and who stands in: chains, limits by role, cycles, rosters."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_desk import at, book, ticket

from bot.core.deputies import FOR_GOOD, absence_on, is_away, may_stand_in, meant, on_duty
from bot.core.desk import Absence, Desk, Shift
from bot.core.history import turns
from bot.core.judge import judge
from bot.core.people import addressed
from bot.core.rulebook import Rulebook
from bot.core.view import View

PEOPLE = ("ann", "abe", "bob", "bea", "cid", "dan", "lea")
QUEUES = [
    {"queue": "first", "tier": 1, "name": {"en": "First"}, "members": ["ann", "abe"]},
    {
        "queue": "it",
        "tier": 2,
        "name": {"en": "IT"},
        "members": ["bob", "bea"],
        "coordinator": "dan",
        "duty": "night",
    },
    {"queue": "law", "tier": 2, "name": {"en": "Law"}},
]
MON, TUE, FRI = (date(2026, 11, day) for day in (16, 17, 20))


def made(**deputies: list[str]) -> Rulebook:
    people = [{"person": who, "account": who, "deputy": deputies.get(who, [])} for who in PEOPLE]
    return book(people=people, queues=QUEUES, rosters=[{"roster": "night", "shifts": []}])


def away(*told: str) -> Desk:
    """Absences of the week's Monday to Friday: `ann`, or `ann: abe cid` with deputies."""
    absences = []
    for each in told:
        person, _, deputies = each.partition(":")
        absences.append(Absence(person, MON, FRI, tuple(deputies.split())))
    return Desk(tuple(absences))


CHAINS: list[tuple[str, dict[str, list[str]], list[str], str, str]] = [
    ("there", {"ann": ["abe"]}, [], "ann", "ann"),
    ("a standing deputy", {"ann": ["abe"]}, ["ann"], "ann", "abe"),
    ("the absence's deputy comes before the standing one", {"ann": ["cid"]}, ["ann: abe"], "ann", "abe"),
    ("the second deputy where the first is away", {"ann": ["abe", "lea"]}, ["ann", "abe"], "ann", "lea"),
    ("an own second deputy comes before a deputy's", {"ann": ["abe", "cid"], "abe": ["lea"]}, ["ann", "abe"],
     "ann", "cid"),
    ("a chain", {"ann": ["abe"], "abe": ["lea"]}, ["ann", "abe"], "ann", "lea"),
    ("a cycle ends with the coordinator", {"ann": ["abe"], "abe": ["ann"]}, ["ann", "abe"], "ann", "cid"),
    ("no deputy: who coordinates the queue", {}, ["bob"], "bob", "dan"),
    ("no deputy and no coordinator of the queue: the desk's", {}, ["ann"], "ann", "cid"),
    ("the queue's coordinator away: their deputy", {"dan": ["ann"]}, ["bob", "dan"], "bob", "ann"),
    ("the queue's coordinator away without a deputy", {}, ["bob", "dan"], "bob", "cid"),
    ("the coordinator away: the lead", {}, ["cid"], "cid", "lea"),
    ("the coordinator's deputy", {"cid": ["ann"]}, ["cid"], "cid", "ann"),
    ("the lead away: the coordinator", {}, ["lea"], "lea", "cid"),
    ("a deputy's deputy of another tier is passed over", {"ann": ["abe"], "abe": ["bob"]}, ["ann", "abe"],
     "ann", "cid"),
    ("all away: the coordinator reads it later", {}, ["ann", "cid", "lea"], "ann", "cid"),
    ("somebody the rulebook does not name", {}, ["~x"], "~x", "cid"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("deputies", "told", "person", "expected"), [each[1:] for each in CHAINS], ids=[each[0] for each in CHAINS]
)
def test_who_stands_in(deputies: dict[str, list[str]], told: list[str], person: str, expected: str) -> None:
    assert meant(person, away(*told), made(**deputies), at("tue 10:00")) == expected


def test_who_works_in_no_queue_is_stood_in_for_by_the_ticket_s() -> None:
    assert meant("~x", away("~x"), made(), at("tue 10:00"), "it") == "dan"


@pytest.mark.parametrize(
    ("deputy", "person", "may"),
    [
        ("abe", "ann", True),
        ("bob", "ann", False),
        ("cid", "ann", True),
        ("dan", "ann", True),
        ("bea", "bob", True),
        ("ann", "bob", False),
        ("ann", "cid", True),
        ("ann", "dan", True),
        ("ann", "~x", True),
    ],
)
def test_a_specialist_is_stood_in_for_by_one_of_their_tier_or_who_coordinates(
    deputy: str, person: str, may: bool
) -> None:
    assert may_stand_in(deputy, person, made().entries) is may


@pytest.mark.parametrize(
    ("when", "gone"), [("mon 00:00", True), ("fri 23:59", True), ("2 mon 08:00", False), ("sat 00:00", False)]
)
def test_an_absence_is_of_whole_local_days(when: str, gone: bool) -> None:
    assert is_away("ann", away("ann"), made(), at(when)) is gone


def test_who_has_left_is_away_for_ever() -> None:
    desk = Desk((Absence("ann", MON, FOR_GOOD),))
    changes: list[int] = []
    assert meant("ann", desk, made(), at("2 fri 10:00"), changes=changes) == "cid"
    assert changes == []


def test_absences_that_follow_one_another_are_one() -> None:
    desk = Desk((Absence("ann", TUE, FRI, ("abe",)), Absence("ann", MON, MON, ("cid",)), Absence("bob", MON, FRI)))
    assert absence_on("ann", desk, FRI) == Absence("ann", MON, FRI, ("cid", "abe"))
    assert absence_on("ann", desk, FRI + timedelta(days=1)) is None
    assert absence_on("abe", desk, FRI) is None


# Whom a rule tells


def seen(desk: Desk, now: str = "tue 10:00", **facts: Any) -> View:
    rules = made(ann=["abe"], bob=["bea"])
    told = ticket(**({"queue": "it", "owner": "bob"} | facts))
    return View(told, turns(told, rules), rules, at(now), desk=desk)


@pytest.mark.parametrize(
    ("words", "told", "to", "instead"),
    [
        (["owner"], ["bob"], ("bea",), (("bea", "bob"),)),
        (["forwarder"], ["ann"], ("abe",), (("abe", "ann"),)),
        (["forwarder", "abe"], ["ann"], ("abe",), (("abe", "ann"),)),
        (["owner", "queue"], ["bob: dan"], ("dan",), (("dan", "bob"),)),
        (["queue"], ["dan"], ("cid",), (("cid", "dan"),)),
        (["coordinator", "lead"], ["cid"], ("lea",), (("lea", "cid"),)),
        (["bob", "forwarder"], [], ("bob", "ann"), ()),
    ],
)
def test_whoever_is_away_is_told_through_their_deputy(
    words: list[str], told: list[str], to: tuple[str, ...], instead: tuple[tuple[str, str], ...]
) -> None:
    found = addressed(words, seen(away(*told)))
    assert (found.to, found.instead) == (to, instead)


def test_a_step_s_key_does_not_depend_on_who_is_told() -> None:
    told = ticket("mon 09:00 ann state handed-on", queue="it", owner="bob", state="handed-on")
    rules = made(bob=["bea"])
    (here,) = judge(told, rules, at("wed 15:00")).steps[-1:]
    (deputy,) = judge(told, rules, at("wed 15:00"), away("bob")).steps[-1:]
    assert (here.key, here.to, here.instead) == (deputy.key, ("bob",), ())
    assert (deputy.to, deputy.instead) == (("bea",), (("bea", "bob"),))


def test_a_ticket_is_looked_at_again_when_another_is_meant() -> None:
    told = ticket("mon 09:00 ann state handed-on", queue="it", owner="bob", state="handed-on")
    desk = Desk((Absence("bob", MON, TUE), Absence("bob", date(2026, 11, 19), FRI)))
    rules = made()
    assert judge(told, rules, at("tue 16:00"), desk).look_again_at == at("wed 00:00")
    assert "somebody else" in judge(told, rules, at("tue 16:00"), desk).because
    assert judge(told, rules, at("wed 16:00"), desk).look_again_at == at("thu 00:00")


# Rosters

SHIFTS = (
    Shift("night", "bea", at("mon 20:00"), at("tue 08:00")),
    Shift("night", "bob", at("mon 20:00"), at("mon 22:00")),
    Shift("night", "bob", at("tue 20:00"), at("wed 08:00")),
    Shift("other", "abe", at("mon 00:00"), at("fri 00:00")),
)


@pytest.mark.parametrize(
    ("now", "who", "turns_at"),
    [
        ("mon 19:59", None, "mon 20:00"),
        ("mon 20:00", "bea", "mon 22:00"),
        ("tue 07:59", "bea", "tue 08:00"),
        ("tue 08:00", None, "tue 20:00"),
        ("wed 07:00", "bob", "wed 08:00"),
        ("wed 08:00", None, None),
    ],
)
def test_who_is_on_duty(now: str, who: str | None, turns_at: str | None) -> None:
    changes: list[int] = []
    assert on_duty("night", Desk(shifts=SHIFTS), made(), at(now), changes) == who
    assert min(changes, default=None) == (at(turns_at) if turns_at else None)


def test_of_two_on_duty_the_one_who_is_there() -> None:
    desk = Desk((Absence("bea", MON, FRI),), SHIFTS)
    assert on_duty("night", desk, made(), at("mon 21:00")) == "bob"
    assert on_duty("night", desk, made(), at("tue 05:00")) == "bea"


@pytest.mark.parametrize(
    ("words", "now", "queue", "to"),
    [
        (["duty"], "mon 21:00", "it", ("bea",)),
        (["duty"], "mon 12:00", "it", ("dan",)),
        (["duty"], "mon 21:00", "law", ("cid",)),
        (["duty other"], "mon 21:00", "it", ("abe",)),
        (["duty other"], "sat 12:00", "it", ("dan",)),
    ],
)
def test_the_word_duty_means_who_is_on_duty_else_who_coordinates(
    words: list[str], now: str, queue: str, to: tuple[str, ...]
) -> None:
    assert addressed(words, seen(Desk(shifts=SHIFTS), now, queue=queue)).to == to


def test_a_change_of_shift_is_another_look() -> None:
    changes: list[int] = []
    addressed(["duty"], seen(Desk(shifts=SHIFTS), "mon 21:00"), changes)
    assert min(changes) == at("mon 22:00")


# Laws

DAYS = st.integers(0, 6)
ABSENCES = st.lists(
    st.builds(
        lambda who, first, length, deputies: Absence(
            who, MON + timedelta(days=first), MON + timedelta(days=first + length), tuple(deputies)
        ),
        st.sampled_from(PEOPLE),
        DAYS,
        DAYS,
        st.lists(st.sampled_from(PEOPLE), max_size=3),
    ),
    max_size=12,
)


def reachable(person: str, desk: Desk, rules: Rulebook, day: date) -> set[str]:
    """Everybody who could be meant by a person, by the letter of the rules, in no order."""
    entries = rules.entries
    homes = [queue for queue in entries.queues if person in queue.members]
    heads = {person, entries.roles.coordinator, entries.roles.lead}
    heads |= {queue.coordinator for queue in homes if queue.coordinator}
    found: set[str] = set()
    for head in heads:
        mine, before = {head}, set[str]()
        while mine != before:
            before = set(mine)
            for each in before:
                given = [one.deputies for one in desk.absences if one.person == each and one.first <= day <= one.last]
                for deputy in {*(name for names in given for name in names), *rules.deputies.get(each, ())}:
                    if may_stand_in(deputy, head, entries):
                        mine.add(deputy)
        found |= mine
    return found


@given(
    ABSENCES,
    st.dictionaries(st.sampled_from(PEOPLE), st.lists(st.sampled_from(PEOPLE), max_size=3)),
    st.sampled_from(PEOPLE),
    DAYS,
)
def test_nobody_absent_is_meant_while_anybody_concerned_is_there(
    absences: list[Absence], deputies: dict[str, list[str]], person: str, days: int
) -> None:
    desk, rules = Desk(tuple(absences)), made(**deputies)
    now = at("mon 10:00") + days * 86_400
    changes: list[int] = []
    who = meant(person, desk, rules, now, changes=changes)
    could = reachable(person, desk, rules, MON + timedelta(days=days))
    there = {each for each in could if not is_away(each, desk, rules, now)}
    assert who in (there or {"cid"})
    assert who == person or person not in there
    assert all(each > now for each in changes)
    until = min(changes, default=now + 7 * 86_400)
    assert meant(person, desk, rules, until - 1) == who
