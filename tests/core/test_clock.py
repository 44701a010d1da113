from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.core.calendar import build_calendar
from bot.core.clock import (
    Tick,
    cycles,
    due_at,
    elapsed_of,
    elapsed_s,
    is_paused,
    is_running,
    next_change,
    paused_s,
    reached_at,
    standing,
    standings_of,
)

H = 3600
T0 = int(datetime(2026, 11, 16, 8, tzinfo=UTC).timestamp())  # a Monday, as the office opens


def made(hours):
    none: frozenset[date] = frozenset()
    return build_calendar(
        "kontor",
        timezone="UTC",
        hours=hours,
        day_s=None,
        closed=lambda year: none,
        shortened=lambda year: none,
        exceptions={},
    )


ROUND = made("24x7")
OFFICE = made({"mon-fri": "08:00-12:00, 13:00-17:00"})


def ticks(text: str) -> list[Tick]:
    """Ticks from `start 0, pause 10`: acts and seconds after `T0`."""
    words = [tick.split() for tick in text.split(", ")] if text else []
    return [Tick(T0 + int(at), act) for act, at in words]


def run(text: str, calendar=ROUND, target_s=None):
    return cycles("solve", ticks(text), calendar, target_s)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("stop 1, resume 2, reset 3", []),
        ("start 0", [(0, None, [(0, None)])]),
        ("start 0, start 5", [(0, None, [(0, None)])]),
        ("start 0, pause 5, start 7", [(0, None, [(0, 5)])]),
        ("start 0, pause 5, pause 6, resume 8, resume 9", [(0, None, [(0, 5), (8, None)])]),
        ("start 0, pause 5, stop 9, stop 12, pause 13", [(0, 9, [(0, 5)])]),
        ("start 0, stop 9, start 20", [(0, 9, [(0, 9)]), (20, None, [(20, None)])]),
        ("start 0, stop 9, resume 20, stop 25", [(0, 25, [(0, 9), (20, 25)])]),
        ("start 0, stop 9, start 20, stop 30, resume 40", [(0, 9, [(0, 9)]), (20, None, [(20, 30), (40, None)])]),
        ("start 0, pause 5, resume 7, reset 8", [(8, None, [(8, None)])]),
        ("start 0, pause 5, reset 8, resume 10", [(8, None, [(10, None)])]),
        ("start 0, stop 9, reset 20", [(9, 9, [])]),
        ("start 0, stop 9, reset 20, resume 30", [(9, None, [(30, None)])]),
        ("pause 3, start 5, resume 7", [(3, None, [(7, None)])]),
        ("stop 9, pause 5, start 0", [(0, 9, [(0, 5)])]),  # whatever order they come in
        ("start 0, pause 0, resume 4, stop 4", [(0, 4, [(0, 0), (4, 4)])]),
        ("start 0, stop 4, start 4", [(0, 4, [(0, 4)]), (4, None, [(4, None)])]),
        ("start 0, start 4, stop 4", [(0, 4, [(0, 4)])]),  # of one moment in the order given
    ],
)
def test_what_the_ticks_make(text, expected):
    found = [
        (
            cycle.started_at - T0,
            None if cycle.stopped_at is None else cycle.stopped_at - T0,
            [(since - T0, until if until is None else until - T0) for since, until in cycle.segments],
        )
        for cycle in run(text)
    ]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "runs", "paused"),
    [
        ("start 0", True, False),
        ("start 0, pause 5", False, True),
        ("pause 5", False, True),
        ("start 0, pause 5, resume 9", True, False),
        ("start 0, stop 5", False, False),
        ("start 0, stop 5, resume 9", True, False),
        ("start 0, stop 5, reset 9", False, False),
    ],
)
def test_running_and_paused(text, runs, paused):
    cycle = run(text)[-1]
    assert (is_running(cycle), is_paused(cycle)) == (runs, paused)


