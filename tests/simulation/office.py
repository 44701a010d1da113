"""The desk of a simulation: its Jira, its rulebook, and the people who act there."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from canaries import PERSONAL

from bot.core.entries import Entries
from bot.core.entries_report import DigestEntry
from bot.core.rulebook import Rulebook
from bot.sandbox import acts
from bot.sandbox.clock import Clock
from bot.sandbox.fitted import BOT, fitted
from bot.sandbox.story import Act, Deed, Stage, Story, read_story
from bot.sandbox.world import Issue, Person, Project
from bot.shipped import rules_folder
from bot.start import Desk as Read
from bot.start import read_desk
from simulation.events import Setting
from simulation.output import name_people, written

SITE = "sim"


@cache
def read(desk: str) -> Read:
    """A shipped rulebook with its messages, read once."""
    return read_desk(rules_folder() / desk, SITE)


@cache
def story(desk: str) -> Story:
    """What a desk's Jira has beside what its rules name, and tickets such as come there."""
    return read_story(rules_folder() / desk / "demo", read(desk).book, 1)


def book_of(setting: Setting) -> Rulebook:
    """The rulebook of a setting: the shipped one, with other manners."""
    book = read(setting.desk).book
    control = {"control": f"{book.entries.projects[0]}-1"} if setting.control else {}
    manners = book.entries.manners.model_copy(update={**control, **setting.manners})
    ladders = [
        ladder.model_copy(update={"together": ladder.together or (setting.together and not ladder.urgent)})
        for ladder in book.entries.ladders
    ]
    entries = book.entries.model_copy(update={"manners": manners, "ladders": tuple(ladders)})
    if setting.digest:
        on_ticket = setting.control and not setting.mail
        entries = entries.model_copy(update={"digest": _digests(entries, on_ticket=on_ticket)})
    return replace(book, entries=entries)


def _digests(entries: Entries, *, on_ticket: bool) -> DigestEntry:
    """The digests by mail or as comments on the control ticket, and as files in their folder."""
    by = ("ticket" if on_ticket else "mail", "folder")
    those = tuple(each.model_copy(update={"by": by}) for each in entries.digest.recipients)
    ticket = entries.manners.control if on_ticket else entries.digest.ticket
    return entries.digest.model_copy(update={"ticket": ticket, "recipients": those})


class Office:
    """A Jira that fits the setting's rulebook, in which people open tickets and act on them."""

    def __init__(self, setting: Setting, clock: Clock) -> None:
        self.book, self.messages = book_of(setting), read(setting.desk).messages
        base = story(setting.desk)
        self.templates = list(base.tickets.values())
        into = {f"into {state.state}": Deed(state.status[0]) for state in self.book.entries.states}
        self.story = replace(base, tickets={}, deeds={**base.deeds, **into})
        self.world = fitted(self.book.entries, self.story.fields, self.story.others, setting.flavour, clock)  # type: ignore[arg-type]
        name_people(self.world)
        self.stage = Stage(self.world, self.story, self.book)
        self.elsewhere = self._other_project()

    def _other_project(self) -> Project:
        """A project of this Jira that the bot does not see."""
        own = self.world.projects[self.book.entries.projects[0]]
        other = Project("10900", "MUU", "Muu", list(own.statuses), list(own.issue_types))
        bot = self.world.person(BOT)
        assert bot is not None
        bot.denied.add("BROWSE_PROJECTS:MUU")
        self.world.projects["MUU"] = other
        return other

    def person(self, name: str) -> Person | None:
        return self.world.person(name)

    def issue(self, number: int | None) -> Issue | None:
        """The ticket that people opened as the one of this number, if it is there."""
        known = self.stage.ids.get(f"t{number}")
        return None if known is None else self.world.issues.get(known)

    def field(self, word: str) -> str | None:
        """The id of the field that the rulebook calls so."""
        name = self.book.entries.fields.get(word)
        return next((each.id for each in self.world.fields.values() if each.name == name), None)

    def open_ticket(self, number: int, who: str, template: int, state: str = "") -> None:
        """Open a ticket such as come at the desk; nobody does where they are called otherwise by now."""
        if self.person(who) is None:
            return
        name = f"t{number}"
        tickets = self.story.tickets
        assert isinstance(tickets, dict)
        found = self.templates[template % len(self.templates)]
        made = {**found, "summary": f"{found['summary']} ({number})", "project": None}
        tickets[name] = written(made) if template % 3 else made
        self.stage.perform(Act(self.world.now() // 1000, name, "open", who, state))
        issue, person = self.issue(number), self.person(who)
        if template % 4 == 0 and issue is not None and person is not None:
            acts.attach(self.world, issue, person, PERSONAL["file"], 9, "text/plain")

    def act(self, number: int | None, who: str, do: str, more: str = "") -> None:
        """Have a person do to a ticket what a word of every story says; nothing where the ticket is not there."""
        if self.issue(number) is not None and self.person(who) is not None:
            self.stage.perform(Act(self.world.now() // 1000, f"t{number}", do, who, more))
