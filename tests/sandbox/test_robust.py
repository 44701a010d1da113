"""Whatever is sent, the sandbox answers as a Jira would: never with a fault of its own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.sandbox.api import ROUTES

WORDS = ["fields", "update", "transition", "body", "properties", "visibility", "key", "value", "id", "type", "jql"]
WORDS += [
    "issueIdsOrKeys",
    "fieldIds",
    "ids",
    "queries",
    "maxResults",
    "startAt",
    "nextPageToken",
    "expand",
    "comment",
]
WORDS += ["summary", "project", "issuetype", "labels", "assignee", "add", "set", "remove", "inwardIssue", "content"]
WORDS += ["customfield_10201", "customfield_10203", "customfield_10204", "accountId", "name", "KKA", "KKA-1", "10100"]
LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 200) | st.sampled_from([*WORDS, "", "text", "doc", "project = KKA"])
)
BODIES = st.recursive(
    LEAVES,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(WORDS), each, max_size=4),
    max_leaves=12,
)
SENT = sorted({(route.method, route.path) for route in ROUTES if route.method in ("POST", "PUT")})
ASKED = sorted({route.path for route in ROUTES if route.method == "GET"})


def filled(path):
    for name, real in {"issue": "KKA-1", "id": "10000", "comment": "10000", "project": "KKA"}.items():
        path = path.replace("{" + name + "}", real)
    return path.replace("{property}", "x").replace("{type}", "10100")


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
@pytest.mark.parametrize(("method", "path"), SENT)
def test_any_json_is_taken_or_refused(make, flavour, method, path):
    jira = make(flavour)
    jira.say(jira.open(), "Tere")
    jira.checked = False

    @settings(max_examples=12, suppress_health_check=list(HealthCheck))
    @given(BODIES)
    @example({"transition": "107", "fields": [], "update": {"labels": {"add": 1}}})
    @example({"fields": {"project": {"key": "KKA"}, "summary": "x", "issuetype": {"id": "10100"}, "labels": [None]}})
    @example({"transition": {"id": "107"}, "update": {"labels": {"add": 1}}})
    @example({"transition": {"id": "107"}, "update": {"labels": ["a"], "comment": 7}})
    @example({"transition": {"id": "107"}, "update": {"comment": [{"add": "x"}, 3]}})
    @example({"transition": {"id": []}, "fields": {"resolution": [], "assignee": {"name": 3, "accountId": 3}}})
    @example({"body": "x", "visibility": "all", "properties": {"key": "a"}})
    @example({"body": {"type": "doc", "version": 1, "content": ["x"]}, "visibility": {"type": [], "value": 3}})
    @example({"type": {"name": []}, "inwardIssue": "KKA-1", "outwardIssue": {"id": 10000}})
    @example({"accountId": 5, "name": 5})
    @example({"issueIdsOrKeys": [None, {}, "KKA-1"], "fieldIds": [[]], "ids": [{}], "queries": [None]})
    @example({"jql": "project = KKA", "nextPageToken": 5, "fields": {}, "expand": 3, "maxResults": "x"})
    def send(body):
        assert jira(method, filled(path), body).status_code < 500

    send()


@pytest.mark.parametrize("value", ["-1", "x", "*all,b"])
@pytest.mark.parametrize("path", ASKED)
def test_any_query_is_taken_or_refused(jira, path, value):
    jira.say(jira.open(), "Tere")
    jira.checked = False
    names = ["startAt", "maxResults", "fields", "expand", "orderBy", "properties", "jql", "query", "username"]
    names += ["accountId", "permissions", "projectKey", "groupname", "project", "nextPageToken"]
    for name in names:
        assert jira("GET", filled(path), **{name: value}).status_code < 500
    assert jira("GET", filled(path), **dict.fromkeys(names, value)).status_code < 500
