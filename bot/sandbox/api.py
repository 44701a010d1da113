"""From a request to its answer: who asks, which handler, what goes wrong. The same code over HTTP and in-process."""

from __future__ import annotations

import base64
import binascii
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from bot.sandbox import (
    changelogs,
    comments,
    control,
    faults,
    issues,
    meta,
    pages,
    people,
    properties,
    remote,
    roles,
    search,
)
from bot.sandbox.calls import Answer, Call, Refusal, Request, said
from bot.sandbox.limits import Limits, bucket, refusal
from bot.sandbox.world import Person, World

Handler = Callable[[Call], Answer]

_ROOT = re.compile(r"/rest/api/(2|3|latest)(/.*)")


@dataclass(frozen=True)
class Route:
    """Where a handler answers; `writes` is refused in read-only mode, `open_to_all` needs no account."""

    method: str
    path: str
    handler: Handler
    only: Literal["cloud", "dc", None] = None
    writes: bool = False
    open_to_all: Literal["cloud", "all", None] = None

    def pattern(self) -> re.Pattern[str]:
        """Return the path's pattern: `{name}` stands for one part of it."""
        return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", self.path) + "/?")


def _property_routes(at: str) -> tuple[Route, ...]:
    one = at + "/properties/{property}"
    return (
        Route("GET", at + "/properties", properties.keys),
        Route("GET", one, properties.read),
        Route("PUT", one, properties.write, writes=True),
        Route("DELETE", one, properties.delete, writes=True),
    )


ROUTES = (
    Route("GET", "/serverInfo", meta.server_info, open_to_all="all"),
    Route("GET", "/myself", people.myself),
    Route("GET", "/mypermissions", people.mypermissions),
    Route("GET", "/user", people.user),
    Route("GET", "/user/search", people.search),
    Route("GET", "/user/assignable/search", people.assignable),
    Route("GET", "/user/permission/search", people.permitted),
    Route("GET", "/group/member", people.members),
    Route("GET", "/groups/picker", people.groups),
    Route("GET", "/field", meta.fields),
    Route("GET", "/status", meta.statuses),
    Route("GET", "/priority", meta.priorities),
    Route("GET", "/resolution", meta.resolutions),
    Route("GET", "/issuetype", meta.issue_types),
    Route("GET", "/project", meta.projects),
    Route("GET", "/project/search", meta.project_search, only="cloud"),
    Route("GET", "/project/{project}", meta.project),
    Route("GET", "/project/{project}/statuses", meta.project_statuses),
    Route("GET", "/project/{project}/notificationscheme", roles.mails),
    Route("GET", "/project/{project}/role", roles.listed),
    Route("GET", "/project/{project}/role/{role}", roles.one),
    *_property_routes("/project/{project}"),
    Route("GET", "/search", search.gone, only="cloud", open_to_all="all"),
    Route("POST", "/search", search.gone, only="cloud", open_to_all="all"),
    Route("GET", "/search/jql", search.search_jql, only="cloud", open_to_all="all"),
    Route("POST", "/search/jql", search.search_jql, only="cloud", open_to_all="all"),
    Route("POST", "/search/approximate-count", search.approximate_count, only="cloud", open_to_all="all"),
    Route("GET", "/search", search.search, only="dc"),
    Route("POST", "/search", search.search, only="dc"),
    Route("POST", "/jql/parse", meta.jql_parse, only="cloud"),
    Route("POST", "/issue/bulkfetch", search.bulkfetch, only="cloud"),
    Route("POST", "/changelog/bulkfetch", changelogs.bulk, only="cloud"),
    Route("POST", "/issue", issues.create, writes=True),
    Route("GET", "/issue/createmeta/{project}/issuetypes", issues.create_types),
    Route("GET", "/issue/createmeta/{project}/issuetypes/{type}", issues.create_fields),
    Route("GET", "/issue/{issue}", issues.read),
    Route("PUT", "/issue/{issue}", issues.edit, writes=True),
    Route("DELETE", "/issue/{issue}", issues.delete, writes=True),
    Route("PUT", "/issue/{issue}/assignee", issues.assign, writes=True),
    Route("GET", "/issue/{issue}/editmeta", issues.editmeta),
    Route("GET", "/issue/{issue}/transitions", issues.transitions),
    Route("POST", "/issue/{issue}/transitions", issues.transit, writes=True),
    Route("GET", "/issue/{issue}/changelog", changelogs.paged, only="cloud"),
    Route("GET", "/issue/{issue}/comment", comments.listed),
    Route("POST", "/issue/{issue}/comment", comments.write, writes=True),
    Route("GET", "/issue/{issue}/comment/{id}", comments.read),
    Route("PUT", "/issue/{issue}/comment/{id}", comments.edit, writes=True),
    Route("DELETE", "/issue/{issue}/comment/{id}", comments.delete, writes=True),
    *_property_routes("/issue/{issue}"),
    Route("POST", "/comment/list", comments.by_ids, only="cloud"),
    *_property_routes("/comment/{comment}"),
    Route("POST", "/issueLink", issues.link, writes=True),
    Route("DELETE", "/issueLink/{id}", issues.unlink, writes=True),
    Route("GET", "/issue/{issue}/remotelink", remote.listed),
    Route("POST", "/issue/{issue}/remotelink", remote.link, writes=True),
    Route("DELETE", "/issue/{issue}/remotelink/{id}", remote.unlink, writes=True),
    Route("GET", "/issueLinkType", issues.link_types),
    Route("GET", "/attachment/{id}", issues.attachment),
)
"""Everything below `/rest/api/N`."""

_COMPILED = {
    flavour: [(route, route.pattern()) for route in ROUTES if route.only in (None, flavour)]
    for flavour in ("cloud", "dc")
}