@pytest.mark.parametrize(
    ("text", "now", "elapsed", "paused"),
    [
        ("start 0", 3 * H, 3 * H, 0),
        ("start 0", 5 * H, 4 * H, 0),  # over lunch
        ("start 0", 24 * H, 8 * H, 0),
        ("start 3600", 0, 0, 0),  # another machine's clock is ahead of ours
        (f"start 0, pause {H}", 24 * H, H, 7 * H),
        (f"start 0, pause {H}, resume {24 * H}", 25 * H, 2 * H, 7 * H),
        (f"start 0, pause {H}, resume {24 * H}", 3 * H, H, 7 * H),
        (f"start 0, pause {H}, stop {2 * H}", 24 * H, H, H),
        (f"start 0, stop {H}, resume {2 * H}", 3 * H, 2 * H, H),
        (f"start 0, pause {H}, reset {2 * H}", 3 * H, 0, H),
        (f"start 0, stop {H}, reset {2 * H}", 3 * H, 0, 0),
    ],
)
def test_elapsed_and_paused(text, now, elapsed, paused):
    cycle = run(text, OFFICE)[-1]
    assert (elapsed_s(cycle, T0 + now), paused_s(cycle, T0 + now)) == (elapsed, paused)


@pytest.mark.parametrize(
    ("text", "amount_s", "expected"),
    [
        ("start 0", 4 * H, 4 * H),  # as lunch begins, not as it ends
        ("start 0", 4 * H + 1, 5 * H + 1),
        ("start 0", 9 * H, 25 * H),
        (f"start 0, pause {H}", 2 * H, None),
        (f"start 0, pause {H}", H, H),
        (f"start 0, stop {H}", H - 1, H - 1),
        (f"start 0, stop {H}", H + 1, None),
        (f"start 0, pause {H}, resume {3 * H}", 2 * H, 4 * H),
        (f"start 0, pause {H}, resume {3 * H}", H, H),
        (f"start 0, pause {H}, resume {2 * H}, reset {3 * H}", H, 4 * H),
        ("start 0", 0, 0),
        ("pause 0", 1, None),
    ],
)
def test_reached_and_due(text, amount_s, expected):
    cycle = run(text, OFFICE, target_s=amount_s)[-1]
    moment = None if expected is None else T0 + expected
    assert reached_at(cycle, amount_s, T0 + 30 * H) == moment
    assert due_at(cycle, T0 + 30 * H) == moment


def test_a_clock_without_a_target_is_never_due():
    assert due_at(run("start 0")[-1], T0 + H) is None


@pytest.mark.parametrize(
    ("text", "target_s", "now", "expected"),
    [
        ("start 0", 100, 0, "on track"),
        ("start 0", 100, 74, "on track"),
        ("start 0", 100, 75, "at risk"),
        ("start 0", 100, 100, "at risk"),  # the due moment is still in time
        ("start 0", 100, 101, "breached"),
        ("start 0, pause 80", 100, 500, "paused"),
        ("start 0, pause 101", 100, 500, "breached"),
        ("start 0, stop 100", 100, 500, "met"),
        ("start 0, stop 101", 100, 500, "missed"),
        ("start 0, pause 90, stop 300", 100, 500, "met"),
        ("start 0, stop 90, resume 200", 100, 209, "at risk"),
        ("start 0, stop 90, resume 200", 100, 211, "breached"),
        ("start 0", None, 10**9, "on track"),
        ("start 0, pause 1", None, 10**9, "paused"),
        ("start 0, stop 1", None, 10**9, "met"),
    ],
)
def test_standing(text, target_s, now, expected):
    assert standing(run(text, target_s=target_s)[-1], T0 + now, at_risk_s=25) == expected


@pytest.mark.parametrize(
    ("text", "target_s", "now", "expected"),
    [
        ("start 0", 100, 0, 75),
        ("start 0", 100, 74, 75),
        ("start 0", 100, 75, 101),  # at risk until the first second beyond the target
        ("start 0", 100, 100, 101),
        ("start 0", 100, 101, None),
        ("start 0", 20, 0, 21),  # at risk from the beginning
        ("start 50", 100, 0, 125),  # another machine's clock is ahead of ours
        ("start 0, pause 80", 100, 90, None),
        ("start 0, pause 10, resume 50", 100, 50, 115),
        ("start 0, stop 10", 100, 50, None),
        ("start 0", None, 50, None),
    ],
)
def test_the_next_change_of_standing(text, target_s, now, expected):
    found = next_change(run(text, target_s=target_s)[-1], T0 + now, at_risk_s=25)
    assert found == (None if expected is None else T0 + expected)


# The oracle of the shared material, and its cases.


def seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def answered(case, calendar_of):
    """What our clock answers to a case, in the oracle's words."""
    calendar, target_s = calendar_of(case["calendar"]), case["target_s"]
    for event in case["events"]:
        target_s = event.get("target_s", target_s)
        calendar = calendar_of(event["calendar"]) if "calendar" in event else calendar
    now = seconds(case.get("now") or case["events"][-1]["at"])
    acts = [event for event in case["events"] if event["do"] not in ("target", "calendar")]
    found = cycles("case", (Tick(seconds(act["at"]), act["do"]) for act in acts), calendar, target_s)
    if not found:
        return {"state": "idle", "elapsed_s": 0, "remaining_s": target_s, "breached": False, "due": None}
    cycle = found[-1]
    elapsed = elapsed_s(cycle, now)
    return {
        "state": "running" if is_running(cycle) else "paused" if is_paused(cycle) else "stopped",
        "elapsed_s": elapsed,
        "remaining_s": target_s - elapsed,
        "breached": standing(cycle, now, 0) in ("breached", "missed"),
        "due": due_at(cycle, now),
    }


@pytest.mark.shared
def test_every_shared_case(sla_cases, calendar_of):
    asked = [case for case in sla_cases if case["op"] == "clock"]
    assert len(asked) > 100
    wrong = []
    for case in asked:
        expected = dict(case["expected"])
        expected["due"] = expected["due"] and seconds(expected["due"])
        got = answered(case, calendar_of)
        if expected != {word: got[word] for word in expected}:
            wrong.append(case["id"])
    assert wrong == []


ACTS = st.sampled_from(["start", "pause", "resume", "stop", "reset"])
HISTORIES = st.lists(st.tuples(st.integers(0, 5 * H), ACTS), max_size=9)


def placed(steps) -> list[Tick]:
    """Ticks from (seconds since the one before, act)."""
    found, at = [], T0
    for after_s, act in steps:
        at += after_s
        found.append(Tick(at, act))
    return found


@pytest.mark.shared
@settings(deadline=None, max_examples=60)
@given(steps=HISTORIES.filter(bool), target_s=st.integers(1, 12 * H), after_s=st.integers(0, 5 * H))
def test_as_the_oracle_says(steps, target_s, after_s, oracle, calendar_of):
    history = placed(steps)
    case = {
        "calendar": {
            "tz": "UTC",
            "weekly": {"mon": [["08:00", "12:00"], ["13:00", "24:00"]], "tue": [["00:00", "24:00"]]},
        },
        "target_s": target_s,
        "events": [{"at": oracle.show(tick.at), "do": tick.act} for tick in history],
        "now": oracle.show(history[-1].at + after_s),
    }
    assert answered(case, calendar_of) == oracle.clock(case)


# Laws of clocks, whatever happened to the ticket.

laws = settings(deadline=None)


@laws
@given(steps=HISTORIES, after_s=st.integers(0, 100 * H))
def test_elapsed_and_paused_make_up_the_working_time(steps, after_s):
    history = placed(steps)
    now = (history[-1].at if history else T0) + after_s
    for cycle in cycles("solve", history, OFFICE, None):
        end = now if cycle.stopped_at is None else cycle.stopped_at
        elapsed, paused = elapsed_s(cycle, now), paused_s(cycle, now)
        assert min(elapsed, paused) >= 0
        assert elapsed + paused == OFFICE.between(cycle.started_at, end)


@laws
@given(steps=HISTORIES, target_s=st.integers(1, 50 * H))
def test_the_due_moment_is_when_the_target_is_used_up(steps, target_s):
    for cycle in cycles("solve", placed(steps), OFFICE, target_s):
        due = due_at(cycle, T0)
        if due is None:
            assert not is_running(cycle)
            assert elapsed_s(cycle, T0) < target_s
        elif is_running(cycle) and due > cycle.segments[-1][0]:
            assert (elapsed_s(cycle, due - 1), elapsed_s(cycle, due)) == (target_s - 1, target_s)


