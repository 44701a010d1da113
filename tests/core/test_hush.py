"""What acknowledging and snoozing keep from being said, until when, and how it is explained."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs
from small_desk import at, book, ticket

from bot.core.arrange import DeskState
from bot.core.explain import explain
from bot.core.judge import judge
from bot.core.ticket import Command, Message, Ticket

ON = ["mon 08:00 ann queue it", "mon 08:00 ann state handed-on", "mon 08:00 dan owner bob"]


def told(*commands: tuple[str, str, str | None], granted: bool = True) -> Ticket:
    """A ticket at tier 2 on which bob told the bot these things: when, the command's word and its value."""
    one = ticket(*ON)
    messages = (
        Message(at(when), str(number), "bob", command=Command(word, value, granted))
        for number, (when, word, value) in enumerate(commands)
    )
    return structs.replace(one, messages=(*one.messages, *messages))


def said(one: Ticket, now: str, **sections: Any) -> list[str]:
    return [f"{step.rule}/{step.occasion.rung}" for step in judge(one, book(**sections), at(now)).steps]


SNOOZE = ("mon 09:00", "snooze", "2026-11-20")
STILL = {
    "name": "still",
    "why": "Nothing moves on the ticket.",
    "clock": "since movement",
    "rungs": [{"rung": "ask", "after": "1wd", "say": "a", "to": "owner"}],
}


@pytest.mark.parametrize(
    ("commands", "now", "rungs"),
    [
        ([], "tue 13:00", ["deadline/warn", "still/ask"]),
        # An acknowledgement keeps the rungs reached then for two working days, and no others.
        ([("tue 13:00", "acknowledge", None)], "tue 13:00", []),
        ([("tue 13:00", "acknowledge", None)], "tue 16:00", []),
        ([("tue 13:00", "acknowledge", None)], "wed 08:01", ["deadline/late"]),
        ([("tue 09:00", "acknowledge", None)], "tue 13:00", ["deadline/warn"]),
        ([("mon 09:00", "acknowledge", None)], "tue 13:00", ["deadline/warn", "still/ask"]),
        ([("wed 09:00", "acknowledge", None)], "thu 12:00", ["deadline/head", "still/tell"]),
        ([("thu 12:00", "acknowledge", None)], "fri 12:00", []),
        ([("thu 12:00", "acknowledge", None)], "2 mon 12:00", ["deadline/head", "still/tell"]),
        # A snooze keeps all of them until that day begins; the last one counts.
        ([("mon 09:00", "snooze", "2026-11-20")], "thu 15:00", []),
        ([("mon 09:00", "snooze", "2026-11-20")], "fri 08:00", ["deadline/head", "still/tell"]),
        ([SNOOZE, ("tue 09:00", "snooze", "2026-11-18")], "wed 08:01", ["deadline/late", "still/ask"]),
    ],
)  # fmt: skip
def test_what_is_said_still(commands: list[tuple[str, str, str | None]], now: str, rungs: list[str]) -> None:
    assert said(told(*commands), now) == rungs


def test_what_was_not_granted_silences_nothing() -> None:
    one = told(("tue 13:00", "acknowledge", None), ("tue 13:00", "snooze", "2026-11-20"), granted=False)
    assert said(one, "tue 13:00") == ["deadline/warn", "still/ask"]


def test_a_ladder_may_keep_quiet_for_another_time_and_an_urgent_one_is_not_snoozed() -> None:
    one = told(("tue 13:00", "acknowledge", None))
    assert [said(one, now, ladders=[STILL | {"acknowledged": "1h"}]) for now in ("tue 13:59", "tue 14:00")] == [
        [],
        ["still/ask"],
    ]
    snoozed = told(("tue 13:00", "snooze", "2026-11-20"))
    assert said(snoozed, "tue 14:00", ladders=[STILL]) == []
    assert said(snoozed, "tue 14:00", ladders=[STILL | {"urgent": True}]) == ["still/ask"]


@pytest.mark.parametrize(
    ("command", "because"),
    [
        (
            ("tue 13:00", "acknowledge", None),
            "a person told the bot to acknowledge it: nothing before 2026-11-19 13:00",
        ),
        (
            ("mon 09:00", "snooze", "2026-11-20"),
            "a person told the bot to snooze it: nothing before 2026-11-20 00:00",
        ),
    ],
)
def test_why_nothing_is_said_and_when_it_is_looked_at_again(
    command: tuple[str, str, str | None], because: str
) -> None:
    one, rules = told(command), book()
    found = {rule.rule: rule for rule in explain(one, rules, {}, DeskState(), at("tue 15:00")).rules}
    assert (found["still"].outcome, found["still"].because) == ("hushed", because)
    until = at("thu 13:00") if command[1] == "acknowledge" else at("fri 00:00")
    assert judge(one, book(ladders=[STILL], policies=[]), at("tue 15:00")).look_again_at == until


def test_conditions_know_of_both() -> None:
    only = [
        {
            "name": "still",
            "why": "Nothing moves on the ticket.",
            "when": {"standing": "open", "acknowledged": False, "snoozed": False},
            "clock": "since created",
            "rungs": [{"rung": "ask", "after": "1h", "say": "a", "to": "owner"}],
        }
    ]
    one = told(("mon 08:30", "acknowledge", None), ("mon 08:30", "snooze", "2026-11-17"))
    assert [said(one, now, ladders=only) for now in ("tue 15:00", "wed 08:29", "wed 08:30")] == [
        [],
        [],
        ["still/ask"],
    ]
    assert said(told(), "mon 09:00", ladders=only) == ["still/ask"]
