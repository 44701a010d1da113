"""A desk lived again: what of all wishes would have been said, cycle by cycle, by the daemon's own arrange. Pure.

A batch over the ceiling is taken to be released at once, since nobody knows how long the lead would have thought.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from msgspec import structs

from bot.core.arrange import Arrangement, DeskState, arrange, is_done
from bot.core.ledger import DONE, WAITING, Entry, decided, row, turned
from bot.core.outcome import Action, HeldOutcome, StepOutcome
from bot.core.replay import Grid, Met, Span
from bot.core.rulebook import Rulebook
from bot.core.steps import Step, Wishes
from bot.core.ticket import Moment

Number = int
"""A ticket's place among those of the backtest."""

_ACTIONS: dict[str, Action] = {"said": "say", "observed": "observe", "adopted": "adopt", "withdrawn": "withdraw"}


class Batch(NamedTuple):
    """A cycle with more comments than the ceiling allows: when, and how many steps were in it."""

    at: Moment
    steps: int


@dataclass(slots=True)
class _Wishing:
    """A ticket that may still wish something: what of its wishes is not yet done, and what became of all so far."""

    met: Met
    wishes: Wishes
    ledger: dict[str, Entry] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    held: dict[str, list[HeldOutcome]] = field(default_factory=dict)


class Speaking:
    """What is said on a desk, one cycle after the other; `batches` are the cycles over the ceiling.

    It keeps what it has said today and the tickets that may still wish something, and no others.
    """

    def __init__(self, book: Rulebook, span: Span, grid: Grid) -> None:
        self.batches: list[Batch] = []
        self._book, self._span, self._grid = book, span, grid
        self._tickets: dict[Number, _Wishing] = {}
        self._again: list[tuple[Moment, Number]] = []
        self._today = 0
        self._spoken: defaultdict[str, list[Entry]] = defaultdict(list)
        self._told: Counter[str] = Counter()
        self._grouped: set[str] = set()
        self._silenced: frozenset[str] = frozenset()

    def run(self, met: Iterable[tuple[Number, Met]]) -> Iterator[tuple[Number, StepOutcome]]:
        """Give what became of every step, with its ticket, as soon as it is certain.

        `met` are the lives of all tickets, in the order of their cycles. A step that is withdrawn may come back,
        and then becomes something once more.
        """
        arriving = iter(met)
        upcoming = next(arriving, None)
        while upcoming is not None or self._again:
            again_at = self._again[0][0] if self._again else None
            at = min(each for each in (again_at, upcoming[1].at if upcoming else None) if each is not None)
            if at >= self._span.end_at:
                break
            due: dict[Number, None] = {}
            while self._again and self._again[0][0] <= at:
                due[heappop(self._again)[1]] = None
            while upcoming is not None and upcoming[1].at <= at:
                self._meet(*upcoming, due)
                upcoming = next(arriving, None)
            if numbers := [number for number in due if number in self._tickets]:
                yield from self._cycle(at, numbers)
        for number, ticket in self._tickets.items():
            yield from self._left(number, ticket)

    def _meet(self, number: Number, met: Met, due: dict[Number, None]) -> None:
        """Take up what a ticket wishes from now on, and have it arranged where anything of that is not yet done.

        The control ticket silences the desk, or lets it speak again.
        """
        known = self._tickets.get(number)
        wishes = self._undone(met.wishes, known.ledger if known else {})
        if known is None:
            self._tickets[number] = _Wishing(met, wishes)
        else:
            known.met, known.wishes = met, wishes
        if wishes.steps or self._waits(number):
            due[number] = None
        elif met.last:
            del self._tickets[number]
        if met.key == self._book.entries.manners.control and self._silenced != frozenset(met.silences):
            self._silenced = frozenset(met.silences)
            due.update(dict.fromkeys(self._tickets))

    def _cycle(self, at: Moment, numbers: list[Number]) -> Iterator[tuple[Number, StepOutcome]]:
        self._turn_day(at)
        by_id = {self._tickets[number].wishes.ticket_id: number for number in numbers}
        wishes = [self._tickets[number].wishes for number in numbers]
        ledger = {key: entry for number in numbers for key, entry in self._tickets[number].ledger.items()}
        arranged = arrange(wishes, ledger, self._book, self._desk(wishes), at)
        if arranged.batch:
            self.batches.append(Batch(at, len(arranged.batch)))
            let_go = {step.key: row(step, "released", "", at, self._book.version) for step in arranged.batch}
            arranged = arrange(wishes, {**ledger, **let_go}, self._book, self._desk(wishes), at)
        yield from self._apply(arranged, by_id, ledger, at)
        for number in numbers:
            if self._tickets[number].met.last and not self._waits(number):
                del self._tickets[number]

    def _waits(self, number: Number) -> bool:
        return any(entry.state in WAITING for entry in self._tickets[number].ledger.values())

    def _undone(self, wishes: Wishes, ledger: Mapping[str, Entry]) -> Wishes:
        """The wishes that are not done; what stood due before the span counts as done, as it would by `adopt`."""
        start_at = self._span.start_at
        steps = [step for step in wishes.steps if (known := ledger.get(step.key)) is None or not is_done(step, known)]
        if any(step.due_at < start_at for step in steps):
            steps = [structs.replace(step, since_at=start_at) if step.due_at < start_at else step for step in steps]
        return Wishes(wishes.ticket_id, wishes.project, tuple(steps), None, "", wishes.on_hold)

    def _desk(self, wishes: Iterable[Wishes]) -> DeskState:
        """What was said today on these tickets, and to everybody how often."""
        spoken = [entry for wish in wishes for entry in self._spoken.get(wish.ticket_id, ())]
        return DeskState(tuple(spoken), self._silenced, self._told, grouped=self._grouped)

    def _turn_day(self, at: Moment) -> None:
        calendar = self._book.calendar
        if at >= self._today:
            self._spoken.clear()
            self._told.clear()
            self._grouped.clear()
            self._today = calendar.end_of_day(calendar.day_of(at))

    def _apply(
        self, arranged: Arrangement, by_id: dict[str, Number], ledger: dict[str, Entry], at: Moment
    ) -> Iterator[tuple[Number, StepOutcome]]:
        version = self._book.version
        for steps in arranged.say:
            self._told.update({person for step in steps for person in step.to})
            self._grouped.update(step.to[0] for step in steps if step.together)
        done = [(step, "said", decided(step)) for steps in arranged.say for step in steps]
        done += [(step, "observed", decided(step)) for step in arranged.observe]
        done += [(step, "adopted", "due before the rule went live") for step in arranged.adopt]
        for step, state, because in done:
            number = by_id[step.ticket_id]
            ticket = self._tickets[number]
            entry = ticket.ledger[step.key] = row(step, state, because, at, version)
            if state == "said":
                self._spoken[step.ticket_id].append(entry)
            ticket.steps.pop(step.key, None)
            yield number, self._outcome(ticket, step, entry)
        for step, because, not_before, by in arranged.hold:
            number = by_id[step.ticket_id]
            ticket = self._tickets[number]
            ticket.ledger[step.key] = row(step, "held", because, at, version, not_before)
            ticket.steps[step.key] = step
            held = ticket.held.setdefault(step.key, [])
            if not held or (held[-1].because, held[-1].until_at) != (because, not_before):
                held.append(HeldOutcome(at, by, because, not_before))
            if not_before is not None:
                heappush(
                    self._again, (max(at + self._grid.poll_s, self._grid.at_or_after(not_before, self._span)), number)
                )
        for key in arranged.withdraw:
            number = by_id[ledger[key].ticket_id]
            ticket = self._tickets[number]
            entry = turned(ledger[key], "withdrawn", "no longer wished", at)
            step = ticket.steps.pop(key)
            yield number, self._outcome(ticket, step, entry)
            del ticket.ledger[key]

    def _outcome(self, ticket: _Wishing, step: Step, entry: Entry) -> StepOutcome:
        action = _ACTIONS.get(entry.state, "hold")
        return StepOutcome(
            key=step.key,
            rule=step.rule,
            rung=step.occasion.rung,
            repeat=step.occasion.repeat,
            action=action,
            say=step.say,
            to=step.to,
            sets=dict(step.sets),
            queue=ticket.met.queue,
            due_at=step.due_at,
            at=entry.at,
            said_at=entry.at if action == "say" else None,
            because=entry.because,
            held=tuple(ticket.held.pop(step.key, ())),
        )

    def _left(self, number: Number, ticket: _Wishing) -> Iterator[tuple[Number, StepOutcome]]:
        """What still waited when the span ended."""
        for key, step in list(ticket.steps.items()):
            if ticket.ledger[key].state not in DONE:
                yield number, self._outcome(ticket, step, ticket.ledger[key])
