"""The periods that indicators are counted over: half-open stretches of a desk's local days. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal, get_args

import msgspec

from bot.core.calendar import Calendar
from bot.core.ticket import Moment

Kind = Literal["day", "week", "month", "quarter", "year"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_ONE_DAY = timedelta(days=1)
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


class Period(msgspec.Struct, frozen=True):
    """Local days from `first` to `last`, both included: the moments from `from_at` on, before `until_at`.

    A `day` begins with a working day, or with the days off that follow the one before, so that nothing falls between
    two of them. Weeks begin on Mondays.
    """

    kind: Kind
    first: date
    last: date
    from_at: Moment
    until_at: Moment

    def holds(self, at: Moment | None) -> bool:
        """Whether a moment is one of the period's."""
        return at is not None and self.from_at <= at < self.until_at


def period_of(kind: Kind, day: date, calendar: Calendar) -> Period:
    """Give the period that a local day is in."""
    if kind == "day":
        first, last = _working_day(day, calendar)
    elif kind == "week":
        first = day - timedelta(days=day.weekday())
        last = first + timedelta(days=6)
    else:
        months = _MONTHS[kind]
        first = date(day.year, (day.month - 1) // months * months + 1, 1)
        last = _month_after(first, months) - _ONE_DAY
    until = calendar.start_of_day(last + _ONE_DAY)
    return Period(kind, first, last, calendar.start_of_day(first), until)


def period_before(period: Period, calendar: Calendar) -> Period:
    """Give the period of the same kind that ends where this one begins."""
    return period_of(period.kind, period.first - _ONE_DAY, calendar)


def last_ended(kind: Kind, now: Moment, calendar: Calendar) -> Period:
    """Give the last period of a kind that was over at `now`.

    On a working day that is, of kind `day`, the working day before with the days off that followed it.
    """
    running = period_of(kind, calendar.day_of(now), calendar)
    return running if running.until_at <= now else period_before(running, calendar)


def _working_day(day: date, calendar: Calendar) -> tuple[date, date]:
    """The working day up to which a day is counted, with the days off after it."""
    first = calendar.add_working_days(day + _ONE_DAY, -1)
    return first, calendar.next_working_day(first + _ONE_DAY) - _ONE_DAY


def _month_after(first: date, months: int) -> date:
    index = first.year * 12 + first.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
