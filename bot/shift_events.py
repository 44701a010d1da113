"""The shifts of calendar events (iCalendar): their moments, with all repetitions, by the wall clock of their zone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from bot.closed_days import UnreadableError, refuse_broken, repeated
from bot.core.ticket import Moment

ENDLESS = timedelta(days=3653)
"""How far a repetition without an end is followed: ten years."""

Span = tuple[Moment, Moment]
"""From one moment until another."""


@dataclass(frozen=True, slots=True)
class Shifts:
    """What one event says: its spans, ascending; it `replaces` the one of its series that begins at that moment."""

    uid: str
    spans: tuple[Span, ...]
    replaces: Moment | None


def shifts_of(event: Any, zone: ZoneInfo, in_time: Callable[[Iterable[datetime]], Iterator[datetime]]) -> Shifts:
    """Read the shifts of an event; times without a zone, and whole days, are those of `zone`.

    A repeated shift keeps its hours on the wall clock, so that one shift ends where the next begins when the clock
    is changed. Raises UnreadableError.
    """
    refuse_broken(event)
    start = _value(event, "DTSTART")
    if start is None:
        raise UnreadableError("has no beginning")
    own: tzinfo = getattr(start, "tzinfo", None) or zone

    def wall(value: object) -> datetime:
        return _wall(value, own)

    uid, replaces = str(event.get("UID", "")), _value(event, "RECURRENCE-ID")
    if replaces is not None and ("RRULE" in event or "RANGE" in event["RECURRENCE-ID"].params):
        raise UnreadableError("changes more than one shift of a repeated event; write those out")
    replaced = None if replaces is None else _moment(wall(replaces), own)
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return Shifts(uid, (), replaced)
    begins = wall(start)
    lasts = _length(event, begins, wall)
    by_rule = repeated(event, begins, begins + ENDLESS, wall)
    starts = {*in_time(chain((begins,), _listed(event, "RDATE", wall), by_rule))}
    own_starts = sorted(starts.difference(_listed(event, "EXDATE", wall)))
    return Shifts(uid, tuple((_moment(each, own), _moment(each + lasts, own)) for each in own_starts), replaced)


def _value(event: Any, name: str) -> object | None:
    if name not in event:
        return None
    if isinstance(event[name], list):
        raise UnreadableError(f"has more than one {name}")
    value: object = event[name].dt
    return value


def _wall(value: object, zone: tzinfo) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo is None else value.astimezone(zone).replace(tzinfo=None)
    if isinstance(value, date):
        return datetime.combine(value, time())
    raise UnreadableError("has a value that is no time")


def _moment(wall: datetime, zone: tzinfo) -> Moment:
    """When the wall clock shows this, the first time of two; a time that it leaves out is that much later."""
    return int(wall.replace(tzinfo=zone, fold=0).timestamp())


def _listed(event: Any, name: str, wall: Callable[[object], datetime]) -> Iterator[datetime]:
    lists = event.get(name, [])
    for each in lists if isinstance(lists, list) else [lists]:
        yield from (wall(one.dt) for one in each.dts)


def _length(event: Any, begins: datetime, wall: Callable[[object], datetime]) -> timedelta:
    end, length = _value(event, "DTEND"), getattr(event.get("DURATION"), "dt", None)
    if end is not None and length is not None:
        raise UnreadableError("has both an end and a length")
    if end is None and length is None:
        if isinstance(event["DTSTART"].dt, datetime):
            raise UnreadableError("has no end")
        return timedelta(days=1)
    lasts = wall(end) - begins if end is not None else length
    if not isinstance(lasts, timedelta) or lasts <= timedelta():
        raise UnreadableError("does not end after it begins")
    return lasts
