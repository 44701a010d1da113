"""What the tracker writes, and how it reads back what it wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import responses
from jira_canned import URL
from jira_worlds import at_canned, connected_in_process, entries

from bot.core.doc import Doc, Mention, Paragraph, Text
from bot.engine.tracker import Refused
from bot.jira.catalogue import Field
from bot.jira.tracker import STEP, JiraTracker
from bot.sandbox import acts

DOC = Doc((Paragraph((Text("Tere, "), Mention("spetsialist1"))),))
API = f"{URL}/rest/api"
FLAVOURS = pytest.mark.parametrize("flavour", ["cloud", "dc"])
Json = Any


@pytest.mark.parametrize(
    ("comments", "visibility"),
    [
        ({}, None),
        ({"role": "Service Desk Team"}, {"type": "role", "value": "Service Desk Team"}),
        ({"group": "klienditugi"}, {"type": "group", "value": "klienditugi"}),
    ],
)
@FLAVOURS
def test_a_comment_carries_its_keys_and_stays_inside(
    mock: responses.RequestsMock, flavour: Any, comments: Json, visibility: Json
) -> None:
    version = "3" if flavour == "cloud" else "2"
    tracker = at_canned(flavour)
    tracker = JiraTracker(tracker.client, tracker.catalogue, tracker.binding, entries(str, comments=comments))
    mock.add("POST", f"{API}/{version}/issue/7/comment", status=201, json={"id": "55", "body": "…"})
    mock.add("PUT", f"{API}/{version}/issue/7/comment/55", json={"id": "55"})
    assert tracker.say("7", DOC, ["k1", "k2"], "abc") == "55"
    tracker.reword("7", "55", DOC, ["k1"], "def")
    said, reworded = (json.loads(call.request.body or "") for call in mock.calls)
    internal = {"key": "sd.public.comment", "value": {"internal": True}}
    assert said["properties"] == [{"key": STEP, "value": {"keys": ["k1", "k2"], "hash": "abc"}}, internal]
    assert reworded["properties"] == [{"key": STEP, "value": {"keys": ["k1"], "hash": "def"}}, internal]
    assert said.get("visibility") == reworded.get("visibility") == visibility
    assert said.keys() == {"body", "properties"} | ({"visibility"} if visibility else set())


@FLAVOURS
@pytest.mark.parametrize("known", [True, False])
def test_a_mention_reaches_the_person(flavour: Any, known: bool) -> None:
    sandboxed = connected_in_process(flavour)
    id_ = sandboxed.open("spetsialist1")
    who = sandboxed.person("it1" if known else "it2")
    word = "it1" if known else f"~{who.account_id if flavour == 'cloud' else who.key}"
    doc = Doc((Paragraph((Mention(word),)),))
    sandboxed.asked()
    for _ in range(2):
        sandboxed.tracker.say(id_, doc, ["k"], "h")
    assert sandboxed.asked() == 2 + (flavour == "dc" and not known)  # the name of a key is looked up once
    found = sandboxed.world.find(id_)
    assert found is not None
    body = found.comments[0].body
    if flavour == "dc":
        assert body == f"[~{who.name}]"
    else:
        text = {"text": f"@{who.display_name}"} if known else {}
        assert body["content"][0]["content"] == [{"type": "mention", "attrs": {"id": who.account_id} | text}]


RENAMED: list[tuple[str, bool, int, str]] = [
    ("it1", True, 59, "it1"),
    ("it1", True, 61, "it1.uus"),
    ("it2", False, 59, "it2"),
    ("it2", False, 61, "it2.uus"),
]


@pytest.mark.parametrize(("name", "known", "minutes", "called"), RENAMED)
def test_who_has_another_user_name_is_called_by_it_within_an_hour(
    name: str, known: bool, minutes: int, called: str
) -> None:
    now = [0.0]
    sandboxed = connected_in_process("dc", clock=lambda: now[0])
    id_, who = sandboxed.open("spetsialist1"), sandboxed.person(name)
    doc = Doc((Paragraph((Mention(name if known else f"~{who.key}"),)),))
    sandboxed.tracker.say(id_, doc, ["k"], "h")
    acts.rename(sandboxed.world, who, f"{name}.uus", "Uus Nimi")
    acts.rename(sandboxed.world, sandboxed.person("it3"), name, "Keegi Muu")  # names are given away again
    now[0] = minutes * 60
    sandboxed.asked()
    for _ in range(2):
        sandboxed.tracker.say(id_, doc, ["k"], "h")
    assert sandboxed.asked() == 2 + (minutes > 60)
    found = sandboxed.world.find(id_)
    assert found is not None
    assert [each.body for each in found.comments] == [f"[~{name}]", *[f"[~{called}]"] * 2]


def test_a_deleted_person_is_mentioned_by_what_is_left() -> None:
    sandboxed = connected_in_process("dc")
    id_ = sandboxed.open("spetsialist1")
    sandboxed.tracker.say(id_, Doc((Paragraph((Mention("~lahkunud"),)),)), ["k"], "h")
    found = sandboxed.world.find(id_)
    assert found is not None
    assert found.comments[0].body == "[~lahkunud]"


def test_nobody_of_the_rulebook_is_refused() -> None:
    sandboxed = connected_in_process("cloud")
    id_ = sandboxed.open("spetsialist1")
    with pytest.raises(Refused, match="nobody of the rulebook"):
        sandboxed.tracker.say(id_, Doc((Paragraph((Mention("keegi"),)),)), ["k"], "h")


KINDS: list[tuple[dict[str, str], str, Json]] = [
    ({"type": "option"}, "L2_IT", {"value": "L2_IT"}),
    ({"type": "string"}, "L2_IT", "L2_IT"),
    ({"type": "group"}, "L2_IT", {"name": "L2_IT"}),
]

AMONG: list[tuple[dict[str, str], list[Json], list[Json]]] = [
    ({"items": "option"}, [], [{"add": {"value": "L2_IT"}}]),
    ({"items": "string"}, ["muu", "l2_load"], [{"remove": "l2_load"}, {"add": "L2_IT"}]),
    (
        {"items": "component"},
        [{"id": "7", "name": "L2_LOAD"}, {"id": "8", "name": "KOTKAS"}],
        [{"remove": {"id": "7"}}, {"add": {"name": "L2_IT"}}],
    ),
    (
        {"items": "component"},
        [{"id": "9", "name": "L2_IT"}, {"id": "7", "name": "L2_LOAD"}],
        [{"remove": {"id": "7"}}],
    ),
]


@pytest.mark.parametrize(("schema", "value", "written"), KINDS)
def test_a_queue_is_written_as_its_field_takes_it(
    mock: responses.RequestsMock, schema: dict[str, str], value: str, written: Json
) -> None:

    tracker = at_canned("cloud")
    field = Field("customfield_7", "Järjekord", True, schema["type"], schema.get("items", ""))
    binding = replace(tracker.binding, fields={"queue": field})
    tracker = JiraTracker(tracker.client, tracker.catalogue, binding, entries(str))
    mock.add("PUT", f"{API}/3/issue/7", status=204)
    tracker.put("7", {"queue": "it"})
    assert json.loads(mock.calls[0].request.body or "") == {"fields": {"customfield_7": written}}


@pytest.mark.parametrize(("schema", "held", "verbs"), AMONG)
def test_a_queue_among_several_values_takes_other_queues_places_and_leaves_the_rest(
    mock: responses.RequestsMock, schema: dict[str, str], held: list[Json], verbs: list[Json]
) -> None:
    tracker = at_canned("dc")
    field = Field("customfield_7", "Järjekord", True, "array", schema["items"])
    tracker = JiraTracker(
        tracker.client, tracker.catalogue, replace(tracker.binding, fields={"queue": field}), entries(str)
    )
    mock.add("GET", f"{API}/2/issue/7", json={"id": "7", "key": "KKA-7", "fields": {"customfield_7": held}})
    mock.add("PUT", f"{API}/2/issue/7", status=204)
    tracker.put("7", {"queue": "it"})
    assert json.loads(mock.calls[1].request.body or "") == {"update": {"customfield_7": verbs}}


@FLAVOURS
def test_people_are_put_into_fields_by_what_the_flavour_knows(flavour: Any) -> None:
    sandboxed = connected_in_process(flavour)
    id_ = sandboxed.open("spetsialist1")
    it2 = sandboxed.person("it2")
    word = f"~{it2.account_id if flavour == 'cloud' else it2.key}"
    sandboxed.tracker.put(id_, {"owner": word, "forwarder": "spetsialist1"})
    (ticket,) = sandboxed.tracker.read([id_]).tickets
    assert (ticket.owner, ticket.forwarder) == (word, "spetsialist1")


def test_a_transition_that_is_not_available_is_not_taken(mock: responses.RequestsMock) -> None:
    ways = [
        {"id": 11, "to": {"id": "10007"}, "isAvailable": False},
        {"id": "12", "to": {"id": "10002"}},
        {"id": 13, "to": {"id": "10007"}},
    ]
    mock.add("GET", f"{API}/3/issue/7/transitions", json={"transitions": ways})
    mock.add("POST", f"{API}/3/issue/7/transitions", status=204)
    at_canned("cloud").put("7", {"state": "solved"})
    assert json.loads(mock.calls[1].request.body or "") == {"transition": {"id": "13"}}


def test_a_resolution_is_set_on_the_way_and_the_rest_before_it(mock: responses.RequestsMock) -> None:
    mock.add("GET", f"{API}/3/issue/7/transitions", json={"transitions": [{"id": 13, "to": {"id": "10007"}}]})
    mock.add("PUT", f"{API}/3/issue/7", status=204)
    mock.add("POST", f"{API}/3/issue/7/transitions", status=204)
    tracker = at_canned("cloud")
    word, id_ = next((word, id_) for id_, word in tracker.binding.priorities.items())
    tracker.put("7", {"state": "solved", "resolution": "Kliendini ei jõudnud", "priority": word, "labels": "+x -y"})
    edit, way = (json.loads(call.request.body or "") for call in mock.calls[1:])
    assert edit == {"fields": {"priority": {"id": id_}}, "update": {"labels": [{"add": "x"}, {"remove": "y"}]}}
    assert way == {"transition": {"id": "13"}, "fields": {"resolution": {"name": "Kliendini ei jõudnud"}}}
    with pytest.raises(Refused, match="no priority of this Jira is called 'x'"):
        tracker.put("7", {"priority": "x"})


def comment(id_: str, who: str = "piletibot", **more: Json) -> Json:
    keys = {"piletibot": "JIRAUSER10100", "piletibot2": "JIRAUSER10102"}
    author = {"name": who, "key": keys.get(who, "JIRAUSER10101")}
    return {"id": id_, "created": "2026-11-16T10:00:00.000+0200", "author": author, **more}


def marked(value: Json) -> Json:
    return {"properties": [{"key": "other", "value": 1}, {"key": STEP, "value": value}]}


MARK = {"keys": ["k"], "hash": "h"}


@pytest.mark.parametrize(
    ("comments", "found"),
    [
        ([], []),
        ([comment("1", **marked(MARK)), comment("2", properties=[])], ["1"]),
        ([comment("1", **marked(MARK)), comment("2", **marked(MARK))], ["2", "1"]),
        ([comment("1", "keegi", **marked(MARK))], []),  # forged: anybody may mark a comment of their own
        ([comment("1", "piletibot2", **marked(MARK))], ["1"]),  # of an account the bot had before
        ([comment("1", "JIRAUSER10100", **marked(MARK))], []),  # somebody called as the bot's key is
        ([comment("1", **marked(MARK)) | {"author": None}], []),
        ([comment("1", **marked("k")), comment("2", **marked({"keys": "k"})), comment("3", **marked(None))], []),
        ([comment("1", **marked(MARK | {"more": 1})), {"id": "2"}], ["1"]),
    ],
)
def test_a_comment_with_the_mark_was_said(
    mock: responses.RequestsMock, comments: list[Json], found: list[str]
) -> None:
    mock.add("GET", f"{API}/2/issue/7/comment", json={"comments": comments, "total": len(comments)})
    plain = at_canned("dc")
    tracker = JiraTracker(plain.client, plain.catalogue, plain.binding, entries(str), former=["JIRAUSER10102"])
    assert [said.comment_id for said in tracker.said("7")] == found
    assert len(mock.calls) == 1
    params = mock.calls[0].request.params  # type: ignore[attr-defined]
    assert (params["expand"], params["orderBy"]) == ("properties", "-created")


def test_where_no_properties_come_they_are_asked_for_one_by_one(mock: responses.RequestsMock) -> None:
    comments = [comment("1"), comment("2"), comment("3", "keegi")]
    mock.add("GET", f"{API}/2/issue/7/comment", json={"comments": comments, "total": 3})
    mock.add("GET", f"{API}/2/comment/1/properties/{STEP}", json={"key": STEP, "value": MARK})
    mock.add("GET", f"{API}/2/comment/2/properties/{STEP}", status=404, json={})
    assert [said.comment_id for said in at_canned("dc").said("7")] == ["1"]


def test_a_refused_property_is_no_proof_that_nothing_was_said(mock: responses.RequestsMock) -> None:
    mock.add("GET", f"{API}/2/issue/7/comment", json={"comments": [comment("1")], "total": 1})
    mock.add("GET", f"{API}/2/comment/1/properties/{STEP}", status=403, json={})
    with pytest.raises(Refused):
        at_canned("dc").said("7")
