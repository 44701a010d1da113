from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from jira_worlds import PEOPLE, entries

from bot.jira.access import findings
from bot.jira.binding import Binding, bind, deactivated
from bot.jira.catalogue import PERMISSIONS, Catalogue, Field, Named, Status, User

CATALOGUE = Catalogue(
    flavour="cloud",
    me=User(account_id="acc-piletibot"),
    fields=(
        Field("customfield_10201", "Kategooria", True, "option"),
        Field("customfield_10202", "Järjekord", True, "option"),
        Field("customfield_10203", "Edastaja", True, "user"),
        Field("customfield_10204", "Lahendus kliendile edastatud", True, "date"),
        Field("components", "Komponendid", False, "array", "component", ("Component/s", "component")),
        Field("customfield_10301", "Tiim", True, "string"),
        Field("customfield_10302", "tiim ", True, "option"),
        Field("customfield_10303", "Maht", True, "number"),
        Field("customfield_10304", "Teavitatud", True, "array", "option"),
    ),
    statuses=(
        Status("10001", "Uus", "new", ("To Do",)),
        Status("10002", "II tasemel", "indeterminate"),
        Status("10007", "Lahendatud", "indeterminate"),
        Status("10009", "LAHENDATUD", "done"),
        Status("10008", "Suletud", "done"),
        Status("10010", "Poolel", "indeterminate"),
    ),
    priorities=(Named("2", "Kõrge"), Named("3", "Keskmine")),
    projects=(Named("KKA", "Klienditugi"), Named("ARH", "Arhiiv")),
    permissions={"KKA": frozenset(PERMISSIONS)},
    people={f"acc-{word}": User(account_id=f"acc-{word}", display=f"Nimi {word}") for word in (*PEOPLE, "piletibot")},
)


def book(**sections: Any) -> Any:
    return entries(lambda word: f"acc-{word}", **sections)


def bound(catalogue: Catalogue = CATALOGUE, **sections: Any) -> Binding:
    binding = bind(book(**sections), catalogue)
    assert isinstance(binding, Binding), binding
    return binding


def test_names_become_ids() -> None:
    binding = bound(categories={"SISU": "Deklaratsiooni sisu"})
    assert {word: field.id for word, field in binding.fields.items()} == {
        "category": "customfield_10201",
        "queue": "customfield_10202",
        "forwarder": "customfield_10203",
        "delivered": "customfield_10204",
    }
    assert binding.states == {
        "10001": "new",
        "10002": "at-tier-2",
        "10007": "solved",
        "10009": "solved",  # every status of a name, as team-managed projects have their own
        "10008": "closed",  # by category
        "10010": "unknown",
    }
    assert binding.targets["solved"] == ("10007", "10009")
    assert binding.priorities == {"2": "high", "3": "medium"}
    assert binding.queues == {"l2_it": "it", "l2_load": "L2_LOAD"}
    assert binding.categories == {"deklaratsiooni sisu": "SISU"}
    assert binding.people["acc-it1"] == "it1"
    assert binding.me.ids == ("acc-piletibot",)


def test_ticked_boxes_may_tell_delivery() -> None:
    assert bound(fields={"delivered": "Teavitatud"}).fields["delivered"].id == "customfield_10304"


STATE: dict[str, object] = {"state": "new", "name": {"en": "New"}, "standing": "open", "ball": "tier 1"}


def states(*status: str) -> list[dict[str, object]]:
    return [STATE | {"status": list(status)}]


@pytest.mark.parametrize(
    ("sections", "state_of"),
    [
        ({"states": states("To Do")}, {"10001": "new"}),  # Jira's own name under a translation
        ({"states": states("uus")}, {"10001": "new"}),
        ({"states": states("10001", "Suletud")}, {"10001": "new", "10008": "new"}),
        ({"states": [STATE | {"category": "new"}]}, {"10001": "new"}),
        (
            {"states": [STATE | {"category": "done", "status": "Uus"}]},
            {"10001": "new", "10008": "new", "10009": "new"},
        ),
        (
            {"states": [STATE | {"category": "done"}, STATE | {"state": "shut", "category": "done"}]},
            {"10008": "new", "10009": "new"},
        ),
    ],
)
def test_statuses_find_their_state(sections: dict[str, Any], state_of: dict[str, str]) -> None:
    found = {status: state for status, state in bound(**sections).states.items() if state != "unknown"}
    assert found == state_of


