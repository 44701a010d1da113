"""A small desk for tests of the core: its rulebook, its week, and tickets told in few words.

The desk works Monday to Friday from 8 to 16 in Tallinn, so that a working day is eight hours.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.entries import Entries
from bot.core.history import turns
from bot.core.ledger import Entry
from bot.core.remarks import INTERIM, QUESTION
from bot.core.rulebook import Rulebook, build
from bot.core.steps import Because, Occasion, Step, Wishes, key_of
from bot.core.ticket import Change, Message, Moment, Ticket
from bot.core.view import View

MONDAY = datetime(2026, 11, 16, tzinfo=ZoneInfo("Europe/Tallinn"))
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BOT = "robot"
_SAID = {"says": (), "thanks": (), "asks": (QUESTION,), "promises": (INTERIM,)}

SECTIONS: dict[str, Any] = {
    "desk": "small",
    "language": "en",
    "projects": ["ABC"],
    "fields": {"category": "c", "queue": "q", "forwarder": "f", "delivered": "d"},
    "priorities": {"high": "1", "low": "2"},
    "categories": {"LAW": "Law", "IT": "IT"},
    "states": [
        {"state": "new", "name": {"en": "New"}, "status": "1", "standing": "open", "ball": "tier 1", "tier": 1},
        {"state": "handed-on", "name": {"en": "On"}, "status": "2", "standing": "open", "ball": "tier 2", "tier": 2},
        {"state": "asking", "name": {"en": "?"}, "status": "3", "standing": "open", "ball": "customer", "tier": 2},
        {"state": "drifting", "name": {"en": "~"}, "status": "6", "standing": "open", "ball": "third party"},
        {"state": "solved", "name": {"en": "Solved"}, "status": "4", "standing": "solved", "ball": "tier 1"},
        {"state": "closed", "name": {"en": "Shut"}, "status": "5", "standing": "closed", "ball": "nobody"},
    ],
    "calendars": {"office": {"timezone": "Europe/Tallinn", "hours": {"mon-fri": "08:00-16:00"}}},
    "people": [{"person": name, "account": name} for name in ("ann", "bob", "cid", "dan", "lea")]
    + [{"person": "rus", "account": "rus", "language": "ru"}],
    "roles": {"coordinator": "cid", "lead": "lea"},
    "queues": [
        {"queue": "first", "tier": 1, "name": {"en": "First"}},
        {"queue": "it", "tier": 2, "name": {"en": "IT"}, "coordinator": "dan"},
        {"queue": "law", "tier": 2, "name": {"en": "Law"}},
    ],
    "manners": {"calendar": "office", "hold": "hush", "budget": 3, "ceiling": 4, "ticket_budget": 99},
    "routes": [
        {"route": "legal", "why": "Law is for the lawyers.", "when": {"category": "LAW"}, "queue": "law"},
        {"route": "others", "why": "Somebody has to decide it.", "ask": ["it", "law"]},
    ],
    "policies": [
        {
            "name": "answer",
            "why": "Tier 2 promised a first answer.",
            "starts": "enters tier 2",
            "stops": ["answered", "solved"],
            "targets": [{"within": "4h"}],
        },
        {
            "name": "solution",
            "why": "Tier 2 promised a solution.",
            "starts": "enters tier 2",
            "pauses": ["ball is customer"],
            "stops": ["solved"],
            "targets": [{"when": {"priority": "high"}, "within": "4h"}, {"within": "2wd"}],
        },
    ],
    "ladders": [
        {
            "name": "deadline",
            "why": "The deadline comes near or is over.",
            "when": {"standing": "open", "tier": 2},
            "clock": "solution",
            "rungs": [
                {"rung": "warn", "share": "75%", "say": "w", "to": "owner"},
                {"rung": "late", "past_due": "0h", "say": "l", "to": ["owner", "queue"]},
                {"rung": "head", "past_due": "1wd", "say": "h", "to": ["coordinator", "lead"]},
            ],
        },
        {
            "name": "still",
            "why": "Nothing moves on the ticket.",
            "when": {"standing": "open", "ball": "tier 2"},
            "clock": "since movement",
            "rungs": [
                {"rung": "ask", "after": "1wd", "say": "a", "to": "owner"},
                {"rung": "tell", "after": "3wd", "say": "t", "to": ["forwarder"], "every": "1wd", "times": 3},
            ],
        },
        {
            "name": "closure",
            "why": "The solution must reach the customer.",
            "when": {"standing": "solved", "delivered": False},
            "clock": "since solved",
            "rungs": [
                {"rung": "ask", "after": "1h", "say": "c", "to": "forwarder"},
                {"rung": "tell", "after": "2wd", "say": "c", "to": ["forwarder", "coordinator"]},
            ],
        },
    ],
}


@cache
def plain_book() -> Rulebook:
    return book()


def book(**sections: Any) -> Rulebook:
    """The small rulebook, with some sections replaced; of `manners` only what is given."""
    manners = SECTIONS["manners"] | sections.pop("manners", {})
    return build(
        Entries.model_validate(SECTIONS | sections | {"manners": manners}),
        site="small",
        version="1",
        holidays=lambda country, year: frozenset(),
        shortened=lambda year: frozenset(),
    )


def at(text: str) -> Moment:
    """`tue 10:30` of the first week, `2 tue 10:30` of the second."""
    *week, day, clock = text.split()
    hour, minute = clock.split(":")
    days = DAYS.index(day) + 7 * (int(week[0]) - 1 if week else 0)
    return int((MONDAY + timedelta(days=days)).replace(hour=int(hour), minute=int(minute)).timestamp())


def ticket(*acts: str, **facts: Any) -> Ticket:
    """A ticket that ann opened on Monday at 8; an act reads `tue 10:00 bob state solved` or `tue 10:00 bob says`.

    Besides `says` there are `thanks`, `asks` (a question) and `promises` (word that work goes on). A field set to `-`
    is emptied. What the acts do not tell, `facts` do.
    """
    now: dict[str, str | None] = {"state": facts.get("state", "new"), "owner": None, "queue": None, "delivered": None}
    now |= {word: facts[word] for word in ("owner", "queue") if word in facts}
    changes, messages = [], []
    for number, act in enumerate(acts):
        *when, clock, who, word, value = (*act.split(), "") if act.split()[-1] in _SAID else act.split()
        moment = at(" ".join((*when, clock)))
        person = None if who == "-" else who
        if word in _SAID:
            findings = frozenset(_SAID[word])
            said = Message(moment, str(number), person, who == BOT, word == "thanks", findings=findings)
            messages.append(said)
            continue
        changes.append(Change(moment, word, now.get(word), None if value == "-" else value, person, who == BOT))
        now[word] = changes[-1].now
    whole = {
        "id": "7",
        "key": "ABC-7",
        "project": "ABC",
        "created_at": at("mon 08:00"),
        "updated_ms": 0,
        "reporter": "ann",
        "changes": tuple(changes),
        "messages": tuple(messages),
        "delivered_at": changes[-1].at if now.pop("delivered") else None,
    }
    fields = {
        word: value for word, value in now.items() if word not in Ticket.__struct_fields__ and value is not None
    }
    now = {word: value for word, value in now.items() if word in Ticket.__struct_fields__}
    return Ticket(**(whole | now | {"fields": fields} | facts))  # type: ignore[arg-type]


def view(seen: Ticket, now: str = "fri 15:00", rules: Rulebook | None = None) -> View:
    rules = rules or plain_book()
    return View(seen, turns(seen, rules), rules, at(now))


def step(ticket_id: str = "1", rule: str = "still", rung: str = "ask", **facts: Any) -> Step:
    """A step, urgency 1, to bob, due on Monday at 9."""
    occasion = Occasion("since movement", at("mon 08:00"), rung)
    whole: dict[str, Any] = {
        "key": key_of("small", ticket_id, rule, occasion),
        "ticket_id": ticket_id,
        "ticket_key": f"ABC-{ticket_id}",
        "rule": rule,
        "occasion": occasion,
        "say": "a",
        "to": ("bob",),
        "due_at": at("mon 09:00"),
        "because": Because("because"),
        "urgency": 1,
    }
    return Step(**(whole | facts))


def wish(*steps: Step, ticket_id: str = "1", on_hold: str | None = None) -> Wishes:
    return Wishes(steps[0].ticket_id if steps else ticket_id, "ABC", steps, None, "never, as this is a test", on_hold)


def row(told: Step, state: str, when: str = "mon 09:00", **facts: Any) -> Entry:
    """The ledger's row of a step."""
    whole: dict[str, Any] = {
        "key": told.key,
        "ticket_id": told.ticket_id,
        "ticket_key": told.ticket_key,
        "rule": told.rule,
        "rung": told.occasion.rung,
        "say": told.say,
        "to": told.to,
        "state": state,
        "because": "",
        "due_at": told.due_at,
        "at": at(when),
    }
    return Entry(**(whole | facts))
