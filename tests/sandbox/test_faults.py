"""What can go wrong, in-process and over HTTP: to the client it is the same trouble."""

from __future__ import annotations

import pytest
import requests

from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.inprocess import InProcess
from bot.sandbox.server import Sandbox


class Client:
    """A session to one sandbox, over HTTP or in-process, and its switches."""

    def __init__(self, url, session, site):
        self.url, self.session, self.site = url, session, site
        session.trust_env = False
        session.auth = ("piletibot@sandbox.example", "sandbox-token")

    def __call__(self, method, path, timeout=5.0, **more):
        return self.session.request(method, f"{self.url}/rest/api/2{path}", timeout=timeout, **more)

    def switch(self, method, name, body=None):
        return self.session.request(method, f"{self.url}/sandbox/{name}", json=body, timeout=5)

    def fault(self, **given):
        answer = self.switch("PUT", "faults", {"faults": [given]})
        assert answer.status_code == 200, answer.text

    def say(self, key="KKA-1", **more):
        return self("POST", f"/issue/{key}/comment", json={"body": "Tere"}, **more)

    def said(self):
        return self("GET", "/issue/KKA-1/comment").json()["total"]


@pytest.fixture(params=["http", "in process"])
def client(request, clock):
    world = keskkonnaamet("cloud", clock)
    with requests.Session() as session:
        if request.param == "http":
            with Sandbox(world) as sandbox:
                found = Client(sandbox.url, session, sandbox.site)
                _open(found)
                yield found
                session.close()
        else:
            site = Site(world)
            session.mount("http://", InProcess(site))
            found = Client("http://jira.test", session, site)
            _open(found)
            yield found


def _open(client):
    given = {"project": {"key": "KKA"}, "summary": "Tere", "issuetype": {"id": "10100"}}
    assert client("POST", "/issue", json={"fields": given}).status_code == 201


@pytest.mark.parametrize("retry_after", [None, "1", "1.5", "Mon, 02 Mar 2026 07:00:30 GMT", "1847"])
@pytest.mark.parametrize("html", [False, True])
def test_patience_is_asked_for_in_json_and_in_html(client, html, retry_after):
    client.fault(status=429, html=html, retry_after=retry_after, times=2, reason="jira-burst-based")
    for _ in range(2):
        answer = client("GET", "/myself")
        assert answer.status_code == 429
        assert answer.headers.get("Retry-After") == retry_after
        assert answer.headers["RateLimit-Reason"] == "jira-burst-based"
        assert answer.headers["Content-Type"].startswith("text/html" if html else "application/json")
        assert answer.text.startswith("<!doctype" if html else "{")
        assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert client("GET", "/myself").status_code == 200


@pytest.mark.parametrize("status", [401, 403, 404, 409, 500, 502, 503, 504])
@pytest.mark.parametrize("html", [False, True])
def test_any_status_can_be_answered_instead_and_nothing_is_done(client, status, html):
    client.fault(status=status, html=html, method="POST")
    answer = client.say()
    assert (answer.status_code, answer.text.startswith("<")) == (status, html)
    assert client.said() == 0


def test_a_proxy_answers_with_a_page_and_200(client):
    client.fault(do="page", path="serverInfo")
    answer = client("GET", "/serverInfo")
    assert (answer.status_code, answer.text[:9]) == (200, "<!doctype")


def test_a_slow_answer_runs_into_the_timeout_though_the_write_took_effect(client):
    client.fault(do="slow", seconds=0.6, path="comment$", method="POST")
    with pytest.raises(requests.ReadTimeout):
        client.say(timeout=0.1)
    assert client.said() == 1


def test_a_slow_answer_within_the_timeout_is_whole(client):
    client.fault(do="slow", seconds=0.02)
    assert client("GET", "/myself", timeout=(5, 5)).status_code == 200


def test_a_truncated_answer_is_no_answer(client):
    client.fault(do="truncate", path="myself")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        client("GET", "/myself")
    assert client("GET", "/myself").status_code == 200


@pytest.mark.parametrize(("do", "taken"), [("drop before", 0), ("drop after", 1)])
def test_a_connection_drops_before_or_after_the_write_took_effect(client, do, taken):
    client.fault(do=do, method="POST")
    with pytest.raises(requests.ConnectionError):
        client.say()
    assert client.said() == taken


def test_a_fault_meets_only_the_requests_it_names_after_those_it_lets_by(client):
    client.fault(status=500, method="^GET$", path="/myself$", skip=1, times=1)
    assert [client("GET", "/myself").status_code for _ in range(3)] == [200, 500, 200]
    client.fault(status=500, path="/myself$", times=None)
    assert [client("GET", path).status_code for path in ("/myself", "/field", "/myself")] == [500, 200, 500]
    client.switch("DELETE", "faults")
    assert client("GET", "/myself").status_code == 200


def test_a_forbidden_issue_is_not_seen_and_not_written(client):
    _open(client)
    client.switch("PUT", "faults", {"forbidden": [10000]})
    assert client("GET", "/issue/KKA-1").status_code == 404
    assert client("GET", "/issue/KKA-1/comment").status_code == 404
    assert client.say().status_code == 403
    found = client("GET", "/search/jql", params={"jql": "project = KKA", "fields": "key"}).json()
    assert [each["key"] for each in found["issues"]] == ["KKA-2"]
    bulk = client("POST", "/issue/bulkfetch", json={"issueIdsOrKeys": ["10000", "10001"]}).json()
    assert [each["id"] for each in bulk["issues"]] == ["10001"]
    assert client.say("KKA-2").status_code == 201


