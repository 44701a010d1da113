"""Which tickets changed: page by page, surviving tokens that expire and indexes that cannot page deep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from bot.engine.tracker import Denied, Refused, Stamp, Unreachable
from bot.jira.answers import Answered
from bot.jira.catalogue import Flavour
from bot.jira.client import Client
from bot.jira.reader import Unreadable, decode_issue, moment_ms

T = TypeVar("T")
R = TypeVar("R")

_FIELDS = ("key", "updated")
_CLOUD_PAGE = 5000
_DC_PAGE = 1000

_WHOLE_PAGE = 100
"""How many whole tickets come with one answer."""

_LEFT_OUT = 1000
"""How many ids a search names at most; Cloud does not take more from its own functions either."""


class _Fields(msgspec.Struct):
    updated: str | int | None = None


class _Row(msgspec.Struct):
    id: str
    key: str
    fields: _Fields

    @property
    def stamp(self) -> Stamp:
        return Stamp(self.id, self.key, moment_ms(self.fields.updated) or 0)


class _CloudPage(msgspec.Struct, Generic[R]):
    issues: list[R]
    token: str | None = msgspec.field(name="nextPageToken", default=None)
    is_last: bool | None = msgspec.field(name="isLast", default=None)


class _DcPage(msgspec.Struct, Generic[R]):
    issues: list[R]
    total: int


class Whole(NamedTuple):
    """That tickets are to come whole with their stamps: these fields, and histories as far as a search gives them.

    Those of the `known` ids that still have these stamps need not come, as they are in the overlap of two polls.
    On a `busy` desk something comes all the same.
    """

    fields: Sequence[str]
    known: dict[str, int]
    busy: bool = False


class _Asked(NamedTuple):
    """What each row of a search is to hold, and how many a page."""

    fields: Sequence[str] = _FIELDS
    page: int | None = None
    left_out: str = ""

    @property
    def whole(self) -> bool:
        return self.fields is not _FIELDS


_STAMPS = _Asked()


def changed(
    client: Client,
    flavour: Flavour,
    projects: Sequence[str],
    since_ms: int | None,
    closed: dict[str, str],
    narrowed: str = "",
    whole: Whole | None = None,
) -> Iterator[Stamp]:
    """Give every visible ticket of the projects updated at or after `since_ms`, oldest change first.

    `narrowed` is JQL that must hold as well. With `whole` and `since_ms` tickets come with their stamps, each perhaps
    twice. A search that leaves out what is known is not trusted when it is refused, or finds nothing, which one that
    is known is there to prevent: an id that is gone does either. Then, and where there is too much to leave out, only
    stamps come, of all that changed, and `whole.known` is emptied.

    Where Jira refuses that, as it does for one project that is archived, renamed or hidden, each project is searched
    by itself, and those refused are put into `closed` with what Jira said. Raises Denied when none of them can be
    searched, else what `Client.read` raises.
    """
    if whole is not None and since_ms is not None:
        left_out = _still(whole)
        if len(left_out) <= _LEFT_OUT:
            asked = _Asked(whole.fields, _WHOLE_PAGE, _without(left_out))
            found = False
            try:
                for stamp in _found(client, flavour, projects, narrowed, since_ms, asked):
                    found = True
                    yield stamp
                if found or not left_out:
                    return
            except Refused:
                pass
        whole.known.clear()
    try:
        yield from _found(client, flavour, projects, narrowed, since_ms)
        return
    except Refused as error:
        refused = str(error)
    for project in projects if len(projects) > 1 else ():
        try:
            yield from _found(client, flavour, [project], narrowed, since_ms)
        except Refused as error:
            closed[project] = str(error)
    if len(projects) == 1 or len(closed) == len(projects):
        raise Denied(f"{refused}; can the account see {', '.join(projects)}?")


def _found(
    client: Client,
    flavour: Flavour,
    projects: Sequence[str],
    narrowed: str,
    since_ms: int | None,
    asked: _Asked = _STAMPS,
) -> Iterator[Stamp]:
    pages = _cloud_pages if flavour == "cloud" else _dc_pages
    return pages(client, partial(_jql, projects, narrowed, asked.left_out), since_ms, asked)


def _still(whole: Whole) -> dict[str, int]:
    """What may be left out, with its second: all but one of the newest, which tells that the search works.

    Where much else comes it need not.
    """
    newest = None if whole.busy else max(whole.known, key=lambda id_: whole.known[id_], default=None)
    return {id_: stamp // 1000 for id_, stamp in whole.known.items() if id_ != newest}


def _without(left_out: Mapping[str, int]) -> str:
    """Write what leaves out the tickets that did not change since the second given with each.

    One that changed again, though earlier than others that are known, and was indexed late, is still found.
    """
    by_second: dict[int, list[str]] = {}
    for id_, second in left_out.items():
        by_second.setdefault(second, []).append(id_)
    parts = (f"(updated < {(second + 1) * 1000} AND id in ({', '.join(ids)}))" for second, ids in by_second.items())
    return f" AND NOT ({' OR '.join(parts)})" if left_out else ""


def _jql(projects: Sequence[str], narrowed: str, left_out: str, since_ms: int | None) -> str:
    # A bare number is epoch milliseconds, free of anybody's time zone; dates in quotes would be read in the
    # zone of the account's profile, to the minute.
    listed = ", ".join(quoted(key) for key in projects)
    since = "" if since_ms is None else f" AND updated >= {since_ms}"
    also = f" AND {narrowed}" if narrowed else ""
    return f"project in ({listed}){since}{also}{left_out} ORDER BY updated ASC, key ASC"


def quoted(text: str) -> str:
    """Quote a value for JQL."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _cloud_pages(
    client: Client, jql: Callable[[int | None], str], since_ms: int | None, asked: _Asked
) -> Iterator[Stamp]:
    """Follow the page tokens; where one expired or came twice, search again from the last stamp seen."""
    seen: set[tuple[str, int]] = set()
    used: set[str] = set()
    since, token, newest = since_ms, None, since_ms
    shape = {"fields": list(asked.fields), "maxResults": asked.page or _CLOUD_PAGE}
    shape |= {"expand": "changelog"} if asked.whole else {}
    into: type[_CloudPage[Any]] = _CloudPage[msgspec.Raw] if asked.whole else _CloudPage[_Row]
    while True:
        body: dict[str, Any] = {"jql": jql(since), **shape}
        expired = False
        try:
            body |= {"nextPageToken": token} if token else {}
            page = _page(client, "3/search/jql", into, body)
        except Answered as error:
            if error.status != 400 or token is None:
                raise
            page, expired = _CloudPage([]), True
        for stamp in _fresh(_stamps(page.issues), seen):
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


