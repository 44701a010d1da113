"""Who may ask and who may do what: Jira's own answers to strangers and to those who may only look."""

from __future__ import annotations

import pytest
import requests

ROOT = "http://jira.test/rest/api"
CLOUD_401 = {"message": "Client must be authenticated to access this resource.", "status-code": 401}
DC_401 = {
    "errorMessages": ["You are not authenticated. Authentication required to perform this operation."],
    "errors": {},
}


def bare(jira, path, headers=None, auth=None, method="GET", **more):
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", jira.session.get_adapter("http://jira.test"))
    session.auth = auth
    return session.request(method, f"{ROOT}/{jira.version}{path}", headers=headers, timeout=5, **more)


@pytest.mark.parametrize(
    ("headers", "auth"),
    [
        (None, None),
        ({"Authorization": "Bearer wrong"}, None),
        (None, ("piletibot@sandbox.example", "wrong")),
        (None, ("piletibot", "wrong")),
        (None, ("nobody", "sandbox-token")),
        ({"Authorization": "Basic ???"}, None),
        ({"Authorization": "Digest x"}, None),
    ],
)
@pytest.mark.parametrize("path", ["/myself", "/field", "/issue/KKA-1", "/mypermissions"])
def test_a_stranger_is_answered_401(jira, headers, auth, path):
    answer = bare(jira, path, headers, auth)
    assert answer.status_code == 401
    assert answer.json() == (CLOUD_401 if jira.flavour == "cloud" else DC_401)
    assert answer.headers["X-Seraph-LoginReason"] == "AUTHENTICATED_FAILED"


def test_anybody_may_ask_what_server_it_is(jira):
    told = bare(jira, "/serverInfo").json()
    assert told["deploymentType"] == ("Cloud" if jira.flavour == "cloud" else "Server")
    assert told["versionNumbers"]


def test_without_credentials_cloud_finds_nothing_and_data_center_answers_401(cloud, dc):
    cloud.open()
    found = bare(cloud, "/search/jql", params={"jql": "project = KKA"})
    assert (found.status_code, found.json()) == (200, {"issues": [], "isLast": True})
    count = bare(cloud, "/search/approximate-count", method="POST", json={"jql": "project = KKA"})
    assert count.json() == {"count": 0}
    assert bare(dc, "/search", params={"jql": "project = KKA"}).status_code == 401


@pytest.mark.parametrize(
    ("flavour", "headers", "auth"),
    [
        ("cloud", None, ("it1@sandbox.example", "it1-token")),
        ("dc", {"Authorization": "Bearer it1-token"}, None),
        ("dc", None, ("it1", "it1-token")),
    ],
)
def test_people_are_let_in_by_their_tokens(make, flavour, headers, auth):
    assert bare(make(flavour), "/myself", headers, auth).json()["displayName"] == "IT-tugi Üks"


def test_a_cloud_token_is_no_bearer_token_and_needs_the_address(cloud):
    assert bare(cloud, "/myself", {"Authorization": "Bearer sandbox-token"}).status_code == 401
    assert bare(cloud, "/myself", auth=("piletibot", "sandbox-token")).status_code == 401


def test_a_deactivated_account_is_shut_out(jira):
    jira.world.person("it1").active = False
    assert jira.as_("it1")("GET", "/myself").status_code == 401


def test_data_center_tells_its_token_bucket_on_every_answer(dc, cloud):
    answer = dc("GET", "/field")
    assert {name: answer.headers[name] for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining")} == {
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Remaining": "999",
    }
    assert (answer.headers["X-RateLimit-FillRate"], answer.headers["Retry-After"]) == ("1000", "0")
    assert "X-RateLimit-Limit" not in cloud("GET", "/field").headers
    assert "X-RateLimit-Limit" not in bare(dc, "/serverInfo").headers


def test_users_are_shown_as_the_flavour_knows_them(jira):
    me = jira.get("/myself")
    if jira.flavour == "cloud":
        assert me["accountId"].startswith("712020:")
        assert not {"name", "key"} & set(me)
    else:
        assert (me["name"], me["key"]) == ("piletibot", "JIRAUSER10100")
        assert "accountId" not in me
    assert me["groups"] == {"size": 2, "items": []}
    groups = [each["name"] for each in jira.get("/myself", expand="groups")["groups"]["items"]]
    assert groups == ["klienditugi", "ii-tase"]


