"""Each page for those whom it is meant for, and nothing that is not theirs to see."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from web_desk import (
    COORDINATOR,
    LEAD,
    OUTSIDER,
    PERSONAL_CODE,
    QUEUE_HEAD,
    TIER_1,
    TIER_2,
    TestClient,
    as_,
    client,
    filled,
)


@pytest.fixture(scope="module")
def desk() -> Iterator[TestClient]:
    with filled() as store:
        yield client(store)


@pytest.mark.parametrize(
    ("person", "path", "status"),
    [
        *((person, "/", 200) for person in (LEAD, COORDINATOR, QUEUE_HEAD, TIER_1, TIER_2)),
        (OUTSIDER, "/", 403),
        ("nobody", "/", 403),
        *((person, "/tickets/ABC-1", 200) for person in (LEAD, COORDINATOR, QUEUE_HEAD, TIER_1, TIER_2)),
        (OUTSIDER, "/tickets/ABC-1", 403),
        (LEAD, "/tickets/abc-1", 200),
        (LEAD, "/tickets/ABC-2", 200),
        (QUEUE_HEAD, "/tickets/ABC-2", 404),
        (TIER_2, "/tickets/ABC-2", 404),
        (LEAD, "/tickets/ABC-3", 404),
        (LEAD, "/tickets/ABC-99", 404),
        (LEAD, "/tickets/..%2f..", 404),
        (LEAD, "/nothing", 404),
    ],
)
def test_who_may_open_what(desk: TestClient, person: str, path: str, status: int) -> None:
    assert desk.get(path, headers=as_(person)).status_code == status


@pytest.mark.parametrize(
    ("person", "keys"),
    [
        (LEAD, ["ABC-1", "ABC-2", "ABC-4", "ABC-6"]),
        (TIER_1, ["ABC-1", "ABC-2", "ABC-4", "ABC-6"]),
        (QUEUE_HEAD, ["ABC-1", "ABC-4"]),
        (TIER_2, ["ABC-1", "ABC-4"]),
    ],
)
def test_the_board_lists_what_is_not_closed_of_their_queues(desk: TestClient, person: str, keys: list[str]) -> None:
    shown = desk.get("/", headers=as_(person)).text
    assert sorted(set(re.findall(r"ABC-\d", shown.partition('class="list"')[2]))) == keys
    assert "Tickets of restricted access, not listed here: 1" in shown


@pytest.mark.parametrize("path", ["/nothing", "/tickets", "/tickets/ABC-99", "/login"])
def test_what_is_not_there_is_told_in_a_page(desk: TestClient, path: str) -> None:
    answer = desk.get(path, headers=as_(LEAD))
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>There is no such page or ticket" in answer.text


def test_a_personal_code_is_nowhere(desk: TestClient) -> None:
    for path in ("/", "/tickets/ABC-1", "/tickets/ABC-6"):
        shown = desk.get(path, headers=as_(LEAD))
        assert shown.status_code == 200
        assert PERSONAL_CODE not in shown.text