def _dc_pages(
    client: Client, jql: Callable[[int | None], str], since_ms: int | None, asked: _Asked
) -> Iterator[Stamp]:
    """Search on from the last stamp seen; go deeper with startAt only where a page brings nothing new.

    That happens inside one stamp, or inside one minute where the index compares no finer. Deep pages are
    slow, and since Data Center 11.2 refused beyond 10,000.
    """
    seen: set[tuple[str, int]] = set()
    since, start = since_ms, 0
    shape = {"fields": list(asked.fields), "maxResults": asked.page or _DC_PAGE}
    shape |= {"expand": ["changelog"]} if asked.whole else {}
    into: type[_DcPage[Any]] = _DcPage[msgspec.Raw] if asked.whole else _DcPage[_Row]
    while True:
        body: dict[str, Any] = {"jql": jql(since), "startAt": start, **shape}
        page = _page(client, "2/search", into, body)
        stamps = list(_stamps(page.issues))
        fresh = list(_fresh(stamps, seen))
        yield from fresh
        rows = len({stamp.id for stamp in stamps})
        if rows == 0 or start + rows >= page.total:
            return
        if fresh and fresh[-1].updated_ms:
            since, start = fresh[-1].updated_ms, 0
        else:
            start += rows


def _page(client: Client, path: str, into: type[T], asked: dict[str, Any]) -> T:
    """Ask for a page, by GET where nothing else may be sent."""
    if client.read_only:
        listed = {name: ",".join(value) for name, value in asked.items() if isinstance(value, list)}
        return client.read(path, into, params=asked | listed)
    return client.read(path, into, body=asked)


def _stamps(rows: Iterable[_Row | msgspec.Raw]) -> Iterator[Stamp]:
    return (row.stamp if isinstance(row, _Row) else _stamp(row) for row in rows)


def _fresh(stamps: Iterable[Stamp], seen: set[tuple[str, int]]) -> Iterator[Stamp]:
    for stamp in stamps:
        if (stamp.id, stamp.updated_ms) not in seen:
            seen.add((stamp.id, stamp.updated_ms))
            yield stamp


def _stamp(raw: msgspec.Raw) -> Stamp:
    """Read the stamp of a ticket that came whole; one of another form comes without it, to be asked for by itself."""
    try:
        issue = decode_issue(raw)
        updated: str | int | None = issue.field("updated", str | int | None, None)  # type: ignore[arg-type]
        return Stamp(str(issue.id), issue.key, moment_ms(updated) or 0, issue)
    except Unreadable:
        pass
    try:
        return msgspec.json.decode(raw, type=_Row).stamp
    except msgspec.MsgspecError:
        raise Unreachable("a search was answered with something that is not Jira's form") from None
