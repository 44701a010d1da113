"""The world as a query sees it: what one caller may see, as an index that lags knows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from bot.sandbox import jql
from bot.sandbox.calls import Call, Refusal
from bot.sandbox.render import TEXTS
from bot.sandbox.texts import plain
from bot.sandbox.world import Field, Issue, Json, Person, World


class RowFields(Mapping[str, Json]):
    """An issue's fields for a query: persons with their ids, texts as strings, made when they are asked for."""

    def __init__(self, world: World, issue: Issue) -> None:
        self._world = world
        self._issue = issue

    def __getitem__(self, name: str) -> Json:
        if name == "comment":
            return [plain(each.body) for each in self._issue.comments]
        stored = self._issue.fields[name]
        return plain(stored) if name in TEXTS else _shown(self._world, stored)

    def __iter__(self) -> Iterator[str]:
        return iter((*self._issue.fields, "comment"))

    def __len__(self) -> int:
        return len(self._issue.fields) + 1


def _shown(world: World, stored: Json) -> Json:
    if isinstance(stored, Person):
        return {
            "id": stored.ident(world.flavour),
            "name": stored.name,
            "key": stored.key,
            "accountId": stored.account_id,
            "displayName": stored.display_name,
            "emailAddress": stored.email,
        }
    if isinstance(stored, dict) and stored.get("type") == "doc":
        return plain(stored)
    if isinstance(stored, list):
        return [_shown(world, each) for each in stored]
    return stored


@dataclass(frozen=True, eq=False)
class Found:
    """One issue as a row of a query."""

    world: World
    issue: Issue

    @property
    def id(self) -> str:
        """The permanent id, in digits."""
        return str(self.issue.id)

    @property
    def key(self) -> str:
        """The present key."""
        return self.issue.key

    @property
    def former_keys(self) -> Sequence[str]:
        """The keys before it moved."""
        return self.issue.former_keys

    @property
    def fields(self) -> Mapping[str, Json]:
        """The fields in REST form."""
        return RowFields(self.world, self.issue)

    @property
    def created_ms(self) -> int:
        """UTC milliseconds."""
        return self.issue.created_ms

    @property
    def updated_ms(self) -> int:
        """UTC milliseconds."""
        return self.issue.updated_ms

    @property
    def resolved_ms(self) -> int | None:
        """UTC milliseconds; None while unresolved."""
        return self.issue.resolved_ms


@dataclass(frozen=True)
class View:
    """What the caller of `call` may search in."""

    call: Call

    @property
    def flavour(self) -> str:
        """`cloud` or `dc`."""
        return self.call.world.flavour

    def rows(self) -> Iterable[Found]:
        """Give every issue the caller sees, as the index knows it."""
        world = self.call.world
        known = world.indexed(world.now(), self.call.lag_ms, uneven=self.call.uneven)
        return [Found(world, each) for each in known if self.call.sees(each)]

    def fields(self) -> Sequence[Field]:
        """Give all fields."""
        return list(self.call.world.fields.values())

    def projects(self) -> Sequence[Mapping[str, str]]:
        """Give the projects the caller sees."""
        world = self.call.world
        return [
            {"id": project.id, "key": project.key, "name": project.name}
            for project in world.projects.values()
            if world.may(self.call.me, "BROWSE_PROJECTS", project.key)
        ]

    def statuses(self) -> Sequence[Mapping[str, str]]:
        """Give the statuses with their category's key."""
        return [
            {"id": each["id"], "name": each["name"], "category": each["statusCategory"]["key"]}
            for each in self.call.world.statuses.values()
        ]

    def priorities(self) -> Sequence[Mapping[str, str]]:
        """Give the priorities."""
        return [cast(Mapping[str, str], each) for each in self.call.world.priorities.values()]

    def issue_types(self) -> Sequence[Mapping[str, str]]:
        """Give the issue types."""
        return [cast(Mapping[str, str], each) for each in self.call.world.issue_types.values()]

    def user_exists(self, ref: str) -> bool:
        """Tell whether an account is known by this accountId, name, key or address."""
        return self.call.world.person(ref) is not None


def found(call: Call, text: str) -> list[Issue]:
    """Return the issues a query asks for, in its order; nothing for who is not logged in.

    Raises Refusal with Jira's 400 for what is wrong in it.
    """
    if call.me is None:
        return []
    zone, ident = ZoneInfo(call.me.zone), call.me.ident(call.flavour)
    try:
        rows = jql.search(text, View(call), now_ms=call.world.now(), zone=zone, me=ident)
    except jql.JqlError as error:
        raise Refusal(400, *error.messages) from error
    return [row.issue for row in rows]


def bounded(text: str) -> bool:
    """Tell whether the query restricts anything. Raises Refusal with Jira's 400 when it cannot be read."""
    try:
        return jql.bounded(text)
    except jql.JqlError as error:
        raise Refusal(400, *error.messages) from error
