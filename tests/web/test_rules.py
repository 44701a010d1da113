"""The pages of the rules: what each said, whether people acted then, and on which tickets, for those who may know."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from small_desk import SECTIONS, book, row, step, ticket
from web_desk import (
    COORDINATOR,
    HANDED,
    LEAD,
    NOW,
    OUTSIDER,
    QUEUE_HEAD,
    TICKETS,
    TIER_1,
    TIER_2,
    as_,
    client,
    filled,
)

from bot.core.ledger import Entry
from bot.core.ticket import Ticket

ANSWERED = ticket(*HANDED, "mon 09:30 cid owner bob", "tue 16:00 bob says", id="1", key="ABC-1")


def shown(
    path: str = "/rules",
    person: str = LEAD,
    rows: Sequence[Entry] = (),
    tickets: Sequence[Ticket] = (ANSWERED, *TICKETS[1:]),
    **sections: object,
) -> str:
    queues = [
        {**SECTIONS["queues"][0], "members": ["ann"]},
        {**SECTIONS["queues"][1], "members": ["bob"]},
        SECTIONS["queues"][2],
    ]
    with filled(tickets, rows) as store:
        answer = client(store, book(queues=queues, **sections)).get(path, headers=as_(person))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(step("1"), "said", "tue 10:00")], "1 1 of 1 0 0 17.11 10:00"),
        ([row(step("1"), "said", "tue 17:00")], "1 0 of 1 0 0 17.11 17:00"),
        ([row(step("1"), "said", "fri 14:00")], "1 – 0 0 20.11 14:00"),
        ([row(step("1"), "observed", "tue 10:00")], "0 – 1 0 17.11 10:00"),
        ([row(step("1"), "held", "tue 10:00")], "0 – 0 1 –"),
        ([row(step("1"), "doubtful", "tue 10:00")], "1 – 0 0 17.11 10:00"),
        (
            [row(step(id_), "said", "tue 10:00") for id_ in ("1", "2", "3", "4", "6")],
            "5 1 of 5 (20.0%) 0 0 17.11 10:00",
        ),
    ],
)
def test_what_a_rule_said_and_what_followed(rows: list[Entry], said: str) -> None:
    assert re.search(rf"still .+? speaks {re.escape(said)}", shown(rows=rows))


def test_what_was_withdrawn_or_adopted_was_not_said() -> None:
    rows = [row(step("1"), "withdrawn", "tue 10:00"), row(step("2"), "adopted", "tue 10:00")]
    assert "No rule said anything in this time." in shown(rows=rows)


def test_each_silent_rule_stands_with_its_reason() -> None:
    said = shown()
    for ladder in SECTIONS["ladders"]:
        assert re.search(rf"{ladder['name']}( \w+)* {re.escape(ladder['why'])}", said)


def test_a_rule_that_is_no_longer_there() -> None:
    rows = [row(step("1", rule="old"), "said", "tue 10:00")]
    assert "old removed 1" in shown(rows=rows)
    assert "The rulebook no longer has this rule." in shown("/rules/old", rows=rows)


def test_what_only_observes_says_so() -> None:
    assert "The whole rulebook only observes" in shown(manners={"observe": True})


@pytest.mark.parametrize(("days", "there"), [(7, False), (28, True), (91, True), ("x", True)])
def test_how_far_back(days: object, there: bool) -> None:
    late = NOW + 14 * 86_400
    with filled((ANSWERED, *TICKETS[1:]), [row(step("1"), "said", "tue 10:00")]) as store:
        store.set_mark(0, late)
        said = client(store, now=lambda: late).get(f"/rules?days={days}", headers=as_(LEAD)).text
    assert ("No rule said anything in this time." not in said) == there


@pytest.mark.parametrize(
    ("person", "keys", "unlisted"),
    [
        (LEAD, {"ABC-1", "ABC-2"}, 1),
        (COORDINATOR, {"ABC-1", "ABC-2"}, 1),
        (QUEUE_HEAD, {"ABC-1"}, 1),
    ],
)
def test_tickets_are_listed_to_those_who_may_open_them(person: str, keys: set[str], unlisted: int) -> None:
    rows = [row(step(id_), "said", "tue 10:00") for id_ in ("1", "2", "3")]
    said = shown("/rules/still", person, rows)
    assert set(re.findall(r"ABC-\d(?= \d)", said)) == keys
    assert f"Messages on tickets not listed here: {unlisted}" in said


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        (LEAD, "/rules/still", 200),
        (LEAD, "/rules/nothing", 404),
        *((person, "/rules", 403) for person in (TIER_1, TIER_2, OUTSIDER)),
        (TIER_1, "/rules/still", 403),
    ],
)
def test_who_may_open_them(person: str, path: str, status: int) -> None:
    with filled() as store:
        assert client(store).get(path, headers=as_(person)).status_code == status
