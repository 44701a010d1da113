from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.crosscheck_stops import stops
from bot.core.entries import Entries

ENTRIES = {
    "desk": "abi",
    "projects": ["ABI"],
    "fields": {"queue": "q", "delivered": "d", "owner": "o", "reference": "r"},
    "states": [
        {"state": "new", "name": {"et": "Uus"}, "status": "Uus", "standing": "open", "ball": "tier 1", "tier": 1},
        {"state": "work", "name": {"et": "Töös"}, "status": "Töös", "standing": "open", "ball": "tier 2", "tier": 2},
        {"state": "asked", "name": {"et": "K"}, "status": "K", "standing": "open", "ball": "customer", "tier": 2},
        {"state": "solved", "name": {"et": "L"}, "status": "L", "standing": "solved", "ball": "tier 1"},
        {"state": "over", "name": {"et": "S"}, "category": "done", "standing": "closed", "ball": "nobody"},
    ],
    "calendars": {"long": {"timezone": "Europe/Tallinn", "hours": "24x7"}},
    "people": [{"person": "mari", "account": "mari"}],
    "roles": {"coordinator": "mari", "lead": "mari"},
    "queues": [
        {"queue": "first", "tier": 1, "name": {"et": "I"}},
        {"queue": "permits", "tier": 2, "name": {"et": "Load"}},
        {"queue": "fees", "tier": 2, "name": {"et": "Tasud"}},
    ],
    "manners": {"calendar": "long"},
}


def found(starts, stopping, restarts=(), **changes):
    policy = {
        "name": "p",
        "why": "It was promised.",
        "starts": starts,
        "stops": stopping,
        "restarts": list(restarts),
        "targets": [{"within": "1h"}],
    }
    entries = Entries.model_validate(ENTRIES | {"policies": [policy]} | changes)
    return [(finding.path[2], finding.text.partition(",")[0].partition(":")[0]) for finding in stops(entries)]


@pytest.mark.parametrize(
    ("starts", "stopping"),
    [
        ("created", ["solved"]),
        ("created", ["answered"]),
        ("created", ["enters tier 2"]),  # a ticket may be created there, and need not be
        ("enters tier 2", ["leaves tier 2"]),
        ("enters tier 2", ["solved"]),
        ("enters tier 2", ["taken"]),
        ("enters queue permits", ["enters queue fees"]),
        ("enters queue permits", ["leaves tier 1"]),  # no workflow is presumed
        ("leaves tier 2", ["enters tier 2"]),
        ("solved", ["delivered"]),
        ("solved", ["closed"]),
        ("solved", ["leaves tier 2", "reopened"]),
        ("solved", ["enters queue fees"]),
        ("solved", ["sets reference"]),
        ("closed", ["reopened"]),
        ("closed", ["delivered"]),
        ("reopened", ["solved"]),
        ("delivered", ["closed"]),
        ("delivered", ["solved"]),
        ("sets reference", ["delivered"]),
        ("ball is customer", ["ball is tier 1", "ball is tier 2"]),
        ("state is over", ["answered"]),
        ("movement", ["solved"]),
    ],
)
def test_a_clock_that_can_stop(starts, stopping):
    assert found(starts, stopping) == []


AT_ONCE = [("stops", "this is so whenever the clock starts")]
REOPENED_ONLY = [("stops", "this follows the start only where a ticket is reopened; write `reopened`")]
NEVER_STARTS = [("starts", "this never happens")]
NEVER_STOPS = [("stops", "this never happens after the start")]


@pytest.mark.parametrize(
    ("starts", "stopping", "expected"),
    [
        ("solved", ["solved"], AT_ONCE),
        ("created", ["created"], AT_ONCE),
        ("created", ["delivered", "movement"], AT_ONCE),
        ("answered", ["movement"], AT_ONCE),
        ("delivered", ["sets delivered"], AT_ONCE),
        ("enters tier 2", ["enters tier 2", "solved"], AT_ONCE),
        ("state is over", ["closed"], AT_ONCE),
        ("ball is nobody", ["closed"], AT_ONCE),
        ("solved", ["leaves tier 2"], REOPENED_ONLY),
        ("solved", ["enters tier 1", "enters tier 2"], REOPENED_ONLY),
        ("solved", ["state is work"], REOPENED_ONLY),
        ("closed", ["solved"], REOPENED_ONLY),
        ("closed", ["ball is tier 1"], REOPENED_ONLY),
        ("ball is third party", ["solved"], NEVER_STARTS),
        ("answered", ["created"], NEVER_STOPS),
        ("enters tier 2", ["ball is third party"], NEVER_STOPS),
    ],
)
def test_a_clock_that_cannot(starts, stopping, expected):
    assert found(starts, stopping) == expected


def test_what_begins_a_clock_anew_may_speak_of_reopening():
    assert found("solved", ["leaves tier 2"], ["reopened"]) == []


def test_tiers_are_those_of_states_and_queues():
    untiered = [{key: value for key, value in state.items() if key != "tier"} for state in ENTRIES["states"]]
    assert found("enters tier 2", ["leaves tier 2"], states=untiered) == []
    assert found("enters tier 2", ["solved"], states=untiered, queues=[]) == NEVER_STARTS


def test_words_that_are_none_are_left_to_the_check_of_words():
    assert found("solvd", ["solved"]) == []


WORDS = st.sampled_from(
    ["solved", "enters tier 2"]
    + [f"{way} queue {queue}" for way in ("enters", "leaves") for queue in ("first", "permits", "fees")]
)
POLICIES = st.lists(st.tuples(WORDS, st.lists(WORDS, min_size=1, max_size=1), st.just([])), min_size=8, max_size=12)


@given(POLICIES)
def test_of_many_policies_each_is_told_what_it_is_told_alone(policies):
    """What is found of one is taken for others only where it is so of them too."""

    def entries(some):
        written = [
            {
                "name": f"p{i}",
                "why": "It was promised.",
                "starts": starts,
                "stops": stopping,
                "restarts": restarts,
                "targets": [{"within": "1h"}],
            }
            for i, (starts, stopping, restarts) in enumerate(some)
        ]
        return Entries.model_validate(ENTRIES | {"states": states, "queues": queues, "policies": written})

    # Where states name no tier, that of its queue tells at which a ticket is.
    states = [{key: value for key, value in state.items() if key != "tier"} for state in ENTRIES["states"]]
    # Of each tier there is a queue that no policy names.
    queues = [*ENTRIES["queues"], *({"queue": f"{tier}", "tier": tier, "name": {"et": "J"}} for tier in (1, 2))]
    alone = [
        (i, finding.path[2], finding.text) for i, one in enumerate(policies) for finding in stops(entries([one]))
    ]
    assert [(finding.path[1], finding.path[2], finding.text) for finding in stops(entries(policies))] == alone
