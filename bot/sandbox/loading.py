"""Real Jira issues in REST form, taken into a sandbox with all their oddities."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from bot.sandbox.desk import status
from bot.sandbox.world import (
    CATEGORIES,
    Comment,
    Field,
    History,
    Issue,
    Json,
    Person,
    Project,
    World,
    account_id_of,
)

_SEPARATE = frozenset({"created", "updated", "resolutiondate", "comment", "attachment"})
_PEOPLE = frozenset({"assignee", "reporter"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def load_file(world: World, path: Path) -> int:
    """Load a JSON Lines file, plain or gzipped. Returns how many issues came.

    Raises OSError when it cannot be read, ValueError with the line's number when a line is not an issue.
    """
    if path.suffix != ".gz":
        with path.open(encoding="utf-8") as lines:
            return load(world, lines)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return load(world, lines)


def load(world: World, lines: Iterable[str]) -> int:
    """Load issues, one JSON object a line; statuses, people, fields and projects met are created.

    What an issue lacks stays missing; a comment page cut short counts what is there. Returns how many came. Raises
    ValueError with the line's number.
    """
    count = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            _take(world, json.loads(line))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError(f"line {number} is not an issue in Jira's REST form: {_why(error)}") from error
        count += 1
    return count


def _why(error: Exception) -> str:
    match error:
        case KeyError():
            return f"{error} is missing"
        case json.JSONDecodeError():
            return f"it is not JSON: {error.msg}"
        case TypeError() | AttributeError():
            return "something in it has another form"
        case _:
            return str(error)


def _take(world: World, raw: Mapping[str, Json]) -> None:
    given = raw["fields"]
    number = int(raw["id"])
    if number in world.issues:
        raise ValueError(f"id {number} comes twice")
    _learn(world, raw)
    histories = _histories(world, raw.get("changelog"))
    _widen(world.projects[given["project"]["key"]], histories)
    world.taken_id("issue", number)
    resolved = given.get("resolutiondate")
    fields = {name: _value(world, each) for name, each in given.items() if name not in _SEPARATE}
    world.adopt(
        Issue(
            id=number,
            key=raw["key"],
            fields=fields,
            created_ms=_ms(given["created"]),
            updated_ms=_ms(given["updated"]),
            since_ms=0,
            resolved_ms=None if resolved is None else _ms(resolved),
            comments=tuple(_comment(world, each) for each in (given.get("comment") or {}).get("comments", ())),
            histories=histories,
            attachments=tuple(_value(world, each) for each in given.get("attachment") or ()),
        )
    )


def _learn(world: World, raw: Mapping[str, Json]) -> None:
    """Create what the issue names and the world does not have yet; what it has stays as it is."""
    given = raw["fields"]
    told = given["project"]
    project = world.projects.get(told["key"])
    if project is None:
        project = Project(told["id"], told["key"], told.get("name") or told["key"])
        world.projects[project.key] = project
    project.last_number = max(project.last_number, int(raw["key"].rpartition("-")[2]))
    state, kind = given["status"], given["issuetype"]
    category = (state.get("statusCategory") or {}).get("key")
    shown = status(state["id"], state["name"], category if category in CATEGORIES else "undefined")
    known = world.statuses.get(state["id"])
    if known is None or known["statusCategory"]["key"] == "undefined":
        world.statuses[state["id"]] = shown
    world.issue_types.setdefault(kind["id"], {"subtask": False, "description": "", **kind})
    for registry, one in ((world.priorities, given.get("priority")), (world.resolutions, given.get("resolution"))):
        if isinstance(one, dict) and one.get("id"):
            registry.setdefault(one["id"], dict(one))
    if state["id"] not in project.statuses:
        project.statuses.append(state["id"])
    if kind["id"] not in project.issue_types:
        project.issue_types.append(kind["id"])
    for name, each in given.items():
        if name.startswith("customfield_"):
            kind_now = _type(each)
            field = world.fields.get(name)
            if field is None or (field.name == name and field.type == "string" and kind_now != "string"):
                world.fields[name] = Field(name, field.name if field else name, kind_now)


def _widen(project: Project, histories: Iterable[History]) -> None:
    """Let the project's workflow know the statuses its issues passed through."""
    for entry in histories:
        for item in entry.items:
            if item.get("fieldId") == "status" and item.get("to") and item["to"] not in project.statuses:
                project.statuses.append(item["to"])


