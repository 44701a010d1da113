"""A backtest as JSON, one object a ticket: others script against it, so every name in it stays (design section 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from bot.backtest.difference import Difference
from bot.core.outcome import Outcome
from bot.core.ticket import Moment

VERSION = 1
"""The version of the lines; counted up when a name in them changes its meaning or goes."""

Json = dict[str, Any]


def line(outcome: Outcome, difference: Difference | None = None) -> bytes:
    """Give the line of a ticket, without its end; with a second rulebook, what that one found and where they differ.

    Moments are ISO 8601 in UTC with Z, amounts working seconds.
    """
    found: Json = {
        "v": VERSION,
        "key": outcome.key,
        "id": outcome.id,
        "project": outcome.project,
        "created_at": _moment(outcome.created_at),
        "state": outcome.state,
        "queue": outcome.queue,
        "category": outcome.category,
        **_found(outcome),
    }
    if difference is not None:
        found["against"] = _found(difference.before)
        found["difference"] = {
            "clocks": [_changed(each.key, each.change, each.names) for each in difference.clocks],
            "deadlines": [_changed(each.key, each.change, each.names) for each in difference.deadlines],
            "steps": [_changed(each.key, each.change, each.names) for each in difference.steps],
        }
    return msgspec.json.encode(found)


def _found(outcome: Outcome) -> Json:
    return {
        "clocks": [_named(clock) for clock in outcome.clocks],
        "deadlines": [_named(deadline) for deadline in outcome.deadlines],
        "steps": [
            {
                "at": _moment(step.at),
                "rule": step.rule,
                "action": step.action,
                "to": step.to,
                "because": step.because,
                "rung": step.rung,
                "repeat": step.repeat,
                "say": step.say,
                "sets": step.sets,
                "queue": step.queue,
                "due_at": _moment(step.due_at),
                "said_at": _moment(step.said_at),
                "held": [_named(held) for held in step.held],
                "key": step.key,
            }
            for step in outcome.steps
        ],
        "trouble": outcome.trouble,
    }


def _changed(key: str, change: str, names: tuple[str, ...]) -> Json:
    return {"key": key, "change": change, "names": names}


def _named(found: msgspec.Struct) -> Json:
    return {
        name: _moment(getattr(found, name)) if is_moment else getattr(found, name)
        for name, is_moment in _fields(type(found))
    }


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, bool], ...]:
    """The names of a struct's fields, each with whether it is a moment."""
    return tuple((name, name == "at" or name.endswith("_at")) for name in kind.__struct_fields__)


def _moment(at: Moment | None) -> datetime | None:
    """What is encoded as ISO 8601 in UTC with Z."""
    return None if at is None else datetime.fromtimestamp(at, UTC)
