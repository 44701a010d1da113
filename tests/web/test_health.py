"""The bot's health: in order when it is, and what is wrong said in words, for who leads and coordinates."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import msgspec
import pytest
from msgspec import json
from msgspec.structs import replace
from small_desk import at, book, row, step, ticket
from web_desk import COORDINATOR, HANDED, LEAD, NOW, QUEUE_HEAD, TIER_1, TIER_2, as_, client, filled

from bot.core.ledger import Entry
from bot.core.letters import LetterRow
from bot.core.silence import Silence
from bot.engine.audit import AUDIT
from bot.engine.control import SILENCED
from bot.engine.restraint import RESTRAINT, Circuit, Pause, Restraint
from bot.store.store import Store

WELL = "In order: the bot reads Jira, and nothing waits for a person."


def shown(
    before: Callable[[Store], object] = lambda store: None, person: str = LEAD, rows: tuple[Entry, ...] = ()
) -> str:
    with filled(rows=rows) as store:
        before(store)
        answer = client(store).get("/health", headers=as_(person))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def silenced(what: str, by: str) -> Callable[[Store], object]:
    noted = msgspec.json.encode((Silence(what, by, NOW),)).decode()  # type: ignore[arg-type]
    return lambda store: store.set_note(SILENCED, noted)


def letter(state: str) -> LetterRow:
    return LetterRow("k", "morning", "a", "bob", state, "", NOW, NOW)


def digest(state: str) -> LetterRow:
    return LetterRow(
        "small//digest/unit/week-2026-11-09-mail", "digest", "week", "dan", state, "", NOW, NOW, way="mail"
    )


@pytest.mark.parametrize(
    ("before", "rows", "said"),
    [
        (lambda store: store.set_mark(0, NOW - 901), (), "has not read Jira for more than 15 minutes"),
        (lambda store: store.set_note(SILENCED, "*"), (), "The bot is silenced: it writes nothing."),
        (
            silenced("ABC", "property"),
            (),
            "silent: ABC. Since: 20 November 2026 at 15:00. Why: the project",
        ),
        (lambda store: store.set_note(AUDIT, "{"), (), "The self-audit could not be made. Since: 1 January 1970"),
        (
            lambda store: store.trouble("9", "could not be read", NOW),
            (),
            "9 could not be read 20 November 2026",
        ),
        (
            lambda store: store.trouble("1", "unjudged: KeyError", NOW, 3, NOW + 3600),
            (),
            "ABC-1 the ticket cannot be judged by the rules: KeyError 20 November 2026 at 15:00 3 "
            "20 November 2026 at 16:00",
        ),
        (
            lambda store: store.trouble("1", "failing: GET", NOW - 60, 1, NOW),
            (),
            "Jira stumbles over this ticket: GET 20 November 2026 at 14:59 (1 minute ago) 1 when the bot looks next",
        ),
        (lambda store: None, (row(step(), "batched", "fri 10:00"),), "1 piletibot release 2026-11-20T08:00:00Z"),
        (lambda store: None, (row(step(), "doubtful", "fri 14:59"),), "comment doubtful ABC-1 still"),
        (lambda store: None, (row(step(), "intended", "fri 14:00"),), "comment doubtful ABC-1 still"),
        (lambda store: store.write_letters([letter("refused")]), (), "letter refused by the server – morning"),
        (lambda store: store.write_letters([digest("failed")]), (), "digest did not go – digest"),
        (
            lambda store: store.write_letters([digest("drafted")]),
            (),
            "unit 20 November 2026 at 15:00 piletibot approve unit",
        ),
    ],
)
def test_what_is_wrong_is_told_first(before: Callable[[Store], object], rows: tuple[Entry, ...], said: str) -> None:
    text = shown(before, rows=rows)
    assert said in text
    assert "To be seen to" in text
    assert WELL not in text


@pytest.mark.parametrize(
    ("before", "rows"),
    [
        (lambda store: store.set_mark(0, NOW - 900), ()),
        (lambda store: None, (row(step(), "intended", "fri 14:55"),)),
        (lambda store: None, (row(step(), "held", "fri 14:55"),)),
        (lambda store: store.set_note(SILENCED, ""), (row(step(), "said"),)),
        (lambda store: store.write_letters([replace(letter("refused"), at=NOW - 15 * 86_400)]), ()),
    ],
)
def test_all_is_well(before: Callable[[Store], object], rows: tuple[Entry, ...]) -> None:
    assert WELL in shown(before, rows=rows)


def test_a_ticket_of_restricted_access_is_counted_only() -> None:
    text = shown(lambda store: store.trouble("3", "could not be judged", NOW))
    assert "ABC-3" not in text
    assert "Tickets not listed here: 1" in text


def test_a_doubtful_comment_is_told_without_the_ticket_that_the_reader_may_not_know_of() -> None:
    about_lea = ticket(*HANDED, id="7", key="ABC-7", fields={"about": "lea"})
    rows = tuple(row(step(id_), "doubtful", "fri 14:00") for id_ in ("1", "3", "7", "99"))

    def keys(person: str) -> set[str]:
        text = shown(lambda store: store.put_tickets([about_lea], "f", NOW), person, rows)
        assert text.count("comment doubtful") == 4
        return set(re.findall(r"comment doubtful (ABC-\d+|–)", text))

    assert keys(LEAD) == {"ABC-1", "–"}
    assert keys(COORDINATOR) == {"ABC-1", "ABC-7", "–"}


@pytest.mark.parametrize(("observe", "said"), [(True, "it only observes, and writes nothing"), (False, "it writes")])
def test_whether_it_writes(observe: bool, said: str) -> None:
    with filled() as store:
        answer = client(store, book(manners={"observe": observe})).get("/health", headers=as_(LEAD))
    assert f"Whether the bot writes {said} " in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text))


def test_what_it_cost() -> None:
    today = date(2026, 11, 20)

    def spend(store: Store) -> None:
        store.add_costs(today, {"requests": 7})
        store.add_costs(date(2026, 11, 14), {"requests": 1000})
        store.add_costs(date(2026, 11, 13), {"requests": 99})

    assert "requests to Jira 7 1,007" in shown(spend)


def test_when_it_looks_next() -> None:
    def looks(store: Store) -> None:
        store.judged({"1": at("fri 15:30"), "2": at("fri 17:00"), "4": None, "5": None, "6": NOW, "3": None})

    assert "To be looked at now 1 To be looked at within the hour 1 " in shown(looks)


@pytest.mark.parametrize(("person", "status"), [(COORDINATOR, 200), (QUEUE_HEAD, 403), (TIER_1, 403), (TIER_2, 403)])
def test_it_is_for_the_lead_and_the_coordinator(person: str, status: int) -> None:
    with filled() as store:
        assert client(store).get("/health", headers=as_(person)).status_code == status


OPEN = Circuit("open", NOW - 3600, "POST 2/search: the connection was lost", NOW + 240, 7)
PAUSED = Pause("", NOW - 60, NOW + 7200, "jira-quota-tenant-based")
SLOWED = Pause("POST 3/search/jql", NOW - 60, NOW + 600, "jira-burst-based")
OVER = Pause("", NOW - 7200, NOW, "jira-quota-tenant-based")


@pytest.mark.parametrize(
    ("held", "said", "wrong"),
    [
        (
            Restraint(OPEN),
            "no answer since 20 November 2026 at 14:00 (1 hour ago) . Next try: 20 November 2026 at 15:04 "
            "POST 2/search: the connection was lost",
            "Jira does not answer: the bot asks it ever more rarely.",
        ),
        (
            Restraint(pauses=(PAUSED,)),
            "asked to wait until 20 November 2026 at 17:00 jira-quota-tenant-based",
            "Jira asked the bot to wait: until then it asks for nothing.",
        ),
        (
            Restraint(pauses=(SLOWED,)),
            "asked to wait until 20 November 2026 at 15:10 POST 3/search/jql: jira-burst-based",
            None,
        ),
        (Restraint(Circuit("closed", NOW - 60), (OVER,)), "Whether Jira answers it answers", None),
    ],
    ids=["away", "paused", "slowed", "over"],
)
def test_what_keeps_it_from_asking_jira(held: Restraint, said: str, wrong: str | None) -> None:
    text = shown(lambda store: store.set_note(RESTRAINT, json.encode(held).decode()))
    assert said in text
    assert (wrong or WELL) in text
    assert (WELL in text) is (wrong is None)
