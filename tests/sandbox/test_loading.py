"""Real issues in a sandbox of either flavour: none lost, and what was odd stays odd."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import datetime

import pytest

from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet, staff
from bot.sandbox.loading import load, load_file
from bot.sandbox.server import run


def issue(number=1, **more):
    given = {
        "summary": "x",
        "project": {"id": "7", "key": "P", "name": "Projekt"},
        "issuetype": {"id": "3", "name": "Task"},
        "status": {"id": "4", "name": "Open", "statusCategory": {"key": "new"}},
        "created": "2021-03-27T10:00:00.000+0200",
        "updated": "2021-03-28T10:00:00.000+0300",
        **more.pop("fields", {}),
    }
    for name in more.pop("without", ()):
        del given[name]
    return {"id": str(number), "key": f"P-{number}", "fields": given, **more}


def history(number, at, *items, **more):
    return {"id": str(number), "created": at, "items": list(items), **more}


def loaded(jira, *issues):
    load(jira.world, [json.dumps(each) for each in issues])
    return jira


def entries(jira, key):
    found = jira.get(f"/issue/{key}", expand="changelog", fields="key")["changelog"]["histories"]
    return found[::-1] if jira.flavour == "cloud" else found


def test_what_is_met_is_created(jira):
    loaded(jira, issue(), issue(7))
    assert [each["key"] for each in jira.get("/project")] == ["KKA", "ARH", "KEMIT", "P"]
    assert jira.keys("project = P ORDER BY key") == ["P-1", "P-7"]
    assert jira.get("/issue/P-1")["fields"]["created"] == "2021-03-27T10:00:00.000+0200"
    assert "4" in [each["id"] for each in jira.get("/status")]
    given = {"project": {"key": "P"}, "summary": "y", "issuetype": {"id": "3"}}
    assert jira("POST", "/issue", {"fields": given}).json()["key"] == "P-8"


@pytest.mark.parametrize("order", [1, -1])
def test_a_changelog_may_be_given_from_either_end(jira, order):
    steps = [
        history(1, "2021-03-27T10:00:00.000+0200"),
        history(2, "2021-03-28T04:00:00.000+0300"),
        history(3, "2021-03-28T04:00:00.000+0300"),
    ]
    loaded(jira, issue(changelog={"histories": steps[::order]}))
    assert [each["id"] for each in entries(jira, "P-1")] == ["1", "2", "3"]
    assert "author" not in entries(jira, "P-1")[0]
    assert entries(jira, "P-1")[0]["items"] == []


@pytest.mark.parametrize(
    "field", ["summary", "description", "priority", "resolution", "assignee", "reporter", "labels"]
)
def test_a_key_that_is_missing_stays_missing_and_null_stays_null(jira, field):
    fields = {"description": None, "priority": None, "resolution": None, "assignee": None, "reporter": None}
    whole = issue(1, fields={**fields, "labels": []})
    bare = issue(2, fields={**fields, "labels": []}, without=[field])
    loaded(jira, whole, bare)
    assert field in jira.get("/issue/P-1")["fields"]
    assert field not in jira.get("/issue/P-2")["fields"]
    assert jira.keys("project = P ORDER BY key") == ["P-1", "P-2"]


def test_comments_without_author_or_body_and_a_total_that_is_too_large(jira):
    person = {"accountId": "a:1", "displayName": "A"}
    given = {
        "total": 60,
        "comments": [
            {"id": "1", "created": "2020-01-01T00:00:00.000+0000", "body": "Vanem kui pilet"},
            {"id": "2", "created": "2021-03-28T00:00:00.000+0000", "author": person, "jsdPublic": False},
        ],
    }
    loaded(jira, issue(fields={"comment": given}))
    page = jira.get("/issue/P-1/comment")
    assert (page["total"], len(page["comments"])) == (2, 2)
    assert ["author" in each for each in page["comments"]] == [False, True]
    assert ["body" in each for each in page["comments"]] == [True, False]
    if jira.flavour == "cloud":
        assert [each["jsdPublic"] for each in page["comments"]] == [True, False]
    assert jira.say("P-1", "Uus") == "10000"


def test_a_resolution_date_without_done_and_done_without_it(jira):
    done = {"status": {"id": "5", "name": "Closed", "statusCategory": {"key": "done"}}}
    odd = {"resolutiondate": "2021-03-28T10:00:00.000+0300"}
    loaded(jira, issue(1, fields=odd), issue(2, fields=done))
    assert jira.get("/issue/P-1")["fields"]["resolutiondate"] == "2021-03-28T10:00:00.000+0300"
    assert jira.get("/issue/P-2")["fields"]["resolutiondate"] is None


def test_control_characters_come_through(jira):
    odd = "a\x00b\u200bc\ufffd\x1b"
    loaded(jira, issue(fields={"summary": odd}))
    assert jira.get("/issue/P-1")["fields"]["summary"] == odd


def test_people_are_shown_as_the_flavour_knows_them_wherever_they_come_from(jira):
    cloud = {"accountId": "712020:abc", "displayName": "Pilve Inimene"}
    server = {"name": "vana", "key": "vana", "displayName": "Vana Inimene"}
    step = {"field": "assignee", "fieldId": "assignee", "from": None, "to": "712020:abc", "toString": "Pilve Inimene"}
    steps = {"histories": [history(1, "2021-03-27T10:00:00.000+0200", step, author=server)]}
    loaded(jira, issue(fields={"assignee": cloud, "reporter": server}, changelog=steps))
    fields = jira.get("/issue/P-1")["fields"]
    (entry,) = entries(jira, "P-1")
    words = ("accountId",) if jira.flavour == "cloud" else ("name", "key")
    for word in words:
        assert fields["assignee"][word]
        assert fields["reporter"][word]
    ident = fields["assignee"]["accountId" if jira.flavour == "cloud" else "key"]
    assert entry["items"][0]["to"] == ident
    assert (ident == "712020:abc") == (jira.flavour == "cloud")
    assert entry["author"]["displayName"] == "Vana Inimene"


def test_custom_fields_get_their_names_from_the_history_and_their_kinds_from_values(jira):
    item = {"field": "Start date", "fieldId": "customfield_10015", "from": None, "to": "2021-03-27", "toString": "x"}
    steps = {"histories": [history(1, "2021-03-27T10:00:00.000+0200", item)]}
    fields = {"customfield_10015": "2021-03-27", "customfield_10016": None, "customfield_10017": [{"id": 1}]}
    loaded(jira, issue(fields=fields, changelog=steps), issue(2, fields={"customfield_10016": 1.5}))
    known = {each["id"]: (each["name"], each["schema"]["type"]) for each in jira.get("/field") if each["custom"]}
    assert known["customfield_10015"] == ("Start date", "date")
    assert known["customfield_10016"] == ("customfield_10016", "number")
    assert known["customfield_10017"][1] == "array"


def test_a_loaded_issue_lives_on(jira):
    step = {
        "field": "status",
        "fieldId": "status",
        "from": "9",
        "fromString": "Waiting",
        "to": "4",
        "toString": "Open",
    }
    steps = {"histories": [history(30_000, "2021-03-27T10:00:00.000+0200", step)]}
    fields = {"status": {"id": "4", "name": "Open"}}
    loaded(
        jira,
        issue(1, changelog=steps),
        issue(2, fields={"status": {"id": "55", "name": "Done"}}),
        issue(3, fields=fields),
    )
    ways = {each["to"]["id"]: each["id"] for each in jira.get("/issue/P-1/transitions")["transitions"]}
    assert ways == {"55": "155"}
    assert jira("POST", "/issue/P-1/transitions", {"transition": {"id": "155"}}).status_code == 204
    assert entries(jira, "P-1")[-1]["id"] == "30001"
    shown = {each["id"]: each["statusCategory"]["key"] for each in jira.get("/status")}
    assert (shown["4"], shown["9"], shown["55"]) == ("new", "undefined", "undefined")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "it is not JSON: "),
        ("[]", "something in it has another form"),
        ("{}", "'fields' is missing"),
        ('{"id": "1", "fields": {}}', "'project' is missing"),
        (json.dumps(issue(without=["status"])), "'status' is missing"),
    ],
)
def test_a_line_that_is_no_issue_is_named_by_its_number(jira, line, why):
    with pytest.raises(ValueError, match=f"line 2 is not an issue in Jira's REST form: {why}"):
        load(jira.world, [json.dumps(issue(9)), line])


def test_from_one_done_status_to_another_the_resolution_and_its_date_stay(jira):
    done = {"statusCategory": {"key": "done"}}
    fields = {
        "status": {"id": "5", "name": "Resolved", **done},
        "resolution": {"id": "1", "name": "Fixed"},
        "resolutiondate": "2021-03-28T10:00:00.000+0300",
    }
    loaded(jira, issue(1, fields=fields), issue(2, fields={"status": {"id": "6", "name": "Closed", **done}}))
    assert jira("POST", "/issue/P-1/transitions", {"transition": {"id": "106"}}).status_code == 204
    after = jira.get("/issue/P-1")["fields"]
    assert (after["status"]["id"], after["resolution"]["name"]) == ("6", "Fixed")
    assert after["resolutiondate"] == "2021-03-28T10:00:00.000+0300"


@pytest.mark.parametrize("moment", ["2021-03-27T10:00:00.000", "yesterday", None])
def test_a_moment_without_an_offset_is_refused(jira, moment):
    with pytest.raises(ValueError, match="line 1"):
        load(jira.world, [json.dumps(issue(fields={"created": moment}))])


def test_an_id_may_come_only_once(jira):
    with pytest.raises(ValueError, match=r"line 3.*id 1 comes twice"):
        load(jira.world, [json.dumps(issue(1)), "", json.dumps(issue(1))])


@pytest.mark.parametrize("name", ["issues.jsonl", "issues.jsonl.gz"])
def test_files_are_read_plain_and_gzipped(tmp_path, name):
    path = tmp_path / name
    text = json.dumps(issue(1)) + "\n"
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    with run("dc", 0, path) as sandbox:
        assert [each.key for each in sandbox.world.issues.values()] == ["P-1"]
        assert list(sandbox.world.projects) == ["P"]


def ms(text):
    moment = datetime.fromisoformat(text)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


@pytest.fixture(scope="module", params=["cloud", "dc"])
def real(request, caller, real_issues):
    """A sandbox of the real issues alone, read as v2; its answers are not held against the descriptions."""
    jira = caller(request.param, Site(staff(request.param, Clock(1_790_000_000_000))), "2")
    jira.checked = False
    assert load_file(jira.world, real_issues) == 2114
    return jira


def test_the_real_issues_load_whole_and_come_back_as_they_were(real, real_issues):
    with gzip.open(real_issues, "rt", encoding="utf-8") as lines:
        given = {each["id"]: each for each in map(json.loads, lines)}
    jira = real
    seen = Counter()
    for found in pages(jira):
        raw = given[found["id"]]
        seen[found["id"]] += 1
        assert found["key"] == raw["key"]
        fields, was = found["fields"], raw["fields"]
        for name in ("summary", "labels", "duedate", "description"):
            assert (name in fields, fields.get(name)) == (name in was, was.get(name))
        assert ms(fields["updated"]) == ms(was["updated"])
        assert fields["status"]["statusCategory"]["key"] == was["status"]["statusCategory"]["key"]
        for name in ("priority", "resolution"):
            assert (name in fields) == (name in was)
            assert (fields.get(name) or {}).get("id") == (was.get(name) or {}).get("id")
        for name in ("assignee", "reporter"):
            assert (fields.get(name) is None) == (was.get(name) is None)
        assert fields["comment"]["total"] == len((was.get("comment") or {}).get("comments", ()))
        assert found["changelog"]["total"] == len((raw.get("changelog") or {}).get("histories", ()))
    assert set(seen) == set(given)
    assert set(seen.values()) == {1}


def test_a_sample_of_the_real_issues_is_shown_as_described(real):
    jira = real.as_("piletibot", version="3" if real.flavour == "cloud" else "2")
    odd = [
        each for each in real.world.issues.values() if None in (each.fields.get("priority"), each.fields["reporter"])
    ]
    sample = [*list(real.world.issues.values())[::150], *odd[::100]]
    for each in sample:
        assert jira.get(f"/issue/{each.id}", expand="changelog")["key"] == each.key
        assert jira.get(f"/issue/{each.id}/comment")["total"] == len(each.comments)


def pages(jira):
    jql, more = "updated >= 0 ORDER BY updated ASC, key ASC", {"expand": "changelog", "maxResults": 1000}
    page = jira.search(jql, "*all", **more)
    while page["issues"]:
        yield from page["issues"]
        if jira.flavour == "dc":
            page = jira.search(jql, "*all", **more, startAt=page["startAt"] + len(page["issues"]))
        elif page["isLast"]:
            return
        else:
            page = jira.search(jql, "*all", **more, nextPageToken=page["nextPageToken"])


def test_the_desk_and_loaded_issues_share_a_world_without_mixing_their_statuses(clock):
    world = keskkonnaamet("dc", clock)
    named = issue(fields={"status": {"id": "10001", "name": "Done", "statusCategory": {"key": "done"}}})
    load(world, [json.dumps(named)])
    assert world.statuses["10001"]["name"] == "Uus"
    assert world.issues[1].fields["status"]["name"] == "Done"
