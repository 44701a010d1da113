"""Each page for those whom it is meant for, and nothing that is not theirs to see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from small_desk import ticket
from web_desk import (
    COORDINATOR,
    HANDED,
    LEAD,
    NOW,
    OUTSIDER,
    PERSONAL_CODE,
    QUEUE_HEAD,
    RULES,
    TICKETS,
    TIER_1,
    TIER_2,
    TestClient,
    as_,
    client,
    filled,
)

from bot.core.entries_report import DigestEntry


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
        (LEAD, "/tickets/ABC-1%00", 404),
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


@pytest.mark.parametrize(("about", "person"), [("lea", LEAD), ("cid", COORDINATOR), ("bob", TIER_2), ("ann", TIER_1)])
def test_a_ticket_that_is_about_somebody_is_not_there_for_them(about: str, person: str) -> None:
    told = ticket(*HANDED, id="8", key="ABC-8", owner="bob", fields={"about": about})
    others = {LEAD, COORDINATOR, TIER_2} - {person}
    with filled([*TICKETS, told]) as store:
        browser = client(store)
        for reader in (person, *sorted(others)):
            answer = browser.get("/tickets/ABC-8", headers=as_(reader))
            shown = browser.get("/", headers=as_(reader)).text
            assert (answer.status_code == 200, "ABC-8" in shown) == ((reader != person,) * 2), reader
        with filled() as without:
            for reader in (person, *sorted(others)):
                same = counts(browser, reader) == counts(client(without), reader)
                assert same == (reader == person), reader


def counts(browser: TestClient, person: str) -> str:
    """The last row of the table of counts, as one reads it."""
    row = browser.get("/", headers=as_(person)).text.partition("<tfoot>")[2].partition("</tfoot>")[0]
    return " ".join(re.sub("<[^>]+>", " ", re.sub(r'data-label="([^"]*)">', r">\1: ", row)).split())


def test_tickets_with_a_security_level_are_for_the_roles_that_the_rules_name() -> None:
    rules = replace(
        RULES, entries=RULES.entries.model_copy(update={"digest": DigestEntry.model_validate({"secured": ["lead"]})})
    )
    with filled() as store:
        browser = client(store, rules)
        for person, listed in ((LEAD, True), (COORDINATOR, False), (QUEUE_HEAD, False), (TIER_2, False)):
            shown = browser.get("/", headers=as_(person)).text
            opened = browser.get("/tickets/ABC-3", headers=as_(person)).status_code == 200
            assert (">ABC-3<" in shown, "of restricted access" in shown, opened) == (listed, not listed, listed)


def test_owners_are_named_to_heads_alone(desk: TestClient) -> None:
    for person, named in ((LEAD, True), (COORDINATOR, True), (QUEUE_HEAD, True), (TIER_1, False), (TIER_2, False)):
        shown = desk.get("/", headers=as_(person)).text
        assert (">bob<" in shown, ">Owner<" in shown) == (named, named), person


def test_filters(desk: TestClient) -> None:
    for query, keys in (
        ("queue=law", ["ABC-2"]),
        ("queue=-", ["ABC-6"]),
        ("standing=solved", ["ABC-4"]),
        ("standing=breached", ["ABC-1"]),
        ("standing=breached&queue=law", []),
        ("tier=1", ["ABC-6"]),
        ("policy=answer", ["ABC-1", "ABC-2"]),
        ("queue=&standing=&tier=&policy=", ["ABC-1", "ABC-2", "ABC-4", "ABC-6"]),
        ("queue=nothing&standing=x&tier=9&policy=%27&page=99", ["ABC-1", "ABC-2", "ABC-4", "ABC-6"]),
    ):
        shown = desk.get(f"/?{query}", headers=as_(LEAD)).text.partition('id="list"')[2]
        assert sorted(set(re.findall(r"ABC-\d", shown))) == keys, query
        assert f"Found: {len(keys)}" in shown


def test_more_than_a_page_holds() -> None:
    many = [ticket(*HANDED, id=str(n), key=f"ABC-{n}", created_at=n) for n in range(1000, 1150)]
    with filled(many) as store:
        browser = client(store)
        first, second = (browser.get(f"/?page={n}", headers=as_(LEAD)).text for n in (1, 2))
    assert [len(re.findall(r'href="/tickets/', page)) for page in (first, second)] == [100, 50]
    assert "?page=2#list" in first
    assert "?page=1#list" in second


def test_a_tickets_story(desk: TestClient) -> None:
    shown = desk.get("/tickets/ABC-1", headers=as_(LEAD)).text
    for told in (
        'class="over"',
        'href="https://jira.example/browse/ABC-1"',
        "Nothing moves on the ticket.",
        'datetime="2026-11-17T09:00:00+02:00"',
    ):
        assert told in shown, told
    only = desk.get("/tickets/ABC-1?only=bot", headers=as_(LEAD)).text
    assert [page.partition('class="timeline"')[2].count("<li>") for page in (shown, only)] == [5, 1]


@pytest.mark.parametrize(
    ("key", "place"),
    [("abc-1", "/tickets/abc-1"), (" ABC-1 ", "/tickets/ABC-1"), ("../x", "/"), ("ABC-", "/"), ("", "/")],
)
def test_a_ticket_is_found_by_its_key(desk: TestClient, key: str, place: str) -> None:
    answer = desk.get("/find", params={"key": key}, headers=as_(LEAD))
    assert (answer.status_code, answer.headers["location"]) == (303, place)


def test_the_language_stays() -> None:
    with filled() as store:
        browser = client(store)
        shown = browser.get("/?lang=ru", headers=as_(LEAD))
        assert ('<html lang="ru">' in shown.text, "samesite=strict" in shown.headers["set-cookie"].lower()) == (
            True,
            True,
        )
        assert '<html lang="ru">' in browser.get("/", headers=as_(LEAD)).text
        assert '<html lang="et">' in browser.get("/?lang=et", headers=as_(LEAD)).text
        assert '<html lang="et">' in browser.get("/?lang=xx", headers=as_(LEAD)).text


@pytest.mark.parametrize(("late_s", "told"), [(0, False), (901, True)])
def test_it_tells_when_jira_was_not_read_for_long(late_s: int, told: bool) -> None:
    with filled() as store:
        shown = client(store, now=lambda: NOW + late_s).get("/", headers=as_(LEAD)).text
    assert ("Jira has not been read since" in shown) == told


def test_a_ticket_that_the_bot_has_trouble_with_says_so() -> None:
    with filled() as store:
        browser = client(store)
        assert "fails to read" not in browser.get("/tickets/ABC-1", headers=as_(LEAD)).text
        store.trouble("1", f"it says {PERSONAL_CODE}", NOW - 3600)
        shown = browser.get("/tickets/ABC-1", headers=as_(LEAD)).text
    assert "The bot fails to read the ticket" in shown
    assert "Since: 20 November 2026 at 14:00" in shown
    assert PERSONAL_CODE not in shown


@pytest.mark.parametrize("path", ["/", "/tickets/ABC-1"])
def test_a_database_that_is_away_is_told(path: str) -> None:
    with filled() as store:
        browser = client(store)
    answer = browser.get(path, headers=as_(LEAD))  # a database in memory is gone once it is closed
    assert answer.status_code == 503
    assert "The database does not answer." in answer.text


def test_a_personal_code_is_nowhere(desk: TestClient) -> None:
    for path in ("/", "/tickets/ABC-1", "/tickets/ABC-6"):
        shown = desk.get(path, headers=as_(LEAD))
        assert shown.status_code == 200
        assert PERSONAL_CODE not in shown.text
