"""A ticket lived again: in every cycle the same is wished as by a look at what was known then, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from small_desk import SECTIONS, at, book, ticket

from bot.core.judge import judge
from bot.core.past import as_of
from bot.core.replay import Grid, Met, Span, replay
from bot.core.rulebook import Rulebook
from bot.core.steps import Wishes
from bot.core.ticket import Change, Message, Ticket

HOUR, DAY = 3600, 86_400
WEEK = Span(at("mon 00:00"), at("mon 00:00") + 5 * DAY)


def wished(wishes: Wishes) -> list[tuple[object, ...]]:
    return [(step.key, step.due_at, step.to, step.say, step.urgency, step.sets) for step in wishes.steps]


def by_cycles(met: Sequence[Met], span: Span, grid: Grid) -> dict[int, tuple[object, object]]:
    """What is wished in every cycle of the span, from what changed in some."""
    found: dict[int, tuple[object, object]] = {}
    known: Met | None = None
    upcoming = list(met)
    for now in range(span.start_at, span.end_at, grid.poll_s):
        while upcoming and upcoming[0].at <= now:
            known = upcoming.pop(0)
        if known is not None:
            found[now] = (wished(known.wishes), known.wishes.on_hold)
    return found


def looked_at(seen: Ticket, rules: Rulebook, span: Span, grid: Grid) -> dict[int, tuple[object, object]]:
    """What is wished in every cycle of the span, by looking in each of them at the ticket as it was."""
    found: dict[int, tuple[object, object]] = {}
    for now in range(span.start_at, span.end_at, grid.poll_s):
        known_at = now - grid.lag_s
        then = as_of(seen, known_at, bot_until=min(known_at, now - 1))
        if then is not None:
            wishes = judge(then, rules, now)
            found[now] = (wished(wishes), wishes.on_hold)
    return found


PEOPLE = ["ann", "bob", "dan", "robot"]
VALUES: dict[str, list[str | None]] = {
    "state": ["new", "handed-on", "asking", "solved", "closed", "unknown"],
    "owner": ["dan", None],
    "queue": ["it", "law", None],
    "category": ["LAW", "IT", None],
    "labels": ["hush", None],
    "forwarder": ["ann", "bob", None],
    "delivered": ["yes", None],
}


@st.composite
def histories(draw: st.DrawFn) -> Ticket:
    """A ticket whose history joins up, told on whole half hours, so that much falls on one cycle."""
    present: dict[str, str | None] = dict.fromkeys(VALUES) | {"state": draw(st.sampled_from(["new", "handed-on"]))}
    first = dict(present)
    created_at = WEEK.start_at + draw(st.integers(-20, 60)) * 1800
    moments = sorted(draw(st.lists(st.integers(0, 200), max_size=7)))
    changes: list[Change] = []
    messages: list[Message] = []
    for i, steps in enumerate(moments):
        moment, who = created_at + steps * 1800 + draw(st.sampled_from([0, 0, 1, 700])), draw(st.sampled_from(PEOPLE))
        word = draw(st.sampled_from([*VALUES, "message"]))
        if word == "message":
            messages.append(Message(moment, str(i), who, who == "robot", draw(st.booleans())))
        else:
            value = draw(st.sampled_from(VALUES[word]))
            changes.append(Change(moment, word, present[word], value, who, who == "robot"))
            present[word] = value
    changes.sort(key=lambda change: change.at)
    last = {change.field: change.now for change in changes}
    now: dict[str, Any] = first | last
    delivered = [change.at for change in changes if change.field == "delivered" and change.now]
    return Ticket(
        id="7",
        key="ABC-7",
        project="ABC",
        created_at=created_at,
        updated_ms=0,
        state=now["state"],
        owner=now["owner"],
        reporter="ann",
        forwarder=now["forwarder"],
        category=now["category"],
        queue=now["queue"],
        labels=frozenset((now["labels"] or "").split()),
        delivered_at=delivered[-1] if now["delivered"] and delivered else None,
        changes=tuple(changes),
        messages=tuple(messages),
    )


BY_THE_BOT = ticket("mon 08:30 bob state handed-on", "mon 10:00 robot state solved", "mon 10:00 bob labels hush")
FORWARDED_LATER = ticket("mon 08:30 robot state handed-on", "tue 09:00 bob says", "thu 09:00 bob state new",
                         "thu 09:30 bob state handed-on")  # fmt: skip


PLAIN = book()
WHENS: list[dict[str, Any]] = [
    {"any": [{"bounces": {"over": 0}}, {"age": {"over": "30h clock"}}], "open": "office"},
    {"not": {"clock": {"solution": "on track"}}, "season": "midweek"},
    {
        "any": [
            {"reopenings": {"over": 0}},
            {"role": {"speaker": "somebody", "owner": "queue"}},
            {"age": {"under": "3cd"}},
        ]
    },
]
TIMED = book(
    seasons={"midweek": [{"first": "2026-11-17", "last": "2026-11-18"}]},
    ladders=[each | {"when": when} for each, when in zip(SECTIONS["ladders"], WHENS, strict=True)],
    routes=[SECTIONS["routes"][0] | {"when": WHENS[0]}, SECTIONS["routes"][1]],
)


@example(BY_THE_BOT, Grid(1800), PLAIN)
@example(FORWARDED_LATER, Grid(1800), PLAIN)
@given(
    histories(),
    st.sampled_from([Grid(1800), Grid(3600), Grid(1800, 600), Grid(2700, 5400)]),
    st.sampled_from([PLAIN, TIMED]),
)
def test_every_cycle_wishes_what_a_look_at_the_past_does(seen: Ticket, grid: Grid, rules: Rulebook) -> None:
    expected = looked_at(seen, rules, WEEK, grid)
    lived = replay(seen, rules, WEEK, grid)
    assert (lived is None) == (not expected)
    if lived is not None:
        assert by_cycles(lived.met, WEEK, grid) == expected
        assert [met.last for met in lived.met] == [False] * (len(lived.met) - 1) + [True]
        assert lived.judged <= len(expected)


def test_no_name_of_a_rule_disturbs_what_a_life_keeps() -> None:
    first, *others = SECTIONS["ladders"]
    seen = ticket("mon 08:30 bob state handed-on", category="LAW")
    grid = Grid(1800)
    for name in ("due", "changes", "rungs", "movement"):
        rules = book(ladders=[first | {"name": name}, *others])
        lived = replay(seen, rules, WEEK, grid)
        assert lived is not None
        assert by_cycles(lived.met, WEEK, grid) == looked_at(seen, rules, WEEK, grid)
