"""When a recipient's digest is due, what it tells them, and what becomes of one whose time is over."""

from __future__ import annotations

from typing import Any

import pytest
from small_desk import SECTIONS, at, book

from bot.core.crosscheck_recipients import recipients
from bot.core.entries import Entries
from bot.core.letters import LetterRow
from bot.core.recipients import (
    again_at,
    audience_for,
    digest_key,
    ended,
    keys_of,
    language_for,
    may_go,
    owed,
    undelivered,
)
from bot.core.rulebook import Rulebook

EARLY = {"early": {"timezone": "Europe/Tallinn", "hours": "24x7"}}


def desk(*told: dict[str, Any], **digest: Any) -> Rulebook:
    calendars = {"office": {"timezone": "Europe/Tallinn", "hours": {"mon-fri": "08:00-16:00"}}} | EARLY
    those = [{"name": "one", "to": "lead"} | each for each in told]
    return book(calendars=calendars, digest={"recipients": those} | digest)


DUE: list[tuple[str, dict[str, Any], str, str, bool]] = [
    ("before its time", {}, "2 tue 07:59", "2026-11-23", False),
    ("at its time", {}, "2 tue 08:00", "2026-11-23", True),
    ("later that day", {}, "2 tue 23:59", "2026-11-23", True),
    ("a day's on the day after next", {}, "2 sat 00:00", "2026-11-26", False),
    ("nothing on a day off", {}, "2 sat 12:00", "2026-11-26", False),
    ("after days off, with them", {}, "3 mon 08:00", "2026-11-27", True),
    ("at a time of one's own", {"at": "10:30"}, "2 tue 10:29", "2026-11-23", False),
    ("a week's on its Monday", {"period": "week"}, "2 mon 08:00", "2026-11-16", True),
    ("before Monday's time", {"period": "week"}, "2 mon 07:00", "2026-11-16", False),
    ("a week's that was missed, on a day off", {"period": "week"}, "2 sun 12:00", "2026-11-16", False),
    ("a week's that was missed, on a working day", {"period": "week"}, "2 fri 12:00", "2026-11-16", True),
    ("a week's that was missed, too early in the day", {"period": "week"}, "2 fri 07:59", "2026-11-16", False),
    ("a month's on the first", {"period": "month"}, "3 tue 08:00", "2026-11-01", True),
    ("a month's before the month is over", {"period": "month"}, "3 mon 12:00", "2026-10-01", True),
    ("a quarter's", {"period": "quarter"}, "3 mon 12:00", "2026-07-01", True),
    ("a year's", {"period": "year"}, "3 mon 12:00", "2025-01-01", True),
    ("on another's days", {"calendar": "early"}, "2 sat 08:00", "2026-11-26", False),
]  # fmt: skip


@pytest.mark.parametrize(("told", "now", "first", "goes"), [row[1:] for row in DUE], ids=[row[0] for row in DUE])
def test_the_last_period_alone_is_owed_and_goes_on_working_days(
    told: dict[str, Any], now: str, first: str, goes: bool
) -> None:
    rules = desk(told)
    found = owed(rules.entries.digest.recipients[0], rules, at(now))
    assert found is not None
    assert (str(found.period.first), may_go(found, rules, at(now))) == (first, goes)


def test_never_is_never() -> None:
    rules = desk({"at": "never"})
    assert owed(rules.entries.digest.recipients[0], rules, at("2 tue 12:00")) is None


def test_a_desk_that_is_never_closed_has_readers_who_rest() -> None:
    rules = book(
        calendars={"office": {"timezone": "Europe/Tallinn", "hours": {"mon-fri": "08:00-16:00"}}} | EARLY,
        manners={"calendar": "early"},
        digest={"recipients": [{"name": "one", "to": "lead", "calendar": "office"}]},
    )
    entry = rules.entries.digest.recipients[0]
    goes = [day for day in ("2 fri", "2 sat", "2 sun", "3 mon") if may_go_at(entry, rules, at(f"{day} 09:00"))]
    found = owed(entry, rules, at("3 mon 09:00"))
    assert (goes, found and str(found.period.first)) == (["2 fri", "3 mon"], "2026-11-29")


def may_go_at(entry: Any, rules: Rulebook, now: int) -> bool:
    found = owed(entry, rules, now)
    return found is not None and may_go(found, rules, now)


def test_names_are_of_the_recipient_the_period_and_the_way() -> None:
    rules = desk({"by": ["mail", "folder"], "approved_by": "coordinator"})
    found = owed(rules.entries.digest.recipients[0], rules, at("2 tue 08:00"))
    assert found is not None
    assert keys_of(found, "small") == {
        way: f"small/letter/digest/one/day-2026-11-23-{way}" for way in ("draft", "mail", "folder")
    }
    assert digest_key("small", "one", found.period, "mail") == keys_of(found, "small")["mail"]


def test_tries_are_further_apart_each_time_and_hourly_at_the_least() -> None:
    assert [again_at(n, 0) for n in (1, 2, 3, 4, 5, 99)] == [300, 600, 1200, 2400, 3600, 3600]


# What it tells


def queues() -> list[dict[str, Any]]:
    return [
        {"queue": "first", "tier": 1, "name": {"en": "First"}, "members": ["ann"]},
        {"queue": "it", "tier": 2, "name": {"en": "IT"}, "coordinator": "dan"},
        {"queue": "law", "tier": 2, "name": {"en": "Law"}, "members": ["bob"]},
    ]