def test_in_read_only_mode_what_writes_is_refused_and_what_reads_is_not(client):
    client.switch("PUT", "faults", {"read_only": True})
    assert client.say().status_code == 503
    assert client("PUT", "/issue/KKA-1", json={"fields": {"summary": "x"}}).status_code == 503
    assert client("POST", "/search/jql", json={"jql": "project = KKA"}).status_code == 200
    assert client("POST", "/issue/bulkfetch", json={"issueIdsOrKeys": ["10000"]}).status_code == 200
    client.switch("PUT", "faults", {"read_only": False})
    assert client.say().status_code == 201


def test_a_jira_that_is_down_answers_nothing_until_it_is_up(client):
    client.switch("PUT", "faults", {"down": True})
    for path in ("/myself", "/serverInfo"):
        with pytest.raises(requests.ConnectionError):
            client("GET", path)
    client.switch("PUT", "faults", {"down": False})
    assert client("GET", "/myself").status_code == 200


def test_the_knobs_are_shown_and_those_not_given_stay(client):
    client.switch("PUT", "faults", {"lag_ms": 5000})
    client.switch("PUT", "faults", {"doubled": True, "faults": [{"do": "slow", "seconds": 1}]})
    shown = client.switch("GET", "faults").json()
    assert (shown["lag_ms"], shown["doubled"], shown["faults"][0]["seconds"]) == (5000, True, 1)
    assert client.switch("DELETE", "faults").json()["lag_ms"] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"lag": 5},
        {"lag_ms": 24 * 3600 * 1000 + 1},
        {"faults": [{"do": "explode"}]},
        {"faults": [{"path": "("}]},
        {"faults": [{"when": "now"}]},
        {"faults": ["x"]},
        [],
    ],
)
def test_a_knob_that_is_none_is_refused_and_nothing_changes(client, wrong):
    before = client.switch("GET", "faults").json()
    answer = client.switch("PUT", "faults", wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert client.switch("GET", "faults").json() == before


def test_the_clock_is_wound_over_http(client):
    assert client.switch("GET", "clock").json() == {"now_ms": 1_772_434_800_000, "real": False}
    client.switch("PUT", "clock", {"advance_ms": 3_600_000})
    client.say()
    assert client("GET", "/issue/KKA-1/comment").json()["comments"][0]["created"][11:16] == "10:00"
    assert client.switch("PUT", "clock", {"now_ms": 7}).json()["now_ms"] == 7
    assert client.switch("PUT", "clock", {"real": True}).json()["real"] is True
    assert client.switch("PUT", "clock", {}).status_code == 400


def test_a_clock_that_is_not_the_sandbox_s_own_is_replaced_when_it_is_wound():
    site = Site(keskkonnaamet("dc", lambda: 5))
    session = requests.Session()
    session.mount("http://", InProcess(site))
    client = Client("http://jira.test", session, site)
    assert client.switch("GET", "clock").json() == {"now_ms": 5, "real": False}
    assert client.switch("PUT", "clock", {"advance_ms": 2}).json()["now_ms"] == 7


def test_requests_are_counted(client):
    client.switch("DELETE", "requests")
    client("GET", "/myself")
    client("GET", "/myself")
    client.fault(do="drop before", path="field")
    with pytest.raises(requests.ConnectionError):
        client("GET", "/field")
    told = client.switch("GET", "requests").json()
    assert told["total"] == 3
    assert told["requests"] == [
        {"method": "GET", "path": "/rest/api/2/field", "status": 0, "count": 1},
        {"method": "GET", "path": "/rest/api/2/myself", "status": 200, "count": 2},
    ]
    assert client.switch("DELETE", "requests").json()["total"] == 0


def test_acts_that_rest_has_not(client):
    for act in (
        {"act": "attach", "issue": "KKA-1", "filename": "a.png", "size": 3, "mime_type": "image/png", "by": "it1"},
        {"act": "move", "issue": "KKA-1", "project": "ARH", "by": "juht1"},
        {"act": "rename", "user": "it1", "name": "it9", "display_name": "IT-tugi Üheksa"},
        {"act": "deactivate", "user": "it9"},
        {"act": "forbid", "user": "piletibot", "permission": "ADD_COMMENTS"},
    ):
        assert client.switch("POST", "acts", act).status_code == 200
    issue = client("GET", "/issue/KKA-1").json()
    assert issue["key"] == "ARH-1"
    assert issue["fields"]["attachment"][0]["author"]["displayName"] == "IT-tugi Üheksa"
    assert issue["fields"]["attachment"][0]["author"]["active"] is False
    assert client.say().status_code == 403
    client.switch("POST", "acts", {"act": "allow", "user": "piletibot", "permission": "ADD_COMMENTS"})
    assert client.say().status_code == 201


def test_mentions_are_told_with_whom_they_reach(client):
    account = client.site.world.person("it1").account_id
    body = f"[~accountid:{account}] [~accountid:nobody]"
    client("POST", "/issue/KKA-1/comment", json={"body": body})
    told = client.switch("GET", "mentions").json()["mentions"]
    assert told == [{"issue": "KKA-1", "comment": "10000", "user": "it1"}]


@pytest.mark.parametrize(
    ("method", "name", "body", "status"),
    [
        ("POST", "acts", {"act": "dance"}, 400),
        ("POST", "acts", {"act": "deactivate", "user": "nobody"}, 400),
        ("POST", "acts", {"act": "move", "issue": "KKA-9", "project": "ARH", "by": "it1"}, 400),
        ("POST", "acts", {}, 400),
        ("GET", "nothing", None, 404),
        ("POST", "clock", None, 404),
    ],
)
def test_switches_that_are_none(client, method, name, body, status):
    assert client.switch(method, name, body).status_code == status


def test_a_clock_follows_real_time_until_it_is_set():
    clock = Clock()
    first = clock()
    assert first > 1_700_000_000_000
    assert clock.real
    clock.set(5)
    assert (clock(), clock.real) == (5, False)
