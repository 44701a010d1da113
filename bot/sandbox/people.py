"""Accounts and groups: who asks, who is who, who may what."""

from __future__ import annotations

from bot.sandbox import render
from bot.sandbox.calls import Answer, Call, Refusal
from bot.sandbox.world import OF_ADMINISTRATORS, PERMISSIONS, Json, Person

BROWSE_USERS = "USER_PICKER"
"""The global permission to browse users and groups, by Jira's key."""


def myself(call: Call) -> Answer:
    """Answer with the account that asks."""
    return call.answer(render.person(call, call.asker(), whole=True))


def mypermissions(call: Call) -> Answer:
    """Tell which permissions the account holds, in general or in one project."""
    asked = call.many("permissions")
    if call.cloud and not asked:
        raise Refusal(400, "The 'permissions' query parameter is required.")
    known = (*PERMISSIONS, *OF_ADMINISTRATORS)
    unknown = [each for each in asked if each not in known]
    if unknown and call.cloud:
        raise Refusal(400, f"Unrecognized permission(s): {', '.join(unknown)}")
    project = _project_key(call)
    issue = call.one("issueKey") or call.one("issueId")
    archived = issue is not None and call.issue(issue).id in call.world.archived
    shown: dict[str, Json] = {}
    for number, key in enumerate(known, start=10):
        if call.cloud and key not in asked:
            continue
        shown[key] = {
            "id": str(number),
            "key": key,
            "name": key.replace("_", " ").title(),
            "type": "PROJECT",
            "description": "",
            "havePermission": call.world.may(call.me, key, project) and (key == "BROWSE_PROJECTS" or not archived),
        }
    return call.answer({"permissions": shown})


def user(call: Call) -> Answer:
    """Answer with one account: by accountId on Cloud, by username or key on Data Center."""
    ref = call.one("accountId") if call.cloud else call.one("username") or call.one("key")
    if ref is None:
        words = "The 'accountId' query parameter needs to be provided"
        raise Refusal(400, words if call.cloud else "Either username or key is required.")
    found = call.world.person(ref)
    known = found is not None and ref in ((found.account_id,) if call.cloud else (found.name, found.key))
    if found is None or not known or (call.cloud and found.erased):
        raise Refusal(404, "Specified user does not exist or you do not have required permissions")
    return call.answer(render.person(call, found, whole=True))


def search(call: Call) -> Answer:
    """Find accounts by the beginning of a name or address (`query` on Cloud, `username` on Data Center)."""
    asked = call.one("query") or call.one("accountId") if call.cloud else call.one("username")
    if asked is None:
        words = "A query parameter is required."
        raise Refusal(400, words if call.cloud else "The username query parameter was not provided")
    start, size = call.number("startAt", 0), call.number("maxResults", 50)
    found = [each for each in call.world.people if _matches(call, each, asked)]
    return call.answer([render.person(call, each) for each in found[start : start + size]])


def assignable(call: Call) -> Answer:
    """Find accounts that issues of the project can be assigned to."""
    ref = call.one("project") or call.issue(call.one("issueKey") or "").project_key
    asked = call.one("query") or call.one("username") or "."
    found = [
        each
        for each in call.world.people
        if call.world.may(each, "ASSIGNABLE_USER", ref) and _matches(call, each, asked)
    ]
    start, size = call.number("startAt", 0), call.number("maxResults", 50)
    return call.answer([render.person(call, each) for each in found[start : start + size]])


def permitted(call: Call) -> Answer:
    """Find accounts that hold all of some permissions on an issue or in a project, for who administers that."""
    asked, names = (
        (call.one("accountId") or call.one("query") if call.cloud else call.one("username")),
        call.many("permissions"),
    )
    if not names or any(each not in PERMISSIONS for each in names):
        raise Refusal(400, "The 'permissions' query parameter is missing or holds an unknown permission.")
    if asked is None:
        raise Refusal(400, "A query parameter is required.")
    project = _project_key(call)
    if project is None:
        raise Refusal(400, "Either an issue key or a project key is required.")
    if not call.world.may(call.me, "ADMINISTER_PROJECTS", project):
        raise Refusal(403, "You are not permitted to see who holds permissions in this project.")
    start, size = call.number("startAt", 0), min(call.number("maxResults", 50), 1000)
    found = [
        each
        for each in call.world.people[start : start + size]
        if _matches(call, each, asked) and all(call.world.may(each, name, project) for name in names)
    ]
    return call.answer([render.person(call, each) for each in found])


def members(call: Call) -> Answer:
    """List a group's members, a page at a time."""
    name = call.one("groupname") or call.one("groupId")
    if name is None or name not in call.world.groups:
        raise Refusal(404, f"The group named '{name}' does not exist.")
    start, size = call.number("startAt", 0), min(call.number("maxResults", 50), 50)
    inside = [each for each in call.world.people if name in each.groups]
    page = [render.person(call, each) for each in inside[start : start + size]]
    last = start + len(page) >= len(inside)
    return call.answer({"startAt": start, "maxResults": size, "total": len(inside), "isLast": last, "values": page})


def groups(call: Call) -> Answer:
    """Find groups by a part of their name.

    Who may not browse users and groups finds one by its exact name on Cloud, and none on Data Center.
    """
    asked = call.one("query") or ""
    found = [each for each in sorted(call.world.groups) if asked.casefold() in each.casefold()]
    if not call.world.may(call.me, BROWSE_USERS):
        found = [each for each in found if call.cloud and each == asked]
    page = found[: min(call.number("maxResults", 20), 20)]
    shown = [{"name": each, "html": each, "labels": [], **({"groupId": each} if call.cloud else {})} for each in page]
    header = f"Showing {len(shown)} of {len(found)} matching groups"
    return call.answer({"header": header, "total": len(found), "groups": shown})


def _project_key(call: Call) -> str | None:
    issue = call.one("issueKey") or call.one("issueId")
    if issue is not None:
        return call.issue(issue).project_key
    ref = call.one("projectKey") or call.one("projectId")
    if ref is None:
        return None
    for project in call.world.projects.values():
        if ref in (project.key, project.id) and call.world.may(call.me, "BROWSE_PROJECTS", project.key):
            return project.key
    raise Refusal(404, f"No project could be found with key '{ref}'.")


def _matches(call: Call, person: Person, asked: str) -> bool:
    begin = asked.casefold()
    if not person.active:
        return False
    if call.cloud and asked == person.account_id:
        return True
    words = [person.name, person.email or "", *person.display_name.split()]
    whole = person.display_name.casefold().startswith(begin)
    return begin == "." or whole or any(word.casefold().startswith(begin) for word in words)
