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
from bot.core.ticket import Moment
from bot.sandbox import acts
from bot.sandbox.texts import plain
from bot.sandbox.world import Issue, Person, World

_PRIORITIES = {"kriitiline": "1", "kõrge": "2", "keskmine": "3", "madal": "4"}
_STATUSES = {
    "forward": "II tasemel",
    "ask": "Küsimus I tasemele",
    "pass": "Ootab klienti",
    "reply": "Töös",
    "third": "Ootab kolmandat osapoolt",
    "resume": "Töös",
    "solve": "Lahendatud",
    "close": "Suletud",
    "reopen": "II tasemel",
    "bounce": "Uus",
}
_SAID = {
    "comment": "Uurin, annan varsti teada.",
    "ask": "Vajan kliendilt täpsustust, palun küsige.",
    "pass": "Küsimus on kliendile edastatud.",
    "reply": "Klient vastas.",
    "solve": "Põhjus on leitud ja kõrvaldatud.",
    "bounce": "See ei kuulu meile, palun lahendage I tasemel.",
}
_FIELDS = {
    "registrikood": "Registrikood",
    "loa_nr": "Loa number",
    "periood": "Periood",
    "dhs_viit": "DHSi viit",
    "registreeritud": "Registreeritud",
    "kotkas_roll": "KOTKASe roll",
    "vea_aeg": "Vea aeg",
    "brauser": "Brauser",
    "veateade": "Veateade",
    "juba_tehtud": "Juba tehtud",
    "autentimisvahend": "Autentimisvahend",
    "oige_vaartus": "Õige väärtus",
    "taotluse_nr": "Taotluse nr",
    "ulatus": "Ulatus",
    "teada_saadud": "Teada saadud",
}
HOLD = "bot-vait"


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
    """A stretch of a desk's life: acts in order of time, when Jira is away, and what the tickets hold."""

    starts_at: Moment
    ends_at: Moment
    acts: tuple[Act, ...]
    away: tuple[tuple[Moment, Moment], ...]
    tickets: Mapping[str, Mapping[str, Any]]


def read_story(folder: Path, calendar: Calendar, days: int) -> Story:
    """Read `story.yaml` and `tickets.jsonl` of a folder; the story runs `days` working days of the calendar.

    Raises ValueError for an act that names no known deed.
    """
    written = yaml.safe_load((folder / "story.yaml").read_text("utf-8"))
    lines = (folder / "tickets.jsonl").read_text("utf-8").splitlines()
    tickets = {ticket["id"]: ticket for ticket in map(json.loads, lines)}
    dates = _working_days(calendar, written["starts"], max(days, 40))
    midnight = calendar.start_of_day(dates[0])

    def moment(day: str | int, clock: str) -> Moment:
        hour, minute = clock.split(":")
        return calendar.start_of_day(dates[int(day) - 1]) + int(hour) * 3600 + int(minute) * 60

    done = [
        _act(line, entry["ticket"], entry["forwarder"], moment)
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
    )


def _act(line: str, ticket: str, forwarder: str, moment: Callable[[str, str], Moment]) -> Act:
    day, clock, do, *rest = line.split()
    if do not in {"open", "take", "queue", "deliver", "silence", "unsilence", *_STATUSES, *_SAID}:
        raise ValueError(f"{ticket}: {do!r} is nothing that people do in a story")
    who = rest[0] if rest else forwarder
    return Act(moment(day, clock), ticket, do, who, rest[1] if len(rest) > 1 else "")


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
    """A world in which a story is played; remembers which issue is which ticket of the story."""

    def __init__(self, world: World, story: Story) -> None:
        self.world = world
        self.story = story
        self.ids: dict[str, int] = {}
        self._fields = {field.name: field for field in world.fields.values()}

    def perform(self, act: Act) -> None:
        """Do one act, as the person who does it."""
        person = self.world.person(act.who)
        if person is None:
            raise ValueError(f"{act.ticket}: nobody is called {act.who!r}")
        if act.do == "open":
            self.ids[act.ticket] = self._open(act, person).id
            return
        match act.do:
            case "take":
                self._edit(act, person, {"assignee": person})
                acts.transition(self.world, self._issue(act), person, self._status("Töös"), {})
            case "queue":
                self._edit(act, person, {self._id("Järjekord"): self._option("Järjekord", act.more)})
            case "deliver":
                channel = self._option("Lahenduse kanal", "e-post")
                day = datetime.fromtimestamp(act.at, ZoneInfo(self.world.zone)).date().isoformat()
                delivered = self._id("Lahendus kliendile edastatud")
                self._edit(act, person, {delivered: day, self._id("Lahenduse kanal"): channel})
            case "silence":
                self._edit(act, person, {"labels": [HOLD]})
            case "unsilence":
                self._edit(act, person, {"labels": []})
            case "bounce" | "reopen":
                self._edit(act, person, {self._id("Järjekord"): None, "assignee": None})
        if act.do in _SAID:
            acts.comment(self.world, self._issue(act), person, _SAID[act.do])
        if act.do in _STATUSES:
            acts.transition(self.world, self._issue(act), person, self._status(_STATUSES[act.do]), {})

    def last_comment_of(self, name: str) -> str:
        """The text of this person's newest comment, as plain text; empty when there is none."""
        person = self.world.person(name)
        comments = [said for issue in self.world.issues.values() for said in issue.comments if said.author is person]
        return plain(max(comments, key=lambda said: said.id).body) if comments else ""

    def _open(self, act: Act, person: Person) -> Issue:
        ticket = self.story.tickets[act.ticket]
        given = {_FIELDS[word]: value for word, value in ticket["fields"].items() if word in _FIELDS and value}
        values: dict[str, Any] = {
            "summary": ticket["summary"],
            "description": ticket["description"],
            "issuetype": self.world.issue_types["10100"],
            "priority": self.world.priorities[_PRIORITIES[ticket["priority"]]],
            self._id("Kategooria"): self._option("Kategooria", ticket["category"]),
            self._id("Edastaja"): person,
            **{self._id(name): str(value) for name, value in given.items()},
        }
        return acts.create(self.world, person, self.world.projects["KKA"], values)

    def _issue(self, act: Act) -> Issue:
        return self.world.issues[self.ids[act.ticket]]

    def _edit(self, act: Act, person: Person, values: Mapping[str, Any]) -> None:
        acts.edit(self.world, self._issue(act), person, values)

    def _id(self, name: str) -> str:
        return self._fields[name].id

    def _option(self, name: str, value: str) -> Mapping[str, str]:
        return next(option for option in self._fields[name].options if option["value"] == value)

    def _status(self, name: str) -> str:
        return next(id_ for id_, status in self.world.statuses.items() if status["name"] == name)
