"""What the sandbox Jira holds, in one neutral form that both flavours are rendered from.

Field values are in Jira's REST form, with three differences: a person is a `Person` wherever it stands, a
moment of the issue itself is UTC milliseconds, and a text is kept as it was given (wiki text or an ADF document).
Issues are frozen: an act replaces them, and what they were before is kept for an index that lags.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Flavour = Literal["cloud", "dc"]
Json = Any
"""Anything JSON can say, perhaps with a Person in it."""

MAX_LAG_MS = 24 * 3600 * 1000
"""How long what an issue was before is kept, in milliseconds: no index lags longer."""

PERMISSIONS = (
    "BROWSE_PROJECTS",
    "CREATE_ISSUES",
    "EDIT_ISSUES",
    "ASSIGN_ISSUES",
    "ASSIGNABLE_USER",
    "TRANSITION_ISSUES",
    "RESOLVE_ISSUES",
    "CLOSE_ISSUES",
    "MOVE_ISSUES",
    "DELETE_ISSUES",
    "LINK_ISSUES",
    "ADD_COMMENTS",
    "EDIT_OWN_COMMENTS",
    "EDIT_ALL_COMMENTS",
    "DELETE_OWN_COMMENTS",
    "DELETE_ALL_COMMENTS",
    "CREATE_ATTACHMENTS",
    "ADMINISTER_PROJECTS",
)
"""The project permissions the sandbox knows, by Jira's keys."""

OF_ADMINISTRATORS = (
    "ADMINISTER",
    "SYSTEM_ADMIN",
    "BULK_CHANGE",
    "MODIFY_REPORTER",
    "SET_ISSUE_SECURITY",
    "DELETE_ALL_ATTACHMENTS",
)
"""Further permissions, which only those in the group of administrators hold, in every project."""

ADMINISTRATORS = "jira-administrators"


@dataclass(eq=False)
class Person:
    """An account. Cloud shows `account_id`, Data Center `name` and `key`; a deleted account has no key left.

    Of one that is `erased` Cloud still shows the accountId where it did something, and finds it no more.
    """

    name: str
    display_name: str
    account_id: str
    key: str | None
    email: str | None = None
    token: str | None = None
    active: bool = True
    zone: str = "Europe/Tallinn"
    groups: list[str] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    erased: bool = False

    def refs(self) -> list[str]:
        """Return everything the account can be found by."""
        return [ref for ref in (self.account_id, self.name, self.key, self.email) if ref]

    def ident(self, flavour: Flavour) -> str:
        """Return what this flavour knows the person by: the accountId, or the name."""
        return self.account_id if flavour == "cloud" else self.name


def account_id_of(name: str) -> str:
    """Make the opaque accountId of a name: always the same one."""
    return f"712020:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


@dataclass(frozen=True)
class Field:
    """A field. `type` is `string`, `text`, `number`, `option`, `array`, `user`, `group`, `date` or `datetime`."""

    id: str
    name: str
    type: str
    options: tuple[dict[str, str], ...] = ()

    @property
    def custom(self) -> bool:
        """Tell whether an administrator made it."""
        return self.id.startswith("customfield_")


@dataclass(eq=False)
class Project:
    """A project and the ids of the statuses and types its workflow knows, in their order.

    `roles` are the names of the people and groups in each project role; `off_screen` are fields that its edit screen
    does not have; `kind` is its type, `mails` whom it mails new comments, by Jira's kinds of notification.
    """

    id: str
    key: str
    name: str
    statuses: list[str] = field(default_factory=list)
    issue_types: list[str] = field(default_factory=list)
    components: list[dict[str, str]] = field(default_factory=list)
    properties: dict[str, Json] = field(default_factory=dict)
    roles: dict[str, list[str]] = field(default_factory=dict)
    off_screen: set[str] = field(default_factory=set)
    kind: str = "service_desk"
    mails: tuple[str, ...] = ("CurrentAssignee", "Reporter", "AllWatchers")
    last_number: int = 0

    def transitions(self) -> dict[str, str]:
        """Return status id by transition id: a 1 and the status id's last two digits, or all of them when taken."""
        found: dict[str, str] = {}
        for status in self.statuses:
            short = "1" + status[-2:].zfill(2)
            found[short if short not in found else "1" + status] = status
        return found


@dataclass(frozen=True)
class Comment:
    """A comment. `body` and `author` may be missing, as in real data; a moment is UTC milliseconds."""

    id: int
    author: Person | None
    body: Json
    created_ms: int
    updated_ms: int
    update_author: Person | None = None
    visibility: dict[str, str] | None = None
    properties: dict[str, Json] = field(default_factory=dict)

    @property
    def internal(self) -> bool:
        """Tell whether the service desk shows it to staff only (`sd.public.comment`)."""
        told = self.properties.get("sd.public.comment")
        return isinstance(told, dict) and told.get("internal") in (True, "true")


