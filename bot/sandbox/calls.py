"""A request, its answer, and what a handler is given to answer with."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

from bot.sandbox.world import Flavour, Issue, Json, Person, World

NOT_SEEN = "Issue does not exist or you do not have permission to see it."
_NEEDS = {
    "EDIT_ISSUES": "You do not have permission to edit issues in this project.",
    "ASSIGN_ISSUES": "You do not have permission to assign issues in this project.",
    "TRANSITION_ISSUES": "You do not have permission to transition issues in this project.",
    "CREATE_ISSUES": "You do not have permission to create issues in this project.",
    "DELETE_ISSUES": "You do not have permission to delete issues in this project.",
    "LINK_ISSUES": "You do not have permission to link issues in this project.",
    "ADD_COMMENTS": "You do not have the permission to comment on this issue.",
    "EDIT_OWN_COMMENTS": "You do not have the permission to edit this comment.",
    "DELETE_OWN_COMMENTS": "You do not have the permission to delete this comment.",
}


@dataclass(frozen=True)
class Request:
    """A request as it came: `query` with every value of a name, `headers` by lower-case name."""

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """An answer, and what happens to it on its way: late by `delay_s`, cut to `cut` bytes, or dropped unsent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: int | None = None
    dropped: bool = False


def said(status: int, body: Json, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer in JSON."""
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return Answer(status, text, {"Content-Type": "application/json;charset=UTF-8", **(headers or {})})


def part(asked: Mapping[str, Json], name: str) -> dict[str, Json]:
    """Return an object inside a body, empty when it is not there. Raises Refusal with 400 for anything else."""
    given = asked.get(name)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise Refusal(400, f"Can not deserialize '{name}': an object is expected.")
    return given


def row(asked: Mapping[str, Json], name: str) -> list[Json]:
    """Return a list inside a body, empty when it is not there. Raises Refusal with 400 for anything else."""
    given = asked.get(name)
    if given is None:
        return []
    if not isinstance(given, list):
        raise Refusal(400, f"Can not deserialize '{name}': a list is expected.")
    return given


class Refusal(Exception):
    """A request that Jira refuses: status, `errorMessages` and `errors`."""

    def __init__(self, status: int, *messages: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(status, *messages)
        self.status = status
        self.messages = messages
        self.errors = dict(errors or {})

    def answer(self) -> Answer:
        """Return Jira's error body."""
        return said(self.status, {"errorMessages": list(self.messages), "errors": self.errors})


@dataclass(frozen=True)
class Call:
    """One request to one world: who asks (None: nobody logged in), in which version, with the path's `args`."""

    world: World
    request: Request
    me: Person | None
    version: str
    url: str
    args: Mapping[str, str]
    hidden: frozenset[str] = frozenset()
    lag_ms: int = 0
    uneven: bool = False
    page_cap: int | None = None
    doubled: bool = False
    shuffled: bool = False
    tokens_last_ms: int = 0

    @property
    def flavour(self) -> Flavour:
        """Return the world's flavour."""
        return self.world.flavour

    @property
    def cloud(self) -> bool:
        """Tell whether this is Cloud."""
        return self.world.flavour == "cloud"

    @property
    def rich(self) -> bool:
        """Tell whether texts are ADF documents in this version."""
        return self.version == "3"

    def one(self, name: str, default: str | None = None) -> str | None:
        """Return a query parameter's first value."""
        return self.request.query.get(name, [default or ""])[0] or default

    def many(self, name: str) -> list[str]:
        """Return a query parameter's values, given repeatedly or parted by commas."""
        return [part.strip() for v in self.request.query.get(name, ()) for part in v.split(",") if part.strip()]

    def number(self, name: str, default: int) -> int:
        """Return a query parameter as a number. Raises Refusal when it is none."""
        text = self.one(name)
        if text is None:
            return default
        if not re.fullmatch(r"-?[0-9]{1,9}", text):
            raise Refusal(400 if self.cloud else 404, f"The value '{text}' of '{name}' is not a number.")
        return max(int(text), 0)

    def json(self) -> dict[str, Json]:
        """Return the body, which must be a JSON object. Raises Refusal otherwise."""
        if "json" not in self.request.headers.get("content-type", ""):
            raise Refusal(415, "Unsupported Media Type")
        try:
            body = json.loads(self.request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise Refusal(400, "There was an error parsing JSON. Check that your request body is valid.")
        return body

    def page(self, rows: list[Json]) -> list[Json]:
        """Return the rows of a page as they come on a bad day: in another order, the first of them twice."""
        if self.shuffled:
            rows = sorted(rows, key=lambda each: crc32(json.dumps(each, sort_keys=True).encode()))
        return [*rows, rows[0]] if self.doubled and rows else rows

    def token(self, start: int, what: str) -> str:
        """Return the opaque token of the page that begins at `start`; it is good for `what` was asked only."""
        made = [start, crc32(what.encode()), self.world.now()]
        return base64.urlsafe_b64encode(json.dumps(made).encode()).decode()

    def start(self, token: Json, what: str) -> int:
        """Return where the page of a token begins, 0 without one. Raises Refusal for an invalid or expired one."""
        if token is None:
            return 0
        try:
            start, mark, made_ms = json.loads(base64.urlsafe_b64decode(str(token)))
            good = mark == crc32(what.encode()) and self.world.now() - made_ms <= self.tokens_last_ms
        except (ValueError, TypeError, binascii.Error):
            start, good = 0, False
        if not good or not isinstance(start, int):
            raise Refusal(400, "The provided next page token is invalid or expired.")
        return start

    def asker(self) -> Person:
        """Return who asks; the routes let nobody anonymous get this far. Raises Refusal if one did."""
        if self.me is None:
            raise Refusal(401, "You are not authenticated. Authentication required to perform this operation.")
        return self.me

    def sees(self, issue: Issue) -> bool:
        """Tell whether who asks may see the issue."""
        return self.world.may(self.me, "BROWSE_PROJECTS", issue.project_key) and str(issue.id) not in self.hidden

    def issue(self, ref: str | None = None) -> Issue:
        """Return the issue of the path (or of `ref`). Raises Refusal with 404 when it is not to be seen."""
        found = self.world.find(ref if ref is not None else self.args["issue"])
        closed = found is not None and (str(found.id) in self.hidden or found.id in self.world.archived)
        if closed and self.request.method != "GET" and ref is None:
            raise Refusal(403, "You do not have permission to do this to this issue.")
        if found is None or not self.sees(found):
            raise Refusal(404, NOT_SEEN)
        return found

    def needs(self, permission: str, project_key: str) -> None:
        """Raise Refusal with 403 unless who asks holds the permission in the project."""
        if not self.world.may(self.me, permission, project_key):
            raise Refusal(403, _NEEDS.get(permission, "You do not have permission to do this."))

    def answer(self, body: Json, status: int = 200) -> Answer:
        """Answer in JSON."""
        return said(status, body)

    def nothing(self, status: int = 204) -> Answer:
        """Answer without a body."""
        return Answer(status)
