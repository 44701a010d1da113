"""Who is asked about working time: the floor, our engine, a loop over days, and the packages people take for it.

Everybody gets calendar and questions in the types it likes best, made before the clock runs, and the holidays of all
years as a plain set, which is the fastest. Nobody but our engine and the loop can end single days early.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd  # type: ignore[import-untyped]
import pytz  # type: ignore[import-untyped]
from business_duration import businessDuration  # type: ignore[import-untyped]
from businesstimedelta import BusinessTimeDelta, HolidayRule, Rules, WorkDayRule  # type: ignore[import-untyped]
from pandas.tseries.offsets import CustomBusinessHour  # type: ignore[import-untyped]

from bot.core.calendar import Calendar
from bot.public_holidays import holidays_in, shortened_days

YEARS = range(2020, 2034)
ZONE = "Europe/Tallinn"
LOCAL = ZoneInfo(ZONE)
HOUR_S = 3600
HOLIDAYS = frozenset(chain.from_iterable(holidays_in("EE", year) for year in YEARS))
EVES = frozenset(chain.from_iterable(map(shortened_days, YEARS)))

FLOOR, OURS = "floor: one sum of two numbers", "**Piletibot**"

_PYTZ = pytz.timezone(ZONE)
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Office:
    """Hours that every peer can be told: the first `weekdays` of the week, but not on public holidays.

    `closes_early` is for the eves, None where they are as other days.
    """

    opens: time
    closes: time
    closes_early: time | None
    weekdays: int


@dataclass(frozen=True)
class Question:
    """From `start` to `end`, how much; and from `start`, when have so many hours passed. Targets are whole hours."""

    start: int
    end: int
    hours: int


@dataclass(frozen=True)
class Contender:
    """Who answers `at_a_time` questions in a round: takes each as `given`, and means `told` by its answer.

    `told` is in seconds, a count or a moment, and right when `within_s` of the truth: 0 but for who counts hours.
    """

    name: str
    at_a_time: int
    given: Callable[[Question], tuple[Any, Any]]
    work: Callable[[Any, Any], Any]
    told: Callable[[Any], float] = float
    within_s: int = 0


def hours_of(office: Office, day: date) -> tuple[datetime, datetime] | None:
    """Give when a day's work begins and ends; None when it is not worked."""
    if day.weekday() >= office.weekdays or day in HOLIDAYS:
        return None
    early = office.closes_early if day in EVES else None
    return datetime.combine(day, office.opens, LOCAL), datetime.combine(day, early or office.closes, LOCAL)


def looped_between(office: Office, start: datetime, end: datetime) -> timedelta:
    """Count as one does by hand: day by day, what the day's hours and the span have in common."""
    total, day, last = timedelta(), start.date(), end.date()
    while day <= last:
        if hours := hours_of(office, day):
            since, until = max(start, hours[0]), min(end, hours[1])
            if since < until:
                total += until - since
        day += timedelta(days=1)
    return total


def looped_add(office: Office, start: datetime, left: timedelta) -> datetime:
    """Add as one does by hand: use up the hours day by day until the rest fits."""
    day = start.date()
    while True:
        if hours := hours_of(office, day):
            since = max(start, hours[0])
            if since < hours[1]:
                if left <= hours[1] - since:
                    return since + left
                left -= hours[1] - since
        day += timedelta(days=1)


def counters(office: Office, calendar: Calendar, *, long: bool) -> list[Contender]:
    """Give who counts `between`: the floor, then ours, then the peers; the slow are asked less for long spans."""
    often, some, few = (2000, 50, 1) if long else (2000, 500, 20)
    rules, weekend, hour = _rules(office), list(range(office.weekdays, 7)), _business_hour(office)
    return [
        Contender(FLOOR, often, _two(int), lambda start, end: end - start),
        Contender(OURS, often, _two(int), calendar.between),
        Contender(
            "day loop",
            some,
            _two(_local),
            lambda start, end: looped_between(office, start, end),
            timedelta.total_seconds,
        ),
        Contender(
            "businesstimedelta",
            few,
            _two(_pytz),
            rules.difference,
            lambda found: float(found.timedelta.total_seconds()),
        ),
        Contender(
            "business-duration",
            2 * few,
            _two(_naive),
            lambda start, end: businessDuration(start, end, office.opens, office.closes, weekend, HOLIDAYS, "sec"),
        ),
        Contender(
            "pandas CustomBusinessHour, to the hour",
            max(1, few // 3),
            _two(_stamp),
            lambda start, end: len(pd.date_range(start, end, freq=hour)),
            _in_seconds,
            HOUR_S,
        ),
    ]


def adders(office: Office, calendar: Calendar, *, long: bool) -> list[Contender]:
    """Give who can `add`, as `counters` does; `business-duration` cannot."""
    often, some, few = (2000, 50, 1) if long else (2000, 500, 20)
    rules, hour = _rules(office), _business_hour(office)
    return [
        Contender(FLOOR, often, _start_and(int, _in_seconds), lambda start, amount_s: start + amount_s),
        Contender(OURS, often, _start_and(int, _in_seconds), calendar.add),
        Contender(
            "day loop",
            some,
            _start_and(_local, lambda hours: timedelta(hours=hours)),
            lambda start, left: looped_add(office, start, left),
            datetime.timestamp,
        ),
        Contender(
            "businesstimedelta",
            few,
            _start_and(_pytz, lambda hours: BusinessTimeDelta(rules, hours=hours)),
            operator.add,
            datetime.timestamp,
        ),
        Contender(
            "pandas CustomBusinessHour, whole hours",
            2 * few,
            _start_and(_stamp, int),
            lambda start, hours: start + hours * hour,
            lambda found: float(found.replace(tzinfo=LOCAL).timestamp()),
        ),
    ]


def _rules(office: Office) -> Rules:
    days = WorkDayRule(office.opens, office.closes, list(range(office.weekdays)), tz=_PYTZ)
    return Rules([days, HolidayRule(HOLIDAYS, tz=_PYTZ)], tz=_PYTZ)


def _business_hour(office: Office) -> CustomBusinessHour:
    mask = " ".join(_WEEKDAYS[: office.weekdays])
    return CustomBusinessHour(start=office.opens, end=office.closes, weekmask=mask, holidays=sorted(HOLIDAYS))


def _two(moment: Callable[[int], Any]) -> Callable[[Question], tuple[Any, Any]]:
    return lambda question: (moment(question.start), moment(question.end))


def _start_and(moment: Callable[[int], Any], hours: Callable[[int], Any]) -> Callable[[Question], tuple[Any, Any]]:
    return lambda question: (moment(question.start), hours(question.hours))


def _local(at: int) -> datetime:
    return datetime.fromtimestamp(at, LOCAL)


def _pytz(at: int) -> datetime:
    return datetime.fromtimestamp(at, _PYTZ)


def _naive(at: int) -> datetime:
    return _local(at).replace(tzinfo=None)


def _stamp(at: int) -> pd.Timestamp:
    # Without a zone: with one, `date_range` refuses to begin in the hour that autumn repeats.
    return pd.Timestamp(_naive(at))


def _in_seconds(hours: int) -> int:
    return hours * HOUR_S
