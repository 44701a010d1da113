"""What a Jira tells of itself: version, fields, statuses, priorities, types, projects."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from bot.sandbox import render
from bot.sandbox.calls import Answer, Call, Refusal
from bot.sandbox.view import bounded, found
from bot.sandbox.world import Json, Project


def server_info(call: Call) -> Answer:
    """Tell flavour and version; anybody may ask."""
    cloud = call.cloud
    shown: dict[str, Json] = {
        "baseUrl": call.url,
        "version": "1001.0.0-SNAPSHOT" if cloud else "10.3.2",
        "versionNumbers": [1001, 0, 0] if cloud else [10, 3, 2],
        "deploymentType": "Cloud" if cloud else "Server",
        "buildNumber": 100299 if cloud else 10030002,
        "buildDate": "2026-01-02T00:00:00.000+0000",
        "serverTime": render.moment(call.world.now(), ZoneInfo(call.world.zone)),
        "scmInfo": "0" * 40,
        "serverTitle": "Sandbox Jira",
    }
    if cloud:
        shown |= {"displayUrl": call.url, "serverTimeZone": call.world.zone}
    return call.answer(shown)


def fields(call: Call) -> Answer:
    """List all fields."""
    return call.answer([render.field(call, each) for each in call.world.fields.values()])


def statuses(call: Call) -> Answer:
    """List all statuses."""
    return call.answer([render.status(call, each) for each in call.world.statuses.values()])


def priorities(call: Call) -> Answer:
    """List all priorities, most urgent first."""
    return call.answer([render.named(call, "priority", each) for each in call.world.priorities.values()])


def resolutions(call: Call) -> Answer:
    """List all resolutions."""
    return call.answer([render.named(call, "resolution", each) for each in call.world.resolutions.values()])


def issue_types(call: Call) -> Answer:
    """List all issue types."""
    return call.answer([render.named(call, "issuetype", each) for each in call.world.issue_types.values()])


def projects(call: Call) -> Answer:
    """List the projects the caller sees, whole."""
    return call.answer([render.project(call, each) for each in _seen(call)])


def project_search(call: Call) -> Answer:
    """List the projects the caller sees, a page at a time (Cloud)."""
    start, size = call.number("startAt", 0), min(call.number("maxResults", 50), 100)
    part, keys = (call.one("query") or "").casefold(), call.many("keys")
    seen = [
        each
        for each in _seen(call)
        if part in f"{each.key} {each.name}".casefold() and (not keys or each.key in keys)
    ]
    page = [render.project(call, each) for each in seen[start : start + size]]
    here = f"{call.url}/rest/api/{call.version}/project/search?maxResults={size}"
    body: dict[str, Json] = {"self": f"{here}&startAt={start}", "maxResults": size, "startAt": start}
    body |= {"total": len(seen), "isLast": start + len(page) >= len(seen), "values": page}
    return call.answer(body)


def project(call: Call) -> Answer:
    """Answer with one project, with its types and components."""
    one = seen_project(call)
    shown = render.project(call, one)
    shown["issueTypes"] = [render.named(call, "issuetype", call.world.issue_types[each]) for each in one.issue_types]
    shown["components"] = [dict(each) for each in one.components]
    return call.answer(shown)


def project_statuses(call: Call) -> Answer:
    """List a project's types, each with the statuses of its workflow."""
    one = seen_project(call)
    known = [render.status(call, call.world.statuses[each]) for each in one.statuses]
    return call.answer(
        [
            {**render.named(call, "issuetype", call.world.issue_types[each]), "statuses": known}
            for each in one.issue_types
        ]
    )


def jql_parse(call: Call) -> Answer:
    """Say of each query whether Jira understands it (Cloud)."""
    asked = call.json().get("queries")
    if not isinstance(asked, list):
        raise Refusal(400, "queries: a list of queries is required.")
    shown = []
    for each in map(str, asked):
        try:
            bounded(each)
            found(call, each)
            shown.append({"query": each, "structure": {}})
        except Refusal as refusal:
            shown.append({"query": each, "errors": list(refusal.messages)})
    return call.answer({"queries": shown})


def _seen(call: Call) -> list[Project]:
    world = call.world
    return [each for each in world.projects.values() if world.may(call.me, "BROWSE_PROJECTS", each.key)]


def seen_project(call: Call) -> Project:
    """Return the project of the path. Raises Refusal with 404 when who asks does not see it."""
    for each in _seen(call):
        if call.args["project"] in (each.id, each.key):
            return each
    raise Refusal(404, f"No project could be found with key '{call.args['project']}'.")
