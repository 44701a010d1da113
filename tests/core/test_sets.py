"""What a step sets: only what is not so yet, and nothing that a person decided since."""

from __future__ import annotations

from typing import Any

import pytest

from bot.core.sets import labelled, yet_to_set
from bot.core.steps import Because, Occasion, Step
from bot.core.ticket import Change, Ticket

DUE = 1000


def step(**sets: str) -> Step:
    return Step("k", "1", "K-1", "r", Occasion("c", 0, "g"), "say", (), DUE, Because("because"), sets=sets)


def ticket(*changes: Change, **facts: Any) -> Ticket:
    base: dict[str, Any] = {"id": "1", "key": "K-1", "project": "K", "created_at": 0, "updated_ms": 0, "state": "new"}
    return Ticket(**(base | facts), changes=changes)


def by(who: str, at: int, field: str, was: str | None, now: str | None) -> Change:
    return Change(at, field, was, now, who, who == "bot")


CASES: list[tuple[str, Ticket, dict[str, str], dict[str, str]]] = [
    ("what is so already is not set", ticket(queue="it", owner="ann"), {"queue": "it", "owner": "ann"}, {}),
    ("what is otherwise is", ticket(queue="law"), {"queue": "it", "state": "at"}, {"queue": "it", "state": "at"}),
    ("a mapped field", ticket(fields={"area": "x"}), {"area": "y", "kind": "z"}, {"area": "y", "kind": "z"}),
    ("a free text that is there", ticket(fields={"note": "set"}), {"note": "words"}, {}),
    ("a delivery that is noted", ticket(delivered_at=5), {"delivered": "2026-11-16"}, {}),
    (
        "a person set it before the step was due",
        ticket(by("ann", 900, "queue", None, "law"), queue="law"),
        {"queue": "it"},
        {"queue": "it"},
    ),
    (
        "a person set it since",
        ticket(by("ann", 1000, "queue", None, "law"), queue="law"),
        {"queue": "it", "owner": "bob"},
        {"owner": "bob"},
    ),
    (
        "a person emptied it since, which is a decision too",
        ticket(by("bot", 1001, "queue", None, "it"), by("ann", 1002, "queue", "it", None)),
        {"queue": "it"},
        {},
    ),
    (
        "the bot's own acts are nobody's decision",
        ticket(by("ann", 1001, "queue", None, "law"), by("bot", 1002, "queue", "law", "rest"), queue="rest"),
        {"queue": "it"},
        {"queue": "it"},
    ),
    (
        "the state that made it due is not a decision against it",
        ticket(by("ann", 1000, "state", "new", "at")),
        {"state": "in-work"},
        {"state": "in-work"},
    ),
    ("a state set since is", ticket(by("ann", 1001, "state", "new", "at")), {"state": "in-work"}, {}),
    ("labels beside each other", ticket(labels={"b", "d"}), {"labels": "+a +b -c -d"}, {"labels": "+a -d"}),
    (
        "a label that a person took off since stays off",
        ticket(by("ann", 1500, "labels", "a b", "b"), labels={"b"}),
        {"labels": "+a +c -b"},
        {"labels": "+c -b"},
    ),
    (
        "a label that a person put on since stays on",
        ticket(by("ann", 1500, "labels", None, "b"), labels={"b"}),
        {"labels": "-b +b"},
        {},
    ),
]


@pytest.mark.parametrize(("what", "seen", "sets", "left"), CASES, ids=[case[0] for case in CASES])
def test_yet_to_set(what: str, seen: Ticket, sets: dict[str, str], left: dict[str, str]) -> None:
    assert yet_to_set(seen, [step(**sets)]) == left


def test_labels_of_several_steps_are_one_edit() -> None:
    assert yet_to_set(ticket(), [step(labels="+a"), step(labels="+b -c", queue="it")]) == {
        "labels": "+a +b",
        "queue": "it",
    }


@pytest.mark.parametrize("wrong", ["a", "+", "+a -", "=a"])
def test_labels_are_put_on_or_taken_off(wrong: str) -> None:
    with pytest.raises(ValueError, match="a label is put on by"):
        labelled(wrong)
