"""Whole tickets by id, in as few requests as each flavour allows; one that is refused does not cost the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec

from bot.engine.tracker import Ailing, Trouble
from bot.jira.ailing import about_a_ticket
from bot.jira.answers import Answered
from bot.jira.catalogue import Flavour
from bot.jira.client import ATTEMPTS, Client
from bot.jira.reader import Comment, Comments, History, Issue, Unreadable, decode_issue, identify

BATCH = 100
"""The most tickets that Cloud's bulkfetch gives at once."""

MOST_ENTRIES = 100_000
"""How many entries a history may have that is fetched by itself; a ticket with more is set aside."""

MOST_COMMENTS = 10_000
"""How many comments a ticket may have; one with more is set aside."""

_HISTORIES = 10_000
_COMMENTS = 100
_EMBEDDED = 40
"""How many entries of a history Cloud gives with a ticket at most, the newest."""


@dataclass
class Batch:
    """What came for the ids `asked`: tickets, and by id those histories that did not come whole with them."""

    asked: Sequence[str]
    issues: list[Issue] = field(default_factory=list)
    histories: dict[str, list[History]] = field(default_factory=dict)
    troubles: list[Trouble] = field(default_factory=list)

    def history(self, issue: Issue) -> Sequence[History]:
        """Give the whole history of one of the tickets."""
        return self.histories.get(str(issue.id), issue.histories)


class _IssueError(msgspec.Struct):
    id: str = ""


class _Bulk(msgspec.Struct):
    issues: list[msgspec.Raw]
    errors: list[_IssueError] = msgspec.field(name="issueErrors", default_factory=list)


class _Log(msgspec.Struct):
    id: str = msgspec.field(name="issueId")
    histories: list[History] = msgspec.field(name="changeHistories", default_factory=list)


class _Logs(msgspec.Struct):
    logs: list[_Log] = msgspec.field(name="issueChangeLogs")
    token: str | None = msgspec.field(name="nextPageToken", default=None)


class _Page(msgspec.Struct):
    values: list[History] = []
    total: int = 0


class _Found(msgspec.Struct):
    issues: list[msgspec.Raw]
    total: int


def fetch(client: Client, flavour: Flavour, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Batch]:
    """Give the tickets batch by batch. Raises Unreachable, Throttled and Denied, but not Refused."""
    ask = partial(_cloud if flavour == "cloud" else _dc, fields=fields)
    for i in range(0, len(ids), BATCH):
        yield _halved(ask, client, ids[i : i + BATCH])


def complete(client: Client, flavour: Flavour, came: Mapping[str, Issue]) -> Iterator[Batch]:
    """Give tickets that came with a search, by their ids, as `fetch` gives them: with their whole histories."""
    if flavour != "cloud":
        yield Batch(list(came), list(came.values()))
        return

    def ask(client: Client, ids: Sequence[str], attempts: int) -> Batch:
        return _whole(client, Batch(ids, [came[id_] for id_ in ids]), attempts)

    ids = list(came)
    for i in range(0, len(ids), BATCH):
        yield _halved(ask, client, ids[i : i + BATCH])


def one(client: Client, flavour: Flavour, key: str, fields: Sequence[str]) -> tuple[Issue, Sequence[History]]:
    """Fetch a ticket and its history by its key with GETs alone. Raises Unreadable and what `Client.read` raises."""
    version = "3" if flavour == "cloud" else "2"
    params = {"fields": ",".join(fields), "expand": "changelog"}
    issue = decode_issue(client.read(f"{version}/issue/{{id}}", msgspec.Raw, at={"id": key}, params=params))
    if flavour == "cloud" and issue.histories_left_out:
        # Cloud gives the newest with the ticket; all of them only by themselves.
        return issue, list(_histories(client, key))
    return issue, issue.histories


def _histories(client: Client, key: str) -> Iterator[History]:
    start = 0
    while True:
        page = client.read("3/issue/{id}/changelog", _Page, at={"id": key}, params={"startAt": start})
        yield from page.values
        start += len(page.values)
        if not page.values or start >= page.total:
            return


def comments(client: Client, version: str, ticket_id: str) -> list[Comment]:
    """Fetch all the comments of a ticket, page by page. Raises what `Client.read` raises."""
    found: dict[str, Comment] = {}
    while True:
        before = len(found)
        page = client.read(
            f"{version}/issue/{{id}}/comment",
            Comments,
            at={"id": ticket_id},
            params={"startAt": before, "maxResults": _COMMENTS, "orderBy": "created"},
        )
        found |= {str(comment.id): comment for comment in page.comments}
        if len(found) in (before, page.total):
            return list(found.values())
        if len(found) > MOST_COMMENTS:
            raise Ailing(f"it has more than {MOST_COMMENTS} comments", why="unread")


