"""One SLA clock: what its ticks make of it, how long it has run, when it is due, how it stands.

Pure arithmetic of a history that is known up to now: for a look back, give the ticks up to then.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Literal

from bot.core.calendar import Calendar
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

    `stopped_at` is None until it stops; `target_s` is None for a clock that only measures.
    """

    policy: str
    started_at: Moment
    stopped_at: Moment | None
    segments: tuple[tuple[Moment, Moment | None], ...]
    target_s: int | None
    calendar: Calendar


def cycles(policy: str, ticks: Iterable[Tick], calendar: Calendar, target_s: int | None) -> tuple[Cycle, ...]:
    """Run a clock over its whole history, oldest cycle first; calendar and target hold for all of it.

    Ticks are taken in order of time, those of one moment in the order given. A start begins a new cycle
    unless one is running or paused. A resume continues a paused or stopped cycle; what lay between counts as
    paused. A reset takes the cycle back to zero then and there, running, paused or stopped as it was. A pause
    before any start begins a paused cycle. Other ticks that find nothing to do are ignored.
    """
    found: list[Cycle] = []
    for tick in sorted(ticks, key=attrgetter("at")):
        if found and (tick.act != "start" or found[-1].stopped_at is None):
            found[-1] = _ticked(found[-1], tick)
        elif tick.act == "start":
            found.append(Cycle(policy, tick.at, None, ((tick.at, None),), target_s, calendar))
        elif tick.act == "pause":
            found.append(Cycle(policy, tick.at, None, (), target_s, calendar))
    return tuple(found)


def _ticked(cycle: Cycle, tick: Tick) -> Cycle:
    at, runs, ended = tick.at, is_running(cycle), cycle.stopped_at
    match tick.act:
        case "pause" if runs:
            return replace(cycle, segments=_closed(cycle, at))
        case "resume" if not runs:
            return replace(cycle, segments=(*cycle.segments, (at, None)), stopped_at=None)
        case "stop" if ended is None:
            return replace(cycle, segments=_closed(cycle, at), stopped_at=at)
        case "reset":
            return replace(cycle, started_at=at if ended is None else ended, segments=((at, None),) if runs else ())
    return cycle


def _closed(cycle: Cycle, at: Moment) -> tuple[tuple[Moment, Moment | None], ...]:
    return (*cycle.segments[:-1], (cycle.segments[-1][0], at)) if is_running(cycle) else cycle.segments


def is_running(cycle: Cycle) -> bool:
    """Whether the clock counts, be it outside its calendar's hours just now."""
    return bool(cycle.segments) and cycle.segments[-1][1] is None


def is_paused(cycle: Cycle) -> bool:
    """Whether the clock neither counts nor has stopped."""
    return cycle.stopped_at is None and not is_running(cycle)


def elapsed_s(cycle: Cycle, now: Moment) -> int:
    """Count the working seconds the clock has run; a stretch that begins after `now` adds nothing yet."""
    return sum(
        cycle.calendar.between(since, max(since, now) if until is None else until) for since, until in cycle.segments
    )


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


def standing(cycle: Cycle, now: Moment, at_risk_s: int) -> Standing:
    """Judge the clock at `now`; it is at risk when no more than `at_risk_s` of its target is left.

    Breached and missed mean that more than the target has run: the due moment itself is still in time.
    A breach outlasts a pause; a clock without a target is met once it stops.
    """
    left_s = None if cycle.target_s is None else cycle.target_s - elapsed_s(cycle, now)
    if left_s is not None and left_s < 0:
        return "breached" if cycle.stopped_at is None else "missed"
    if cycle.stopped_at is not None:
        return "met"
    if is_paused(cycle):
        return "paused"
    return "at risk" if left_s is not None and left_s <= at_risk_s else "on track"
