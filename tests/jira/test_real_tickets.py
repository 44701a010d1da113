"""The real tickets beside the checkout, read as they are: none is lost, and each known oddity comes out as facts."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jira_worlds import entries

from bot.core.ticket import Ticket
from bot.jira.binding import Binding, bind
from bot.jira.catalogue import Catalogue, Named, Status, User
from bot.jira.reader import decode_issue, moment_ms, read_ticket

EXPORT = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "jira-issues.jsonl.gz"
Json = Any


def _read(shown: Json, bound: Binding) -> Ticket:
    found = decode_issue(json.dumps(shown).encode())
    return read_ticket(found, found.histories, found.comments.comments, bound)


@cache
def exported() -> tuple[tuple[Json, Ticket], ...]:
    """The real tickets, raw and read by a rulebook that knows their statuses by category alone."""
    if not EXPORT.is_file():
        pytest.skip("../shared is not beside the checkout")
    with gzip.open(EXPORT, "rt", encoding="utf-8") as lines:
        raw = [json.loads(line) for line in lines]
    statuses = {each["fields"]["status"]["id"]: each["fields"]["status"] for each in raw}
    catalogue = Catalogue(
        flavour="cloud",
        me=User(account_id="nobody"),
        statuses=tuple(Status(id_, "", each["statusCategory"]["key"]) for id_, each in statuses.items()),
        priorities=tuple(Named(str(i)) for i in range(1, 7)),
        projects=(Named("KKA"),),
    )
    state = {"name": {"en": "x"}, "standing": "open", "ball": "tier 1"}
    states = [state | {"state": key, "category": key} for key in ("new", "indeterminate", "done")]
    priorities = {f"p{i}": str(i) for i in range(1, 7)}
    bound = bind(entries(str, fields={}, people=[], priorities=priorities, states=states), catalogue)
    assert isinstance(bound, Binding), bound
    return tuple((each, _read(each, bound)) for each in raw)


def histories(raw: Json) -> list[Json]:
    return [*raw.get("changelog", {}).get("histories", [])]


def comments(raw: Json) -> list[Json]:
    return [*raw["fields"].get("comment", {}).get("comments", [])]


def items(raw: Json, field: str) -> int:
    return sum(item["field"] == field for entry in histories(raw) for item in entry["items"])


def seconds(raw: Json) -> Counter[int]:
    return Counter((moment_ms(entry["created"]) or 0) // 1000 for entry in histories(raw))


def done(raw: Json) -> bool:
    return bool(raw["fields"]["status"]["statusCategory"]["key"] == "done")


Told = Callable[[Json], Any]
Shown = Callable[[Json, Ticket], bool]
REAL: dict[str, tuple[Told, Shown]] = {
    "two histories within one second": (
        lambda raw: max(seconds(raw).values(), default=0) > 1,
        lambda raw, ticket: [c.at for c in ticket.changes] == sorted(c.at for c in ticket.changes),
    ),
    "priority missing": (lambda raw: "priority" not in raw["fields"], lambda raw, ticket: ticket.priority is None),
    "priority null": (
        lambda raw: raw["fields"].get("priority", 0) is None,
        lambda raw, ticket: ticket.priority is None,
    ),
    "histories across a change of summer time": (
        lambda raw: len({entry["created"][-5:] for entry in histories(raw)}) > 1,
        lambda raw, ticket: len([c for c in ticket.changes if c.field == "state"]) == items(raw, "status"),
    ),
    "resolved though not done": (
        lambda raw: raw["fields"].get("resolutiondate") and not done(raw),
        lambda raw, ticket: ticket.state != "done",
    ),
    "done though not resolved": (
        lambda raw: done(raw) and not raw["fields"].get("resolutiondate"),
        lambda raw, ticket: ticket.state == "done",
    ),
    "more comments than listed": (
        lambda raw: raw["fields"].get("comment", {}).get("total", 0) > len(comments(raw)),
        lambda raw, ticket: len(ticket.messages) == len(comments(raw)),
    ),
    "no assignee": (lambda raw: raw["fields"]["assignee"] is None, lambda raw, ticket: ticket.owner is None),
    "no reporter": (lambda raw: not raw["fields"].get("reporter"), lambda raw, ticket: ticket.reporter is None),
    "a comment without body": (
        lambda raw: any("body" not in each for each in comments(raw)),
        lambda raw, ticket: len(ticket.messages) == len(comments(raw)),
    ),
    "a comment without author": (
        lambda raw: any("author" not in each for each in comments(raw)),
        lambda raw, ticket: any(message.who is None for message in ticket.messages),
    ),
    "a comment older than the ticket": (
        lambda raw: any((moment_ms(c["created"]) or 0) < (moment_ms(raw["fields"]["created"]) or 0)
                        for c in comments(raw)),
        lambda raw, ticket: ticket.messages[0].at < ticket.created_at,
    ),
    "due date moved": (
        lambda raw: items(raw, "duedate") > 1,
        lambda raw, ticket: len([c for c in ticket.changes if c.field == "due"]) == items(raw, "duedate"),
    ),
    "description missing": (
        lambda raw: "description" not in raw["fields"],
        lambda raw, ticket: ticket.key == raw["key"],
    ),
    "summary missing": (lambda raw: "summary" not in raw["fields"], lambda raw, ticket: ticket.key == raw["key"]),
    "a history with no items": (
        lambda raw: any(not entry["items"] for entry in histories(raw)),
        lambda raw, ticket: len([c for c in ticket.changes if c.field == "state"]) == items(raw, "status"),
    ),
    "control, replacement and zero-width characters": (
        lambda raw: any(ch in json.dumps(raw, ensure_ascii=False) for ch in ("\\u0000", "\ufffd", "\u200b")),
        lambda raw, ticket: ticket.key == raw["key"],
    ),
    "sixty and more comments": (lambda raw: len(comments(raw)) >= 60, lambda raw, ticket: len(ticket.messages) >= 60),
}  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize("oddity", REAL)
def test_real_tickets_with_oddities(oddity: str) -> None:
    told, shown = REAL[oddity]
    found = [(raw, ticket) for raw, ticket in exported() if told(raw)]
    assert found
    assert [raw["key"] for raw, ticket in found if not shown(raw, ticket)] == []


@pytest.mark.shared
def test_every_real_ticket_is_read() -> None:
    assert len(exported()) == 2114
    for raw, ticket in exported():
        assert (ticket.id, ticket.key) == (raw["id"], raw["key"])
        assert (ticket.created_at * 1000, ticket.updated_ms) == (
            (moment_ms(raw["fields"]["created"]) or 0) // 1000 * 1000,
            moment_ms(raw["fields"]["updated"]),
        )
        assert len(ticket.messages) == len({each["id"] for each in comments(raw)})
