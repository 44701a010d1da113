"""What stands before every page: the headers of every answer, the names it is reached by, and no writing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import structlog
from web_desk import LEAD, OUTSIDER, PERSONAL_CODE, TestClient, as_, client, filled

from bot.store.store import Store
from bot.web.guard import HEADERS, host_of


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with filled() as store:
        yield store


@pytest.fixture(scope="module")
def desk(store: Store) -> TestClient:
    return client(store)


@pytest.mark.parametrize(
    ("method", "path", "person", "status"),
    [
        ("GET", "/", LEAD, 200),
        ("HEAD", "/", LEAD, 200),
        ("GET", "/tickets/ABC-1", LEAD, 200),
        ("GET", "/", OUTSIDER, 403),
        ("GET", "/tickets/ABC-99", LEAD, 404),
        ("GET", "/nothing", LEAD, 404),
        ("GET", "/find?key=abc-1", LEAD, 303),
        ("POST", "/", LEAD, 405),
        ("DELETE", "/tickets/ABC-1", LEAD, 405),
        ("PUT", "/login", LEAD, 405),
        ("GET", "/logout", LEAD, 405),
    ],
)
def test_every_answer_has_the_headers(desk: TestClient, method: str, path: str, person: str, status: int) -> None:
    answer = desk.request(method, path, headers=as_(person))
    assert answer.status_code == status
    assert ("Allow" in answer.headers) == (status == 405)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS


def test_nothing_but_the_pages_own_files_is_loaded_and_no_script_runs(desk: TestClient) -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert not any(word in policy for word in ("script", "unsafe", "http", "*"))
    for path in ("/", "/tickets/ABC-1", "/login"):
        shown = desk.get(path, headers=as_(LEAD)).text
        assert not any(word in shown for word in ("<script", "<style", " style=", " onclick=", "javascript:"))


def test_the_style_sheet_is_kept_by_the_browser(desk: TestClient) -> None:
    path = desk.get("/", headers=as_(LEAD)).text.partition('rel="stylesheet" href="')[2].partition('"')[0]
    answer = desk.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "url(" not in answer.text


@pytest.mark.parametrize(
    ("host", "hosts", "status"),
    [
        ("127.0.0.1:8090", (), 200),
        ("localhost:8090", (), 200),
        ("LOCALHOST", (), 200),
        ("[::1]:8090", (), 200),
        ("evil.example", (), 421),
        ("127.0.0.1.evil.example", (), 421),
        ("localhost.evil.example:8090", (), 421),
        ("piletibot.asutus.ee", (), 421),
        ("piletibot.asutus.ee", ("Piletibot.asutus.ee",), 200),
        ("piletibot.asutus.ee:443", ("piletibot.asutus.ee",), 200),
        ("", (), 421),
    ],
)
def test_only_its_own_names(store: Store, host: str, hosts: tuple[str, ...], status: int) -> None:
    """Another name may be another site's, led here to be read by its scripts (DNS rebinding)."""
    answer = client(store, user_header="X-Forwarded-User", hosts=hosts).get("/", headers=as_(LEAD) | {"Host": host})
    assert answer.status_code == status
    assert ("ABC-1" in answer.text) == (status == 200)


@pytest.mark.parametrize(
    ("written", "name"), [([], None), (["a", "b"], None), (["A.ee.:80"], "a.ee"), (["[::1]:80"], "::1")]
)
def test_the_name_in_the_host_header(written: list[str], name: str | None) -> None:
    assert host_of(written) == name


def test_what_fails_is_not_told(store: Store) -> None:
    def broken() -> int:
        raise RuntimeError(f"a ticket says {PERSONAL_CODE}")

    browser = client(store, now=broken)
    with structlog.testing.capture_logs() as logged:
        answer = browser.get("/tickets/ABC-1", headers=as_(LEAD))
    assert answer.status_code == 500
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert PERSONAL_CODE not in answer.text + repr(logged)
    assert "The error is in the bot&#39;s log." in answer.text
    told = [(line["event"], line["error"], line["path"]) for line in logged]
    assert told == [("a page failed", "RuntimeError", "/tickets")]
