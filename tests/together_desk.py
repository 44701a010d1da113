"""A small desk with a rule that speaks together, with a tracker and a mail server in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from fake_mailer import FakeMailer
from fake_tracker import FakeTracker
from small_desk import at, book

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

    def told(self, person: str) -> list[str]:
        """In which letters a person read of the tickets: `R` a letter of reminders, `S` a line of the summary."""
        mails = [mail for mail in self.mailer.arrived if mail.to.startswith(f"{person}@")]
        rules = [(mail, "R" if "reminders" in mail.subject else "S") for mail in mails]
        return [kind for mail, kind in rules if kind == "R" or "Not told separately" in mail.plain]

    def killed(self, moment: str, seam: str, time: int = 1) -> None:
        """The process is killed at a seam, and started again."""
        self.engine.seam = kill_at(seam, time)
        with pytest.raises(Killed):
            self.at(moment)
        self.engine.seam = lambda name: None

    def steps(self) -> list[tuple[str, str]]:
        return sorted((entry.ticket_id, entry.state) for entry in self.store.ledger())


class Killed(BaseException):
    """The process is gone."""


def kill_at(seam: str, time: int = 1) -> Any:
    """Kills the process when it passes a seam for so many times."""
    passed = Counter[str]()

    def reached(name: str) -> None:
        passed[name] += 1
        if name == seam and passed[name] == time:
            raise Killed

    return reached
