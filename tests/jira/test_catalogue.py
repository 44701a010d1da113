from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import responses
from fake_tracker import FakeTracker
from jira_canned import URL, Canned
from jira_worlds import Sandboxed, client_of, entries

from bot.engine.tracker import Denied, Unreachable
from bot.jira.catalogue import PERMISSIONS, Catalogue, Field, Named, Status, User, read_catalogue
from bot.sandbox.inprocess import InProcess

FIXTURES = Path(__file__).resolve().parents[2] / ".." / "shared" / "jira" / "fixtures"
HTML = "<!doctype html><html><title>Sign in</title></html>"


def ask(mock: responses.RequestsMock, answers: dict[str, Any]) -> Catalogue:
    """Read the catalogue of a canned Cloud whose answers are replaced: JSON, or status and text."""
    for path, answer in answers.items():
        if isinstance(answer, tuple):
            mock.add("GET", f"{URL}/rest/api/2/{path}", status=answer[0], body=answer[1])
        else:
            mock.add("GET", f"{URL}/rest/api/2/{path}", json=answer)
    Canned(FakeTracker(lambda: 0)).install(mock)
    return read_catalogue(client_of(URL, "cloud"))


@pytest.mark.parametrize(
    ("info", "flavour"),
    [
        ({"baseUrl": URL, "deploymentType": "Cloud", "versionNumbers": [1001, 0, 0]}, "cloud"),
        ({"baseUrl": URL, "deploymentType": "Server", "versionNumbers": [10, 3, 0]}, "dc"),
        ({"baseUrl": URL, "deploymentType": "DataCenter"}, "dc"),
        ({"baseUrl": URL, "deploymentType": "Data Center"}, "dc"),
        ({"baseUrl": URL}, "dc"),  # no versionNumbers either, as behind some proxies
    ],
)
def test_the_flavour_is_recognised(mock: responses.RequestsMock, info: dict[str, Any], flavour: str) -> None:
    mock.add("GET", f"{URL}/rest/api/2/project", json=[{"id": "1", "key": "KKA", "name": "Klienditugi"}])
    catalogue = ask(mock, {"serverInfo": info})
    assert (catalogue.flavour, [project.id for project in catalogue.projects]) == (flavour, ["KKA"])


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"serverInfo": (200, HTML)}, Unreachable),
        ({"serverInfo": (404, HTML)}, Unreachable),
        ({"serverInfo": (404, "{}")}, Unreachable),
        ({"serverInfo": {"hello": "world"}}, Unreachable),
        ({"serverInfo": ["hello"]}, Unreachable),
        ({"myself": (401, "{}")}, Denied),
        ({"myself": (403, "{}")}, Denied),
        ({"myself": {}}, Denied),  # anonymous: 200 with nothing
        ({"myself": {"displayName": "Anonymous", "name": "", "key": None}}, Denied),
        ({"field": (200, HTML)}, Unreachable),
        ({"status": {"errorMessages": []}}, Unreachable),
    ],
)
def test_what_is_no_jira_or_no_account_is_told(
    mock: responses.RequestsMock, answers: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        ask(mock, answers)


def test_names_in_other_languages_and_of_clauses_are_kept(mock: responses.RequestsMock) -> None:
    field = {"id": "status", "name": "Olek", "untranslatedName": "Status", "clauseNames": ["status"], "custom": False}
    people = {"id": "customfield_1", "name": "Abi", "custom": True, "schema": {"type": "array", "items": "user"}}
    status = {
        "id": "3",
        "name": "Töös",
        "untranslatedName": "In Progress",
        "statusCategory": {"key": "indeterminate"},
    }
    catalogue = ask(mock, {"field": [field, people], "status": [status, {"id": "4", "name": "Muu"}]})
    assert catalogue.fields == (
        Field("status", "Olek", False, "", "", ("Status", "status")),
        Field("customfield_1", "Abi", True, "array", "user", ("Abi",)),
    )
    assert catalogue.statuses == (
        Status("3", "Töös", "indeterminate", ("In Progress",)),
        Status("4", "Muu", "undefined", ("Muu",)),
    )


def test_projects_are_read_to_the_last_page(mock: responses.RequestsMock) -> None:
    pages = [
        {"values": [{"key": "A", "name": "a"}, {"key": "B", "name": "b"}], "isLast": False},
        {"values": [{"key": "C", "name": "c"}], "isLast": True},
    ]
    for page in pages:
        mock.add("GET", f"{URL}/rest/api/2/project/search", json=page)
    assert [project.id for project in ask(mock, {}).projects] == ["A", "B", "C"]
    starts = [call.request.params["startAt"] for call in mock.calls if "project/search" in str(call.request.url)]  # type: ignore[attr-defined]
    assert starts == ["0", "2"]


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_a_rulebooks_people_and_permissions_are_asked_for(flavour: Any) -> None:
    sandboxed = Sandboxed(flavour)
    sandboxed.connect(client_of("https://sandbox.example", flavour, transport=_transport(sandboxed)))
    ident = {person.name: person.ident(flavour) for person in sandboxed.world.people}
    it1 = sandboxed.world.person("it1")
    assert it1 is not None
    it1.active = False
    people = [{"person": "it1", "account": ident["it1"]}, {"person": "nobody", "account": "nobody"}]
    book = entries(ident.__getitem__, people=people, projects=["KKA", "NONE"])
    client = client_of("https://sandbox.example", flavour, transport=_transport(sandboxed))
    catalogue = read_catalogue(client, book)
    assert catalogue.people["nobody"] is None
    found = catalogue.people[ident["it1"]]
    assert isinstance(found, User)
    assert found.active is False
    assert found.account_id == (ident["it1"] if flavour == "cloud" else None)
    assert found.key == (it1.key if flavour == "dc" else None)
    assert catalogue.permissions == {"KKA": frozenset(PERMISSIONS), "NONE": frozenset()}
    assert Named("KKA", "Keskkonnaameti klienditugi") in catalogue.projects


@pytest.mark.parametrize(
    ("user", "token", "held"),
    [(None, "browse-token", {"BROWSE_PROJECTS"}), ("vaatleja@sandbox.example", "browse-token", {"BROWSE_PROJECTS"})],
)
def test_a_browse_only_account_is_seen_as_one(user: str | None, token: str, held: set[str]) -> None:
    flavour: Any = "cloud" if user else "dc"
    sandboxed = Sandboxed(flavour)
    people = {person.name: person.ident(flavour) for person in sandboxed.world.people}
    client = client_of("https://sandbox.example", flavour, user=user, token=token, transport=_transport(sandboxed))
    catalogue = read_catalogue(client, entries(people.__getitem__))
    assert catalogue.permissions == {"KKA": frozenset(held)}


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_a_wrong_token_is_denied(flavour: Any) -> None:
    sandboxed = Sandboxed(flavour)
    client = client_of("https://sandbox.example", flavour, token="wrong", transport=_transport(sandboxed))
    with pytest.raises(Denied):
        read_catalogue(client)


REAL = [
    ("cloud/specexample_serverInfo.json", "serverInfo"),
    ("cloud/specexample_myself.json", "myself"),
    ("cloud/specexample_field.json", "field"),
    ("cloud/mock_fields.json", "field"),
    ("cloud/status_list.json", "status"),
    ("dc/jrjc_serverInfo_valid.json", "serverInfo"),
    ("dc/jrjc_serverInfo_valid-for-anonymous.json", "serverInfo"),
    ("dc/jrjc_user_valid.json", "myself"),
    ("dc/jrjc_user_valid-with-hidden-email.json", "myself"),
    ("dc/gojira_all_fields.json", "field"),
    ("dc/gojira_all_statuses.json", "status"),
    ("dc/gojira_all_priorities.json", "priority"),
]


@pytest.mark.shared
@pytest.mark.parametrize(("file", "path"), REAL)
def test_real_answers_are_understood(mock: responses.RequestsMock, file: str, path: str) -> None:
    if not FIXTURES.is_dir():
        pytest.skip("../shared is not beside the checkout")
    mock.add("GET", f"{URL}/rest/api/2/project", json=[])
    catalogue = ask(mock, {path: json.loads((FIXTURES / file).read_text())})
    assert catalogue.me.id
    assert catalogue.fields
    assert catalogue.statuses
    assert catalogue.priorities


def _transport(sandboxed: Sandboxed) -> InProcess:
    return InProcess(sandboxed.site)
