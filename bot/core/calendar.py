"""Working time: how much of it passes between two moments, and when an amount of it has passed.

The one place with local time. Hours are half-open intervals on the local wall clock, amounts are real elapsed
seconds: the hour that autumn repeats counts twice, the hour that spring leaves out not at all.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from bot.core.ticket import Moment

Hours = tuple[tuple[int, int], ...]
"""The intervals of one day, ascending and apart, as seconds of its wall clock from 0 to 86400."""

_DAY_S = 86_400
_ONE_DAY = timedelta(days=1)
_HORIZON_S = 50 * 366 * _DAY_S
_SHORTENED_BY_S = 3 * 3600
_FIRST_YEAR, _LAST_YEAR = 1970, 2199
_EPOCH = date(1970, 1, 1).toordinal()
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_INTERVAL = re.compile(r"(?P<from_h>[0-9]{2}):(?P<from_m>[0-9]{2})-(?P<to_h>[0-9]{2}):(?P<to_m>[0-9]{2})")


@dataclass(frozen=True, slots=True)
class _Table:
    """The working intervals from `lo` to `hi`, ascending, those that touch joined.

    `worked[i]` is the working time from `lo` to `closes[i]`. Entry 0 is an empty interval at `lo`, so that
    every moment of the table has an interval that opened at or before it.
    """

    lo: Moment
    hi: Moment
    opens: list[Moment]
    closes: list[Moment]
    worked: list[int]


def _new_year(year: int) -> Moment:
    return (date(year, 1, 1).toordinal() - _EPOCH) * _DAY_S


def _year_of(at: Moment) -> int:
    return date.fromordinal(_EPOCH + at // _DAY_S).year


_FIRST, _LAST = _new_year(_FIRST_YEAR), _new_year(_LAST_YEAR + 1)
_EMPTY = _Table(_LAST, _FIRST, [], [], [])


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """When a queue works, and what a working day amounts to on a clock (`day_s`, in seconds).

    Answers depend on nothing but what is asked: neither on the machine's zone nor on earlier questions.
    Counting raises ValueError for moments outside the years 1970 to 2199. Made by `build_calendar`.
    """

    name: str
    timezone: str
    day_s: int
    _zone: ZoneInfo
    _weekly: tuple[Hours, ...]
    _exceptions: Mapping[date, Hours]
    _closed: Callable[[int], frozenset[date]]
    _shortened: Callable[[int], frozenset[date]]
    # One table, replaced whole by a longer one when a moment outside it is asked for: threads may share it.
    _tables: list[_Table] = field(default_factory=lambda: [_EMPTY], repr=False)

    def between(self, start: Moment, end: Moment) -> int:
        """Count the working seconds from `start` to `end`. Raises ValueError when `end` is before `start`."""
        if end < start:
            raise ValueError("working time is counted forwards: the end is before the start")
        table = self._covering(start, end)
        return _worked(table, end) - _worked(table, start)

    def add(self, at: Moment, amount_s: int) -> Moment:
        """Find the earliest moment by which `amount_s` working seconds have passed since `at`; 0 gives `at`.

        A negative amount gives the latest moment from which that much passes until `at`. On a boundary the
        earliest is a closing time, the latest an opening time. Raises ValueError beyond 50 years.
        """
        if amount_s == 0:
            return at
        table, reach_s = self._covering(at, at), 0
        while not 0 <= (sum_s := _worked(table, at) + amount_s) <= table.worked[-1] and reach_s < _HORIZON_S:
            reach_s = min(_HORIZON_S, max(2 * reach_s, abs(amount_s)))
            table = self._around(at, reach_s if amount_s > 0 else -reach_s)
        i = bisect_left(table.worked, sum_s) if amount_s > 0 else bisect_right(table.worked, sum_s)
        found = None if sum_s < 0 or i == len(table.worked) else table.closes[i] - (table.worked[i] - sum_s)
        if found is None or abs(found - at) > _HORIZON_S:
            raise ValueError(f"calendar {self.name!r}: {amount_s} working seconds take more than 50 years")
        return found

    def next_opening(self, at: Moment) -> Moment:
        """Find the first working moment at or after `at`. Raises ValueError when 50 years have none."""
        return self.add(at, 1) - 1

    def is_open(self, at: Moment) -> bool:
        """Whether `at` is working time: opening time is, closing time is not."""
        return self.between(at, at + 1) == 1

    def closes_at(self, at: Moment) -> Moment | None:
        """Find the end of the working interval holding `at`; None when closed, or open for 50 years."""
        if not self.is_open(at):
            return None
        reach_s = _DAY_S
        while True:
            table = self._around(at, reach_s)
            closing = table.closes[bisect_right(table.opens, at) - 1]
            if closing < table.hi or reach_s == _HORIZON_S:
                return closing if closing <= at + _HORIZON_S else None
            reach_s = min(_HORIZON_S, 2 * reach_s)

    def local(self, at: Moment) -> datetime:
        """Show `at` by the wall clock of the calendar's zone. Never subtract two of these."""
        return datetime.fromtimestamp(at, self._zone)

    def day_of(self, at: Moment) -> date:
        """Give the local date at `at`."""
        return self.local(at).date()

    def start_of_day(self, day: date) -> Moment:
        """Find the first moment of a local date, or the first after it where the zone skips the date."""
        # Where the clock skips midnight, fold=0 counts by the offset before the gap: the moment it skips.
        return int(datetime(day.year, day.month, day.day, tzinfo=self._zone, fold=0).timestamp())

    def moment(self, wall: datetime) -> Moment:
        """Find when the clock on the wall shows `wall`, the first time of two. Raises ValueError if it never does."""
        at = int(wall.replace(tzinfo=self._zone, fold=0).timestamp())
        if self.local(at).replace(tzinfo=None) != wall:
            raise ValueError(f"the clocks of {self.timezone} never show {wall:%Y-%m-%d %H:%M}")
        return at

    def is_working_day(self, day: date) -> bool:
        """Whether any part of a local date is worked; a shortened day is a working day."""
        return bool(self._hours_on(day))

    def next_working_day(self, day: date) -> date:
        """Find the first working day on `day` or after it. Raises ValueError when 50 years have none."""
        return self.add_working_days(day - _ONE_DAY, 1)

    def add_working_days(self, day: date, amount: int) -> date:
        """Find the `amount`th working day after `day`, before it when negative; 0 gives `day`, worked or not.

        Raises ValueError beyond 50 years.
        """
        step = _ONE_DAY if amount > 0 else -_ONE_DAY
        found, left = day, abs(amount)
        while left:
            found += step
            left -= self.is_working_day(found)
            if abs(found - day).days * _DAY_S > _HORIZON_S:
                raise ValueError(f"calendar {self.name!r}: {amount} working days take more than 50 years")
        return found

    def working_days(self, after: date, until: date) -> int:
        """Count the working days after one date up to and including another; none when that is no later."""
        return sum(self.is_working_day(after + timedelta(n)) for n in range(1, (until - after).days + 1))

    def end_of_day(self, day: date) -> Moment:
        """Find the moment at which a local date is over, its 24:00."""
        return self.start_of_day(day + _ONE_DAY)

    def opening_on(self, day: date) -> Moment:
        """Find when work begins on a local date, or after it where that is no working day."""
        return self.next_opening(self.start_of_day(day))

    def _around(self, at: Moment, reach_s: int) -> _Table:
        return self._covering(max(_FIRST, min(at, at + reach_s)), min(_LAST, max(at, at + reach_s)))

    def _covering(self, start: Moment, end: Moment) -> _Table:
        table = self._tables[0]
        if table.lo <= start and end <= table.hi:
            return table
        if start < _FIRST or end > _LAST:
            raise ValueError(f"working time is counted from {_FIRST_YEAR} to {_LAST_YEAR} only")
        lo = min(table.lo, _new_year(_year_of(start)))
        hi = max(table.hi, min(_LAST, _new_year(_year_of(end) + 1)))
        self._tables[0] = table = self._table(lo, hi)
        return table

    def _table(self, lo: Moment, hi: Moment) -> _Table:
        opens, closes, worked = [lo], [lo], [0]
        for since, until, offset_s in _steady(self._zone, lo, hi):
            for day in range((since + offset_s) // _DAY_S, (until + offset_s - 1) // _DAY_S + 1):
                midnight = day * _DAY_S - offset_s
                for from_s, to_s in self._hours_on(date.fromordinal(_EPOCH + day)):
                    opening, closing = max(since, midnight + from_s), min(until, midnight + to_s)
                    if opening >= closing:
                        continue
                    if opening == closes[-1] and len(opens) > 1:
                        closes[-1], worked[-1] = closing, worked[-1] + closing - opening
                    else:
                        opens.append(opening)
                        closes.append(closing)
                        worked.append(worked[-1] + closing - opening)
        return _Table(lo, hi, opens, closes, worked)

    def _hours_on(self, day: date) -> Hours:
        if day in self._exceptions:
            return self._exceptions[day]
        if day in self._closed(day.year):
            return ()
        hours = self._weekly[day.weekday()]
        return _cut(hours, _SHORTENED_BY_S) if day in self._shortened(day.year) else hours


def _worked(table: _Table, at: Moment) -> int:
    i = bisect_right(table.opens, at) - 1
    left_s = table.closes[i] - at
    return table.worked[i] - left_s if left_s > 0 else table.worked[i]


def _steady(zone: ZoneInfo, lo: Moment, hi: Moment) -> Iterator[tuple[Moment, Moment, int]]:
    """Cut `lo` to `hi`, both midnights in UTC, into stretches with one offset from UTC each.

    Offsets are looked up once a day: since 1970 the closest two changes of any zone are 166 hours apart.
    """

    def offset_s(at: Moment) -> int:
        offset = datetime.fromtimestamp(at, zone).utcoffset()
        return int(offset.total_seconds()) if offset else 0

    def changed(at: Moment) -> bool:
        return offset_s(at) != steady_s

    since, steady_s = lo, offset_s(lo)
    for at in range(lo + _DAY_S, hi + 1, _DAY_S):
        if changed(at):
            change = bisect_left(range(at), True, lo=at - _DAY_S, key=changed)
            yield since, change, steady_s
            since, steady_s = change, offset_s(at)
    yield since, hi, steady_s


def build_calendar(
    name: str,
    *,
    timezone: str,
    hours: Mapping[str, str | Sequence[str]] | str,
    day_s: int | None,
    closed: Callable[[int], frozenset[date]],
    shortened: Callable[[int], frozenset[date]],
    exceptions: Mapping[date, str],
) -> Calendar:
    """Make a calendar, or raise ValueError saying what is wrong with it.

    `hours` maps weekdays (`sat`, `mon-fri`) to intervals (`09:00-12:30, 13:00-24:00`), or is the word `24x7`.
    `day_s` is what `1wd` means on a clock, by default the length of the longest weekday. `closed` gives the
    holidays of a year; `shortened` the days of a year that end three hours early where they are worked
    (TLS § 53). `exceptions` gives dates hours of their own, or `closed`, whatever else would hold for them.
    """
    try:
        weekly = _weekly(hours)
        dated = {day: () if text == "closed" else _hours(text) for day, text in exceptions.items()}
        longest_s = max(map(_length, weekly))
        if longest_s == 0:
            raise ValueError("it is never open")
        if day_s is not None and day_s <= 0:
            raise ValueError("its day has no length")
        zone = _zone(timezone)
    except ValueError as wrong:
        raise ValueError(f"calendar {name!r}: {wrong}") from None
    return Calendar(name, timezone, day_s or longest_s, zone, weekly, dated, cache(closed), cache(shortened))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; write for example Europe/Tallinn") from None


def _weekly(hours: Mapping[str, str | Sequence[str]] | str) -> tuple[Hours, ...]:
    if isinstance(hours, str):
        if hours != "24x7":
            raise ValueError(f"{hours!r} are not hours; write 24x7, or weekdays with their hours")
        return (((0, _DAY_S),),) * 7
    week: dict[int, Hours] = {}
    for days, text in hours.items():
        intervals = _hours(text)
        for weekday in _days(days):
            if weekday in week:
                raise ValueError(f"{_WEEKDAYS[weekday]} has hours twice")
            week[weekday] = intervals
    return tuple(week.get(weekday, ()) for weekday in range(7))


def _days(text: str) -> range:
    first, _, last = text.partition("-")
    if first not in _WEEKDAYS or (last or first) not in _WEEKDAYS or text.endswith("-"):
        raise ValueError(f"{text!r} is not a weekday; write for example mon-fri or sat")
    days = range(_WEEKDAYS.index(first), _WEEKDAYS.index(last or first) + 1)
    if not days:
        raise ValueError(f"{text!r} runs backwards; the week begins on mon")
    return days


def _hours(text: str | Sequence[str]) -> Hours:
    parts = text.split(",") if isinstance(text, str) else text
    hours = tuple(_interval(part.strip()) for part in parts)
    if not hours:
        raise ValueError("hours are empty; leave a day out, or write closed for a date, when it is not worked")
    for (_, earlier_s), (later_s, _) in pairwise(hours):
        if later_s < earlier_s:
            raise ValueError(f"{', '.join(part.strip() for part in parts)!r} overlaps or is not in order")
    return hours


def _interval(text: str) -> tuple[int, int]:
    found = _INTERVAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} are not hours; write for example 08:00-17:00")
    from_s, to_s = (int(found[f"{end}_h"]) * 3600 + int(found[f"{end}_m"]) * 60 for end in ("from", "to"))
    if max(int(found["from_m"]), int(found["to_m"])) > 59 or to_s > _DAY_S:
        raise ValueError(f"{text!r} has a time that no day has; a day ends at 24:00")
    if found["to_h"] == "23" and found["to_m"] == "59":
        raise ValueError(f"{text!r} leaves out the day's last minute; write 24:00")
    if from_s >= to_s:
        raise ValueError(f"{text!r} ends before it has begun; split hours that run over midnight at 24:00")
    return from_s, to_s


def _length(hours: Hours) -> int:
    return sum(to_s - from_s for from_s, to_s in hours)


def _cut(hours: Hours, off_s: int) -> Hours:
    """Keep the hours without the last `off_s` seconds of them."""
    kept: list[tuple[int, int]] = []
    left_s = _length(hours) - off_s
    for from_s, to_s in hours:
        if left_s > 0:
            kept.append((from_s, min(to_s, from_s + left_s)))
        left_s -= to_s - from_s
    return tuple(kept)
