"""The page of people's load: counts by queue, absences without a reason, single people only where they agreed."""

from __future__ import annotations

import re
from datetime import date

import pytest
from small_desk import SECTIONS, book, ticket
from web_desk import COORDINATOR, HANDED, LEAD, NOW, QUEUE_HEAD, TICKETS, TIER_1, TIER_2, as_, client, filled

from bot.core.desk import Absence
from bot.core.ticket import Ticket

QUEUES = [
    {**SECTIONS["queues"][0], "members": ["ann"]},
    {**SECTIONS["queues"][1], "members": ["bob", "dan"]},
    SECTIONS["queues"][2],
]


def shown(
    person: str = LEAD,
    consents: dict[str, str] | None = None,
    absences: tuple[Absence, ...] = (),
    tickets: tuple[Ticket, ...] = TICKETS,
) -> str:
    rules = book(queues=QUEUES, indicators={"consents": consents or {}})
    with filled(tickets) as store:
        for each in absences:
            store.put_absence(each, NOW)
        answer = client(store, rules).get("/load", headers=as_(person))
    assert answer.status_code in (200, 403)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)) if answer.status_code == 200 else ""


def day(offset: int) -> date:
    today = book().calendar.day_of(NOW)
    return date.fromordinal(today.toordinal() + offset)


@pytest.mark.parametrize(
    ("absences", "row"),
    [
        ((), "IT 2 2 of 2 1"),
        ((Absence("bob", day(-1), day(1)),), "IT 2 1 of 2 2"),
        ((Absence("bob", day(0), day(0)), Absence("dan", day(0), day(3))), "IT nobody present 2 0 of 2 –"),
        ((Absence("bob", day(1), day(1)),), "IT 2 2 of 2 1"),
    ],
)
def test_open_tickets_for_each_who_is_there(absences: tuple[Absence, ...], row: str) -> None:
    assert row in shown(absences=absences)


@pytest.mark.parametrize(("many", "there", "told"), [(5, 1, True), (4, 1, False), (6, 2, False)])
def test_much_more_than_elsewhere_is_told(many: int, there: int, told: bool) -> None:
    tickets = tuple(ticket(*HANDED, id=str(n), key=f"ABC-{n}") for n in range(1, many + 1))
    absences = (Absence("bob", day(0), day(0)),) if there == 1 else ()
    assert (f"IT uneven {many} {there} of 2" in shown(absences=absences, tickets=tickets)) == told


def test_what_is_with_somebody_away_is_counted() -> None:
    assert "IT 2 1 of 2 2 2 0 1 1 " in shown(absences=(Absence("bob", day(0), day(2)),))


def test_absences_tell_days_and_deputies() -> None:
    said = shown(absences=(Absence("bob", day(0), day(2), ("dan",)), Absence("ann", day(40), day(41))))
    first, last = (f"{each.day} {each:%B %Y}" for each in (day(0), day(2)))
    assert re.search(rf"bob {first} {last} dan dan", said)
    assert "ann" not in said


@pytest.mark.parametrize(
    ("person", "consents", "row"),
    [
        (LEAD, {"bob": "2020-01-01"}, True),
        (COORDINATOR, {"bob": "2020-01-01"}, True),
        (QUEUE_HEAD, {"bob": "2020-01-01"}, False),
        (LEAD, {"bob": "2999-01-01"}, False),
        (LEAD, {"dan": "2020-01-01"}, False),
    ],
)
def test_single_people_only_where_they_agreed(person: str, consents: dict[str, str], row: bool) -> None:
    assert bool(re.search("bob 1 January 2020 1", shown(person, consents))) == row


def test_a_head_of_a_queue_sees_their_own() -> None:
    said = shown(QUEUE_HEAD, absences=(Absence("ann", day(0), day(2)), Absence("bob", day(0), day(2))))
    assert "IT" in said
    assert "Law" not in said
    assert "ann" not in said


@pytest.mark.parametrize("person", [TIER_1, TIER_2])
def test_it_is_for_those_who_answer_for_others(person: str) -> None:
    assert shown(person) == ""
