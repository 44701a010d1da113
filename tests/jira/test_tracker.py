"""What the tracker reads, from the sandbox and from answers that the sandbox does not give."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
import responses
from jira_canned import URL
from jira_worlds import FIELD_IDS, START_MS, Sandboxed, at_canned, client_of, connected_in_process, entries
from requests import PreparedRequest
from structlog.testing import capture_logs

from bot.core.doc import Doc, Mention, Paragraph, Text
from bot.core.entries import PatternEntry
from bot.core.findings import Finding
from bot.core.ticket import UNKNOWN
from bot.engine.tracker import Denied, Throttled, Unreachable
from bot.jira.tracker import JiraTracker, connect
from bot.sandbox import acts
from bot.sandbox.faults import Fault
from bot.sandbox.inprocess import InProcess

DOC = Doc((Paragraph((Text("Tere, "), Mention("spetsialist1"))),))
API = f"{URL}/rest/api"
FLAVOURS = pytest.mark.parametrize("flavour", ["cloud", "dc"])
Json = Any


@pytest.mark.parametrize(
    ("flavour", "tickets", "requests"),
    [
        ("cloud", 0, 0),
        ("cloud", 1, 1),
        ("cloud", 100, 1),
        ("cloud", 101, 2),
        ("dc", 1, 1),
        ("dc", 100, 1),
        ("dc", 250, 3),
    ],
)
def test_reading_takes_as_many_requests_as_it_must(flavour: Any, tickets: int, requests: int) -> None:
    sandboxed = connected_in_process(flavour)
    opened = [sandboxed.open("spetsialist1") for _ in range(tickets)]
    sandboxed.asked()
    reading = sandboxed.tracker.read([*opened, *opened])
    assert [ticket.id for ticket in reading.tickets] == opened
    assert sandboxed.asked() == requests


@FLAVOURS
@pytest.mark.parametrize("doubled", [False, True])
def test_short_and_doubled_pages_are_read_to_the_end(flavour: Any, doubled: bool) -> None:
    sandboxed = connected_in_process(flavour)
    opened = [sandboxed.open("spetsialist1") for _ in range(7)]
    for id_ in opened:
        for state in ("at-tier-2", "solved", "closed"):
            sandboxed.tick(1000)
            sandboxed.change(id_, "it1", state=state)
        for _ in range(25):
            sandboxed.write(id_, "it1")
    sandboxed.site.faults.page_cap, sandboxed.site.faults.doubled = 2, doubled
    reading = sandboxed.tracker.read(opened)
    assert [ticket.id for ticket in reading.tickets] == opened
    assert (reading.missing, reading.troubles) == ((), ())
    for ticket in reading.tickets:
        assert [c.now for c in ticket.changes if c.field == "state"] == ["at-tier-2", "solved", "closed"]
        assert len(ticket.messages) == 25


@FLAVOURS
def test_a_long_history_is_read_whole(flavour: Any) -> None:
    sandboxed = connected_in_process(flavour)
    id_ = sandboxed.open("spetsialist1")
    for i in range(130):  # Cloud gives 40 with a search
        sandboxed.tick(1000)
        sandboxed.change(id_, "it1", state="at-tier-2" if i % 2 else "new" if i else "solved")
    (ticket,) = sandboxed.tracker.read([id_]).tickets
    assert [change.at for change in ticket.changes] == [START_MS // 1000 + i + 1 for i in range(130)]


@FLAVOURS
def test_one_id_that_is_gone_costs_the_others_nothing(flavour: Any) -> None:
    sandboxed = connected_in_process(flavour)
    opened = [sandboxed.open("spetsialist1") for _ in range(64)]
    sandboxed.remove(opened[17])
    sandboxed.asked()
    reading = sandboxed.tracker.read(opened)
    assert [ticket.id for ticket in reading.tickets] == opened[:17] + opened[18:]
    assert reading.missing == (opened[17],)
    assert reading.troubles == ()
    assert sandboxed.asked() <= 14


@pytest.mark.parametrize("odd", ["", "abc", "1) OR project = ARH", "٣", "-1"])
@FLAVOURS
def test_what_is_no_id_is_missing_and_never_sent(flavour: Any, odd: str) -> None:
    sandboxed = connected_in_process(flavour)
    id_ = sandboxed.open("spetsialist1")
    sandboxed.asked()
    assert sandboxed.tracker.read([odd]).missing == (odd,)
    assert sandboxed.asked() == 0
    assert sandboxed.tracker.read([odd, id_]).missing == (odd,)


GOOD = {"id": "1", "key": "KKA-1", "fields": {"created": "2026-11-16T10:00:00.000+0200"}}
ODD = {"id": "2", "key": "KKA-2", "fields": {"created": "Mari Mets"}}


def cloud_answers(mock: responses.RequestsMock, issues: list[Json], **more: Json) -> None:
    mock.add("POST", f"{API}/3/issue/bulkfetch", json={"issues": issues, **more})
    mock.add("POST", f"{API}/3/changelog/bulkfetch", json={"issueChangeLogs": []})


def test_an_odd_ticket_is_told_and_the_others_are_read(mock: responses.RequestsMock) -> None:
    cloud_answers(mock, [GOOD, ODD], issueErrors=[{"id": "4", "errorMessage": "Mari Mets"}])
    reading = at_canned("cloud").read(["1", "2", "3", "4"])
    assert [ticket.id for ticket in reading.tickets] == ["1"]
    assert sorted(trouble.ticket_id for trouble in reading.troubles) == ["2", "4"]
    assert reading.missing == ("3",)
    assert "Mari" not in repr(reading.troubles)


def test_a_ticket_without_an_id_does_not_make_another_one_missing(mock: responses.RequestsMock) -> None:
    cloud_answers(mock, [GOOD, {"key": "KKA-2"}])
    reading = at_canned("cloud").read(["1", "2", "3"])
    assert reading.missing == ()
    assert [trouble.ticket_id for trouble in reading.troubles] == ["2", "3"]


def test_comments_that_are_refused_make_one_ticket_odd(mock: responses.RequestsMock) -> None:
    cut = GOOD | {"fields": GOOD["fields"] | {"comment": {"comments": [], "total": 30}}}  # type: ignore[operator]
    cloud_answers(mock, [cut, GOOD | {"id": "2"}])
    mock.add("GET", f"{API}/3/issue/1/comment", status=403, json={})
    reading = at_canned("cloud").read(["1", "2"])
    assert [ticket.id for ticket in reading.tickets] == ["2"]
    assert [trouble.ticket_id for trouble in reading.troubles] == ["1"]


@FLAVOURS
@pytest.mark.parametrize("at", ["fetch", "histories"])
def test_one_over_which_jira_stumbles_does_not_cost_the_others(
    mock: responses.RequestsMock, flavour: Any, at: str
) -> None:
    tracker = at_canned(flavour)
    asked: list[list[str]] = []
    stumbles = {
        "cloud": {"fetch": "issue/bulkfetch", "histories": "changelog/bulkfetch"},
        "dc": dict.fromkeys(("fetch", "histories"), "2/"),
    }

    def answer(request: PreparedRequest) -> tuple[int, dict[str, str], str]:
        path = request.path_url.partition("?")[0]
        body = json.loads(request.body or "{}")
        ids = body.get("issueIdsOrKeys") or re.findall(r"\d+", body.get("jql", path.rpartition("/")[2]))
        if stumbles[flavour][at] in path:
            asked.append(ids)
            if "7" in ids:
                return 500, {}, ""
        log = {"histories": [], "total": int(flavour == "cloud")}
        found = [GOOD | {"id": id_, "changelog": log} for id_ in ids]
        whole = {"issues": found, "total": len(found), "issueChangeLogs": []}
        return 200, {}, json.dumps(found[0] if request.method == "GET" else whole)

    mock.add("GET", f"{API}/2/myself", json={"name": "piletibot", "accountId": "piletibot"})
    for method in ("GET", "POST"):
        mock.add_callback(method, re.compile(f"{API}/./(issue|changelog|search)"), answer)
    reading = tracker.read([str(number) for number in range(1, 101)])
    assert len(reading.tickets) == 99
    assert [trouble.ticket_id for trouble in reading.troubles] == ["7"]
    assert reading.missing == ()
    assert sum("7" in ids for ids in asked) <= 5 + 7, "waited for once; the halves are asked for once each"


@pytest.mark.parametrize(("status", "missing", "troubles"), [(404, ("7",), ()), (403, (), ("7",)), (400, (), ("7",))])
def test_on_data_center_a_single_ticket_says_why_it_does_not_come(
    mock: responses.RequestsMock, status: int, missing: tuple[str, ...], troubles: tuple[str, ...]
) -> None:
    mock.add("GET", f"{API}/2/issue/7", status=status, json={"errorMessages": ["Mari Mets"]})
    if missing:
        mock.add("GET", f"{API}/2/myself", json={"name": "piletibot", "key": "JIRAUSER10100"})
    reading = at_canned("dc").read(["7"])
    assert (reading.missing, tuple(trouble.ticket_id for trouble in reading.troubles)) == (missing, troubles)


def test_on_data_center_the_search_by_id_is_lenient_and_lean(mock: responses.RequestsMock) -> None:
    mock.add("POST", f"{API}/2/search", json={"issues": [GOOD, GOOD | {"id": "2"}], "total": 2})
    tracker = at_canned("dc")
    assert len(tracker.read(["1", "2"]).tickets) == 2
    body = json.loads(mock.calls[0].request.body or "")
    assert (body["validateQuery"], body["expand"]) == (False, ["changelog"])
    assert set(body["fields"]) >= {"status", "comment", *FIELD_IDS.values()}
    assert not {"description", "summary", "*all"} & set(body["fields"])


@pytest.mark.parametrize(
    ("where", "asked"), [("title", {"summary"}), ("description", {"description"}), ("comments", set())]
)
def test_texts_are_asked_for_where_a_pattern_looks(mock: responses.RequestsMock, where: str, asked: set[str]) -> None:
    mock.add("POST", f"{API}/2/search", json={"issues": [GOOD, GOOD | {"id": "2"}], "total": 2})
    plain = at_canned("dc")
    patterns = {"login": PatternEntry.model_validate({"pattern": "sisse", "where": where})}
    tracker = JiraTracker(plain.client, plain.catalogue, replace(plain.binding, patterns=patterns), entries(str))
    tracker.read(["1", "2"])
    body = json.loads(mock.calls[0].request.body or "")
    assert {"summary", "description"} & set(body["fields"]) == asked


@FLAVOURS
def test_a_pattern_is_found_in_a_title(flavour: Any) -> None:
    sandboxed = connected_in_process(flavour)
    opened, plain = sandboxed.open("spetsialist1"), sandboxed.tracker
    patterns = {word: PatternEntry.model_validate({"pattern": word}) for word in ("ei saa sisse", "ei avane")}
    tracker = JiraTracker(plain.client, plain.catalogue, replace(plain.binding, patterns=patterns), entries(str))
    (ticket,) = tracker.read([opened]).tickets
    assert ticket.patterns == {"ei saa sisse"}


@FLAVOURS
@pytest.mark.parametrize("asking", ["changed", "read"])
def test_an_account_that_was_logged_out_is_not_taken_for_tickets_that_are_gone(
    mock: responses.RequestsMock, flavour: Any, asking: str
) -> None:
    tracker = at_canned(flavour)
    path = {("cloud", "changed"): "3/search/jql", ("cloud", "read"): "3/issue/bulkfetch"}.get(
        (flavour, asking), "2/search"
    )
    mock.add("POST", f"{API}/{path}", json={"issues": [], "total": 0})
    mock.add("GET", f"{API}/2/myself", json={})
    with pytest.raises(Denied):
        _ = list(tracker.changed(None)) if asking == "changed" else tracker.read(["1", "2"])


@FLAVOURS
def test_a_rulebook_that_does_not_fit_is_told_instead(flavour: Any) -> None:
    sandboxed = Sandboxed(flavour)
    client = client_of("https://sandbox.example", flavour, transport=InProcess(sandboxed.site))
    problems = connect(client, entries(lambda word: "nobody", projects=["KAA"], people=[]))
    assert problems == [
        Finding(("projects", 0), "this Jira has no project 'KAA', or the account may not see it", "KKA")
    ]


@FLAVOURS
def test_a_status_made_since_the_start_is_told_of_once(flavour: Any) -> None:
    sandboxed = connected_in_process(flavour)
    opened = [sandboxed.open("spetsialist1") for _ in range(2)]
    sandboxed.tracker.binding = replace(sandboxed.tracker.binding, states={})
    with capture_logs() as logs:
        reading = [sandboxed.tracker.read([id_]).tickets[0].state for id_ in (*opened, *opened)]
    assert reading == [UNKNOWN] * 4
    told = [log for log in logs if log["log_level"] == "warning"]
    assert [(log["event"][:29], log["jira_status"]) for log in told] == [("a status unknown at the start", "10001")]


PASSING = [
    Fault(do="answer", status=429, html=True),
    Fault(do="answer", status=429, retry_after="1.5", reason="jira-burst-based"),
    Fault(do="answer", status=502, html=True, times=3),
    Fault(do="truncate"),
    Fault(do="drop before"),
    Fault(do="drop after"),
    Fault(do="slow", seconds=60),
]


@FLAVOURS
@pytest.mark.parametrize("fault", PASSING, ids=lambda fault: f"{fault.do} {fault.status}")
def test_what_passes_is_waited_out(flavour: Any, fault: Fault) -> None:
    slept: list[float] = []
    sandboxed = connected_in_process(flavour, sleep=slept.append, clock=lambda: 1_794_816_000 + sum(slept))
    id_ = sandboxed.open("spetsialist1")
    acts.comment(sandboxed.world, sandboxed.world.issues[int(id_)], sandboxed.person("it1"), "Tere")
    for ask in (
        lambda: list(sandboxed.tracker.changed(None)),
        lambda: sandboxed.tracker.read([id_]).tickets[0].messages,
    ):
        sandboxed.site.faults.faults = [Fault(**vars(fault))]
        before = len(slept)
        assert len(ask()) == 1
        assert len(slept) - before == (fault.times or 0)


STAYING = [
    (Fault(do="page", times=None), Unreachable),
    (Fault(do="answer", status=429, retry_after="1847", times=None), Throttled),
    (Fault(do="answer", status=503, times=None), Unreachable),
    (Fault(do="answer", status=401, times=None), Denied),
]


@FLAVOURS
@pytest.mark.parametrize(("fault", "error"), STAYING, ids=lambda each: getattr(each, "do", None))
def test_what_stays_is_told(flavour: Any, fault: Fault, error: type[Exception]) -> None:
    sandboxed = connected_in_process(flavour)
    id_ = sandboxed.open("spetsialist1")
    sandboxed.site.faults.faults = [Fault(**vars(fault))]
    for ask in (
        lambda: list(sandboxed.tracker.changed(None)),
        lambda: sandboxed.tracker.read([id_]),
        lambda: sandboxed.tracker.said(id_),
    ):
        with pytest.raises(error):
            ask()