UNITS = [{"unit": "legal", "title": {"en": "Legal"}, "categories": ["LAW"]}]
SEEN: list[tuple[str, dict[str, Any], tuple[object, ...] | None]] = [
    ("the lead", {}, (None, None, True, True)),
    ("the coordinator", {"to": "coordinator"}, (None, None, True, False)),
    ("who coordinates a queue", {"to": "dan"}, ({"it"}, None, True, False)),
    ("who works in one", {"to": "bob"}, ({"law"}, None, True, False)),
    ("tier 1", {"to": "ann"}, (None, None, True, False)),
    ("the lead of one queue", {"queues": ["law"]}, ({"law"}, None, True, True)),
    ("who heads a unit", {"to": "dan", "units": ["legal"]}, (None, {"LAW"}, True, False)),
    ("who has no role", {"to": "rus"}, None),
    ("who has no role, of a queue", {"to": "rus", "queues": ["law"]}, ({"law"}, None, True, False)),
    ("a stranger", {"to": "director", "team": False}, (None, None, False, False)),
    ("a stranger, of a unit", {"to": "director", "team": False, "units": ["legal"]}, (None, {"LAW"}, False, False)),
    ("nobody at all", {"to": "director"}, None),
]


@pytest.mark.parametrize(("told", "seen"), [row[1:] for row in SEEN], ids=[row[0] for row in SEEN])
def test_what_a_recipient_is_told_of(told: dict[str, Any], seen: tuple[object, ...] | None) -> None:
    entry = {"name": "one", "to": "lead"} | told
    rules = book(queues=queues(), indicators={"units": UNITS}, digest={"secured": ["lead"], "recipients": [entry]})
    found = audience_for(rules.entries.digest.recipients[0], rules.entries)
    assert (found and (found.queues, found.categories, found.team, found.secured)) == seen


@pytest.mark.parametrize(
    ("told", "language"),
    [({}, "en"), ({"to": "rus"}, "ru"), ({"to": "rus", "language": "et"}, "et"), ({"to": "x", "team": False}, "et")],
)
def test_the_language_is_the_recipients(told: dict[str, Any], language: str) -> None:
    rules = desk(told, language="et")
    assert language_for(rules.entries.digest.recipients[0], rules) == language


WRONG: list[tuple[dict[str, Any], str, str | None]] = [
    ({"to": "laed"}, "there is nobody 'laed' at the desk; who does not belong to it has `team: false`", "lead"),
    ({"to": "rus"}, "'rus' has no role at the desk, so that nobody knows what is theirs to see; name `queues` or "
     "`units`", None),
    ({"to": "lead", "team": False}, "'lead' is of the desk; `team: false` is for who is not", None),
    ({"approved_by": "cordinator"}, "there is no role or person 'cordinator'", "coordinator"),
    ({"queues": ["lw"]}, "there is no queue 'lw'", "law"),
    ({"units": ["legl"]}, "there is no unit 'legl'", "legal"),
    ({"queues": ["law", "law"]}, "there is already a queue 'law'", None),
    ({"by": ["mail", "mail"]}, "there is already a way 'mail'", None),
    ({"by": ["ticket"]}, "on which ticket? Name it as `ticket` under `digest`", None),
    ({"by": ["page"], "formats": ["xlsx"]}, "files go by mail or into the folder, and it goes by neither", None),
    ({"calendar": "ofice"}, "there is no calendar 'ofice'", "office"),
    ({}, "", None),
]  # fmt: skip


@pytest.mark.parametrize(("told", "text", "meant"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_a_recipient_who_cannot_be_is_told_with_what_was_meant(
    told: dict[str, Any], text: str, meant: str | None
) -> None:
    digest = {"recipients": [{"name": "one", "to": "lead"} | told]}
    sections = {"queues": queues(), "indicators": {"units": UNITS}, "digest": digest}
    entries = Entries.model_validate(SECTIONS | sections)
    found = [(each.text.partition("; known:")[0], each.suggestion) for each in recipients(entries)]
    assert found == ([(text, meant)] if text else [])


# Whose time is over


def row(state: str, way: str = "mail", tries: int = 0, because: str = "due", rule: str = "digest") -> LetterRow:
    return LetterRow("key", rule, "day", "lea", state, because, 10, 20, way=way, tries=tries)


OVER = [
    (row("held", tries=3, because="unreachable: no"), "failed", 20),
    (row("held"), "withdrawn", 99),
    (row("intended", "folder"), "withdrawn", 99),
    (row("drafted"), "withdrawn", 99),
    (row("released"), "withdrawn", 99),
    *((row(state), None, 20) for state in ("said", "doubtful", "refused", "failed", "observed", "adopted")),
]


@pytest.mark.parametrize(("was", "state", "when"), OVER, ids=[f"{was.state} {was.tries}" for was, _, _ in OVER])
def test_what_is_out_of_date_is_given_up_and_keeps_when_it_failed(
    was: LetterRow, state: str | None, when: int
) -> None:
    over = ended(was, 99)
    assert (over and over.state, over.at if over else 20) == (state, when)


@pytest.mark.parametrize(
    ("became", "word"),
    [
        (row("failed", because="folder: full"), "folder"),
        (row("doubtful", because="lost: the answer"), "lost"),
        (row("held", tries=1, because="later: 450"), "later"),
        (row("held", because="later: 450"), None),
        (row("withdrawn", because="unapproved: nobody"), "unapproved"),
        (row("withdrawn", because="late: over"), None),
        (row("said"), None),
        (row("failed", because="folder: full", rule="summary"), None),
    ],
)
def test_what_did_not_arrive_is_told_in_a_word(became: LetterRow, word: str | None) -> None:
    assert undelivered(became) == word
