"""What a command does to a ticket as it stands, who may decide, and how a ticket's story tells of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec import structs
from small_desk import at, book, ticket

from bot.core.arrange import DeskState
from bot.core.desk import QUIET, Absence, Desk
from bot.core.effects import Effect, effect_of, may_decide, yet_to_do
from bot.core.explain import explain
from bot.core.judge import look
from bot.core.ticket import Command, Message

ON = ["mon 08:00 ann queue it", "mon 08:00 ann state handed-on"]
BACK = "mon 10:00 dan state new"
FIELDS = {"category": "c", "queue": "q", "forwarder": "f", "delivered": "d", "channel": "k"}


@pytest.mark.parametrize(
    ("command", "acts", "facts", "effect"),
    [
        (Command("close"), ON, {}, Effect(into=("closed",))),
        (Command("close"), [*ON, "mon 11:00 ann state closed"], {}, Effect(already=True)),
        (Command("delivered", "phone"), ON, {}, Effect({"delivered": "2026-11-17", "channel": "tel"}, ("closed",))),
        (Command("delivered", "mail"), ON, {}, Effect({"delivered": "2026-11-17", "channel": "mail"}, ("closed",))),
        (Command("delivered"), ON, {}, Effect({"delivered": "2026-11-17"}, ("closed",))),
        # What a person filled in stays, and what is so already is so.
        (Command("delivered"), [*ON, "mon 12:00 ann delivered yes"], {}, Effect(into=("closed",))),
        (Command("route", "law"), ON, {}, Effect({"queue": "law"})),
        (Command("route", "it"), ON, {}, Effect(already=True)),
        (Command("hold"), ON, {}, Effect({"labels": "+hush"})),
        (Command("hold"), ON, {"labels": frozenset(["hush"])}, Effect(already=True)),
        (Command("unhold"), ON, {"labels": frozenset(["hush", "x"])}, Effect({"labels": "-hush"})),
        (Command("snooze", "2026-11-18"), ON, {}, Effect()),
        (Command("snooze", "2026-11-17"), ON, {}, "date"),
        (Command("snooze", "2026-12-17"), ON, {}, Effect()),
        (Command("snooze", "2026-12-18"), ON, {}, "date"),
        (Command("justified"), ON, {}, "state"),
        (Command("not justified"), [*ON, BACK], {}, Effect()),
        (Command("absent", "2026-11-16/2026-11-17"), ON, {}, Effect()),
        (Command("absent", "2026-11-15/2026-11-16"), ON, {}, "date"),
        (Command("absent", "2026-11-17/2028-11-17"), ON, {}, "date"),
        (Command("attempted"), ON, {}, Effect()),
    ],
)
def test_what_a_command_does(command: Command, acts: list[str], facts: dict[str, Any], effect: Effect | str) -> None:
    rules = book(fields=FIELDS, channels={"phone": "tel"})
    assert effect_of(command, ticket(*acts, **facts), rules, at("tue 10:00"), at("tue 10:01")) == effect


SETS = {"delivered": "2026-11-17", "queue": "law", "labels": "+hush -x"}
INTO = ("closed", "gone")


@pytest.mark.parametrize(
    ("acts", "done"),
    [
        ([], ""),
        (["mon 12:00 ann delivered yes", "mon 13:00 ann state closed", "mon 14:00 ann state new"], ""),
        (["tue 10:00 ann state new", "tue 10:05 ann queue it"], ""),
        (["tue 10:00 bot state gone"], "into"),
        (["tue 10:00 bot state closed", "tue 10:30 ann state new"], "into"),
        (["tue 10:00 ann queue law", "tue 11:00 ann queue it"], "queue"),
        (["tue 10:00 bot delivered yes", "tue 10:01 ann delivered -"], "delivered"),
        (["tue 10:00 bot labels hush", "tue 10:01 ann labels -"], "+hush"),
    ],
)
def test_of_what_was_begun_nothing_is_done_again_that_somebody_undid(acts: list[str], done: str) -> None:
    left = yet_to_do(Effect(SETS, INTO), ticket(*acts), at("tue 10:00"))
    sets = {word: value for word, value in SETS.items() if word != done}
    sets["labels"] = sets["labels"].replace("+hush ", "") if done == "+hush" else sets["labels"]
    assert left == Effect(sets, () if done == "into" else INTO)


@pytest.mark.parametrize(
    ("who", "desk", "may"),
    [
        ("cid", QUIET, True),  # coordinates the desk
        ("dan", QUIET, True),  # coordinates the queue
        ("lea", QUIET, True),
        ("ann", QUIET, False),
        ("~c1", QUIET, False),
        ("ann", Desk((Absence("cid", date(2026, 11, 16), date(2026, 11, 20), ("ann",)),)), True),
        ("cid", Desk((Absence("cid", date(2026, 11, 16), date(2026, 11, 20), ("ann",)),)), True),
        ("ann", Desk((Absence("cid", date(2026, 11, 9), date(2026, 11, 13), ("ann",)),)), False),
    ],
)
def test_who_may_decide(who: str, desk: Desk, may: bool) -> None:
    assert may_decide(who, look(ticket(*ON), book(), at("tue 10:00"), desk).view) is may


def test_the_story_of_a_ticket_tells_of_commands() -> None:
    told = [
        Command("snooze", "2026-11-20", True),
        Command("close", None, False),
        Command("?", "close"),
        Command("help"),
    ]
    messages = tuple(Message(at("mon 09:00"), str(i), "bob", command=each) for i, each in enumerate(told))
    events = explain(
        structs.replace(ticket(*ON), messages=messages), book(), {}, DeskState(), at("tue 10:00")
    ).timeline
    assert [value.now for event in events for value in event.values if value.word == "command"] == [
        "snooze 2026-11-20, granted",
        "close, refused",
        "not understood",
        "help, not decided",
    ]
