"""What the account must be allowed and what it should not: said by `check`, kept in one place, and documented."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from jira_worlds import Sandboxed, connected_in_process, entries
from made_parts import hold

from bot.jira import access
from bot.jira.privileges import EXCESS, NEEDS, excess
from bot.sandbox.world import ADMINISTRATORS, OF_ADMINISTRATORS, PERMISSIONS

DOCUMENT = Path(__file__).parents[2] / "docs" / "security.md"
SPEC = DOCUMENT.parents[2] / "shared" / "jira" / "spec" / "cloud-v3.json"
SEES = "the account also sees projects that no rule names: ARH, KEMIT"


@pytest.fixture(params=["cloud", "dc"])
def desk(request: pytest.FixtureRequest) -> Sandboxed:
    return connected_in_process(request.param)


def told(desk: Sandboxed, **sections: object) -> list[str]:
    return list(excess(desk.tracker.client, desk.tracker.catalogue, entries(str, **sections)))


def test_what_the_account_has_beyond_need_is_told(desk: Sandboxed) -> None:
    assert told(desk) == [SEES]
    bot = desk.person("piletibot")
    bot.denied.clear()
    bot.groups.append(ADMINISTRATORS)
    assert [re.findall(r"[A-Z_]{6,}", note) for note in told(desk)[:-1]] == [[each] for each in EXCESS]
    assert told(desk)[1] == (
        "the account could administer the whole Jira (ADMINISTER, in KKA), which no rule needs: take it away, so "
        "that a stolen token cannot either"
    )


def test_projects_that_a_rulebook_names_are_not_beyond_need(desk: Sandboxed) -> None:
    outside = [{"projects": ["KEMIT"]}]
    assert told(desk, projects=["KKA", "ARH"], outside=outside) == []


@pytest.mark.parametrize(
    ("live", "sets", "needed"),
    [
        (False, {"owner", "queue", "state"}, ["BROWSE_PROJECTS"]),
        (True, set(), ["BROWSE_PROJECTS", "ADD_COMMENTS", "EDIT_OWN_COMMENTS"]),
        (True, {"owner"}, ["BROWSE_PROJECTS", "ADD_COMMENTS", "EDIT_OWN_COMMENTS", "ASSIGN_ISSUES"]),
        (True, {"queue"}, ["BROWSE_PROJECTS", "ADD_COMMENTS", "EDIT_OWN_COMMENTS", "EDIT_ISSUES"]),
        (True, {"state"}, ["BROWSE_PROJECTS", "ADD_COMMENTS", "EDIT_OWN_COMMENTS", "TRANSITION_ISSUES"]),
        (True, {"state", "owner", "labels"}, ["BROWSE_PROJECTS", "ADD_COMMENTS", "EDIT_OWN_COMMENTS", "ASSIGN_ISSUES",
                                              "EDIT_ISSUES", "TRANSITION_ISSUES"]),
    ],
)  # fmt: skip
def test_a_feature_that_is_not_used_needs_nothing(live: bool, sets: set[str], needed: list[str]) -> None:
    assert access.needed(entries(str), live, sets) == needed


def test_no_feature_needs_what_is_told_to_be_too_much() -> None:
    needs = {permission for need in NEEDS for permission in need.permissions}
    assert needs.isdisjoint(EXCESS)
    assert set(EXCESS) <= {*PERMISSIONS, *OF_ADMINISTRATORS}


def table() -> str:
    """The table of the document."""
    rows = [
        "| feature | permission | Cloud scope | what the bot does with it | where it is lacking |",
        "|---|---|---|---|---|",
    ]
    lacking = {"error": "`check` refuses", "note": "`check` says so", "effect": "it is not done"}
    for need in NEEDS:
        permissions, scopes = (", ".join(f"`{each}`" for each in those) for those in (need.permissions, need.scopes))
        rows.append(f"| {need.feature} | {permissions} | {scopes} | {need.what} | {lacking[need.lacking]} |")
    return "\n".join(rows)


def test_the_document_lists_what_is_needed() -> None:
    hold(DOCUMENT, "privileges", table())
    written = DOCUMENT.read_text("utf-8")
    assert all(f"`{each}`" in written for each in EXCESS)


@pytest.mark.shared
def test_the_scopes_are_those_of_atlassians_description() -> None:
    if not SPEC.is_file():
        pytest.skip("../shared/jira/spec is not beside this checkout")
    asked = {
        "watching": [("get", "/rest/api/3/search/jql"), ("post", "/rest/api/3/issue/bulkfetch"),
                     ("get", "/rest/api/3/issue/{issueIdOrKey}/comment"), ("get", "/rest/api/3/myself")],
        "knowing people": [("get", "/rest/api/3/user")],
        "speaking": [("post", "/rest/api/3/issue/{issueIdOrKey}/comment"),
                     ("put", "/rest/api/3/issue/{issueIdOrKey}/comment/{id}")],
        "setting states": [("post", "/rest/api/3/issue/{issueIdOrKey}/transitions")],
    }  # fmt: skip
    paths = json.loads(SPEC.read_text("utf-8"))["paths"]
    for need in NEEDS:
        found = set()
        for method, path in asked.get(need.feature, ()):
            current = [
                each for each in paths[path][method]["x-atlassian-oauth2-scopes"] if each["state"] == "Current"
            ]
            found |= {scope for each in current for scope in each["scopes"]}
        assert not found or found == set(need.scopes), need.feature
