from __future__ import annotations

import copy

import pytest

from bot.core.crosscheck import problems
from bot.core.entries import Entries
from bot.core.findings import KEY, nearest

GOOD = {
    "desk": "abi",
    "projects": ["ABI"],
    "fields": {"queue": "Järjekord", "delivered": "Edastatud"},
    "states": [
        {"state": "new", "name": {"et": "Uus"}, "category": "new", "standing": "open", "ball": "tier 1"},
        {"state": "done", "name": {"et": "Valmis"}, "category": "done", "standing": "closed", "ball": "nobody"},
    ],
    "calendars": {
        "short": {"timezone": "Europe/Tallinn", "hours": {"mon-fri": "09:00-13:00"}, "holidays": "EE"},
        "long": {"timezone": "Europe/Tallinn", "hours": "24x7"},
    },
    "people": [{"person": "mari", "account": "mari"}],
    "roles": {"coordinator": "mari", "lead": "mari"},
    "queues": [{"queue": "permits", "tier": 2, "name": {"et": "Load"}}],
    "manners": {"calendar": "short"},
    "routes": [{"route": "all", "why": "Everything goes there.", "queue": "permits"}],
    "policies": [
        {
            "name": "answer",
            "why": "What tier 2 promised.",
            "starts": "created",
            "stops": "answered",
            "targets": [{"within": "3wd"}],
        }
    ],
    "ladders": [
        {
            "name": "late",
            "why": "The deadline comes nearer.",
            "clock": "answer",
            "rungs": [{"rung": "a", "before_due": "1wd", "say": "warning", "to": "owner"}],
        }
    ],
}


def rung(name, **words):
    return {"rung": name, "say": "warning", "to": "owner"} | words


def found(*changes, messages=None):
    """The findings on the good entries with some values replaced, each by its path."""
    entries = copy.deepcopy(GOOD)
    for path, value in changes:
        inner = entries
        for part in path[:-1]:
            inner = inner[part]
        inner[path[-1]] = value
    findings = problems(Entries.model_validate(entries), messages, lambda code: code == "EE")
    return [(finding.path, finding.text) for finding in findings]


def found_paths(*changes):
    return [path for path, _ in found(*changes)]