def test_a_state_is_reached_by_the_statuses_the_rulebook_names_first() -> None:
    binding = bound(states=[STATE | {"status": "Suletud", "category": "done"}])
    assert binding.targets == {"new": ("10008", "10009")}


PEOPLE_HERE = [{"person": "it1", "account": {"cloud": "acc-it1", "dc": "it1"}}]


@pytest.mark.parametrize(
    ("sections", "path", "told", "suggestion"),
    [
        ({"projects": ["KKA", "KAA"]}, ("projects", 1), "no project 'KAA'", "KKA"),
        ({"fields": {"queue": "Järjekorad"}}, ("fields", "queue"), "no field 'Järjekorad'", "Järjekord"),
        ({"fields": {"queue": "customfield_99999"}}, ("fields", "queue"), "no field", None),
        ({"fields": {"queue": "componets"}}, ("fields", "queue"), "no field", "components"),
        (
            {"fields": {"queue": "Tiim"}},
            ("fields", "queue"),
            "2 fields of this Jira are called 'Tiim'; write the id of one: customfield_10301, customfield_10302",
            None,
        ),
        ({"fields": {"delivered": "Maht"}}, ("fields", "delivered"), "'Maht' holds a number", None),
        ({"states": states("Uus", "Lahendtud")}, ("states", 0, "status", 1), "no status 'Lahendtud'", "LAHENDATUD"),
        (
            {"states": [*states("Uus"), STATE | {"state": "old", "status": "10001"}]},
            ("states", 1, "status", 0),
            "already that of the state 'new'",
            None,
        ),
        ({"priorities": {"high": "Korge"}}, ("priorities", "high"), "no priority 'Korge'", "Kõrge"),
        (
            {"people": [{"person": "a", "account": "acc-it1"}, {"person": "b", "account": "acc-nobody"}]},
            ("people", 1, "account"),
            "no account id 'acc-nobody'",
            None,
        ),
        (
            {"people": [{"person": "a", "account": "acc-it1"}, {"person": "b", "account": "acc-it1"}]},
            ("people", 1, "account"),
            "already the account of 'a'",
            None,
        ),
        (
            {"people": [{"person": "robot", "account": "acc-piletibot"}]},
            ("people", 0, "account"),
            "the bot's own account",
            None,
        ),
    ],
)
def test_what_the_jira_does_not_have_is_told_with_its_place(
    sections: dict[str, Any], path: tuple[str | int, ...], told: str, suggestion: str | None
) -> None:
    (problem,) = bind(book(**sections), CATALOGUE)  # type: ignore[misc]
    assert problem.path == path
    assert told in problem.text
    assert problem.suggestion == suggestion


def test_an_account_that_is_not_active_is_told() -> None:
    gone = User(account_id="acc-it1", active=False)
    catalogue = replace(CATALOGUE, people={**CATALOGUE.people, "acc-it1": gone})
    assert isinstance(bind(book(), catalogue), Binding), "who has left keeps no bot from running"
    (problem,) = deactivated(book(), catalogue)
    assert problem.path == ("people", PEOPLE.index("it1"), "account")
    assert "not active" in problem.text


def test_all_problems_come_at_once() -> None:
    wrong = {"fields": {"queue": "x", "category": "y"}, "priorities": {"high": "z"}, "projects": ["Q"]}
    problems = bind(book(**wrong), CATALOGUE)
    assert isinstance(problems, list)
    assert [problem.path[0] for problem in problems] == ["fields", "fields", "priorities", "projects"]


