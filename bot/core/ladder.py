"""Ladders: which rung of a clock is reached, and when the next one will be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from bot.core.calendar import Calendar
from bot.core.clock import Cycle, reached_at
from bot.core.deadline import Deadline, due_day
from bot.core.duration import Duration
from bot.core.entries import Rung
from bot.core.ticket import Moment

_ONE_DAY = timedelta(days=1)

BREACH = 3
"""The urgency of a breach and of what follows it."""


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


def deadline_moments(rungs: Sequence[Rung], deadline: Deadline, desk: Calendar, since: Moment) -> list[Reached]:
    """The moments of all rungs and repeats beside a deadline, in the ladder's order, none before `since`.

    Days are dates: `2wd` before is the desk's opening two of its working days before the last one in time, `1wd`
    past the opening one working day after the first that is late. Hours are the desk's, or the wall clock's.
    """
    return [
        Reached(rung, repeat, max(since, at))
        for rung in rungs
        for repeat, at in enumerate(_beside(rung, deadline, desk))
    ]


def _beside(rung: Rung, deadline: Deadline, desk: Calendar) -> Iterator[Moment]:
    if rung.before_due is not None:
        first = before(deadline, rung.before_due, desk)
    elif rung.past_due is not None:
        first = _beyond(deadline.due_at + 1, rung.past_due, 1, desk)
    else:
        raise ValueError(f"rung {rung.rung!r} says not when it is reached")
    yield first
    if rung.every is not None:
        for repeat in range(1, rung.times):
            yield _beyond(first, rung.every, repeat, desk)


def before(deadline: Deadline, length: Duration, desk: Calendar) -> Moment:
    """Find the moment so long before a deadline's end; of days the desk's opening."""
    match length.kind:
        case "working":
            return desk.add(deadline.due_at, -length.amount)
        case "clock":
            return deadline.due_at - length.amount
    last = due_day(deadline, desk)
    if length.kind == "days":
        return desk.opening_on(desk.add_working_days(last + _ONE_DAY, -1 - length.amount))
    return desk.opening_on(desk.add_working_days(last - _ONE_DAY * (length.amount - 1), -1))


def _beyond(at: Moment, length: Duration, times: int, desk: Calendar) -> Moment:
    amount = length.amount * times
    match length.kind:
        case _ if amount == 0:
            return at
        case "working":
            return desk.add(at, amount)
        case "clock":
            return at + amount
    first = desk.day_of(desk.next_opening(at))
    if length.kind == "days":
        return desk.opening_on(desk.add_working_days(first, amount))
    return desk.opening_on(first + _ONE_DAY * amount)


def highest(moments: Sequence[Reached], now: Moment) -> Reached | None:
    """The last rung already reached: the only one that is due."""
    return next((reached for reached in reversed(moments) if reached.at <= now), None)


def next_at(moments: Sequence[Reached], now: Moment) -> Moment | None:
    """When the next rung will be reached, if nothing changes."""
    return min((reached.at for reached in moments if reached.at > now), default=None)


def urgency(rung: Rung) -> int:
    """How urgent a rung is: reminders 1, warnings 2, breaches and what follows them 3."""
    if rung.past_due is not None:
        return BREACH
    return 1 if rung.after is not None else 2
