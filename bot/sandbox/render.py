"""The one neutral world, shaped into the JSON of either flavour."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from bot.sandbox.calls import Call
from bot.sandbox.texts import document, plain
from bot.sandbox.world import Comment, Field, History, Issue, Json, Person, Project, World

TEXTS = frozenset({"description", "environment"})
"""System fields that hold marked-up text; of the custom ones those of type `text` do."""

_ITEMS = {"attachment": "attachment", "components": "component", "issuelinks": "issuelinks"}
NOT_NAVIGABLE = frozenset({"comment", "attachment", "worklog", "issuelinks", "watches", "votes"})
EMBEDDED_COMMENTS = 20
SEARCHED_HISTORIES = 40
READ_HISTORIES = 100


@lru_cache(10_000)
def moment(ms: int, zone: ZoneInfo) -> str:
    """Return UTC milliseconds as Jira writes them, in the zone: `2026-03-02T09:15:00.250+0200`."""
    seconds, rest = divmod(ms, 1000)
    local = datetime.fromtimestamp(seconds, UTC).astimezone(zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{rest:03d}{local:%z}"


def person(call: Call, who: Person, *, whole: bool = False) -> Json:
    """Shape an account; `whole` adds what only /myself and /user show."""
    base = f"{call.url}/rest/api/{call.version}/user"
    shown: dict[str, Json] = {"avatarUrls": {"48x48": f"{call.url}/avatar/48"}}
    if call.cloud:
        shown |= {"self": f"{base}?accountId={who.account_id}", "accountId": who.account_id}
        shown |= {"accountType": "atlassian"}
        if whole and who.email and who is call.me:
            shown["emailAddress"] = who.email
    else:
        shown |= {"self": f"{base}?username={who.name}", "name": who.name}
        shown |= {"key": who.key} if who.key else {}
        shown |= {"emailAddress": who.email} if who.email else {}
    shown |= {"displayName": who.display_name, "active": who.active, "timeZone": who.zone}
    if whole:
        groups = [{"name": name, "self": f"{call.url}/rest/api/{call.version}/group"} for name in who.groups]
        items = groups if "groups" in call.many("expand") else []
        shown |= {"locale": "et_EE", "groups": {"size": len(groups), "items": items}}
        shown |= {"applicationRoles": {"size": 0, "items": []}, "expand": "groups,applicationRoles"}
    return shown


def value(call: Call, stored: Json) -> Json:
    """Shape a field's value: every person in it becomes this flavour's, all else stays as it is."""
    if isinstance(stored, Person):
        return person(call, stored)
    if isinstance(stored, dict):
        return {key: value(call, each) for key, each in stored.items()}
    if isinstance(stored, list):
        return [value(call, each) for each in stored]
    return stored


def text(call: Call, stored: Json) -> Json:
    """Shape a marked-up text: ADF on v3, wiki text on v2."""
    if stored is None:
        return None
    return document(stored) if call.rich else plain(stored)


def status(call: Call, stored: Json) -> Json:
    """Shape a status with its category."""
    base = f"{call.url}/rest/api/{call.version}"
    category = stored.get("statusCategory")
    shown = {"self": f"{base}/status/{stored.get('id')}", "description": "", **stored}
    shown["iconUrl"] = f"{call.url}/images/icons/status.png"
    if isinstance(category, dict):
        shown["statusCategory"] = {"self": f"{base}/statuscategory/{category.get('id')}", **category}
    return shown


def named(call: Call, kind: str, stored: Json) -> Json:
    """Shape a priority, issue type or resolution."""
    shown = {key: each for key, each in stored.items() if key != "default"}
    return {"self": f"{call.url}/rest/api/{call.version}/{kind}/{stored.get('id')}", **shown}


def project(call: Call, stored: Project) -> Json:
    """Shape a project."""
    return {
        "self": f"{call.url}/rest/api/{call.version}/project/{stored.id}",
        "id": stored.id,
        "key": stored.key,
        "name": stored.name,
        "projectTypeKey": stored.kind,
        "avatarUrls": {"48x48": f"{call.url}/avatar/48"},
        **({"simplified": False, "style": "classic", "isPrivate": False} if call.cloud else {}),
    }


def field(call: Call, stored: Field) -> Json:
    """Shape a field's definition."""
    types = {"string": "string", "text": "string", "array": "array", "option": "option"}
    kind = types.get(stored.type, stored.type)
    schema: dict[str, Json] = {"type": kind if stored.custom else _system_type(stored)}
    if schema["type"] == "array":
        schema["items"] = _ITEMS.get(stored.id, "string")
    clauses = [stored.name.lower() if stored.custom else stored.id]
    if stored.custom:
        number = stored.id.removeprefix("customfield_")
        widgets = {"string": "textfield", "text": "textarea", "number": "float", "option": "select"}
        widgets |= {
            "user": "userpicker",
            "group": "grouppicker",
            "date": "datepicker",
            "array": "labels",
            "datetime": "datetime",
        }
        maker = "com.atlassian.jira.plugin.system.customfieldtypes"
        schema |= {"custom": f"{maker}:{widgets[stored.type]}", "customId": int(number)}
        clauses = [f"cf[{number}]", stored.name]
    else:
        schema["system"] = stored.id
    return {
        "id": stored.id,
        **({"key": stored.id} if call.cloud else {}),
        "name": stored.name,
        "custom": stored.custom,
        "orderable": stored.custom,
        "navigable": stored.id not in NOT_NAVIGABLE,
        "searchable": True,
        "clauseNames": clauses,
        "schema": schema,
    }