@pytest.mark.parametrize(
    ("user", "ids"),
    [
        (User(key="JIRAUSER10100", name="it1"), {"JIRAUSER10100", "it1"}),
        (User(name="it1"), {"it1"}),  # before Data Center had keys
    ],
)
def test_on_data_center_people_are_known_by_key_and_name(user: User, ids: set[str]) -> None:
    catalogue = replace(CATALOGUE, flavour="dc", people={"it1": user})
    binding = bound(catalogue, people=PEOPLE_HERE)
    assert binding.people == dict.fromkeys(ids, "it1")


@pytest.mark.parametrize(
    ("sections", "same"),
    [
        ({}, True),
        ({"manners": {"calendar": "kontor", "budget": 3}}, True),
        ({"fields": {"queue": "Järjekord"}}, False),
        ({"priorities": {}}, False),
        ({"categories": {"SISU": "Deklaratsiooni sisu"}}, False),
        ({"queues": []}, False),
        ({"states": states("Uus")}, False),
        ({"people": PEOPLE_HERE}, False),
        ({"patterns": {"login": {"pattern": "sisse", "where": "title"}}}, False),
        ({"seasons": {"summer": [{"first": "06-01", "last": "08-31"}]}}, True),
    ],
)
def test_the_fingerprint_changes_with_the_mapping_only(sections: dict[str, Any], same: bool) -> None:
    assert (bound(**sections).fingerprint == bound().fingerprint) is same


def test_the_fingerprint_changes_with_a_pattern_and_where_it_looks_and_not_with_its_examples() -> None:
    login = {"pattern": "sisse", "where": "title"}
    changed = [{}, {"pattern": "sisse!"}, {"where": ["title", "comments"]}, {"matches": "Ei saa sisse"}]
    prints = [bound(patterns={"login": login | change}).fingerprint for change in changed]
    assert (len(set(prints[:3])), prints[3] == prints[0]) == (3, True)


def test_the_fingerprint_changes_with_the_account_and_the_workflow() -> None:
    others = (
        replace(CATALOGUE, me=User(account_id="acc-other")),
        replace(CATALOGUE, statuses=(*CATALOGUE.statuses, Status("10011", "Uuesti", "new"))),
    )
    assert len({bound(catalogue).fingerprint for catalogue in (CATALOGUE, *others)}) == 3


ROUTED: list[dict[str, object]] = [
    {"route": "it", "why": "What is technical is IT's to answer.", "when": {"category": "X"}, "queue": "it"},
    {"route": "rest", "why": "Nobody knows whose it is; ask."},
]
OBSERVED = [ROUTED[0] | {"observe": True}, ROUTED[1]]
BROWSE = {"BROWSE_PROJECTS"}
TALK = BROWSE | {"ADD_COMMENTS", "EDIT_OWN_COMMENTS"}


@pytest.mark.parametrize(
    ("held", "speaks", "routes", "sets", "missing"),
    [
        (BROWSE, False, ROUTED, None, None),
        (set(), False, [], None, "BROWSE_PROJECTS"),
        (BROWSE, True, [], None, "ADD_COMMENTS, EDIT_OWN_COMMENTS"),
        (TALK, True, [], None, None),
        (TALK, True, OBSERVED, None, None),
        (TALK, True, ROUTED, None, "EDIT_ISSUES"),
        (TALK, True, [], ["owner", "state"], "ASSIGN_ISSUES, TRANSITION_ISSUES"),
        (TALK, False, [], ["owner", "state"], None),
        (set(PERMISSIONS), True, ROUTED, ["queue", "owner", "state"], None),
    ],
)
def test_only_a_live_rule_needs_more_than_browsing(
    held: set[str], speaks: bool, routes: list[Any], sets: list[str] | None, missing: str | None
) -> None:
    catalogue = replace(CATALOGUE, permissions={"KKA": frozenset(held)})
    found = findings(catalogue, book(routes=routes), speaks, sets)
    assert [(finding.path, finding.text.rpartition("permission ")[2]) for finding in found] == (
        [(("projects", 0), missing)] if missing else []
    )


def test_a_project_that_is_not_there_is_told_once() -> None:
    (finding,) = findings(CATALOGUE, book(projects=["KKX"]), speaks=True)
    assert (finding.path, finding.suggestion) == (("projects", 0), "KKA")