@dataclass(frozen=True)
class History:
    """One entry of the changelog; `items` are Jira's, with a Person for `from` and `to` where one is meant."""

    id: int
    at_ms: int
    author: Person | None
    items: tuple[dict[str, Json], ...]


@dataclass(frozen=True)
class Link:
    """An issue's side of a link: `outward` when the other one is the outward issue."""

    id: int
    type_id: str
    outward: bool
    other: int


@dataclass(frozen=True, eq=False)
class Issue:
    """An issue as it stood from `since_ms` on, by the sandbox's clock."""

    id: int
    key: str
    fields: dict[str, Json]
    created_ms: int
    updated_ms: int
    since_ms: int
    resolved_ms: int | None = None
    former_keys: tuple[str, ...] = ()
    comments: tuple[Comment, ...] = ()
    histories: tuple[History, ...] = ()
    attachments: tuple[dict[str, Json], ...] = ()
    links: tuple[Link, ...] = ()
    remote_links: tuple[dict[str, Json], ...] = ()
    properties: dict[str, Json] = field(default_factory=dict)

    @property
    def project_key(self) -> str:
        """The key of the project it is in now."""
        return str(self.fields["project"]["key"])


CATEGORIES: dict[str, dict[str, Json]] = {
    "undefined": {"id": 1, "key": "undefined", "colorName": "medium-gray", "name": "No Category"},
    "new": {"id": 2, "key": "new", "colorName": "blue-gray", "name": "To Do"},
    "done": {"id": 3, "key": "done", "colorName": "green", "name": "Done"},
    "indeterminate": {"id": 4, "key": "indeterminate", "colorName": "yellow", "name": "In Progress"},
}


def system_fields() -> dict[str, Field]:
    """Return the fields every Jira has."""
    rows = (
        ("issuekey", "Key", "string"),
        ("summary", "Summary", "string"),
        ("issuetype", "Issue Type", "option"),
        ("project", "Project", "option"),
        ("status", "Status", "option"),
        ("priority", "Priority", "option"),
        ("resolution", "Resolution", "option"),
        ("assignee", "Assignee", "user"),
        ("reporter", "Reporter", "user"),
        ("creator", "Creator", "user"),
        ("created", "Created", "datetime"),
        ("updated", "Updated", "datetime"),
        ("resolutiondate", "Resolved", "datetime"),
        ("duedate", "Due date", "date"),
        ("labels", "Labels", "array"),
        ("security", "Security Level", "option"),
        ("components", "Components", "array"),
        ("description", "Description", "text"),
        ("environment", "Environment", "text"),
        ("comment", "Comment", "comments-page"),
        ("attachment", "Attachment", "array"),
        ("issuelinks", "Linked Issues", "array"),
    )
    return {id_: Field(id_, name, type_) for id_, name, type_ in rows}


