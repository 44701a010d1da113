"""One issue: what is set and refused, what the changelog keeps, what moves `updated`."""

from __future__ import annotations

import pytest

from bot.sandbox import acts

NOT_SEEN = "Issue does not exist or you do not have permission to see it."
HOUR = 3_600_000


def histories(jira, key):
    found = jira.get(f"/issue/{key}", expand="changelog", fields="updated")["changelog"]["histories"]
    return found[::-1] if jira.flavour == "cloud" else found


def told(entry):
    return [(item["field"], item["fromString"], item["toString"]) for item in entry["items"]]


def test_an_opened_issue_is_as_it_was_given(jira):
    key = jira.open(
        "Tere",
        description=jira.text("Kirjeldus"),
        priority={"id": "2"},
        customfield_10201={"value": "MAKSMINE"},
        customfield_10202={"id": "11106"},
        customfield_10203=jira.who("spetsialist2"),
        customfield_10206="19900019",
        duedate="2026-03-20",
        labels=["a", "b", "a"],
        assignee=jira.who("it1"),
    )
    assert key == "KKA-1"
    issue = jira.get("/issue/10000")
    fields = issue["fields"]
    assert (issue["id"], issue["key"]) == ("10000", "KKA-1")
    assert fields["status"]["id"] == "10001"
    assert fields["status"]["statusCategory"]["key"] == "new"
    assert fields["description"] == jira.text("Kirjeldus")
    assert fields["customfield_10201"] == {"id": "11009", "value": "MAKSMINE"}
    assert fields["customfield_10202"]["value"] == "L2_IT"
    assert fields["customfield_10203"]["displayName"] == "Spetsialist Kaks"
    assert fields["labels"] == ["a", "b"]
    assert fields["created"] == fields["updated"] == "2026-03-02T09:00:00.000+0200"
    assert fields["resolution"] is None
    assert fields["reporter"]["displayName"] == "Piletibot"
    assert histories(jira, key) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"summary": ""}, "summary"),
        ({"issuetype": None}, "issuetype"),
        ({"issuetype": {"id": "1"}}, "issuetype"),
        ({"priority": {"id": "9"}}, "priority"),
        ({"project": {"key": "NONE"}}, "project"),
        ({"customfield_99999": "x"}, "customfield_99999"),
        ({"status": {"id": "10007"}}, "status"),
        ({"customfield_10201": {"value": "POLE"}}, "customfield_10201"),
        ({"customfield_10201": "MAKSMINE"}, "customfield_10201"),
        ({"customfield_10203": {"accountId": "nobody", "name": "nobody"}}, "customfield_10203"),
        ({"customfield_10203": {"emailAddress": "it1@sandbox.example"}}, "customfield_10203"),
        ({"customfield_10203": "it1"}, "customfield_10203"),
        ({"customfield_10204": "02.03.2026"}, "customfield_10204"),
        ({"customfield_10206": 19900019}, "customfield_10206"),
        ({"labels": ["kaks sõna"]}, "labels"),
        ({"labels": "a"}, "labels"),
        ({"components": [{"name": "pole"}]}, "components"),
        ({"security": {"name": "pole"}}, "security"),
    ],
)
def test_what_cannot_be_set_is_refused_by_its_field(jira, fields, field):
    given = {"project": {"key": "KKA"}, "summary": "x", "issuetype": {"id": "10100"}, **fields}
    answer = jira("POST", "/issue", {"fields": given})
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert jira.world.issues == {}


def test_a_description_must_be_a_document_on_v3_and_a_string_on_v2(jira):
    wrong = {"3": "tekst", "2": {"type": "doc", "version": 1, "content": []}}[jira.version]
    answer = jira("PUT", f"/issue/{jira.open()}", {"fields": {"description": wrong}})
    assert list(answer.json()["errors"]) == ["description"]


