"""One SLA clock: what its ticks make of it, how long it has run, when it is due, how it stands.

Pure arithmetic of a history that is known up to now: for a look back, give the ticks up to then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Literal

from bot.core.calendar import Calendar
from bot.core.duration import Duration
from bot.core.ticket import Moment

Act = Literal["start", "pause", "resume", "stop", "reset"]
Standing = Literal["on track", "at risk", "breached", "met", "missed", "paused"]


@dataclass(frozen=True, slots=True)
class Tick:
    """Something that moves a clock."""

    at: Moment
    act: Act


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run of a clock. `segments` are the stretches in which it ran, the last open while it runs.

    `stopped_at` is None until it stops; `target_s` is None for a clock that only measures. `ran_s` are the working
    seconds of its finished stretches, and `zero_s` what the calendar had `worked` when the open stretch would have
    begun at zero: while the clock runs it shows `worked(now) - zero_s`. None while it does not run.
    """

    policy: str
    started_at: Moment
    stopped_at: Moment | None
    segments: tuple[tuple[Moment, Moment | None], ...]
    target_s: int | None
    calendar: Calendar
    ran_s: int
    zero_s: int | None


@dataclass(slots=True)
class _Run:
    """A cycle while its ticks are read: the finished stretches, and when the open one began."""

    started_at: Moment
    since: Moment | None
    done: list[tuple[Moment, Moment]] = field(default_factory=list)
    stopped_at: Moment | None = None


def cycles(policy: str, ticks: Iterable[Tick], calendar: Calendar, target_s: int | None) -> tuple[Cycle, ...]:
    """Run a clock over its whole history, oldest cycle first; calendar and target hold for all of it.

    Ticks are taken in order of time, those of one moment in the order given. A start begins a new cycle
    unless one is running or paused. A resume continues a paused or stopped cycle; what lay between counts as
    paused. A reset takes the cycle back to zero then and there, running, paused or stopped as it was. A pause
    before any start begins a paused cycle. Other ticks that find nothing to do are ignored.
    """
    runs: list[_Run] = []
    for tick in sorted(ticks, key=attrgetter("at")):
        if runs and (tick.act != "start" or runs[-1].stopped_at is None):
            _take(runs[-1], tick)
        elif tick.act in ("start", "pause"):
            runs.append(_Run(tick.at, tick.at if tick.act == "start" else None))
    return tuple(_cycle(policy, run, calendar, target_s) for run in runs)


def measure(policy: str, started_at: Moment, calendar: Calendar) -> Cycle:
    """Run a clock that has no target and only measures, from a moment on."""
    return Cycle(policy, started_at, None, ((started_at, None),), None, calendar, 0, calendar.worked(started_at))


def _take(run: _Run, tick: Tick) -> None:
    at, since = tick.at, run.since
    if tick.act == "resume":
        run.since, run.stopped_at = at if since is None else since, None
    elif tick.act == "reset":
        run.started_at = at if run.stopped_at is None else run.stopped_at
        run.since, run.done = None if since is None else at, []
    elif tick.act in ("pause", "stop") and run.stopped_at is None:
        if since is not None:
            run.done.append((since, at))
        run.since, run.stopped_at = None, at if tick.act == "stop" else None


def _cycle(policy: str, run: _Run, calendar: Calendar, target_s: int | None) -> Cycle:
    ran_s = sum(calendar.between(since, until) for since, until in run.done)
    zero_s = None if run.since is None else calendar.worked(run.since) - ran_s
    segments = run.done if run.since is None else [*run.done, (run.since, None)]
    return Cycle(policy, run.started_at, run.stopped_at, tuple(segments), target_s, calendar, ran_s, zero_s)


def is_running(cycle: Cycle) -> bool:
    """Whether the clock counts, be it outside its calendar's hours just now."""
    return cycle.zero_s is not None


def is_paused(cycle: Cycle) -> bool:
    """Whether the clock neither counts nor has stopped."""
    return cycle.stopped_at is None and cycle.zero_s is None


def elapsed_s(cycle: Cycle, now: Moment) -> int:
    """Count the working seconds the clock has run; a stretch that begins after `now` adds nothing yet."""
    if cycle.zero_s is None:
        return cycle.ran_s
    return max(cycle.ran_s, cycle.calendar.worked(now) - cycle.zero_s)


def elapsed_of(clocks: Iterable[Cycle], now: Moment) -> list[int]:
    """Count what `elapsed_s` counts for each of many clocks, looking every calendar up once."""
    worked = _Worked(now)
    return [
        cycle.ran_s
        if (zero_s := cycle.zero_s) is None or (shown := worked[cycle.calendar] - zero_s) < cycle.ran_s
        else shown
        for cycle in clocks
    ]


