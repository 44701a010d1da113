"""The clocks of policies over a ticket's history: every word, cycles that begin anew, the laws of whole tickets."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import msgspec
import pytest
import small_desk
from hypothesis import given
from hypothesis import strategies as st

from bot.core.clock import at_risk_s, elapsed_s, is_running, paused_s
from bot.core.clocks import policy_cycles, since_cycle
from bot.core.crosscheck import problems
from bot.core.entries import Entries
from bot.core.history import turns
from bot.core.judge import judge, look, standings
from bot.core.rulebook import build
from bot.core.ticket import Change, Message, Ticket
from bot.core.view import View

T0 = int(datetime(2026, 11, 16, 8, tzinfo=UTC).timestamp())
M, H = 60, 3600
FIELDS = {"queue": "Q", "delivered": "D", "registered": "R", "customer_kind": "K"}


def state(name, standing, ball, tier=None):
    found = {"state": name, "name": {"en": name}, "status": name, "standing": standing, "ball": ball}
    return found | ({"tier": tier} if tier else {})


ENTRIES = {
    "desk": "abi",
    "language": "en",
    "projects": ["ABI"],
    "fields": FIELDS,
    "priorities": {"critical": "1", "low": "4"},
    "states": [
        state("new", "open", "tier 1", 1),
        state("at 2", "open", "tier 2", 2),
        state("work", "open", "tier 2", 2),
        state("asked", "open", "customer", 2),
        state("solved", "solved", "tier 1"),
        state("closed", "closed", "nobody"),
    ],
    "calendars": {"round": {"timezone": "UTC", "hours": "24x7"}},
    "people": [{"person": "mari", "account": "mari"}],
    "roles": {"coordinator": "mari", "lead": "mari"},
    "queues": [{"queue": name, "tier": 2, "name": {"en": name}} for name in ("permits", "fees")],
    "manners": {"calendar": "round"},
}


LADDER = {
    "name": "l",
    "why": "What is promised is asked after.",
    "when": {"standing": ["open", "solved"]},
    "clock": "p",
    "rungs": [
        {"rung": "half", "share": "50%", "say": "x", "to": "lead"},
        {"rung": "late", "past_due": "1h", "say": "x", "to": "lead", "every": "1h", "times": 3},
    ],
}


def book(*ladders, **policy):
    given = {"name": "p", "why": "A promise to be kept.", "starts": "created", "stops": "closed"} | policy
    entries = Entries.model_validate(
        ENTRIES | {"policies": [{"targets": [{"within": "4h"}]} | given], "ladders": list(ladders)}
    )
    assert problems(entries, None, lambda code: False) == []
    nothing = frozenset()
    return build(entries, site="s", version="v", holidays=lambda c, y: nothing, shortened=lambda y: nothing)


def ticket(*told, **given):
    """A ticket from (seconds, field, value, who): `message` and `thanks` are comments by `who`."""
    values = {"state": "new", "queue": None, "delivered": None, "labels": None} | given.pop("fields", {})
    changes, messages = [], []
    for after, word, value, *who in told:
        person = who[0] if who else "jaan"
        if word in ("message", "thanks"):
            messages.append(Message(T0 + after, str(len(messages)), person, person == "bot", word == "thanks"))
        else:
            changes.append(Change(T0 + after, word, values.get(word), value, person, person == "bot"))
            values[word] = value
    whole = {
        "state": values["state"],
        "queue": values["queue"],
        "owner": values.get("owner"),
        "labels": frozenset((values["labels"] or "").split()),
        "delivered_at": T0 if values["delivered"] else None,
        "fields": {word: values[word] for word in ("registered", "customer_kind") if values.get(word)},
        "reporter": "mari",
        "changes": tuple(changes),
        "messages": tuple(messages),
    }
    return Ticket("1", "ABI-1", "ABI", T0, 0, **(whole | given))


def clocks(one, rules):
    view = View(one, turns(one, rules), rules, T0 + 100 * H)
    return policy_cycles(rules.entries.policies[0], view)


def shown(found):
    return [
        (
            cycle.started_at - T0,
            None if cycle.stopped_at is None else cycle.stopped_at - T0,
            [(since - T0, None if until is None else until - T0) for since, until in cycle.segments],
        )
        for cycle in found
    ]


TO_2, WORK, ASKED = (10, "state", "at 2", "mari"), (20, "state", "work"), (30, "state", "asked")
SOLVED, BACK, CLOSED = (40, "state", "solved"), (50, "state", "work"), (60, "state", "closed")


@pytest.mark.parametrize(
    ("policy", "told", "expected"),
    [
        # What starts a clock
        ({}, [], [(0, None, [(0, None)])]),
        ({"starts": "enters tier 2"}, [TO_2], [(10, None, [(10, None)])]),
        ({"starts": "enters queue fees"}, [(5, "queue", "permits"), (9, "queue", "fees")], [(9, None, [(9, None)])]),
        ({"starts": "solved"}, [TO_2, SOLVED, CLOSED], [(40, 60, [(40, 60)])]),
        ({"starts": "reopened"}, [TO_2, SOLVED, BACK], [(50, None, [(50, None)])]),
        ({"starts": "sets registered"}, [(7, "registered", "2026-11-16")], [(7, None, [(7, None)])]),
        ({"starts": "sets registered"}, [(7, "customer_kind", "company")], []),
        ({"starts": "taken"}, [TO_2, WORK, ASKED], [(20, None, [(20, None)])]),
        # What pauses it
        ({"pauses": "ball is customer"}, [TO_2, ASKED, BACK], [(0, None, [(0, 30), (50, None)])]),
        ({"pauses": "state is work"}, [TO_2, WORK, ASKED], [(0, None, [(0, 20), (30, None)])]),
        ({"pauses": "queue is fees"}, [(5, "queue", "fees"), (9, "queue", None)], [(0, None, [(0, 5), (9, None)])]),
        (
            {"pauses": "label is ootel"},
            [(5, "labels", "kiire ootel"), (7, "labels", "ootel"), (9, "labels", "kiire")],
            [(0, None, [(0, 5), (9, None)])],
        ),
        ({"pauses": "label is ootel"}, [(5, "labels", "ootele")], [(0, None, [(0, None)])]),
        # What stops it
        ({"stops": "answered"}, [(5, "message", "", "jaan")], [(0, 5, [(0, 5)])]),
        ({"stops": "answered"}, [(5, "message", "", "mari")], [(0, None, [(0, None)])]),
        ({"stops": "answered"}, [(5, "message", "", "bot")], [(0, None, [(0, None)])]),
        ({"stops": "answered"}, [(5, "thanks", "", "jaan"), (6, "message", "", "jaan")], [(0, 6, [(0, 6)])]),
        ({"stops": "leaves tier 2"}, [TO_2, (30, "state", "new")], [(0, 30, [(0, 30)])]),
        ({"stops": "solved"}, [TO_2, SOLVED], [(0, 40, [(0, 40)])]),
        ({"stops": ["delivered", "closed"]}, [SOLVED, (45, "delivered", "yes"), CLOSED], [(0, 45, [(0, 45)])]),
        ({"stops": "closed"}, [SOLVED, CLOSED], [(0, 60, [(0, 60)])]),
        ({"stops": "taken"}, [TO_2], [(0, None, [(0, None)])]),
        ({"stops": "taken"}, [TO_2, (15, "owner", "jaan")], [(0, 15, [(0, 15)])]),
        ({"stops": "taken"}, [TO_2, (15, "owner", "jaan", "bot")], [(0, None, [(0, None)])]),
        ({"stops": "taken"}, [TO_2, (15, "owner", None)], [(0, None, [(0, None)])]),
        ({"stops": "taken"}, [(5, "owner", "jaan"), TO_2], [(0, None, [(0, None)])]),  # tier 1's doing
        ({"stops": "taken"}, [TO_2, (15, "message", "")], [(0, 15, [(0, 15)])]),
        ({"stops": "taken"}, [TO_2, (15, "thanks", "")], [(0, None, [(0, None)])]),
        ({"stops": "taken"}, [TO_2, (15, "state", "work", "mari")], [(0, None, [(0, None)])]),
        ({"stops": "taken"}, [TO_2, (15, "state", "solved")], [(0, None, [(0, None)])]),
        # A start changes nothing while the clock runs, and begins a new cycle once it has stopped
        (
            {"starts": "enters tier 2", "stops": "solved"},
            [TO_2, (20, "state", "new"), (30, "state", "at 2"), SOLVED, BACK],
            [(10, 40, [(10, 40)]), (50, None, [(50, None)])],
        ),
        # Beginning anew ends the cycle, running, paused or stopped as it was, but is nothing before the first start
        ({"stops": "solved", "restarts": "reopened"}, [SOLVED, BACK], [(0, 40, [(0, 40)]), (50, None, [(50, None)])]),
        ({"restarts": "sets queue"}, [(5, "queue", "fees")], [(0, 5, [(0, 5)]), (5, None, [(5, None)])]),
        (
            {"restarts": "sets queue", "pauses": "ball is customer"},
            [TO_2, ASKED, (35, "queue", "fees"), BACK],
            [(0, 35, [(0, 30)]), (35, None, [(35, 35), (50, None)])],
        ),
        ({"starts": "enters tier 2", "restarts": "sets queue"}, [(5, "queue", "fees")], []),
    ],
)
def test_clocks_of_a_ticket(policy, told, expected):
    assert shown(clocks(ticket(*told), book(**policy))) == expected


@pytest.mark.parametrize(
    ("given", "target_s"),
    [
        ({}, 4 * H),
        ({"fields": {"customer_kind": "company"}}, 2 * H),
        ({"fields": {"customer_kind": "person"}}, 4 * H),
        ({"priority": "critical"}, H),
    ],
)
def test_a_target_by_customer_kind_or_priority(given, target_s):
    targets = [
        {"when": {"priority": "critical"}, "within": "1h"},
        {"when": {"customer_kind": ["company", "office"]}, "within": "2h"},
        {"within": "4h"},
    ]
    [cycle] = clocks(ticket(**given), book(targets=targets))
    assert cycle.target_s == target_s


@pytest.mark.parametrize(("written", "seconds"), [("75%", H), ("100%", 0), ("1h", H), ("30m", 30 * M), ("5h", 5 * H)])
def test_at_risk_by_a_share_or_an_amount(written, seconds):
    rules = book(at_risk=written)
    [cycle] = clocks(ticket(), rules)
    assert at_risk_s(rules.entries.policies[0].at_risk, cycle) == seconds


def test_a_ticket_is_looked_at_again_when_its_clock_stands_otherwise():
    rules, one = book(at_risk="1h"), ticket()
    looks = []
    at = T0
    for _ in range(3):
        wishes = judge(one, rules, at)
        looks.append((wishes.look_again_at, wishes.because, standings(look(one, rules, at))["p"]))
        at = wishes.look_again_at or at
    otherwise = "the clock of 'p' stands otherwise then"
    assert looks[0] == (T0 + 3 * H, otherwise, "on track")
    assert looks[1] == (T0 + 4 * H + 1, otherwise, "at risk")
    assert looks[2] == (None, "never, because the ticket is open and no clock runs towards a rung", "breached")


# The laws of whole tickets

POLICIES = [
    book(
        starts="enters tier 2", pauses=["ball is customer", "label is ootel"], stops="solved", restarts="sets queue"
    ),
    book(LADDER, starts="taken", stops=["leaves tier 2"], restarts="reopened"),
    book(LADDER, starts="sets queue", pauses="state is asked", stops=["answered", "delivered"]),
    book(LADDER, starts="solved", pauses="queue is fees", stops=["delivered", "closed", "reopened"]),
]
HAPPENINGS = st.one_of(
    st.tuples(st.just("state"), st.sampled_from(["new", "at 2", "work", "asked", "solved", "closed"])),
    st.tuples(st.just("queue"), st.sampled_from(["permits", "fees", None])),
    st.tuples(st.just("labels"), st.sampled_from(["ootel", "kiire ootel", None])),
    st.tuples(st.just("owner"), st.sampled_from(["jaan", None])),
    st.tuples(st.just("delivered"), st.sampled_from(["yes", None])),
    st.tuples(st.sampled_from(["message", "thanks"]), st.just("")),
)
STORIES = st.lists(
    st.tuples(st.integers(0, 2), HAPPENINGS, st.sampled_from(["jaan", "mari", "bot"])).map(
        lambda told: (told[0], *told[1], told[2])
    ),
    max_size=12,
)


def placed(story):
    at = itertools.accumulate(after for after, *_ in story)
    return [(moment * M, *rest) for moment, (_, *rest) in zip(at, story, strict=True)]


@given(story=STORIES, rules=st.sampled_from(POLICIES), order=st.randoms(use_true_random=False))
def test_the_order_of_other_fields_within_a_second_does_not_matter(story, rules, order):
    one = ticket(*((after // (5 * M), *rest) for after, *rest in placed(story)))
    shuffled = []
    for _, group in itertools.groupby(one.changes, key=lambda change: change.at):
        by_field: dict[str, list[Change]] = {}
        for change in group:
            by_field.setdefault(change.field, []).append(change)
        fields = [field for field, changes in by_field.items() for _ in changes]
        order.shuffle(fields)
        shuffled += [by_field[field].pop(0) for field in fields]
    other = msgspec.structs.replace(one, changes=tuple(shuffled))
    assert clocks(other, rules) == clocks(one, rules)


@given(story=STORIES, rules=st.sampled_from(POLICIES), cut=st.integers(0, 25))
def test_what_is_known_by_a_moment_makes_the_same_clocks_up_to_it(story, rules, cut):
    told, at = placed(story), cut * M
    known = ticket(*(one for one in told if one[0] <= at))

    def until(found):
        return [
            (
                cycle.started_at,
                cycle.stopped_at if cycle.stopped_at is not None and cycle.stopped_at <= T0 + at else None,
                [
                    (since, to if to is not None and to <= T0 + at else None)
                    for since, to in cycle.segments
                    if since <= T0 + at
                ],
            )
            for cycle in found
            if cycle.started_at <= T0 + at
        ]

    assert until(clocks(known, rules)) == until(clocks(ticket(*told), rules))


@given(story=STORIES, rules=st.sampled_from(POLICIES), priority=st.sampled_from(["critical", "low", None]))
def test_another_priority_changes_nothing_but_the_target(story, rules, priority):
    policy = rules.entries.policies[0].model_dump(exclude={"targets", "at_risk"})
    both = book(**policy, targets=[{"when": {"priority": "critical"}, "within": "1h"}, {"within": "4h"}])
    one = ticket(*placed(story))
    other = msgspec.structs.replace(one, priority=priority)
    assert shown(clocks(other, both)) == shown(clocks(one, both))


@given(story=STORIES, rules=st.sampled_from(POLICIES), after=st.integers(0, 300))
def test_nothing_changes_before_the_ticket_is_looked_at_again(story, rules, after):
    told = placed(story)
    one, now = ticket(*told), T0 + (told[-1][0] if told else 0) + after * M
    first = judge(one, rules, now)
    last = now + 9 * H if first.look_again_at is None else first.look_again_at - 1
    assert last >= now
    for at in (now, (now + last) // 2, last):
        assert [step.key for step in judge(one, rules, at).steps] == [step.key for step in first.steps]
        assert standings(look(one, rules, at)) == standings(look(one, rules, now))


@given(story=STORIES, rules=st.sampled_from(POLICIES))
def test_elapsed_and_paused_make_up_the_time_from_start_to_stop(story, rules):
    now = T0 + 100 * H
    for cycle in clocks(ticket(*placed(story)), rules):
        end = now if cycle.stopped_at is None else cycle.stopped_at
        assert elapsed_s(cycle, now) + paused_s(cycle, now) == end - cycle.started_at
        assert min(elapsed_s(cycle, now), paused_s(cycle, now)) >= 0
        assert cycle.stopped_at is None or not is_running(cycle)


BURST = "first added after taken"


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        (["mon 10:00 ann says"], None),  # nobody of tier 2 has looked at it yet
        (["mon 10:00 bob owner bob"], None),
        (["mon 10:00 bob owner bob", "mon 11:00 ann says"], "mon 11:00"),
        (["mon 10:00 bob owner bob", "mon 11:00 ann says", "mon 12:00 ann says"], "mon 11:00"),
        (["mon 10:00 bob owner bob", "mon 11:00 ann says", "mon 12:00 bob says"], None),
        (["mon 10:00 bob owner bob", "mon 11:00 ann says", "mon 12:00 bob says", "mon 13:00 ann says"], "mon 13:00"),
    ],
)
def test_a_clock_counts_from_the_first_of_a_burst(acts: list[str], expected: str | None) -> None:
    found = since_cycle(BURST, small_desk.view(small_desk.ticket("mon 09:00 ann state handed-on", *acts)))
    assert (found and found.started_at) == (expected and small_desk.at(expected))