def _system_type(stored: Field) -> str:
    if stored.type == "option":
        return stored.id
    return {"text": "string"}.get(stored.type, stored.type)


def comment(call: Call, issue: Issue, stored: Comment, *, properties: bool = False) -> Json:
    """Shape a comment; `properties` says whether they were asked for."""
    zone = ZoneInfo(call.world.zone)
    shown: dict[str, Json] = {
        "self": f"{call.url}/rest/api/{call.version}/issue/{issue.id}/comment/{stored.id}",
        "id": str(stored.id),
    }
    if stored.author is not None:
        shown["author"] = person(call, stored.author)
    if stored.body is not None:
        shown["body"] = text(call, stored.body)
    if stored.update_author is not None:
        shown["updateAuthor"] = person(call, stored.update_author)
    shown |= {"created": moment(stored.created_ms, zone), "updated": moment(stored.updated_ms, zone)}
    if stored.visibility is not None:
        extra = {"identifier": stored.visibility["value"]} if call.cloud else {}
        shown["visibility"] = {**stored.visibility, **extra}
    if call.cloud:
        shown["jsdPublic"] = not stored.internal
    if properties:
        shown["properties"] = [{"key": key, "value": each} for key, each in stored.properties.items()]
    return shown


def history(call: Call, stored: History, *, epoch: bool = False) -> Json:
    """Shape a changelog entry; Data Center gives no `fieldId`. With `epoch` its moment is UTC milliseconds."""
    shown: dict[str, Json] = {"id": str(stored.id)}
    if stored.author is not None:
        shown["author"] = person(call, stored.author)
    shown["created"] = stored.at_ms if epoch else moment(stored.at_ms, ZoneInfo(call.world.zone))
    shown["items"] = [
        {key: _ref(call, each) for key, each in item.items() if call.cloud or key != "fieldId"}
        for item in stored.items
    ]
    return shown


def _ref(call: Call, stored: Json) -> Json:
    if isinstance(stored, Person):
        return stored.account_id if call.cloud else stored.key or stored.name
    return stored


def changelog(call: Call, issue: Issue, cap: int) -> Json:
    """Shape the embedded changelog: Cloud newest first and cut to `cap`, Data Center whole and oldest first."""
    entries = issue.histories[::-1][:cap] if call.cloud else issue.histories
    return {
        "startAt": 0,
        "maxResults": len(entries),
        "total": len(issue.histories),
        "histories": [history(call, each) for each in entries],
    }


