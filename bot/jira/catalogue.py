"""What a Jira has: fields, statuses, priorities, projects, and who we are and may do there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from bot.core.entries import Entries
from bot.engine.tracker import Denied, Refused, Unreachable
from bot.jira.answers import Answered
from bot.jira.client import Client

Flavour = Literal["cloud", "dc"]

PERMISSIONS = (
    "BROWSE_PROJECTS",
    "ADD_COMMENTS",
    "EDIT_OWN_COMMENTS",
    "EDIT_ISSUES",
    "ASSIGN_ISSUES",
    "TRANSITION_ISSUES",
    "ADMINISTER_PROJECTS",
)
"""What the account is asked about in each project, by Jira's keys."""

_PAGE = 100
_SERVICE = "service_desk"


class User(msgspec.Struct, frozen=True):
    """An account as Jira writes it: Cloud has `account_id`, Data Center `name` and, unless deleted, `key`."""

    account_id: str | None = msgspec.field(name="accountId", default=None)
    key: str | None = None
    name: str | None = None
    display: str | None = msgspec.field(name="displayName", default=None)
    active: bool = True
    kind: str | None = msgspec.field(name="accountType", default=None)

    @property
    def is_person(self) -> bool:
        """Whether it is an account of staff: no customer's and no app's, as far as Jira tells these apart."""
        return self.kind in (None, "atlassian")

    @property
    def id(self) -> str | None:
        """What histories and fields know the account by, for ever where Jira has such a thing."""
        return self.account_id or self.key or self.name or None

    @property
    def ids(self) -> tuple[str, ...]:
        """All that may stand for the account in old histories."""
        return tuple(found for found in (self.account_id, self.key, self.name) if found)


def is_same(one: User, other: User) -> bool:
    """Whether two are one account: by its id, by its key, or by its name where one of them has no key.

    Data Center's names are given away again when people are renamed, and a name may be what another's key is.
    """
    if one.account_id or other.account_id:
        return one.account_id == other.account_id
    if one.key and other.key:
        return one.key == other.key
    return one.name is not None and one.name == other.name


class Field(msgspec.Struct, frozen=True):
    """A field: `kind` is its schema's type, `of` what an array holds."""

    id: str
    name: str
    custom: bool = False
    kind: str = ""
    of: str = ""
    names: tuple[str, ...] = ()


class Status(msgspec.Struct, frozen=True):
    """A status and the key of its category: `new`, `indeterminate`, `done`, or `undefined`."""

    id: str
    name: str
    category: str = "undefined"
    names: tuple[str, ...] = ()


class StatusId(msgspec.Struct):
    """A status by its id alone."""

    id: str = ""


class Transition(msgspec.Struct):
    """A way out of a status that the account may take; Data Center does not say whether it is available."""

    id: str | int
    to: StatusId = msgspec.field(default_factory=StatusId)
    is_available: bool = msgspec.field(name="isAvailable", default=True)


class Transitions(msgspec.Struct):
    """The ways out of a ticket's status."""

    transitions: list[Transition]


class Named(msgspec.Struct, frozen=True):
    """A priority, or a project with its key as `id`."""

    id: str
    name: str = ""


class LinkType(msgspec.Struct, frozen=True):
    """A type of links between tickets, and what Jira says of the one on each side of it."""

    id: str
    name: str = ""
    inward: str = ""
    outward: str = ""


@dataclass(frozen=True)
class Catalogue:
    """What one Jira has, as far as a rulebook asks: `people` holds the rulebook's accounts, None for unknown ones.

    `permissions` are those the account holds, by project key; a project it cannot see has none. `control` is
    the present key of the rulebook's control ticket, None where there is no such ticket. `link_types` are asked for
    where the rulebook names any. `plain` are the projects that are none of service management: whoever created a
    ticket there sees all comments on it that are for everybody. `lapsed` are the rulebook's accounts that were found
    once and are unknown now, as they are or were; those of them that are gone are not active.
    """

    flavour: Flavour
    me: User
    fields: tuple[Field, ...] = ()
    statuses: tuple[Status, ...] = ()
    priorities: tuple[Named, ...] = ()
    projects: tuple[Named, ...] = ()
    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    people: Mapping[str, User | None] = field(default_factory=dict)
    control: str | None = None
    link_types: tuple[LinkType, ...] = ()
    plain: frozenset[str] = frozenset()
    lapsed: Mapping[str, User] = field(default_factory=dict)


class _Keyed(msgspec.Struct):
    key: str


class _ServerInfo(msgspec.Struct):
    # Old and proxied servers leave out anything but the address; `versionNumbers` is not asked for at all.
    base_url: str = msgspec.field(name="baseUrl")
    deployment_type: str | None = msgspec.field(name="deploymentType", default=None)


class _Schema(msgspec.Struct):
    type: str = ""
    items: str = ""


class _Field(msgspec.Struct):
    id: str
    name: str
    custom: bool = False
    untranslated: str | None = msgspec.field(name="untranslatedName", default=None)
    clauses: list[str] = msgspec.field(name="clauseNames", default_factory=list)
    schema: _Schema | None = None


class _Category(msgspec.Struct):
    key: str = "undefined"


class _Status(msgspec.Struct):
    id: str
    name: str
    untranslated: str | None = msgspec.field(name="untranslatedName", default=None)
    category: _Category | None = msgspec.field(name="statusCategory", default=None)


class _Project(msgspec.Struct):
    key: str
    name: str = ""
    kind: str = msgspec.field(name="projectTypeKey", default="")


