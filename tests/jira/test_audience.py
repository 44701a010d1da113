"""Who sees the bot's comments, at a Jira that does not tell all; the rest is tested on the sandbox."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from jira_canned import URL
from jira_worlds import client_of, entries

from bot.core.findings import Finding
from bot.jira.audience import audience
from bot.jira.catalogue import Catalogue, Named, User

ROLE = {"self": f"{URL}/rest/api/2/project/10000/role/10360", "name": "Agents", "id": 10360}
ROLES = {"project/KKA/role": {"Agents": ROLE["self"]}}
GROUP = {"type": "atlassian-group-role-actor", "name": "agents", "displayName": "agents"}
PERSON = {"type": "atlassian-user-role-actor", "name": "piletibot", "displayName": "Piletibot"}
ON_CLOUD = {"type": "atlassian-user-role-actor", "actorUser": {"accountId": "acc-piletibot"}, "displayName": "P"}
UNTOLD = "this Jira does not tell the account's groups"


@pytest.mark.parametrize(
    ("comments", "answers", "found"),
    [
        (
            {"group": "agents"},
            {"myself": {"name": "piletibot"}, "groups/picker": {"groups": [{"name": "agents"}]}},
            [f"not looked up: whether the account is in the group 'agents'; {UNTOLD}"],
        ),
        (  # more groups than are listed
            {"group": "agents"},
            {"myself": {"groups": {"size": 2, "items": [{"name": "x"}]}}, "groups/picker": {"groups": []}},
            ["not looked up: whether there is a group 'agents'; the account may not list groups"],
        ),
        (
            {"group": "agents"},
            {"myself": {"groups": {"size": 0, "items": []}}, "groups/picker": 403},
            [("the account is in no group 'agents', and may not list those that it is not in", None)],
        ),
        (
            {"role": "Agents"},
            {"myself": {}, **ROLES, "project/KKA/role/10360": ROLE | {"actors": [GROUP]}},
            [f"not looked up: whether the account is in the role 'Agents' of project 'KKA'; {UNTOLD}"],
        ),
        (
            {"role": "Agents"},
            {"myself": {}, **ROLES, "project/KKA/role/10360": 403},
            ["not looked up: the role 'Agents'; the account may not see the roles of project 'KKA'"],
        ),
        (
            {"role": "Agents"},
            {"myself": {}, **ROLES, "project/KKA/role/10360": ROLE | {"actors": []}},
            [
                (
                    "the account is not in the role 'Agents' of project 'KKA': "
                    "it could neither write the comments nor see them",
                    None,
                )
            ],
        ),
        *(
            (
                {"role": "Agents"},
                {"myself": {}, **ROLES, "project/KKA/role/10360": told},
                [],
            )
            for told in (
                ROLE | {"actors": [GROUP, PERSON]},
                ROLE | {"actors": [ON_CLOUD]},
                ROLE | {"currentUserRole": True},
            )
        ),
        ({}, {}, []),
    ],
)  # fmt: skip
def test_what_is_told_of_who_sees_the_comments(
    mock: responses.RequestsMock, comments: dict[str, str], answers: dict[str, Any], found: list[Any]
) -> None:
    for path, answer in answers.items():
        url = f"{URL}/rest/api/2/{path}"
        if isinstance(answer, int):
            mock.add("GET", url, status=answer, json={"errorMessages": [], "errors": {}})
        else:
            mock.add("GET", url, json=answer)
    me = User(account_id="acc-piletibot", name="piletibot")
    catalogue = Catalogue("cloud", me, projects=(Named("KKA"),))
    book = entries(lambda word: f"acc-{word}", comments=comments)
    said = list(audience(client_of(URL, "cloud"), catalogue, book, speaks=True))
    assert [(one.text, one.suggestion) if isinstance(one, Finding) else one for one in said] == found
