"""Whether the role or group that is to see the bot's comments is there, and the bot's account in it.

Jira refuses a comment for a role or group that its writer is not in.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bot.core.entries import Entries
from bot.core.findings import Finding, Path
from bot.engine.tracker import Refused
from bot.jira.binding import nearest, unknown_projects
from bot.jira.catalogue import Catalogue, User
from bot.jira.client import Client, Params

_MOST_GROUPS = 1000
_NOBODY = User()


class _Name(msgspec.Struct):
    name: str = ""


class _Groups(msgspec.Struct):
    size: int = 0
    items: list[_Name] = []


class _Me(msgspec.Struct):
    groups: _Groups | None = None


class _Picked(msgspec.Struct):
    groups: list[_Name] = []


class _Actor(msgspec.Struct):
    """Somebody in a role: on Cloud a person is an `actorUser` with an account id, on Data Center a `name`."""

    kind: str = msgspec.field(name="type", default="")
    name: str | None = None
    user: User = msgspec.field(name="actorUser", default=_NOBODY)
    group: _Name | None = msgspec.field(name="actorGroup", default=None)

    @property
    def is_group(self) -> bool:
        return self.kind == "atlassian-group-role-actor"


class _Role(msgspec.Struct):
    actors: list[_Actor] = []
    mine: bool = msgspec.field(name="currentUserRole", default=False)


def audience(client: Client, catalogue: Catalogue, entries: Entries, *, speaks: bool) -> Iterator[Finding | str]:
    """Give what is wrong with `comments.role` and `comments.group`, and as texts what could not be asked.

    Only where a live rule `speaks` must the account be among those who see them. Raises what `Client.read` raises,
    but for refusals of what not every account may ask.
    """
    role, group = entries.comments.role, entries.comments.group
    if role is None and group is None:
        return
    told = client.read("2/myself", _Me, params={"expand": "groups"}).groups
    mine = None if told is None or told.size > len(told.items) else frozenset(one.name for one in told.items)
    if group is not None:
        yield from _group(client, group, mine, speaks=speaks)
    elif role is not None:
        unknown = {finding.path for finding in unknown_projects(entries, catalogue)}
        for i, project in enumerate(entries.projects):
            if ("projects", i) not in unknown:
                yield from _role(client, role, project, catalogue.me, mine, speaks=speaks)


def _group(client: Client, group: str, mine: frozenset[str] | None, *, speaks: bool) -> Iterator[Finding | str]:
    path: Path = ("comments", "group")
    if mine is not None and group in mine:
        return
    if group in _groups(client, group):
        yield _outside(path, f"the group {group!r}", mine, speaks=speaks)
    elif known := _groups(client, ""):
        yield Finding(path, f"this Jira has no group {group!r}", nearest(group, {*known, *(mine or ())}))
    elif mine is None:
        yield f"not looked up: whether there is a group {group!r}; the account may not list groups"
    else:
        text = f"the account is in no group {group!r}, and may not list those that it is not in"
        yield Finding(path, text, nearest(group, mine))


def _groups(client: Client, part: str) -> list[str]:
    """The groups with this in their name; none where the account may not list them."""
    params: Params = {"query": part, "maxResults": _MOST_GROUPS}
    try:
        return [one.name for one in client.read("2/groups/picker", _Picked, params=params).groups]
    except Refused:
        return []


def _role(
    client: Client, role: str, project: str, me: User, mine: frozenset[str] | None, *, speaks: bool
) -> Iterator[Finding | str]:
    path: Path = ("comments", "role")
    try:
        roles = client.read("2/project/{key}/role", dict[str, str], at={"key": project})
        if role not in roles:
            yield Finding(path, f"project {project!r} has no role {role!r}", nearest(role, roles))
            return
        at = {"key": project, "id": roles[role].rstrip("/").rpartition("/")[2]}
        found = client.read("2/project/{key}/role/{id}", _Role, at=at)
    except Refused:
        yield f"not looked up: the role {role!r}; the account may not see the roles of project {project!r}"
        return
    groups = {actor.group.name if actor.group else actor.name for actor in found.actors if actor.is_group}
    people = {ref for actor in found.actors if not actor.is_group for ref in (*actor.user.ids, actor.name)}
    if not found.mine and people.isdisjoint(me.ids) and groups.isdisjoint(mine or ()):
        where = f"the role {role!r} of project {project!r}"
        yield _outside(path, where, mine if groups else frozenset(), speaks=speaks)


def _outside(path: Path, where: str, mine: frozenset[str] | None, *, speaks: bool) -> Finding | str:
    """The account is not among those who see the comments, unless its groups are not known."""
    if mine is None:
        return f"not looked up: whether the account is in {where}; this Jira does not tell the account's groups"
    if speaks:
        return Finding(path, f"the account is not in {where}: it could neither write the comments nor see them")
    return f"the account is not in {where}: it could not write the comments once rules are live"