class _Projects(msgspec.Struct):
    values: list[_Project] = []
    is_last: bool | None = msgspec.field(name="isLast", default=None)


class _LinkTypes(msgspec.Struct):
    types: list[LinkType] = msgspec.field(name="issueLinkTypes", default_factory=list)


class _Permission(msgspec.Struct):
    have: bool = msgspec.field(name="havePermission", default=False)


class _Permissions(msgspec.Struct):
    permissions: dict[str, _Permission]


def read_catalogue(client: Client, entries: Entries | None = None) -> Catalogue:
    """Ask a Jira what it has, and what the rulebook's people and projects are there.

    Without a rulebook, what `init` needs: all but people and permissions. Raises what `Client.read` raises;
    Denied when the account turns out to be nobody, since an anonymous search answers 200 with nothing.
    """
    flavour = _flavour(client)
    me = myself(client)
    projects = tuple(_projects(client, flavour))
    return Catalogue(
        flavour=flavour,
        me=me,
        fields=tuple(_fields(client)),
        statuses=tuple(_statuses(client)),
        priorities=tuple(client.read("2/priority", list[Named])),
        projects=tuple(Named(project.key, project.name) for project in projects),
        plain=frozenset(project.key for project in projects if project.kind != _SERVICE),
        permissions={key: permissions_in(client, key) for key in entries.projects} if entries else {},
        people={account: _person(client, flavour, account) for account in accounts(entries, flavour)}
        if entries
        else {},
        control=key_now(client, entries.manners.control) if entries and entries.manners.control else None,
        link_types=_link_types(client) if entries and entries.links else (),
    )


def read_elsewhere(client: Client) -> Catalogue:
    """Ask another site only for what its tickets are read by. Raises as `read_catalogue` does."""
    flavour = _flavour(client)
    me = myself(client)
    projects = tuple(Named(project.key, project.name) for project in _projects(client, flavour))
    return Catalogue(flavour, me, statuses=tuple(_statuses(client)), projects=projects)


def _link_types(client: Client) -> tuple[LinkType, ...]:
    """Give the types of links; none where the Jira has linking switched off."""
    try:
        return tuple(client.read("2/issueLinkType", _LinkTypes).types)
    except Refused:
        return ()


def key_now(client: Client, key: str) -> str | None:
    """Ask what key a ticket has now, which may have been moved; None where the account sees none."""
    try:
        return client.read("2/issue/{key}", _Keyed, at={"key": key}, params={"fields": "project"}).key
    except Refused:
        return None


def accounts(entries: Entries, flavour: Flavour) -> tuple[str, ...]:
    """Give the accounts of the rulebook's people in this flavour, in the rulebook's order."""
    return tuple(
        person.account if isinstance(person.account, str) else getattr(person.account, flavour)
        for person in entries.people
    )


def look_up(client: Client, params: Mapping[str, str]) -> User | None:
    """Find one account by `accountId`, `username` or `key`; None when there is none or it may not be seen."""
    try:
        return client.read("2/user", User, params=params)
    except Refused:
        return None


def is_unknown(client: Client, params: Mapping[str, str]) -> bool:
    """Whether Jira answers that there is no such account, which is not to say that it may only not be seen."""
    try:
        client.read("2/user", User, params=params)
    except Answered as error:
        return error.status == 404
    except Refused:
        return False
    return False


def _flavour(client: Client) -> Flavour:
    try:
        info = client.read("2/serverInfo", _ServerInfo)
    except Refused as error:
        raise Unreachable(f"{error}; is this the address of a Jira?") from None
    return "cloud" if info.deployment_type == "Cloud" else "dc"


def myself(client: Client) -> User:
    """Ask who the account is. Raises Denied when it is nobody."""
    try:
        me = client.read("2/myself", User)
    except Refused as error:
        raise Denied(f"{error}; the account is not let in") from None
    if me.id is None:
        raise Denied("GET 2/myself: nobody is logged in; check the user and the token")
    return me


def _fields(client: Client) -> Iterator[Field]:
    for found in client.read("2/field", list[_Field]):
        schema = found.schema or _Schema()
        names = (found.untranslated or found.name, *found.clauses)
        yield Field(found.id, found.name, found.custom, schema.type, schema.items, names)


def _statuses(client: Client) -> Iterator[Status]:
    for found in client.read("2/status", list[_Status]):
        category = found.category.key if found.category else "undefined"
        yield Status(found.id, found.name, category, (found.untranslated or found.name,))


def _projects(client: Client, flavour: Flavour) -> Iterable[_Project]:
    if flavour == "dc":
        yield from client.read("2/project", list[_Project])
        return
    start = 0
    while True:
        page = client.read("2/project/search", _Projects, params={"startAt": start, "maxResults": _PAGE})
        yield from page.values
        start += len(page.values)
        if page.is_last is not False or not page.values:
            return


def permissions_in(client: Client, project: str) -> frozenset[str]:
    """Ask what the account may do in a project, of what rules can ask; nothing where it sees no such project."""
    # Cloud refuses a question without `permissions`; Data Center does not know the parameter and tells all.
    params = {"projectKey": project, "permissions": ",".join(PERMISSIONS)}
    try:
        found = client.read("2/mypermissions", _Permissions, params=params).permissions
    except Refused:
        return frozenset()
    return frozenset(key for key in PERMISSIONS if key in found and found[key].have)


def _person(client: Client, flavour: Flavour, account: str) -> User | None:
    params: dict[str, Any] = {"accountId": account} if flavour == "cloud" else {"username": account}
    return look_up(client, params)