def wanted(names: Iterable[str]) -> Callable[[str], bool]:
    """Return the test for the fields asked: ids, `*all`, `*navigable`, and `-id` for all but that."""
    asked = [name.strip() for name in names if name.strip()]
    less = {name[1:] for name in asked if name.startswith("-")}
    plus = {name for name in asked if not name.startswith("-")}
    everything = "*all" in plus or (bool(less) and not plus)

    @cache
    def test(name: str) -> bool:
        if name in less:
            return False
        return everything or name in plus or ("*navigable" in plus and name not in NOT_NAVIGABLE)

    return test


def issue(call: Call, stored: Issue, test: Callable[[str], bool]) -> Json:
    """Shape an issue with the fields that pass the test."""
    return {
        "expand": "operations,editmeta,changelog,transitions,renderedFields",
        "id": str(stored.id),
        "self": f"{call.url}/rest/api/{call.version}/issue/{stored.id}",
        "key": stored.key,
        "fields": _fields(call, stored, test),
    }


def _fields(call: Call, stored: Issue, test: Callable[[str], bool]) -> dict[str, Json]:
    world, zone = call.world, ZoneInfo(call.world.zone)
    shown: dict[str, Json] = {}
    for name, each in stored.fields.items():
        if not test(name):
            continue
        definition = world.fields.get(name)
        if name in TEXTS or (definition is not None and definition.type == "text"):
            shown[name] = text(call, each)
        elif name == "status" and isinstance(each, dict):
            shown[name] = status(call, each)
        elif name in ("priority", "issuetype", "resolution") and isinstance(each, dict):
            shown[name] = named(call, name, each)
        else:
            shown[name] = value(call, each)
    if test("created"):
        shown["created"] = moment(stored.created_ms, zone)
    if test("updated"):
        shown["updated"] = moment(stored.updated_ms, zone)
    if test("resolutiondate"):
        shown["resolutiondate"] = None if stored.resolved_ms is None else moment(stored.resolved_ms, zone)
    if test("attachment"):
        shown["attachment"] = [attachment(call, each) for each in stored.attachments]
    if test("issuelinks"):
        shown["issuelinks"] = links(call, world, stored) + value(call, stored.fields.get("issuelinks") or [])
    if test("comment"):
        seen = visible(call, stored)
        listed = seen[:EMBEDDED_COMMENTS] if call.cloud else seen
        shown["comment"] = {
            "comments": [comment(call, stored, each) for each in listed],
            "maxResults": len(listed) if call.cloud else len(seen),
            "total": len(seen),
            "startAt": 0,
        }
    return shown


def visible(call: Call, stored: Issue) -> list[Comment]:
    """Return the comments that who asks may see: a restricted one only from within its group or role."""
    return [each for each in stored.comments if call.world.reaches(each.visibility, call.me, stored.project_key)]


def attachment(call: Call, stored: Json) -> Json:
    """Shape an attachment's metadata."""
    base = f"{call.url}/rest/api/{call.version}/attachment"
    shown = {key: value(call, each) for key, each in stored.items() if key != "created_ms"}
    if "created_ms" in stored:
        shown["created"] = moment(stored["created_ms"], ZoneInfo(call.world.zone))
    return {
        "self": f"{base}/{stored.get('id')}",
        **shown,
        "content": f"{base}/content/{stored.get('id')}",
    }


def links(call: Call, world: World, stored: Issue) -> list[Json]:
    """Shape the issue's links, each with the other issue in short."""
    shown = []
    for each in stored.links:
        other = world.issues.get(each.other)
        if other is None or not call.sees(other):
            continue
        test = wanted(("summary", "status", "priority", "issuetype"))
        short = {key: v for key, v in issue(call, other, test).items() if key != "expand"}
        base = f"{call.url}/rest/api/{call.version}/issueLink"
        shown.append(
            {
                "id": str(each.id),
                "self": f"{base}/{each.id}",
                "type": {"self": f"{base}Type/{each.type_id}", **world.link_types[each.type_id]},
                ("outwardIssue" if each.outward else "inwardIssue"): short,
            }
        )
    return shown
