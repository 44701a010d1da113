"""What befalls a Jira: tickets that go, people and statuses with other names, rights and tokens lost and regained."""

from __future__ import annotations

import pytest

from bot.sandbox.upheavals import ACTS, befall


@pytest.fixture
def two(jira):
    jira.open("Esimene")
    jira.open("Teine")
    return jira


def happens(jira, act, **given):
    befall(jira.world, {"act": act, **given})


def written(jira, key="KKA-1"):
    """The answers to each kind of write to an issue."""
    return [
        jira("POST", f"/issue/{key}/comment", {"body": jira.text("a")}).status_code,
        jira("PUT", f"/issue/{key}", {"fields": {"labels": ["a"]}}).status_code,
        jira("POST", f"/issue/{key}/transitions", {"transition": {"id": "102"}}).status_code,
        jira("PUT", f"/issue/{key}/assignee", jira.who("it1")).status_code,
    ]


def test_an_archived_issue_is_read_by_its_id_and_neither_found_nor_written_to_until_it_is_restored(two):
    happens(two, "archive", issue="KKA-1")
    assert two.keys("project = KKA") == ["KKA-2"]
    assert two.get("/issue/10000")["key"] == "KKA-1"
    assert two.get("/issue/10000/transitions")["transitions"] == []
    assert two.get("/issue/10000/editmeta")["fields"] == {}
    told = two.get("/mypermissions", issueKey="KKA-1", permissions="ADD_COMMENTS,BROWSE_PROJECTS")["permissions"]
    assert (told["ADD_COMMENTS"]["havePermission"], told["BROWSE_PROJECTS"]["havePermission"]) == (False, True)
    assert written(two) == [403, 403, 403, 403]
    happens(two, "restore", issue="KKA-1")
    assert two.keys("project = KKA ORDER BY key") == ["KKA-1", "KKA-2"]
    assert two("POST", "/issue/KKA-1/comment", {"body": two.text("a")}).status_code == 201


def test_an_index_that_lags_knows_an_archived_issue_for_a_while(two, clock):
    two.site.faults.lag_ms = 60_000
    clock.advance(60_000)
    happens(two, "archive", issue="KKA-1")
    assert two.keys("project = KKA ORDER BY key") == ["KKA-1", "KKA-2"]
    clock.advance(60_000)
    assert two.keys("project = KKA") == ["KKA-2"]


def test_a_merged_issue_is_closed_as_a_duplicate_and_linked(two):
    happens(two, "merge", issue="KKA-1", into="KKA-2", by="koordinaator1")
    fields = two.get("/issue/KKA-1")["fields"]
    assert fields["status"]["statusCategory"]["key"] == "done"
    assert fields["resolution"]["name"] == "Dublett"
    [link] = fields["issuelinks"]
    assert (link["type"]["outward"], link["outwardIssue"]["key"]) == ("duplicates", "KKA-2")
    [link] = two.get("/issue/KKA-2")["fields"]["issuelinks"]
    assert (link["type"]["inward"], link["inwardIssue"]["key"]) == ("is duplicated by", "KKA-1")


def test_a_deleted_issue_is_gone_by_id_and_by_key_and_in_search(two):
    happens(two, "delete", issue="KKA-1")
    assert [two("GET", f"/issue/{ref}").status_code for ref in ("10000", "KKA-1")] == [404, 404]
    assert two.keys("project = KKA") == ["KKA-2"]
    assert written(two, "10000")[0] == 404


def test_a_moved_issue_keeps_its_id_and_is_found_by_its_old_key(two):
    happens(two, "move", issue="KKA-1", project="ARH", by="juht1")
    assert [two.get(f"/issue/{ref}")["key"] for ref in ("10000", "KKA-1")] == ["ARH-1", "ARH-1"]
    assert two.keys("project = KKA") == ["KKA-2"]


def test_a_renamed_status_is_shown_at_once_and_histories_keep_its_old_name(two):
    two.go("KKA-1", "10003")
    happens(two, "rename status", status="10003", name="Menetluses")
    two.go("KKA-1", "10007")
    assert two.keys('status = "Menetluses"') == []
    assert two("GET", "/search/jql" if two.flavour == "cloud" else "/search", jql="status=Töös").status_code == 400
    assert "Menetluses" in {each["name"] for each in two.get("/status")}
    histories = two.get("/issue/KKA-1", expand="changelog")["changelog"]["histories"]
    moved = [item for each in histories for item in each["items"] if item["field"] == "status"]
    assert sorted((item["fromString"], item["toString"]) for item in moved) == [
        ("Menetluses", "Lahendatud"),
        ("Uus", "Töös"),
    ]


def test_a_renamed_person_keeps_account_key_roles_and_what_was_assigned(two):
    two("PUT", "/issue/KKA-1/assignee", two.who("spetsialist2"))
    two.world.projects["KKA"].roles["Klienditugi"].append("spetsialist2")
    before = two.world.person("spetsialist2")
    happens(two, "rename", user="spetsialist2", name="mari", display_name="Mari Uus")
    shown = two.get("/issue/KKA-1")["fields"]["assignee"]
    assert shown["displayName"] == "Mari Uus"
    if two.flavour == "dc":
        assert (shown["name"], shown["key"]) == ("mari", before.key)
        assert two("GET", "/user", username="spetsialist2").status_code == 404
    else:
        assert shown["accountId"] == before.account_id
    assert two.world.in_role(before, "Klienditugi", "KKA")


RIGHTS = [
    ("BROWSE_PROJECTS", [404, 404, 404, 404]),
    ("ADD_COMMENTS", [403, 204, 204, 204]),
    ("EDIT_ISSUES", [201, 403, 204, 204]),
    ("TRANSITION_ISSUES", [201, 204, 403, 204]),
    ("ASSIGN_ISSUES", [201, 204, 204, 403]),
]


@pytest.mark.parametrize(("right", "answers"), RIGHTS)
@pytest.mark.parametrize("where", ["", ":KKA"])
def test_a_right_is_lost_and_regained_everywhere_or_in_one_project(two, right, answers, where):
    happens(two, "forbid", user="piletibot", permission=right + where)
    assert written(two) == answers
    told = two("GET", "/mypermissions", permissions=right, **({"projectKey": "ARH"} if where else {}))
    assert told.json()["permissions"][right]["havePermission"] is bool(where)
    if right == "BROWSE_PROJECTS":
        search = two("GET", "/search/jql" if two.flavour == "cloud" else "/search", jql="project = KKA")
        assert search.status_code == 400
    happens(two, "allow", user="piletibot", permission=right + where)
    assert written(two, "KKA-2") == [201, 204, 204, 204]


def test_a_token_that_expired_is_answered_401_until_it_is_renewed(two):
    happens(two, "expire", user="piletibot")
    assert two("GET", "/myself").status_code == 401
    assert written(two) == [401, 401, 401, 401]
    happens(two, "renew", user="piletibot", token="sandbox-token")
    assert two("GET", "/myself").status_code == 200


def test_an_account_is_switched_off_and_on_again(two):
    happens(two, "deactivate", user="it1")
    ref = {"accountId": two.world.person("it1").account_id} if two.flavour == "cloud" else {"username": "it1"}
    assert two.get("/user", **ref)["active"] is False
    happens(two, "activate", user="it1")
    assert two.get("/user", **ref)["active"] is True


def test_an_act_that_is_none_says_which_there_are(two):
    with pytest.raises(ValueError, match="unknown act 'dance'.*" + ", ".join(ACTS)):
        happens(two, "dance")
