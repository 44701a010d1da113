"""Rule tests: what the rulebook says of a described ticket at a moment, held against what is expected.

What is said is what `judge` and `arrange` make of it with an empty ledger, so quiet hours and hold labels silence
it; a rule on `observe` counts as if it were live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.arrange import DeskState, arrange
from bot.core.completeness import missing_in
from bot.core.judge import judge
from bot.core.rulebook import Rulebook
from bot.core.ruletest_ticket import moment, ticket_at
from bot.core.ruletest_words import Case, Expectations, Expected
from bot.core.steps import Step, rules_of
from bot.core.ticket import Moment


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a test: all that was said at its moments, and each thing that is not as expected."""

    case: Case
    said: tuple[Step, ...]
    differences: tuple[str, ...]


def run_tests(book: Rulebook, cases: Iterable[Case]) -> list[Outcome]:
    """Hold the rulebook against tests in which `ruletest_check.problems` finds nothing wrong."""
    return [_outcome(book, case) for case in cases]


def untested(book: Rulebook, outcomes: Iterable[Outcome]) -> list[str]:
    """The routes, completeness rules and rungs of ladders that no test makes speak."""
    steps = [step for outcome in outcomes for step in outcome.said]
    spoke = {(rule, rung) for step in steps for rule in rules_of(step) for rung in ("", step.occasion.rung)}
    names = [route.route for route in book.entries.routes] + [rule.name for rule in book.entries.completeness]
    return [name for name in names if (name, "") not in spoke] + [
        f"{ladder.name} ({rung.rung})"
        for ladder in book.entries.ladders
        for rung in ladder.rungs
        if (ladder.name, rung.rung) not in spoke
    ]


def _outcome(book: Rulebook, case: Case) -> Outcome:
    spoken: list[Step] = []
    differences: list[str] = []
    for time, expected in case.asked.items():
        said, silent = _say(book, case, moment(time, book))
        spoken += said
        differences += (f"{time}: {text}" for text in _differences(expected, said, silent))
    return Outcome(case, tuple(spoken), tuple(differences))


Silent = Sequence[tuple[Step, str]]
"""Steps that are wished and not said, each with the reason."""


def _say(book: Rulebook, case: Case, now: Moment) -> tuple[list[Step], Silent]:
    wishes = judge(ticket_at(case, book, now), book, now)
    arranged = arrange([wishes], {}, book, DeskState(), now)
    said = [*(step for steps in arranged.say for step in steps), *arranged.observe]
    adopted = [(step, "it was due before the rule's `since`") for step in arranged.adopt]
    return said, [*((held.step, held.because) for held in arranged.hold), *adopted]


def _differences(expected: Expectations, said: Sequence[Step], silent: Silent) -> Iterator[str]:
    """Everything that is not as expected. A rule says at most one thing of a ticket at a time."""
    left = list(said)
    for one in sorted(expected, key=lambda one: isinstance(one, str)):
        step = next((step for step in left if _is_meant(one, step)), None)
        if step is None:
            who = f"'{one}' is not said" if isinstance(one, str) else f"'{one.rule}' says nothing"
            yield who + next((f": {because}" for step, because in silent if _is_meant(one, step)), "")
            continue
        left.remove(step)
        if isinstance(one, Expected):
            yield from _unlike(one, step)
    for step in left:
        yield f"'{step.rule}' says '{step.say}' to {_shown(step.to)}, which is not expected"


def _is_meant(one: Expected | str, step: Step) -> bool:
    return step.say == one if isinstance(one, str) else one.rule in rules_of(step)


def _unlike(one: Expected, step: Step) -> Iterator[str]:
    facts: dict[str, Any] = {
        "rung": step.occasion.rung,
        "repeat": step.occasion.repeat,
        "say": step.say,
        "to": step.to,
        "queue": step.sets.get("queue"),
        "missing": missing_in(step),
    }
    for word, fact in facts.items():
        wanted = getattr(one, word)
        if wanted is not None and wanted != fact:
            yield f"'{one.rule}': {word} is {_shown(fact)}, expected {_shown(wanted)}"


def _shown(fact: object) -> str:
    return ", ".join(fact) if isinstance(fact, tuple) else "nothing" if fact is None else str(fact)
