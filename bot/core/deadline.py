"""How a statutory or promised date is counted: by its own rule, never paused (TsÜS §§ 134-137).

Working days, calendar days and months start on the day after the event; hours of the clock on the wall run from
its very second. What is counted in days is over at the end of its last local day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from bot.core.calendar import Calendar
from bot.core.duration import Duration
from bot.core.steps import Amount, At, Day, Value
from bot.core.ticket import Moment

_FIRST_YEAR, _LAST_YEAR = 1971, 2150


@dataclass(frozen=True, slots=True)
class Milestone:
    """A date inside a deadline: what must be done, by when, when it was done (None: not yet), and whether in time."""

    name: str
    due_at: Moment
    done_at: Moment | None
    kept: bool


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline of a ticket, with the basis it rests on.

    `starts_at` is the event it counts from; `recorded` tells that a field says when that was, `provisional` that
    it is not known exactly and the earliest moment counts instead. `due_at` is the last instant in time: for what
    is counted `by_day` the end of a local day. `confirmed` tells that somebody confirmed its legal basis. `period`
    is the row of a season's dates. `raises` are the amounts before its end from which on it raises urgency.
    """

    name: str
    basis: str
    source: str
    confirmed: bool
    starts_at: Moment
    due_at: Moment
    by_day: bool
    recorded: bool
    provisional: bool
    extended: bool = False
    milestones: tuple[Milestone, ...] = ()
    period: str = ""
    raises: tuple[Duration, ...] = ()


class Start(NamedTuple):
    """The moment a deadline counts from, and whether it is known to the second or only by its day."""

    at: Moment
    exact: bool


def read_start(written: str, calendar: Calendar) -> Start | None:
    """Read a field's date, or its moment, which is local time of the calendar when it names no offset.

    None for what is neither, for a moment that the local clock leaves out, and outside the years 1971 to 2150.
    """
    try:
        exact = len(written) > len("2026-11-16")
        at = datetime.fromisoformat(written)
        if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
            return None
        if not exact:
            return Start(calendar.start_of_day(at.date()), exact)
        return Start(calendar.moment(at) if at.tzinfo is None else int(at.timestamp()), exact)
    except ValueError:
        return None


def ends_at(starts_at: Moment, within: Duration, calendar: Calendar, *, moves: bool) -> Moment:
    """Find the last instant of an amount of time that follows an event.

    Calendar days and months that would end on a day off end on the next working day if they move. Raises
    ValueError for working hours, which a clock counts.
    """
    if within.kind == "clock":
        return starts_at + within.amount
    return calendar.end_of_day(last_day(calendar.day_of(starts_at), within, calendar, moves=moves))


def last_day(event: date, within: Duration, calendar: Calendar, *, moves: bool) -> date:
    """Find the last day of an amount of days or months that starts on the day after `event`.

    Raises ValueError for what is not counted in days.
    """
    match within.kind:
        case "days":
            return calendar.add_working_days(event, within.amount)
        case "calendar days":
            day = event + timedelta(days=within.amount)
        case "months":
            day = _months_after(event, within.amount)
        case _:
            raise ValueError("only wd, cd and mo are counted in days")
    return calendar.next_working_day(day) if moves else day


def _months_after(event: date, months: int) -> date:
    """The corresponding day of a later month; its last day where it has no such day (TsÜS § 136)."""
    year, month = divmod(event.year * 12 + event.month - 1 + months, 12)
    first_of_next = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + timedelta(days=event.day - 1), first_of_next - timedelta(days=1))


def season_day(event: date, dates: Mapping[str, date], calendar: Calendar, *, moves: bool) -> tuple[str, date] | None:
    """Find the first of a season's dates that is not over before `event`, with its period; None when all are."""
    rows = [(calendar.next_working_day(day) if moves else day, period) for period, day in dates.items()]
    return min(((period, day) for day, period in rows if day >= event), key=lambda row: row[1], default=None)


def due_day(deadline: Deadline, calendar: Calendar) -> date:
    """Give the local date in which a deadline ends."""
    return calendar.day_of(deadline.due_at - 1)


def shown(at: Moment, calendar: Calendar, *, by_day: bool) -> Value:
    """Give a moment as messages show it: what is counted by days without a time of day."""
    return Day(calendar.day_of(at)) if by_day else At(at)


def is_over(deadline: Deadline, now: Moment) -> bool:
    """Whether the deadline has passed: its last instant is still in time."""
    return now > deadline.due_at


def distance(deadline: Deadline, calendar: Calendar, now: Moment) -> Amount:
    """Tell how much is left, or by how much it is over: in days that the desk works, at last in its working hours.

    What runs by the clock on the wall is told in hours of it.
    """
    if not deadline.by_day:
        return Amount(abs(deadline.due_at - now), None)
    today, last = calendar.day_of(now), due_day(deadline, calendar)
    days = calendar.working_days(today, last) or calendar.working_days(last, today)
    if days or is_over(deadline, now):
        return Amount(days * calendar.day_s, calendar.day_s)
    return Amount(calendar.between(now, deadline.due_at), None)
