"""From an issue's JSON, history and comments included, to the facts that rules are about."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import dateutil.parser  # type: ignore[import-untyped]
import msgspec
from jira.resilientsession import ResilientSession
from jira.resources import Issue
from measure import Row, race

from bot.core.ticket import Ticket
from bot.jira.binding import Binding
from bot.jira.reader import decode_issue, read_ticket

Json = Any
REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "jira-issues.jsonl.gz"
"""Real issues, where somebody keeps them beside the checkout."""

_OPTIONS = {"server": "https://jira.example", "context_path": "", "rest_path": "api", "rest_api_version": "2"}
_FIELDS = ("status", "priority", "assignee", "reporter", "customfield_10201", "customfield_10202")
_Dates = Callable[[str], datetime]


def real(most: int) -> list[bytes]:
    """Give the real issues' JSON, at most so many of them, none where they are not there."""
    if not REAL.is_file():
        return []
    with gzip.open(REAL) as lines:
        return list(islice(lines, most))


def readings(issues: Sequence[bytes], binding: Binding, rounds: int) -> list[Row]:
    """Time what reads all these issues; the floor only decodes their JSON."""
    session = ResilientSession()
    ways: Mapping[str, Callable[[bytes], object]] = {
        "floor: `msgspec.json.decode` to dicts": msgspec.json.decode,
        "**Piletibot, to a `Ticket`**": lambda raw: ticket(raw, binding),
        "`json.loads`": json.loads,
        "plain Python, `datetime.fromisoformat`": lambda raw: list(_plain(json.loads(raw), datetime.fromisoformat)),
        "plain Python, dateutil": lambda raw: list(_plain(json.loads(raw), dateutil.parser.isoparse)),
        "`jira` package, `Issue` objects": lambda raw: list(_objects(Issue(_OPTIONS, session, json.loads(raw)))),
    }

    def read(way: Callable[[bytes], object]) -> None:
        # Nothing is kept, so that nobody pays for the garbage collector's walks over what another kept.
        for raw in issues:
            way(raw)

    return race({name: partial(read, way) for name, way in ways.items()}, rounds)


def ticket(raw: bytes, binding: Binding) -> Ticket:
    """Read an issue as the bot does."""
    issue = decode_issue(raw)
    return read_ticket(issue, issue.histories, issue.comments.comments, binding)


def _plain(raw: Json, moment: _Dates) -> Iterator[object]:
    """Give the same facts out of dicts."""
    fields = raw["fields"]
    yield raw["id"], raw["key"], moment(fields["created"]), moment(fields["updated"])
    yield fields.get("labels"), fields.get("duedate")
    for name in _FIELDS:
        value = fields.get(name) or {}
        yield value.get("id") or value.get("accountId")
    for entry in (raw.get("changelog") or {}).get("histories", ()):
        at, who = moment(entry["created"]), (entry.get("author") or {}).get("accountId")
        for item in entry["items"]:
            yield at, who, item["field"], item.get("from"), item.get("to"), item.get("toString")
    for comment in (fields.get("comment") or {}).get("comments", ()):
        yield moment(comment["created"]), comment["id"], (comment.get("author") or {}).get("accountId")


def _objects(issue: Issue) -> Iterator[object]:
    """Give the same facts out of the package's objects."""
    fields, moment = issue.fields, dateutil.parser.isoparse
    yield issue.id, issue.key, moment(fields.created), moment(fields.updated)
    yield getattr(fields, "labels", None), getattr(fields, "duedate", None)
    for name in _FIELDS:
        value = getattr(fields, name, None)
        yield getattr(value, "id", None) or getattr(value, "accountId", None)
    for entry in getattr(getattr(issue, "changelog", None), "histories", ()):
        at, who = moment(entry.created), getattr(getattr(entry, "author", None), "accountId", None)
        for item in entry.items:
            yield at, who, item.field, getattr(item, "from", None), getattr(item, "to", None), item.toString
    for comment in getattr(getattr(fields, "comment", None), "comments", ()):
        yield moment(comment.created), comment.id, getattr(getattr(comment, "author", None), "accountId", None)
