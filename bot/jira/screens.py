"""Whether what live rules set can be set on tickets as they are, and whether fields have the choices of the rulebook.

Asked of tickets, since what can be set hangs on project, kind and state. Nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from bot.core.entries import Entries
from bot.core.findings import Finding, Path
from bot.engine.tracker import Refused
from bot.jira.binding import fields_of, fold, nearest, unknown_projects
from bot.jira.catalogue import Catalogue, Field
from bot.jira.client import Client, Params

_SAMPLED = 50
_PAGE = 200


class _Category(msgspec.Struct):
    key: str = ""


class _Status(msgspec.Struct):
    category: _Category = msgspec.field(name="statusCategory", default_factory=_Category)


class _Kind(msgspec.Struct):
    id: str = ""
    name: str = ""


class _SampleFields(msgspec.Struct):
    status: _Status = msgspec.field(default_factory=_Status)
    kind: _Kind = msgspec.field(name="issuetype", default_factory=_Kind)


class _Sample(msgspec.Struct):
    id: str
    key: str
    fields: _SampleFields


class _Samples(msgspec.Struct):
    issues: list[_Sample] = []


class _Settable(msgspec.Struct):
    id: str = msgspec.field(name="fieldId", default="")
    choices: list[Any] = msgspec.field(name="allowedValues", default_factory=list)


class _Screen(msgspec.Struct):
    fields: dict[str, _Settable] = {}


class _CreateKinds(msgspec.Struct):
    cloud: list[_Kind] = msgspec.field(name="issueTypes", default_factory=list)
    dc: list[_Kind] = msgspec.field(name="values", default_factory=list)


class _CreateFields(msgspec.Struct):
    cloud: list[_Settable] = msgspec.field(name="fields", default_factory=list)
    dc: list[_Settable] = msgspec.field(name="values", default_factory=list)


Choices = Mapping[str, Mapping[str, str]]
"""The words people see of fields' choices, under the field's word by how they are compared."""


def screens(client: Client, catalogue: Catalogue, entries: Entries, *, speaks: bool) -> Iterator[Finding | str]:
    """Give what cannot be set that live rules set, and words of the rulebook that are no choice of their field.

    As texts comes what could not be asked. Raises what `Client.read` raises, but for refusals of what not every
    account may ask.
    """
    fields = fields_of(entries, catalogue)
    asked: dict[str, Field] = {word: fields[word] for word in ("category", "queue") if word in fields}
    sets = speaks and any(route.queue and not route.observe for route in entries.routes)
    unknown = {finding.path for finding in unknown_projects(entries, catalogue)}
    projects = [key for i, key in enumerate(entries.projects) if ("projects", i) not in unknown] if asked else []
    choices: dict[str, dict[str, str]] = {word: {} for word in asked}
    for project in projects:
        if "EDIT_ISSUES" not in catalogue.permissions.get(project, ()):
            continue
        samples = list(_samples(client, catalogue, project))
        if not samples:
            yield f"not looked up: what can be set in project {project!r}; it has no open ticket to ask about"
        for sample in samples:
            screen = client.read("2/issue/{id}/editmeta", _Screen, at={"id": sample.id}).fields
            if sets and "queue" in asked and asked["queue"].id not in screen:
                where = f"the edit screen of {sample.key} ({sample.fields.kind.name})"
                yield Finding(("fields", "queue"), f"{asked['queue'].name!r} cannot be set: it is not on {where}")
            for word, field in asked.items():
                choices[word] |= _choices(screen.get(field.id))
    yield from _unknown(client, entries, projects, asked, choices)


def _samples(client: Client, catalogue: Catalogue, project: str) -> Iterator[_Sample]:
    """The newest open ticket of each kind."""
    path = "2/search/jql" if catalogue.flavour == "cloud" else "2/search"
    jql = f"project = {json.dumps(project, ensure_ascii=False)} ORDER BY updated DESC"
    params: Params = {"jql": jql, "fields": "status,issuetype", "maxResults": _SAMPLED}
    kinds: set[str] = set()
    for ticket in client.read(path, _Samples, params=params).issues:
        if ticket.fields.status.category.key != "done" and ticket.fields.kind.id not in kinds:
            kinds.add(ticket.fields.kind.id)
            yield ticket


def _unknown(
    client: Client, entries: Entries, projects: Iterable[str], asked: Mapping[str, Field], choices: Choices
) -> Iterator[Finding | str]:
    """The rulebook's words that are no choice. Where tickets do not have them, creating one may."""
    lacking = [word for word, _, value in _worded(entries) if word in asked and fold(value) not in choices[word]]
    if not lacking:
        return
    known = {word: {**choices[word], **found} for word, found in _creatable(client, projects, asked).items()}
    for word, path, value in _worded(entries):
        if word in asked and known[word] and fold(value) not in known[word]:
            text = f"the field {asked[word].name!r} has no choice {value!r}"
            yield Finding(path, text, nearest(value, known[word].values()))
    for word in dict.fromkeys(lacking):
        if not known[word] and asked[word].kind.startswith("option"):
            yield f"not looked up: the choices of the field {asked[word].name!r}; no screen that was seen has it"


def _worded(entries: Entries) -> Iterator[tuple[str, Path, str]]:
    """What the rulebook takes for choices of the fields `category` and `queue`, each with its place."""
    for category, value in entries.categories.items():
        yield "category", ("categories", category), value
    for i, queue in enumerate(entries.queues):
        for j, value in enumerate(queue.values):
            yield "queue", ("queues", i, "value", j) if queue.value else ("queues", i, "queue"), value


def _creatable(client: Client, projects: Iterable[str], asked: Mapping[str, Field]) -> Choices:
    """The choices that there are on creating tickets, in projects where the account may."""
    found: dict[str, dict[str, str]] = {word: {} for word in asked}
    for project in projects:
        path, params = "2/issue/createmeta/{key}/issuetypes", {"maxResults": _PAGE}
        try:
            kinds = client.read(path, _CreateKinds, at={"key": project}, params=params)
            for kind in (*kinds.cloud, *kinds.dc):
                at = {"key": project, "id": kind.id}
                page = client.read(f"{path}/{{id}}", _CreateFields, at=at, params=params)
                settable = {one.id: one for one in (*page.cloud, *page.dc)}
                for word, field in asked.items():
                    found[word] |= _choices(settable.get(field.id))
        except Refused:
            continue
    return found


def _choices(settable: _Settable | None) -> dict[str, str]:
    listed = settable.choices if settable else []
    words = [one.get("value") or one.get("name") for one in listed if isinstance(one, dict)]
    return {fold(word): word for word in words if isinstance(word, str)}
