"""The lists of tickets of those who are away: to deputies, to who is back, to who coordinates, once each."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest
from small_desk import at, book, ticket

from bot.core.deputies import FOR_GOOD
from bot.core.desk import Absence, Desk
from bot.core.letter_kinds import LETTERS
from bot.core.letters import Letter, Told
from bot.core.rulebook import Rulebook
from bot.core.steps import Count, Day
from bot.core.ticket import Ticket

EVERYBODY = ("ann", "bob", "cid", "dan", "lea", "rus")
KINDS = ("handover", "back", "no_deputy", "leaver")
DAYS = [date(2026, 11, day) for day in range(16, 30)]
QUEUES = [
    {"queue": "first", "tier": 1, "name": {"en": "First"}, "members": ["ann", "rus"]},
    {"queue": "it", "tier": 2, "name": {"en": "IT"}, "members": ["bob"], "coordinator": "dan"},
    {"queue": "law", "tier": 2, "name": {"en": "Law"}},
]


def rules(**deputies: list[str]) -> Rulebook:
    people = [{"person": who, "account": who, "deputy": deputies.get(who, [])} for who in EVERYBODY]
    return book(people=people, queues=QUEUES)


def numbered(number: int, *acts: str, **facts: Any) -> Ticket:
    return ticket(*acts, id=str(number), key=f"ABC-{number}", **facts)


FORWARDED = numbered(1, "mon 09:00 ann state handed-on", state="handed-on", queue="it", owner="bob")
OWNED = numbered(2, reporter="rus", forwarder="rus", state="handed-on", queue="it", owner="ann")
CLOSED = numbered(3, state="closed", forwarder="ann")
SECURED = numbered(4, "mon 09:00 ann state handed-on", state="handed-on", queue="it", secured=True)
ALL = (FORWARDED, OWNED, CLOSED, SECURED)


def written(
    desk: Desk, now: str, there: Iterable[str], made: Rulebook, tickets: Iterable[Ticket] = ALL
) -> list[Letter]:
    told = Told({person: at(now) for person in there})
    letters = [
        each for kind in KINDS for each in LETTERS[kind].write(lambda: list(tickets), told, made, desk, at(now))
    ]
    assert all(letter.to in told.mornings and letter.due_at == at(now) for letter in letters)
    return letters


def in_short(letters: Iterable[Letter]) -> list[tuple[str, str, dict[str, list[str]]]]:
    return [
        (each.rule, each.to, {part.title: [line.ticket_key for line in part.lines] for part in each.sections})
        for each in letters
    ]


WEEK = Absence("ann", DAYS[1], DAYS[4], ("rus",))
LIST = {"their_forwarded": ["ABC-1", "ABC-4"], "their_owned": ["ABC-2"]}


@pytest.mark.parametrize(
    ("absences", "now", "expected"),
    [
        ([], "tue 08:00", []),
        ([WEEK], "mon 08:00", []),
        ([WEEK], "tue 08:00", [("handover", "rus", LIST)]),
        ([WEEK], "2 mon 08:00", [("back", "ann", {"forwarded": ["ABC-1", "ABC-4"], "owned": ["ABC-2"]})]),
        ([WEEK], "2 tue 08:00", []),
        ([WEEK, Absence("ann", DAYS[5], DAYS[7])], "2 mon 08:00", [("no_deputy", "cid", LIST)]),
        ([WEEK, Absence("rus", DAYS[1], DAYS[1])], "tue 08:00",
         [("no_deputy", "cid", LIST), ("no_deputy", "cid", {"their_forwarded": ["ABC-2"]})]),
        ([Absence("ann", DAYS[1], DAYS[4])], "tue 08:00", [("no_deputy", "cid", LIST)]),
        ([Absence("bob", DAYS[1], DAYS[4])], "tue 08:00", [("no_deputy", "dan", {"their_owned": ["ABC-1"]})]),
        ([Absence("ann", DAYS[1], FOR_GOOD)], "wed 08:00", [("leaver", "cid", LIST)]),
        ([Absence("~x", DAYS[1], FOR_GOOD)], "wed 08:00", []),
    ],
)  # fmt: skip
def test_who_gets_a_list_of_whose_tickets(absences: list[Absence], now: str, expected: list[Any]) -> None:
    desk = Desk(tuple(absences))
    there = [who for who in EVERYBODY if not any(each.person == who and each.last == FOR_GOOD for each in absences)]
    assert in_short(written(desk, now, there, rules())) == expected


def test_a_list_is_one_letter_for_the_whole_absence() -> None:
    keys = [
        [letter.key for letter in written(Desk((WEEK,)), now, ("rus",), rules())]
        for now in ("tue 08:00", "thu 08:00")
    ]
    assert keys == [["small/letter/handover/rus/ann.2026-11-17"]] * 2


def test_a_list_says_how_long_how_many_and_what_is_due_first() -> None:
    (letter,) = written(Desk((WEEK,)), "tue 08:00", ("rus",), rules(), [FORWARDED, SECURED])
    assert letter.values["from_day"] == Day(DAYS[1])
    assert letter.values["until_day"] == Day(DAYS[4])
    assert (letter.values["n"], letter.values["absent"], letter.values["deputy"]) == (Count(2), "ann", "rus")
    assert letter.values["due"] == letter.sections[0].lines[0].values["due"]
    assert "forwards" in letter.values
    assert "owns" not in letter.values
    assert letter.sections[0].lines[1].values == {}


def test_nothing_is_asked_of_the_tickets_while_nobody_is_away() -> None:
    def asked() -> Iterable[Ticket]:
        raise AssertionError

    told = Told(dict.fromkeys(EVERYBODY, at("tue 08:00")))
    for kind in KINDS:
        assert list(LETTERS[kind].write(asked, told, rules(), Desk(), at("tue 08:00"))) == []


def test_a_standing_deputy_gets_the_list_and_the_reason_has_no_place_in_it() -> None:
    (letter,) = written(Desk((Absence("ann", DAYS[1], DAYS[4]),)), "tue 08:00", EVERYBODY, rules(ann=["rus"]))
    assert (letter.rule, letter.to, letter.say) == ("handover", "rus", "substitution")
    assert not {"reason", "why"} & letter.values.keys()


def test_a_single_day_has_no_last_one() -> None:
    (letter,) = written(Desk((Absence("ann", DAYS[1], DAYS[1], ("rus",)),)), "tue 08:00", ("rus",), rules())
    assert letter.values["from_day"] == Day(DAYS[1])
    assert "until_day" not in letter.values


def test_a_long_list_tells_how_many_more_there_are() -> None:
    many = [numbered(n, "mon 09:00 ann state handed-on", state="handed-on", queue="it") for n in range(1, 41)]
    (letter,) = written(Desk((WEEK,)), "tue 08:00", ("rus",), rules(), many)
    assert (len(letter.sections[0].lines), letter.sections[0].more) == (30, 10)
    assert letter.sections[0].lines[0].ticket_key == "ABC-1"