def _histories(world: World, changelog: Json) -> tuple[History, ...]:
    """Read a changelog given newest or oldest first; the order within one moment is kept the right way round."""
    entries = list((changelog or {}).get("histories") or ())
    if len(entries) > 1 and _ms(entries[0]["created"]) > _ms(entries[-1]["created"]):
        entries.reverse()
    return tuple(_history(world, each) for each in entries)


def _history(world: World, raw: Mapping[str, Json]) -> History:
    items = []
    for each in raw.get("items") or ():
        item = dict(each)
        name = item.get("fieldId") or item["field"]
        if name in _PEOPLE:
            for side, words in (("from", "fromString"), ("to", "toString")):
                if item.get(side):
                    item[side] = _person(world, {"accountId": item[side], "displayName": item.get(words)})
        if name == "status":
            for side, words in (("from", "fromString"), ("to", "toString")):
                if item.get(side) and item[side] not in world.statuses:
                    world.statuses[item[side]] = status(item[side], item.get(words) or "", "undefined")
        field = world.fields.get(name)
        if field is not None and field.custom and field.name == field.id:
            world.fields[name] = Field(name, item["field"], field.type)
        items.append(item)
    number = int(raw["id"])
    world.taken_id("history", number)
    author = raw.get("author")
    return History(number, _ms(raw["created"]), _person(world, author) if author else None, tuple(items))


def _comment(world: World, raw: Mapping[str, Json]) -> Comment:
    number = int(raw["id"])
    world.taken_id("comment", number)
    author, editor = raw.get("author"), raw.get("updateAuthor")
    internal = {"sd.public.comment": {"internal": True}} if raw.get("jsdPublic") is False else {}
    return Comment(
        id=number,
        author=_person(world, author) if author else None,
        body=raw.get("body"),
        created_ms=_ms(raw["created"]),
        updated_ms=_ms(raw.get("updated") or raw["created"]),
        update_author=_person(world, editor) if editor else None,
        visibility=raw.get("visibility"),
        properties=internal,
    )


def _value(world: World, raw: Json) -> Json:
    """Take a value over; whatever looks like a person becomes one."""
    if isinstance(raw, dict):
        if "displayName" in raw and ("accountId" in raw or "name" in raw):
            return _person(world, raw)
        return {name: _value(world, each) for name, each in raw.items()}
    if isinstance(raw, list):
        return [_value(world, each) for each in raw]
    return raw


def _person(world: World, raw: Mapping[str, Json]) -> Person:
    """Find the person by accountId, else by name; let them in when nobody has met them yet."""
    ref = raw.get("accountId") or raw.get("name") or raw.get("key") or raw.get("displayName") or "unknown"
    found = world.person(ref)
    if found is not None:
        return found
    name = raw.get("name") or f"u{zlib.crc32(ref.encode()):08x}"
    return world.add_person(
        Person(
            name=name,
            display_name=raw.get("displayName") or ref,
            account_id=raw.get("accountId") or account_id_of(ref),
            key=raw.get("key") if "name" in raw else name,
            email=raw.get("emailAddress"),
            active=raw.get("active", True),
            zone=raw.get("timeZone") or world.zone,
        )
    )


def _type(raw: Json) -> str:
    if isinstance(raw, bool | int | float):
        return "number"
    if isinstance(raw, list):
        return "array"
    if isinstance(raw, dict):
        return "user" if "displayName" in raw else "text" if raw.get("type") == "doc" else "option"
    return "date" if isinstance(raw, str) and _DAY.fullmatch(raw) else "string"


def _ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000
