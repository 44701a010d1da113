"""Moments as JQL writes them: dates and times in the searcher's zone, periods from now, and functions of now.

Source: Atlassian, "JQL fields" and "JQL functions". A day of a period is 24 hours; a week begins on Monday.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.sandbox.jql_parse import Call
from bot.sandbox.jql_world import JqlError


class Span(NamedTuple):
    """What a literal means: `<` and its like compare with `at`, `=` with all from `first` to `last`."""

    at: float
    first: float
    last: float


_DATE = re.compile(r"(\d{4})([/-])(\d{1,2})\2(\d{1,2})(?: (\d{1,2}):(\d{1,2}))?", re.ASCII)
_PERIOD = re.compile(r"-?(?:\d{1,9}[a-z]*[\s,]*)+", re.ASCII)
_PART = re.compile(r"(\d+)([a-z]*)", re.ASCII)
_UNITS_MS = {
    **dict.fromkeys(("", "m", "min", "minute", "minutes"), 60_000),
    **dict.fromkeys(("h", "hour", "hours"), 3_600_000),
    **dict.fromkeys(("d", "day", "days"), 86_400_000),
    **dict.fromkeys(("w", "week", "weeks"), 604_800_000),
}
_INCREMENT = re.compile(r"([+-]?\d{1,5})([yMwdhm]?)", re.ASCII)
_EDGE = re.compile(r"(start|end)of(day|week|month|year)")
_NATURAL = {"day": "d", "week": "w", "month": "M", "year": "y"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def local_day(ms: float, zone: ZoneInfo) -> date:
    """Tell the date in `zone` at `ms`, UTC milliseconds. Raises OverflowError outside years 1 to 9999."""
    return _local(ms, zone).date()


def read_date(text: str, now_ms: int, zone: ZoneInfo) -> Span | None:
    """Read `2026-11-16`, `2026/11/16 09:30`, `-15m` or `4w 2d` to UTC milliseconds; None when it is none."""
    text = text.strip()
    try:
        if (written := _DATE.fullmatch(text)) is not None:
            return _written(written, zone)
        if _PERIOD.fullmatch(text.lower()) is not None:
            return _period(text.lower(), now_ms, zone)
    except (ValueError, OverflowError):  # no such day, or far beyond the calendar
        return None
    return None


def call_date(call: Call, now_ms: int, zone: ZoneInfo) -> int | None:
    """Evaluate now(), startOfDay("-1d") and their like to UTC milliseconds; None when it gives no date.

    Raises JqlError when the arguments are wrong.
    """
    if call.name.lower() == "now":
        if call.args:
            raise JqlError(f"Function '{call.name}' expected '0' arguments but received '{len(call.args)}'.")
        return now_ms
    edge = _EDGE.fullmatch(call.name.lower())
    if edge is None:
        return None
    if len(call.args) > 1:
        received = f"but received '{len(call.args)}'"
        raise JqlError(f"Function '{call.name}' expected between '0' and '1' arguments {received}.")
    side, unit = edge.groups()
    increment = _INCREMENT.fullmatch(call.args[0] if call.args else "0")
    try:
        if increment is None:
            raise ValueError(call.args)
        moved = _add(now_ms, zone, int(increment[1]), increment[2] or _NATURAL[unit])
        start = _start(moved, unit)
        if side == "start":
            return _instant_ms(start, zone)
        return (
            _instant_ms(
                _start(start + timedelta(days={"day": 1, "week": 7, "month": 31, "year": 366}[unit]), unit),
                zone,
            )
            - 1
        )
    except (ValueError, OverflowError):
        form = "should have the format (+/-)n(yMwdm), e.g -1M for 1 month earlier"
        raise JqlError(f"Duration for function '{call.name}' {form}.") from None


def _local(ms: float, zone: ZoneInfo) -> datetime:
    return (_EPOCH + timedelta(milliseconds=ms)).astimezone(zone).replace(tzinfo=None)


def _instant_ms(local: datetime, zone: ZoneInfo) -> int:
    """Where the clocks change and a time is doubtful, standard time is meant, as Java reads it."""
    either = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max((moment - _EPOCH) // timedelta(milliseconds=1) for moment in either)


def _day(day: date, zone: ZoneInfo) -> tuple[int, int]:
    midnight = datetime.combine(day, time())
    return _instant_ms(midnight, zone), _instant_ms(midnight + timedelta(days=1), zone) - 1


def _written(found: re.Match[str], zone: ZoneInfo) -> Span:
    year, _, month, day, hour, minute = found.groups()
    on = date(int(year), int(month), int(day))
    if hour is None:
        first, last = _day(on, zone)
    else:
        first = _instant_ms(datetime.combine(on, time(int(hour), int(minute))), zone)
        last = first + 59_999
    return Span(first, first, last)


def _period(text: str, now_ms: int, zone: ZoneInfo) -> Span | None:
    parts = [(int(number), _UNITS_MS.get(unit)) for number, unit in _PART.findall(text)]
    sizes = [size for _, size in parts if size is not None]
    if len(sizes) < len(parts):
        return None
    length = sum(number * size for (number, _), size in zip(parts, sizes, strict=True))
    at = now_ms + (-length if text.startswith("-") else length)
    if min(sizes) >= _UNITS_MS["d"]:
        return Span(at, *_day(_local(at, zone).date(), zone))
    first = at - at % min(sizes)
    return Span(at, first, first + min(sizes) - 1)


def _add(now_ms: int, zone: ZoneInfo, number: int, unit: str) -> datetime:
    if unit in ("h", "m"):
        return _local(now_ms + number * _UNITS_MS[unit], zone)
    local = _local(now_ms, zone)
    if unit in ("d", "w"):
        return local + timedelta(days=number * (7 if unit == "w" else 1))
    months = local.year * 12 + local.month - 1 + number * (12 if unit == "y" else 1)
    year, month = months // 12, months % 12 + 1
    return local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))


def _start(local: datetime, unit: str) -> datetime:
    midnight = datetime.combine(local.date(), time())
    match unit:
        case "day":
            return midnight
        case "week":
            return midnight - timedelta(days=midnight.weekday())
        case "month":
            return midnight.replace(day=1)
        case _:
            return midnight.replace(month=1, day=1)