class World:
    """One Jira's state. `clock` tells UTC milliseconds; ids count up from 10000, the same in both flavours."""

    def __init__(self, flavour: Flavour, clock: Callable[[], int]) -> None:
        self.flavour: Flavour = flavour
        self.clock = clock
        self.zone = "Europe/Tallinn"
        self.projects: dict[str, Project] = {}
        self.people: list[Person] = []
        self.groups: list[str] = []
        self.fields: dict[str, Field] = system_fields()
        self.statuses: dict[str, dict[str, Json]] = {}
        self.priorities: dict[str, dict[str, Json]] = {}
        self.issue_types: dict[str, dict[str, Json]] = {}
        self.resolutions: dict[str, dict[str, Json]] = {}
        self.security_levels: dict[str, dict[str, Json]] = {}
        self.most_comments = 5000
        self.link_types: dict[str, dict[str, Json]] = {
            "10000": {"id": "10000", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"},
            "10001": {"id": "10001", "name": "Duplicate", "inward": "is duplicated by", "outward": "duplicates"},
            "10002": {"id": "10002", "name": "Relates", "inward": "relates to", "outward": "relates to"},
        }
        self.issues: dict[int, Issue] = {}
        self.archived: dict[int, int] = {}
        self.keys: dict[str, int] = {}
        self._past: dict[int, list[Issue]] = {}
        self._gone: dict[int, tuple[int, Issue]] = {}
        self._by_ref: dict[str, Person] = {}
        self._last: dict[str, int] = {}

    def now(self) -> int:
        """Return the sandbox's now, in UTC milliseconds."""
        return self.clock()

    def new_id(self, kind: str) -> int:
        """Return the next number of this kind (`issue`, `comment`, `history`, ...), from 10000 on."""
        self._last[kind] = self._last.get(kind, 9999) + 1
        return self._last[kind]

    def taken_id(self, kind: str, number: int) -> None:
        """Remember that data brought this number along, so that it is not given out again."""
        self._last[kind] = max(self._last.get(kind, 9999), number)

    def add_person(self, person: Person) -> Person:
        """Let an account in, to be found by its accountId, name, key and address."""
        self.people.append(person)
        self.index(person)
        return person

    def index(self, person: Person) -> None:
        """Make the person findable by what it is called now; call it again after a rename."""
        for ref in person.refs():
            if self.person(ref) is None:
                self._by_ref[ref.casefold()] = person

    def person(self, ref: str | None) -> Person | None:
        """Find an account by accountId, name, key or address, without regard to case; None when there is none."""
        found = self._by_ref.get(ref.casefold()) if ref else None
        if found is None or ref is None:
            return None
        return found if ref.casefold() in map(str.casefold, found.refs()) else None

    def may(self, person: Person | None, permission: str, project_key: str | None = None) -> bool:
        """Tell whether the person holds the permission (in this project); nobody anonymous holds any."""
        if person is None or not person.active:
            return False
        if permission in OF_ADMINISTRATORS and ADMINISTRATORS not in person.groups:
            return False
        return permission not in person.denied and f"{permission}:{project_key}" not in person.denied

    def in_role(self, person: Person, role: str, project_key: str) -> bool:
        """Tell whether the person is in the project's role, themselves or by a group."""
        inside = self.projects[project_key].roles.get(role, ()) if project_key in self.projects else ()
        return not {person.name, *person.groups}.isdisjoint(inside)

    def reaches(self, visibility: dict[str, str] | None, person: Person | None, project_key: str) -> bool:
        """Tell whether the person is among those whom a comment of this visibility is for."""
        if visibility is None or person is None:
            return visibility is None
        if visibility["type"] == "role":
            return self.in_role(person, visibility["value"], project_key)
        return visibility["value"] in person.groups

    def find(self, ref: str) -> Issue | None:
        """Find an issue by id, by key, or by a key it had before it moved."""
        number = int(ref) if ref.isascii() and ref.isdigit() else self.keys.get(ref.upper())
        return None if number is None else self.issues.get(number)

    def put(self, issue: Issue) -> Issue:
        """Keep the issue as it stands now; what it was before stays for an index that lags."""
        now = self.now()
        issue = replace(issue, since_ms=now)
        before = self.issues.get(issue.id)
        if before is not None:
            versions = [*self._past.get(issue.id, ()), before]
            ended_ms = [*(version.since_ms for version in versions[1:]), now]
            self._past[issue.id] = [
                old for old, end in zip(versions, ended_ms, strict=True) if end > now - MAX_LAG_MS
            ]
        self.adopt(issue)
        return issue

    def adopt(self, issue: Issue) -> None:
        """Keep an issue that was always there, as data that is loaded was."""
        self.issues[issue.id] = issue
        for key in (*issue.former_keys, issue.key):
            self.keys[key.upper()] = issue.id

    def remove(self, issue: Issue) -> None:
        """Delete the issue; only an index that lags still knows of it."""
        self._gone[issue.id] = (self.now(), issue)
        self.archived.pop(issue.id, None)
        del self.issues[issue.id]

    def indexed(self, now_ms: int, lag_ms: int = 0, *, uneven: bool = False) -> Iterator[Issue]:
        """Give the issues as an index that lags behind knows them, without what was archived or deleted by then.

        With `uneven` each issue lags by a part of that of its own, and some of them not at all.
        """
        late = lag_ms > 0 or now_ms < self.now()
        for issue in self.issues.values():
            at_ms = now_ms - (lag_ms * (issue.id % 4) // 3 if uneven else lag_ms)
            seen = self._stood(issue, at_ms) if late else issue
            if seen is not None and self.archived.get(issue.id, at_ms + 1) > at_ms:
                yield seen
        for deleted_ms, issue in self._gone.values() if late else ():
            at_ms = now_ms - (lag_ms * (issue.id % 4) // 3 if uneven else lag_ms)
            seen = self._stood(issue, at_ms) if deleted_ms > at_ms else None
            if seen is not None:
                yield seen

    def _stood(self, issue: Issue, at_ms: int) -> Issue | None:
        for version in (issue, *reversed(self._past.get(issue.id, ()))):
            if version.since_ms <= at_ms:
                return version
        return None