@laws
@given(steps=HISTORIES, inside=st.tuples(st.integers(1, 98), st.integers(1, 98)), target_s=st.integers(1, 60 * H))
def test_a_pause_never_makes_a_due_moment_earlier(steps, inside, target_s):
    history = [Tick(T0, "start"), *placed(steps)]
    *_, whole = cycles("solve", history, OFFICE, target_s)
    longest = max(((until or T0 + 99 * H) - since, since) for since, until in [*whole.segments, (T0, T0)])
    assume(longest[0] >= 99)
    first, second = (longest[1] + longest[0] * share // 99 for share in sorted(inside))
    *_, broken = cycles("solve", [*history, Tick(first, "pause"), Tick(second, "resume")], OFFICE, target_s)
    before, after = due_at(whole, T0), due_at(broken, T0)
    assert after is None or (before is not None and after >= before)


@laws
@given(
    steps=HISTORIES, targets=st.tuples(st.integers(1, 50 * H), st.integers(1, 50 * H)), after_s=st.integers(0, 9 * H)
)
def test_another_target_keeps_what_has_run_and_what_was_paused(steps, targets, after_s):
    now = T0 + after_s
    one, other = (cycles("solve", placed(steps), OFFICE, target_s) for target_s in targets)
    assert [(cycle.started_at, cycle.stopped_at, cycle.segments) for cycle in one] == [
        (cycle.started_at, cycle.stopped_at, cycle.segments) for cycle in other
    ]
    assert [(elapsed_s(c, now), paused_s(c, now)) for c in one] == [
        (elapsed_s(c, now), paused_s(c, now)) for c in other
    ]


@laws
@given(
    many=st.lists(st.tuples(HISTORIES, st.integers(1, 20 * H), st.integers(0, 9 * H))),
    after_s=st.integers(-H, 99 * H),
)
def test_many_clocks_at_once_are_as_one_by_one(many, after_s):
    now = T0 + after_s
    clocks, risks = [], []
    for number, (steps, target_s, at_risk_s) in enumerate(many):
        for cycle in cycles(
            "solve", placed(steps), OFFICE if number % 2 else ROUND, target_s if number % 3 else None
        ):
            clocks.append(cycle)
            risks.append(at_risk_s)
    elapsed = elapsed_of(clocks, now)
    assert elapsed == [elapsed_s(cycle, now) for cycle in clocks]
    assert elapsed == [
        sum(c.calendar.between(since, max(since, now) if until is None else until) for since, until in c.segments)
        for c in clocks
    ]
    expected = [standing(cycle, now, risk_s) for cycle, risk_s in zip(clocks, risks, strict=True)]
    assert standings_of(clocks, elapsed, risks) == expected


@laws
@given(
    steps=HISTORIES, target_s=st.integers(1, 20 * H), at_risk_s=st.integers(0, 9 * H), after_s=st.integers(0, 30 * H)
)
@example(steps=[(0, "start"), (1, "pause"), (0, "resume")], target_s=1, at_risk_s=0, after_s=0)
def test_the_standing_stays_until_its_next_change(steps, target_s, at_risk_s, after_s):
    for cycle in cycles("solve", placed(steps), OFFICE, target_s):
        now = T0 + after_s
        changes = next_change(cycle, now, at_risk_s)
        stands = standing(cycle, now, at_risk_s)
        last = now + 400 * H if changes is None else changes - 1
        assert {standing(cycle, at, at_risk_s) for at in (now, (now + last) // 2, last)} == {stands}
        if changes is not None:
            assert changes > now
            assert standing(cycle, changes, at_risk_s) != stands


@laws
@given(steps=HISTORIES, cut_s=st.integers(0, 30 * H), target_s=st.integers(1, 50 * H))
def test_a_clock_in_pieces_equals_the_whole(steps, cut_s, target_s):
    history = placed(steps)
    now = max([T0 + 60 * H, *(tick.at for tick in history)])
    running = any(
        is_running(cycle) for cycle in cycles("solve", [t for t in history if t.at <= T0 + cut_s], OFFICE, None)
    )
    cut = [Tick(T0 + cut_s, "pause"), Tick(T0 + cut_s, "resume")] if running else []
    whole, pieces = (cycles("solve", t, OFFICE, target_s) for t in (history, [*history, *cut]))

    def answers(cycle):
        return (
            cycle.started_at,
            elapsed_s(cycle, now),
            paused_s(cycle, now),
            due_at(cycle, now),
            standing(cycle, now, H),
        )

    assert list(map(answers, pieces)) == list(map(answers, whole))
