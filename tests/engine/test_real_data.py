"""Real tickets and every known oddity: loaded into the sandbox, polled, mirrored and judged, in both flavours."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from desks import MINUTE, Bot, Desk, shipped

from bot.core.history import turns
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket
from bot.rulefiles import load_rulebook
from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import staff
from bot.sandbox.inprocess import InProcess
from bot.sandbox.loading import load

RULES = Path(__file__).resolve().parents[1] / "data" / "realdata_rulebook"
REAL = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "jira-issues.jsonl.gz"
NOW = 1_767_000_000  # after the last of them was updated
Json = dict[str, Any]


@cache
def realdata() -> Rulebook:
    """The rulebook for these tickets."""
    messages = shipped().messages
    return load_rulebook(
        RULES, site="real", messages={name: messages.required_values(name) for name in messages.names()}
    )


@contextmanager
def desk_with(flavour: str, lines: Sequence[str]) -> Iterator[tuple[Desk, Bot]]:
    """A Jira that holds these issues, and a bot on it."""
    clock = Clock(NOW * 1000)
    world = staff(flavour, clock)
    assert load(world, lines) == len(lines)
    site = Site(world)
    desk = Desk(world, site, clock, "http://jira.test", InProcess(site))
    entries = realdata().entries.model_copy(update={"projects": tuple(world.projects)})
    with desk.bot(book=replace(realdata(), entries=entries)) as bot:
        yield desk, bot


# The real ones


@pytest.fixture(scope="module")
def real_lines() -> list[str]:
    if not REAL.is_file():
        pytest.skip("../shared is not beside this checkout, and with it the real tickets")
    with gzip.open(REAL, "rt", encoding="utf-8") as lines:
        return [line for line in lines if line.strip()]


def test_real_tickets_are_all_mirrored_and_judged(real_lines: list[str], flavour: str) -> None:
    with desk_with(flavour, real_lines) as (desk, bot):
        writes_before = len(desk.said())
        report = bot.cycle()
        assert (report.troubles, report.unreachable) == ([], None)
        assert (report.changed, report.judged) == (len(real_lines), len(real_lines))
        store = bot.engine.store
        assert store.count() == len(real_lines) == 2114
        assert store.all_seen().keys() == {json.loads(line)["id"] for line in real_lines}
        tickets = {ticket.id: ticket for ticket in store.open_tickets()}
        assert len(tickets) == 2114
        kept = {
            "comments": sum(len(ticket.messages) for ticket in tickets.values()),
            "state changes": sum(change.field == "state" for t in tickets.values() for change in t.changes),
        }
        assert kept == {
            "comments": sum(len(issue.comments) for issue in desk.world.issues.values()),
            "state changes": sum(
                item["field"] == "status"
                for issue in desk.world.issues.values()
                for entry in issue.histories
                for item in entry.items
            ),
        }
        assert report.observed > 1000, "open ones stand still, closed ones never reached the customer"
        assert (report.said, len(desk.said())) == ([], writes_before)
        assert {method for method, _, _ in desk.site.requests} <= {"GET", "POST"}
        pages, reads = {"cloud": (1, 22), "dc": (3, 22)}[flavour]
        asked = Counter(method for method, _, _ in desk.site.requests.elements())
        long = sum(len(issue.comments) > 20 for issue in desk.world.issues.values())
        cut_off = sum(len(issue.histories) >= 40 for issue in desk.world.issues.values()) if flavour == "cloud" else 0
        histories = asked["POST"] - pages - reads
        assert min(cut_off, 1) <= histories <= cut_off, "histories that were cut off come together, and no others"
        apart = {path for method, path, _ in desk.site.requests if method == "GET"}
        assert len(apart) == (long if flavour == "cloud" else 0), "comment lists that were cut off, and no others"
        assert not [path for method, path, _ in desk.site.requests if method == "POST" and "/comment" in path]

        before = bot.counts()
        again = bot.cycle(MINUTE)
        assert (again.changed, again.observed, bot.since(before)) == (0, 0, (1, 1))
        swept = bot.cycle(30 * MINUTE)
        assert (swept.changed, swept.gone, swept.judged) == (0, 0, 0)


# Every known oddity, invented


def issue(number: int, **fields: Any) -> Json:
    """An issue with nothing odd in it; a field given as `...` is left out."""
    status = {"id": "3", "name": "Doing", "statusCategory": {"key": "indeterminate"}}
    whole: Json = {
        "summary": "s",
        "description": "d",
        "project": {"id": "1", "key": "REP", "name": "Rep"},
        "issuetype": {"id": "1", "name": "Task"},
        "status": status,
        "priority": {"id": "3", "name": "Medium"},
        "assignee": person("a"),
        "reporter": person("r"),
        "created": "2024-03-01T10:00:00.000+0200",
        "updated": "2024-06-01T10:00:00.000+0300",
        "labels": [],
        "comment": {"comments": [], "total": 0},
    }
    changelog = fields.pop("changelog", [])
    whole = {name: value for name, value in (whole | fields).items() if value is not ...}
    return {"id": str(number), "key": f"REP-{number}", "fields": whole, "changelog": {"histories": changelog}}


def person(name: str) -> Json:
    return {"accountId": f"id-{name}", "name": name, "key": name, "displayName": name}


def entry(number: int, at: str, *changes: tuple[str, str | None, str | None]) -> Json:
    items = [
        {"field": f, "fieldId": f, "from": was, "fromString": was, "to": now, "toString": now}
        for f, was, now in changes
    ]
    return {"id": str(number), "created": at, "author": person("a"), "items": items}


def comment(number: int, at: str, **more: Any) -> Json:
    said = {"id": str(number), "created": at, "updated": at, "author": person("a"), "body": "b"} | more
    return {name: value for name, value in said.items() if value is not ...}


def comments(*listed: Json, total: int | None = None) -> Json:
    return {"comments": list(listed), "total": len(listed) if total is None else total}


DONE = {"id": "6", "name": "Done", "statusCategory": {"key": "done"}}
NEW = {"id": "1", "name": "New", "statusCategory": {"key": "new"}}
DONE_AT = "2024-05-01T10:00:00.000+0300"

ODDITIES: dict[str, tuple[Json, Callable[[Ticket], object], object]] = {
    "two histories within one second": (
        issue(
            1,
            changelog=[
                entry(11, "2024-05-01T10:00:00.100+0300", ("status", "1", "6")),
                entry(12, "2024-05-01T10:00:00.900+0300", ("status", "6", "3")),
            ],
        ),
        lambda t: [(c.was, c.now) for c in t.changes],
        [("new", "closed"), ("closed", "in-work")],
    ),
    "priority missing": (issue(2, priority=...), lambda t: t.priority, None),
    "priority null": (issue(3, priority=None), lambda t: t.priority, None),
    "histories across a change to summer time": (
        issue(
            4,
            changelog=[
                entry(41, "2024-03-31T02:59:59.000+0200", ("status", "1", "3")),
                entry(42, "2024-03-31T04:00:00.000+0300", ("assignee", "id-a", "id-r")),
            ],
        ),
        lambda t: [c.at for c in t.changes],
        [1711846799, 1711846800],
    ),
    "resolved though not done": (
        issue(5, resolutiondate=DONE_AT),
        standing := lambda t: situation(t).standing,
        "open",
    ),
    "done though not resolved": (issue(6, status=DONE, resolutiondate=None), standing, "closed"),
    "more comments than are listed": (
        issue(7, comment=comments(comment(71, DONE_AT), total=9)),
        lambda t: len(t.messages),
        1,
    ),
    "no assignee": (issue(8, assignee=None), lambda t: t.owner, None),
    "no reporter": (issue(9, reporter=None), lambda t: t.reporter, None),
    "a comment without a body": (
        issue(10, comment=comments(comment(101, DONE_AT, body=...))),
        known := lambda t: [m.who is not None for m in t.messages],
        [True],
    ),
    "a comment without an author": (issue(11, comment=comments(comment(111, DONE_AT, author=...))), known, [False]),
    "a comment older than the ticket": (
        issue(12, comment=comments(comment(121, "2020-01-01T10:00:00.000+0200"))),
        lambda t: [turn.at >= t.created_at for turn in turns(t, realdata())],
        [True, True],
    ),
    "reopened": (
        issue(
            13,
            changelog=[
                entry(131, "2024-05-01T10:00:00.000+0300", ("status", "1", "6")),
                entry(132, "2024-05-03T10:00:00.000+0300", ("status", "6", "3")),
            ],
        ),
        standing,
        "open",
    ),
    "the due date moved": (
        issue(
            14,
            duedate="2024-05-20",
            changelog=[entry(141, DONE_AT, ("duedate", "2024-05-10", "2024-05-20"))],
        ),
        lambda t: (t.due_at, [(c.was, c.now) for c in t.changes]),
        (1716163200, [("2024-05-10", "2024-05-20")]),
    ),
    "the due date before creation": (issue(15, duedate="2020-01-01"), lambda t: t.due_at, 1577836800),
    "no description": (issue(16, description=...), lambda t: t.key, "REP-16"),
    "no summary": (issue(17, summary=...), lambda t: t.key, "REP-17"),
    "a history with no items": (issue(18, changelog=[entry(181, DONE_AT)]), lambda t: t.changes, ()),
    "a status chain that does not join up": (
        issue(
            19,
            changelog=[
                entry(191, "2024-04-01T10:00:00.000+0300", ("status", "1", "3")),
                entry(192, "2024-05-01T10:00:00.000+0300", ("status", "6", "1")),
            ],
        ),
        lambda t: [turn.after.state for turn in turns(t, realdata())],
        ["new", "in-work", "in-work"],  # the last change made it what it is now
    ),
    "control and zero-width characters": (
        issue(
            20, summary="\u0000\u0007\ufffd\u200b", comment=comments(comment(201, DONE_AT, body="\u0000\ufffd\u200d"))
        ),
        lambda t: len(t.messages),
        1,
    ),
    "seventy comments": (
        issue(21, comment=comments(*(comment(2100 + n, DONE_AT) for n in range(70)))),
        lambda t: len(t.messages),
        70,
    ),
    "an unknown status category": (
        issue(22, status={"id": "99", "name": "?", "statusCategory": {"key": "undefined"}}),
        standing,
        "unknown",
    ),
}


def situation(ticket: Ticket) -> Any:
    return turns(ticket, realdata())[-1].after


@pytest.fixture(scope="module", params=["cloud", "dc"])
def odd(request: pytest.FixtureRequest) -> Iterator[tuple[Desk, Bot]]:
    """A bot that has run a cycle on a Jira that holds one ticket of each oddity."""
    rows = [raw for raw, _, _ in ODDITIES.values()] + [issue(50, status=NEW), issue(51, status=DONE)]
    with desk_with(request.param, [json.dumps(raw) for raw in rows]) as (desk, bot):
        report = bot.cycle()
        assert (report.troubles, report.changed, report.judged) == ([], len(rows), len(rows))
        yield desk, bot


@pytest.mark.parametrize("what", ODDITIES)
def test_each_oddity_is_mirrored_as_it_is(odd: tuple[Desk, Bot], what: str) -> None:
    raw, read, expected = ODDITIES[what]
    (ticket,) = odd[1].engine.store.tickets([raw["id"]])
    assert read(ticket) == expected


@pytest.mark.parametrize("what", ODDITIES)
def test_each_oddity_is_judged(odd: tuple[Desk, Bot], what: str) -> None:
    rows = [row for row in odd[1].engine.store.ledger() if row.ticket_id == ODDITIES[what][0]["id"]]
    expected = {"unknown": [], "closed": ["closure/tell"], "open": ["no-movement/tell"]}
    (ticket,) = odd[1].engine.store.tickets([ODDITIES[what][0]["id"]])
    assert [f"{row.rule}/{row.rung}" for row in rows] == expected[situation(ticket).standing]
    assert all(row.state == "observed" for row in rows)