class Site:
    """A sandbox Jira without its network: one world, its faults and the count of its requests, behind one lock."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.faults = faults.Faults()
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self.limits = Limits()
        self._lock = threading.RLock()

    def handle(self, request: Request) -> Answer:
        """Answer a request. Delays, cuts and drops are left to whoever carries the answer."""
        with self._lock:
            if request.path.startswith("/sandbox/"):
                return control.handle(self, request)
            page = pages.page(self.world, request)
            if page is not None:
                return page
            self.limits.came(self.world.now())
            answer = self._tried(request)
            self.requests[request.method, request.path, 0 if answer.dropped else answer.status] += 1
            return answer

    def _tried(self, request: Request) -> Answer:
        if self.faults.down:
            return Answer(0, dropped=True)
        fault = self.faults.take(request)
        if fault is None:
            return self._answered(request)
        return faults.instead(fault, self.world.flavour, self.world.now()) or faults.spoilt(
            fault, self._answered(request)
        )

    def _answered(self, request: Request) -> Answer:
        try:
            me = account(self.world, request)
        except Refusal:
            return _unknown_account(self.world)
        try:
            answer = self._routed(request, me)
        except Refusal as refusal:
            answer = _unknown_account(self.world) if refusal.status == 401 else refusal.answer()
        if me is None:
            return answer
        extra = {"X-AACCOUNTID" if self.world.flavour == "cloud" else "X-AUSERNAME": me.ident(self.world.flavour)}
        return replace(answer, headers={**extra, **self._left(me, answer), **answer.headers})

    def _left(self, me: Person, answer: Answer) -> dict[str, str]:
        """The headers that tell what the account may still ask."""
        if self.world.flavour == "cloud":
            return {} if self.faults.quota is None else self.limits.spend(answer, self.faults.quota)
        size = self.faults.bucket
        left = 999 if size is None else self.limits.left(me.name, size, self.world.now())
        return {**bucket(size or 1000, left), "Retry-After": "0"}

    def _over(self, request: Request, route: Route, me: Person | None, args: Mapping[str, str]) -> Answer | None:
        """What is answered to a request too many, by the limits that are in force; None within them."""
        now_ms, knobs = self.world.now(), self.faults
        if self.world.flavour == "dc":
            if me is None or knobs.bucket is None or self.limits.of_bucket(me.name, knobs.bucket, now_ms):
                return None
            return refusal("dc", True, None, knobs.bucket, now_ms, 1000)
        over = None if knobs.quota is None else self.limits.of_hour(knobs.quota, now_ms)
        if over is None and knobs.burst is not None:
            over = self.limits.of_endpoint(request.method, route.path, knobs.burst, now_ms)
        written = self.world.find(args["issue"]) if route.writes and "issue" in args else None
        if over is None and knobs.issue_writes and written is not None:
            over = self.limits.of_issue(written.id, now_ms)
        return over

    def _routed(self, request: Request, me: Person | None) -> Answer:
        below = _ROOT.fullmatch(request.path)
        if below is None or (below[1] == "3" and self.world.flavour == "dc"):
            return _no_such_path(request)
        met = [
            (route, found)
            for route, pattern in _COMPILED[self.world.flavour]
            if (found := pattern.fullmatch(below[2])) is not None
        ]
        for route, found in met:
            if route.method != request.method:
                continue
            if me is None and route.open_to_all is None:
                raise Refusal(401)
            if route.writes and self.faults.read_only:
                raise Refusal(503, "Jira is in read-only mode. Please try again later.")
            over = self._over(request, route, me, found.groupdict())
            return over or route.handler(self._call(request, me, "2" if below[1] == "latest" else below[1], found))
        bulk = self.world.flavour == "dc" and below[2] == "/issue/bulkfetch"
        return Answer(405) if met and not bulk else _no_such_path(request)

    def _call(self, request: Request, me: Person | None, version: str, found: re.Match[str]) -> Call:
        return Call(
            world=self.world,
            request=request,
            me=me,
            version=version,
            url=f"http://{request.headers.get('host', 'sandbox.invalid')}",
            args=found.groupdict(),
            hidden=frozenset(self.faults.forbidden),
            lag_ms=self.faults.lag_ms,
            uneven=self.faults.uneven,
            page_cap=self.faults.page_cap,
            doubled=self.faults.doubled,
            shuffled=self.faults.shuffled,
            tokens_last_ms=self.faults.tokens_last_ms,
        )


def account(world: World, request: Request) -> Person | None:
    """Return who asks: basic with address and token (Cloud), bearer token or basic with name (Data Center).

    None without credentials. Raises Refusal with 401 for wrong ones.
    """
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if not kind:
        return None
    if kind.lower() == "bearer" and world.flavour == "dc":
        for person in world.people:
            if person.token == given and person.active:
                return person
    if kind.lower() == "basic":
        try:
            ref, _, token = base64.b64decode(given, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refusal(401) from None
        found = world.person(ref)
        if found is not None and found.active and found.token is not None and found.token == token:
            known = found.email if world.flavour == "cloud" else found.name
            if known == ref:
                return found
    raise Refusal(401)


def _unknown_account(world: World) -> Answer:
    if world.flavour == "cloud":
        return said(
            401,
            {"message": "Client must be authenticated to access this resource.", "status-code": 401},
            {"WWW-Authenticate": 'Basic realm="Sandbox"', "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"},
        )
    words = "You are not authenticated. Authentication required to perform this operation."
    headers = {"WWW-Authenticate": 'OAuth realm="sandbox"', "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    return said(401, {"errorMessages": [words], "errors": {}}, headers)


def _no_such_path(request: Request) -> Answer:
    return said(404, {"message": f"null for uri: {request.path}", "status-code": 404})