def test_every_edit_is_in_the_changelog_and_moves_updated(jira, clock):
    key = jira.open(labels=["vana"], customfield_10201={"value": "MAKSMINE"})
    clock.advance(HOUR)
    sets = {
        "summary": "Uus",
        "labels": ["vana", "uus"],
        "assignee": jira.who("it1"),
        "customfield_10201": {"value": "LIGIPAAS"},
        "priority": {"id": "1"},
        "duedate": "2026-03-09",
    }
    assert jira("PUT", f"/issue/{key}", {"fields": sets}).status_code == 204
    (entry,) = histories(jira, key)
    assert entry["created"] == "2026-03-02T10:00:00.000+0200"
    assert entry["author"]["displayName"] == "Piletibot"
    assert told(entry) == [
        ("summary", "Deklaratsiooni ei saa esitada", "Uus"),
        ("labels", "vana", "vana uus"),
        ("assignee", None, "IT-tugi Üks"),
        ("Kategooria", "MAKSMINE", "LIGIPAAS"),
        ("priority", "Keskmine", "Kriitiline"),
        ("duedate", None, "2026-03-09 00:00:00.0"),
    ]
    by_field = {item["field"]: item for item in entry["items"]}
    it1 = jira.world.person("it1")
    assert by_field["assignee"]["to"] == (it1.account_id if jira.flavour == "cloud" else it1.key)
    assert (by_field["priority"]["from"], by_field["priority"]["to"]) == ("3", "1")
    assert ("fieldId" in by_field["summary"]) == (jira.flavour == "cloud")
    assert jira.get(f"/issue/{key}")["fields"]["updated"] == "2026-03-02T10:00:00.000+0200"


def test_setting_what_is_so_already_changes_nothing(jira, clock):
    key = jira.open(labels=["a"], assignee=jira.who("it1"))
    before = jira.world.find(key)
    clock.advance(HOUR)
    sets = {"labels": ["a"], "assignee": jira.who("it1"), "summary": "Deklaratsiooni ei saa esitada"}
    assert jira("PUT", f"/issue/{key}", {"fields": sets}).status_code == 204
    assert jira.world.find(key) is before


def test_labels_are_added_and_removed_one_by_one(jira):
    key = jira.open(labels=["a", "b"])
    verbs = [{"add": "c"}, {"remove": "a"}, {"add": "b"}]
    assert jira("PUT", f"/issue/{key}", {"update": {"labels": verbs}}).status_code == 204
    assert jira.get(f"/issue/{key}")["fields"]["labels"] == ["b", "c"]
    assert jira("PUT", f"/issue/{key}", {"update": {"labels": [{"set": []}]}}).status_code == 204
    assert jira.get(f"/issue/{key}")["fields"]["labels"] == []
    assert jira("PUT", f"/issue/{key}", {"update": {"summary": [{"add": "x"}]}}).status_code == 400


def test_a_wrong_field_spoils_the_whole_edit(jira):
    key = jira.open("Enne")
    sets = {"summary": "Pärast", "customfield_10201": {"value": "POLE"}}
    assert jira("PUT", f"/issue/{key}", {"fields": sets}).status_code == 400
    assert jira.get(f"/issue/{key}")["fields"]["summary"] == "Enne"


def test_assigning_and_taking_away(jira):
    key = jira.open()
    assert jira("PUT", f"/issue/{key}/assignee", jira.who("it1")).status_code == 204
    nobody = {"accountId": None} if jira.flavour == "cloud" else {"name": None}
    assert jira("PUT", f"/issue/{key}/assignee", nobody).status_code == 204
    assert [told(each) for each in histories(jira, key)] == [
        [("assignee", None, "IT-tugi Üks")],
        [("assignee", "IT-tugi Üks", None)],
    ]
    jira.world.person("it2").active = False
    refused = jira("PUT", f"/issue/{key}/assignee", jira.who("it2"))
    assert refused.json()["errors"] == {"assignee": "User 'IT-tugi Kaks' cannot be assigned issues."}


def test_transitions_lead_everywhere_but_here(jira):
    key = jira.open()
    ways = jira.get(f"/issue/{key}/transitions")["transitions"]
    assert {each["id"]: each["to"]["id"] for each in ways} == {f"10{n}": f"1000{n}" for n in range(2, 9)}
    answer = jira("POST", f"/issue/{key}/transitions", {"transition": {"id": "101"}})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == ["Transition id '101' is not valid for this issue."]


def test_closing_sets_a_resolution_and_reopening_clears_it(jira, clock):
    key = jira.open()
    clock.advance(HOUR)
    jira.go(key, "10008")
    fields = jira.get(f"/issue/{key}")["fields"]
    assert fields["resolution"]["name"] == "Lahendatud"
    assert fields["resolutiondate"] == "2026-03-02T10:00:00.000+0200"
    clock.advance(HOUR)
    jira.go(key, "10003")
    fields = jira.get(f"/issue/{key}")["fields"]
    assert (fields["resolution"], fields["resolutiondate"]) == (None, None)
    assert [told(each) for each in histories(jira, key)] == [
        [("status", "Uus", "Suletud"), ("resolution", None, "Lahendatud")],
        [("status", "Suletud", "Töös"), ("resolution", "Lahendatud", None)],
    ]


