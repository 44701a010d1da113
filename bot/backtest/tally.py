"""The sums of a backtest, taken ticket by ticket: they need memory for rules, people and days, not for tickets."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Literal, NamedTuple

from bot.core.arrange import HoldingBack
from bot.core.outcome import ClockOutcome, DeadlineOutcome, Outcome, StepOutcome
from bot.core.replay import Span
from bot.core.rulebook import Rulebook

Voice = Literal["say", "observe"]
"""Whether messages would have been said, or only recorded by rules on observe."""

VOICES: tuple[Voice, ...] = ("say", "observe")

TROUBLES = 20
"""How many tickets in trouble are told by key; all are counted."""

STRANGER = "~"
"""What stands for somebody whom the rulebook does not name; `~owner` or `~forwarder` where a rule tells the role."""


class Day(NamedTuple):
    """A person's messages on one day; `who` is a person of the rulebook, or a role for somebody who is not."""

    who: str
    day: date
    messages: int


@dataclass
class Kept:
    """How the cycles of a policy's clock, or a deadline's runs, ended that ran in the span.

    `breached` are those that were late and still ran at its end. `ran` holds the working seconds of those that
    stopped in the span; deadlines have none.
    """

    met: int = 0
    missed: int = 0
    breached: int = 0
    running: int = 0
    paused: int = 0
    ever_paused: int = 0
    ran: array[int] = field(default_factory=lambda: array("q"))

    @property
    def count(self) -> int:
        """How many there are."""
        return self.met + self.missed + self.breached + self.running + self.paused

    @property
    def broken(self) -> int:
        """How many were not kept."""
        return self.missed + self.breached

    @property
    def median_s(self) -> int | None:
        """Within how many seconds half of those ran that stopped; None when none did."""
        return self.within(0.5)

    def within(self, share: float) -> int | None:
        """Within how many seconds this share of those ran that stopped; None when none did."""
        ordered = sorted(self.ran)
        return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


