"""Any ticket of the small desk, for what must hold of all of them."""

from __future__ import annotations

from hypothesis import strategies as st
from small_desk import at

from bot.core.ticket import Change, Message, Ticket

MOMENTS = st.integers(at("mon 08:00") - 86400, at("2 sun 23:00"))
WHO = st.sampled_from(["ann", "bob", "cid", "robot", "~x", None])
VALUES = {
    "state": st.sampled_from(["new", "handed-on", "asking", "drifting", "solved", "closed", "unknown"]),
    "queue": st.sampled_from(["first", "it", "law", None]),
    "owner": st.sampled_from(["bob", "dan", None]),
    "delivered": st.sampled_from(["yes", None]),
    "labels": st.sampled_from(["hush", None]),
}


@st.composite
def changes(draw: st.DrawFn) -> Change:
    word = draw(st.sampled_from(sorted(VALUES)))
    who = draw(WHO)
    return Change(draw(MOMENTS), word, draw(VALUES[word]), draw(VALUES[word]), who, who == "robot")


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    """Any ticket: its history need not join up, nor begin after its creation, nor end as it stands."""
    happened = sorted(draw(st.lists(changes(), max_size=8)), key=lambda change: change.at)
    said = [
        Message(when, str(i), who, who == "robot")
        for i, (when, who) in enumerate(draw(st.lists(st.tuples(MOMENTS, WHO), max_size=4)))
    ]
    return Ticket(
        id="7",
        key="ABC-7",
        project="ABC",
        created_at=at("mon 08:00"),
        updated_ms=0,
        state=draw(VALUES["state"]),
        priority=draw(st.sampled_from(["high", "low", None])),
        owner=draw(VALUES["owner"]),
        reporter=draw(WHO),
        forwarder=draw(st.sampled_from(["ann", None])),
        category=draw(st.sampled_from(["LAW", "IT", None])),
        queue=draw(VALUES["queue"]),
        delivered_at=draw(st.sampled_from([None, at("tue 09:00")])),
        labels=frozenset(draw(st.sets(st.sampled_from(["hush", "x"])))),
        changes=tuple(happened),
        messages=tuple(sorted(said, key=lambda message: message.at)),
    )


NOWS = st.integers(at("3 mon 00:00"), at("5 mon 00:00"))
"""Nothing in a history is later than now."""
