"""What a rulebook's words are set to in a Jira: one edit of fields, and the status that a transition leads to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bot.core.entries import Entries
from bot.core.sets import labelled
from bot.engine.tracker import Refused
from bot.jira.binding import Binding
from bot.jira.catalogue import Field
from bot.jira.queues import queue_of, several

Account = Callable[[str], Mapping[str, str | None]]
"""Gives what an edit calls a person by, from their word. Raises Refused for nobody of the rulebook."""

Held = Callable[[str], Sequence[Mapping[str, Any] | str]]
"""Gives what a field of several values holds on the ticket now, by the field's id."""


class Edit(NamedTuple):
    """What is set: `body` is Jira's, empty where no field is; `statuses` are those of which one is to be reached.

    `on_the_way` are the fields that the transition sets.
    """

    body: Mapping[str, Any]
    statuses: Sequence[str]
    on_the_way: Mapping[str, Any] = {}


def edit_of(sets: Mapping[str, str], binding: Binding, entries: Entries, account: Account, held: Held) -> Edit:
    """Make the edit of these words. Raises Refused for a word that cannot be set.

    A queue among several values takes the other queues' places and leaves the rest alone.
    """
    fields: dict[str, Any] = {}
    update: dict[str, list[Any]] = {}
    on_the_way: dict[str, Any] = {}
    statuses: Sequence[str] = ()
    for word, value in sorted(sets.items(), key=lambda each: each[0] != "queue"):  # an owner beside the queue wins
        field = binding.fields.get(word)
        if word == "labels":
            update.setdefault("labels", []).extend(_labels(value))
        elif word == "state":
            statuses = binding.targets.get(value, ())
            if not statuses:
                raise Refused(f"no status of this Jira is the state {value!r}")
        elif word == "resolution":
            on_the_way["resolution"] = {"name": value}
        elif word == "priority":
            fields["priority"] = {"id": _priority(value, binding)}
        elif word == "owner":
            fields["assignee"] = account(value)
        elif field is None:
            raise Refused(f"the rulebook binds no field {word!r}")
        elif word == "queue" and field.id == "status":
            statuses = statuses or [id_ for id_, queue in binding.queues.items() if queue == value]
        elif word == "queue" and field.id == "assignee":
            fields["assignee"] = account(_queue_value(value, entries))
        elif word == "queue" and several(field):
            update.setdefault(field.id, []).extend(_instead(value, field, binding, entries, held(field.id)))
        elif "user" in (field.kind, field.of):
            one = account(value)
            fields[field.id] = [one] if field.kind == "array" else one
        else:
            if word == "queue":
                value = _queue_value(value, entries)
            elif word == "category":
                value = entries.categories.get(value, value)
            fields[field.id] = _written(field, value)
    body = ({"fields": fields} if fields else {}) | ({"update": update} if update else {})
    return Edit(body, statuses, on_the_way)


def _priority(word: str, binding: Binding) -> str:
    found = next((id_ for id_, each in binding.priorities.items() if each == word), None)
    if found is None:
        raise Refused(f"no priority of this Jira is called {word!r}")
    return found


def _queue_value(queue: str, entries: Entries) -> str:
    return next((each.values[0] for each in entries.queues if each.queue == queue), queue)


def _labels(changes: str) -> Iterator[Mapping[str, str]]:
    on, off = labelled(changes)
    yield from ({"add": label} for label in on)
    yield from ({"remove": label} for label in off)


def _instead(
    queue: str, field: Field, binding: Binding, entries: Entries, held: Sequence[Mapping[str, Any] | str]
) -> Iterator[Mapping[str, Any]]:
    """Take the values of other queues off the ticket, and put the queue's own on."""
    for one in held:
        if queue_of(one, binding) not in (None, queue):
            yield {"remove": one if isinstance(one, str) else {"id": one["id"]}}
    if all(queue_of(one, binding) != queue for one in held):
        yield {"add": _one(field, _queue_value(queue, entries))}


def _one(field: Field, value: str) -> object:
    """One of several values, in the form that a field of its kind takes; a number is an id."""
    if field.of == "string":
        return value
    if value.isdecimal():
        return {"id": value}
    return {"value" if field.of == "option" else "name": value}


def _written(field: Field, value: str) -> object:
    """A value in the form that a field of its kind takes."""
    match field.kind:
        case "option" | "option-with-child":
            return {"value": value}
        case "array":
            return [_one(field, value)]
        case "number":
            return float(value)
        case "datetime":
            at = datetime.fromisoformat(value)
            return f"{at if at.tzinfo else at.replace(tzinfo=UTC):%Y-%m-%dT%H:%M:%S.000%z}"
        case "" | "any" | "string" | "date":
            return value
    return {"name": value}
