"""Which tickets changed: page by page, surviving tokens that expire and indexes that cannot page deep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

import msgspec

from bot.engine.tracker import Denied, Refused, Stamp, Unreachable
from bot.jira.answers import Answered
from bot.jira.catalogue import Flavour
from bot.jira.client import Client
from bot.jira.reader import moment_ms

T = TypeVar("T")

_FIELDS = ["key", "updated"]
_CLOUD_PAGE = 5000
_DC_PAGE = 1000


class _Fields(msgspec.Struct):
    updated: str | int | None = None


class _Row(msgspec.Struct):
    id: str
    key: str
    fields: _Fields

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.id, self.key, moment_ms(self.fields.updated) or 0)


class _CloudPage(msgspec.Struct):
    issues: list[_Row]
    token: str | None = msgspec.field(name="nextPageToken", default=None)
    is_last: bool | None = msgspec.field(name="isLast", default=None)


class _DcPage(msgspec.Struct):
    issues: list[_Row]
    total: int


def changed(
    client: Client,
    flavour: Flavour,
    projects: Sequence[str],
    since_ms: int | None,
    closed: dict[str, str],
    narrowed: str = "",
) -> Iterator[Stamp]:
    """Give every visible ticket of the projects updated at or after `since_ms`, oldest change first.

    `narrowed` is JQL that must hold as well.

    Where Jira refuses that, as it does for one project that is archived, renamed or hidden, each project is searched
    by itself, and those refused are put into `closed` with what Jira said. Raises Denied when none of them can be
    searched, else what `Client.read` raises.
    """
    pages = _cloud_pages if flavour == "cloud" else _dc_pages
    try:
        yield from pages(client, partial(_jql, projects, narrowed), since_ms)
        return
    except Refused as error:
        refused = str(error)
    for project in projects if len(projects) > 1 else ():
        try:
            yield from pages(client, partial(_jql, [project], narrowed), since_ms)
        except Refused as error:
            closed[project] = str(error)
    if len(projects) == 1 or len(closed) == len(projects):
        raise Denied(f"{refused}; can the account see {', '.join(projects)}?")


def _jql(projects: Sequence[str], narrowed: str, since_ms: int | None) -> str:
    # A bare number is epoch milliseconds, free of anybody's time zone; dates in quotes would be read in the
    # zone of the account's profile, to the minute.
    listed = ", ".join(quoted(key) for key in projects)
    since = "" if since_ms is None else f" AND updated >= {since_ms}"
    also = f" AND {narrowed}" if narrowed else ""
    return f"project in ({listed}){since}{also} ORDER BY updated ASC, key ASC"


def quoted(text: str) -> str:
    """Quote a value for JQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _cloud_pages(client: Client, jql: Callable[[int | None], str], since_ms: int | None) -> Iterator[Stamp]:
    """Follow the page tokens; where one expired or came twice, search again from the last stamp seen."""
    seen: set[tuple[str, int]] = set()
    used: set[str] = set()
    since, token, newest = since_ms, None, since_ms
    while True:
        body: dict[str, Any] = {"jql": jql(since), "fields": _FIELDS, "maxResults": _CLOUD_PAGE}
        expired = False
        try:
            page = _page(client, "3/search/jql", _CloudPage, body | ({"nextPageToken": token} if token else {}))
        except Answered as error:
            if error.status != 400 or token is None:
                raise
            page, expired = _CloudPage([]), True
        for stamp in _fresh(page.issues, seen):
            newest = stamp.updated_ms if newest is None else max(newest, stamp.updated_ms)
            yield stamp
        if not expired and (page.is_last or not page.token):
            return
        if not expired and page.token not in used:
            token = page.token or ""
            used.add(token)
            continue
        if newest == since:
            raise Unreachable("POST 3/search/jql: its page tokens lead nowhere")
        since, token = newest, None


def _dc_pages(client: Client, jql: Callable[[int | None], str], since_ms: int | None) -> Iterator[Stamp]:
    """Search on from the last stamp seen; go deeper with startAt only where a page brings nothing new.

    That happens inside one stamp, or inside one minute where the index compares no finer. Deep pages are
    slow, and since Data Center 11.2 refused beyond 10,000.
    """
    seen: set[tuple[str, int]] = set()
    since, start = since_ms, 0
    while True:
        body: dict[str, Any] = {"jql": jql(since), "fields": _FIELDS, "startAt": start, "maxResults": _DC_PAGE}
        page = _page(client, "2/search", _DcPage, body)
        fresh = list(_fresh(page.issues, seen))
        yield from fresh
        rows = len({row.id for row in page.issues})
        if rows == 0 or start + rows >= page.total:
            return
        if fresh and fresh[-1].updated_ms:
            since, start = fresh[-1].updated_ms, 0
        else:
            start += rows


def _page(client: Client, path: str, into: type[T], asked: dict[str, Any]) -> T:
    """Ask for a page, by GET where nothing else may be sent."""
    if client.read_only:
        return client.read(path, into, params=asked | {"fields": ",".join(asked["fields"])})
    return client.read(path, into, body=asked)


def _fresh(rows: Sequence[_Row], seen: set[tuple[str, int]]) -> Iterator[Stamp]:
    for row in rows:
        stamp = row.stamp
        if (stamp.id, stamp.updated_ms) not in seen:
            seen.add((stamp.id, stamp.updated_ms))
            yield stamp
