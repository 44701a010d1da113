"""A ticket at an earlier moment: nothing of what came later is known, and its turns are the first of its turns."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_desk import book

from bot.core.history import turns
from bot.core.past import as_of
from bot.core.ticket import Change, Message, Ticket

DAY = 86_400


def ticket(changes: Sequence[Change] = (), messages: Sequence[Message] = (), **present: object) -> Ticket:
    return Ticket(
        id="1",
        key="KKA-1",
        project="KKA",
        created_at=100,
        updated_ms=900_000,
        **{"state": "new", **present},  # type: ignore[arg-type]
        changes=tuple(changes),
        messages=tuple(messages),
    )


MOVED = ticket(
    [
        Change(200, "state", "new", "handed-on"),
        Change(200, "owner", None, "jaan", "jaan"),
        Change(300, "labels", None, "kiire kordus"),
        Change(400, "due", "2026-11-16", "2026-11-20"),
        Change(500, "registered", None, "2026-11-16"),
        Change(500, "delivered", None, "yes"),
        Change(600, "delivered", "yes", None),
        Change(700, "delivered", None, "yes"),
        Change(700, "queue", None, "it", None, bot=True),
        Change(800, "state", "handed-on", "solved"),
    ],
    [Message(250, "1", "jaan"), Message(700, "2", None, bot=True), Message(750, "3", "jaan")],
    state="solved",
    owner="jaan",
    queue="it",
    labels=frozenset(("kiire", "kordus")),
    due_at=20_777 * DAY,
    delivered_at=700,
    fields={"registered": "2026-11-16", "permit": "KL-1"},
    priority="high",
)
FIRST_DUE = 20_773 * DAY

CASES = [
    (200, {"state": "handed-on", "owner": "jaan", "priority": "high", "updated_ms": 200_000}),
    (199, {"state": "new", "owner": None, "queue": None, "labels": frozenset(), "messages": (), "changes": ()}),
    (199, {"due_at": FIRST_DUE, "fields": {"permit": "KL-1"}, "delivered_at": None, "updated_ms": 100_000}),
    (250, {"messages": MOVED.messages[:1], "updated_ms": 250_000}),
    (300, {"labels": frozenset(("kiire", "kordus"))}),
    (400, {"due_at": 20_777 * DAY}),
    (500, {"fields": {"registered": "2026-11-16", "permit": "KL-1"}, "delivered_at": 500}),
    (600, {"delivered_at": None}),
    (700, {"delivered_at": 700, "queue": "it", "messages": MOVED.messages[:2]}),
    (760, {"messages": MOVED.messages, "state": "handed-on"}),
]


@pytest.mark.parametrize(("at", "facts"), CASES)
def test_what_stood_then(at: int, facts: dict[str, object]) -> None:
    then = as_of(MOVED, at)
    assert then is not None
    assert {word: getattr(then, word) for word in facts} == facts


def test_before_it_was_created_there_is_none_and_afterwards_it_is_as_it_is() -> None:
    assert as_of(MOVED, 99) is None
    assert as_of(MOVED, 800) is MOVED


def test_what_the_bot_does_in_a_cycle_is_not_known_to_it_before() -> None:
    then = as_of(MOVED, 700, bot_until=699)
    assert then is not None
    assert (then.queue, then.delivered_at, then.messages) == (None, 700, MOVED.messages[:1])


VALUES = {
    "state": ["new", "handed-on", "solved", "unknown"],
    "owner": ["jaan", None],
    "queue": ["it", None],
    "labels": ["a", "a b", None],
    "delivered": ["yes", None],
}


@st.composite
def histories(draw: st.DrawFn) -> Ticket:
    """Tickets whose history need not join up, with several things in one second."""
    present = {word: draw(st.sampled_from(values)) for word, values in VALUES.items()}
    changes = []
    for at in sorted(draw(st.lists(st.integers(100, 110), max_size=8))):
        word = draw(st.sampled_from(list(VALUES)))
        was, now = draw(st.sampled_from(VALUES[word])), draw(st.sampled_from(VALUES[word]))
        changes.append(Change(at, word, was, now, draw(st.sampled_from(["jaan", "mari", None])), draw(st.booleans())))
    said = sorted(draw(st.lists(st.integers(95, 112), max_size=3)))
    return ticket(
        changes,
        [Message(at, str(i), "mari") for i, at in enumerate(said)],
        state=present["state"],
        owner=present["owner"],
        queue=present["queue"],
        labels=frozenset((present["labels"] or "").split()),
        delivered_at=105 if present["delivered"] else None,
    )


@given(histories(), st.integers(100, 112))
def test_its_turns_are_the_first_of_its_turns(whole: Ticket, at: int) -> None:
    then = as_of(whole, at)
    assert then is not None
    found = [turn._replace(asker=False) for turn in turns(then, book())]
    expected = [turn._replace(asker=False) for turn in turns(whole, book()) if turn.at <= at]
    assert found == expected
