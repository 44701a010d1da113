"""One ticket's life lived again: what its rules wish in every cycle that would have looked at it. Pure.

Nothing is known before it happened. What people and the bot did is what the history says; what they would have done
had the bot spoken is not guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

from bot.core.clock import Cycle, at_risk_s, due_at, due_when_stopped, elapsed_s, paused_s, standing
from bot.core.deadline import Deadline
from bot.core.history import Askers, Turn, Whole, asked, askers, raw_turns, turns
from bot.core.judge import Judged, look_on, wishes_of
from bot.core.outcome import ClockOutcome, DeadlineOutcome, Outcome
from bot.core.past import as_of
from bot.core.rulebook import Rulebook
from bot.core.silence import of_labels
from bot.core.steps import Step, Wishes
from bot.core.ticket import Moment, Ticket
from bot.core.view import View

_WISHED = attrgetter(*(name for name in Step.__struct_fields__ if name not in ("because", "values")))


class Span(NamedTuple):
    """The time a backtest goes over; its end is no longer part of it."""

    start_at: Moment
    end_at: Moment


class Grid(NamedTuple):
    """When the bot looks: every `poll_s` seconds from the span's start, at what was done `lag_s` seconds before."""

    poll_s: int = 60
    lag_s: int = 0

    def at_or_after(self, at: Moment, span: Span) -> Moment:
        """Give the first cycle of a span at or after a moment."""
        return span.start_at + max(0, -((span.start_at - at) // self.poll_s)) * self.poll_s


class Met(NamedTuple):
    """What the rules wish for a ticket from the cycle `at` on, until its next; `last` when there is none.

    `key` is the ticket's, `queue` the queue it is in then; `silences` is what the control ticket's labels silence.
    """

    at: Moment
    key: str
    queue: str | None
    wishes: Wishes
    last: bool = False
    silences: tuple[str, ...] = ()


class Lived(NamedTuple):
    """A ticket's life: how often it was judged, what was wished from when on, and how it stood at the span's end."""

    judged: int
    met: list[Met]
    outcome: Outcome


def replay(ticket: Ticket, book: Rulebook, span: Span, grid: Grid) -> Lived | None:
    """Judge a ticket in every cycle in which the daemon would: after each change, and when it said so.

    None for a ticket that was created too late to be seen in the span. Cycles in which nothing else was wished than
    in the one before are left out of `met`. Raises what `judge` raises.
    """
    life = _Life(ticket, book)
    first_at = grid.at_or_after(ticket.created_at + grid.lag_s, span)
    if first_at >= span.end_at:
        return None
    seen_at = sorted({_seen_at(turn, grid.lag_s) for turn in life.raw})
    met: list[Met] = []
    runs: dict[str, Deadline] = {}
    ended: dict[str, tuple[Deadline, Moment]] = {}
    judged_times = 0
    at: Moment | None = first_at
    while at is not None and at < span.end_at:
        judged = life.look(at, grid.lag_s)
        judged_times += 1
        _follow(judged, runs, ended)
        wishes = wishes_of(judged, kept=False)
        silences = _silences(judged.view.ticket, book)
        if not met or silences != met[-1].silences or not _same(wishes, met[-1].wishes):
            met.append(Met(at, ticket.key, judged.view.ticket.queue, wishes, silences=silences))
        upcoming = bisect_right(seen_at, at)
        moments = [*seen_at[upcoming : upcoming + 1], *([wishes.look_again_at] if wishes.look_again_at else ())]
        at = max(at + grid.poll_s, grid.at_or_after(min(moments), span)) if moments else None
    met[-1] = met[-1]._replace(last=True)
    end = life.look(span.end_at - 1, grid.lag_s)
    return Lived(judged_times, met, _outcome(end, tuple(_deadlines(runs, ended, end.view.now))))


def _silences(ticket: Ticket, book: Rulebook) -> tuple[str, ...]:
    """What the labels of the control ticket silence; nothing for any other ticket."""
    manners = book.entries.manners
    if ticket.key != manners.control:
        return ()
    return tuple(of_labels(ticket.labels, manners.hold, book.entries.projects))


def _seen_at(turn: Turn, lag_s: int) -> Moment:
    """From when on a cycle knows of a turn: what came of a cycle is known to later ones only."""
    return turn.at + max(lag_s, turn.bot)


_Known = tuple[int, Ticket, Whole, tuple[Turn, ...], dict[str, tuple[Cycle, ...]], dict[object, Any]]
"""How many turns are known, with what the looks share that know no more: `View` tells what each is."""


class _Life:
    """A ticket with its whole history, of which every look knows the beginning."""

    def __init__(self, ticket: Ticket, book: Rulebook) -> None:
        self.raw = raw_turns(ticket, book)
        self._ticket, self._book, self._desk = ticket, book, book.desk
        self._moments = [turn.at for turn in self.raw]
        self._wholes: dict[Askers, Whole] = {}
        self._then: _Known | None = None

    def look(self, at: Moment, lag_s: int) -> Judged:
        """Look at the ticket in the cycle `at`, as it stood `lag_s` before, without what came of the cycle itself."""
        known_at = at - lag_s
        known = bisect_right(self._moments, known_at)
        if self._then is None or self._then[0] != known:
            bot_until = min(known_at, at - 1)
            then = as_of(self._ticket, known_at, bot_until)
            if then is None:
                raise ValueError(f"the ticket was not there {lag_s} s before {at}")
            if any(turn.bot and turn.at > bot_until for turn in self._since(bot_until, known)):
                return look_on(View(then, turns(then, self._book), self._book, at, desk=self._desk, told=False))
            who = askers(then, self.raw[:known], self._book)
            whole = self._wholes.get(who)
            if whole is None:
                whole = self._wholes[who] = Whole(asked(self.raw, who))
            self._then = known, then, whole, whole.turns[:known], {}, {}
        _, then, whole, happened, clocks, lasting = self._then
        view = View(then, happened, self._book, at, whole, clocks, lasting, self._desk, told=False)
        return look_on(view)

    def _since(self, at: Moment, known: int) -> Sequence[Turn]:
        return self.raw[bisect_right(self._moments, at) : known]


def _same(one: Wishes, other: Wishes) -> bool:
    """Whether two judgings wish the same, whatever the values shown with it have become."""
    if one.on_hold != other.on_hold or len(one.steps) != len(other.steps):
        return False
    return all(map(is_same, one.steps, other.steps))


def is_same(one: Step, other: Step) -> bool:
    """Whether two steps are one and the same, whatever the values shown with it have become."""
    return one is other or _WISHED(one) == _WISHED(other)


def _follow(judged: Judged, runs: dict[str, Deadline], ended: dict[str, tuple[Deadline, Moment]]) -> None:
    """Keep which deadlines run, and when those that no longer do came to their end."""
    last = judged.view.happened[-1]
    found = {each.name: each for each in judged.deadlines} if last.after.standing == "open" else {}
    for name in runs.keys() - found.keys():
        ended[name] = (runs.pop(name), last.at)
    for name, deadline in found.items():
        runs[name] = deadline
        ended.pop(name, None)


def _deadlines(
    runs: dict[str, Deadline], ended: dict[str, tuple[Deadline, Moment]], now: Moment
) -> Iterator[DeadlineOutcome]:
    for deadline in runs.values():
        yield _deadline(deadline, None, late=now > deadline.due_at)
    for deadline, ended_at in ended.values():
        yield _deadline(deadline, ended_at, late=ended_at > deadline.due_at)


def _deadline(deadline: Deadline, ended_at: Moment | None, *, late: bool) -> DeadlineOutcome:
    return DeadlineOutcome(
        name=deadline.name,
        basis=deadline.basis,
        starts_at=deadline.starts_at,
        due_at=deadline.due_at,
        provisional=deadline.provisional,
        extended=deadline.extended,
        ended_at=ended_at,
        breached_at=deadline.due_at if late else None,
        standing=("breached" if late else "on track") if ended_at is None else ("missed" if late else "met"),
    )


def _outcome(judged: Judged, deadlines: tuple[DeadlineOutcome, ...]) -> Outcome:
    ticket, now = judged.view.ticket, judged.view.now
    return Outcome(
        id=ticket.id,
        key=ticket.key,
        project=ticket.project,
        created_at=ticket.created_at,
        state=ticket.state,
        queue=ticket.queue,
        category=ticket.category,
        clocks=tuple(_clocks(judged, now)),
        deadlines=deadlines,
    )


def _clocks(judged: Judged, now: Moment) -> Iterator[ClockOutcome]:
    for policy in judged.view.book.entries.policies:
        for number, cycle in enumerate(judged.clocks[policy.name], 1):
            stands = standing(cycle, now, at_risk_s(policy.at_risk, cycle))
            due = due_at(cycle, now) if cycle.stopped_at is None else due_when_stopped(cycle)
            yield ClockOutcome(
                policy=policy.name,
                cycle=number,
                started_at=cycle.started_at,
                stopped_at=cycle.stopped_at,
                paused_s=paused_s(cycle, now),
                elapsed_s=elapsed_s(cycle, now),
                due_at=due,
                breached_at=due if stands in ("breached", "missed") else None,
                standing=stands,
            )
