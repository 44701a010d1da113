"""What an export of Jira issues shows, how a rulebook is tied to it, and how each issue is read as a ticket."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from jira_worlds import entries

from bot.core.ticket import UNKNOWN
from bot.jira.export import Export, ReadExported, bind_to_export, look_through, people_never_shown
from bot.jira.reader import Unreadable

Json = dict[str, Any]
NEW = {"id": "10001", "name": "Uus", "statusCategory": {"key": "new"}}


def account(name: str, flavour: str = "cloud") -> Json:
    if flavour == "cloud":
        return {"accountId": f"712020:{name}", "displayName": "Mari Maasikas", "active": False}
    return {"name": name, "key": f"JIRAUSER{len(name)}{name}", "displayName": "Mari Maasikas", "active": False}


def issue(number: int, flavour: str = "cloud", **fields: Any) -> Json:
    """An issue with nothing odd in it; a field given as `...` is left out."""
    whole: Json = {
        "summary": "salajane pealkiri",
        "project": {"id": "1", "key": "KKA"},
        "status": NEW,
        "priority": {"id": "3", "name": "Keskmine"},
        "assignee": account("it1", flavour),
        "reporter": account("spetsialist1", flavour),
        "created": "2026-11-16T10:00:00.000+0200",
        "updated": "2026-11-18T10:00:00.000+0200",
        "labels": [],
        "duedate": None,
        "comment": {"comments": [], "total": 0},
    }
    more = {name: fields.pop(name) for name in ("names", "schema", "changelog") if name in fields}
    shown = {name: value for name, value in (whole | fields).items() if value is not ...}
    raw = {"id": str(number), "key": f"KKA-{number}", "fields": shown, "changelog": {"histories": []}} | more
    return {name: value for name, value in raw.items() if value is not ...}


def changed(*items: Json, at: str = "2026-11-17T10:00:00.000+0200", by: Json | None = None) -> Json:
    return {"histories": [{"id": "1", "created": at, "author": by or account("it1"), "items": list(items)}]}


def item(field: str, was: tuple[str | None, str | None], now: tuple[str | None, str | None], **more: str) -> Json:
    sides = {"from": was[0], "fromString": was[1], "to": now[0], "toString": now[1]}
    return {"field": field, "fieldtype": "jira", "fieldId": field} | sides | more


def export(folder: Path, rows: Iterable[Json | bytes]) -> Export:
    path = folder / "export.jsonl"
    lines = (row if isinstance(row, bytes) else json.dumps(row, ensure_ascii=False).encode() for row in rows)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return look_through(path)


def book(flavour: str = "cloud", **sections: Any) -> Any:
    return entries(lambda name: f"712020:{name}" if flavour == "cloud" else name, **sections)


def test_an_export_shows_its_span_statuses_priorities_and_people(tmp_path: Path) -> None:
    solved = {"id": "10007", "name": "Lahendatud", "statusCategory": {"key": "indeterminate"}}
    move = item("status", ("10001", "Uus"), ("10002", "II tasemel"))
    raise_ = item("priority", ("3", "Keskmine"), ("1", "Kriitiline"))
    said = {"id": "5", "created": "2026-11-17T10:00:00.000+0200", "author": account("juht1"), "body": "saladus"}
    found = export(
        tmp_path,
        [
            issue(1, changelog=changed(move, raise_)),
            issue(2, created="2026-11-01T00:00:00.000+0200", status=solved),
            issue(3, updated="2026-11-30T23:59:59.000+0200", comment={"comments": [said], "total": 9}),
            issue(4, changelog=...),
            issue(5, changelog={"histories": [], "total": 60}),
        ],
    )
    assert (found.count, found.unread, found.left_out) == (5, [], set())
    assert {id_: (status.name, status.category) for id_, status in found.statuses.items()} == {
        "10001": ("Uus", "new"),
        "10002": ("II tasemel", "undefined"),
        "10007": ("Lahendatud", "indeterminate"),
    }
    assert {id_: named.name for id_, named in found.priorities.items()} == {"3": "Keskmine", "1": "Kriitiline"}
    assert found.people.keys() == {"712020:it1", "712020:spetsialist1", "712020:juht1"}
    assert (found.first_at, found.last_at) == (1793484000, 1796075999)
    assert (found.without_history, found.histories_cut_short, found.comments_cut_short) == (1, 1, 1)
    assert (found.projects, found.flavour) == ({"KKA": 5}, "cloud")
    assert len(list(found.sources())) == 5


ODD: dict[str, tuple[bytes, str]] = {
    "not JSON": (b"{salajane", "it is not JSON"),
    "cut off": (json.dumps(issue(9)).encode()[:-5], "it is not JSON"),
    "no issue": (b'{"salajane": 1}', "it is no issue in Jira's REST form, with id, key and fields"),
    "fields are no mapping": (b'{"id": "1", "key": "A-1", "fields": "x"}', "it is no issue"),
    "a list": (b'[{"id": "1"}]', "it is a list; write one issue a line, as jq -c '.[]' does"),
    "a page of search results": (b'{"issues": [{"id": "1"}]}', "it is a page of search results; write one issue a"),
    "a number": (b"7", "it is no issue"),
}


@pytest.mark.parametrize("what", ODD)
def test_a_line_that_holds_no_issue_is_told_by_its_number_and_left_out(tmp_path: Path, what: str) -> None:
    line, told = ODD[what]
    found = export(tmp_path, [issue(1), line, issue(2)])
    assert (found.count, found.unread_lines, found.left_out) == (2, 1, {2})
    ((number, text),) = found.unread
    assert number == 2
    assert text.startswith(told)
    assert "salajane" not in text
    assert [json.loads(raw)["key"] for raw in found.sources()] == ["KKA-1", "KKA-2"]


def test_many_lines_without_an_issue_are_all_counted_and_the_first_told(tmp_path: Path) -> None:
    found = export(tmp_path, [b"x"] * 50 + [issue(1)])
    assert (found.unread_lines, len(found.unread), found.count) == (50, 20, 1)


def test_of_an_issue_that_comes_again_the_last_counts(tmp_path: Path) -> None:
    found = export(tmp_path, [issue(1), issue(2), b"x", issue(1, labels=["later"])])
    assert (found.count, found.repeated, found.unread_lines, found.left_out) == (2, 1, 1, {1, 3})
    assert [json.loads(raw)["fields"]["labels"] for raw in found.sources()] == [[], ["later"]]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(issue(1)).encode().replace(b"salajane", b"\x01\xff"),
        json.dumps(issue(1)).encode().replace(b"salajane", b"\\ud83d"),
    ],
    ids=["a control character and a byte that is no UTF-8", "half a surrogate pair"],
)
def test_what_strict_decoders_refuse_is_read(tmp_path: Path, line: bytes) -> None:
    found = export(tmp_path, [line])
    assert (found.count, found.unread) == (1, [])
    binding, _ = bind_to_export(book(), found, None)
    assert [ReadExported(binding)(raw).key for raw in found.sources()] == ["KKA-1"]


@pytest.mark.parametrize(
    "odd",
    [
        issue(7, created=...),
        issue(7, changelog={"histories": "none"}),
        issue(7, comment={"comments": 7}),
        issue(7, labels=7),
    ],
    ids=["no creation", "a history of another form", "comments of another form", "labels of another form"],
)
def test_an_issue_that_cannot_be_read_is_told_by_its_key(tmp_path: Path, odd: Json) -> None:
    found = export(tmp_path, [odd])
    assert found.count == 1
    binding, _ = bind_to_export(book(), found, None)
    (raw,) = found.sources()
    with pytest.raises(Unreadable) as error:
        ReadExported(binding)(raw)
    assert (error.value.id, error.value.key) == ("7", "KKA-7")


OPTION = {"id": "11103", "value": "L2_JAATMED"}
SEEN: dict[str, tuple[list[Json], tuple[str, str, str]]] = {
    "by its id, an option": ([issue(1, customfield_1=OPTION)], ("customfield_1", "option", "")),
    "by its id, at first empty": (
        [issue(1, customfield_1=None), issue(2, customfield_1=OPTION)],
        ("customfield_1", "option", ""),
    ),
    "several options": ([issue(1, customfield_1=[OPTION])], ("customfield_1", "array", "option")),
    "a person": ([issue(1, customfield_1=account("it1"))], ("customfield_1", "user", "")),
    "a text": ([issue(1, customfield_1="tere")], ("customfield_1", "string", "")),
    "a date": ([issue(1, customfield_1="2026-11-16")], ("customfield_1", "date", "")),
    "a moment": ([issue(1, customfield_1="2026-11-16T10:00:00.000+0200")], ("customfield_1", "datetime", "")),
    "a number": ([issue(1, customfield_1=7.5)], ("customfield_1", "number", "")),
    "files": ([issue(1, customfield_1=[{"filename": "a"}])], ("customfield_1", "array", "attachment")),
    "by its schema": (
        [issue(1, customfield_1="a", schema={"customfield_1": {"type": "string"}, "x": {"type": "any"}})],
        ("customfield_1", "string", ""),
    ),
    "by its name in names": (
        [issue(1, customfield_1=OPTION, names={"customfield_1": "Väli"})],
        ("Väli", "option", ""),
    ),
    "by its name in a history": (
        [
            issue(1, customfield_1=OPTION),
            issue(2, changelog=changed(item("Väli", (None, None), ("1", "A"), fieldId="customfield_1"))),
        ],
        ("väli", "option", ""),
    ),
    "an option that only a history has": (
        [issue(1, changelog=changed(item("Väli", (None, None), ("1", "A"), fieldId="customfield_1")))],
        ("Väli", "option", ""),
    ),
    "a person whom only a history has": (
        [issue(1, changelog=changed(item("Väli", (None, None), ("712020:it1", "M"), fieldId="customfield_1")))],
        ("Väli", "user", ""),
    ),
}


@pytest.mark.parametrize("what", SEEN)
def test_a_field_is_found_with_its_kind(tmp_path: Path, what: str) -> None:
    rows, (written, kind, of) = SEEN[what]
    binding, missing = bind_to_export(book(fields={"queue": written}), export(tmp_path, rows), None)
    assert [finding for finding in missing if finding.path[0] == "fields"] == []
    field = binding.fields["queue"]
    assert (field.id, field.kind, field.of, field.custom) == ("customfield_1", kind, of, True)


def test_what_the_export_never_shows_matches_nothing_and_is_told(tmp_path: Path) -> None:
    found = export(tmp_path, [issue(1)])
    binding, missing = bind_to_export(book(), found, None)
    assert [finding.path[:2] for finding in missing if finding.path[0] in ("fields", "priorities")] == [
        *(("fields", word) for word in ("category", "queue", "forwarder", "delivered")),
        ("priorities", "high"),
    ]
    assert {finding.path[0] for finding in missing} == {"fields", "states", "priorities"}
    assert (binding.states, binding.priorities) == ({"10001": "new"}, {"3": "medium"})
    assert people_never_shown(book(), found) == ["koordinaator1", "juht1"]
    (raw,) = found.sources()
    ticket = ReadExported(binding)(raw)
    assert (ticket.state, ticket.priority, ticket.owner, ticket.queue) == ("new", "medium", "it1", None)


def test_a_status_that_only_histories_show_has_no_category(tmp_path: Path) -> None:
    move = item("status", ("77", "Kuskil"), ("10001", "Uus"))
    found = export(tmp_path, [issue(1, changelog=changed(move))])
    binding, _ = bind_to_export(book(), found, None)
    assert binding.states["77"] == UNKNOWN


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
@pytest.mark.parametrize(
    ("bot", "is_bot"),
    [(None, False), ("it1", True), ("juht1", False)],
)
def test_the_account_named_as_the_bots_is_the_bot(
    tmp_path: Path, flavour: str, bot: str | None, is_bot: bool
) -> None:
    who = account("robot" if is_bot else "it1", flavour)
    move = item("status", ("10001", "Uus"), ("10002", "II tasemel"))
    found = export(tmp_path, [issue(1, flavour, changelog=changed(move, by=who))])
    named = None if bot is None else (who.get("accountId") or who["name"]) if is_bot else f"{bot}x"
    binding, _ = bind_to_export(book(flavour), found, named)
    (raw,) = found.sources()
    ticket = ReadExported(binding)(raw)
    assert (found.flavour, [change.bot for change in ticket.changes]) == (flavour, [is_bot])
    assert (ticket.owner, ticket.reporter) == ("it1", "spetsialist1")


def test_a_deleted_or_inactive_person_is_still_who_they_were(tmp_path: Path) -> None:
    found = export(tmp_path, [issue(1, "dc")])
    binding, missing = bind_to_export(book("dc"), found, None)
    assert [finding for finding in missing if finding.path[0] == "people"] == []
    assert binding.people["JIRAUSER3it1"] == "it1"


def test_what_reads_can_be_sent_to_another_process_and_reads_the_same(tmp_path: Path) -> None:
    found = export(tmp_path, [issue(1), issue(2, customfield_1=OPTION)])
    binding, _ = bind_to_export(book(fields={"queue": "customfield_1"}), found, None)
    read = ReadExported(binding)
    sent: Callable[[bytes], object] = pickle.loads(pickle.dumps(read))
    assert [sent(raw) for raw in found.sources()] == [read(raw) for raw in found.sources()]
