"""Whether tickets can be brought into the states that live rungs set: asked of tickets, nothing written."""

from __future__ import annotations

import json
from collections.abc import Iterator

import msgspec

from bot.core.entries import Entries
from bot.core.findings import Finding, Path
from bot.jira.binding import Binding, bind_what_is_there, unknown_projects
from bot.jira.catalogue import Catalogue, Status, Transitions
from bot.jira.client import Client, Params


class _Sample(msgspec.Struct):
    id: str
    key: str


class _Samples(msgspec.Struct):
    issues: list[_Sample] = []


def ways(client: Client, catalogue: Catalogue, entries: Entries, *, speaks: bool) -> Iterator[Finding | str]:
    """Give the states set by live rungs into which no transition leads from where solved tickets are.

    As texts comes what could not be asked, for want of a ticket there. Raises what `Client.read` raises.
    """
    wanted = list(_wanted(entries)) if speaks else []
    if not wanted:
        return
    binding, _ = bind_what_is_there(entries, catalogue)
    unknown = {finding.path for finding in unknown_projects(entries, catalogue)}
    for i, project in enumerate(entries.projects):
        if ("projects", i) in unknown or "TRANSITION_ISSUES" not in catalogue.permissions.get(project, ()):
            continue
        for status in _solved(entries, catalogue, binding):
            sample = _sample(client, catalogue, project, status)
            if sample is None:
                yield f"not looked up: the ways out of {status.name!r} in project {project!r}; no ticket is there"
                continue
            found = client.read("2/issue/{id}/transitions", Transitions, at={"id": sample.id}).transitions
            reached = {way.to.id for way in found if way.is_available}
            for path, state in wanted:
                if reached.isdisjoint(binding.targets.get(state, ())):
                    text = f"no transition leads from {status.name!r} to the state {state!r}, as seen on {sample.key}"
                    yield Finding(path, text)


def _wanted(entries: Entries) -> Iterator[tuple[Path, str]]:
    for i, ladder in enumerate(entries.ladders):
        for k, rung in enumerate(ladder.rungs):
            if "state" in rung.sets and not ladder.observe:
                yield ("ladders", i, "rungs", k, "sets", "state"), rung.sets["state"]


def _solved(entries: Entries, catalogue: Catalogue, binding: Binding) -> list[Status]:
    ids = {id_ for state in entries.states if state.standing == "solved" for id_ in binding.targets[state.state]}
    return [status for status in catalogue.statuses if status.id in ids]


def _sample(client: Client, catalogue: Catalogue, project: str, status: Status) -> _Sample | None:
    path = "2/search/jql" if catalogue.flavour == "cloud" else "2/search"
    jql = f"project = {json.dumps(project, ensure_ascii=False)} AND status = {status.id} ORDER BY updated DESC"
    params: Params = {"jql": jql, "fields": "status", "maxResults": 1}
    return next(iter(client.read(path, _Samples, params=params).issues), None)
