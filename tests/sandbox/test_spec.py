"""Every described operation answers, and every answer is as it is described."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.sandbox import acts

FILES = {("cloud", "3"): "cloud-v3.json", ("cloud", "2"): "cloud-v2.json", ("dc", "2"): "dc-10.3.json"}


def operations(path: Path, version: str) -> set[tuple[str, str, str]]:
    spec = json.loads(path.read_text())
    verbs = ("get", "post", "put", "delete")
    return {(version, verb, each) for each, known in spec["paths"].items() for verb in verbs if verb in known}


def everything(jira):
    """Call each described operation once, with sound input."""
    key = jira.open(
        description=jira.text("Nupule vajutades ei juhtu midagi."),
        customfield_10201={"value": "DEKL_TEHNILINE"},
        customfield_10203=jira.who("spetsialist1"),
        customfield_10204="2026-03-02",
        labels=["proov"],
    )
    other = jira.open("Teine")
    jira("PUT", f"/issue/{key}", {"fields": {"summary": "Uus pealkiri", "assignee": jira.who("it1")}})
    jira.go(key, "10007")
    group = {"type": "group", "value": "klienditugi"}
    prop = [{"key": "bot.post", "value": {"id": [1, None, "ä"]}}]
    said = jira.say(key, "Kas lahendus jõudis kliendini?", properties=prop, visibility=group)
    gone = jira.say(key, "Ekslik.")
    near, far = {"key": key}, {"key": other}
    jira("POST", "/issueLink", {"type": {"name": "Blocks"}, "inwardIssue": near, "outwardIssue": far})
    issue = jira.world.find(key)

    acts.attach(jira.world, issue, jira.world.person("it1"), "kuva.png", 1234, "image/png")
    mine = jira.who("it1")
    named = mine if jira.flavour == "cloud" else {"username": "it1"}
    begin = {"query": "it"} if jira.flavour == "cloud" else {"username": "it"}
    for path, query in (
        ("/serverInfo", {}),
        ("/myself", {}),
        ("/field", {}),
        ("/status", {}),
        ("/priority", {}),
        ("/mypermissions", {"permissions": "ADD_COMMENTS,BROWSE_PROJECTS", "projectKey": "KKA"}),
        ("/user", named),
        ("/user/search", begin),
        (f"/issue/{key}", {"expand": "changelog,transitions,names", "properties": "*all"}),
        (f"/issue/{key}/comment", {"expand": "properties", "orderBy": "-created"}),
        (f"/issue/{key}/comment/{said}", {}),
        (f"/comment/{said}/properties", {}),
        (f"/comment/{said}/properties/bot.post", {}),
        (f"/issue/{key}/transitions", {}),
    ):
        jira.get(path, **query)
    assert jira("PUT", f"/comment/{said}/properties/x", {"a": 1}).status_code == 201
    assert jira("PUT", f"/comment/{said}/properties/x", {"a": 2}).status_code == 200
    assert jira("DELETE", f"/comment/{said}/properties/x").status_code == 204
    assert jira("PUT", f"/issue/{key}/properties/x", [1]).status_code == 201
    jira.get(f"/issue/{key}/properties")
    jira.get(f"/issue/{key}/properties/x")
    assert jira("DELETE", f"/issue/{key}/properties/x").status_code == 204
    assert jira("PUT", f"/issue/{key}/comment/{said}", {"body": jira.text("Teisiti.")}).status_code == 200
    assert jira("DELETE", f"/issue/{key}/comment/{gone}").status_code == 204
    jql = f"project = KKA AND key in ({key}, {other}) ORDER BY updated"
    if jira.flavour == "dc":
        jira.get("/search", jql=jql, fields="*all", expand="changelog")
        jira("POST", "/search", {"jql": jql, "fields": ["summary"], "expand": ["changelog"], "maxResults": 1})
        return
    jira.get("/search/jql", jql=jql, fields="*all", expand="changelog")
    jira("POST", "/search/jql", {"jql": jql, "fields": ["summary", "comment"], "maxResults": 1})
    jira("POST", "/search/approximate-count", {"jql": jql})
    jira("POST", "/issue/bulkfetch", {"issueIdsOrKeys": [key, other], "fields": ["*all"], "expand": ["changelog"]})
    jira("POST", "/changelog/bulkfetch", {"issueIdsOrKeys": [key, other], "maxResults": 2})
    jira.get(f"/issue/{key}/changelog", maxResults=1)
    jira("POST", "/comment/list", {"ids": [int(said)]}, expand="properties")
    jira("POST", "/jql/parse", {"queries": ["project = KKA", "nonsense ="]}, validation="strict")
    jira.get("/project/search", keys="KKA")


@pytest.mark.parametrize(("flavour", "version"), FILES)
def test_every_described_operation_answers_as_described(flavour, version, make, spec_dir):
    jira = make(flavour).as_("piletibot", version=version)
    everything(jira)
    assert jira.ops == operations(spec_dir / FILES[flavour, version], version)


def test_the_two_flavours_give_the_same_ids_for_the_same_acts(make):
    one, two = make("cloud"), make("dc")
    for jira in (one, two):
        everything(jira)

    def ids(jira):
        return [
            (each.id, each.key, [c.id for c in each.comments], [(h.id, len(h.items)) for h in each.histories])
            for each in jira.world.issues.values()
        ]

    assert ids(one) == ids(two)
    assert ids(one)[0][0] == 10000
