"""What presses, lapses, is sampled or spared, and who a direct manager is: words of documents and complaints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs
from small_desk import SECTIONS, at, book, step, ticket, wish

from bot.core.arrange import DeskState, arrange
from bot.core.desk import Desk, Linked
from bot.core.judge import judge
from bot.core.rulebook import Rulebook
from bot.core.ticket import Link

LONG_AGO = ("mon 08:00 ann state handed-on", "mon 08:01 ann owner bob")
TERM = {"name": "term", "why": "The customer's own day.", "basis": "law", "source": "a test", "within": "5cd"}
LADDER = {"name": "tell", "why": "Somebody has to know of it.", "clock": "since movement"}


def rules(to: Any = "owner", when: Any = None, **more: Any) -> Rulebook:
    """The small desk with one rule, which speaks at once."""
    rung = {"rung": "now", "after": "0h", "say": "a", "to": to}
    ladder = LADDER | {"when": when or {}, "rungs": [rung]} | more.pop("ladder", {})
    return book(routes=[], ladders=[ladder], policies=[], **more)


def said(seen: Any, now: str, rulebook: Rulebook, desk: Desk | None = None) -> list[tuple[str, ...]]:
    return [each.to for each in judge(seen, rulebook, at(now), desk or Desk()).steps]


# What presses


@pytest.mark.parametrize(
    ("now", "raised", "again"),
    [
        ("tue 15:00", 0, "wed 08:00"),  # the fifth day after Monday is Saturday, which moves to the next Monday
        ("wed 08:00", 1, "fri 08:00"),
        ("fri 08:00", 2, "2 mon 08:00"),
        ("2 mon 08:00", 3, None),
        ("2 tue 08:00", 0, None),  # it is over, and presses no more
    ],
)
def test_a_deadline_raises_urgency_as_it_comes_near(now: str, raised: int, again: str | None) -> None:
    rulebook = rules(deadlines=[TERM | {"raises": ["3wd", "1wd", "0wd"]}])
    wishes = judge(ticket(*LONG_AGO), rulebook, at(now))
    assert [each.raised for each in wishes.steps] == [raised]
    if again is not None:
        assert wishes.look_again_at == at(again)


def test_what_presses_is_said_before_what_is_more_urgent() -> None:
    urgent, pressing = step("1", urgency=3), step("2", urgency=1, raised=1)
    rulebook = book(manners={"budget": 1})
    arranged = arrange([wish(urgent), wish(pressing)], {}, rulebook, DeskState(), at("mon 10:00"))
    assert ([steps[0].ticket_id for steps in arranged.say], [held.step.ticket_id for held in arranged.hold]) == (
        ["2"],
        ["1"],
    )


# What lapses, and what is sampled


@pytest.mark.parametrize(("now", "wished"), [("tue 15:59", 1), ("wed 08:00", 0), ("2 mon 09:00", 0)])
def test_a_ladder_lapses_and_is_looked_at_then(now: str, wished: int) -> None:
    rulebook = rules(ladder={"clock": "since closed", "lapses": "2wd"}, to="forwarder")
    seen = ticket("mon 08:00 ann state closed", state="closed")
    wishes = judge(seen, rulebook, at(now))
    assert len(wishes.steps) == wished
    assert (wishes.look_again_at is None) == (not wished)


def test_a_sample_is_the_same_for_ever_and_as_large_as_it_says() -> None:
    rulebook = rules(when={"sample": 5})
    chosen = [number for number in range(1000) if said(ticket(*LONG_AGO, id=str(number)), "mon 09:00", rulebook)]
    assert 150 < len(chosen) < 250
    assert chosen[:3] == [6, 12, 29]


@pytest.mark.parametrize(
    ("acts", "now", "reach"),
    [
        (LONG_AGO, "2 mon 15:00", "ahead"),
        (LONG_AGO, "2 tue 08:00", "over"),
        ((*LONG_AGO, "fri 09:00 bob state solved"), "2 wed 08:00", "ahead"),  # it was solved in time
        ((*LONG_AGO, "2 tue 09:00 bob state solved"), "2 wed 08:00", "over"),
    ],
)
def test_a_deadline_is_over_as_of_when_the_ticket_was_solved(acts: tuple[str, ...], now: str, reach: str) -> None:
    for wanted in ("ahead", "over"):
        rulebook = rules(when={"deadline": {"term": wanted}}, deadlines=[TERM])
        assert bool(said(ticket(*acts), now, rulebook)) == (wanted == reach), wanted


# Who is meant, and who never is


def test_a_direct_manager_is_the_owners_own_else_the_queues_else_the_lead() -> None:
    people = [person | ({"manager": "dan"} if person["person"] == "bob" else {}) for person in SECTIONS["people"]]
    queues = [queue | ({"manager": "cid"} if queue["queue"] == "law" else {}) for queue in SECTIONS["queues"]]
    rulebook = rules(to="manager", people=people, queues=queues)
    for owner, queue, manager in (
        ("bob", "law", "dan"),
        ("ann", "law", "cid"),
        ("ann", "it", "lea"),
        ("cid", "law", "lea"),
    ):
        seen = ticket("mon 08:00 ann state handed-on", owner=owner, queue=queue)
        assert said(seen, "mon 09:00", rulebook) == [(manager,)], (owner, queue)


EXCLUDES = [
    {"name": "about", "why": "It is about them.", "when": {"category": "LAW"}, "fields": ["about"], "link": "of"}
]
FIELDS = SECTIONS["fields"] | {"about": "a"}
LINKS = {"of": {"type": "Relates"}}


@pytest.mark.parametrize(
    ("about", "told"),
    [
        (None, ("bob", "cid")),
        ("bob", ("lea", "cid")),
        ("cid", ("bob", "lea")),  # the coordinator: then the lead
        ("lea", ("bob", "cid")),
    ],
)
def test_nothing_is_said_to_whom_a_ticket_is_about(about: str | None, told: tuple[str, ...]) -> None:
    rulebook = rules(to=["owner", "coordinator"], excludes=EXCLUDES, fields=FIELDS, links=LINKS)
    fields = {"about": about} if about else {}
    seen = ticket(*LONG_AGO, category="LAW", fields=fields)
    assert said(seen, "mon 09:00", rulebook) == [told]
    assert said(structs.replace(seen, category="IT"), "mon 09:00", rulebook) == [("bob", "cid")]


def test_the_people_of_the_ticket_that_a_complaint_is_about_hear_nothing_of_it() -> None:
    rulebook = rules(to=["owner", "coordinator"], excludes=EXCLUDES, fields=FIELDS, links=LINKS)
    seen = ticket(*LONG_AGO, category="LAW", links=(Link("of", "9", "ABC-9", True),))
    original = ticket("mon 08:00 ann state handed-on", owner="bob", forwarder="cid", id="9", key="ABC-9")
    known = Desk(linked={"9": Linked("ABC-9", original)})
    assert said(seen, "mon 09:00", rulebook, known) == [("lea",)]
    spared = replace(known, linked={"9": Linked("ABC-9", structs.replace(original, owner="dan"))})
    assert said(seen, "mon 09:00", rulebook, spared) == [("bob", "lea")]


def test_of_a_ticket_that_is_not_known_the_lead_alone_is_told() -> None:
    rulebook = rules(to=["owner", "coordinator"], excludes=EXCLUDES, fields=FIELDS, links=LINKS)
    seen = ticket(*LONG_AGO, category="LAW", links=(Link("of", "9", "ABC-9", True),))
    assert said(seen, "mon 09:00", rulebook) == [("lea",)]


def test_what_is_asked_of_nobody_is_not_taken_for_answered() -> None:
    """Where all who could be told of a gap are spared, the comment that listed it is left as it is."""
    needs = [{"name": "needs", "why": "It is needed.", "to": "coordinator", "requires": ["place"]}]
    fields = FIELDS | {"place": "p"}
    rulebook = rules(
        when={"category": "IT"},
        excludes=EXCLUDES,
        fields=fields,
        titles={"place": {"en": "Place"}},
        links=LINKS,
        completeness=needs,
    )
    original = ticket("mon 08:00 ann state handed-on", owner="lea", forwarder="cid", id="9", key="ABC-9")
    seen = ticket(*LONG_AGO, category="LAW", links=(Link("of", "9", "ABC-9", True),))
    judged = judge(seen, rulebook, at("mon 09:00"), Desk(linked={"9": Linked("ABC-9", original)}))
    assert (judged.steps, judged.amends) == ((), ())
    whole = structs.replace(seen, fields={"place": "set"})
    assert [step.say for step in judge(whole, rulebook, at("mon 09:00")).amends] == ["complete"]


def test_where_all_who_could_be_told_are_spared_nothing_is_said() -> None:
    rulebook = rules(to=["owner", "coordinator"], excludes=EXCLUDES, fields=FIELDS, links=LINKS)
    original = ticket("mon 08:00 ann state handed-on", owner="lea", forwarder="cid", id="9", key="ABC-9")
    seen = ticket(*LONG_AGO, category="LAW", fields={"about": "bob"}, links=(Link("of", "9", "ABC-9", True),))
    assert said(seen, "mon 09:00", rulebook, Desk(linked={"9": Linked("ABC-9", original)})) == []
