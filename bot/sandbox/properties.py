"""Properties of comments, issues and projects: any JSON under a key, up to 32,768 characters."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.sandbox import acts, render
from bot.sandbox.calls import Answer, Call, Refusal
from bot.sandbox.world import Comment, Issue, Json, Project

LONGEST = 32_768
LONGEST_KEY = 255

Put = Callable[[dict[str, Json]], None]


def check(key: str, value: Json) -> None:
    """Raise Refusal with 400 when the key or the value is too long."""
    if not 0 < len(key) <= LONGEST_KEY:
        raise Refusal(400, "The property key cannot be longer than 255 characters.")
    if len(json.dumps(value)) > LONGEST:
        raise Refusal(400, "The property value cannot be longer than 32768 characters.")


def keys(call: Call) -> Answer:
    """List the keys of the path's comment, issue or project."""
    held, _, _ = _holder(call)
    base = f"{call.url}{call.request.path.rstrip('/')}"
    return call.answer({"keys": [{"self": f"{base}/{key}", "key": key} for key in held]})


def read(call: Call) -> Answer:
    """Answer with one property."""
    held, _, _ = _holder(call)
    key = call.args["property"]
    if key not in held:
        raise Refusal(404, f"The property with key '{key}' does not exist.")
    return call.answer({"key": key, "value": held[key]})


def write(call: Call) -> Answer:
    """Set one property: 201 when it is new, 200 when it was there."""
    held, put, allow = _holder(call)
    allow()
    key = call.args["property"]
    try:
        value = json.loads(call.request.body)
    except ValueError as error:
        raise Refusal(400, "The property value must be valid JSON.") from error
    check(key, value)
    put({**held, key: value})
    return call.answer({}, 200 if key in held else 201)


def delete(call: Call) -> Answer:
    """Take one property away."""
    held, put, allow = _holder(call)
    allow()
    key = call.args["property"]
    if key not in held:
        raise Refusal(404, f"The property with key '{key}' does not exist.")
    put({each: value for each, value in held.items() if each != key})
    return call.nothing()


def _holder(call: Call) -> tuple[Mapping[str, Json], Put, Callable[[], None]]:
    """Return what holds the properties, how to put them, and the check of who may."""
    if "comment" in call.args:
        issue, said = _comment(call)
        verb = "EDIT_OWN_COMMENTS" if said.author is call.me else "EDIT_ALL_COMMENTS"

        def put_comment(held: dict[str, Json]) -> None:
            acts.put_comment(call.world, issue, replace(said, properties=held), touch=False)

        return said.properties, put_comment, lambda: call.needs(verb, issue.project_key)
    if "issue" in call.args:
        issue = call.issue()

        def put_issue(held: dict[str, Json]) -> None:
            call.world.put(replace(issue, properties=held))

        return issue.properties, put_issue, lambda: call.needs("EDIT_ISSUES", issue.project_key)
    project = _project(call)

    def put_project(held: dict[str, Json]) -> None:
        project.properties = held

    return project.properties, put_project, lambda: call.needs("ADMINISTER_PROJECTS", project.key)


def _project(call: Call) -> Project:
    for project in call.world.projects.values():
        known = call.args["project"] in (project.id, project.key)
        if known and call.world.may(call.me, "BROWSE_PROJECTS", project.key):
            return project
    raise Refusal(404, f"No project could be found with key '{call.args['project']}'.")


def _comment(call: Call) -> tuple[Issue, Comment]:
    for issue in call.world.issues.values():
        for each in issue.comments:
            if str(each.id) == call.args["comment"] and call.sees(issue) and each in render.visible(call, issue):
                return issue, each
    raise Refusal(404, f"Can not find a comment for the id: {call.args['comment']}.")