def test_a_transition_can_set_fields_and_say_something(jira):
    key = jira.open()
    more = {
        "transition": {"id": 108},
        "fields": {"resolution": {"name": "Dublett"}},
        "update": {"comment": [{"add": {"body": jira.text("Sama asi.")}}], "labels": [{"add": "dublett"}]},
    }
    assert jira("POST", f"/issue/{key}/transitions", more).status_code == 204
    fields = jira.get(f"/issue/{key}")["fields"]
    assert (fields["resolution"]["name"], fields["labels"]) == ("Dublett", ["dublett"])
    assert fields["comment"]["comments"][0]["body"] == jira.text("Sama asi.")


def test_a_moved_issue_keeps_its_id_and_answers_to_its_old_key(jira):
    key = jira.open()
    acts.move(jira.world, jira.world.find(key), jira.world.person("juht1"), jira.world.projects["ARH"])
    for ref in ("KKA-1", "ARH-1", "10000", "kka-1"):
        found = jira.get(f"/issue/{ref}")
        assert (found["id"], found["key"], found["fields"]["project"]["key"]) == ("10000", "ARH-1", "ARH")
    assert jira.keys("key = KKA-1") == ["ARH-1"]
    assert jira.keys("project = KKA") == []
    assert told(histories(jira, "ARH-1")[0])[1] == ("Key", "KKA-1", "ARH-1")
    assert jira.open() == "KKA-2"


def test_a_deleted_issue_is_nowhere(jira):
    jira.world.person("piletibot").denied.discard("DELETE_ISSUES")
    key, other = jira.open(), jira.open()
    acts.link(jira.world, jira.world.person("it1"), "10000", jira.world.find(key), jira.world.find(other))
    assert jira("DELETE", f"/issue/{key}").status_code == 204
    for answer in (jira("GET", f"/issue/{key}"), jira("GET", "/issue/10000"), jira("PUT", f"/issue/{key}", {})):
        assert (answer.status_code, answer.json()) == (404, {"errorMessages": [NOT_SEEN], "errors": {}})
    assert jira.keys("project = KKA") == [other]
    assert jira.get(f"/issue/{other}")["fields"]["issuelinks"] == []
    unknown = jira("GET", "/search/jql" if jira.flavour == "cloud" else "/search", jql=f"key = {key}")
    assert unknown.status_code == 400
    assert unknown.json()["errorMessages"] == [f"An issue with key '{key}' does not exist for field 'key'."]


def test_links_are_seen_from_both_ends_until_taken_away(jira):
    near, far = jira.open("Algne"), jira.open("Dublett")
    ends = {"inwardIssue": {"key": far}, "outwardIssue": {"key": near}}
    assert jira("POST", "/issueLink", {"type": {"name": "Duplicate"}, **ends}).status_code == 201
    (link,) = jira.get(f"/issue/{far}")["fields"]["issuelinks"]
    assert link["outwardIssue"]["key"] == near
    (back,) = jira.get(f"/issue/{near}")["fields"]["issuelinks"]
    assert back["inwardIssue"]["fields"]["status"]["id"] == "10001"
    assert told(histories(jira, far)[0]) == [("Link", None, f"This issue duplicates {near}")]
    assert jira("DELETE", f"/issueLink/{link['id']}").status_code == 204
    assert jira.get(f"/issue/{near}")["fields"]["issuelinks"] == []
    assert told(histories(jira, near)[1]) == [("Link", f"This issue is duplicated by {far}", None)]
    assert jira("DELETE", f"/issueLink/{link['id']}").status_code == 404
    assert jira("POST", "/issueLink", {"type": {"name": "Pole"}, **ends}).status_code == 404


