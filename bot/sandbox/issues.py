"""One issue: create, read, edit, assign, move along its workflow, delete, link; and its files' metadata."""

from __future__ import annotations

from bot.sandbox import acts, render, values
from bot.sandbox.calls import Answer, Call, Refusal, part
from bot.sandbox.comments import from_update
from bot.sandbox.world import Field, Issue, Json, Project


def read(call: Call) -> Answer:
    """Answer with one issue, by id, key or a former key."""
    issue = call.issue()
    expand = call.many("expand")
    shown = render.issue(call, issue, render.wanted(call.many("fields") or ["*all"]))
    if "changelog" in expand:
        shown["changelog"] = render.changelog(call, issue, render.READ_HISTORIES)
    if "transitions" in expand:
        shown["transitions"] = [_transition(call, *each) for each in _open_to(call, issue).items()]
    if "names" in expand:
        shown["names"] = {name: call.world.fields[name].name for name in shown["fields"] if name in call.world.fields}
    asked = call.many("properties")
    if asked:
        shown["properties"] = {
            name: each for name, each in issue.properties.items() if name in asked or "*all" in asked
        }
    return call.answer(shown)


def create(call: Call) -> Answer:
    """Open an issue."""
    asked = call.json()
    given = part(asked, "fields")
    project = _project(call, given.get("project"))
    call.needs("CREATE_ISSUES", project.key)
    missing = {
        "summary": "You must specify a summary of the issue.",
        "issuetype": "Specify an issue type",
    }
    errors = {name: words for name, words in missing.items() if given.get(name) in (None, "")}
    if errors:
        raise Refusal(400, errors=errors)
    sets = values.read(call, project, given)
    sets |= values.updated(call, project, sets, part(asked, "update"))
    issue = acts.create(call.world, call.asker(), project, sets)
    return call.answer(
        {"id": str(issue.id), "key": issue.key, "self": f"{call.url}/rest/api/{call.version}/issue/{issue.id}"}, 201
    )


def edit(call: Call) -> Answer:
    """Set fields, with `fields` and `update`; all or nothing."""
    issue = call.issue()
    call.needs("EDIT_ISSUES", issue.project_key)
    asked = call.json()
    project = call.world.projects[issue.project_key]
    sets = values.read(call, project, part(asked, "fields"))
    if "resolution" in sets:
        unknown = "Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown."
        raise Refusal(400, errors={"resolution": unknown})
    if "assignee" in sets:
        call.needs("ASSIGN_ISSUES", issue.project_key)
    update = dict(part(asked, "update"))
    said = from_update(call, issue, update.pop("comment", None))
    sets |= values.updated(call, project, issue.fields, update)
    issue = acts.edit(call.world, issue, call.asker(), sets)
    said(issue)
    return call.nothing()


def assign(call: Call) -> Answer:
    """Set the assignee: accountId on Cloud, name on Data Center; null takes it away."""
    issue = call.issue()
    call.needs("ASSIGN_ISSUES", issue.project_key)
    project = call.world.projects[issue.project_key]
    acts.edit(call.world, issue, call.asker(), values.read(call, project, {"assignee": call.json()}))
    return call.nothing()


def delete(call: Call) -> Answer:
    """Delete the issue."""
    issue = call.issue()
    call.needs("DELETE_ISSUES", issue.project_key)
    acts.delete(call.world, issue)
    return call.nothing()


def transitions(call: Call) -> Answer:
    """List the ways out of the present status."""
    issue = call.issue()
    listed = [_transition(call, *each) for each in _open_to(call, issue).items()]
    return call.answer({"expand": "transitions", "transitions": listed})


def transit(call: Call) -> Answer:
    """Take one of the ways out, perhaps setting fields and adding a comment."""
    issue = call.issue()
    call.needs("TRANSITION_ISSUES", issue.project_key)
    asked = call.json()
    chosen = part(asked, "transition").get("id")
    status_id = _open_to(call, issue).get(str(chosen))
    if status_id is None:
        raise Refusal(400, f"Transition id '{chosen}' is not valid for this issue.")
    project = call.world.projects[issue.project_key]
    sets = values.read(call, project, part(asked, "fields"))
    update = dict(part(asked, "update"))
    said = from_update(call, issue, update.pop("comment", None))
    sets |= values.updated(call, project, issue.fields, update)
    issue = acts.transition(call.world, issue, call.asker(), status_id, sets)
    said(issue)
    return call.nothing()


def editmeta(call: Call) -> Answer:
    """Tell which fields who asks can set, and to what."""
    issue = call.issue()
    project = call.world.projects[issue.project_key]
    editable = issue.id not in call.world.archived and call.world.may(call.me, "EDIT_ISSUES", project.key)
    return call.answer({"fields": {each["fieldId"]: each for each in _screen(call, project) if editable}})