class Tally:
    """The sums over all outcomes added, for a rulebook and a span."""

    def __init__(self, book: Rulebook, span: Span) -> None:
        self.book = book
        self.span = span
        self.tickets = 0
        self.in_trouble = 0
        self.troubles: list[tuple[str, str]] = []
        self.steps: Counter[tuple[str, str, str]] = Counter()
        """Steps by rule, rung and action."""
        self.held: Counter[HoldingBack] = Counter()
        """Steps that were held back at least once, by what did; for one that may be several things."""
        self.messages: Counter[Voice] = Counter()
        """Comments: the steps of one ticket in one cycle make one."""
        self.days: Counter[tuple[Voice, date, str]] = Counter()
        """Steps by day and rule."""
        self.message_days: Counter[tuple[Voice, date]] = Counter()
        """Comments by day."""
        self.queues: Counter[tuple[Voice, str | None]] = Counter()
        """Steps by the queue in which the ticket was."""
        self.clocks: dict[str, Kept] = {policy.name: Kept() for policy in book.entries.policies}
        self.deadlines: dict[str, Kept] = {entry.name: Kept() for entry in book.entries.deadlines}
        self.broken_days: Counter[tuple[date, str]] = Counter()
        """Promises and deadlines broken in the span, by day and name."""
        self.broken_queues: Counter[tuple[str | None, str]] = Counter()
        """The same by the queue in which the ticket is at the span's end."""
        self._told: dict[Voice, Counter[tuple[str, int]]] = {voice: Counter() for voice in VOICES}
        self._role: dict[str, str] = {}

    def add(self, outcome: Outcome) -> None:
        """Count one ticket."""
        self.tickets += 1
        if outcome.trouble is not None:
            self.in_trouble += 1
            if len(self.troubles) < TROUBLES:
                self.troubles.append((outcome.key, outcome.trouble))
        for clock in outcome.clocks:
            if clock.stopped_at is None or clock.stopped_at >= self.span.start_at:
                self._clock(clock, outcome.queue)
        for deadline in outcome.deadlines:
            if deadline.ended_at is None or deadline.ended_at >= self.span.start_at:
                self._deadline(deadline, outcome.queue)
        told: dict[tuple[Voice, int], set[str]] = {}
        for step in outcome.steps:
            self.steps[step.rule, step.rung, step.action] += 1
            self.held.update({held.by for held in step.held})
            if step.action == "say" or step.action == "observe":
                self._spoken(step, step.action)
                told.setdefault((step.action, step.at), set()).update(step.to)
        for (voice, at), people in told.items():
            self.messages[voice] += 1
            day = self._day(at)
            self.message_days[voice, day] += 1
            self._told[voice].update((person, day.toordinal()) for person in people)

    def count(self, action: str) -> int:
        """How many steps this became of."""
        return sum(n for (_, _, became), n in self.steps.items() if became == action)

    @property
    def voice(self) -> Voice:
        """What the report is about: what would have been said; where nothing was, what was recorded on observe."""
        return "say" if self.messages["say"] or not self.messages["observe"] else "observe"

    def people(self, voice: Voice) -> dict[str, int]:
        """Give the messages of each person, most first; people whom the rulebook does not name by their role."""
        found: Counter[str] = Counter()
        for (person, _), n in self._told[voice].items():
            found[self.shown(person)] += n
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    def crowd(self, voice: Voice) -> Counter[str]:
        """Give how many people stand behind each word of `people`."""
        return Counter(self.shown(person) for person in {person for person, _ in self._told[voice]})

    def addressed(self, voice: Voice) -> int:
        """How many people got a message."""
        return len({person for person, _ in self._told[voice]})

    def noise(self, voice: Voice) -> Iterator[Day]:
        """Give each person's messages on each day on which they got any, in no order."""
        for (person, day), n in self._told[voice].items():
            yield Day(self.shown(person), date.fromordinal(day), n)

    def shown(self, person: str) -> str:
        """Give a person's word, or the role of somebody whom the rulebook does not name."""
        return self._role.get(person, STRANGER) if person.startswith("~") else person

    def broken(self) -> int:
        """How many clocks and deadlines were not kept."""
        return sum(kept.broken for kept in (*self.clocks.values(), *self.deadlines.values()))

    def _spoken(self, step: StepOutcome, voice: Voice) -> None:
        self.days[voice, self._day(step.at), step.rule] += 1
        self.queues[voice, step.queue] += 1
        for place, person in enumerate(step.to):
            if person.startswith("~"):
                role = _role(self.book, step, place)
                if self._role.setdefault(person, role) != role:
                    self._role[person] = STRANGER

    def _clock(self, clock: ClockOutcome, queue: str | None) -> None:
        kept = self.clocks.setdefault(clock.policy, Kept())
        match clock.standing:
            case "met":
                kept.met += 1
            case "missed":
                kept.missed += 1
            case "breached":
                kept.breached += 1
            case "paused":
                kept.paused += 1
            case _:
                kept.running += 1
        kept.ever_paused += clock.paused_s > 0
        if clock.stopped_at is not None:
            kept.ran.append(clock.elapsed_s)
        self._broke(clock.policy, clock.breached_at, queue)

    def _deadline(self, deadline: DeadlineOutcome, queue: str | None) -> None:
        kept = self.deadlines.setdefault(deadline.name, Kept())
        kept.met += deadline.standing == "met"
        kept.missed += deadline.standing == "missed"
        kept.breached += deadline.standing == "breached"
        kept.running += deadline.ended_at is None and deadline.standing != "breached"
        self._broke(deadline.name, deadline.breached_at, queue)

    def _broke(self, name: str, at: int | None, queue: str | None) -> None:
        if at is not None and self.span.start_at <= at < self.span.end_at:
            self.broken_days[self._day(at), name] += 1
            self.broken_queues[queue, name] += 1

    def _day(self, at: int) -> date:
        return self.book.calendar.day_of(at)


def _role(book: Rulebook, step: StepOutcome, place: int) -> str:
    """As what somebody is addressed whom the rulebook does not name: only owners and forwarders can be such."""
    asked = _asked(book, step)
    meant = [word for word in asked if word in ("owner", "forwarder")]
    if len(meant) > 1 and len(asked) == len(step.to):
        meant = [word for word in asked[place : place + 1] if word in meant]
    return f"~{meant[0]}" if len(meant) == 1 else STRANGER


def _asked(book: Rulebook, step: StepOutcome) -> tuple[str, ...]:
    """Whom the rule addresses, as it is written."""
    for ladder in book.entries.ladders:
        if ladder.name == step.rule:
            return next((rung.to for rung in ladder.rungs if rung.rung == step.rung), ())
    for rule in book.entries.completeness:
        if rule.name == step.rule:
            return rule.to
    return ("forwarder",) if any(route.route == step.rule for route in book.entries.routes) else ()
