"""Project roles: which there are, and who is in them."""

from __future__ import annotations

from bot.sandbox import render
from bot.sandbox.calls import Answer, Call, Refusal
from bot.sandbox.meta import seen_project
from bot.sandbox.world import Json, Project

_FIRST_ID = 10002


def listed(call: Call) -> Answer:
    """List the project's roles, each by the address that tells more of it."""
    project = _administered(call)
    return call.answer({name: _address(call, project, name) for name in project.roles})


def one(call: Call) -> Answer:
    """Tell of one role who is in it: people and groups."""
    project = _administered(call)
    for number, name in enumerate(project.roles, _FIRST_ID):
        if call.args["role"] == str(number):
            actors = [_actor(call, number * 10 + i, each) for i, each in enumerate(project.roles[name])]
            shown: dict[str, Json] = {"self": _address(call, project, name), "name": name, "id": number}
            return call.answer(shown | {"description": "", "actors": actors})
    raise Refusal(404, f"Can not retrieve a role actor for a null project role ({call.args['role']}).")


def mails(call: Call) -> Answer:
    """Tell whom the project mails of a new comment."""
    project = _administered(call)
    told = [{"id": i, "notificationType": kind} for i, kind in enumerate(project.mails, 1)]
    event = {"event": {"id": 6, "name": "Issue commented"}, "notifications": told}
    return call.answer({"id": 10000, "name": "Default Notification Scheme", "notificationSchemeEvents": [event]})


def _administered(call: Call) -> Project:
    """The project, for who may see its roles: on Cloud that is who administers it."""
    project = seen_project(call)
    if call.cloud and not call.world.may(call.me, "ADMINISTER_PROJECTS", project.key):
        raise Refusal(404, f"No project could be found with key '{call.args['project']}'.")
    return project


def _address(call: Call, project: Project, name: str) -> str:
    number = _FIRST_ID + list(project.roles).index(name)
    return f"{call.url}/rest/api/{call.version}/project/{project.id}/role/{number}"


def _actor(call: Call, number: int, name: str) -> Json:
    if name in call.world.groups:
        shown: dict[str, Json] = {"id": number, "displayName": name, "type": "atlassian-group-role-actor"}
        group = {"displayName": name, "name": name, **({"groupId": name} if call.cloud else {})}
        return shown | {"name": name, "actorGroup": group}
    person = call.world.person(name)
    shown = {"id": number, "type": "atlassian-user-role-actor"}
    if person is None:
        return shown | {"displayName": name}
    shown["displayName"] = person.display_name
    if call.cloud:
        return shown | {"actorUser": {"accountId": person.account_id}}
    return shown | {"name": person.name, "avatarUrl": render.person(call, person)["avatarUrls"]["48x48"]}
