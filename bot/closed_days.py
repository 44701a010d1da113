"""Closed days from calendar files (iCalendar, RFC 5545) beside a rulebook. Only dates are taken out of them.

What an event is called is personal data as likely as not: it is neither kept nor ever part of an error. A file that
says more than which whole days are closed is refused, not guessed at.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

from bot.core.entries import Entries
from bot.core.hours import FIRST_YEAR, LAST_YEAR
from bot.yaml_positions import Node, Problem, Spot, problem_at

T = TypeVar("T")

ENDING = ".ics"
LARGEST_FILE = 256_000
"""Bytes; a larger file is refused."""

MOST_EVENTS = 2_000
LONGEST_LIST = 400
"""How many values one part of a repetition may list."""

LONGEST_S = 1.0
"""Seconds of the processor; a file whose repetitions take longer to follow is refused."""

_FIRST, _LAST = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)
_ONE_DAY = timedelta(days=1)
_PARTS = frozenset(("FREQ", "INTERVAL", "WKST", "BYDAY", "BYMONTH"))
_PICKING = _PARTS | {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS"}
_FOLLOWED = {"DAILY": _PARTS, "WEEKLY": _PARTS, "MONTHLY": _PICKING, "YEARLY": _PICKING}
"""What a rule may consist of. One that picks from every day could look for its next day for ever."""

_BEGINS = re.compile(rb"^BEGIN:VEVENT[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
_READ = frozenset(
    (None, "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "UID")
)


ByCalendar = Mapping[str, frozenset[date]]
"""The days that a rulebook's files close, by calendar."""

_Event = Any
"""An `icalendar.Event`, whose values may be of any kind there is: what is read of them is checked here."""


class UnreadableError(Exception):
    """A file that cannot be used; the text says why, with the number of the event where there is one."""


@dataclass(frozen=True, slots=True)
class Series:
    """One event: its first days, ascending, each the start of `days` closed ones; `replaces` one of its series."""

    uid: str
    starts: tuple[date, ...]
    days: int
    replaces: date | None


def closed_by_calendar(entries: Entries, root: Node) -> tuple[ByCalendar, list[Problem]]:
    """Read every calendar's files of closed days, each beside the YAML file that names it. Never raises."""
    found: dict[str, frozenset[date]] = {}
    problems: list[Problem] = []
    for calendar, entry in entries.calendars.items():
        closed: set[date] = set()
        for i, name in enumerate(entry.closed):
            spot = spot_of(root, ("calendars", calendar, "closed", i))
            try:
                closed |= closed_days(beside(spot, name))
            except UnreadableError as error:
                problems.append(problem_at(spot, f"{name}: {error}", name))
        found[calendar] = frozenset(closed)
    return found, problems


def spot_of(root: Node, path: Iterable[str | int]) -> Spot:
    """Tell where a file is named; the one name may stand without its list."""
    node = root
    for part in path:
        node = node.child(part) or node
    return node.spot


def beside(spot: Spot, name: str, endings: tuple[str, ...] = (ENDING,)) -> Path:
    """Find the file that is named at a place, beside the file of that place. Raises UnreadableError for no name."""
    if "/" in name or "\\" in name or name.startswith(".") or not name.endswith(endings):
        raise UnreadableError(f"write the name of a file beside this one, ending in {' or '.join(endings)}")
    path = Path(spot.file).parent / name
    if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
        raise UnreadableError("it leads to a file outside the rulebook; put the file itself here")
    if path.exists():
        return path
    # The name as written is in composed form; some file systems keep it in another.
    alike = (each for each in path.parent.iterdir() if unicodedata.normalize("NFC", each.name) == name)
    return next(alike, path)


def closed_days(path: Path, clock: Callable[[], float] = time.thread_time) -> frozenset[date]:
    """Read the days from 1970 to 2199 on which a file has an all-day event, repeated ones included.

    Raises UnreadableError; `clock` gives the seconds by which `LONGEST_S` is kept.
    """
    in_time = timekeeper(clock)
    read: list[Series] = []
    for number, event in enumerate(events_in(content_of(path)), 1):
        try:
            read.append(series_of(event, in_time))
        except UnreadableError as error:
            raise UnreadableError(f"event {number} {error}") from None
    replaced = {(series.uid, series.replaces) for series in read if series.replaces}
    closed: set[date] = set()
    for series in read:
        own = (
            series.starts if series.replaces else [day for day in series.starts if (series.uid, day) not in replaced]
        )
        closed.update(_spread(own, series.days))
    return frozenset(closed)


def timekeeper(clock: Callable[[], float] = time.thread_time) -> Callable[[Iterable[T]], Iterator[T]]:
    """Make what lets through what it is given, and raises UnreadableError once that took longer than `LONGEST_S`."""
    late_at = clock() + LONGEST_S

    def in_time(starts: Iterable[T]) -> Iterator[T]:
        for start in starts:
            if clock() > late_at:
                raise UnreadableError(f"repeats so much that following all takes longer than {LONGEST_S:.0f} s")
            yield start

    return in_time


