"""Who sees the bot's comments: whether that role or group is there, who is in it, and whom Jira mails of them.

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
_MEMBERS = 50
_LISTED = 8
_COMMENTED = 6
"""Jira's own number of the event that somebody commented."""

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


class _Members(msgspec.Struct):
    values: list[User] = []
    is_last: bool | None = msgspec.field(name="isLast", default=None)


class _Event(msgspec.Struct):
    id: int = 0


class _Told(msgspec.Struct):
    kind: str = msgspec.field(name="notificationType", default="")
    parameter: str | None = None
    role: _Name | None = msgspec.field(name="projectRole", default=None)

    @property
    def shown(self) -> str:
        """Whom this names; a single account by its kind alone."""
        named = self.role.name if self.role else self.parameter if self.kind == "Group" else None
        return f"{self.kind} {named}" if named else self.kind


class _Events(msgspec.Struct):
    event: _Event = msgspec.field(default_factory=_Event)
    notifications: list[_Told] = []


class _Scheme(msgspec.Struct):
    events: list[_Events] = msgspec.field(name="notificationSchemeEvents", default_factory=list)


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


def onlookers(client: Client, catalogue: Catalogue, entries: Entries) -> Iterator[str]:
    """Say who does not see the bot's comments, whether customers would, and whom Jira itself mails of them.

    Raises what `Client.read` raises, but for refusals of what not every account may ask.
    """
    comments = entries.comments
    limited = comments.role is not None or comments.group is not None
    seen = {project.id for project in catalogue.projects}
    for project in (each for each in entries.projects if each in seen):
        if project in catalogue.plain and not (limited or comments.everybody):
            yield (
                f"in {project} everybody who sees a ticket sees the bot's comments, so nothing is said on one that "
                "somebody from outside the rulebook created: name a role or a group under `comments:`, "
                "or say `everybody: true`"
            )
        there = who_sees(client, entries, project) if limited else None
        if there is not None and (blind := sorted(_blind(catalogue, entries, there))):
            more = f" and {len(blind) - _LISTED} more" if len(blind) > _LISTED else ""
            names = f"{', '.join(blind[:_LISTED])}{more}"
            yield f"in {project} nothing is written that addresses them, as they do not see the comments: {names}"
        elif limited and there is None:
            yield f"not looked up: who sees the bot's comments in {project}; the account may not see who is in there"
        told = mailed(client, project)
        if told is None:
            yield f"not looked up: whom Jira mails of comments in {project}; only who administers it may ask"
        else:
            only = ", as far as they may see it" if limited else ""
            yield f"in {project} Jira itself mails of a new comment: {', '.join(told) or 'nobody'}{only}"


def _blind(catalogue: Catalogue, entries: Entries, there: frozenset[str]) -> Iterator[str]:
    """The people of the rulebook whose account is not among these."""
    for entry in entries.people:
        account = entry.account if isinstance(entry.account, str) else getattr(entry.account, catalogue.flavour)
        user = catalogue.people.get(account)
        if user is not None and there.isdisjoint(user.ids):
            yield entry.person


def who_sees(client: Client, entries: Entries, project: str) -> frozenset[str] | None:
    """The ids and names of the accounts that see the bot's comments in a project; None where nobody tells.

    Where comments are for everybody that is not known either. Raises what `Client.read` raises, but for refusals.
    """
    role, group = entries.comments.role, entries.comments.group
    try:
        if group is not None:
            return frozenset(_members(client, group))
        if role is None:
            return None
        roles = client.read("2/project/{key}/role", dict[str, str], at={"key": project})
        if role not in roles:
            return frozenset()
        at = {"key": project, "id": roles[role].rstrip("/").rpartition("/")[2]}
        actors = client.read("2/project/{key}/role/{id}", _Role, at=at).actors
        ids = {ref for actor in actors if not actor.is_group for ref in (*actor.user.ids, actor.name) if ref}
        for actor in actors:
            if actor.is_group:
                ids.update(_members(client, (actor.group.name if actor.group else None) or actor.name or ""))
        return frozenset(ids)
    except Refused:
        return None


def _members(client: Client, group: str) -> Iterator[str]:
    start = 0
    while True:
        params: Params = {"groupname": group, "startAt": start, "maxResults": _MEMBERS}
        page = client.read("2/group/member", _Members, params=params)
        yield from (ref for user in page.values for ref in user.ids)
        start += len(page.values)
        if page.is_last is not False or not page.values:
            return


def mailed(client: Client, project: str) -> tuple[str, ...] | None:
    """To whom Jira itself mails a new comment in a project, in Jira's words; None where the account may not ask.

    See Jira's REST API, "Get project notification scheme": who administers the project may.
    """
    try:
        scheme = client.read(
            "2/project/{key}/notificationscheme", _Scheme, at={"key": project}, params={"expand": "all"}
        )
    except Refused:
        return None
    found = (told for each in scheme.events if each.event.id == _COMMENTED for told in each.notifications)
    return tuple(dict.fromkeys(told.shown for told in found))


def _outside(path: Path, where: str, mine: frozenset[str] | None, *, speaks: bool) -> Finding | str:
    """The account is not among those who see the comments, unless its groups are not known."""
    if mine is None:
        return f"not looked up: whether the account is in {where}; this Jira does not tell the account's groups"
    if speaks:
        return Finding(path, f"the account is not in {where}: it could neither write the comments nor see them")
    return f"the account is not in {where}: it could not write the comments once rules are live"
