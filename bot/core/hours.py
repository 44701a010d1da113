"""Hours as people write them: a day's intervals, a week's days. What comes of them is `bot.core.calendar`'s."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

Hours = tuple[tuple[int, int], ...]
"""The intervals of one day, ascending and apart, as seconds of its wall clock from 0 to 86400."""

Week = tuple[Hours, ...]
"""The hours of the seven days from Monday on."""

WrittenHours = Mapping[str, str | Sequence[str]] | str
"""Weekdays with their intervals, or the word `24x7`."""

FIRST_YEAR, LAST_YEAR = 1970, 2199
"""The years that calendars count."""

_DAY_S = 86_400
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_INTERVAL = re.compile(r"(?P<from_h>[0-9]{2}):(?P<from_m>[0-9]{2})-(?P<to_h>[0-9]{2}):(?P<to_m>[0-9]{2})")


def week_of(hours: WrittenHours) -> Week:
    """Read weekdays (`sat`, `mon-fri`) with their intervals, or the word `24x7`. Raises ValueError."""
    if isinstance(hours, str):
        if hours != "24x7":
            raise ValueError(f"{hours!r} are not hours; write 24x7, or weekdays with their hours")
        return (((0, _DAY_S),),) * 7
    week: dict[int, Hours] = {}
    for days, text in hours.items():
        intervals = hours_of(text)
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


def hours_of(text: str | Sequence[str]) -> Hours:
    """Read the intervals of a day, such as `09:00-12:30, 13:00-24:00`. Raises ValueError."""
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


def length_s(hours: Hours) -> int:
    """Add up a day's intervals, in seconds of its wall clock."""
    return sum(to_s - from_s for from_s, to_s in hours)


def without_last(hours: Hours, off_s: int) -> Hours:
    """Keep the hours without the last `off_s` seconds of them."""
    kept: list[tuple[int, int]] = []
    left_s = length_s(hours) - off_s
    for from_s, to_s in hours:
        if left_s > 0:
            kept.append((from_s, min(to_s, from_s + left_s)))
        left_s -= to_s - from_s
    return tuple(kept)
