"""Rules that speak together: one letter a person a day for several tickets, else comments on each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from fake_mailer import FakeMailer
from fake_tracker import FakeTracker
from small_desk import at, book

from bot.core.arrange import told_in
from bot.core.rulebook import Rulebook
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Post, Report
from bot.shipped import rules_folder
from bot.store.store import open_store
from bot.texts import load_messages

STATES = frozenset(("new", "handed-on", "asking", "drifting", "solved", "closed"))
WHY = "Whoever works on a ticket hears of it in time, and once a day of all."


def together(**more: Any) -> Rulebook:
    """The small desk with one rule, which speaks together: after a day, then to the lead too."""
    rungs = [
        {"rung": "ask", "after": "1wd", "say": "waiting_customer", "to": "owner"},
        {"rung": "tell", "after": "3wd", "say": "waiting_customer", "to": ["owner", "lead"]},
    ]
    ladder = {"name": "reminder", "why": WHY, "clock": "since enters tier 2", "rungs": rungs, "together": True}
    return book(routes=[], ladders=[ladder | more])


@dataclass
class Small:
    """A bot with a tracker and a mail server in memory; three tickets of bob's and one of dan's wait at tier 2."""

    rules: Rulebook = field(default_factory=together)
    mail: bool = True
    url: str = "sqlite://"

    def __post_init__(self) -> None:
        self.now, self.mailer = at("mon 08:00"), FakeMailer()
        self.tracker = FakeTracker(lambda: self.now * 1000, project="ABC", states=STATES)
        self.tickets = [self.open(owner) for owner in ("bob", "bob", "bob", "dan")]
        self.store = open_store(self.url)
        people = ("ann", "bob", "cid", "dan", "lea")
        post = Post(self.mailer, {person: f"{person}@desk.example" for person in people}, "https://jira.example/")
        messages = load_messages([rules_folder() / "common" / "messages"])
        self.engine = Engine(
            self.tracker, self.store, self.rules, messages, "facts", post=post if self.mail else Post()
        )

    def open(self, owner: str) -> str:
        ticket = self.tracker.open("ann")
        self.tracker.change(ticket, "ann", state="handed-on")
        self.tracker.change(ticket, "ann", owner=owner)
        return ticket

    def at(self, moment: str) -> Report:
        self.now = at(moment)
        return cycle(self.engine, self.now)

    def said(self) -> list[int]:
        """How many comments of the bot stand on each ticket."""
        return [len(self.tracker.said(ticket)) for ticket in self.tickets]

    def letters(self) -> list[str]:
        """To whom the letters of reminders went, in the order in which they were sent."""
        return [row.to for row in self.store.letters_since(0) if row.rule == "reminders" and row.state == "said"]

    def steps(self) -> list[tuple[str, str]]:
        return sorted((entry.ticket_id, entry.state) for entry in self.store.ledger())


class Killed(BaseException):
    """The process is gone."""


def kill_at(seam: str) -> Any:
    def reached(name: str) -> None:
        if name == seam:
            raise Killed

    return reached


def test_several_tickets_of_one_person_are_one_letter_and_one_ticket_is_a_comment() -> None:
    small = Small()
    small.at("mon 08:00")
    small.at("tue 08:00")
    assert (small.letters(), small.said()) == (["bob"], [0, 0, 0, 1])
    assert {state for _, state in small.steps()} == {"said"}
    [mail] = [mail for mail in small.mailer.arrived if "reminders" in mail.subject]
    assert sum(line.startswith("- ") for line in mail.plain.splitlines()) == 3
    assert WHY in mail.plain


def test_nothing_is_asked_twice_on_one_day_and_what_comes_later_waits_for_the_next() -> None:
    small = Small()
    small.at("mon 08:00")
    small.at("mon 09:00")
    small.tickets.append(small.open("bob"))
    for moment in ("mon 09:01", "tue 08:00", "tue 09:01", "tue 15:00"):
        small.at(moment)
    assert (small.letters(), small.said()) == (["bob"], [0, 0, 0, 1, 0])
    assert "held" in {state for _, state in small.steps()}
    small.at("wed 08:00")
    assert (small.letters(), small.said()) == (["bob"], [0, 0, 0, 1, 1])


def test_who_is_told_of_them_gets_one_letter_too() -> None:
    small = Small()
    small.at("mon 08:00")
    small.at("tue 08:00")
    small.at("thu 08:00")
    assert sorted(small.letters()) == ["bob", "bob", "lea"]
    assert small.said() == [0, 0, 0, 2]


def test_without_a_way_for_letters_each_ticket_has_its_comment() -> None:
    small = Small(mail=False)
    small.at("mon 08:00")
    small.at("tue 08:00")
    assert (small.letters(), small.said()) == ([], [1, 1, 1, 1])


def test_a_ticket_on_hold_is_left_out() -> None:
    small = Small()
    small.at("mon 08:00")
    small.tracker.label(small.tickets[0], "ann", "hush")
    small.at("tue 08:00")
    [mail] = [mail for mail in small.mailer.arrived if "reminders" in mail.subject]
    assert sum(line.startswith("- ") for line in mail.plain.splitlines()) == 2


def test_a_mail_server_that_is_away_makes_it_later_and_not_twice() -> None:
    small = Small()
    small.at("mon 08:00")
    small.mailer.fates = ["away", "away", "away"]
    small.at("tue 08:00")
    assert (small.letters(), small.said()) == ([], [0, 0, 0, 1])
    small.mailer.fates = []
    small.at("tue 08:10")
    small.at("tue 08:20")
    assert (small.letters(), small.said()) == (["bob"], [0, 0, 0, 1])


def test_a_person_whom_no_mail_reaches_finds_comments_on_the_tickets() -> None:
    small = Small()
    small.at("mon 08:00")
    del small.engine.post.addresses["bob"]
    small.at("tue 08:00")
    assert (small.letters(), small.said()) == ([], [1, 1, 1, 1])


def test_comments_in_place_of_a_letter_keep_the_budget() -> None:
    small = Small()
    small.tickets += [small.open("bob") for _ in range(4)]
    small.at("mon 08:00")
    del small.engine.post.addresses["bob"]
    budget = small.rules.entries.manners.budget
    for days, moment in enumerate(("tue 08:00", "wed 08:00"), 1):
        small.at(moment)
        small.at(moment.replace("08", "11"))
        assert sum(small.said()) - small.said()[3] == days * budget


def test_a_letter_counts_once_towards_the_budget() -> None:
    small = Small()
    small.at("mon 08:00")
    small.at("tue 08:00")
    spoken = small.store.spoken_since(0)
    assert len([entry for entry in spoken if entry.to[0] == "bob"]) == 3
    assert sorted(told_in(spoken, small.rules)) == ["bob", "dan"]


def test_a_process_killed_after_the_mail_has_left_sends_it_no_second_time() -> None:
    small = Small()
    small.at("mon 08:00")
    sent = len(small.mailer.arrived)
    small.engine.seam = kill_at("after mail")
    with pytest.raises(Killed):
        small.at("tue 08:00")
    small.engine.seam = lambda name: None
    for moment in ("tue 08:01", "tue 08:02", "tue 09:00"):
        small.at(moment)
    subjects = [mail.subject for mail in small.mailer.arrived[sent:] if "reminders" in mail.subject]
    assert (len(subjects), small.said()) == (1, [0, 0, 0, 1])
    assert {state for _, state in small.steps()} == {"said"}


def test_what_came_after_a_letter_had_left_is_not_taken_for_said_in_it() -> None:
    small = Small()
    small.at("mon 08:00")
    small.now = at("mon 08:01")
    small.tickets.append(small.open("bob"))
    small.engine.seam = kill_at("after mail")
    with pytest.raises(Killed):
        small.at("tue 08:00")
    small.engine.seam = lambda name: None
    for moment in ("tue 08:01", "tue 08:02", "tue 12:00"):
        small.at(moment)
    assert (small.letters(), small.said()) == ([], [0, 0, 0, 1, 0])
    small.at("wed 08:00")
    assert small.said() == [0, 0, 0, 1, 1]
