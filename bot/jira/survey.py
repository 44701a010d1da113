"""What `piletibot init` asks a Jira about: the statuses of a project, people, and where its workflow ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bot.engine.tracker import Refused
from bot.jira.catalogue import Catalogue, Flavour, Status, Transitions, User, look_up
from bot.jira.client import Client, Params


class _Workflow(msgspec.Struct):
    statuses: list[Status]


class _Hit(msgspec.Struct):
    id: str


class _Hits(msgspec.Struct):
    issues: list[_Hit] = []


def statuses_of(client: Client, catalogue: Catalogue, projects: Sequence[str]) -> list[Status]:
    """Give the statuses that tickets of these projects can have, each once. Raises what `Client.read` raises."""
    ids = {
        status.id
        for project in projects
        for workflow in client.read("2/project/{key}/statuses", list[_Workflow], at={"key": project})
        for status in workflow.statuses
    }
    return [status for status in catalogue.statuses if status.id in ids]


def find_people(client: Client, flavour: Flavour, text: str) -> list[User]:
    """Find an account by its id or user name, else all whose names begin so. Raises what `Client.read` raises."""
    by_id, by_name = ("accountId", "query") if flavour == "cloud" else ("username", "username")
    exact = look_up(client, {by_id: text})
    if exact is not None:
        return [exact] if exact.active else []
    try:
        return [user for user in client.read("2/user/search", list[User], params={by_name: text}) if user.active]
    except Refused:
        return []


def account_of(user: User, flavour: Flavour) -> str:
    """Give what a rulebook calls an account by: the account id on Cloud, the user name on Data Center."""
    return (user.account_id if flavour == "cloud" else user.name) or ""


def dead_ends(client: Client, flavour: Flavour, projects: Sequence[str], answers: Mapping[str, str]) -> Iterator[str]:
    """Give the ids of solved statuses from which no transition closes a ticket, seen on one ticket of each.

    `answers` are the meanings by status id. Raises what `Client.read` raises.
    """
    keys = ", ".join(json.dumps(project, ensure_ascii=False) for project in projects)
    path = "2/search/jql" if flavour == "cloud" else "2/search"
    for status in (id_ for id_, meaning in answers.items() if meaning == "solved"):
        params: Params = {"jql": f"project in ({keys}) AND status = {status}", "fields": "status", "maxResults": 1}
        for hit in client.read(path, _Hits, params=params).issues:
            found = client.read("2/issue/{id}/transitions", Transitions, at={"id": hit.id}).transitions
            if all(answers.get(transition.to.id) != "closed" for transition in found):
                yield status
