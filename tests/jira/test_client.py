from __future__ import annotations

import socket
import threading
from email.utils import formatdate
from typing import Any

import pytest
import requests
import responses
from jira_scripted import NOW, OK, URL, Given, Thing, Waiting
from structlog.testing import capture_logs

from bot.engine.tracker import Denied, Doubtful, Refused, Throttled, TrackerError, Unreachable
from bot.jira.answers import Answered
from bot.jira.client import Client
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.server import serve

HTML = "<!doctype html><html><body>Sign in, Mari Mets</body></html>"
NAMES_MARI = '{"errorMessages": ["Mari Mets is not allowed"], "errors": {"customfield_10201": "Mari Mets"}}'


def make(waiting: Waiting | None = None, **more: Any) -> Client:
    waiting = waiting or Waiting()
    client: dict[str, Any] = {
        "token": "geheim",
        "sleep": waiting.sleep,
        "clock": waiting,
        "jitter": lambda low, high: 1.0,
    }
    return Client(URL, **(client | more))


def script(mock: responses.RequestsMock, method: str, given: list[Given]) -> None:
    """Answer in this order; the last answer is given for ever."""
    rest = list(given)

    def answer(request: requests.PreparedRequest) -> Any:
        return rest.pop(0) if len(rest) > 1 else rest[0]

    mock.add_callback(method, f"{URL}/rest/api/2/thing", callback=answer)