class _Worked(dict[Calendar, int]):
    """What each calendar has worked at a moment, counted when it is first asked for."""

    def __init__(self, now: Moment) -> None:
        self._now = now

    def __missing__(self, calendar: Calendar) -> int:
        found = self[calendar] = calendar.worked(self._now)
        return found


def paused_s(cycle: Cycle, now: Moment) -> int:
    """Count the working seconds of the cycle, up to its stop or `now`, in which the clock did not run."""
    until = cycle.segments[-1][0] if is_running(cycle) else cycle.started_at
    end = max(now, until) if cycle.stopped_at is None else cycle.stopped_at
    return cycle.calendar.between(cycle.started_at, end) - elapsed_s(cycle, now)


def reached_at(cycle: Cycle, amount_s: int, now: Moment) -> Moment | None:
    """Find when the clock has first run `amount_s`: past, or to come if nothing changes.

    None when it is paused or stopped short of it. Raises ValueError when that takes more than 50 years.
    """
    left_s = amount_s
    for since, until in cycle.segments:
        run_s = left_s if until is None else cycle.calendar.between(since, until)
        if run_s >= left_s:
            return cycle.calendar.add(since, left_s)
        left_s -= run_s
    return None


def due_at(cycle: Cycle, now: Moment) -> Moment | None:
    """Find when the target is used up, as `reached_at` does; None as well for a clock without a target."""
    return None if cycle.target_s is None else reached_at(cycle, cycle.target_s, now)


def due_when_stopped(cycle: Cycle) -> Moment | None:
    """Find the due moment as it stood when the clock stopped; None for one that was paused then, short of its target.

    Raises ValueError when that takes more than 50 years.
    """
    if cycle.target_s is None or not cycle.segments or cycle.segments[-1][1] != cycle.stopped_at:
        return due_at(cycle, cycle.started_at)
    since = cycle.segments[-1][0]
    return due_at(replace(cycle, segments=(*cycle.segments[:-1], (since, None))), since)


def standing(cycle: Cycle, now: Moment, at_risk_s: int) -> Standing:
    """Judge the clock at `now`; it is at risk when no more than `at_risk_s` of its target is left.

    Breached and missed mean that more than the target has run: the due moment itself is still in time.
    A breach outlasts a pause; a clock without a target is met once it stops.
    """
    return _standing(cycle, elapsed_s(cycle, now), at_risk_s)


def standings_of(clocks: Iterable[Cycle], elapsed: Iterable[int], at_risk_s: Iterable[int]) -> list[Standing]:
    """Judge many clocks as `standing` judges each: by what `elapsed_of` counted, with what is at risk of each."""
    return list(map(_standing, clocks, elapsed, at_risk_s))


def _standing(cycle: Cycle, ran_s: int, at_risk_s: int) -> Standing:
    target_s = cycle.target_s
    if target_s is not None and ran_s > target_s:
        return "breached" if cycle.stopped_at is None else "missed"
    if cycle.zero_s is None:
        return "paused" if cycle.stopped_at is None else "met"
    return "at risk" if target_s is not None and target_s - ran_s <= at_risk_s else "on track"


def at_risk_s(at_risk: int | Duration, cycle: Cycle) -> int:
    """How many seconds before its target is used up a cycle stands at risk, by a policy's `at_risk`."""
    if isinstance(at_risk, Duration):
        return at_risk.working_s(cycle.calendar.day_s)
    target_s = cycle.target_s or 0
    return target_s - target_s * at_risk // 100


def next_change(cycle: Cycle, now: Moment, at_risk_s: int) -> Moment | None:
    """Find the first moment after `now` at which the standing is another, if nothing happens to the ticket.

    None when it never is: the clock is paused, stopped or breached, or has no target. Raises ValueError when that
    takes more than 50 years.
    """
    return next((at for at in changes(cycle, at_risk_s) if at > now), None)


def changes(cycle: Cycle, at_risk_s: int) -> tuple[Moment, ...]:
    """Find the moments at which a running clock's standing is another, past ones included, as `next_change` does.

    Those of stretches that are over are left out: what these ran counts from the first.
    """
    if cycle.zero_s is None or cycle.target_s is None:
        return ()
    # The last second of the target is still in time, so that the breach is the second after it.
    amounts = (amount_s for amount_s in (cycle.target_s - at_risk_s, cycle.target_s + 1) if amount_s > 0)
    reached = (reached_at(cycle, amount_s, cycle.started_at) for amount_s in amounts)
    return tuple(at for at in reached if at is not None and at > cycle.segments[-1][0])
