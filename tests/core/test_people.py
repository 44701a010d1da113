from __future__ import annotations

import pytest
from small_desk import SECTIONS, book, plain_book, ticket, view

from bot.core.people import addressees, calendar_of, language_of


@pytest.mark.parametrize(
    ("words", "facts", "expected"),
    [
        (["forwarder"], {}, ("ann",)),
        (["forwarder"], {"forwarder": "dan"}, ("dan",)),
        (["owner"], {"owner": "bob"}, ("bob",)),
        (["owner"], {"queue": "it"}, ("dan",)),
        (["owner"], {"queue": "law"}, ("cid",)),
        (["owner"], {}, ("cid",)),
        (["queue"], {"queue": "it", "owner": "bob"}, ("dan",)),
        (["queue"], {"queue": "gone"}, ("cid",)),
        (["coordinator"], {}, ("cid",)),
        (["lead"], {}, ("lea",)),
        (["bob", "forwarder", "bob", "owner"], {"owner": "ann"}, ("bob", "ann")),
        (["forwarder"], {"reporter": None}, ("cid",)),
        (["forwarder"], {"reporter": "~customer", "state": "solved"}, ("cid",)),
        (["forwarder", "lead"], {"reporter": None}, ("lea",)),
        (["owner"], {"owner": "~somebody"}, ("~somebody",)),
    ],
)
def test_who_is_meant(words: list[str], facts: dict[str, str | None], expected: tuple[str, ...]) -> None:
    assert addressees(words, view(ticket(**facts))) == expected


@pytest.mark.parametrize(
    ("people", "language"), [(["rus", "ann"], "ru"), (["ann", "rus"], "en"), (["~somebody"], "en"), ([], "en")]
)
def test_a_message_is_in_the_first_ones_language(people: list[str], language: str) -> None:
    assert language_of(people, plain_book()) == language


HOURS = {"timezone": "Europe/Tallinn", "hours": {"mon-fri": "10:00-12:00"}}
WORKING = {
    "calendars": {**SECTIONS["calendars"], "short": HOURS, "late": HOURS},
    "people": [{**entry, "calendar": "late"} if entry["person"] == "dan" else entry for entry in SECTIONS["people"]],
    "queues": [
        {"queue": "it", "tier": 2, "name": {"en": "IT"}, "members": ["bob", "dan"], "calendar": "short"},
        {"queue": "law", "tier": 2, "name": {"en": "Law"}, "members": ["ann", "bob"]},
    ],
    "routes": [],
}


@pytest.mark.parametrize(
    ("person", "calendar"),
    [("dan", "late"), ("bob", "short"), ("ann", "office"), ("cid", "office"), ("~somebody", "office")],
)
def test_when_somebody_works(person: str, calendar: str) -> None:
    assert calendar_of(person, book(**WORKING)).name == calendar
