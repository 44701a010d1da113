"""The least that brings the tickets that changed: asked for at once, decoded as structs, stored by `sqlite3`.

It knows to the millisecond since when it has to ask, trusts the index, keeps what a rule could be about and no text,
and cannot say anything about anything.
"""

from __future__ import annotations

import http.client
import sqlite3
import zlib
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from account import TOKEN, USER

FIELDS = (
    *("status", "priority", "assignee", "reporter", "created", "updated", "labels", "duedate", "security"),
    *("project", "comment", "issuelinks", "customfield_10201", "customfield_10202", "customfield_10203"),
    *("customfield_10204", "summary", "description"),
)


class _Named(msgspec.Struct):
    id: str = ""
    accountId: str | None = None  # noqa: N815 -- as Jira writes it
    name: str | None = None
    key: str | None = None
    value: str | None = None


class _Comment(msgspec.Struct):
    id: str
    created: str
    author: _Named | None = None


class _Comments(msgspec.Struct):
    comments: list[_Comment] = []
    total: int = 0


class _Item(msgspec.Struct):
    field: str
    was: str | None = msgspec.field(name="from", default=None)
    now: str | None = msgspec.field(name="to", default=None)


class _Entry(msgspec.Struct):
    id: str
    created: str
    items: list[_Item]
    author: _Named | None = None


class _Log(msgspec.Struct):
    histories: list[_Entry] = []
    total: int = 0


class _Fields(msgspec.Struct):
    updated: str
    created: str
    status: _Named
    priority: _Named | None = None
    assignee: _Named | None = None
    reporter: _Named | None = None
    labels: list[str] = []
    duedate: str | None = None
    comment: _Comments = msgspec.field(default_factory=_Comments)
    customfield_10201: _Named | None = None
    customfield_10202: _Named | None = None
    customfield_10203: _Named | None = None
    customfield_10204: str | None = None


class _Issue(msgspec.Struct):
    id: str
    key: str
    fields: _Fields
    changelog: _Log


class _Page(msgspec.Struct):
    issues: list[_Issue]
    token: str | None = msgspec.field(name="nextPageToken", default=None)
    total: int = 0


class _WholeLog(msgspec.Struct):
    id: str = msgspec.field(name="issueId")
    histories: list[_Entry] = msgspec.field(name="changeHistories", default_factory=list)


class _Logs(msgspec.Struct):
    logs: list[_WholeLog] = msgspec.field(name="issueChangeLogs")


_page, _logs = msgspec.json.Decoder(_Page), msgspec.json.Decoder(_Logs)
_encoder = msgspec.json.Encoder()
decode_one = msgspec.json.Decoder(_Issue).decode
STORED = "CREATE TABLE tickets (id TEXT PRIMARY KEY, key TEXT, updated TEXT, body BLOB)"
UPSERT = (
    "INSERT INTO tickets VALUES (?, ?, ?, ?) "
    "ON CONFLICT (id) DO UPDATE SET key = excluded.key, updated = excluded.updated, body = excluded.body"
)


_GZIP = 16 + zlib.MAX_WBITS


def row_of(issue: _Issue) -> tuple[str, str, str, bytes]:
    """What is stored of an issue."""
    return issue.id, issue.key, issue.fields.updated, _encoder.encode(issue)


class Floor:
    """One bare connection, and one table."""

    def __init__(self, url: str, flavour: str, folder: Path) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        who = b64encode(f"{USER}:{TOKEN}".encode()).decode() if flavour == "cloud" else ""
        self._headers = {
            "Authorization": f"Basic {who}" if who else f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            "Accept-Encoding": "gzip",
        }
        self._cloud = flavour == "cloud"
        self._database = sqlite3.connect(folder / "floor.db", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(STORED)
        self._since_ms = 0

    def cycle(self, now: int) -> int:
        """Fetch what changed since the last time, and store it; how many these were."""
        found = self._changed() if self._since_ms else []
        self._since_ms = now * 1000
        if found:
            self._database.execute("BEGIN")
            self._database.executemany(UPSERT, map(row_of, found))
            self._database.execute("COMMIT")
        return len(found)

    def close(self) -> None:
        """Close both."""
        self._connection.close()
        self._database.close()

    def _changed(self) -> list[_Issue]:
        jql = f'project in ("KKA") AND updated >= {self._since_ms} ORDER BY updated ASC, key ASC'
        expand = "changelog" if self._cloud else ["changelog"]
        asked: dict[str, Any] = {"jql": jql, "fields": FIELDS, "expand": expand, "maxResults": 1000}
        found: list[_Issue] = []
        while True:
            page = _page.decode(self._ask("3/search/jql" if self._cloud else "2/search", asked))
            found += page.issues
            if not page.token and (self._cloud or len(found) >= page.total):
                break
            asked |= {"nextPageToken": page.token} if self._cloud else {"startAt": len(found)}
        cut_off = [each for each in found if each.changelog.total > len(each.changelog.histories)]
        if cut_off:
            ids = [each.id for each in cut_off]
            logs = _logs.decode(self._ask("3/changelog/bulkfetch", {"issueIdsOrKeys": ids, "maxResults": 10_000}))
            whole = {log.id: log.histories for log in logs.logs}
            for each in cut_off:
                each.changelog.histories = whole[each.id]
        return found

    def _ask(self, path: str, body: dict[str, Any]) -> bytes:
        self._connection.request("POST", f"/rest/api/{path}", _encoder.encode(body), self._headers)
        answer = self._connection.getresponse()
        raw = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {raw[:200]!r}")
        return zlib.decompress(raw, _GZIP) if answer.headers.get("Content-Encoding") == "gzip" else raw
