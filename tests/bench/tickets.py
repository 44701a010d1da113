"""Jira issues with the shape and size of real ones, made from a seed: the same on every run and every machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

from bot.sandbox.world import account_id_of

Json = Any
_Side = tuple[str | None, str | None]

SEED = 20261116
NOW = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
"""Monday, ten in the morning in Tallinn: the moment at which all tickets stand as they are."""

_ZONE = timezone(timedelta(hours=2))
_STATUSES = {
    "10001": ("Uus", "new"),
    "10002": ("II tasemel", "indeterminate"),
    "10003": ("Töös", "indeterminate"),
    "10004": ("Küsimus I tasemele", "indeterminate"),
    "10005": ("Ootab klienti", "indeterminate"),
    "10007": ("Lahendatud", "indeterminate"),
    "10008": ("Suletud", "done"),
}
_PRIORITIES = (("1", "Kriitiline"), ("2", "Kõrge"), ("3", "Keskmine"), ("4", "Madal"))
_CATEGORIES = (("11000", "LIGIPAAS"), ("11003", "DEKL_TEHNILINE"), ("11005", "LOA_ANDMED"), ("11009", "MAKSMINE"))
_QUEUES = (("11101", "L2_LOAD"), ("11103", "L2_JAATMED"), ("11106", "L2_IT"))
_TIER_1 = tuple(f"spetsialist{n}" for n in range(1, 5))
_TIER_2 = ("it1", "it2", "load1", "load2", "jaatmed1", "vesi1")
PEOPLE = (*_TIER_1, *_TIER_2)
_WORDS = (
    *("luba", "aruanne", "esitamine", "viga", "sisse", "logida", "kood", "käitis", "veateade", "vaata", "palun"),
    *("klient", "helistas", "uuesti", "kontrollisin", "andmed", "puuduvad", "kinnitus", "leht", "ei", "avane"),
)


def issues(count: int, seed: int = SEED) -> Iterator[Json]:
    """Give so many issues of project KKA in Jira's REST form, with their whole changelog, oldest entry first."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        yield _Story(chance, number).issue()


