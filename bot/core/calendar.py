"""Working time: how much of it passes between two moments, and when an amount of it has passed.

The one place with local time. Hours are half-open intervals on the local wall clock, amounts are real elapsed
seconds: the hour that autumn repeats counts twice, the hour that spring leaves out not at all.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from operator import itemgetter
from zoneinfo import ZoneInfo

from bot.core.hours import FIRST_YEAR, LAST_YEAR, Hours, Week, WrittenHours, hours_of, length_s, week_of, without_last
from bot.core.ticket import Moment

_DAY_S = 86_400
_ONE_DAY = timedelta(days=1)
_HORIZON_S = 50 * 366 * _DAY_S
_SHORTENED_BY_S = 3 * 3600
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class _Table:
    """The working intervals from `lo` to `hi`, ascending, those that touch joined.

    `worked[i]` is the working time from the anchor, which every table holds, to `closes[i]`, negative before it.
    Entry 0 is an empty interval at `lo`, so that every moment of the table has an interval that opened at or
    before it. `days[d]` is the last interval that opens before day `d` of UTC since `lo` is over: where to look
    for a moment of that day, going back, which is several times faster than a search by halves.
    """

    lo: Moment
    hi: Moment
    opens: list[Moment]
    closes: list[Moment]
    worked: list[int]
    days: list[int]


def _year_days(year: int) -> tuple[int, int]:
    return date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()


def _new_year(year: int) -> Moment:
    return (date(year, 1, 1).toordinal() - _EPOCH) * _DAY_S


def _year_of(at: Moment) -> int:
    return date.fromordinal(_EPOCH + at // _DAY_S).year


_FIRST, _ANCHOR, _LAST = _new_year(FIRST_YEAR), _new_year(2025), _new_year(LAST_YEAR + 1)
_EMPTY = _Table(_LAST, _FIRST, [], [], [], [])


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
    # From which local date on which week holds, ascending; the first holds before all others too.
    _weeks: tuple[tuple[date, Week], ...]
    _exceptions: Mapping[date, Hours]
    _closed: Callable[[int], frozenset[date]]
    _shortened: Callable[[int], frozenset[date]]
    # One table, replaced whole by a longer one when a moment outside it is asked for: threads may share it.
    _tables: list[_Table] = field(default_factory=lambda: [_EMPTY], repr=False)
    # What was asked of days before: whether each is worked. At most the days of the years that are counted.
    _worked_days: dict[date, bool] = field(default_factory=dict, repr=False)

    def between(self, start: Moment, end: Moment) -> int:
        """Count the working seconds from `start` to `end`. Raises ValueError when `end` is before `start`."""
        if end < start:
            raise ValueError("working time is counted forwards: the end is before the start")
        table = self._tables[0]
        if start < table.lo or end > table.hi:
            table = self._covering(start, end)
        return _worked(table, end) - _worked(table, start)

    def worked(self, at: Moment) -> int:
        """Count the working seconds from the first moment of 2025, in UTC, to `at`; negative before it.

        `worked(end) - worked(start)` is `between(start, end)`, so that one call serves all clocks of a calendar.
        """
        return _worked(self._covering(at, at), at)

    def add(self, at: Moment, amount_s: int) -> Moment:
        """Find the earliest moment by which `amount_s` working seconds have passed since `at`; 0 gives `at`.

        A negative amount gives the latest moment from which that much passes until `at`. On a boundary the
        earliest is a closing time, the latest an opening time. Raises ValueError beyond 50 years.
        """
        if amount_s == 0:
            return at
        table, reach_s = self._tables[0], 0
        if at < table.lo or at > table.hi:
            table = self._covering(at, at)
        sum_s = _worked(table, at) + amount_s
        while not table.worked[0] <= sum_s <= table.worked[-1] and reach_s < _HORIZON_S:
            reach_s = min(_HORIZON_S, max(2 * reach_s, abs(amount_s)))
            table = self._around(at, reach_s if amount_s > 0 else -reach_s)
        i = bisect_left(table.worked, sum_s) if amount_s > 0 else bisect_right(table.worked, sum_s)
        outside = sum_s < table.worked[0] or i == len(table.worked)
        found = None if outside else table.closes[i] - (table.worked[i] - sum_s)
        if found is None or abs(found - at) > _HORIZON_S:
            raise ValueError(f"calendar {self.name!r}: {amount_s} working seconds take more than 50 years")
        return found

    def next_opening(self, at: Moment) -> Moment:
        """Find the first working moment at or after `at`. Raises ValueError when 50 years have none."""
        return self.add(at, 1) - 1

    def is_open(self, at: Moment) -> bool:
        """Whether `at` is working time: opening time is, closing time is not."""
        table = self._tables[0]
        if at < table.lo or at >= table.hi:
            table = self._covering(at, at + 1)
        return at < table.closes[_opened(table, at)]

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

    def hours_on(self, day: date) -> Hours:
        """Give the intervals of a local date, whatever its week, its exceptions and closed days make of it."""
        if day in self._exceptions:
            return self._exceptions[day]
        if day in self._closed(day.year):
            return ()
        hours = self._weeks[bisect_right(self._weeks, day, key=itemgetter(0)) - 1][1][day.weekday()]
        return without_last(hours, _SHORTENED_BY_S) if day in self._shortened(day.year) else hours

    def works_in(self, year: int) -> bool:
        """Whether any day of a year has hours."""
        return any(map(self.hours_on, map(date.fromordinal, range(*_year_days(year)))))

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
        found = self._worked_days.get(day)
        if found is None:
            found = self._worked_days[day] = bool(self.hours_on(day))
        return found

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
            raise ValueError(f"working time is counted from {FIRST_YEAR} to {LAST_YEAR} only")
        lo = min(table.lo, _ANCHOR, _new_year(_year_of(start)))
        hi = max(table.hi, _ANCHOR, min(_LAST, _new_year(_year_of(end) + 1)))
        self._tables[0] = table = self._table(lo, hi)
        return table

    def _table(self, lo: Moment, hi: Moment) -> _Table:
        opens, closes, worked = [lo], [lo], [0]
        for since, until, offset_s in _steady(self._zone, lo, hi):
            for day in range((since + offset_s) // _DAY_S, (until + offset_s - 1) // _DAY_S + 1):
                midnight = day * _DAY_S - offset_s
                for from_s, to_s in self.hours_on(date.fromordinal(_EPOCH + day)):
                    opening, closing = max(since, midnight + from_s), min(until, midnight + to_s)
                    if opening >= closing:
                        continue
                    if opening == closes[-1] and len(opens) > 1:
                        closes[-1], worked[-1] = closing, worked[-1] + closing - opening
                    else:
                        opens.append(opening)
                        closes.append(closing)
                        worked.append(worked[-1] + closing - opening)
        days = [bisect_left(opens, midnight) - 1 for midnight in range(lo + _DAY_S, hi + 2 * _DAY_S, _DAY_S)]
        table = _Table(lo, hi, opens, closes, worked, days)
        anchored_s = _worked(table, _ANCHOR)
        table.worked[:] = [sum_s - anchored_s for sum_s in worked]
        return table


def _opened(table: _Table, at: Moment) -> int:
    """Find the last interval that opened at or before a moment of the table."""
    opens, i = table.opens, table.days[(at - table.lo) // _DAY_S]
    while opens[i] > at:
        i -= 1
    return i


def _worked(table: _Table, at: Moment) -> int:
    opens, i = table.opens, table.days[(at - table.lo) // _DAY_S]
    while opens[i] > at:
        i -= 1
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
    hours: WrittenHours,
    hours_from: Mapping[date, WrittenHours] = {},
    day_s: int | None,
    closed: Callable[[int], frozenset[date]],
    shortened: Callable[[int], frozenset[date]],
    exceptions: Mapping[date, str],
) -> Calendar:
    """Make a calendar, or raise ValueError saying what is wrong with it.

    `hours` maps weekdays (`sat`, `mon-fri`) to intervals (`09:00-12:30, 13:00-24:00`), or is the word `24x7`.
    `hours_from` gives other hours from a local date on, until the next such date; before the first, `hours` hold.
    `day_s` is what `1wd` means on a clock, by default the length of the longest weekday. `closed` gives the
    holidays of a year; `shortened` the days of a year that end three hours early where they are worked
    (TLS § 53). `exceptions` gives dates hours of their own, or `closed`, whatever else would hold for them.
    """
    try:
        weeks = [(date.min, week_of(hours)), *((day, week_of(hours_from[day])) for day in sorted(hours_from))]
        dated = {day: () if text == "closed" else hours_of(text) for day, text in exceptions.items()}
        longest_s = [max(map(length_s, week)) for _, week in weeks]
        for (day, _), longest in zip(weeks, longest_s, strict=True):
            if longest == 0:
                raise ValueError("it is never open" + ("" if day == date.min else f" from {day} on"))
        if day_s is None and len(set(longest_s)) > 1:
            raise ValueError("its longest weekday changes; say how long a working day is with `day`")
        if day_s is not None and day_s <= 0:
            raise ValueError("its day has no length")
        zone = _zone(timezone)
    except ValueError as wrong:
        raise ValueError(f"calendar {name!r}: {wrong}") from None
    return Calendar(name, timezone, day_s or longest_s[0], zone, tuple(weeks), dated, cache(closed), cache(shortened))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is not a time zone; write for example Europe/Tallinn") from None