LAW = {"name": "law", "why": "The law gives five days.", "basis": "§ 18", "source": "the law", "within": "5wd"}
FIELDS = ("fields",)
LONG = ("calendars", "long")
MARI = GOOD["people"][0]
WHEN = ("ladders", 0, "when")
RUNGS = ("ladders", 0, "rungs")
POLICY = ("policies", 0)
ON_LONG = ((*POLICY, "calendar"), "long")


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [
            (
                RUNGS,
                [
                    rung("a", share="50%"),
                    rung("b", share="75%"),
                    rung("c", before_due="1h"),
                    rung("d", past_due="0m"),
                ],
            )
        ],
        [(RUNGS, [rung("a", before_due="1wd"), rung("b", before_due="3h")])],
        [(RUNGS, [rung("a", after="0m", every="1wd", times=2)])],
        [(RUNGS, [rung("a", after="3h"), rung("b", after="1wd")])],
        [(RUNGS, [rung("a", after="1h", to=["forwarder", "owner", "queue", "coordinator", "lead", "mari"])])],
        [(("ladders", 0, "clock"), "since movement"), (RUNGS, [rung("a", after="1h")])],
        [((*POLICY, "pauses"), ["ball is third party", "state is new", "tier is 1", "queue is permits"])],
        [((*POLICY, "stops"), ["delivered", "leaves queue permits", "closed", "enters tier 1"])],
        [((*POLICY, "targets"), [{"when": {"tier": 2, "label": ["a", "b"]}, "within": "4h"}, {"within": "1wd"}])],
        [((*POLICY, "calendar"), "long")],
        [(("routes",), []), (("policies",), []), (("ladders",), [])],
        [(("fields",), {"queue": "q"}), (RUNGS, [rung("a", share="50%", to="forwarder")])],
        [(("comments",), {"role": "Agents"})],
        [
            (
                ("deadlines",),
                [LAW, LAW | {"name": "season", "within": None, "dates": {"I": "2026-04-17"}, "moves": False}],
            )
        ],
        [(("deadlines",), [LAW | {"valid_to": "2026-01-01"}, LAW | {"valid_from": "2026-01-02"}])],
        [
            (FIELDS, {"queue": "q", "term": "t"}),
            (("deadlines",), [LAW | {"within": None, "ends_on": "term"}, LAW]),
        ],
        [(("deadlines",), [LAW | {"when": {"tier": 1}}, LAW | {"counts_from": "known", "within": "72h clock"}])],
        [
            (("deadlines",), [LAW | {"extension": {"to": "2mo", "field": "extended", "notice_within": "5wd"}}]),
            (("ladders", 0, "clock"), "deadline law"),
            (
                RUNGS,
                [
                    rung("a", before_due="2wd"),
                    rung("b", before_due="0wd"),
                    rung("c", past_due="0h", every="3cd", times=2),
                ],
            ),
        ],
        [(("calendars", "long", "exceptions"), {"2026-12-30": "closed", "2026-12-31": "09:00-10:00, 11:00-12:00"})],
    ],
)
def test_entries_that_fit_together(changes):
    assert found(*changes) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ([(FIELDS, {}), ((*POLICY, "starts"), "enters queue permits"), (("routes",), [])], (*POLICY, "starts")),
        ([(FIELDS, {}), ((*POLICY, "pauses"), ["queue is permits"]), (("routes",), [])], (*POLICY, "pauses", 0)),
        ([(FIELDS, {"queue": "q"}), ((*POLICY, "stops"), "delivered")], (*POLICY, "stops", 0)),
        ([(FIELDS, {"queue": "q"}), (WHEN, {"delivered": True})], (*WHEN, "delivered", KEY)),
        ([(FIELDS, {"delivered": "d"})], ("routes", 0, "queue")),
        ([(WHEN, {"any": [{"tier": [1, 3]}]})], (*WHEN, "any", 0, "tier", 1)),
        ([(WHEN, {"any": {"tier": 1}})], (*WHEN, "any")),
        ([(WHEN, {"label": 5})], (*WHEN, "label")),
        ([((*POLICY, "name"), "since ever"), (("ladders",), [])], (*POLICY, "name")),
        ([((*POLICY, "targets"), [{"within": "2mo"}])], (*POLICY, "targets", 0, "within")),
        ([(RUNGS, [rung("a", after="1h"), rung("b", after="60m")])], (*RUNGS, 1, "after")),
        ([(RUNGS, [rung("a", after="5h"), rung("b", after="1wd")])], (*RUNGS, 1, "after")),
        ([ON_LONG, (RUNGS, [rung("a", after="1wd"), rung("b", after="1h")])], (*RUNGS, 1, "after")),
        ([(RUNGS, [rung("a", before_due="1h"), rung("b", before_due="1wd")])], (*RUNGS, 1, "before_due")),
        ([(RUNGS, [rung("a", share="75%"), rung("b", share="75%")])], (*RUNGS, 1, "share")),
        ([(RUNGS, [rung("a", past_due="0m"), rung("b", share="99%")])], (*RUNGS, 1)),
        ([(RUNGS, [rung("a", before_due="0m")])], (*RUNGS, 0, "before_due")),
        ([(RUNGS, [rung("a", after="1cd")])], (*RUNGS, 0, "after")),
        ([(RUNGS, [rung("a", after="1h", every="0m", times=2)])], (*RUNGS, 0, "every")),
        ([((*LONG, "hours"), {})], (*LONG, "hours")),
        ([((*LONG, "day"), "0h")], (*LONG, "day")),
        ([((*LONG, "exceptions"), {"2026-12-30": "9-12"})], (*LONG, "exceptions", "2026-12-30")),
        ([(("people",), [MARI, {"person": "jaan", "account": {"cloud": "mari", "dc": "jaan"}}])],
         ("people", 1, "account", "cloud")),
        ([(("language",), "en"), (("states", 0, "name"), {"en": "New"}), (("states", 1, "name"), {"en": "Done"})],
         ("queues", 0, "name")),
    ],
)  # fmt: skip
def test_a_finding_stands_where_the_mistake_is(changes, path):
    assert found_paths(*changes) == [path]


SAY = (*RUNGS, 0, "say")


