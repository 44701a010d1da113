"""Rule tests: what the rulebook says of a described ticket at a moment, held against what is expected.

What is said is what `judge` and `arrange` make of it with an empty ledger, so quiet hours and hold labels silence
it; a rule on `observe` counts as if it were live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.core.arrange import DeskState, arrange
from bot.core.completeness import asked_in, missing_in
from bot.core.deadlines import DEADLINE
from bot.core.judge import judge
from bot.core.ledger import Entry, row
from bot.core.rulebook import Rulebook
from bot.core.ruletest_others import asked_about
from bot.core.ruletest_silence import why_not
from bot.core.ruletest_ticket import moment
from bot.core.ruletest_words import Case, Expectations, Expected
from bot.core.steps import Step, Wishes, rules_of


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not as expected, in words: at which of the test's moments, what was expected, what is said.

    Of what is said otherwise than expected, only what differs is told. `because` is why nothing is said, if known.
    """

    at: str
    expected: str
    said: str
    because: str | None = None

    def lines(self) -> tuple[str, str, str]:
        """The difference as three lines to read one below the other."""
        reason = f", since {self.because}" if self.because else ""
        return f"at {self.at}", f"    expected: {self.expected}", f"    said:     {self.said}{reason}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a test: all that was said at its moments, and each thing that is not as expected."""

    case: Case
    said: tuple[Step, ...]
    differences: tuple[Difference, ...]


class Covered(NamedTuple):
    """How many of a `kind` of what can speak do so in a test, of how many, and those that do not, by name."""

    kind: str
    silent: tuple[str, ...]
    total: int

    def __str__(self) -> str:
        return f"{self.total - len(self.silent)} of {self.total} {self.kind}"


def run_tests(book: Rulebook, cases: Iterable[Case]) -> list[Outcome]:
    """Hold the rulebook against tests in which `ruletest_check.problems` finds nothing wrong."""
    return [_outcome(book, case) for case in cases]


def coverage(book: Rulebook, outcomes: Iterable[Outcome]) -> list[Covered]:
    """What tests make speak: rules, the rungs of ladders, and the deadlines beside which a ladder stands."""
    entries = book.entries
    steps = [step for outcome in outcomes for step in outcome.said]
    spoke = {(rule, rung) for step in steps for rule in rules_of(step) for rung in ("", step.occasion.rung)}
    ladders = {ladder.name: ladder.clock for ladder in entries.ladders}
    rungs = [(ladder.name, rung.rung) for ladder in entries.ladders for rung in ladder.rungs]
    beside = {clock: clock.removeprefix(DEADLINE) for clock in ladders.values() if clock.startswith(DEADLINE)}
    met = {clock for name, clock in ladders.items() if (name, "") in spoke}
    rules = [
        *(route.route for route in entries.routes),
        *(rule.name for rule in entries.completeness),
        *(rule.name for rule in entries.incidents),
        *ladders,
    ]
    return [
        Covered("rules", tuple(name for name in rules if (name, "") not in spoke), len(rules)),
        Covered("rungs", tuple(f"{name} ({rung})" for name, rung in rungs if (name, rung) not in spoke), len(rungs)),
        Covered("deadlines", tuple(name for clock, name in beside.items() if clock not in met), len(beside)),
    ]


def _outcome(book: Rulebook, case: Case) -> Outcome:
    spoken: list[Step] = []
    differences: list[Difference] = []
    for time, expected in case.asked.items():
        spoken += _ask(book, case, time, expected, differences)
    return Outcome(case, tuple(spoken), tuple(differences))


def _ask(
    book: Rulebook, case: Case, time: str, expected: Expectations, differences: list[Difference]
) -> Sequence[Step]:
    """What is said at one of a test's moments; what of it is not as expected goes into `differences`."""
    now = moment(time, book)
    ticket, desk = asked_about(case, book, now)
    wishes = judge(ticket, book, now, desk)
    arranged = arrange([wishes], dict(_announced(wishes, book)), book, DeskState(), now)
    said = [*(step for steps in arranged.say for step in steps), *arranged.observe]
    silent = [(held.step, held.because) for held in arranged.hold]
    silent += [(step, "it was due before the rule's `since`") for step in arranged.adopt]
    left = list(said)
    for one in sorted(expected, key=lambda one: isinstance(one, str)):
        step = next((step for step in left if _is_meant(one, step)), None)
        if step is None:
            because = next((because for step, because in silent if _is_meant(one, step)), None)
            differences.append(
                Difference(time, _told(one), "nothing", because or why_not(one, ticket, book, now, desk))
            )
            continue
        left.remove(step)
        if isinstance(one, Expected) and (unlike := _unlike(one, step)):
            wanted, found = ({word: pair[i] for word, pair in unlike.items()} for i in (0, 1))
            because = why_not(one, ticket, book, now, desk) if "rung" in unlike or "repeat" in unlike else None
            differences.append(Difference(time, _worded(one.rule, wanted), _worded(one.rule, found), because))
    ladders = {ladder.name for ladder in book.entries.ladders}
    for step in left:
        facts = {word: fact for word, fact in _facts(step).items() if fact is not None}
        if step.rule not in ladders:
            del facts["rung"]
        if not step.occasion.repeat:
            del facts["repeat"]
        differences.append(Difference(time, "nothing of this", _worded(step.rule, facts)))
    return said


def _announced(wishes: Wishes, book: Rulebook) -> Iterator[tuple[str, Entry]]:
    """The notices that went before what is done now, as having been said when they were due."""
    needed = {step.announced.key for step in wishes.steps if step.announced is not None}
    for step in wishes.steps:
        if step.key in needed:
            yield step.key, row(step, "said", "", step.due_at, book.version)


def _is_meant(one: Expected | str, step: Step) -> bool:
    return step.say == one if isinstance(one, str) else one.rule in rules_of(step)


def _told(one: Expected | str) -> str:
    """What is expected, in words."""
    if isinstance(one, str):
        return f"the message {one}"
    named = {word: getattr(one, word) for word in _WORDS}
    return _worded(one.rule, {word: wanted for word, wanted in named.items() if wanted is not None})


def _facts(step: Step) -> dict[str, Any]:
    """What a test may expect of a step, by the words in which it does."""
    return {
        "rung": step.occasion.rung,
        "repeat": step.occasion.repeat,
        "say": step.say,
        "to": step.to,
        "queue": step.sets.get("queue"),
        "missing": missing_in(step),
        "asked": asked_in(step),
    }


_WORDS = ("rung", "repeat", "say", "to", "queue", "missing", "asked")


def _unlike(one: Expected, step: Step) -> dict[str, tuple[Any, Any]]:
    """The words of an expectation that the step does not meet, each with what was expected and what is."""
    pairs = {word: (getattr(one, word), fact) for word, fact in _facts(step).items()}
    return {word: pair for word, pair in pairs.items() if pair[0] is not None and pair[0] != pair[1]}


def _worded(rule: str, facts: Mapping[str, Any]) -> str:
    told = ", ".join(f"{word} {_shown(fact)}" for word, fact in facts.items())
    return f"{rule}: {told}" if told else rule


def _shown(fact: object) -> str:
    return f"[{', '.join(fact)}]" if isinstance(fact, tuple) else "none" if fact is None else str(fact)
