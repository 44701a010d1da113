"""What goes through the gate: waits are slept in place or told, and a Jira that is away is left in peace."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import requests
import responses
from jira_scripted import NOW, OK, URL, Given, Thing, Waiting
from structlog.testing import capture_logs

from bot.engine.restraint import Circuit, Pause, noted
from bot.engine.tracker import Doubtful, Slowed, Throttled, TrackerError, Unreachable
from bot.jira.client import Client
from bot.jira.gate import Gate, InPeace, TicketSlowed

HTML = "<!doctype html><html><body>Rate limit exceeded</body></html>"
DOWN = requests.ConnectionError("refused")


class Asking:
    """A client behind a gate, and a Jira whose answer is `given`."""

    def __init__(self, mock: responses.RequestsMock, **gate: Any) -> None:
        self.mock, self.waiting, self.given = mock, Waiting(), OK
        clock: dict[str, Any] = {"clock": self.waiting, "sleep": self.waiting.sleep}
        self.gate = Gate(**clock, jitter=lambda low, high: 1.0, **gate)
        self.client = Client(URL, token="t", jitter=lambda low, high: 1.0, gate=self.gate, **clock)
        self.notes: list[str] = []
        self.gate.remember_in(self.notes.append)
        for method in ("GET", "POST"):
            mock.add_callback(method, f"{URL}/rest/api/2/thing", callback=lambda request: self.given)
            mock.add_callback(method, f"{URL}/rest/api/2/search", callback=lambda request: self.given)
            for path in ("issue/7/comment", "issue/8/comment"):
                mock.add_callback(method, f"{URL}/rest/api/2/{path}", callback=lambda request: self.given)

    def read(self) -> Thing:
        return self.client.read("2/thing", Thing)

    def search(self) -> Thing:
        return self.client.read("2/search", Thing, body={})

    def comment(self, ticket: str = "7") -> Thing:
        return self.client.write("POST", "2/issue/{id}/comment", {}, Thing, at={"id": ticket})

    def asked(self) -> int:
        return len(self.mock.calls)

    def told(self) -> list[tuple[Circuit, tuple[Pause, ...]]]:
        return [(each.circuit, each.pauses) for each in map(noted, self.notes)]


@pytest.fixture
def asking(mock: responses.RequestsMock) -> Asking:
    return Asking(mock)


def reason(word: str, retry_after: str = "3600") -> Given:
    return (429, {"Retry-After": retry_after, "RateLimit-Reason": word}, "{}")


SCOPES: list[tuple[str, Given, Callable[[Asking], Thing], dict[str, type[TrackerError]]]] = [
    (
        "a burst slows its kind of request",
        reason("jira-burst-based"),
        Asking.search,
        {"search": Slowed},
    ),
    (
        "a burst of comments slows all comments",
        reason("jira-burst-based"),
        Asking.comment,
        {"comment": Slowed, "comment on another": Slowed},
    ),
    (
        "writing to one ticket slows that",
        reason("jira-per-issue-on-write"),
        Asking.comment,
        {"comment": TicketSlowed},
    ),
    *(
        (
            what,
            given,
            Asking.search,
            dict.fromkeys(("read", "search", "comment", "comment on another"), Throttled),
        )
        for what, given in (
            ("a quota of the app", reason("jira-quota-global-based")),
            ("a quota of the site", reason("jira-quota-tenant-based")),
            ("Data Center's bucket", (429, {"Retry-After": "3600"}, HTML)),
            ("a reason nobody knows", reason("jira-full-moon")),
            ("maintenance", (503, {"Retry-After": "3600"}, HTML)),
        )
    ),
]


@pytest.mark.parametrize(("given", "ask", "slowed"), [row[1:] for row in SCOPES], ids=[row[0] for row in SCOPES])
def test_patience_slows_down_what_it_concerns(
    asking: Asking, given: Given, ask: Callable[[Asking], Thing], slowed: dict[str, type[TrackerError]]
) -> None:
    asking.given = given
    with pytest.raises(Throttled):
        ask(asking)
    asked, asking.given = asking.asked(), OK
    every: dict[str, Callable[[], Thing]] = {
        "read": asking.read,
        "search": asking.search,
        "comment": asking.comment,
        "comment on another": lambda: asking.comment("8"),
    }
    for what, again in every.items():
        if what in slowed:
            with pytest.raises(slowed[what]) as raised:
                again()
            assert type(raised.value) is slowed[what]
            assert raised.value.retry_after_s == 3600
        else:
            assert again() == Thing("7")
    assert asking.asked() - asked == len(every) - len(slowed), "what waits is not asked for"
    asking.waiting.now += 3600
    assert [again() for again in every.values()] == [Thing("7")] * 4
    assert asking.waiting.slept == []


LONG = [("an hour", 3600), ("three days", 3 * 86_400), ("a month", 31 * 86_400)]


@pytest.mark.parametrize("retry_after", [row[1] for row in LONG], ids=[row[0] for row in LONG])
def test_patience_outlives_the_process(mock: responses.RequestsMock, retry_after: int) -> None:
    first = Asking(mock)
    first.given = (429, {"Retry-After": str(retry_after)}, HTML)
    with pytest.raises(Throttled):
        first.read()
    asked, second = first.asked(), Asking(mock)
    second.gate.recall(first.notes[-1])
    second.waiting.now += retry_after - 61
    for ask in (second.read, second.search, second.comment):
        with pytest.raises(Throttled, match="as Jira asked for patience"):
            ask()
    assert second.asked() == asked
    second.waiting.now += 2
    assert second.read() == Thing("7"), "the rest is waited for"
    assert second.waiting.slept == [59]


@pytest.mark.parametrize("note", [None, "", "{}", "[]", '{"pauses": [{"about": 1}]}', "rubbish"])
def test_a_note_that_says_nothing_keeps_nothing(asking: Asking, note: str | None) -> None:
    asking.gate.recall(note)
    assert asking.read() == Thing("7")


def test_short_patience_is_waited_for_and_not_noted(asking: Asking) -> None:
    asking.given = (429, {"Retry-After": "20"}, HTML)
    with pytest.raises(Throttled):
        asking.comment()
    asking.given = OK
    assert asking.comment() == Thing("7")
    assert (asking.waiting.slept, len(asking.notes)) == ([20], 1)


def test_one_ticket_is_not_waited_for_long(asking: Asking) -> None:
    asking.given = reason("jira-per-issue-on-write", "6")
    with pytest.raises(TicketSlowed):
        asking.comment()
    asking.given = OK
    with pytest.raises(TicketSlowed):
        asking.comment()
    asking.waiting.now += 1
    assert asking.comment() == Thing("7")
    assert asking.waiting.slept == [5]


def test_a_minute_has_no_more_requests_than_it_may(mock: responses.RequestsMock) -> None:
    asking = Asking(mock, per_minute=30)
    for _ in range(95):
        asking.read()
    assert asking.waiting.slept == [60, 60, 60]


def test_writing_to_a_ticket_keeps_its_limits_in_advance(asking: Asking) -> None:
    for _ in range(50):
        asking.comment()
    assert asking.waiting.slept == [2, 2, 2, 2]
    with pytest.raises(TicketSlowed):
        asking.comment()
    assert asking.comment("8") == Thing("7")
    asking.waiting.now += 20
    assert asking.comment() == Thing("7")


def test_told_to_stop_it_asks_no_more(mock: responses.RequestsMock) -> None:
    stopping: list[bool] = []
    asking = Asking(mock, per_minute=30, stopping=lambda: bool(stopping))
    for _ in range(30):
        asking.read()
    stopping.append(True)
    with pytest.raises(Throttled, match="told to stop"):
        asking.read()
    assert asking.asked() == 30


def test_told_to_stop_it_does_not_try_again(mock: responses.RequestsMock) -> None:
    asking = Asking(mock, stopping=lambda: True)
    asking.given = DOWN
    with pytest.raises(Unreachable):
        asking.read()
    assert asking.asked() == 1


AWAY: list[tuple[str, int, Given]] = [
    ("no connection", 24, DOWN),
    ("no answer", 3, requests.ReadTimeout("late")),
    ("a proxy's error", 3, (502, {}, HTML)),
    ("a proxy's log-in", 3, (200, {}, HTML)),
    ("a redirect", 3, (302, {"Location": "https://login.example"}, "")),
]


@pytest.mark.parametrize(("hours", "given"), [row[1:] for row in AWAY], ids=[row[0] for row in AWAY])
def test_a_jira_that_is_away_is_left_in_peace(mock: responses.RequestsMock, hours: int, given: Given) -> None:
    asking = Asking(mock, breaks=True)
    asking.given = given
    with capture_logs() as logs:
        for _ in range(hours * 60):
            with pytest.raises(Unreachable):
                asking.read()
            asking.waiting.now += 60
        asked = asking.asked()
        assert hours * 6 - 2 <= asked <= hours * 6 + 10, "every ten minutes, at last"
        asking.given = OK
        asking.waiting.now = asking.gate.breaker.circuit.again_at - 1 if asking.gate.breaker else 0
        with pytest.raises(InPeace):
            asking.read()
        assert asking.asked() == asked
        asking.waiting.now += 1
        assert asking.read() == asking.read() == Thing("7")
    told = [(log["event"], log["log_level"]) for log in logs if log["log_level"] != "debug"]
    assert told == [("Jira is away, left in peace", "warning"), ("Jira answers again", "info")]
    circuits = [circuit for circuit, _ in asking.told()]
    assert [each.state for each in circuits] == ["closed", *["open"] * (len(circuits) - 2), "closed"]
    assert {each.since_at for each in circuits[1:-1]} == {NOW}


def test_nothing_is_written_to_try_whether_jira_is_back(mock: responses.RequestsMock) -> None:
    asking = Asking(mock, breaks=True)
    asking.given = DOWN
    while not asking.gate.is_shut:
        with pytest.raises(Unreachable):
            asking.read()
        asking.waiting.now += 60
    asking.waiting.now += 3600
    asking.given, asked = OK, asking.asked()
    with pytest.raises(Unreachable):
        asking.comment()
    assert asking.asked() == asked
    asking.read()
    assert asking.comment() == Thing("7")


@pytest.mark.parametrize("given", [(429, {"Retry-After": "1"}, HTML), (401, {}, HTML), (404, {}, "{}")])
def test_a_jira_that_says_no_is_not_away(mock: responses.RequestsMock, given: Given) -> None:
    asking = Asking(mock, breaks=True)
    asking.given = given
    for _ in range(10):
        with pytest.raises(TrackerError):
            asking.read()
        asking.waiting.now += 60
    assert not asking.gate.is_shut


def test_a_lost_answer_to_a_write_counts_as_away(mock: responses.RequestsMock) -> None:
    asking = Asking(mock, breaks=True)
    asking.given = requests.ConnectionError("reset")
    for _ in range(6):
        with pytest.raises((Doubtful, Unreachable)):
            asking.comment()
        asking.waiting.now += 20
    assert asking.gate.is_shut


def test_the_note_holds_nothing_of_a_ticket_but_its_id(asking: Asking) -> None:
    asking.given = reason("jira-per-issue-on-write")
    with pytest.raises(TicketSlowed):
        asking.comment()
    (pause,) = json.loads(asking.notes[-1])["pauses"]
    assert pause == {"about": "ticket 7", "at": NOW, "until_at": NOW + 3600, "because": "jira-per-issue-on-write"}


BECAME: list[tuple[Given, str]] = [
    (OK, "ok"),
    ((302, {"Location": "/"}, ""), "redirected"),
    ((401, {}, HTML), "denied"),
    ((404, {}, "{}"), "refused"),
    ((429, {"Retry-After": "3600"}, HTML), "throttled"),
    ((500, {}, HTML), "failed"),
    (DOWN, "unanswered"),
]


@pytest.mark.parametrize(("given", "outcome"), BECAME, ids=[each[1] for each in BECAME])
def test_every_request_that_was_sent_is_heard_of(mock: responses.RequestsMock, given: Given, outcome: str) -> None:
    heard: list[tuple[str, str]] = []
    asking = Asking(mock, heard=lambda kind, became, seconds: heard.append((kind, became)))
    asking.given = given
    with suppress(TrackerError):
        asking.comment()
    assert heard == [("POST 2/issue/{id}/comment", outcome)]
    assert len(heard) == asking.asked()


def test_what_is_not_sent_is_not_heard_of(mock: responses.RequestsMock) -> None:
    heard: list[str] = []
    asking = Asking(mock, heard=lambda kind, became, seconds: heard.append(became))
    asking.given = (429, {"Retry-After": "3600"}, HTML)
    for _ in range(3):
        with pytest.raises(Throttled):
            asking.search()
    assert heard == ["throttled"]
