"""What a step sets on a ticket beside what it says: fields, the owner, labels, the state. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bot.core.steps import Step
from bot.core.ticket import Moment, Ticket

OWN = ("queue", "category", "forwarder", "owner", "state", "priority")
"""Words of which a ticket holds the value itself; it holds that of any other word among its fields."""


def labelled(changes: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read `+one -other` as the labels to put on and those to take off. Raises ValueError for what is neither."""
    on: list[str] = []
    off: list[str] = []
    for each in changes.split():
        sign, label = each[0], each[1:]
        if sign not in "+-" or not label:
            raise ValueError(f"a label is put on by +{each}, taken off by -{each}")
        (on if sign == "+" else off).append(label)
    return tuple(on), tuple(off)


def value_of(ticket: Ticket, word: str) -> str | None:
    """What a ticket holds of a word that is not its labels."""
    if word == "delivered":
        return None if ticket.delivered_at is None else "yes"
    value = getattr(ticket, word) if word in OWN else ticket.fields.get(word)
    return None if value is None else str(value)


def yet_to_set(ticket: Ticket, steps: Iterable[Step]) -> Mapping[str, str]:
    """Of what steps set, the words that hold another value, and that no person set since their step was due.

    A field of which only is known whether it says something is so when it does.
    """
    wanted: dict[str, str] = {}
    for step in steps:
        for word, value in step.sets.items():
            if word == "labels":
                left = " ".join(_labels(ticket, value, step.due_at))
                wanted |= {word: f"{wanted[word]} {left}" if word in wanted else left} if left else {}
            elif not _is_so(ticket, word, value) and not _set_by_hand(ticket, word, step.due_at):
                wanted[word] = value
    return wanted


def _is_so(ticket: Ticket, word: str, value: str) -> bool:
    return value_of(ticket, word) in (value, "yes" if word == "delivered" else "set")


def _labels(ticket: Ticket, changes: str, since: Moment) -> Iterator[str]:
    """The changes of labels that are not so yet, but for labels that a person put on or took off since."""
    on, off = labelled(changes)
    touched = set(_touched(ticket, since))
    yield from (f"+{label}" for label in on if label not in ticket.labels and label not in touched)
    yield from (f"-{label}" for label in off if label in ticket.labels and label not in touched)


def _touched(ticket: Ticket, since: Moment) -> Iterator[str]:
    for change in ticket.changes:
        if change.field == "labels" and not change.bot and change.at >= since:
            yield from set((change.was or "").split()) ^ set((change.now or "").split())


def _set_by_hand(ticket: Ticket, word: str, since: Moment) -> bool:
    """Whether a person was the last to set a word since; a state set in that very second made the step due."""
    last = next((change for change in reversed(ticket.changes) if change.field == word), None)
    if last is None or last.bot:
        return False
    return last.at > since if word == "state" else last.at >= since
