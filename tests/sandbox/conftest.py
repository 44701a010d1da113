"""A sandbox to call in-process, every answer of which is held against Atlassian's own descriptions."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import Draft4Validator, Draft202012Validator

from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.inprocess import InProcess

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
SPEC = SHARED / "jira" / "spec"
FILES = {("cloud", "3"): "cloud-v3.json", ("cloud", "2"): "cloud-v2.json", ("dc", "2"): "dc-10.3.json"}
MONDAY_MS = 1_772_434_800_000  # 2026-03-02 09:00 in Tallinn

Operation = tuple[str, str, str]


def nullable(node: Any) -> Any:
    """OpenAPI's `nullable` in the words of JSON Schema."""
    if isinstance(node, list):
        return [nullable(each) for each in node]
    if not isinstance(node, dict):
        return node
    node = {key: nullable(each) for key, each in node.items()}
    if node.pop("nullable", False) and isinstance(node.get("type"), str):
        node["type"] = [node["type"], "null"]
    return node


@functools.cache
def specification(name: str) -> dict[str, Any]:
    return nullable(json.loads((SPEC / name).read_text()))


@functools.cache
def validator(name: str, method: str, template: str, status: str) -> Draft202012Validator | None:
    """The validator of one operation's answer; None where the description promises no body."""
    spec = specification(name)
    answer = spec["paths"][template][method]["responses"].get(status, {})
    schema = next((each.get("schema") for each in answer.get("content", {}).values()), None) or None
    if schema is None:
        return None
    if (name, template) == ("dc-10.3.json", "/rest/api/2/user/search"):
        schema = {"type": "array", "items": schema}  # the file describes one item; a list is what comes
    return Draft202012Validator({**schema, "components": spec["components"]})


@functools.cache
def adf() -> Draft4Validator:
    return Draft4Validator(json.loads((SPEC / "adf-schema.json").read_text()))


def template_of(spec: dict[str, Any], method: str, path: str) -> str | None:
    """The description's path for a real one; a literal part beats a variable one."""
    met = [
        template
        for template, operations in spec["paths"].items()
        if method in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)
    ]
    return min(met, key=lambda each: each.count("{"), default=None)


def documents(node: Any) -> list[Any]:
    """Every ADF document in a body."""
    if isinstance(node, list):
        return [found for each in node for found in documents(each)]
    if not isinstance(node, dict):
        return []
    if node.get("type") == "doc":
        return [node]
    return [found for each in node.values() for found in documents(each)]


class Caller:
    """One sandbox and an account to call it as; `ops` collects the described operations that answered with 2xx."""

    def __init__(self, flavour: str, site: Site, version: str, name: str = "piletibot", token: str = "") -> None:
        self.flavour, self.site, self.version, self.world = flavour, site, version, site.world
        self.ops: set[Operation] = set()
        self.checked = True
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", InProcess(site))
        token = token or ("sandbox-token" if name == "piletibot" else f"{name}-token")
        if flavour == "cloud":
            self.session.auth = (f"{name}@sandbox.example", token)
        else:
            self.session.headers["Authorization"] = f"Bearer {token}"

    def as_(self, name: str, token: str = "", version: str | None = None) -> Caller:
        other = Caller(self.flavour, self.site, version or self.version, name, token)
        other.ops = self.ops
        return other

    def __call__(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        url = f"http://jira.test/rest/api/{self.version}{path}"
        sent = {} if body is None else {"json": body}
        response = self.session.request(method, url, params=query, timeout=5, **sent)
        if self.checked:
            self._check(method.lower(), f"/rest/api/{self.version}{path}", response)
        return response

    def get(self, path: str, **query: Any) -> Any:
        response = self("GET", path, **query)
        assert response.status_code == 200, response.text
        return response.json()

    def text(self, words: str) -> Any:
        """A text as this version takes it."""
        if self.version == "2":
            return words
        paragraph = {"type": "paragraph", "content": [{"type": "text", "text": words}]}
        return {"type": "doc", "version": 1, "content": [paragraph]}

    def who(self, name: str) -> dict[str, str]:
        """A person as this flavour takes one."""
        person = self.world.person(name)
        return {"accountId": person.account_id} if self.flavour == "cloud" else {"name": person.name}

    def open(self, summary: str = "Deklaratsiooni ei saa esitada", **fields: Any) -> str:
        given = {"project": {"key": "KKA"}, "summary": summary, "issuetype": {"id": "10100"}, **fields}
        response = self("POST", "/issue", {"fields": given})
        assert response.status_code == 201, response.text
        return response.json()["key"]

    def say(self, key: str, words: str, **more: Any) -> str:
        response = self("POST", f"/issue/{key}/comment", {"body": self.text(words), **more})
        assert response.status_code == 201, response.text
        return response.json()["id"]

    def go(self, key: str, status_id: str) -> None:
        response = self("POST", f"/issue/{key}/transitions", {"transition": {"id": "1" + status_id[-2:]}})
        assert response.status_code == 204, response.text

    def search(self, jql: str, *fields: str, **more: Any) -> Any:
        path = "/search/jql" if self.flavour == "cloud" else "/search"
        return self.get(path, jql=jql, fields=",".join(fields), **more)

    def keys(self, jql: str) -> list[str]:
        return [each["key"] for each in self.search(jql, "key")["issues"]]

    def _check(self, method: str, path: str, response: requests.Response) -> None:
        name = FILES[self.flavour, self.version]
        if not (SPEC / name).exists() or response.headers.get("Content-Type", "").startswith("text/html"):
            return
        template = template_of(specification(name), method, path)
        if template is None:
            return
        schema = validator(name, method, template, str(response.status_code))
        if schema is not None:
            errors = [f"{each.json_path}: {each.message[:200]}" for each in schema.iter_errors(response.json())]
            assert errors == [], (method, template)
        if self.version == "3" and response.ok and response.content:
            for document in documents(response.json()):
                adf().validate(document)
        if response.ok:
            self.ops.add((self.version, method, template))


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY_MS)


@pytest.fixture
def make(clock: Clock) -> Callable[[str], Caller]:
    def made(flavour: str) -> Caller:
        version = "3" if flavour == "cloud" else "2"
        return Caller(flavour, Site(keskkonnaamet(flavour, clock)), version)

    return made


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, make: Callable[[str], Caller]) -> Caller:
    """Both flavours, called as the bot: v3 on Cloud, v2 on Data Center."""
    return make(request.param)


@pytest.fixture
def cloud(make: Callable[[str], Caller]) -> Caller:
    return make("cloud")


@pytest.fixture
def dc(make: Callable[[str], Caller]) -> Caller:
    return make("dc")


@pytest.fixture
def spec_dir() -> Path:
    if not SPEC.exists():
        pytest.skip("../shared is not there, and with it Atlassian's API descriptions")
    return SPEC


@pytest.fixture(scope="session")
def caller() -> type[Caller]:
    return Caller


@pytest.fixture(scope="session")
def real_issues() -> Path:
    path = SHARED / "data" / "jira-issues.jsonl.gz"
    if not path.exists():
        pytest.skip("../shared is not there, and with it the real issues")
    return path
