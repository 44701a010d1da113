"""Comments: markup by version, properties, visibility, paging, and what they move."""

from __future__ import annotations

import pytest

from bot.sandbox import acts

HOUR = 3_600_000
INVALID = {"errorMessages": [], "errors": {"comment": "Comment body is not valid!"}}
GROUP = {"type": "group", "value": "ii-tase"}
DOC = {"type": "doc", "version": 1, "content": []}


def test_a_comment_moves_updated_and_leaves_no_changelog(jira, clock):
    key = jira.open()
    clock.advance(HOUR)
    said = jira.say(key, "Tere")
    clock.advance(HOUR)
    assert jira.get(f"/issue/{key}")["fields"]["updated"] == "2026-03-02T10:00:00.000+0200"
    assert jira("PUT", f"/issue/{key}/comment/{said}", {"body": jira.text("Tere jälle")}).status_code == 200
    issue = jira.get(f"/issue/{key}", expand="changelog")
    assert issue["fields"]["updated"] == "2026-03-02T11:00:00.000+0200"
    assert issue["changelog"]["total"] == 0
    (shown,) = issue["fields"]["comment"]["comments"]
    assert (shown["created"][11:16], shown["updated"][11:16]) == ("10:00", "11:00")
    assert shown["body"] == jira.text("Tere jälle")


def test_a_deleted_comment_is_noted_in_the_changelog(jira):
    key = jira.open()
    said = jira.say(key, "Ekslik")
    assert jira("DELETE", f"/issue/{key}/comment/{said}").status_code == 204
    assert jira("GET", f"/issue/{key}/comment/{said}").status_code == 404
    (entry,) = jira.get(f"/issue/{key}", expand="changelog")["changelog"]["histories"]
    assert (entry["items"][0]["field"], entry["items"][0]["fromString"]) == ("Comment", "Ekslik")


