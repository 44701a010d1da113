"""What the bot's account must be allowed, feature by feature, and what it should not be: the only list of it.

Permissions are Jira's own keys, the same on Cloud and Data Center; scopes are those of a Cloud token that has scopes,
in Atlassian's classic form (developer.atlassian.com/cloud/jira/platform/scopes-for-oauth-2-3LO-and-forge-apps).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from bot.core.entries import Entries
from bot.engine.tracker import Refused
from bot.jira.catalogue import Catalogue
from bot.jira.client import Client

Lacking = Literal["error", "note", "effect"]
"""How one hears that a permission is lacking: `check` refuses, `check` says so, or by what is not found."""


class Need(NamedTuple):
    """What a feature needs; `used` tells by whether a rule is live, and which words rules set, whether it is used."""

    feature: str
    permissions: tuple[str, ...]
    scopes: tuple[str, ...]
    what: str
    used: Callable[[bool, frozenset[str]], bool]
    lacking: Lacking = "error"


_OWN_PLACE = frozenset(("owner", "state"))

NEEDS: tuple[Need, ...] = (
    Need(
        "watching",
        ("BROWSE_PROJECTS",),
        ("read:jira-work", "read:jira-user"),
        "reads the tickets of the rulebook's projects, with histories, comments and comment properties",
        lambda live, sets: True,
    ),
    Need(
        "knowing people",
        ("USER_PICKER",),
        ("read:jira-user",),
        "looks up the accounts of the rulebook's people (global permission Browse users and groups)",
        lambda live, sets: True,
        "effect",
    ),
    Need(
        "speaking",
        ("ADD_COMMENTS", "EDIT_OWN_COMMENTS"),
        ("write:jira-work",),
        "writes comments with the mark of the step, and rewrites its own",
        lambda live, sets: live,
    ),
    Need(
        "removing second comments",
        ("DELETE_OWN_COMMENTS",),
        ("write:jira-work",),
        "deletes the later of two own comments that say one step; without it that one is given a line that says so",
        lambda live, sets: live,
        "effect",
    ),
    Need(
        "setting owners",
        ("ASSIGN_ISSUES",),
        ("write:jira-work",),
        "assigns tickets, where a live rule sets `owner`",
        lambda live, sets: live and "owner" in sets,
    ),
    Need(
        "setting fields",
        ("EDIT_ISSUES",),
        ("write:jira-work",),
        "edits fields and labels, where a live rule sets any, or routes to a queue",
        lambda live, sets: live and not sets <= _OWN_PLACE,
    ),
    Need(
        "setting states",
        ("TRANSITION_ISSUES",),
        ("write:jira-work",),
        "takes the workflow's ways, where a live rule sets `state`",
        lambda live, sets: live and "state" in sets,
    ),
    Need(
        "commands in comments",
        ("ADMINISTER_PROJECTS",),
        ("read:jira-user",),
        "asks Jira whether a command's author may do what they ask for; without it every command is refused",
        lambda live, sets: live,
        "note",
    ),
)
"""Every feature with what it needs."""

EXCESS: Mapping[str, str] = {
    "SYSTEM_ADMIN": "administer the system",
    "ADMINISTER": "administer the whole Jira",
    "BULK_CHANGE": "change many tickets at once",
    "DELETE_ISSUES": "delete tickets",
    "MOVE_ISSUES": "move tickets to other projects",
    "MODIFY_REPORTER": "write tickets in another's name",
    "SET_ISSUE_SECURITY": "change who sees a ticket",
    "EDIT_ALL_COMMENTS": "rewrite what people said",
    "DELETE_ALL_COMMENTS": "delete what people said",
    "DELETE_ALL_ATTACHMENTS": "delete people's files",
}
"""What no feature needs and does harm where the token is stolen, each with what it lets its holder do."""

_LISTED = 5


class _Permission(msgspec.Struct):
    have: bool = msgspec.field(name="havePermission", default=False)


class _Permissions(msgspec.Struct):
    permissions: dict[str, _Permission] = {}


def excess(client: Client, catalogue: Catalogue, entries: Entries) -> Iterator[str]:
    """Say what the account may do that no feature needs, and which projects it sees that no rule names.

    Raises what `Client.read` raises, but for a refusal.
    """
    held: dict[str, list[str]] = {}
    seen = [project.id for project in catalogue.projects]
    for project in (each for each in entries.projects if each in seen):
        params = {"projectKey": project, "permissions": ",".join(EXCESS)}
        try:
            found = client.read("2/mypermissions", _Permissions, params=params).permissions
        except Refused:
            yield f"not looked up: what the account may do in {project} beyond what rules ask"
            continue
        for permission in EXCESS:
            if permission in found and found[permission].have:
                held.setdefault(permission, []).append(project)
    for permission, projects in held.items():
        yield (
            f"the account could {EXCESS[permission]} ({permission}, in {', '.join(projects)}), which no rule needs: "
            "take it away, so that a stolen token cannot either"
        )
    named = {*entries.projects, *(project for each in entries.outside for project in each.projects)}
    others = [project for project in seen if project not in named]
    if others:
        more = f" and {len(others) - _LISTED} more" if len(others) > _LISTED else ""
        yield f"the account also sees projects that no rule names: {', '.join(others[:_LISTED])}{more}"