def create_types(call: Call) -> Answer:
    """List the types an issue of the project can be created with."""
    project = _project(call, {"key": call.args["project"], "id": call.args["project"]})
    listed = [render.named(call, "issuetype", call.world.issue_types[each]) for each in project.issue_types]
    return _page(call, "issueTypes", listed)


def create_fields(call: Call) -> Answer:
    """List the fields of the project's create screen with their allowed values."""
    project = _project(call, {"key": call.args["project"], "id": call.args["project"]})
    return _page(call, "fields", _screen(call, project))


def link(call: Call) -> Answer:
    """Link two issues."""
    asked = call.json()
    kind = part(asked, "type")
    near = call.issue(_ref(asked.get("inwardIssue")))
    far = call.issue(_ref(asked.get("outwardIssue")))
    call.needs("LINK_ISSUES", near.project_key)
    for type_id, words in call.world.link_types.items():
        if str(kind.get("id")) == type_id or kind.get("name") == words["name"]:
            acts.link(call.world, call.asker(), type_id, near, far)
            return call.nothing(201)
    raise Refusal(404, f"No issue link type with name '{kind.get('name')}' found.")


def unlink(call: Call) -> Answer:
    """Take a link away."""
    number = call.args["id"]
    if not number.isdecimal() or not acts.unlink(call.world, call.asker(), int(number)):
        raise Refusal(404, f"No issue link with id '{number}' exists.")
    return call.nothing()


def link_types(call: Call) -> Answer:
    """List the kinds of links."""
    return call.answer({"issueLinkTypes": [dict(each) for each in call.world.link_types.values()]})


def attachment(call: Call) -> Answer:
    """Answer with one file's metadata."""
    for issue in call.world.issues.values():
        for each in issue.attachments:
            if str(each.get("id")) == call.args["id"] and call.sees(issue):
                return call.answer(render.attachment(call, each))
    raise Refusal(404, f"The attachment with id '{call.args['id']}' does not exist")


def _ref(given: Json) -> str:
    given = given if isinstance(given, dict) else {}
    return str(given.get("key") or given.get("id") or "")


def _project(call: Call, given: Json) -> Project:
    given = given if isinstance(given, dict) else {}
    for project in call.world.projects.values():
        known = str(given.get("id", "")) == project.id or given.get("key") == project.key
        if known and call.world.may(call.me, "BROWSE_PROJECTS", project.key):
            return project
    raise Refusal(400, errors={"project": "Specify a valid project ID or key"})


def _open_to(call: Call, issue: Issue) -> dict[str, str]:
    """Status id by transition id; none for who may not transition."""
    project = call.world.projects[issue.project_key]
    if issue.id in call.world.archived or not call.world.may(call.me, "TRANSITION_ISSUES", project.key):
        return {}
    now = issue.fields["status"]["id"]
    return {way: status for way, status in project.transitions().items() if status != now}


def _transition(call: Call, way: str, status_id: str) -> Json:
    to = call.world.statuses[status_id]
    shown = {"id": way, "name": to["name"], "to": render.status(call, to)}
    if call.cloud:
        shown |= {"hasScreen": False, "isGlobal": True, "isInitial": False, "isAvailable": True}
        shown |= {"isConditional": False, "isLooped": False}
    return shown


def _screen(call: Call, project: Project) -> list[Json]:
    shown = []
    for each in call.world.fields.values():
        if each.id in project.off_screen or (not each.custom and each.id not in values.SETTABLE - {"resolution"}):
            continue
        shown.append(
            {
                "fieldId": each.id,
                "key": each.id,
                "name": each.name,
                "required": each.id in ("summary", "issuetype"),
                "hasDefaultValue": False,
                "schema": render.field(call, each)["schema"],
                "operations": ["add", "set", "remove"] if each.type == "array" else ["set"],
                **_allowed(call, project, each),
            }
        )
    return shown


def _allowed(call: Call, project: Project, field: Field) -> dict[str, Json]:
    known: dict[str, Json] = {
        "priority": list(call.world.priorities.values()),
        "issuetype": [call.world.issue_types[each] for each in project.issue_types],
        "components": project.components,
    }
    if field.custom and field.type == "option":
        return {"allowedValues": list(field.options)}
    return {"allowedValues": known[field.id]} if field.id in known else {}


def _page(call: Call, name: str, listed: list[Json]) -> Answer:
    start = call.number("startAt", 0)
    size = call.number("maxResults", 50)
    page = listed[start : start + size]
    head = {"startAt": start, "maxResults": size, "total": len(listed)}
    if call.cloud:
        return call.answer({**head, name: page})
    return call.answer({**head, "isLast": start + len(page) >= len(listed), "values": page})