class _Story:
    """One ticket's life, told forward: its moments, its changelog, its comments."""

    def __init__(self, chance: random.Random, number: int) -> None:
        self._chance = chance
        self._number = number
        self._at = NOW - timedelta(days=chance.uniform(1, 60))
        self._last = NOW - timedelta(minutes=chance.uniform(10, 60))
        self._status = "10001"
        self._owner: str | None = None
        self._histories: list[Json] = []
        self._comments: list[Json] = []

    def issue(self) -> Json:
        """Live the life, and show the issue as it stands at its end."""
        chance, number, created = self._chance, self._number, self._at
        forwarder, category, queue = chance.choice(_TIER_1), chance.choice(_CATEGORIES), chance.choice(_QUEUES)
        priority = chance.choice(_PRIORITIES)
        text = _text(chance, 120)
        due = f"{NOW + timedelta(days=chance.randint(1, 30)):%Y-%m-%d}" if chance.random() < 0.2 else None
        self._change(forwarder, "Järjekord", "customfield_10202", None, queue)
        self._go(forwarder, "10002")
        self._assign(forwarder, chance.choice(_TIER_2))
        for _ in range(chance.randint(4, 22)):
            self._act(forwarder)
        if chance.random() < 0.6:
            self._go(self._owner or "it1", "10007")
            if chance.random() < 0.7:
                self._go(forwarder, "10008")
        return {
            "expand": "renderedFields,names,schema,operations,editmeta,changelog",
            "id": str(100_000 + number),
            "self": f"https://jira.example/rest/api/2/issue/{100_000 + number}",
            "key": f"KKA-{number}",
            "changelog": {
                "startAt": 0,
                "maxResults": 100,
                "total": len(self._histories),
                "histories": self._histories,
            },
            "fields": {
                "summary": _text(chance, 8),
                "description": text,
                "project": {"id": "10000", "key": "KKA", "name": "Keskkonnaameti klienditugi"},
                "issuetype": {"id": "10100", "name": "Pöördumine", "subtask": False},
                "status": _status(self._status),
                "priority": {"id": priority[0], "name": priority[1]},
                "assignee": account_of(self._owner),
                "reporter": account_of(forwarder),
                "creator": account_of(forwarder),
                "created": moment_of(created),
                "updated": moment_of(self._at),
                "labels": chance.sample(["kordus", "telefon", "kiire"], chance.randint(0, 2)),
                "duedate": due,
                "resolutiondate": None,
                "customfield_10201": {"id": category[0], "value": category[1]},
                "customfield_10202": {"id": queue[0], "value": queue[1]},
                "customfield_10203": account_of(forwarder),
                "customfield_10204": None,
                **{
                    f"customfield_{n}": _text(chance, 4) if chance.random() < 0.4 else None
                    for n in range(10206, 10221)
                },
                "comment": {
                    "comments": self._comments,
                    "startAt": 0,
                    "maxResults": len(self._comments),
                    "total": len(self._comments),
                },
            },
        }

    def _act(self, forwarder: str) -> None:
        match self._chance.choices(("comment", "status", "assign", "text"), (3, 3, 2, 2))[0]:
            case "comment":
                self._step()
                who = self._chance.choice((forwarder, self._owner or "it1"))
                self._comments.append(
                    {
                        "id": str(self._number * 1000 + len(self._comments)),
                        "author": account_of(who),
                        "updateAuthor": account_of(who),
                        "body": _text(self._chance, 45),
                        "created": moment_of(self._at),
                        "updated": moment_of(self._at),
                    }
                )
            case "status":
                self._go(self._owner or "it1", self._chance.choice(("10003", "10004", "10005", "10002")))
            case "assign":
                self._assign(self._owner or "it1", self._chance.choice(_TIER_2))
            case _:
                before, after = _text(self._chance, 60), _text(self._chance, 60)
                self._note(forwarder, _item("description", "jira", "description", (None, before), (None, after)))

    def _go(self, who: str, status: str) -> None:
        if status != self._status:
            was, now = (self._status, _STATUSES[self._status][0]), (status, _STATUSES[status][0])
            self._status = status
            self._change(who, "status", "status", was, now)

    def _assign(self, who: str, owner: str) -> None:
        if owner != self._owner:
            was = (account_id_of(self._owner), self._owner) if self._owner else None
            self._owner = owner
            self._change(who, "assignee", "assignee", was, (account_id_of(owner), owner))

    def _change(self, who: str, field: str, id_: str, was: tuple[str, str] | None, now: tuple[str, str]) -> None:
        kind = "custom" if id_.startswith("customfield") else "jira"
        self._note(who, _item(field, kind, id_, was or (None, None), now))

    def _note(self, who: str, item: Json) -> None:
        self._step()
        number = self._number * 1000 + len(self._histories)
        entry = {"id": str(number), "author": account_of(who), "created": moment_of(self._at), "items": [item]}
        self._histories.append(entry)

    def _step(self) -> None:
        """Let some of the time that is left pass."""
        self._at += (self._last - self._at) * self._chance.uniform(0.02, 0.25)


def _item(field: str, kind: str, id_: str, was: _Side, now: _Side) -> Json:
    sides = {"from": was[0], "fromString": was[1], "to": now[0], "toString": now[1]}
    return {"field": field, "fieldtype": kind, "fieldId": id_, **sides}


@cache
def account_of(name: str | None) -> Json:
    """Show an account as Jira does."""
    if name is None:
        return None
    account = account_id_of(name)
    avatar = f"https://avatars.example/{account}"
    return {
        "self": f"https://jira.example/rest/api/2/user?accountId={account}",
        "accountId": account,
        "avatarUrls": {f"{n}x{n}": f"{avatar}/{n}" for n in (48, 24, 16, 32)},
        "displayName": name,
        "active": True,
        "timeZone": "Europe/Tallinn",
        "accountType": "atlassian",
    }


def _status(id_: str) -> Json:
    name, category = _STATUSES[id_]
    return {"id": id_, "name": name, "statusCategory": {"key": category}}


def moment_of(at: datetime) -> str:
    """Write a moment as Jira does."""
    return at.astimezone(_ZONE).isoformat(timespec="milliseconds").replace("+02:00", "+0200")


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(_WORDS, k=words))
