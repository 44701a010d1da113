"""The signs and words of an explanation: a word beside every sign, as colour alone says nothing to many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bot.core.clock import Standing
from bot.core.explanation import Did, Outcome, Reach


class Told(NamedTuple):
    """How an outcome is shown; `whole` tells whether the rule is shown with all that decided."""

    sign: str
    words: str
    style: str
    whole: bool


OUTCOMES: Mapping[Outcome, Told] = {
    "say": Told("»", "would be said now", "green", True),
    "observe": Told("o", "would only be recorded (observe)", "cyan", True),
    "hold": Told("=", "held back", "yellow", True),
    "adopt": Told("+", "would count as done", "cyan", True),
    "done": Told("✓", "done", "green", True),
    "not yet": Told("…", "not yet", "", True),
    "paused": Told("=", "paused", "", True),
    "no clock": Told("–", "no clock runs", "dim", False),
    "conditions": Told("✗", "its conditions do not hold", "dim", False),
    "another route": Told("–", "another route", "dim", False),
    "nothing to route": Told("–", "nothing to route", "dim", False),
    "complete": Told("✓", "complete", "green", False),
    "not handed over": Told("–", "not asked for", "dim", False),
    "unknown state": Told("?", "nothing", "dim", False),
}

STATES: Mapping[str, tuple[str, str, str]] = {
    "said": ("✓", "said", "green"),
    "intended": ("»", "is just saying", "green"),
    "doubtful": ("?", "may have said", "yellow"),
    "observed": ("o", "recorded (observe)", "cyan"),
    "adopted": ("+", "counted as done", "cyan"),
    "held": ("=", "held back", "yellow"),
    "batched": ("=", "kept in a batch over the ceiling", "yellow"),
    "released": ("»", "may say, a person released it", "green"),
    "withdrawn": ("–", "withdrew", "dim"),
}
"""A row's state: its sign, what the bot did, and its style."""

ACTS: Mapping[Did, tuple[str, str]] = {
    "starts": (">", "green"),
    "starts anew": (">", "green"),
    "pauses": ("=", "yellow"),
    "goes on": (">", "green"),
    "stops": ("|", "dim"),
}

REACHED: Mapping[Reach, str] = {
    "due": "due since",
    "reached": "reached",
    "passed over": "passed over, since a higher one was reached; reached",
    "next": "next, at",
    "later": "later, at",
    "not running": "no moment, as its clock does not run towards it",
}

_STANDS: Mapping[Standing, tuple[str, str]] = {
    "on track": ("·", "green"),
    "at risk": ("!", "yellow"),
    "breached": ("‼", "red"),
    "met": ("✓", "green"),
    "missed": ("✗", "red"),
    "paused": ("=", "yellow"),
}


def stands(standing: Standing) -> tuple[str, str]:
    """The sign and the style of a clock's standing."""
    return _STANDS[standing]