@pytest.mark.parametrize(
    ("flavour", "version", "body"),
    [
        ("cloud", "3", "tekst"),
        ("cloud", "3", {"type": "doc", "content": []}),
        ("cloud", "3", {"type": "doc", "version": 1, "content": [{"text": "x"}]}),
        ("cloud", "3", {**DOC, "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]}),
        ("cloud", "3", {**DOC, "content": [{"type": "paragraph", "content": [{"type": "mention", "attrs": {}}]}]}),
        ("cloud", "2", DOC),
        ("dc", "2", DOC),
        ("dc", "2", 7),
    ],
)
def test_a_body_in_the_wrong_markup_is_not_valid(make, flavour, version, body):
    jira = make(flavour)
    key = jira.open()
    answer = jira.as_("piletibot", version=version)("POST", f"/issue/{key}/comment", {"body": body})
    assert (answer.status_code, answer.json()) == (400, INVALID)
    assert jira.world.find(key).comments == ()


@pytest.mark.parametrize("body", ["", None])
def test_an_empty_body_is_refused(jira, body):
    answer = jira("POST", f"/issue/{jira.open()}/comment", {"body": body})
    assert answer.json()["errors"] == {"comment": "Comment body can not be empty!"}


def test_a_text_may_be_only_so_long(make):
    jira = make("dc")
    key = jira.open()
    assert jira("POST", f"/issue/{key}/comment", {"body": "a" * 32_768}).status_code == 400
    assert jira("POST", f"/issue/{key}/comment", {"body": "a" * 32_767}).status_code == 201


def test_what_v3_wrote_is_read_on_v2_and_back(cloud):
    old = cloud.as_("piletibot", version="2")
    key = cloud.open()
    it1 = cloud.world.person("it1").account_id
    inlines = [
        {"type": "text", "text": "Tere, "},
        {"type": "mention", "attrs": {"id": it1, "text": "@IT-tugi Üks"}},
        {"type": "text", "text": "!", "marks": [{"type": "strong"}]},
    ]
    cloud("POST", f"/issue/{key}/comment", {"body": {**DOC, "content": [{"type": "paragraph", "content": inlines}]}})
    old("POST", f"/issue/{key}/comment", {"body": f"Tere, [~accountid:{it1}]\n\n* üks\n* kaks"})
    wiki = [each["body"] for each in old.get(f"/issue/{key}/comment")["comments"]]
    assert wiki == [f"Tere, [~accountid:{it1}]*!*", f"Tere, [~accountid:{it1}]\n\n* üks\n* kaks"]
    first, second = (each["body"] for each in cloud.get(f"/issue/{key}/comment")["comments"])
    assert first["content"][0]["content"] == inlines
    assert [each["type"] for each in second["content"]] == ["paragraph", "bulletList"]
    assert second["content"][0]["content"][1]["attrs"]["id"] == it1


def test_mentions_reach_the_person_in_the_flavour_s_own_spelling(jira):
    account = jira.world.person("it1").account_id
    reached = {
        wiki: [each.name for each in acts.mentioned(jira.world, wiki)]
        for wiki in (f"[~accountid:{account}]", "[~it1]", "[~JIRAUSER10107x]", "@it1")
    }
    cloud = jira.flavour == "cloud"
    assert reached == {
        f"[~accountid:{account}]": ["it1"] if cloud else [],
        "[~it1]": [] if cloud else ["it1"],
        "[~JIRAUSER10107x]": [],
        "@it1": [],
    }


def test_properties_come_with_the_comment_when_they_are_asked_for(jira):
    key = jira.open()
    mark = {"id": "a" * 36, "keys": [1, None, {"ä": "õ"}]}
    said = jira.say(key, "Tere", properties=[{"key": "bot.post", "value": mark}])
    bare, whole = (jira.get(f"/issue/{key}/comment", **more) for more in ({}, {"expand": "properties"}))
    assert "properties" not in bare["comments"][0]
    assert whole["comments"][0]["properties"] == [{"key": "bot.post", "value": mark}]
    assert jira.get(f"/comment/{said}/properties/bot.post")["value"] == mark
    assert jira("DELETE", f"/comment/{said}/properties/bot.post").status_code == 204
    assert jira("GET", f"/comment/{said}/properties/bot.post").status_code == 404
    assert jira("GET", "/comment/1/properties").status_code == 404


@pytest.mark.parametrize(
    "properties", [[{"value": 1}], ["x"], [{"key": "", "value": 1}], [{"key": "k", "value": "x" * 32_769}]]
)
def test_properties_that_are_none_spoil_the_comment(jira, properties):
    key = jira.open()
    answer = jira("POST", f"/issue/{key}/comment", {"body": jira.text("x"), "properties": properties})
    assert answer.status_code == 400
    assert jira.world.find(key).comments == ()


def test_a_property_set_later_does_not_move_updated(jira, clock):
    key = jira.open()
    said = jira.say(key, "Tere")
    clock.advance(HOUR)
    assert jira("PUT", f"/comment/{said}/properties/bot.post", 1).status_code == 201
    assert jira("PUT", f"/issue/{key}/properties/bot.post", 1).status_code == 201
    assert jira.get(f"/issue/{key}")["fields"]["updated"] == "2026-03-02T09:00:00.000+0200"


def test_an_edit_keeps_the_properties_it_does_not_name(jira):
    key = jira.open()
    said = jira.say(key, "Tere", properties=[{"key": "a", "value": 1}, {"key": "b", "value": 2}])
    more = {"body": jira.text("Uus"), "properties": [{"key": "b", "value": 3}]}
    jira("PUT", f"/issue/{key}/comment/{said}", more)
    (shown,) = jira.get(f"/issue/{key}/comment", expand="properties")["comments"]
    assert shown["properties"] == [{"key": "a", "value": 1}, {"key": "b", "value": 3}]


def test_an_internal_comment_is_told_so_on_cloud(cloud, dc):
    for jira in (cloud, dc):
        key = jira.open()
        internal = [{"key": "sd.public.comment", "value": {"internal": True}}]
        jira.say(key, "Kõigile")
        jira.say(key, "Endile", properties=internal)
        shown = [each.get("jsdPublic") for each in jira.get(f"/issue/{key}/comment")["comments"]]
        assert shown == ([True, False] if jira.flavour == "cloud" else [None, None])


def test_a_restricted_comment_is_seen_only_from_within_the_group(jira):
    key = jira.open()
    said = jira.say(key, "Ainult II tasemele", visibility=GROUP)
    jira.say(key, "Kõigile")
    shown = jira.get(f"/issue/{key}/comment/{said}")["visibility"]
    assert {name: shown[name] for name in GROUP} == GROUP
    assert jira.as_("it1").get(f"/issue/{key}/comment")["total"] == 2
    outside = jira.as_("spetsialist1")
    assert outside.get(f"/issue/{key}/comment")["total"] == 1
    assert outside("GET", f"/issue/{key}/comment/{said}").status_code == 404
    assert outside("GET", f"/comment/{said}/properties").status_code == 404
    assert outside.get(f"/issue/{key}")["fields"]["comment"]["total"] == 1


def test_a_comment_for_a_role_is_seen_by_who_is_in_it(jira):
    key = jira.open()
    said = jira.say(key, "Ainult teenindusele.", visibility={"type": "role", "value": "Teenindus"})
    assert jira.get(f"/issue/{key}/comment/{said}")["visibility"]["value"] == "Teenindus"
    assert jira.as_("it1").get(f"/issue/{key}/comment")["total"] == 1
    jira.world.projects["KKA"].roles["Teenindus"] = ["piletibot", "klienditugi"]
    assert jira.as_("it1").get(f"/issue/{key}/comment")["total"] == 0
    assert jira.as_("spetsialist1").get(f"/issue/{key}/comment")["total"] == 1
    assert jira.get(f"/issue/{key}/comment")["total"] == 1


@pytest.mark.parametrize(
    "visibility", [{"type": "group", "value": "saladus"}, {"type": "role", "value": "Admin"}, {"type": "x"}]
)
def test_nobody_speaks_to_a_group_they_are_not_in(jira, visibility):
    answer = jira("POST", f"/issue/{jira.open()}/comment", {"body": jira.text("x"), "visibility": visibility})
    assert list(answer.json()["errors"]) == ["commentLevel"]


def test_other_people_s_comments_need_another_permission(jira):
    key = jira.open()
    said = jira.as_("it1").say(key, "IT oma")
    jira.world.person("piletibot").denied.add("EDIT_ALL_COMMENTS")
    own = jira.say(key, "Boti oma")
    new = {"body": jira.text("Muudetud")}
    assert jira("PUT", f"/issue/{key}/comment/{said}", new).status_code == 403
    assert jira("PUT", f"/issue/{key}/comment/{own}", new).status_code == 200


@pytest.mark.parametrize(("flavour", "page"), [("cloud", 100), ("dc", 50)])
def test_comments_come_in_pages_from_either_end(make, flavour, page):
    jira = make(flavour)
    key = jira.open()
    jira.site.faults.issue_writes = False
    ids = [jira.say(key, f"Märkus {number}") for number in range(120)]
    first = jira.get(f"/issue/{key}/comment")
    assert (len(first["comments"]), first["maxResults"], first["total"]) == (page, page, 120)
    rest = jira.get(f"/issue/{key}/comment", startAt=page, maxResults=1000)
    assert [each["id"] for each in first["comments"] + rest["comments"]] == ids
    newest = jira.get(f"/issue/{key}/comment", orderBy="-created", maxResults=2)
    assert [each["id"] for each in newest["comments"]] == ids[:-3:-1]
    assert jira("GET", f"/issue/{key}/comment", orderBy="author").status_code == 400
    embedded = jira.get(f"/issue/{key}")["fields"]["comment"]
    listed = 20 if flavour == "cloud" else 120
    assert (len(embedded["comments"]), embedded["total"]) == (listed, 120)


def test_cloud_takes_only_so_many_comments(cloud):
    cloud.world.most_comments = 2
    key = cloud.open()
    cloud.say(key, "üks")
    cloud.say(key, "kaks")
    assert cloud("POST", f"/issue/{key}/comment", {"body": cloud.text("kolm")}).status_code == 413


def test_comments_by_their_ids(cloud):
    one, two = cloud.open(), cloud.open()
    ids = [cloud.say(one, "a"), cloud.say(two, "b")]
    cloud.say(two, "c")
    found = cloud("POST", "/comment/list", {"ids": [int(each) for each in ids]}).json()
    assert [each["id"] for each in found["values"]] == ids