WRITES = [
    ("POST", "/issue/{key}/comment", "ADD_COMMENTS", {"body": "?"}),
    ("PUT", "/issue/{key}", "EDIT_ISSUES", {"fields": {"summary": "x"}}),
    ("PUT", "/issue/{key}/assignee", "ASSIGN_ISSUES", "nobody"),
    ("POST", "/issue/{key}/transitions", "TRANSITION_ISSUES", {"transition": {"id": "107"}}),
    ("DELETE", "/issue/{key}", "DELETE_ISSUES", None),
    ("PUT", "/issue/{key}/properties/x", "EDIT_ISSUES", {"a": 1}),
    ("PUT", "/project/KKA/properties/x", "ADMINISTER_PROJECTS", {"a": 1}),
    ("PUT", "/issue/{key}/comment/{own}", "EDIT_OWN_COMMENTS", {"body": "?"}),
    ("DELETE", "/issue/{key}/comment/{own}", "DELETE_OWN_COMMENTS", None),
]


@pytest.mark.parametrize(("method", "path", "permission", "body"), WRITES)
def test_what_an_account_may_not_do_is_answered_403_and_not_done(jira, method, path, permission, body):
    key = jira.open()
    own = jira.say(key, "Minu oma.")
    if body == "nobody":
        body = {"accountId" if jira.flavour == "cloud" else "name": None}
    if body and "body" in body:
        body = {"body": jira.text("Teine.")}
    bot = jira.world.person("piletibot")
    bot.denied |= {permission, permission.replace("OWN", "ALL")}
    before = jira.world.find(key)
    answer = jira(method, path.format(key=key, own=own), body)
    assert answer.status_code == 403
    assert answer.json()["errors"] == {}
    assert answer.json()["errorMessages"][0].startswith("You do not have")
    assert jira.world.find(key) is before
    bot.denied.clear()
    assert jira(method, path.format(key=key, own=own), body).ok


def test_the_browse_token_reads_everything_and_writes_nothing(jira):
    key = jira.open()
    viewer = jira.as_("vaatleja", "browse-token")
    assert viewer.get(f"/issue/{key}")["key"] == key
    assert viewer.keys("project = KKA") == [key]
    assert viewer("POST", f"/issue/{key}/comment", {"body": jira.text("x")}).status_code == 403
    assert viewer.get(f"/issue/{key}/transitions")["transitions"] == []
    wanted = "BROWSE_PROJECTS,ADD_COMMENTS,TRANSITION_ISSUES"
    held = viewer.get("/mypermissions", permissions=wanted, projectKey="KKA")["permissions"]
    assert [held[name]["havePermission"] for name in wanted.split(",")] == [True, False, False]
    assert (len(held) == 3) == (jira.flavour == "cloud")


def test_a_permission_can_be_taken_in_one_project(jira):
    jira.world.person("piletibot").denied.add("BROWSE_PROJECTS:ARH")
    asked = {"permissions": "BROWSE_PROJECTS"}
    assert jira.get("/mypermissions", projectKey="KKA", **asked)["permissions"]["BROWSE_PROJECTS"]["havePermission"]
    assert jira("GET", "/mypermissions", projectKey="ARH", **asked).status_code == 404
    assert [each["key"] for each in jira.get("/project")] == ["KKA", "KEMIT"]


def test_cloud_wants_to_know_which_permissions(cloud):
    assert cloud("GET", "/mypermissions").status_code == 400
    assert cloud("GET", "/mypermissions", permissions="FLY").status_code == 400


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("/user", {}, 400),
        ("/user", {"accountId": "nobody", "username": "nobody"}, 404),
        ("/user/search", {}, 400),
        ("/group/member", {"groupname": "nobody"}, 404),
        ("/project/NONE", {}, 404),
        ("/attachment/1", {}, 404),
        ("/nothing", {}, 404),
    ],
)
def test_what_is_not_there(jira, path, query, status):
    assert jira("GET", path, **query).status_code == status


def test_people_and_groups_are_found(jira):
    begin = {"query": "loa"} if jira.flavour == "cloud" else {"username": "loa"}
    assert [each["displayName"] for each in jira.get("/user/search", **begin)] == ["Loahaldur Üks", "Loahaldur Kaks"]
    jira.world.person("load1").active = False
    assert [each["displayName"] for each in jira.get("/user/search", **begin)] == ["Loahaldur Kaks"]
    jira.world.person("load1").active = True
    jira.world.person("load2").denied.add("ASSIGNABLE_USER")
    found = jira.get("/user/assignable/search", project="KKA", **begin)
    assert [each["displayName"] for each in found] == ["Loahaldur Üks"]
    page = jira.get("/group/member", groupname="klienditugi", maxResults=3)
    assert (len(page["values"]), page["total"], page["isLast"]) == (3, 8, False)
    assert [each["name"] for each in jira.get("/groups/picker", query="ii")["groups"]] == ["ii-tase"]


