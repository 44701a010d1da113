"""Which tickets changed: nothing skipped, however Jira pages, compares or forgets its tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import responses
from jira_canned import URL
from jira_worlds import START_MS, Sandboxed, at_canned, client_of, connected_in_process
from requests import PreparedRequest

from bot.engine.tracker import Denied, Stamp, Unreachable
from bot.jira import search
from bot.jira.catalogue import Flavour
from bot.jira.search import Whole, changed, quoted
from bot.sandbox import acts

Json = Any
Answer = tuple[int, dict[str, str], str]


def row(number: int, ms: int) -> Json:
    return {"id": str(number), "key": f"KKA-{number}", "fields": {"updated": START_MS + ms}}


def ids(flavour: Flavour, since_ms: int | None = None) -> list[int]:
    return [int(stamp.id) for stamp in changed(client_of(URL, flavour), flavour, ["KKA"], since_ms, {})]


def answer_with(mock: responses.RequestsMock, path: str, answer: Callable[[Json], Json]) -> list[Json]:
    """Answer searches from their JSON body; a bare status is answered as it is. Returns the bodies asked."""
    asked: list[Json] = []

    def respond(request: PreparedRequest) -> Answer:
        body = json.loads(request.body or "")
        asked.append(body)
        assert len(asked) < 50, "it goes on for ever"
        found = answer(body)
        return (found, {}, "{}") if isinstance(found, int) else (200, {}, json.dumps(found))

    mock.add_callback("POST", f"{URL}/rest/api/{path}", callback=respond)
    return asked


def since(body: Json) -> int:
    found = re.search(r"updated >= (\d+)", body["jql"])
    return int(found[1]) - START_MS if found else 0


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
@pytest.mark.parametrize(
    ("since_ms", "jql"),
    [
        (None, 'project in ("KKA", "A\\"B") ORDER BY updated ASC, key ASC'),
        (5, 'project in ("KKA", "A\\"B") AND updated >= 5 ORDER BY updated ASC, key ASC'),
    ],
)
def test_only_what_is_needed_is_asked(
    mock: responses.RequestsMock, flavour: Flavour, since_ms: int | None, jql: str
) -> None:
    path = "3/search/jql" if flavour == "cloud" else "2/search"
    asked = answer_with(mock, path, lambda body: {"issues": [], "total": 0})
    assert list(changed(client_of(URL, flavour), flavour, ["KKA", 'A"B'], since_ms, {})) == []
    (body,) = asked
    assert (body["jql"], body["fields"]) == (jql, ["key", "updated"])
    assert body.keys() == {"jql", "fields", "maxResults"} | ({"startAt"} if flavour == "dc" else set())


def test_quoting() -> None:
    assert quoted('a"b\\c') == '"a\\"b\\\\c"'


ENDINGS: list[Json] = [{}, {"isLast": True}, {"nextPageToken": None}, {"nextPageToken": "x", "isLast": True}]


@pytest.mark.parametrize("ending", ENDINGS)
def test_cloud_pages_end_however_the_last_one_says_so(mock: responses.RequestsMock, ending: Json) -> None:
    pages: list[Json] = [
        {"issues": [row(1, 10), row(2, 20)], "nextPageToken": "t1", "isLast": False},
        {"issues": [], "nextPageToken": "t2"},  # a page may be empty and yet not the last
        {"issues": [row(2, 20), row(3, 30)]} | ending,  # and may bring again what was there
    ]
    asked = answer_with(mock, "3/search/jql", lambda body: pages.pop(0))
    assert ids("cloud") == [1, 2, 3]
    assert [body.get("nextPageToken") for body in asked] == [None, "t1", "t2"]


@pytest.mark.parametrize("broken", ["expired", "repeated"])
def test_a_token_that_fails_is_followed_by_a_new_search_from_the_last_stamp(
    mock: responses.RequestsMock, broken: str
) -> None:
    rows = [row(number, number * 10) for number in range(1, 6)]

    def answer(body: Json) -> Json:
        if body.get("nextPageToken"):
            return 400 if broken == "expired" else {"issues": [], "nextPageToken": body["nextPageToken"]}
        left = [each for each in rows if each["fields"]["updated"] - START_MS >= since(body)]
        more = {"nextPageToken": f"from {since(body)}"} if len(left) > 2 else {}
        return {"issues": left[:2], **more}

    asked = answer_with(mock, "3/search/jql", answer)
    assert ids("cloud") == [1, 2, 3, 4, 5]
    assert [since(body) for body in asked if "nextPageToken" not in body] == [0, 20, 30, 40]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (lambda body: 400, Denied),  # a project that is gone, or not to be seen any more
        (lambda body: 400 if body.get("nextPageToken") else {"issues": [], "nextPageToken": "t"}, Unreachable),
        (lambda body: {"issues": [], "nextPageToken": "t"}, Unreachable),
        (lambda body: {"errorMessages": []}, Unreachable),
    ],
)
def test_a_search_that_gets_nowhere_ends(
    mock: responses.RequestsMock, answer: Callable[[Json], Json], error: type[Exception]
) -> None:
    answer_with(mock, "3/search/jql", answer)
    with pytest.raises(error):
        ids("cloud", START_MS)


@pytest.mark.parametrize("grain_ms", [1, 60_000])
@pytest.mark.parametrize("cap", [2, 3, 1000])
@pytest.mark.parametrize(
    "stamps",
    [
        [],
        [60_000],
        [60_001, 60_002, 60_003, 60_004, 60_005, 60_006, 60_007, 61_000],  # within one minute
        [60_000] * 9,  # within one millisecond
        [60_000, 60_000, 60_000, 125_000, 125_000, 130_000, 200_000, 300_000, 300_000, 300_000],
    ],
)
def test_data_center_is_paged_by_stamps(
    mock: responses.RequestsMock, grain_ms: int, cap: int, stamps: list[int]
) -> None:
    """An index may compare milliseconds or only minutes, and cap its pages as it likes."""
    rows = [row(number, ms) for number, ms in enumerate(stamps)]

    def answer(body: Json) -> Json:
        floor = since(body) // grain_ms * grain_ms
        matching = [each for each in rows if each["fields"]["updated"] - START_MS >= floor]
        size = min(cap, body["maxResults"])
        page = matching[body["startAt"] : body["startAt"] + size]
        return {"issues": page, "total": len(matching), "maxResults": size, "startAt": body["startAt"]}

    asked = answer_with(mock, "2/search", answer)
    assert ids("dc", START_MS + 60_000) == list(range(len(stamps)))
    crowd = max((stamps.count(ms) if grain_ms == 1 else len(stamps) for ms in stamps), default=0)
    assert max(body["startAt"] for body in asked) <= crowd


KNOBS = [{}, {"page_cap": 3}, {"page_cap": 3, "doubled": True}, {"page_cap": 1}]


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
@pytest.mark.parametrize("knobs", KNOBS)
def test_the_sandbox_is_read_to_the_end(flavour: Any, knobs: Json) -> None:
    sandboxed = connected_in_process(flavour)
    opened = []
    for i in range(10):
        opened.append(sandboxed.open("spetsialist1"))
        sandboxed.tick(0 if i % 3 else 40_000)
    for name, value in knobs.items():
        setattr(sandboxed.site.faults, name, value)
    stamps = list(sandboxed.tracker.changed(None))
    assert [stamp.id for stamp in stamps] == opened
    assert [stamp.id for stamp in sandboxed.tracker.changed(stamps[4].updated_ms)] == opened[4:]


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_nothing_changed_is_one_request(flavour: Any) -> None:
    sandboxed = connected_in_process(flavour)
    for _ in range(5):
        sandboxed.open("spetsialist1")
    sandboxed.site.requests.clear()
    overlap = list(sandboxed.tracker.changed(START_MS))
    assert overlap[0] == Stamp("10000", "KKA-1", START_MS)
    assert sandboxed.site.requests.total() == 1


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
@pytest.mark.parametrize(
    ("changed", "known", "entries", "requests"),
    [
        (1, 5, 2, (1, 1)),
        (30, 100, 2, (1, 1)),
        (30, 100, 38, (1, 1)),
        (30, 100, 39, (2, 1)),
        (30, 100, 50, (2, 1)),
        (130, 9, 2, (2, 2)),
        (3, 1001, 2, (2, 3)),
    ],
)
def test_what_changed_takes_one_search_and_one_for_all_histories_that_are_cut_off(
    flavour: Any, changed: int, known: int, entries: int, requests: tuple[int, int]
) -> None:
    sandboxed = connected_in_process(flavour)
    opened = [sandboxed.open("spetsialist1") for _ in range(changed)]
    stamps = {str(number): START_MS + number for number in range(1, known + 1)} | {"0": START_MS + 10_000}
    for id_ in stamps:
        issue = sandboxed.world.find(opened[0])
        assert issue is not None
        sandboxed.world.issues[int(id_)] = replace(issue, id=int(id_), key=f"KKA-1{id_}", updated_ms=stamps[id_])
    for turn in range(entries):
        sandboxed.change(opened[0], "it1", state=("at-tier-2", "solved")[turn % 2])
    sandboxed.tick(10_000)
    for id_ in opened:
        sandboxed.change(id_, "it1", queue="it")
        sandboxed.tick(10)
    sandboxed.asked()
    found = list(sandboxed.tracker.changed(START_MS, stamps))
    came = {stamp.id: stamp.came for stamp in found if stamp.id in opened}
    reading = sandboxed.tracker.read(opened, came)
    assert [ticket.id for ticket in reading.tickets] == opened
    assert [len(ticket.changes) for ticket in reading.tickets[:2]] == [entries + 1, 1][:changed]
    assert sandboxed.asked() == requests[flavour == "dc"]
    assert len(stamps) == (0 if known > 1000 else known + 1)


@pytest.mark.parametrize("status", [400, 0])
def test_a_search_that_names_what_is_gone_is_not_trusted(mock: responses.RequestsMock, status: int) -> None:
    """Jira refuses a search that names an id that is gone, or finds nothing by it."""
    known = {"1": START_MS, "2": START_MS + 9000}
    rows = [row(2, 9000), row(3, 500)]
    asked = answer_with(
        mock, "3/search/jql", lambda body: {"issues": rows} if "NOT" not in body["jql"] else status or {"issues": []}
    )
    whole = Whole(("status", "updated"), known)
    found = list(search.changed(client_of(URL, "cloud"), "cloud", ["KKA"], START_MS, {}, whole=whole))
    assert [(stamp.id, stamp.came) for stamp in found] == [("2", None), ("3", None)]
    assert [body["fields"] for body in asked] == [["status", "updated"], ["key", "updated"]]
    assert known == {}


def test_after_a_poll_that_brought_much_all_that_is_known_is_left_out(mock: responses.RequestsMock) -> None:
    tracker, most = at_canned("cloud"), 50
    rows = [[row(n, n) for n in range(most)], [row(7, 7)], [row(7, 7)], [], [row(7, 7)]]
    asked = answer_with(mock, "3/search/jql", lambda body: {"issues": rows[len(asked) - 1]})
    for _ in range(4):
        list(tracker.changed(START_MS, {"1": START_MS + 1, "2": START_MS + 2}))
    named = [re.findall(r"in \(([0-9, ]+)\)", body["jql"]) for body in asked]
    assert named == [["1"], ["1, 2"], ["1"], ["1"], []], "and a search without rows is made again for stamps alone"


def test_where_whole_tickets_fail_stamps_alone_are_asked_for_a_while(mock: responses.RequestsMock) -> None:
    tracker = at_canned("cloud")
    asked = answer_with(mock, "3/search/jql", lambda body: 500 if "expand" in body else {"issues": [row(2, 0)]})
    known = {"1": START_MS, "2": START_MS + 9000}
    with pytest.raises(Unreachable):
        list(tracker.changed(START_MS, known))
    assert [stamp.id for stamp in tracker.changed(START_MS, known)] == ["2"]
    assert ("expand" in asked[-1], known) == (False, {})


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_a_moved_ticket_keeps_its_id_and_leaves_the_project(flavour: Any) -> None:
    sandboxed = connected_in_process(flavour)
    id_ = sandboxed.open("spetsialist1")
    _move(sandboxed, id_)
    assert list(sandboxed.tracker.changed(START_MS)) == []
    (ticket,) = sandboxed.tracker.read([id_]).tickets
    assert (ticket.id, ticket.key, ticket.project) == (id_, "ARH-1", "ARH")


def _move(sandboxed: Sandboxed, id_: str) -> None:
    found = sandboxed.world.find(id_)
    assert found is not None
    acts.move(sandboxed.world, found, sandboxed.person("koordinaator1"), sandboxed.world.projects["ARH"])