def test_an_attachment_is_told_by_its_metadata(jira):
    key = jira.open()
    acts.attach(jira.world, jira.world.find(key), jira.world.person("it1"), "kuva.png", 12, "image/png")
    (file,) = jira.get(f"/issue/{key}", fields="attachment")["fields"]["attachment"]
    assert (file["filename"], file["size"], file["mimeType"]) == ("kuva.png", 12, "image/png")
    assert jira.get(f"/attachment/{file['id']}") == file
    assert told(histories(jira, key)[0]) == [("Attachment", None, "kuva.png")]


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("summary,status", {"summary", "status"}),
        ("*all,-comment", {"summary", "attachment", "updated"}),
        ("-summary", {"comment", "updated"}),
        ("*navigable", {"summary", "updated"}),
        ("", {"comment", "summary"}),
    ],
)
def test_only_the_fields_asked_for_come(jira, asked, shown):
    fields = jira.get(f"/issue/{jira.open()}", **({"fields": asked} if asked else {}))["fields"]
    assert shown <= set(fields)
    assert ("comment" in fields) == (asked in ("", "-summary"))
    assert ("summary" in fields) == (asked != "-summary")


def test_a_renamed_person_is_shown_by_the_new_name_everywhere(jira):
    key = jira.open(assignee=jira.who("it1"))
    before = jira.who("it1")
    acts.rename(jira.world, jira.world.person("it1"), "it9", "IT-tugi Üheksa")
    shown = jira.get(f"/issue/{key}")["fields"]["assignee"]
    assert shown["displayName"] == "IT-tugi Üheksa"
    if jira.flavour == "cloud":
        assert shown["accountId"] == before["accountId"]
    else:
        assert (shown["name"], shown["key"]) == ("it9", "JIRAUSER10107")
    assert jira.world.person("it1") is None


def test_the_changelog_of_cloud_is_paged_oldest_first_and_its_embedded_one_cut(cloud):
    key = cloud.open()
    cloud.site.faults.issue_writes = False
    for number in range(130):
        cloud("PUT", f"/issue/{key}", {"fields": {"summary": f"Pealkiri {number}"}})
    pages = [cloud.get(f"/issue/{key}/changelog", startAt=start) for start in (0, 100)]
    assert [(len(each["values"]), each["total"], each["isLast"]) for each in pages] == [
        (100, 130, False),
        (30, 130, True),
    ]
    ids = [int(entry["id"]) for page in pages for entry in page["values"]]
    assert ids == sorted(ids)
    (found,) = cloud.search("project = KKA", "summary", expand="changelog")["issues"]
    embedded = [int(entry["id"]) for entry in found["changelog"]["histories"]]
    assert embedded == ids[::-1][:40]
    assert found["changelog"]["total"] == 130


def test_the_changelog_of_data_center_is_whole_and_oldest_first(dc):
    key = dc.open()
    for number in range(130):
        dc("PUT", f"/issue/{key}", {"fields": {"summary": f"Pealkiri {number}"}})
    (found,) = dc.search("project = KKA", "summary", expand="changelog")["issues"]
    ids = [int(entry["id"]) for entry in found["changelog"]["histories"]]
    assert len(ids) == 130
    assert ids == sorted(ids)


def test_changelogs_in_bulk(cloud):
    keys = [cloud.open() for _ in range(3)]
    for key in keys:
        cloud("PUT", f"/issue/{key}", {"fields": {"summary": "Teine"}})
        cloud.go(key, "10003")
    asked = {"issueIdsOrKeys": [*keys, "KKA-99"], "maxResults": 4}
    first = cloud("POST", "/changelog/bulkfetch", asked).json()
    rest = cloud("POST", "/changelog/bulkfetch", {**asked, "nextPageToken": first["nextPageToken"]}).json()
    assert [len(each["changeHistories"]) for each in first["issueChangeLogs"]] == [2, 2]
    assert [each["issueId"] for each in rest["issueChangeLogs"]] == ["10002"]
    assert "nextPageToken" not in rest
    only = cloud("POST", "/changelog/bulkfetch", {"issueIdsOrKeys": keys, "fieldIds": ["status"]}).json()
    assert [len(each["changeHistories"]) for each in only["issueChangeLogs"]] == [1, 1, 1]
    assert cloud("POST", "/changelog/bulkfetch", {"issueIdsOrKeys": []}).status_code == 400
    assert cloud("POST", "/changelog/bulkfetch", {**asked, "nextPageToken": "x"}).status_code == 400


def test_what_can_be_set_is_told_with_its_choices(jira):
    key = jira.open()
    screen = jira.get(f"/issue/{key}/editmeta")["fields"]
    assert [each["value"] for each in screen["customfield_10205"]["allowedValues"]][:2] == ["e-post", "telefon"]
    types = jira.get("/issue/createmeta/KKA/issuetypes")
    assert [each["id"] for each in types["issueTypes" if jira.flavour == "cloud" else "values"]] == ["10100", "10101"]
    fields = jira.get("/issue/createmeta/KKA/issuetypes/10100", maxResults=200)
    listed = fields["fields" if jira.flavour == "cloud" else "values"]
    assert {"summary", "customfield_10201"} <= {each["fieldId"] for each in listed}


