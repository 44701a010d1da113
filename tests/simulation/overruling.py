"""The law of states, resolutions and labels: the bot sets none over what a person did since it was to be set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bot.core.ticket import Moment
from bot.sandbox.fitted import BOT
from bot.sandbox.world import Issue
from simulation.sim import Simulation, Violation
from simulation.wire import Written
from simulation.writing import Told, is_by_command, wished

_WORDS = {"status": "state", "resolution": "state"}
"""The word by which a rule sets a field; a resolution comes with its state."""


def overruling(told: Told, sim: Simulation, written: Written) -> None:
    """No state, resolution or label is set but by a rule, and none over a person's change since that was due.

    What counts is the ticket as it was last shown to the bot.
    """
    shown = written.shown.issue
    items = [item for item in written.items if item["fieldId"] in ("status", "resolution", "labels")]
    if not items or shown is None or sim.engine is None or is_by_command(written):
        return
    steps = wished(sim, written, shown)
    for name, sign in ((item["fieldId"], sign) for item in items for sign in _signs(item)):
        word, what = _WORDS.get(name, name), f"{written.ticket_id}: {name} {sign}".rstrip()
        dues = [
            step.due_at for step in steps if (sign in step.sets.get(word, "").split() if sign else word in step.sets)
        ]
        if not dues:
            raise Violation(f"{what} is set, and no rule wishes it")
        changed_at = max(_changes(shown, name, sign), default=0)
        if changed_at > max(dues) or (sign and changed_at == max(dues)):
            since_s = changed_at - max(dues)
            raise Violation(f"{what} is set over a person's change, {since_s} s newer")


def _signs(item: dict[str, Any]) -> list[str]:
    """What a change did: of labels each put on, as `+label`, and each taken off; of another field just one change."""
    if item["fieldId"] != "labels":
        return [""]
    was, now = ((item[name] or "").split() for name in ("fromString", "toString"))
    return [*(f"+{each}" for each in now if each not in was), *(f"-{each}" for each in was if each not in now)]


def _changes(issue: Issue, name: str, sign: str) -> Iterator[Moment]:
    """When people changed a field; of labels, when they put just this one on or took it off."""
    for entry in issue.histories:
        if entry.author is not None and entry.author.name == BOT:
            continue
        for item in entry.items:
            if item.get("fieldId") == name and (not sign or sign[1:] in {each[1:] for each in _signs(item)}):
                yield entry.at_ms // 1000