Ask = Callable[[Client, Sequence[str], int], Batch]


def _halved(ask: Ask, client: Client, ids: Sequence[str], attempts: int = ATTEMPTS) -> Batch:
    """Ask for all at once; where that is refused, for each half, down to the one ticket it is about.

    Likewise where Jira stumbles over it while it answers else; the halves are then asked for once each.
    """
    try:
        with about_a_ticket(client):
            return ask(client, ids, attempts)
    except (Answered, Ailing) as error:
        if len(ids) == 1:
            missing = isinstance(error, Answered) and error.status == 404
            return Batch(ids, troubles=[] if missing else [Trouble(ids[0], str(error))])
        attempts = 1 if isinstance(error, Ailing) else attempts
    middle = len(ids) // 2
    first, second = (_halved(ask, client, part, attempts) for part in (ids[:middle], ids[middle:]))
    issues, troubles = first.issues + second.issues, first.troubles + second.troubles
    return Batch(ids, issues, first.histories | second.histories, troubles)


def _cloud(client: Client, ids: Sequence[str], attempts: int, fields: Sequence[str]) -> Batch:
    """Fetch with bulkfetch, which leaves out what cannot be seen, and which cuts off long histories."""
    wanted = {"issueIdsOrKeys": list(ids), "fields": list(fields), "expand": ["changelog"]}
    bulk = client.read("3/issue/bulkfetch", _Bulk, body=wanted, attempts=attempts)
    batch = _decoded(ids, bulk.issues)
    batch.troubles += [Trouble(error.id, "Jira could not give it whole") for error in bulk.errors]
    return _whole(client, batch, attempts)


def _whole(client: Client, batch: Batch, attempts: int) -> Batch:
    """Fetch the histories that were cut off, all at once.

    They are not narrowed by field: items without `fieldId` would be lost.
    """
    cut_off = [str(each.id) for each in batch.issues if each.histories_left_out or len(each.histories) >= _EMBEDDED]
    asked: dict[str, object] = {"issueIdsOrKeys": cut_off, "maxResults": _HISTORIES}
    used: set[str] = set()
    batch.histories = {id_: [] for id_ in cut_off}
    while cut_off:
        try:
            page = client.read("3/changelog/bulkfetch", _Logs, body=asked, attempts=attempts)
        except Answered as error:
            if error.status != 400 or "nextPageToken" not in asked:
                raise
            # The page's token has expired; by themselves histories are paged by numbers.
            batch.histories = {id_: list(_histories(client, id_)) for id_ in cut_off}
            break
        for log in page.logs:
            batch.histories.setdefault(log.id, []).extend(log.histories)
        if not page.token or not page.logs:
            break
        if page.token in used or max(map(len, batch.histories.values())) > MOST_ENTRIES:
            raise Ailing(f"a history has more than {MOST_ENTRIES} entries, or does not come to an end", why="unread")
        used.add(page.token)
        asked["nextPageToken"] = page.token
    return batch


def _decoded(ids: Sequence[str], raw: Iterable[msgspec.Raw]) -> Batch:
    """Decode what came for these ids; what does not have Jira's form is a trouble of its ticket."""
    batch, nameless = Batch(ids), False
    for each in raw:
        try:
            batch.issues.append(decode_issue(each))
        except Unreadable as error:
            id_ = identify(each)
            nameless |= id_ is None
            batch.troubles += [Trouble(id_, str(error))] if id_ else []
    if nameless:
        known = {str(issue.id) for issue in batch.issues} | {trouble.ticket_id for trouble in batch.troubles}
        odd = "it, or another one of its batch, does not have Jira's form"
        batch.troubles += [Trouble(id_, odd) for id_ in ids if id_ not in known]
    return batch


def _dc(client: Client, ids: Sequence[str], attempts: int, fields: Sequence[str]) -> Batch:
    """Search by id, histories included; a single one by GET, which says whether it is there at all."""
    if len(ids) == 1:
        params = {"fields": ",".join(fields), "expand": "changelog"}
        at = {"id": ids[0]}
        return _decoded(ids, [client.read("2/issue/{id}", msgspec.Raw, at=at, params=params, attempts=attempts)])
    found: dict[str | None, msgspec.Raw] = {}
    while True:
        before = len(found)
        # Without `validateQuery: false` one id that is gone would have the whole search refused.
        body = {
            "jql": f"id in ({', '.join(ids)}) ORDER BY id ASC",
            "fields": list(fields),
            "expand": ["changelog"],
            "startAt": before,
            "maxResults": len(ids),
            "validateQuery": False,
        }
        page = client.read("2/search", _Found, body=body, attempts=attempts)
        found |= {identify(raw): raw for raw in page.issues}
        if len(found) in (before, page.total):
            return _decoded(ids, found.values())
