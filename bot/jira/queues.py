"""Queues that a field of several values tells apart: components, labels, groups, options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.core.ticket import UNKNOWN
from bot.jira.binding import Binding, fold
from bot.jira.catalogue import Field

Move = tuple[list[str], list[str]]
"""The queues that a ticket was taken from at once, and those that it was given to."""


def several(field: Field) -> bool:
    """Whether a field holds several values, of which some may stand for queues and others for something else."""
    return field.kind == "array" and field.of != "user"


def queue_of(value: Mapping[str, Any] | str, binding: Binding) -> str | None:
    """The queue that one of several values stands for, by its id or by what people see; None for none."""
    if isinstance(value, str):
        return binding.queues.get(fold(value))
    known = (value.get("id"), value.get("value"), value.get("name"))
    return next((found for each in known if each and (found := binding.queues.get(fold(str(each))))), None)


def held_queues(values: Sequence[Any], field: Field, binding: Binding) -> list[str]:
    """The queues among the values that a ticket has now, the rulebook's first last: of several that one counts."""
    found = [queue_of(value, binding) or _unknown(field) for value in values if isinstance(value, str | dict)]
    order = [*reversed(dict.fromkeys(binding.queues.values()))]
    return sorted(
        {queue for queue in found if queue}, key=lambda queue: order.index(queue) + 1 if queue in order else 0
    )


def told_queues(value: object, shown: str | None, field: Field, binding: Binding) -> list[str]:
    """The queues on one side of a change in a history: of one component, of all labels, or of all other values."""
    if not shown:
        return []
    if field.id == "components":
        parts: list[Mapping[str, Any] | str] = [{"id": str(value or ""), "name": shown}]
    elif field.id == "labels":
        parts = [*shown.split()]
    else:
        parts = [part.strip() for part in shown.strip("[]").split(",")]
    found = (queue_of(part, binding) or _unknown(field) for part in parts)
    return list(dict.fromkeys(queue for queue in found if queue))


def moves(history: Sequence[Move], held: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """The queue before and after each entry of a history that ends with the queues held now.

    A ticket that has the values of several queues is in the one that it got last.
    """
    holding = list(held)
    for gone, come in reversed(history):
        holding = [*(queue for queue in holding if queue not in come), *(q for q in gone if q not in holding)]
    found: list[tuple[str | None, str | None]] = []
    for gone, come in history:
        was = holding[-1] if holding else None
        holding = [*(queue for queue in holding if queue not in (*gone, *come)), *come]
        found.append((was, holding[-1] if holding else None))
    return found


def _unknown(field: Field) -> str | None:
    """Values of a field that is kept for queues are queues even where the rulebook does not name them."""
    return UNKNOWN if field.custom else None