def test_groups_are_listed_for_who_may_browse_them(jira):
    jira.world.person("piletibot").denied.add("USER_PICKER")
    assert jira.get("/groups/picker", query="ii")["groups"] == []
    exact = [each["name"] for each in jira.get("/groups/picker", query="ii-tase")["groups"]]
    assert exact == (["ii-tase"] if jira.flavour == "cloud" else [])


def test_roles_tell_who_is_in_them(jira):
    jira.world.projects["KKA"].roles["Administrators"].append("keegi")
    listed = jira.get("/project/KKA/role")
    assert list(listed) == ["Administrators", "Klienditugi", "Teenindus"]
    ids = [address.rpartition("/")[2] for address in listed.values()]
    admins, support, _ = (jira.get(f"/project/KKA/role/{each}") for each in ids)
    assert admins["name"] == "Administrators"
    assert [each["type"] for each in admins["actors"]] == ["atlassian-user-role-actor"] * 2
    lead, nobody = admins["actors"]
    who = lead["actorUser"]["accountId"] if jira.flavour == "cloud" else lead["name"]
    assert who == jira.world.person("juht1").ident(jira.flavour)
    assert not {"actorUser", "name"} & set(nobody)
    assert [each["actorGroup"]["name"] for each in support["actors"]] == ["klienditugi"]
    assert jira("GET", "/project/KKA/role/1").status_code == 404
    assert jira("GET", "/project/NONE/role").status_code == 404


def test_only_who_administers_a_project_sees_its_roles_on_cloud(jira):
    jira.world.person("piletibot").denied.add("ADMINISTER_PROJECTS:KKA")
    seen = 404 if jira.flavour == "cloud" else 200
    assert jira("GET", "/project/KKA/role").status_code == seen
    assert jira("GET", "/project/KKA/role/10002").status_code == seen
    assert jira("GET", "/project/ARH/role").status_code == 200


def test_what_this_jira_consists_of(jira):
    assert [each["name"] for each in jira.get("/resolution")] == [
        "Lahendatud",
        "Tagasi võetud",
        "Dublett",
        "Kliendini ei jõudnud",
    ]
    assert [each["name"] for each in jira.get("/issuetype")] == ["Pöördumine", "Ülesanne"]
    assert [each["id"] for each in jira.get("/priority")] == ["1", "2", "3", "4"]
    shown = {each["id"]: each["statusCategory"]["key"] for each in jira.get("/status")}
    assert shown["10001"] == "new"
    assert shown["10008"] == "done"
    kinds = jira.get("/project/KKA/statuses")
    assert [each["id"] for each in kinds[0]["statuses"]] == [f"1000{n}" for n in range(1, 9)]
    named = {each["id"]: each["name"] for each in jira.get("/field")}
    assert named["customfield_10204"] == "Lahendus kliendile edastatud"
    assert [each["name"] for each in jira.get("/issueLinkType")["issueLinkTypes"]] == [
        "Blocks",
        "Duplicate",
        "Relates",
        "Problem/Incident",
        "Töö teises piletis",
    ]
    assert jira.get("/project/KKA")["name"] == "Keskkonnaameti klienditugi"


def test_cloud_has_v3_and_data_center_has_not(cloud, dc):
    assert cloud.as_("piletibot", version="2").get("/myself") != {}
    assert dc.session.get(f"{ROOT}/3/myself", timeout=5).status_code == 404
    assert dc.session.get(f"{ROOT}/latest/myself", timeout=5).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/search/jql"),
        ("POST", "/search/approximate-count"),
        ("POST", "/issue/bulkfetch"),
        ("POST", "/changelog/bulkfetch"),
        ("GET", "/issue/KKA-1/changelog"),
    ],
)
def test_what_only_cloud_has_is_404_on_data_center(dc, method, path):
    dc.open()
    assert dc(method, path, {} if method == "POST" else None).status_code == 404


def test_a_known_path_with_another_method_is_405(jira):
    assert jira("DELETE", "/field").status_code == 405
