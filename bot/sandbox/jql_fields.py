"""The fields a query can name: what kind each is, how a row's value is read, and how it sorts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.sandbox.jql_world import FieldDef, JqlWorld, Row

Read = Callable[[Row], Any]
"""What a row holds in a field, in the form its kind is compared in; None when it is empty."""

_SET = frozenset(("=", "!=", "in", "not in", "is", "is not"))
_SCALE = _SET | {"<", "<=", ">", ">="}
_PROSE = frozenset(("~", "!~", "is", "is not"))

OPERATORS: Mapping[str, frozenset[str]] = {
    "key": _SCALE,
    "project": _SET,
    "status": _SET,
    "statuscategory": _SET,
    "issuetype": _SET,
    "priority": _SCALE,
    "words": _SET,
    "user": _SET,
    "number": _SCALE,
    "day": _SCALE,
    "moment": _SCALE,
    "prose": _PROSE,
    "comment": frozenset(("~", "!~")),
    "text": frozenset(("~",)),
}
"""The operators that each kind of field supports."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field as a query uses it: `id` is its place in the row."""

    id: str
    kind: str


_SYSTEM = {
    **{name: Column("key", "key") for name in ("key", "issuekey", "issue")},
    "id": Column("id", "key"),
    "project": Column("project", "project"),
    "status": Column("status", "status"),
    "statuscategory": Column("status", "statuscategory"),
    **{name: Column("issuetype", "issuetype") for name in ("issuetype", "type")},
    "priority": Column("priority", "priority"),
    "resolution": Column("resolution", "words"),
    "labels": Column("labels", "words"),
    "component": Column("components", "words"),
    **{name: Column(name, "user") for name in ("assignee", "reporter", "creator")},
    **{name: Column("created_ms", "moment") for name in ("created", "createddate")},
    **{name: Column("updated_ms", "moment") for name in ("updated", "updateddate")},
    **{name: Column("resolved_ms", "moment") for name in ("resolved", "resolutiondate")},
    **{name: Column("duedate", "day") for name in ("due", "duedate")},
    **{name: Column(name, "prose") for name in ("summary", "description", "environment")},
    "comment": Column("comment", "comment"),
    "text": Column("text", "text"),
}
_CUSTOM = {
    "string": "prose",
    "text": "prose",
    "number": "number",
    "option": "words",
    "array": "words",
    "user": "user",
    "date": "day",
    "datetime": "moment",
}
_IDENTITIES = ("id", "name", "value", "key", "accountId", "emailAddress", "displayName")
_CATEGORIES = ("new", "indeterminate", "done")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def column_of(name: str, fields: Iterable[FieldDef]) -> Column | None:
    """Find a field by its name in JQL: a system field's, a custom field's, `Name[Type]`, or `cf[10201]`."""
    folded = name.lower()
    if folded in _SYSTEM:
        return _SYSTEM[folded]
    numbered = re.fullmatch(r"cf\[([0-9]+)\]", folded)
    plain = re.sub(r"\[[^\]]*\]$", "", folded)
    for field in fields:
        if field.id.startswith("customfield_") and (
            field.id == f"customfield_{numbered[1]}" if numbered else field.name.lower() in (folded, plain)
        ):
            return Column(field.id, _CUSTOM.get(field.type, "words"))
    return None


def reader(column: Column, world: JqlWorld[Row]) -> Read:
    """Give the function that reads the column of a row."""
    name = column.id
    match column.kind:
        case "key":
            return lambda row: row.id
        case "project" | "status" | "issuetype" | "priority":
            return lambda row: (row.fields.get(name) or {}).get("id")
        case "statuscategory":
            return lambda row: ((row.fields.get(name) or {}).get("statusCategory") or {}).get("key")
        case "words" | "user":
            return lambda row: _words(row.fields.get(name)) or None
        case "number":
            return lambda row: _number(row.fields.get(name))
        case "day":
            return lambda row: _ordinal(row.fields.get(name))
        case "moment" if not name.startswith("customfield_"):
            return lambda row: getattr(row, name)
        case "moment":
            return lambda row: _moment(row.fields.get(name))
        case "prose" | "comment":
            return lambda row: _prose(row, (name,))
        case _:
            custom = (field.id for field in world.fields() if _CUSTOM.get(field.type) == "prose")
            everywhere = tuple(dict.fromkeys(("summary", "description", "environment", "comment", *custom)))
            return lambda row: _prose(row, everywhere)


def sorter(column: Column, world: JqlWorld[Row]) -> Read:
    """Give the function whose values the column's rows sort by: keys and ids by number, names by letter."""
    name, kind = column.id, column.kind
    if name == "id":
        return lambda row: int(row.id)
    if kind == "key":
        return lambda row: place_of(row.key)
    if kind == "statuscategory":
        category = reader(column, world)
        return lambda row: _CATEGORIES.index(found) if (found := category(row)) in _CATEGORIES else None
    if kind in ("priority", "status"):
        ranks = priority_ranks(world) if kind == "priority" else _ranks(world.statuses())
        entity = reader(column, world)
        return lambda row: ranks.get(entity(row))
    if kind in ("number", "day", "moment"):
        return reader(column, world)
    return lambda row: _shown(row.fields.get(name)) or None


def place_of(key: str) -> tuple[str, int]:
    """Split a key into its project and its number."""
    project, _, number = key.rpartition("-")
    return project, int(number)


def priority_ranks(world: JqlWorld[Row]) -> Mapping[str, int]:
    """Rank the priorities by id: a more urgent one ranks higher."""
    return {id_: -rank for id_, rank in _ranks(world.priorities()).items()}


def _ranks(entries: Iterable[Mapping[str, str]]) -> dict[str, int]:
    return {entry["id"]: rank for rank, entry in enumerate(entries)}


def _words(value: Any) -> frozenset[str]:
    """Everything that names the value, in lower case."""
    match value:
        case None | "":
            return frozenset()
        case dict():
            return frozenset(str(value[part]).lower() for part in _IDENTITIES if value.get(part))
        case list() | tuple():
            return frozenset(word for item in value for word in _words(item))
        case _:
            return frozenset((str(value).lower(),))


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case dict():
            parts = (value.get(part) for part in ("displayName", "name", "value", "id"))
            return str(next((part for part in parts if part), "")).lower()
        case list() | tuple():
            return " ".join(sorted(map(_shown, value)))
        case _:
            return str(value).lower()


def _prose(row: Row, names: tuple[str, ...]) -> tuple[str, ...] | None:
    values = (row.fields.get(name) for name in names)
    texts = (text for value in values for text in (value if isinstance(value, list) else [value]))
    return tuple(text for text in texts if text and isinstance(text, str)) or None


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _ordinal(value: Any) -> int | None:
    try:
        return date.fromisoformat(value[:10]).toordinal() if value else None
    except (TypeError, ValueError):
        return None


def _moment(value: Any) -> int | None:
    try:
        return (datetime.fromisoformat(value) - _EPOCH) // timedelta(milliseconds=1) if value else None
    except (TypeError, ValueError):
        return None
