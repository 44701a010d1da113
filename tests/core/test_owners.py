"""Whom a route assigns a ticket to: chosen among those present, never taken from whom a person chose."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_desk import SECTIONS, at, book, ticket

from bot.core.desk import QUIET, Absence, Desk
from bot.core.judge import judge
from bot.core.steps import Step
from bot.core.ticket import Change, Ticket

ON = "mon 09:00 ann state handed-on"
LAW = {"queue": "law", "tier": 2, "name": {"en": "Law"}, "members": ["bob", "dan", "rus"], "coordinator": "lea"}
AWAY = {name: Absence(name, date(2026, 11, 16), date(2026, 11, 17)) for name in ("bob", "dan", "rus")}


def rules(**law: Any) -> Any:
    first = SECTIONS["queues"][0] | {"members": ["ann"]}
    return book(queues=[first, SECTIONS["queues"][1], LAW | law])


def routed(seen: Ticket, desk: Desk = QUIET, **law: Any) -> Step:
    (step,) = (step for step in judge(seen, rules(**law), at("mon 10:00"), desk).steps if step.rule == "legal")
    return step


def seen(*acts: str, **facts: Any) -> Ticket:
    return ticket(ON, *acts, **({"category": "LAW"} | facts))


CASES: list[tuple[str, str, Desk, str | None]] = [
    ("nobody, as shipped", "none", Desk(), None),
    ("one person", "dan", Desk(), "dan"),
    ("one person who is away", "dan", Desk((AWAY["dan"],)), None),
    ("the first turn goes by the ticket's number", "round robin", Desk(), "dan"),
    ("after who was last", "round robin", Desk(last={"law": "dan"}), "rus"),
    ("round and round", "round robin", Desk(last={"law": "rus"}), "bob"),
    ("who is away is passed over", "round robin", Desk((AWAY["rus"],), last={"law": "dan"}), "bob"),
    ("of a queue that has changed", "round robin", Desk(last={"law": "ann"}), "dan"),
    ("all away", "round robin", Desk(tuple(AWAY.values())), None),
    ("the least to do", "least loaded", Desk(loads={"bob": 2, "dan": 1, "rus": 3}), "dan"),
    ("nothing to do at all", "least loaded", Desk(loads={"bob": 2, "dan": 1}), "rus"),
    ("in turn where it is the same", "least loaded", Desk(last={"law": "bob"}), "dan"),
    ("who is away has nothing to do, but is away", "least loaded", Desk((AWAY["rus"],), loads={"bob": 1}), "dan"),
]


@pytest.mark.parametrize(("what", "way", "desk", "owner"), CASES, ids=[case[0] for case in CASES])
def test_the_owner_is_chosen(what: str, way: str, desk: Desk, owner: str | None) -> None:
    step = routed(seen(), desk, owner=way)
    assert step.sets.get("owner") == owner
    missing = way != "none" and owner is None
    assert ("nobody" in step.values, "given" in step.values) == (missing, owner is not None)
    assert step.to == ("ann", *(["lea"] if missing else [owner] if owner else []))


@pytest.mark.parametrize(
    ("acts", "facts", "owner"),
    [
        ([], {"owner": "ann"}, "dan"),  # the forwarder still stands there
        ([], {"owner": "bob"}, None),  # given to somebody before it came
        (["mon 09:00 ann owner bob"], {}, None),
        (["mon 09:30 bob owner bob"], {}, None),
        (["mon 09:30 bob owner bob", "mon 09:40 bob owner -"], {}, None),
        (["mon 09:05 robot owner rus"], {}, "rus"),  # what the bot set it does not set otherwise
    ],
)
def test_nobody_is_given_what_a_person_gave(acts: list[str], facts: dict[str, Any], owner: str | None) -> None:
    assert routed(seen(*acts, **facts), owner="dan").sets.get("owner") == owner


def test_a_queue_sets_what_the_desk_uses_but_no_field_that_a_person_filled_in() -> None:
    sets = {"labels": "+law -front", "state": "asking", "category": "IT"}
    fields = SECTIONS["fields"] | {"area": "a", "kind": "k"}
    more = rules(sets=sets | {"area": "x", "kind": "y"}).entries.model_copy(update={"fields": fields})
    assert more.queues[2].sets == sets | {"area": "x", "kind": "y"}
    found = routed(seen(fields={"area": "z"}), sets=sets | {"area": "x", "kind": "y"})
    assert found.sets == {"queue": "law", "labels": "+law -front", "state": "asking", "kind": "y"}


PEOPLE, QUEUES = st.sampled_from(["ann", "bob", "cid"]), st.sampled_from(["first", "it", "law", None])
ACTS = st.lists(st.tuples(st.sampled_from(["person", "bot"]), PEOPLE, QUEUES, st.integers(1, 90)), max_size=8)


@given(acts=ACTS, category=st.sampled_from(["LAW", "IT"]))
def test_a_queue_that_a_person_chose_is_theirs_for_the_stay(acts: list[Any], category: str) -> None:
    """However people and the bot take turns: once a person has set the queue at tier 2, the bot wishes for none."""
    now, queue, human = at("mon 09:00"), None, False
    changes = [Change(now, "state", "new", "handed-on", "ann")]
    for who, person, wanted, minutes in acts:
        now += minutes * 60
        standing = Ticket("7", "ABC-7", "ABC", at("mon 08:00"), 0, "handed-on", category=category, queue=queue)
        made = Ticket(
            **{name: getattr(standing, name) for name in Ticket.__struct_fields__} | {"changes": tuple(changes)}
        )
        wishes = [step.sets["queue"] for step in judge(made, rules(), now).steps if "queue" in step.sets]
        assert not (human and wishes)
        target = wanted if who == "person" else wishes[0] if wishes else queue
        if target != queue:
            actor = person if who == "person" else "robot"
            changes.append(Change(now, "queue", queue, target, actor, who == "bot"))
            queue, human = target, human or who == "person"
