"""Ladders: which rung of a clock is reached, and when the next one will be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bot.core.clock import Cycle, reached_at
from bot.core.entries import Rung
from bot.core.ticket import Moment


class Reached(NamedTuple):
    """A rung, which repeat of it, and the moment it is or will be reached."""

    rung: Rung
    repeat: int
    at: Moment


def rung_moments(rungs: Sequence[Rung], cycle: Cycle, now: Moment) -> list[Reached]:
    """The moments of all rungs and repeats on a running clock, in the ladder's order; none while it is paused."""
    return [
        Reached(rung, repeat, at)
        for rung in rungs
        for repeat, amount_s in enumerate(_amounts(rung, cycle))
        if (at := reached_at(cycle, amount_s, now)) is not None
    ]


def _amounts(rung: Rung, cycle: Cycle) -> Iterator[int]:
    day_s = cycle.calendar.day_s
    every_s = rung.every.working_s(day_s) if rung.every else 0
    first = _amount(rung, cycle.target_s or 0, day_s)
    for repeat in range(rung.times):
        yield first + repeat * every_s


def _amount(rung: Rung, target_s: int, day_s: int) -> int:
    """The elapsed seconds at which a rung is reached. A breach is the first second beyond the target."""
    if rung.after is not None:
        return rung.after.working_s(day_s)
    if rung.share is not None:
        return target_s * rung.share // 100
    if rung.before_due is not None:
        return max(0, target_s - rung.before_due.working_s(day_s))
    if rung.past_due is not None:
        return target_s + rung.past_due.working_s(day_s) + 1
    raise ValueError(f"rung {rung.rung!r} says not when it is reached")


def highest(moments: Sequence[Reached], now: Moment) -> Reached | None:
    """The last rung already reached: the only one that is due."""
    return next((reached for reached in reversed(moments) if reached.at <= now), None)


def next_at(moments: Sequence[Reached], now: Moment) -> Moment | None:
    """When the next rung will be reached, if nothing changes."""
    return min((reached.at for reached in moments if reached.at > now), default=None)


def urgency(rung: Rung) -> int:
    """How urgent a rung is: reminders 1, warnings 2, breaches and what follows them 3."""
    if rung.past_due is not None:
        return 3
    return 1 if rung.after is not None else 2
