"""The clocks of a ticket as they are drawn: stretches, marks and days on one axis of time, in percent. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.core.clock import Standing
from bot.core.explanation import Explanation, Run
from bot.core.ticket import Moment

_DAY_S = 24 * 3600
_AHEAD = 0.5
"""How far ahead of now a due moment is still on the axis, as a part of what lies behind."""

_STEPS_DAYS = (1, 2, 7, 14, 30, 90, 365, 1825)
_MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch from `x` on, `width` wide: the clock `ran` or was `paused`, or ran on when it was `over`."""

    x: float
    width: float
    kind: str


@dataclass(frozen=True, slots=True)
class Track:
    """One clock or deadline: its stretches, with the places of its due moment and of its stop, if they are there."""

    name: str
    standing: Standing | None
    bars: tuple[Bar, ...]
    runs: tuple[Run, ...]
    due: tuple[float, ...] = ()
    stops: tuple[float, ...] = ()
    beyond: bool = False
    """Whether it is due later than the axis goes."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """All clocks on one axis. `ticks` are the beginnings of days with their dates; `now` is where now is."""

    tracks: tuple[Track, ...]
    ticks: tuple[tuple[float, datetime], ...]
    now: float | None


def draw(found: Explanation, called: Callable[[str], str]) -> Drawing | None:
    """Lay out the clocks that ran on a ticket, each under what its policy is called; None where none did."""
    runs = [run for clock in found.clocks for run in clock.runs]
    if not runs:
        return None
    since = min(run.started_at for run in runs)
    is_over = all(run.stopped_at is not None for run in runs)
    until = max(run.stopped_at or 0 for run in runs) if is_over else found.asked_at
    until = max(until, since + 3600)
    ahead = until + (until - since) * _AHEAD + _DAY_S
    dues = [run.due_at for run in runs if run.due_at is not None and run.due_at <= ahead]
    until = max([until, *dues])
    axis = _Axis(since, int(until + (until - since) * 0.02) + 1)
    tracks = tuple(
        _track(called(clock.policy), clock.runs, found.asked_at, axis) for clock in found.clocks if clock.runs
    )
    now = axis.place(found.asked_at) if found.asked_at <= axis.until else None
    return Drawing(tracks, tuple(_ticks(axis, ZoneInfo(found.timezone))), now)


@dataclass(frozen=True, slots=True)
class _Axis:
    since: Moment
    until: Moment

    def place(self, at: Moment) -> float:
        share = (at - self.since) / (self.until - self.since)
        return round(100 * min(1.0, max(0.0, share)), 3)

    def holds(self, at: Moment | None) -> bool:
        return at is not None and self.since <= at <= self.until


def _track(name: str, runs: Sequence[Run], now: Moment, axis: _Axis) -> Track:
    return Track(
        name=name,
        standing=runs[-1].standing,
        bars=tuple(bar for run in runs for bar in _bars(run, now, axis)),
        runs=tuple(runs),
        due=tuple(axis.place(run.due_at) for run in runs if run.due_at is not None and axis.holds(run.due_at)),
        stops=tuple(axis.place(run.stopped_at) for run in runs if run.stopped_at is not None),
        beyond=any(run.due_at is not None and run.due_at > axis.until for run in runs[-1:]),
    )


def _bars(run: Run, now: Moment, axis: _Axis) -> Iterator[Bar]:
    over_at = run.due_at if run.standing in ("breached", "missed") else None
    for each in run.segments:
        to_at = now if each.to_at is None else each.to_at
        if not each.runs:
            yield _bar(each.from_at, to_at, "paused", axis)
            continue
        cut = to_at if over_at is None else min(max(over_at, each.from_at), to_at)
        if cut > each.from_at:
            yield _bar(each.from_at, cut, "ran", axis)
        if cut < to_at:
            yield _bar(cut, to_at, "over", axis)


def _bar(since: Moment, until: Moment, kind: str, axis: _Axis) -> Bar:
    x = axis.place(since)
    return Bar(x, round(max(axis.place(until) - x, 0.15), 3), kind)


def _ticks(axis: _Axis, zone: ZoneInfo) -> Iterator[tuple[float, datetime]]:
    """The beginnings of days, few enough to be read."""
    days = (axis.until - axis.since) / _DAY_S
    step = next((each for each in _STEPS_DAYS if days / each <= _MOST_TICKS), _STEPS_DAYS[-1])
    day = datetime.fromtimestamp(axis.since, zone).date() + timedelta(days=1)
    while (at := datetime.combine(day, time(), zone)).timestamp() <= axis.until:
        yield axis.place(int(at.timestamp())), at
        day += timedelta(days=step)