@pytest.mark.parametrize(
    ("rungs", "needs", "missing"),
    [
        ([rung("a", share="75%")], {"due", "state", "last", "n", "date"}, []),
        ([rung("a", share="75%")], {"left"}, ["left"]),
        ([rung("a", past_due="0m")], {"due", "over"}, []),
        ([rung("a", after="1h")], {"over", "queue"}, ["over", "queue"]),
    ],
)
def test_a_message_may_rely_only_on_values_that_are_always_there(rungs, needs, missing):
    messages = {"warning": frozenset(needs), "routed": frozenset(("queue", "reason"))}
    text = "the message 'warning' needs the value '{}', which is not always there"
    assert found((RUNGS, rungs), messages=messages) == [(SAY, text.format(name)) for name in missing]


def test_since_a_moment_only_the_last_rung_has_no_next_one_to_answer_by():
    messages = {"warning": frozenset(("answer_by",)), "routed": frozenset()}
    changes = [(("ladders", 0, "clock"), "since created"), (RUNGS, [rung("a", after="1h"), rung("b", after="2h")])]
    assert [path for path, _ in found(*changes, messages=messages)] == [(*RUNGS, 1, "say")]


def test_routes_need_their_messages():
    ask = (("routes",), [{"route": "all", "why": "Nobody knows where.", "ask": ["permits"]}])
    assert found(messages={"warning": frozenset()}) == [
        (("routes", 0), "there is no message 'routed'; known: warning")
    ]
    messages = {"warning": frozenset(), "route_unsure": frozenset(("queues", "due"))}
    text = "the message 'route_unsure' needs the value 'due', which is not always there"
    assert found(ask, messages=messages) == [(("routes", 0), text)]


@pytest.mark.parametrize(("word", "meant"), [("ower", "owner"), ("owner", "owner"), ("xyz", None), ("", None)])
def test_nearest(word, meant):
    assert nearest(word, ["lead", "owner"]) == meant


def test_what_the_lead_is_told_of_the_bot_is_no_rules_name():
    text = "'{}' is the bot's own word; give the rule another name"
    assert found((("routes", 0, "route"), "rulebook"), (("ladders", 0, "name"), "ceiling")) == [
        (("routes", 0, "route"), text.format("rulebook")),
        (("ladders", 0, "name"), text.format("ceiling")),
    ]


CLOSING = {"standing": "solved", "delivered": True, "statutory": False}


def closing(when=CLOSING, first=True, **words):
    rungs = [rung("notice", after="5wd")] if first else []
    rungs.append(rung("close", **({"after": "8wd", "sets": {"state": "done"}} | words)))
    return {"name": "close", "why": "It was delivered.", "clock": "since delivered", "when": when, "rungs": rungs}


SETS = ("ladders", 0, "rungs", 1, "sets")


@pytest.mark.parametrize(
    ("ladder", "expected"),
    [
        (closing(), {}),
        (closing(sets={"labels": "+done -open", "owner": "mari", "queue": "permits"}), {}),
        (closing({"standing": "solved", "waived": True, "statutory": False}, first=False), {}),
        (closing({**CLOSING, "statutory": True}), {(*SETS, "state"): "statutory: false"}),
        (closing({"standing": "solved", "delivered": True}), {(*SETS, "state"): "statutory: false"}),
        (closing({"standing": "solved", "statutory": False}), {(*SETS, "state"): "delivered: true"}),
        (closing({"delivered": True, "statutory": False}), {(*SETS, "state"): "standing: solved"}),
        (closing(first=False), {("ladders", 0, "rungs", 0, "sets", "state"): "needs a notice"}),
        (closing(sets={"state": "dnoe"}), {(*SETS, "state"): "there is no state 'dnoe'"}),
        (closing(sets={"owner": "marie"}), {(*SETS, "owner"): "there is no person 'marie'"}),
        (closing(sets={"labels": "done"}), {(*SETS, "labels"): "+done"}),
        (closing(sets={"category": "IT"}), {(*SETS, "category", KEY): "there is no field that the bot sets"}),
        (closing(sets={"resolution": "Done"}), {(*SETS, "resolution", KEY): "with the state that closes"}),
    ],
)
def test_what_a_rung_sets(ladder, expected):
    findings = dict(found((("ladders",), [ladder])))
    assert findings.keys() == expected.keys()
    assert all(text in findings[path] for path, text in expected.items()), findings
