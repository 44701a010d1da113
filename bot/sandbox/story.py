"""What people do on a demo desk, read from a story and done to the sandbox in its own time."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from bot.core.calendar import Calendar
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.sandbox import acts
from bot.sandbox.fitted import BOT
from bot.sandbox.texts import plain
from bot.sandbox.world import Field, Issue, Person, Project, World

_OF_EVERY_STORY = ("open", "take", "assign", "queue", "deliver", "set", "silence", "unsilence", "command", "tie")
_PICTURES = "ekraanipilt"
"""The word by which a ticket says how many pictures are attached to it."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What one word of a story does: the status it leads to, what the person writes, and what is emptied or set."""

    status: str | None = None
    says: str | None = None
    empties: bool = False
    sets: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One thing a person does to a ticket of the story."""

    at: Moment
    ticket: str
    do: str
    who: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """A stretch of a desk's life: acts in order of time, when Jira is away, and what the tickets hold.

    `fields` are those that this Jira has beside the rulebook's own, by the words of the tickets; `others` the
    accounts of people and machines that the rulebook does not name, `denied` the permissions that somebody lacks.
    """

    starts_at: Moment
    ends_at: Moment
    acts: tuple[Act, ...]
    away: tuple[tuple[Moment, Moment], ...]
    tickets: Mapping[str, Mapping[str, Any]]
    deeds: Mapping[str, Deed]
    fields: Mapping[str, Field]
    others: tuple[str, ...]
    denied: Mapping[str, tuple[str, ...]]


def read_story(folder: Path, book: Rulebook, days: int) -> Story:
    """Read `story.yaml` and `tickets.jsonl` of a folder; the story runs `days` working days of the desk.

    Raises ValueError for an act that names no known deed, KeyError for a state that the rulebook does not have.
    """
    written = yaml.safe_load((folder / "story.yaml").read_text("utf-8"))
    lines = (folder / "tickets.jsonl").read_text("utf-8").splitlines()
    tickets = {ticket["id"]: ticket for ticket in map(json.loads, lines)}
    calendar = book.calendar
    dates = _working_days(calendar, written["starts"], max(days, 40))
    midnight = calendar.start_of_day(dates[0])
    deeds = {word: _deed(deed, book) for word, deed in written["deeds"].items()}

    def moment(day: str | int, clock: str) -> Moment:
        hour, minute = clock.split(":")
        return calendar.start_of_day(dates[int(day) - 1]) + int(hour) * 3600 + int(minute) * 60

    done = [
        _act(line, entry["ticket"], entry["forwarder"], moment, deeds)
        for entry in written["tickets"]
        for line in entry["acts"]
    ]
    away = written["down"]
    ends_at = calendar.start_of_day(dates[days - 1]) + 24 * 3600
    return Story(
        starts_at=midnight + 7 * 3600,
        ends_at=ends_at,
        acts=tuple(sorted((act for act in done if act.at < ends_at), key=lambda act: (act.at, act.ticket))),
        away=((moment(away["day"], away["from"]), moment(away["day"], away["to"])),),
        tickets=tickets,
        deeds=deeds,
        fields={word: _field(number, field) for number, (word, field) in enumerate(written["fields"].items())},
        others=tuple(written.get("others", ())),
        denied={name: tuple(permissions) for name, permissions in written.get("denied", {}).items()},
    )


def _deed(written: Mapping[str, Any], book: Rulebook) -> Deed:
    state = written.get("into")
    status = book.states[state].status[0] if state else None
    return Deed(status, written.get("says"), bool(written.get("empties")), written.get("sets"))


def _field(number: int, written: str | Mapping[str, Any]) -> Field:
    """A field of the demo's Jira: its name alone for one of free text, else with its type or its options."""
    id_ = f"customfield_{10300 + number}"
    if isinstance(written, str):
        return Field(id_, written, "string")
    words = written.get("options", ())
    options = tuple({"id": str(20000 + 100 * number + i), "value": word} for i, word in enumerate(words))
    return Field(id_, written["name"], written.get("type", "option" if options else "string"), options)


def _act(
    line: str, ticket: str, forwarder: str, moment: Callable[[str, str], Moment], deeds: Mapping[str, Deed]
) -> Act:
    day, clock, do, *rest = line.split()
    if do not in _OF_EVERY_STORY and do not in deeds:
        raise ValueError(f"{ticket}: {do!r} is nothing that people do in this story")
    who = rest[0] if rest else forwarder
    return Act(moment(day, clock), ticket, do, who, " ".join(rest[1:]))


def _working_days(calendar: Calendar, first: date, count: int) -> list[date]:
    days: list[date] = []
    day = first
    while len(days) < count:
        starts = calendar.start_of_day(day)
        if calendar.between(starts, calendar.start_of_day(day + timedelta(days=1))):
            days.append(day)
        day += timedelta(days=1)
    return days


