"""The contract of a tracker: one table of cases, kept in memory, behind canned answers and by the sandbox."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from jira_worlds import PLACES, START_MS, World, world_at

from bot.core.doc import Doc, Mention, Paragraph, Text
from bot.core.ticket import Change, Link
from bot.engine.tracker import Doubtful, Refused, Stamp, Unreachable

DOC = Doc((Paragraph((Mention("spetsialist1"), Text(" palun vaadake üle"))),))
CASES: dict[str, Callable[[World], None]] = {}


def case(check: Callable[[World], None]) -> Callable[[World], None]:
    CASES[check.__name__] = check
    return check


@case
def an_empty_project_has_nothing(world: World) -> None:
    assert list(world.tracker.changed(None)) == []
    assert list(world.tracker.changed(START_MS)) == []


@case
def changes_come_oldest_first_from_the_moment_on(world: World) -> None:
    first, second, third = (world.open("spetsialist1") for _ in range(3))
    world.tick(60_000)
    world.change(first, "spetsialist1", state="at-tier-2")
    stamps = list(world.tracker.changed(None))
    assert [stamp.id for stamp in stamps] == [second, third, first]
    assert stamps[-1] == Stamp(first, "KKA-1", START_MS + 60_000)
    assert [stamp.id for stamp in world.tracker.changed(START_MS + 60_000)] == [first]
    assert list(world.tracker.changed(START_MS + 60_001)) == []


def known_of(world: World) -> dict[str, int]:
    return {stamp.id: stamp.updated_ms for stamp in world.tracker.changed(START_MS)}


def news(world: World, known: dict[str, int]) -> list[str]:
    """Those of the tickets that come though these are known, which are other than known."""
    stamps = list(world.tracker.changed(START_MS, known))
    came = {stamp.id: stamp.came for stamp in stamps}
    reading = world.tracker.read(list(came), came)
    tickets = {ticket.id: ticket for ticket in reading.tickets}
    assert tickets == {ticket.id: ticket for ticket in world.tracker.read(list(came)).tickets}
    assert {id_: ticket.updated_ms for id_, ticket in tickets.items()} == {
        stamp.id: stamp.updated_ms for stamp in stamps
    }
    return [stamp.id for stamp in stamps if known.get(stamp.id) != stamp.updated_ms]


@case
def what_is_known_may_stay_away_and_what_changed_comes_whole(world: World) -> None:
    opened = []
    for _ in range(4):
        opened.append(world.open("spetsialist1"))
        world.tick(10_000)
    known = known_of(world)
    assert news(world, {}) == opened
    assert news(world, known) == []
    world.change(opened[1], "spetsialist1", state="at-tier-2")
    for _ in range(30):
        world.write(opened[1], "spetsialist1")
    assert news(world, known) == [opened[1]]
    world.tick(10_000)
    world.write(opened[3], "it1")
    assert news(world, known) == [opened[1], opened[3]]
    assert len(known) == 4


@case
def a_known_ticket_that_is_gone_hides_no_other(world: World) -> None:
    opened = []
    for _ in range(3):
        opened.append(world.open("spetsialist1"))
        world.tick(10_000)
    known = known_of(world)
    world.remove(opened[0])
    world.remove(opened[2])
    assert news(world, known) == [] or known == {}
    world.write(opened[1], "it1")
    assert news(world, known) == [opened[1]]


@case
def what_is_not_there_or_not_to_be_seen_is_missing(world: World) -> None:
    kept, hidden, removed = (world.open("spetsialist1") for _ in range(3))
    world.hide(hidden)
    world.remove(removed)
    assert [stamp.id for stamp in world.tracker.changed(None)] == [kept]
    reading = world.tracker.read([hidden, kept, removed, "777"])
    assert [ticket.id for ticket in reading.tickets] == [kept]
    assert sorted(reading.missing) == sorted([hidden, removed, "777"])
    assert reading.troubles == ()


@case
def a_ticket_is_read_with_its_history_in_words(world: World) -> None:
    id_ = world.open("spetsialist1")
    acts = [
        ("spetsialist1", "owner", None, "it1"),
        ("koordinaator1", "queue", None, "it"),
        ("spetsialist1", "state", "new", "at-tier-2"),
        ("it1", "state", "at-tier-2", "solved"),
        ("spetsialist1", "delivered", None, "yes"),
        ("spetsialist1", "state", "solved", "closed"),
    ]
    for who, word, _, now in acts:
        world.tick(60_000)
        world.change(id_, who, **{word: now})
    (ticket,) = world.tracker.read([id_]).tickets
    at = START_MS // 1000
    # A transition to a done status also sets the resolution, which is not followed.
    assert ticket.changes == tuple(
        Change(at + 60 * (i + 1), word, was, now, who) for i, (who, word, was, now) in enumerate(acts)
    )
    assert (ticket.key, ticket.project, ticket.state) == ("KKA-1", "KKA", "closed")
    assert (ticket.owner, ticket.reporter, ticket.queue) == ("it1", "spetsialist1", "it")
    assert (ticket.created_at, ticket.updated_ms) == (at, START_MS + 360_000)
    assert (ticket.priority, ticket.delivered_at, ticket.secured) == ("medium", at + 300, False)


@case
def ties_are_seen_from_both_sides_and_since_when(world: World) -> None:
    twin, first = world.open("spetsialist1"), world.open("spetsialist1")
    world.tick(60_000)
    world.link(twin, "it1", "duplicate", first)
    world.tick(60_000)
    world.link(twin, "it1", "works_in", first)
    one, other = world.tracker.read([twin, first]).tickets
    at = START_MS // 1000
    assert one.links == (Link("duplicate", first, "KKA-2", True), Link("works_in", first, "KKA-2", True))
    assert other.links == (Link("duplicate", twin, "KKA-1", False), Link("works_in", twin, "KKA-1", False))
    assert one.changes == tuple(Change(at + s, "link", None, "KKA-2", "it1") for s in (60, 120))
    assert other.updated_ms == START_MS + 120_000


@case
def messages_are_told_apart_by_who_wrote_them(world: World) -> None:
    id_ = world.open("spetsialist1")
    world.write(id_, "it1")
    world.tick(60_000)
    world.tracker.say(id_, DOC, ["site/1/rule"], "hash")
    (ticket,) = world.tracker.read([id_]).tickets
    assert [message.bot for message in ticket.messages] == [False, True]
    assert ticket.messages[0].who == "it1"
    assert [message.at for message in ticket.messages] == [START_MS // 1000, START_MS // 1000 + 60]


@case
def comments_are_read_to_the_last_page(world: World) -> None:
    id_ = world.open("spetsialist1")
    said = world.tracker.say(id_, DOC, ["site/1/rule"], "hash")
    written = [world.write(id_, "it1") for _ in range(125)]
    (ticket,) = world.tracker.read([id_]).tickets
    assert [message.id for message in ticket.messages] == [said, *written]
    assert [one.comment_id for one in world.tracker.said(id_)] == [said]


@case
def what_was_said_is_read_back_newest_first(world: World) -> None:
    id_ = world.open("spetsialist1")
    assert world.tracker.said(id_) == ()
    first = world.tracker.say(id_, DOC, ["site/1/a", "site/1/b"], "h1")
    world.tick(1000)
    second = world.tracker.say(id_, DOC, ["site/1/c"], "h2")
    at = START_MS // 1000
    assert [(one.comment_id, one.at, one.keys, one.text_hash) for one in world.tracker.said(id_)] == [
        (second, at + 1, ("site/1/c",), "h2"),
        (first, at, ("site/1/a", "site/1/b"), "h1"),
    ]


@case
def a_reworded_comment_stays_one(world: World) -> None:
    id_ = world.open("spetsialist1")
    comment = world.tracker.say(id_, DOC, ["site/1/a"], "h1")
    world.tracker.reword(id_, comment, DOC, ["site/1/a", "site/1/b"], "h2")
    ((one),) = world.tracker.said(id_)
    assert (one.comment_id, one.keys, one.text_hash) == (comment, ("site/1/a", "site/1/b"), "h2")


@case
def fields_are_put_by_their_words_as_the_bot(world: World) -> None:
    id_ = world.open("spetsialist1")
    world.tick(1000)
    world.tracker.put(id_, {"queue": "it", "owner": "it1", "state": "at-tier-2"})
    (ticket,) = world.tracker.read([id_]).tickets
    assert (ticket.queue, ticket.owner, ticket.state) == ("it", "it1", "at-tier-2")
    assert {(change.field, change.now, change.bot) for change in ticket.changes} == {
        ("queue", "it", True),
        ("owner", "it1", True),
        ("state", "at-tier-2", True),
    }


@case
def who_may_do_what_is_asked_of_the_tracker(world: World) -> None:
    world.open("spetsialist1")
    world.forbid("it1", "close")
    assert world.tracker.may("spetsialist1", ["edit", "move", "close"], "KKA-1") is True
    assert world.tracker.may("it1", ["edit", "move"], "KKA-1") is True
    assert world.tracker.may("it1", ["move", "close"], "KKA-1") is False
    assert world.tracker.may("spetsialist1", ["see"], "KKA-7") is None
    world.forbid_asking()
    assert world.tracker.may("spetsialist1", ["see"], "KKA-1") is None


@case
def who_has_left_is_told_apart_from_who_is_not_known(world: World) -> None:
    world.open("spetsialist1")
    world.deactivate("it1")
    assert world.tracker.may("it1", ["see"], "KKA-1") is False
    found = world.tracker.active(["spetsialist1", "it1", "~nobody-of-this-tracker", "nobody of the rulebook"])
    assert (found["spetsialist1"], found["it1"]) == (True, False)
    assert found["nobody of the rulebook"] is not False
    assert found["~nobody-of-this-tracker"] is not False


@case
def labels_are_put_on_and_taken_off_beside_what_else_is_set(world: World) -> None:
    id_ = world.open("spetsialist1")
    world.tick(1000)
    world.tracker.put(id_, {"labels": "+esmane +kiire", "queue": "it"})
    world.tracker.put(id_, {"labels": "-kiire -muu +seire", "state": "at-tier-2"})
    (ticket,) = world.tracker.read([id_]).tickets
    assert (ticket.labels, ticket.queue, ticket.state) == ({"esmane", "seire"}, "it", "at-tier-2")
    touched = [change for change in ticket.changes if change.field == "labels"]
    assert [(set((each.was or "").split()), set((each.now or "").split())) for each in touched] == [
        (set(), {"esmane", "kiire"}),
        ({"esmane", "kiire"}, {"esmane", "seire"}),
    ]
    assert all(change.bot for change in ticket.changes)


@case
def what_cannot_be_put_is_refused_and_nothing_is_done(world: World) -> None:
    id_ = world.open("spetsialist1")
    for sets in (
        {"state": "nowhere"},
        {"colour": "red"},
        {"queue": "it", "state": "nowhere"},
        {"labels": "+a", "state": "nowhere"},
    ):
        with pytest.raises(Refused):
            world.tracker.put(id_, sets)
    (ticket,) = world.tracker.read([id_]).tickets
    assert ticket.changes == ()


@case
def a_ticket_that_is_not_there_refuses_everything(world: World) -> None:
    other, hidden = world.open("spetsialist1"), world.open("spetsialist1")
    world.hide(hidden)
    for ask in (
        lambda: world.tracker.said(hidden),
        lambda: world.tracker.say(hidden, DOC, ["k"], "h"),
        lambda: world.tracker.put(hidden, {"queue": "it"}),
    ):
        with pytest.raises(Refused):
            ask()
    world.tracker.say(other, DOC, ["k"], "h")
    assert len(world.tracker.said(other)) == 1


@case
def a_write_lost_on_its_way_is_doubtful_and_can_be_read_back(world: World) -> None:
    id_ = world.open("spetsialist1")
    world.drop("before")
    with pytest.raises(Doubtful):
        world.tracker.say(id_, DOC, ["k"], "h")
    assert world.tracker.said(id_) == ()
    world.drop("after")
    with pytest.raises(Doubtful):
        world.tracker.say(id_, DOC, ["k"], "h")
    assert [one.keys for one in world.tracker.said(id_)] == [("k",)]


@case
def a_tracker_that_is_down_is_unreachable_and_then_back(world: World) -> None:
    id_ = world.open("spetsialist1")
    world.set_down(True)
    for ask in (
        lambda: list(world.tracker.changed(None)),
        lambda: world.tracker.read([id_]),
        lambda: world.tracker.said(id_),
    ):
        with pytest.raises(Unreachable):
            ask()
    with pytest.raises((Unreachable, Doubtful)):
        world.tracker.say(id_, DOC, ["k"], "h")
    world.set_down(False)
    assert world.tracker.said(id_) == ()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("place", PLACES)
def test_contract(place: str, name: str) -> None:
    with world_at(place) as world:
        CASES[name](world)
