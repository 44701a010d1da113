"""From an issue's JSON, history and comments included, to the facts that rules are about."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
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

_OPTIONS: dict[str, str] = {"server": "https://jira.example", "rest_path": "api", "rest_api_version": "2", "agile_rest_path": "agile",
            "agile_rest_api_version": "1.0", "context_path": ""}  # fmt: skip
_FIELDS = ("status", "priority", "assignee", "reporter", "customfield_10201", "customfield_10202")
_Dates = Callable[[str], datetime]


def real() -> list[bytes]:
    """Give the real issues' JSON, none where they are not there."""
    if not REAL.is_file():
        return []
    with gzip.open(REAL) as lines:
        return list(lines)


def readings(issues: Sequence[bytes], binding: Binding, rounds: int) -> list[Row]:
    """Time what reads all these issues; the floor only decodes their JSON."""
    session = ResilientSession()
    contenders: Mapping[str, Callable[[], object]] = {
        "floor: json.loads": lambda: [json.loads(raw) for raw in issues],
        "msgspec.json.decode to dicts": lambda: [msgspec.json.decode(raw) for raw in issues],
        "**Piletibot, bytes to Ticket**": lambda: tickets(issues, binding),
        "plain Python, datetime.fromisoformat": lambda: [
            list(_plain(json.loads(raw), datetime.fromisoformat)) for raw in issues
        ],
        "plain Python, dateutil": lambda: [list(_plain(json.loads(raw), dateutil.parser.isoparse)) for raw in issues],
        "jira package, Issue objects": lambda: [
            list(_objects(Issue(_OPTIONS, session, json.loads(raw)))) for raw in issues
        ],
    }
    return race(contenders, rounds)


def tickets(issues: Sequence[bytes], binding: Binding) -> list[Ticket]:
    """Read issues as the bot does."""
    decoded = [decode_issue(raw) for raw in issues]
    return [read_ticket(each, each.histories, each.comments.comments, binding) for each in decoded]


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