class Stage:
    """A world in which a story is played by a desk's rulebook; remembers which issue is which ticket of the story."""

    def __init__(self, world: World, story: Story, book: Rulebook) -> None:
        self.world = world
        self.story = story
        self.ids: dict[str, int] = {}
        self._entries = book.entries
        self._fields = {field.name: field for field in world.fields.values()}
        self._statuses = {status["name"]: id_ for id_, status in world.statuses.items()}
        for name, permissions in story.denied.items():
            person = world.person(name)
            if person is None:
                raise ValueError(f"denied: nobody is called {name!r}")
            person.denied |= set(permissions)

    def perform(self, act: Act) -> None:
        """Do one act, as the person who does it."""
        person = self.world.person(act.who)
        if person is None:
            raise ValueError(f"{act.ticket}: nobody is called {act.who!r}")
        if act.do == "open":
            self.ids[act.ticket] = self._open(act, person).id
            return
        if act.do == "tie":
            self._tie(act, person)
            return
        deed = self.story.deeds.get(act.do, Deed())
        values = self._values(act, person)
        values |= self._given(deed.sets or {})
        if deed.empties:
            values |= {self._id(self._entries.fields["queue"]): None, "assignee": None}
        if values:
            acts.edit(self.world, self._issue(act), person, values)
        if act.do == "command":
            acts.comment(self.world, self._issue(act), person, f"{self._entries.manners.name} {act.more}")
        if deed.says:
            acts.comment(self.world, self._issue(act), person, deed.says)
        if deed.status:
            acts.transition(self.world, self._issue(act), person, self._status(deed.status), {})

    def _tie(self, act: Act, person: Person) -> None:
        """Tie the ticket to another by a word of the rulebook, on the side that this means."""
        word, _, name = act.more.partition(" ")
        entry, other = self._entries.links[word], self.world.issues[self.ids[name]]
        kind = next(id_ for id_, each in self.world.link_types.items() if entry.type in (id_, each["name"]))
        near, far = self._issue(act), other
        if entry.outward is False:
            near, far = far, near
        acts.link(self.world, person, kind, near, far)

    def last_comment_of(self, name: str) -> str:
        """The text of this person's newest comment, as plain text; empty when there is none."""
        person = self.world.person(name)
        comments = [said for issue in self.world.issues.values() for said in issue.comments if said.author is person]
        return plain(max(comments, key=lambda said: said.id).body) if comments else ""

    def _values(self, act: Act, person: Person) -> dict[str, Any]:
        """The fields that an act of every story sets, by their ids."""
        hold = self._entries.manners.hold
        match act.do:
            case "take" | "assign":
                return {"assignee": person}
            case "queue":
                return {self._id(self._entries.fields["queue"]): self._option("queue", act.more)}
            case "deliver":
                day = datetime.fromtimestamp(act.at, ZoneInfo(self.world.zone)).date().isoformat()
                return {self._id(self._entries.fields["delivered"]): day}
            case "set":
                word, _, value = act.more.partition("=")
                return self._given({word: value})
            case "silence" | "unsilence":
                return {"labels": [hold] if act.do == "silence" else []}
        return {}

    def _open(self, act: Act, person: Person) -> Issue:
        ticket, names = self.story.tickets[act.ticket], self._entries.fields
        priorities = {priority["name"].casefold(): priority for priority in self.world.priorities.values()}
        values: dict[str, Any] = {
            "summary": ticket["summary"],
            "description": ticket["description"],
            "issuetype": self._type(ticket.get("type")),
            "priority": priorities[ticket["priority"]],
            "labels": list(ticket.get("labels", ())),
            "duedate": ticket.get("due"),
            **self._given({word: value for word, value in ticket["fields"].items() if value}),
        }
        if ticket["category"]:
            category = self._entries.categories[ticket["category"]]
            values[self._id(names["category"])] = self._option("category", category)
        if act.who not in self.story.others:
            values[self._id(names["forwarder"])] = person
        if act.more:
            values["status"] = self.world.statuses[self._status(self._state(act.more))]
        issue = acts.create(self.world, person, self._project(ticket.get("project")), values)
        for number in range(ticket["fields"].get(_PICTURES) or 0):
            issue = acts.attach(self.world, issue, person, f"{_PICTURES}-{number + 1}.png", 20_000, "image/png")
        return issue

    def _project(self, key: str | None) -> Project:
        """The project of a ticket, the desk's first by default; one that no rule names is hidden from the bot."""
        key = key or self._entries.projects[0]
        if key not in self.world.projects:
            own = self.world.projects[self._entries.projects[0]]
            id_ = str(10000 + len(self.world.projects))
            self.world.projects[key] = Project(id_, key, key, list(own.statuses), list(own.issue_types))
            bot = self.world.person(BOT)
            if bot is not None:
                bot.denied.add(f"BROWSE_PROJECTS:{key}")
        return self.world.projects[key]

    def _given(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values of the story's own fields by these fields' ids; a word that is none of them stays unsaid."""
        given: dict[str, Any] = {}
        for word, value in values.items():
            if word in self.story.fields:
                field = self._fields[self.story.fields[word].name]
                given[field.id] = self._value(field, value)
        return given

    def _value(self, field: Field, value: Any) -> Any:
        if field.options:
            return _option_of(field, value)
        return self.world.person(value) if field.type == "user" else str(value)

    def _type(self, name: str | None) -> Mapping[str, Any]:
        """The issue type of this name; the first of this Jira where there is none."""
        types = list(self.world.issue_types.values())
        return next((each for each in types if each["name"] == name), types[0])

    def _issue(self, act: Act) -> Issue:
        return self.world.issues[self.ids[act.ticket]]

    def _id(self, name: str) -> str:
        return self._fields[name].id

    def _option(self, word: str, value: str) -> Mapping[str, str]:
        return _option_of(self._fields[self._entries.fields[word]], value)

    def _state(self, word: str) -> str:
        return next(state.status[0] for state in self._entries.states if state.state == word)

    def _status(self, name: str) -> str:
        return self._statuses[name]  # as it was called when the story began


def _option_of(field: Field, value: str) -> Mapping[str, str]:
    return next(option for option in field.options if option["value"] == value)
