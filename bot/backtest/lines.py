"""A backtest as JSON, one object a ticket: others script against it, so every name in it stays (design section 6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
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
        "created_at": _iso(outcome.created_at),
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
        "clocks": [_moments(msgspec.structs.asdict(clock)) for clock in outcome.clocks],
        "deadlines": [_moments(msgspec.structs.asdict(deadline)) for deadline in outcome.deadlines],
        "steps": [
            {
                "at": _iso(step.at),
                "rule": step.rule,
                "action": step.action,
                "to": step.to,
                "because": step.because,
                "rung": step.rung,
                "repeat": step.repeat,
                "say": step.say,
                "sets": step.sets,
                "queue": step.queue,
                "due_at": _iso(step.due_at),
                "said_at": _iso(step.said_at),
                "held": [_moments(msgspec.structs.asdict(held)) for held in step.held],
                "key": step.key,
            }
            for step in outcome.steps
        ],
        "trouble": outcome.trouble,
    }


def _changed(key: str, change: str, names: tuple[str, ...]) -> Json:
    return {"key": key, "change": change, "names": names}


def _moments(values: Mapping[str, Any]) -> Json:
    return {name: _iso(value) if name == "at" or name.endswith("_at") else value for name, value in values.items()}


def _iso(at: Moment | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")
