"""Where two rulebooks differ over the same past, ticket by ticket and in sum."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeVar

import msgspec

from bot.core.outcome import Outcome, StepOutcome

Change = Literal["added", "removed", "changed"]
"""Found only by the rulebook that is tried; only by the one it is held against; by both, but otherwise."""

CHANGES: tuple[Change, ...] = ("added", "removed", "changed")

LISTED = 20
"""How many tickets the report lists: those with the most differences."""

_STEP = ("action", "at", "due_at", "to", "say", "sets")
_CLOCK = ("started_at", "stopped_at", "paused_s", "elapsed_s", "due_at", "breached_at", "standing")
_DEADLINE = ("starts_at", "due_at", "provisional", "extended", "ended_at", "breached_at", "standing")

Found = TypeVar("Found", bound=msgspec.Struct)


class Differing(NamedTuple):
    """A step, clock or deadline on which the rulebooks differ, and in which of its `names` where both have it.

    The key is a step's own, `policy/cycle` for a clock, and the name of a deadline.
    """

    key: str
    rule: str
    change: Change
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs on one ticket between the rulebook that is tried and, `before`, the one it is held against."""

    before: Outcome
    after: Outcome
    steps: tuple[Differing, ...]
    clocks: tuple[Differing, ...]
    deadlines: tuple[Differing, ...]

    @property
    def count(self) -> int:
        """How many things differ; a ticket that only one rulebook could judge differs in that."""
        trouble = (self.before.trouble is None) != (self.after.trouble is None)
        return len(self.steps) + len(self.clocks) + len(self.deadlines) + trouble


def difference(before: Outcome, after: Outcome) -> Difference:
    """Compare what two rulebooks found on one ticket. Raises ValueError for outcomes of different tickets."""
    if before.id != after.id:
        raise ValueError(f"outcomes of two tickets, {before.key} and {after.key}")

    return Difference(
        before=before,
        after=after,
        steps=_compared(_steps(before.steps), _steps(after.steps), _STEP),
        clocks=_compared(
            {f"{each.policy}/{each.cycle}": (each.policy, each) for each in before.clocks},
            {f"{each.policy}/{each.cycle}": (each.policy, each) for each in after.clocks},
            _CLOCK,
        ),
        deadlines=_compared(
            {each.name: (each.name, each) for each in before.deadlines},
            {each.name: (each.name, each) for each in after.deadlines},
            _DEADLINE,
        ),
    )


def _steps(steps: Iterable[StepOutcome]) -> Mapping[str, tuple[str, StepOutcome]]:
    return {step.key: (step.rule, step) for step in steps}


def _compared(
    before: Mapping[str, tuple[str, Found]], after: Mapping[str, tuple[str, Found]], names: tuple[str, ...]
) -> tuple[Differing, ...]:
    found = []
    for key, (rule, one) in after.items():
        if key not in before:
            found.append(Differing(key, rule, "added"))
            continue
        other = before[key][1]
        if changed := tuple(name for name in names if getattr(one, name) != getattr(other, name)):
            found.append(Differing(key, rule, "changed", changed))
    found += [Differing(key, rule, "removed") for key, (rule, _) in before.items() if key not in after]
    return tuple(found)


class Ticket(NamedTuple):
    """A ticket that differs, in as few words as a list takes."""

    key: str
    steps: Mapping[Change, int]
    rules: tuple[str, ...]


@dataclass
class Differences:
    """The sums of what differs, and the tickets that differ most; they need memory for rules only."""

    tickets: int = 0
    differing: int = 0
    steps: Counter[tuple[str, Change]] = field(default_factory=Counter)
    """Steps by rule."""
    names: Counter[str] = field(default_factory=Counter)
    """In what steps differ that both rulebooks have."""
    clocks: Counter[tuple[str, Change]] = field(default_factory=Counter)
    """Clocks and deadlines by name."""
    turned: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Clocks and deadlines by name, standing before and standing now, where that is another."""
    _most: list[tuple[int, int, Ticket]] = field(default_factory=list)

    def add(self, one: Difference) -> None:
        """Count one ticket."""
        self.tickets += 1
        if not one.count:
            return
        self.differing += 1
        for step in one.steps:
            self.steps[step.rule, step.change] += 1
            self.names.update(step.names)
        for clock in (*one.clocks, *one.deadlines):
            self.clocks[clock.rule, clock.change] += 1
        self.turned.update(_turned(one))
        changes = Counter(step.change for step in one.steps)
        rules = tuple(sorted({each.rule for each in (*one.steps, *one.clocks, *one.deadlines)}))
        # Of two tickets that differ as much, the one that came first is listed.
        entry = (one.count, -self.tickets, Ticket(one.after.key, changes, rules))
        if len(self._most) < LISTED:
            heapq.heappush(self._most, entry)
        else:
            heapq.heappushpop(self._most, entry)

    def most(self) -> list[Ticket]:
        """Give the tickets that differ most, at most LISTED."""
        return [ticket for _, _, ticket in sorted(self._most, key=lambda entry: entry[:2], reverse=True)]


def _turned(one: Difference) -> Iterable[tuple[str, str, str]]:
    clocks = {(clock.policy, clock.cycle): clock.standing for clock in one.before.clocks}
    for clock in one.after.clocks:
        was = clocks.get((clock.policy, clock.cycle), clock.standing)
        if was != clock.standing:
            yield clock.policy, was, clock.standing
    deadlines = {deadline.name: deadline.standing for deadline in one.before.deadlines}
    for deadline in one.after.deadlines:
        was = deadlines.get(deadline.name, deadline.standing)
        if was != deadline.standing:
            yield deadline.name, was, deadline.standing
