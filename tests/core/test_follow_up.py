"""The follow-up control after a period: what is left of its tickets, to whom, and on which mornings."""

from __future__ import annotations

from typing import Any

import pytest
from small_desk import SECTIONS, at, book, ticket

from bot.core.desk import Desk
from bot.core.follow_up import follow_up_letters
from bot.core.letters import Letter, Told

SEASON = {
    "name": "season",
    "why": "The customers' own day.",
    "basis": "law",
    "source": "a test",
    "when": {"category": "LAW"},
    "dates": {"before": "2026-11-13", "this": "2026-11-18", "next": "2026-12-18"},
    "control": {"after": "1wd"},
}
BOOK = book(
    deadlines=[SEASON],
    fields=SECTIONS["fields"] | {"about": "a"},
    excludes=[{"name": "about", "why": "It is about them.", "fields": ["about"]}],
)
OPEN = ticket("mon 09:00 ann state handed-on", id="1", key="ABC-1", category="LAW", forwarder="ann")
SOLVED = ticket("tue 09:00 bob state solved", id="2", key="ABC-2", category="LAW", forwarder="dan")
AGAIN = ticket(
    "mon 09:00 bob state solved", "mon 10:00 ann state new", id="3", key="ABC-3", category="LAW", forwarder="ann"
)
DONE = ticket("tue 09:00 bob state solved", "tue 10:00 dan delivered yes", id="4", key="ABC-4", category="LAW")
OTHER = ticket("mon 09:00 ann state handed-on", id="5", key="ABC-5", category="IT", forwarder="ann")
LATER = ticket(id="6", key="ABC-6", category="LAW", forwarder="ann", created_at=at("thu 08:30"))
ABOUT = ticket(id="7", key="ABC-7", category="LAW", forwarder="ann", fields={"about": "ann"})
ALL = (OPEN, SOLVED, AGAIN, DONE, OTHER, LATER, ABOUT)


def letters(now: str, *people: str, tickets: Any = ALL) -> list[Letter]:
    told = Told(dict.fromkeys(people, at(now)))
    return list(follow_up_letters(lambda: tickets, told, BOOK, Desk(), at(now)))


def listed(letter: Letter) -> dict[str, list[str]]:
    return {section.title: [line.ticket_key for line in section.lines] for section in letter.sections}


def test_who_forwarded_gets_what_is_left_of_theirs_and_the_coordinator_all_of_it() -> None:
    found = {letter.to: listed(letter) for letter in letters("thu 08:00", "ann", "dan", "cid", "bob")}
    assert found == {
        "ann": {"left_open": ["ABC-1", "ABC-3"], "repeated": ["ABC-3"]},
        "dan": {"undelivered": ["ABC-2"]},
        "cid": {"left_open": ["ABC-1", "ABC-3", "ABC-7"], "undelivered": ["ABC-2"], "repeated": ["ABC-3"]},
    }


@pytest.mark.parametrize(
    ("now", "sent"),
    [("wed 08:00", False), ("thu 08:00", True), ("fri 08:00", True), ("2 thu 08:00", True), ("2 fri 08:00", False)],
)
def test_it_comes_a_working_day_after_the_period_and_for_a_week(now: str, sent: bool) -> None:
    found = letters(now, "dan")
    assert [letter.key for letter in found] == (["small/letter/follow_up/dan/season@2026-11-18"] if sent else [])


def test_nobody_is_written_to_whose_day_has_not_begun_and_of_nothing() -> None:
    assert letters("thu 08:00") == []
    assert letters("thu 08:00", "ann", "dan", "cid", tickets=(OTHER, LATER)) == []