def content_of(path: Path) -> bytes:
    """Read a file. Raises UnreadableError for one that is not there, or is too large."""
    if not path.is_file():
        raise UnreadableError("there is no such file")
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise UnreadableError(f"it cannot be read: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise UnreadableError(f"it is larger than {LARGEST_FILE // 1000} kB")
    return content


def events_in(content: bytes) -> list[_Event]:
    """Read the events of a calendar file. Raises UnreadableError for one that holds anything else, or too many."""
    from icalendar import Calendar, Event

    begun = len(_BEGINS.findall(content))
    if begun > MOST_EVENTS:
        raise UnreadableError(f"it has more than {MOST_EVENTS} events")
    try:
        calendars = Calendar.from_ical(content, multiple=True)
    except (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError):
        raise UnreadableError("this is no calendar file") from None
    parts = [part for calendar in calendars for part in calendar.subcomponents if part.name != "VTIMEZONE"]
    events = [part for part in parts if isinstance(part, Event)]
    if len(events) < len(parts):
        raise UnreadableError("it holds something other than events")
    if not events or len(events) != begun:
        raise UnreadableError("it breaks off" if begun else "it has no event")
    return events


def series_of(event: _Event, in_time: Callable[[Iterable[date]], Iterator[date]]) -> Series:
    """Read the whole days of an event, with its repetitions, as `in_time` lets through. Raises UnreadableError."""
    refuse_broken(event)
    start = _day(event, "DTSTART")
    if start is None:
        raise UnreadableError("has no beginning")
    uid, replaces = str(event.get("UID", "")), _day(event, "RECURRENCE-ID")
    if replaces and ("RRULE" in event or "RANGE" in event["RECURRENCE-ID"].params):
        raise UnreadableError("changes more than one day of a repeated event; write those days out")
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return Series(uid, (), 0, replaces)
    starts = {*in_time(chain((start,), _listed(event, "RDATE"), _repeated(event, start)))}
    return Series(uid, tuple(sorted(starts.difference(_listed(event, "EXDATE")))), _length(event, start), replaces)


def refuse_broken(event: _Event) -> None:
    """Raise UnreadableError for an event in which something that matters cannot be read."""
    if any(name in _READ for name, _ in event.errors):
        raise UnreadableError("cannot be read")


def _day(event: _Event, name: str) -> date | None:
    if name not in event:
        return None
    if isinstance(event[name], list):
        raise UnreadableError(f"has more than one {name}")
    return _whole(event[name].dt)


def _whole(value: object) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise UnreadableError("has a time of day; only whole days are read here")
    return value


def _listed(event: _Event, name: str) -> Iterator[date]:
    lists = event.get(name, [])
    for each in lists if isinstance(lists, list) else [lists]:
        yield from (_whole(one.dt) for one in each.dts)


def _length(event: _Event, start: date) -> int:
    end, length = _day(event, "DTEND"), getattr(event.get("DURATION"), "dt", None)
    if end is not None and length is not None:
        raise UnreadableError("has both an end and a length")
    if length is not None and length % _ONE_DAY:
        raise UnreadableError("has a length that is no number of whole days")
    days = (end - start if end else _ONE_DAY if length is None else length).days
    if days < 1:
        raise UnreadableError("does not end after it begins; its end is the day after its last")
    return days


def _repeated(event: _Event, start: date) -> Iterator[date]:
    """The first days that its rule adds, up to the last that calendars count."""

    def midnight(value: object) -> datetime:
        return datetime.combine(_whole(value), datetime.min.time())

    days = repeated(event, midnight(start), midnight(_LAST), midnight)
    return (day.date() for day in days)


def repeated(
    event: _Event, start: datetime, last: datetime, wall: Callable[[object], datetime]
) -> Iterator[datetime]:
    """Follow the rule of an event from its start to the `last` moment, all on the wall clock of its zone.

    `wall` reads the value of an `UNTIL`. Raises UnreadableError for a rule that cannot be followed.
    """
    if "RRULE" not in event:
        return
    from dateutil.rrule import rrulestr
    from icalendar import vRecur

    if isinstance(event["RRULE"], list):
        raise UnreadableError("repeats by more than one rule")
    rule: dict[str, list[Any]] = {name.upper(): values for name, values in event["RRULE"].items()}
    counts, untils = rule.pop("COUNT", None), rule.pop("UNTIL", None)
    unknown = rule.keys() - _FOLLOWED.get(str(rule.setdefault("FREQ", [""])[0]).upper(), frozenset())
    long = any(len(values) > LONGEST_LIST for values in rule.values())
    if unknown or long or (counts and untils) or rule.get("INTERVAL", [1])[0] < 1:
        raise UnreadableError("repeats by a rule that cannot be followed here")
    until = min(last, wall(untils[0])) if untils else last
    try:
        text = str(vRecur(rule).to_ical(), "ascii")  # type: ignore[no-untyped-call]
        moments = rrulestr(text, dtstart=start).replace(until=until)
        yield from islice(moments, counts[0] if counts else None)
    except (ValueError, TypeError, LookupError, ArithmeticError):
        raise UnreadableError("repeats by a rule that cannot be read") from None


def _spread(starts: Iterable[date], days: int) -> Iterator[date]:
    """Every day from each start on, of those that calendars count, once."""
    reached = _FIRST.toordinal()
    for start in starts:
        first, end = start.toordinal(), min(start.toordinal() + days, _LAST.toordinal() + 1)
        yield from map(date.fromordinal, range(max(first, reached), end))
        reached = max(reached, end)
