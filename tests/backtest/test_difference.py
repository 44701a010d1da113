"""Where two rulebooks differ: step by step and clock by clock, and in sum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_outcomes import clock, outcome, outcomes, step

from bot.backtest.difference import LISTED, Differences, Differing, difference
from bot.core.outcome import Outcome

STEP = step("mon 09:00", "bob", key="k")


@pytest.mark.parametrize(
    ("before", "after", "differs"),
    [
        ([STEP], [STEP], ()),
        ([], [STEP], (Differing("k", "still", "added"),)),
        ([STEP], [], (Differing("k", "still", "removed"),)),
        ([STEP], [step("mon 09:00", "bob", key="k", because="else", queue="law")], ()),
        ([STEP], [step("mon 09:00", "dan", key="k")], (Differing("k", "still", "changed", ("to",)),)),
        ([STEP], [step("mon 09:00", "bob", key="k", say="y")], (Differing("k", "still", "changed", ("say",)),)),
        ([STEP], [step("mon 10:00", "bob", key="k")], (Differing("k", "still", "changed", ("at", "due_at")),)),
        (
            [STEP],
            [step("mon 09:00", "bob", key="k", action="hold")],
            (Differing("k", "still", "changed", ("action",)),),
        ),
    ],
)
def test_steps_are_compared_by_their_keys(
    before: list[object], after: list[object], differs: tuple[Differing, ...]
) -> None:
    found = difference(outcome(*before), outcome(*after))  # type: ignore[arg-type]
    assert (found.steps, found.count) == (differs, len(differs))


def test_clocks_are_compared_by_policy_and_cycle() -> None:
    before = outcome(clocks=(clock("met", stopped="mon 10:00"), clock("breached", cycle=2)))
    after = outcome(clocks=(clock("missed", stopped="mon 10:00"), clock("on track", policy="solution")))
    found = difference(before, after)
    assert found.clocks == (
        Differing("answer/1", "answer", "changed", ("breached_at", "standing")),
        Differing("solution/1", "solution", "added"),
        Differing("answer/2", "answer", "removed"),
    )
    sums = Differences()
    sums.add(found)
    assert sums.turned == {("answer", "met", "missed"): 1}
    assert sums.clocks == {("answer", "changed"): 1, ("answer", "removed"): 1, ("solution", "added"): 1}


def test_a_ticket_that_only_one_rulebook_could_judge_differs() -> None:
    assert difference(outcome(), outcome(trouble="could not be judged")).count == 1


def test_two_tickets_are_not_compared() -> None:
    with pytest.raises(ValueError, match="ABC-1 and ABC-2"):
        difference(outcome(number=1), outcome(number=2))


@given(st.lists(outcomes(), max_size=5))
def test_a_rulebook_does_not_differ_from_itself(found: list[Outcome]) -> None:
    sums = Differences()
    for one in found:
        sums.add(difference(one, one))
    assert sums == Differences(tickets=len(found))


@given(outcomes(), outcomes())
def test_turned_around_what_was_added_is_removed(one: Outcome, other: Outcome) -> None:
    other = outcome(*other.steps, number=int(one.id), clocks=other.clocks, deadlines=other.deadlines)
    there, back = difference(one, other), difference(other, one)
    turned = {"added": "removed", "removed": "added", "changed": "changed"}
    for ahead, behind in (
        (there.steps, back.steps),
        (there.clocks, back.clocks),
        (there.deadlines, back.deadlines),
    ):
        assert {(each.key, turned[each.change], each.names) for each in ahead} == {
            (each.key, each.change, each.names) for each in behind
        }


def test_the_tickets_that_differ_most_are_listed_first_ones_first() -> None:
    sums = Differences()
    for number in range(1, 40):
        more = [step("mon 09:00", "bob", key=f"k{n}") for n in range(3 if number == 30 else 1)]
        sums.add(difference(outcome(number=number), outcome(*more, number=number)))
    assert [ticket.key for ticket in sums.most()] == ["ABC-30", *(f"ABC-{n}" for n in range(1, LISTED))]
    assert sums.most()[0].steps == {"added": 3}
    assert (sums.tickets, sums.differing) == (39, 39)
