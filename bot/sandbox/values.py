"""Reading what a request wants to set into neutral values, with Jira's own complaints."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.sandbox.calls import Call, Refusal, part, row
from bot.sandbox.render import TEXTS
from bot.sandbox.texts import is_document
from bot.sandbox.world import Field, Json, Person, Project

LONGEST = 32_767
SETTABLE = frozenset(
    {"summary", "description", "environment", "issuetype", "priority", "assignee", "reporter", "duedate", "labels"}
    | {"components", "resolution", "security"}
)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Wrong(Exception):
    """A value Jira does not take, with its words."""


def read(call: Call, project: Project, given: Mapping[str, Json]) -> dict[str, Json]:
    """Read `fields` into neutral values. Raises Refusal with 400 naming every field that is wrong."""
    values: dict[str, Json] = {}
    errors: dict[str, str] = {}
    for name, raw in given.items():
        if name == "project":
            continue
        try:
            values[name] = _read(call, project, name, raw)
        except _Wrong as wrong:
            errors[name] = str(wrong)
    if errors:
        raise Refusal(400, errors=errors)
    return values


def updated(call: Call, project: Project, present: Mapping[str, Json], given: Mapping[str, Json]) -> dict[str, Json]:
    """Read `update` (set, add and remove) against the fields as they stand. Raises Refusal with 400."""
    values: dict[str, Json] = {}
    for name in given:
        for verb in row(given, name):
            for word, raw in part({name: verb}, name).items():
                now = values.get(name, present.get(name)) or []
                match word:
                    case "set":
                        values |= read(call, project, {name: raw})
                    case "add" | "remove" if name in ("labels", "components"):
                        (one,) = read(call, project, {name: [raw]})[name]
                        rest = [each for each in now if each != one]
                        values[name] = rest if word == "remove" else now if one in now else [*now, one]
                    case _:
                        raise Refusal(400, errors={name: f"Field does not support update '{word}'"})
    return values


def body(call: Call, raw: Json) -> Json:
    """Read a comment's text: ADF on v3, a string on v2. Raises Refusal with 400 for anything else."""
    wrong = Refusal(400, errors={"comment": "Comment body is not valid!"})
    if raw is None or raw == "":
        raise Refusal(400, errors={"comment": "Comment body can not be empty!"})
    if call.rich:
        if not is_document(raw):
            raise wrong
        return raw
    if not isinstance(raw, str):
        raise wrong
    if len(raw) > LONGEST:
        raise Refusal(400, errors={"comment": _too_long()})
    return raw


def _too_long() -> str:
    return f"The entered text is too long. It exceeds the allowed limit of {LONGEST:,} characters."


def _read(call: Call, project: Project, name: str, raw: Json) -> Json:
    field = call.world.fields.get(name)
    if field is None or name in project.off_screen or (not field.custom and name not in SETTABLE):
        raise _Wrong(f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
    if name in ("issuetype", "priority", "resolution", "security"):
        return _picked(call, project, name, raw)
    if name == "components":
        return [_component(project, each) for each in _listed(raw)]
    if name == "summary" and (not isinstance(raw, str) or not raw.strip()):
        raise _Wrong("You must specify a summary of the issue.")
    if name in TEXTS or field.type == "text":
        return _marked_up(call, raw)
    if name == "assignee":
        return _assignee(call, project, field, raw)
    return None if raw is None and field.type != "array" else _plain(call, field, raw)


def _plain(call: Call, field: Field, raw: Json) -> Json:
    match field.type:
        case "user":
            return _person(call, field, raw)
        case "option":
            return _option(field, raw)
        case "group":
            if not isinstance(raw, dict) or raw.get("name") not in call.world.groups:
                raise _Wrong("Could not find group with name '" + str(raw.get("name") if raw else raw) + "'.")
            return {"name": raw["name"]}
        case "array":
            labels = _listed(raw)
            for each in labels:
                if not isinstance(each, str) or " " in each:
                    raise _Wrong(f"The label '{each}' contains spaces which is invalid.")
            return list(dict.fromkeys(labels))
        case "number" if isinstance(raw, bool) or not isinstance(raw, int | float):
            raise _Wrong("Operation value must be a number")
        case "date" if not isinstance(raw, str) or not _DATE.fullmatch(raw):
            raise _Wrong(f"Error parsing date string: {raw}")
        case "string" | "datetime" if not isinstance(raw, str):
            raise _Wrong("Operation value must be a string")
    return raw


def _marked_up(call: Call, raw: Json) -> Json:
    if raw is None:
        return None
    if call.rich and not is_document(raw):
        raise _Wrong("Operation value must be an Atlassian Document (see the Atlassian Document Format)")
    if not call.rich and not isinstance(raw, str):
        raise _Wrong("Operation value must be a string")
    if isinstance(raw, str) and len(raw) > LONGEST:
        raise _Wrong(_too_long())
    return raw


def _picked(call: Call, project: Project, name: str, raw: Json) -> Json:
    known = {
        "issuetype": {each: call.world.issue_types[each] for each in project.issue_types},
        "priority": call.world.priorities,
        "resolution": call.world.resolutions,
        "security": call.world.security_levels,
    }[name]
    if raw is None and name != "issuetype":
        return None
    if isinstance(raw, dict):
        for id_, each in known.items():
            if str(raw.get("id", "")) == id_ or ("id" not in raw and raw.get("name") == each["name"]):
                return each
    label = call.world.fields[name].name.lower()
    raise _Wrong(f"The {label} selected is invalid.")


def _component(project: Project, raw: Json) -> Json:
    if isinstance(raw, dict):
        for each in project.components:
            if raw.get("id") == each["id"] or raw.get("name") == each["name"]:
                return each
    raise _Wrong("Component name or id is not valid")


def _option(field: Field, raw: Json) -> Json:
    if not isinstance(raw, dict):
        raise _Wrong("Specify a valid 'id' or 'name' for " + field.name)
    for each in field.options:
        if raw.get("id") == each["id"] or ("id" not in raw and raw.get("value") == each["value"]):
            return each
    raise _Wrong(f"Option value '{raw.get('value')}' is not valid")


def _listed(raw: Json) -> list[Json]:
    if raw is None:
        return []
    if not isinstance(raw, list):
        raise _Wrong("data was not an array")
    return raw


def _person(call: Call, field: Field, raw: Json) -> Person | None:
    if not isinstance(raw, dict):
        raise _Wrong("data was not an object")
    ref = raw.get("accountId", raw.get("id")) if call.cloud else raw.get("name", raw.get("key"))
    if ref is None and raw and not ({"accountId", "id"} if call.cloud else {"name", "key"}) & set(raw):
        asked = "accountId" if call.cloud else "name"
        raise _Wrong(f"'{asked}' must be the user identifying parameter.")
    if ref in (None, "", "-1"):
        return None
    found = call.world.person(ref) if isinstance(ref, str) else None
    known = found is not None and ref in ((found.account_id,) if call.cloud else (found.name, found.key))
    if found is None or not known:
        raise _Wrong("Specify a valid value for " + field.id if call.cloud else f"User '{ref}' does not exist.")
    return found


def _assignee(call: Call, project: Project, field: Field, raw: Json) -> Person | None:
    found = None if raw is None else _person(call, field, raw)
    if found is not None and not call.world.may(found, "ASSIGNABLE_USER", project.key):
        raise _Wrong(f"User '{found.display_name}' cannot be assigned issues.")
    return found
