"""The sums of a backtest are those of its outcomes, counted one by one."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_outcomes import clock, outcome, outcomes, step
from small_desk import at, book

from bot.backtest.tally import TROUBLES, Tally
from bot.core.outcome import HeldOutcome, Outcome
from bot.core.replay import Span

SPAN = Span(at("mon 00:00"), at("2 mon 00:00"))


def tally(*found: Outcome) -> Tally:
    counted = Tally(book(), SPAN)
    for one in found:
        counted.add(one)
    return counted


@given(st.lists(outcomes(), max_size=6))
def test_sums_are_those_of_all_outcomes_together(found: list[Outcome]) -> None:
    counted = tally(*found)
    day = book().calendar.day_of
    spoken = [(one, step) for one in found for step in one.steps if step.action in ("say", "observe")]
    assert (counted.tickets, counted.in_trouble) == (len(found), sum(one.trouble is not None for one in found))
    assert counted.steps == Counter((s.rule, s.rung, s.action) for one in found for s in one.steps)
    assert sum(counted.held.values()) == sum(len({h.by for h in s.held}) for one in found for s in one.steps)
    assert counted.days == Counter((s.action, day(s.at), s.rule) for _, s in spoken)
    assert counted.queues == Counter((s.action, s.queue) for _, s in spoken)
    for voice in ("say", "observe"):
        comments = {(place, s.at) for place, one in enumerate(found) for s in one.steps if s.action == voice}
        assert counted.messages[voice] == len(comments)
        told = {
            (place, s.at, who)
            for place, one in enumerate(found)
            for s in one.steps
            if s.action == voice
            for who in s.to
        }
        assert sum(counted.people(voice).values()) == len(told) == sum(d.messages for d in counted.noise(voice))
        assert counted.addressed(voice) == len({who for _, _, who in told}) == sum(counted.crowd(voice).values())
        known = Counter(who for _, _, who in told if not who.startswith("~"))
        assert {who: n for who, n in counted.people(voice).items() if who in known} == known
    clocks = [c for one in found for c in one.clocks if c.stopped_at is None or c.stopped_at >= SPAN.start_at]
    deadlines = [d for one in found for d in one.deadlines if d.ended_at is None or d.ended_at >= SPAN.start_at]
    late = ("breached", "missed")
    assert counted.broken() == sum(c.standing in late for c in clocks) + sum(d.standing in late for d in deadlines)
    assert sum(kept.count for kept in counted.clocks.values()) == len(clocks)
    assert sum(kept.count for kept in counted.deadlines.values()) == len(deadlines)
    in_span = [c for c in (*clocks, *deadlines) if c.breached_at and SPAN.start_at <= c.breached_at < SPAN.end_at]
    assert sum(counted.broken_days.values()) == sum(counted.broken_queues.values()) == len(in_span)


def test_steps_of_one_ticket_in_one_cycle_are_one_message() -> None:
    counted = tally(
        outcome(
            step("mon 09:00", "bob", "dan"),
            step("mon 09:00", "bob", rule="deadline", rung="late"),
            step("mon 10:00", "bob"),
        ),
        outcome(step("mon 09:00", "bob"), number=2),
    )
    assert counted.messages == {"say": 3}
    assert counted.people("say") == {"bob": 3, "dan": 1}
    assert counted.days == {
        ("say", date(2026, 11, 16), "still"): 3,
        ("say", date(2026, 11, 16), "deadline"): 1,
    }


@pytest.mark.parametrize(
    ("rule", "rung", "to", "shown"),
    [
        ("still", "ask", ("~x",), ["~owner"]),
        ("still", "tell", ("~x",), ["~forwarder"]),
        ("closure", "tell", ("~x", "cid"), ["~forwarder", "cid"]),
        ("legal", "routed", ("~x",), ["~forwarder"]),
        ("long-gone", "ask", ("~x",), ["~"]),
        ("still", "ask", ("dan",), ["dan"]),
    ],
)
def test_somebody_not_in_the_rulebook_is_told_by_their_role(
    rule: str, rung: str, to: tuple[str, ...], shown: list[str]
) -> None:
    counted = tally(outcome(step("mon 09:00", *to, rule=rule, rung=rung)))
    assert sorted(counted.people("say")) == sorted(shown)


def test_one_who_is_this_here_and_that_there_is_just_somebody() -> None:
    counted = tally(
        outcome(step("mon 09:00", "~x"), step("mon 10:00", "~x", rung="tell")),
        outcome(step("mon 09:00", "~y"), number=2),
    )
    assert counted.people("say") == {"~": 2, "~owner": 1}
    assert counted.crowd("say") == {"~": 1, "~owner": 1}


def test_days_are_those_of_the_desk() -> None:
    counted = tally(outcome(step(at("mon 00:00") - 1, "bob"), step("mon 00:00", "bob")))
    assert sorted(day for _, day, _ in counted.days) == [date(2026, 11, 15), date(2026, 11, 16)]


def test_clocks_that_stopped_before_the_span_do_not_count() -> None:
    counted = tally(
        outcome(
            clocks=(
                clock("missed", stopped="mon 00:00", elapsed_s=7),
                clock("missed", stopped="mon 00:00", elapsed_s=9, cycle=2),
                clock("met", stopped="mon 08:00", elapsed_s=100, cycle=3),
                clock("breached", cycle=4),
                clock("paused", cycle=5, paused_s=5),
            )
        ),
        outcome(clocks=(clock("met", stopped="mon 08:00", policy="solution"),), number=2),
    )
    before = Tally(book(), Span(at("mon 01:00"), SPAN.end_at))
    before.add(outcome(clocks=(clock("missed", stopped="mon 00:59"),)))
    kept = counted.clocks["answer"]
    assert (kept.met, kept.missed, kept.breached, kept.running, kept.paused) == (1, 2, 1, 0, 1)
    assert (kept.median_s, kept.within(0.9), kept.ever_paused) == (9, 100, 1)
    assert counted.clocks["solution"].median_s == 3600
    assert before.clocks["answer"].count == 0
    assert before.clocks["answer"].median_s is None


def test_it_is_about_what_is_said_and_only_else_about_what_is_recorded() -> None:
    said, recorded = step("mon 09:00", "bob"), step("mon 10:00", "dan", action="observe")
    assert tally(outcome(said, recorded)).voice == "say"
    assert tally(outcome(recorded)).voice == "observe"
    assert tally(outcome()).voice == "say"


def test_tickets_in_trouble_are_all_counted_and_some_told() -> None:
    counted = tally(*(outcome(number=n, trouble="could not be read") for n in range(50)))
    assert (counted.in_trouble, len(counted.troubles)) == (50, TROUBLES)


def test_what_holds_a_step_back_counts_once_a_step() -> None:
    held = tuple(HeldOutcome(at("mon 09:00"), by, "", None) for by in ("budget", "budget", "quiet hours"))
    assert tally(outcome(step("mon 09:00", "bob", held=held))).held == {"budget": 1, "quiet hours": 1}
