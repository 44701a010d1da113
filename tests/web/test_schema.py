"""The pages held against a description made from their routes, by schemathesis: it asks what nobody would.

Nothing is answered with 5xx, every answer has the headers, a status and a media type that the description has for it
there, and no method but GET and HEAD reaches a page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from web_desk import HEADER, LEAD, PERSONAL_CODE, client, filled

from bot.store.store import Store
from bot.web.guard import HEADERS
from bot.web.pages import all_pages

ASKED = {
    "/": ("page", "queue", "standing", "tier", "policy"),
    "/rules/{rule}": ("kind", "mode"),
    "/rules": ("kind", "only"),
    "/load": ("days",),
    "/digests/{kind}/{first}": ("form",),
    "/tickets/{key}": ("only", "at"),
    "/find": ("key",),
    "/login": ("next",),
}
"""What stands behind the question mark, by path; `lang` everywhere."""

TOKEN = "a-token-of-lea-0123456789"
TEXT = {"type": "string", "maxLength": 60}
HTML: dict[str, Any] = {"text/html": {}}
ANSWERS: dict[str, dict[str, Any]] = {
    "200": {"description": "a page", "content": HTML},
    "303": {"description": "somewhere else"},
    "403": {"description": "not for them", "content": HTML},
    "404": {"description": "no such thing", "content": HTML},
}
ICON = "/favicon.svg"


def parameter(name: str, place: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": TEXT}


def described() -> dict[str, Any]:
    """An OpenAPI description of everything that can be asked for."""
    paths: dict[str, Any] = {}
    for path in (*(page.path for page in all_pages()), "/find", "/login", ICON):
        named = [parameter(name, "path") for name in re.findall(r"{(\w+)}", path)]
        asked = [parameter(name, "query") for name in ("lang", *ASKED.get(path, ()))]
        cookies = [parameter("piletibot-language", "cookie"), parameter("piletibot", "cookie")]
        get = {"parameters": [*named, *asked, *cookies], "responses": ANSWERS}
        paths[path] = {"get": get}
    form = {"type": "object", "properties": {"token": TEXT}, "required": ["token"]}
    paths["/login"]["post"] = {
        "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": ANSWERS | {"429": {"description": "too many guesses", "content": HTML}},
    }
    paths[ICON]["get"]["responses"] = {"200": {"description": "a picture", "content": {"image/svg+xml": {}}}}
    paths["/logout"] = {"post": {"responses": ANSWERS}}
    return {"openapi": "3.0.3", "info": {"title": "Piletibot", "version": "1"}, "paths": paths}


DESCRIBED = described()
OPERATIONS = [(method, path) for path, methods in DESCRIBED["paths"].items() for method in methods]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with filled() as store:
        yield store


@pytest.fixture(scope="module")
def schema() -> Any:
    """It takes a second to import, and only here is it needed."""
    import schemathesis

    return schemathesis.openapi.from_dict(DESCRIBED)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda each: each)
def test_whatever_is_asked_is_answered_in_order(store: Store, schema: Any, method: str, path: str) -> None:
    operation = schema[path][method]
    by_token = "log" in path
    browser = client(store, own={LEAD: TOKEN}, tokens={LEAD: TOKEN}) if by_token else client(store)
    examples = settings().max_examples if settings().max_examples > 1000 else 2
    known = {
        int(status): set(told.get("content", {""})) for status, told in operation.definition.raw["responses"].items()
    }

    @given(case=operation.as_strategy())
    @settings(max_examples=examples, suppress_health_check=list(HealthCheck))
    def asked(case: Any) -> None:
        given = case.as_transport_kwargs(base_url="http://127.0.0.1:8090")
        cookies = given.pop("cookies", None) or {}
        browser.cookies.clear()
        for name, value in cookies.items():
            if value.isascii() and value.isprintable():
                browser.cookies.set(name, value.replace(";", ""))
        answer = browser.request(
            given["method"],
            given["url"],
            params=given.get("params"),
            data=given.get("data"),
            headers={} if by_token else {HEADER: LEAD},
        )
        assert answer.status_code in known, answer.status_code
        assert answer.headers.get("content-type", "").partition(";")[0] in known[answer.status_code]
        assert all(name in answer.headers for name in HEADERS)
        assert PERSONAL_CODE not in answer.text
        assert answer.headers.get("location", "/").startswith("/")
        assert not answer.headers.get("location", "/").startswith("//")

    asked()


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/tickets/..%2f..%2fconfig.toml", "/style.css",
     "/digests/../../x", "/digests/day/..%2f..", "//evil.example", "/tickets/ABC-1%00", "/.git/config",
     "/templates/board.html"],
)  # fmt: skip
def test_no_path_leads_to_a_file(store: Store, path: str) -> None:
    answer = client(store).request("GET", f"http://127.0.0.1:8090{path}", headers={HEADER: LEAD})
    assert (answer.status_code, "root:" in answer.text) == (404, False)


@pytest.mark.parametrize("path", sorted(DESCRIBED["paths"]))
def test_no_other_method_reaches_a_page(store: Store, path: str) -> None:
    browser = client(store)
    asked = re.sub(r"{\w+}", "x", path)
    posts = path in ("/login", "/logout")
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "GETX"):
        if method == "POST" and posts:
            continue
        assert browser.request(method, asked, headers={HEADER: LEAD}).status_code == 405, method