RESET = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-16T08:00:20Z"}
ASKED = [
    ("seconds", [(429, {"Retry-After": "2"}, HTML), OK], [3.0]),
    ("decimals", [(429, {"Retry-After": "1.5"}, "{}"), OK], [2.5]),
    ("a date", [(429, {"Retry-After": formatdate(NOW + 10, usegmt=True)}, "{}"), OK], [11.0]),
    ("a date gone by", [(429, {"Retry-After": formatdate(NOW - 10, usegmt=True)}, "{}"), OK], [1.0]),
    ("nothing", [(429, {}, HTML), OK], [1.0]),
    ("zero", [(429, {"Retry-After": "0"}, HTML), OK], [1.0]),
    ("rubbish", [(429, {"Retry-After": "soon"}, HTML), OK], [1.0]),
    (
        "a reset",
        [(429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-11-16T08:00:20Z"}, "{}"), OK],
        [21.0],
    ),
    ("burst", [(429, {"Retry-After": "1", "RateLimit-Reason": "jira-burst-based"}, "{}"), OK], [2.0]),
    ("503 with patience", [(503, {"Retry-After": "7"}, ""), OK], [8.0]),
    ("5xx", [(500, {}, HTML), (502, {}, ""), (503, {}, "{}"), (504, {}, ""), OK], [1.0, 2.0, 4.0, 8.0]),
    ("lost connection", [requests.ConnectionError("reset"), OK], [1.0]),
    ("no answer in time", [requests.ReadTimeout("late"), OK], [1.0]),
    ("cut short", [requests.exceptions.ChunkedEncodingError("cut"), OK], [1.0]),
    ("cut short unnoticed", [(200, {}, '{"id": "7'), OK], [1.0]),
    ("half a surrogate pair", [(200, {}, r'{"id": "7", "summary": "\ud83d x"}')], []),
    ("a raw control character", [(200, {}, '{"id": "7", "summary": "a\x01b"}')], []),
]


@pytest.mark.parametrize(("given", "slept"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_reads_are_repeated_with_patience(
    mock: responses.RequestsMock, given: list[Given], slept: list[float]
) -> None:
    waiting = Waiting()
    script(mock, "GET", given)
    client = make(waiting)
    assert client.read("2/thing", Thing) == Thing("7")
    assert waiting.slept == slept
    assert client.requests == len(slept) + 1 == len(mock.calls)


QUOTA = {"Retry-After": "30", "RateLimit-Reason": "jira-quota-tenant-based"}
GIVEN_UP = [
    ("long patience is the caller's", [(429, {"Retry-After": "1847"}, "{}")], Throttled, 1),
    ("long patience on a 503", [(503, {"Retry-After": "1847"}, "{}")], Throttled, 1),
    ("a quota of the whole site", [(429, QUOTA, "{}")], Throttled, 1),
    ("patience asked over and over", [(429, {"Retry-After": "25"}, "{}")], Throttled, 3),
    ("a Jira that stays broken", [(503, {}, "{}")], Unreachable, 5),
    ("a Jira that is not there", [requests.ConnectionError("refused")], Unreachable, 5),
    ("a proxy's login page", [(200, {}, HTML)], Unreachable, 1),
    ("a redirect to a login", [(302, {"Location": "https://login.example"}, "")], Unreachable, 1),
    ("an address without a Jira", [(404, {}, HTML)], Unreachable, 1),
    ("a proxy that wants a log-in", [(407, {}, "")], Unreachable, 1),
    ("something else in JSON", [(200, {}, '{"id": ["Mari Mets"]}')], Unreachable, 1),
    ("nothing at all", [(200, {}, "")], Unreachable, 5),
    ("a wrong token", [(401, {}, '{"message": "Client must be authenticated, Mari Mets"}')], Denied, 1),
    ("a wrong token in HTML", [(401, {}, HTML)], Denied, 1),
    ("a stranger's answer", [(200, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}, "[]")], Denied, 1),
    ("a CAPTCHA", [(403, {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=x"}, "")], Denied, 1),
    ("forbidden", [(403, {}, NAMES_MARI)], Refused, 1),
    ("gone", [(410, {}, NAMES_MARI)], Refused, 1),
]


@pytest.mark.parametrize(("given", "error", "asked"), [row[1:] for row in GIVEN_UP], ids=[row[0] for row in GIVEN_UP])
def test_reads_are_given_up_within_bounds(
    mock: responses.RequestsMock, given: list[Given], error: type[TrackerError], asked: int
) -> None:
    waiting = Waiting()
    script(mock, "GET", given)
    with pytest.raises(error) as raised:
        make(waiting).read("2/thing", Thing)
    assert len(mock.calls) == asked
    assert waiting.now - NOW <= 60
    _holds_no_data(raised.value)
    if raised.type is Throttled:
        assert isinstance(raised.value, Throttled)
        assert raised.value.retry_after_s >= 25


DAY_S = 24 * 3600
LONG = [
    ("86399", DAY_S - 1),
    (formatdate(NOW + 9 * DAY_S, usegmt=True), 9 * DAY_S),
    ("2678400", 31 * DAY_S),
    ("2678401", DAY_S),
    ("900000000", DAY_S),
    ("9" * 400, DAY_S),
]


@pytest.mark.parametrize(
    ("asked", "believed"), LONG, ids=["a day", "nine days", "a month", "too long", "decades", "eternity"]
)
def test_patience_of_more_than_a_month_is_a_mistake_and_gets_a_day(
    mock: responses.RequestsMock, asked: str, believed: int
) -> None:
    script(mock, "GET", [(429, {"Retry-After": asked}, "{}")])
    with pytest.raises(Throttled) as raised:
        make().read("2/thing", Thing)
    assert raised.value.retry_after_s == believed


def _holds_no_data(error: BaseException) -> None:
    shown: BaseException | None = error
    while shown is not None:
        assert "Mari" not in f"{shown!s}{shown!r}"
        assert "geheim" not in f"{shown!s}{shown!r}"
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)


WRITES = [
    ("500", (500, {}, NAMES_MARI), Doubtful),
    ("502", (502, {}, HTML), Doubtful),
    ("503 with patience", (503, {"Retry-After": "1"}, ""), Doubtful),
    ("504", (504, {}, ""), Doubtful),
    ("lost connection", requests.ConnectionError("reset"), Doubtful),
    ("no answer in time", requests.ReadTimeout("late"), Doubtful),
    ("answer cut short", requests.exceptions.ChunkedEncodingError("cut"), Doubtful),
    ("answer cut short unnoticed", (201, {}, '{"id": "7'), Doubtful),
    ("a page of HTML", (200, {}, HTML), Doubtful),
    ("no connection in time", requests.ConnectTimeout("late"), Unreachable),
    ("no proxy", requests.exceptions.ProxyError("no"), Unreachable),
    ("a redirect", (302, {"Location": "https://login.example"}, ""), Unreachable),
    ("429", (429, {"Retry-After": "3"}, HTML), Throttled),
    ("401", (401, {}, HTML), Denied),
    *((str(status), (status, {}, NAMES_MARI), Refused) for status in (400, 403, 404, 409, 413)),
]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(("given", "error"), [row[1:] for row in WRITES], ids=[row[0] for row in WRITES])
def test_writes_are_sent_once(
    mock: responses.RequestsMock, method: str, given: Given, error: type[TrackerError]
) -> None:
    waiting = Waiting()
    script(mock, method, [given, OK])
    client = make(waiting)
    with pytest.raises(error) as raised:
        client.write(method, "2/thing", {"body": "Mari"}, Thing)
    assert type(raised.value).__mro__[1 if error is Refused else 0] is error
    assert (client.requests, waiting.slept) == (1, [])
    _holds_no_data(raised.value)


def test_a_page_in_place_of_no_answer_may_stand_for_a_write_that_took_no_effect(
    mock: responses.RequestsMock,
) -> None:
    script(mock, "PUT", [(204, {}, ""), (200, {}, HTML)])
    client = make()
    client.write("PUT", "2/thing", {"body": "Mari"}, type(None))
    with pytest.raises(Doubtful) as raised:
        client.write("PUT", "2/thing", {"body": "Mari"}, type(None))
    _holds_no_data(raised.value)


REFUSALS = [
    (
        '{"errorMessages": ["Issue does not exist or you do not have permission to see it."]}',
        "have permission to see it",
    ),
    ('{"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}}', "Comment body is not valid!"),
    (NAMES_MARI, "fields: customfield_10201"),
    ('{"errorMessages": "Mari Mets"}', "400"),
    ('{"errors": {"Mari Mets": "x"}}', "400"),
    ("null", "400"),
    ("[]", "400"),
    ("Mari Mets", "400"),
]


@pytest.mark.parametrize(("body", "told"), REFUSALS)
def test_a_refusal_tells_what_holds_nobodys_data(mock: responses.RequestsMock, body: str, told: str) -> None:
    script(mock, "GET", [(400, {}, body)])
    with pytest.raises(Answered) as raised:
        make().read("2/thing", Thing)
    assert raised.value.status == 400
    assert told in str(raised.value)
    _holds_no_data(raised.value)


@pytest.mark.parametrize(
    ("user", "authorization"),
    [(None, "Bearer geheim"), ("bot@example.org", "Basic Ym90QGV4YW1wbGUub3JnOmdlaGVpbQ==")],
)
def test_what_is_sent(
    mock: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, user: str | None, authorization: str
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/environment.pem")
    mock.add("GET", f"{URL}/rest/api/2/thing/a%2Fb%20%C3%B5", json={"id": "7"})
    mock.add("POST", f"{URL}/rest/api/2/thing", json={"id": "7"}, status=201)
    client = make(user=user, ca_bundle="/own.pem", timeout_s=7.5)
    client.read("2/thing/{name}", Thing, at={"name": "a/b õ"}, params={"expand": "x"})
    client.write("POST", "2/thing", {"body": "õ"}, Thing)
    for call in mock.calls:
        kwargs = call.request.req_kwargs  # type: ignore[attr-defined]
        assert (kwargs["timeout"], kwargs["verify"]) == (7.5, "/own.pem")
        assert call.request.headers["Authorization"] == authorization
    assert "Content-Type" not in mock.calls[0].request.headers
    assert mock.calls[1].request.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("token", ["line\nbreak", "õunapuu\u2028"])
def test_a_token_that_cannot_be_sent_is_a_matter_for_the_administrator(token: str) -> None:
    with serve(keskkonnaamet("dc", Clock(NOW * 1000))) as server:
        client = Client(server.url, token=token)
        with pytest.raises(Denied, match="a character that cannot be sent"):
            client.read("2/thing", Thing)
        client.close()


@pytest.mark.parametrize("url", ["jira.example", "https://", "ftp://jira.example", "https://exa mple:x"])
def test_a_broken_address_is_told_at_once(url: str) -> None:
    waiting = Waiting()
    with pytest.raises(Unreachable):
        Client(url, token="x", sleep=waiting.sleep, clock=waiting).read("2/thing", Thing)
    assert waiting.slept == []


def test_the_log_tells_method_template_status_and_time_only(mock: responses.RequestsMock) -> None:
    mock.add("GET", f"{URL}/rest/api/2/user/Mari", json={"id": "7"})
    with capture_logs() as logs:
        make().read("2/user/{name}", Thing, at={"name": "Mari"}, params={"username": "Mari"})
    assert logs == [
        {"event": "request", "log_level": "debug", "method": "GET", "path": "2/user/{name}", "status": 200, "ms": 0}
    ]


def test_a_refused_connection_was_never_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = Client(f"http://127.0.0.1:{taken.getsockname()[1]}", token="x")
        with pytest.raises(Unreachable):
            client.write("POST", "2/thing", {}, Thing)
        client.close()


def test_a_connection_closed_without_an_answer_had_one_post() -> None:
    posts: list[bytes] = []

    def accept(listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                posts.append(connection.recv(65536)[:4])

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=accept, args=(listening,), daemon=True)
        thread.start()
        client = Client(f"http://127.0.0.1:{listening.getsockname()[1]}", token="x", timeout_s=30)
        with pytest.raises(Doubtful):
            client.write("POST", "2/thing", {}, Thing)
        client.close()
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert posts == [b"POST"]
