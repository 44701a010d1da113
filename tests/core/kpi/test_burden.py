"""Who has how much to do, against tickets and absences counted by hand; of single people only where they agreed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hand_counted import added, case, facts, opened
from small_desk import SECTIONS, at, book

from bot.core.desk import Absence, Desk
from bot.core.kpi.burden import Uneven, uneven
from bot.core.kpi.case import Records
from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import Figure
from bot.core.kpi.period import Kind, period_of
from bot.core.kpi.registry import INDICATORS, figures
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket

IT = "mon 08:30 ann queue it"
LAW = "mon 08:30 ann queue law"
ON = "mon 09:00 ann state handed-on"
SOLVED = "wed 10:00 bob state solved"
QUEUES = [
    SECTIONS["queues"][0] | {"members": ["ann"]},
    SECTIONS["queues"][1] | {"members": ["bob", "dan"]},
    SECTIONS["queues"][2] | {"members": ["cid"]},
]


def rules(**settings: Any) -> Rulebook:
    return book(queues=QUEUES, indicators=settings)


RULES = rules()
Shown = dict[tuple[str, str], Figure]


def away(person: str, first: str, last: str) -> Absence:
    return Absence(person, date.fromisoformat(first), date.fromisoformat(last))


def shown(
    tickets: list[Ticket],
    *absences: Absence,
    rulebook: Rulebook = RULES,
    kind: Kind = "week",
    now: str = "2 mon 08:00",
) -> Shown:
    """The figures of the week, by indicator and group."""
    period = period_of(kind, date(2026, 11, 18), rulebook.calendar)
    desk = Desk(tuple(absences))
    records = Records(rulebook, period, at(now), desk)
    names = ("workload", "solved_a_day", "person_open", "person_solved_a_day")
    found: list[Fact] = []
    for name in names:
        if (of_desk := INDICATORS[name].desk_facts) is not None:
            found += of_desk(records)
        for one in tickets:
            found += facts(name, case(one, now, rulebook, desk=desk, kind=kind))
    return {(each.indicator, each.group): each for each in figures(found) if each.indicator in names}


def ratio(found: Shown, name: str, group: str) -> tuple[float | None, int | None, float | None]:
    each = found[name, group]
    return each.numerator, each.denominator, each.value


def people(found: Shown) -> set[str]:
    return {group for name, group in found if name.startswith("person") and group}


THREE = [opened([IT, ON]), opened([IT, ON]), opened([IT, ON])]


def test_open_tickets_are_divided_by_who_is_there_on_the_last_day_worked() -> None:
    found = shown([*THREE, opened([LAW, ON])])
    assert ratio(found, "workload", "it") == (3, 2, 1.5)
    assert ratio(found, "workload", "law") == (1, 1, 1)
    assert ratio(found, "workload", "first") == (0, 1, 0)
    assert ratio(found, "workload", "") == (4, 4, 1)


@pytest.mark.parametrize(
    ("absence", "there"),
    [
        (away("dan", "2026-11-20", "2026-11-20"), 1),  # Friday is the last day worked of the week
        (away("dan", "2026-11-21", "2026-11-30"), 2),  # from Saturday on
        (away("dan", "2026-11-10", "2026-11-19"), 2),  # back on Friday
        (away("lea", "2026-11-10", "2026-12-19"), 2),  # of no queue
    ],
)
def test_who_is_away_on_it_is_not_counted(absence: Absence, there: int) -> None:
    assert ratio(shown(THREE, absence), "workload", "it") == (3, there, 3 / there)


def test_where_nobody_is_there_is_no_ratio() -> None:
    both = (away("bob", "2026-11-20", "2026-11-20"), away("dan", "2026-11-20", "2026-11-20"))
    assert ratio(shown(THREE, *both), "workload", "it") == (3, 0, None)


def test_a_queue_without_members_is_its_coordinators() -> None:
    queues = [QUEUES[0], QUEUES[1] | {"members": []}, QUEUES[2] | {"members": []}]
    known = book(queues=queues)
    assert ratio(shown(THREE, rulebook=known), "workload", "it") == (3, 1, 3)
    assert ratio(shown(THREE, away("dan", "2026-11-20", "2026-11-20"), rulebook=known), "workload", "it")[1] == 0
    assert ratio(shown([opened([LAW, ON])], rulebook=known), "workload", "law") == (1, 1, 1)  # the desk's coordinator


def test_solved_tickets_are_divided_by_the_working_days_of_those_present() -> None:
    twice = opened(
        [IT, ON, "tue 10:00 bob state solved", "wed 10:00 ann state handed-on", "fri 10:00 bob state solved"]
    )
    tickets = [opened([IT, ON, SOLVED]), twice, opened([IT, ON, "2 tue 10:00 bob state solved"])]
    found = shown(tickets)
    assert ratio(found, "solved_a_day", "it") == (2, 10, 0.2)
    found = shown(tickets, away("bob", "2026-11-13", "2026-11-17"), away("dan", "2026-11-21", "2026-11-25"))
    assert ratio(found, "solved_a_day", "it") == (2, 8, 0.25)
    found = shown(tickets, away("bob", "2026-11-01", "2026-12-01"), away("dan", "2026-11-01", "2026-12-01"))
    assert ratio(found, "solved_a_day", "it") == (2, 0, None)
    two_absences_that_overlap = away("bob", "2026-11-16", "2026-11-17"), away("bob", "2026-11-17", "2026-11-18")
    assert ratio(shown(tickets, *two_absences_that_overlap), "solved_a_day", "it")[1] == 7


def test_of_a_week_that_runs_yet_only_days_up_to_now_count() -> None:
    assert ratio(shown([], now="wed 09:00"), "solved_a_day", "it")[1] == 6


OWNED = [opened([IT, ON, "mon 10:00 cid owner bob"]), opened([IT, ON, "mon 10:00 cid owner dan"])]


def test_nothing_is_told_of_single_people_unless_they_agreed() -> None:
    assert not people(shown([*OWNED, opened([IT, ON, SOLVED], owner="bob")]))


def test_of_who_agreed_it_is_told_from_that_day_on() -> None:
    agreed = rules(consents={"bob": "2026-11-18"})
    tickets = [
        *OWNED,
        opened([IT, ON, "tue 10:00 bob state solved"], owner="bob"),  # the day before
        opened([IT, ON, SOLVED], owner="bob"),
        opened([IT, ON, "wed 10:00 dan state solved"], owner="dan"),
    ]
    found = shown(tickets, away("bob", "2026-11-20", "2026-11-20"), rulebook=agreed)
    assert people(found) == {"bob"}
    assert ratio(found, "person_open", "bob") == (1, 1, 1)
    assert ratio(found, "person_solved_a_day", "bob") == (1, 2, 0.5)  # Wednesday and Thursday
    later = rules(consents={"bob": "2026-11-23"})
    assert not people(shown(tickets, rulebook=later))


def test_they_are_their_owners_then() -> None:
    agreed = rules(consents={"bob": "2026-11-01", "dan": "2026-11-01"})
    seen = opened(
        [IT, ON, "mon 10:00 cid owner bob", SOLVED, "thu 10:00 cid owner dan", "2 mon 09:00 ann state handed-on"]
    )
    found = shown([seen, opened([IT, ON, "mon 10:00 cid owner bob", "2 mon 00:00 cid owner dan"])], rulebook=agreed)
    assert ratio(found, "person_solved_a_day", "bob")[0] == 1
    assert ratio(found, "person_solved_a_day", "dan")[0] == 0
    assert ratio(found, "person_open", "bob")[0] == 1


def test_figures_about_people_are_marked_as_such() -> None:
    assert {name for name, each in INDICATORS.items() if each.personal} == {"person_open", "person_solved_a_day"}
    assert {name for name, each in INDICATORS.items() if each.by == "person"} == {
        "person_open",
        "person_solved_a_day",
    }


def test_an_imbalance_is_told_where_a_queue_has_many_more_than_others() -> None:
    tickets = [opened([IT, ON]) for _ in range(6)] + [opened([LAW, ON]), opened([])]
    # 7 of 4 people, as what is in no queue is nobody's: 1.75 on average; three each of IT
    assert list(uneven(shown(tickets).values(), RULES)) == [Uneven("workload", "it", 3, 1.75)]
    assert list(uneven(shown(tickets).values(), rules(imbalance=71))) == [Uneven("workload", "it", 3, 1.75)]
    assert list(uneven(shown(tickets).values(), rules(imbalance=72))) == []
    both = away("bob", "2026-11-20", "2026-11-20"), away("dan", "2026-11-20", "2026-11-20")
    assert next(uneven(shown(tickets, *both).values(), RULES)) == Uneven("workload", "it", None, 0.5)
    assert list(uneven([], RULES)) == []
    few = [opened([IT, ON]) for _ in range(4)]
    assert list(uneven(shown(few).values(), RULES)) == [], "four are no burden, however idle the others are"
    assert list(uneven(shown([*few, few[0]]).values(), RULES)) == [Uneven("workload", "it", 2.5, 1.25)]


def test_an_imbalance_between_people_is_held_against_those_who_agreed() -> None:
    agreed = rules(consents={"bob": "2026-11-01", "dan": "2026-11-01"})
    tickets = [*[OWNED[0]] * 5, OWNED[1]]
    assert Uneven("person_open", "bob", 5, 3) in list(uneven(shown(tickets, rulebook=agreed).values(), agreed))
    alone = rules(consents={"bob": "2026-11-01"})
    assert [each.indicator for each in uneven(shown(tickets, rulebook=alone).values(), alone)] == ["workload"]


def test_a_ticket_with_a_security_level_is_counted_too() -> None:
    assert added("workload", case(opened([IT, ON], secured=True), book=RULES)) == "1"
    (fact,) = facts("workload", case(opened([IT, ON], secured=True), book=RULES))
    assert fact.secured