def test_what_is_not_on_the_screen_cannot_be_set(jira):
    key = jira.open()
    jira.world.projects["KKA"].off_screen.add("customfield_10205")
    assert "customfield_10205" not in jira.get(f"/issue/{key}/editmeta")["fields"]
    answer = jira("PUT", f"/issue/{key}", {"fields": {"customfield_10205": {"value": "telefon"}}})
    assert answer.status_code == 400
    assert "It is not on the appropriate screen" in answer.json()["errors"]["customfield_10205"]
    jira.world.person("piletibot").denied.add("EDIT_ISSUES")
    assert jira.get(f"/issue/{key}/editmeta") == {"fields": {}}


def test_properties_of_issues_and_projects(jira):
    key = jira.open()
    for at in (f"/issue/{key}", "/project/KKA"):
        assert jira("GET", f"{at}/properties/bot.silent").status_code == 404
        assert jira("PUT", f"{at}/properties/bot.silent", {"on": True}).status_code == 201
        assert jira("PUT", f"{at}/properties/bot.silent", {"on": False}).status_code == 200
        assert jira.get(f"{at}/properties/bot.silent") == {"key": "bot.silent", "value": {"on": False}}
        assert [each["key"] for each in jira.get(f"{at}/properties")["keys"]] == ["bot.silent"]
    assert jira.get(f"/issue/{key}", properties="bot.silent")["properties"] == {"bot.silent": {"on": False}}
    assert jira("DELETE", "/project/KKA/properties/bot.silent").status_code == 204
    assert jira("DELETE", "/project/KKA/properties/bot.silent").status_code == 404
    assert jira("PUT", f"/issue/{key}/properties/x", "ä" * 33_000).status_code == 400
    assert jira("PUT", f"/issue/{key}/properties/{'x' * 256}", 1).status_code == 400
    assert jira("PUT", "/project/NONE/properties/x", 1).status_code == 404


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 400), (b"", 400)])
def test_what_is_no_json_object_is_refused(jira, body, status):
    url = f"http://jira.test/rest/api/{jira.version}/issue"
    headers = {"Content-Type": "application/json"}
    assert jira.session.post(url, data=body, headers=headers, timeout=5).status_code == status
    assert jira.session.post(url, data=body, headers={"Content-Type": "text/plain"}, timeout=5).status_code == 415


def test_links_to_things_elsewhere(jira):
    key = jira.open()
    at, there = f"/issue/{key}/remotelink", {"url": "https://jira.example/browse/IT-7", "title": "IT-7"}
    assert jira.get(at) == []
    assert jira("POST", at, {"object": {"url": there["url"]}}).status_code == 400
    made = jira("POST", at, {"object": there})
    assert made.status_code == 201
    number = made.json()["id"]
    named = {"globalId": "appId=1&issueId=7", "application": {"type": "com.atlassian.jira", "name": "SMIT"}}
    assert jira("POST", at, {**named, "object": there}).status_code == 201
    assert jira("POST", at, {**named, "object": {**there, "title": "IT-8"}}).status_code == 200
    web, connected = jira.get(at)
    assert (web["id"], web["application"], web["object"], "globalId" in web) == (number, {}, there, False)
    assert (connected["application"]["type"], connected["object"]["title"]) == ("com.atlassian.jira", "IT-8")
    assert jira.get(at, globalId="appId=1&issueId=7") == connected
    assert jira("GET", at, globalId="other").status_code == 404
    assert jira("DELETE", f"{at}/{number}").status_code == 204
    assert jira("DELETE", f"{at}/{number}").status_code == 404
    assert [each["id"] for each in jira.get(at)] == [connected["id"]]
    told = [item for each in jira.world.find(key).histories for item in each.items]
    assert [(item["from"], item["to"]) for item in told if item["field"] == "RemoteIssueLink"] == [
        (None, str(number)),
        (None, str(connected["id"])),
        (str(connected["id"]), str(connected["id"])),
        (str(number), None),
    ]
    assert told[0]["toString"] == 'This issue links to "IT-7 (Web Link)"'
