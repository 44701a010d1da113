"""Cases of working time from a file, held against the engine: the format of the shared working-time cases.

A file is a JSON list of cases, or an object whose `cases` is one. Nothing is computed here: calendars and clocks are
the engine's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from bot.core.calendar import Calendar, build_calendar
from bot.core.clock import Tick, cycles, due_at, elapsed_s, is_paused, is_running, standing
from bot.core.ticket import Moment

LARGEST_FILE = 100_000_000
"""Bytes; a larger file is refused."""

T = TypeVar("T")
_Intervals = list[tuple[str, str]]


class CasesError(Exception):
    """A file that holds no cases; the text says why."""


class Instant(int):
    """A moment in UTC seconds, written in ISO 8601 with an offset."""


class Spec(Struct):
    """A calendar: a missing weekday is closed, `special_days` replace the weekly hours of their dates."""

    tz: str
    weekly: dict[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], _Intervals]
    holidays: list[date] = []
    special_days: dict[date, _Intervals] = {}


class Event(Struct):
    """What happened to a clock."""

    at: Instant
    do: Literal["start", "pause", "resume", "stop", "reset", "target", "calendar"]
    target_s: int | UnsetType | None = UNSET
    calendar: Spec | UnsetType = UNSET


class Expected(Struct, forbid_unknown_fields=True):
    """What is asserted of a clock; what is left out is not."""

    state: str | UnsetType = UNSET
    elapsed_s: int | UnsetType = UNSET
    elapsed_min: int | UnsetType = UNSET
    remaining_s: int | UnsetType | None = UNSET
    breached: bool | UnsetType | None = UNSET
    due: Instant | UnsetType | None = UNSET


class _File(Struct):
    cases: list[Raw]


class _Case(Struct, tag_field="op"):
    id: str
    calendar: Spec


class Add(_Case, tag="add"):
    """When an amount of working time has passed; None when it never does."""

    start: Instant
    amount_s: int
    expected: Instant | None


class Between(_Case, tag="between"):
    """How much working time lies between two moments; negative when they are reversed."""

    start: Instant
    end: Instant
    expected: int


class Next(_Case, tag="next"):
    """The first working moment."""

    start: Instant
    expected: Instant | None


class AddDays(_Case, tag="add_days"):
    """When so many days of the calendar's longest weekday have passed, or when work ends on that day."""

    start: Instant
    days: int
    expected: Instant | None
    end_of_working_day: bool = False


class Clock(_Case, tag="clock"):
    """How a clock stands at `now`, or after its last event."""

    events: Annotated[list[Event], Meta(min_length=1)]
    expected: Expected
    target_s: int | None = None
    now: Instant | None = None


Case = Add | Between | Next | AddDays | Clock


@dataclass(frozen=True, slots=True)
class Held:
    """A case held against the engine; `wrong` says what is wrong with the case itself, and where."""

    id: str
    op: str
    expected: object = None
    got: object = None
    agrees: bool = False
    wrong: str | None = None

    def as_json(self) -> str:
        """One line of JSON."""
        told = {
            "v": 1,
            "id": self.id,
            "op": self.op,
            "expected": self.expected,
            "got": self.got,
            "agrees": self.agrees,
        }
        return msgspec.json.encode(told if self.wrong is None else told | {"wrong": self.wrong}).decode()


def read_cases(path: Path) -> list[Raw]:
    """Read a file's cases, each still unread. Raises CasesError."""
    try:
        content = path.read_bytes() if path.stat().st_size <= LARGEST_FILE else None
    except OSError as error:
        raise CasesError(f"it cannot be read: {error.strerror}") from None
    if content is None:
        raise CasesError(f"it is larger than {LARGEST_FILE // 1_000_000} MB")
    try:
        read = msgspec.json.decode(content, type=list[Raw] | _File)
    except msgspec.ValidationError:
        raise CasesError("it is neither a list of cases nor an object whose `cases` is one") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CasesError(f"this is not JSON: {error}") from None
    found = read.cases if isinstance(read, _File) else read
    if not found:
        raise CasesError("it holds no case")
    return found


def hold(raw: Raw) -> Held:
    """Hold one case against the engine. Never raises: what is wrong with the case is in the answer."""
    id_ = op = ""
    try:
        head = msgspec.json.decode(raw, type=dict[str, object])
        id_, op = str(head.get("id", "")), str(head.get("op", ""))
        case = msgspec.json.decode(raw, type=Case, dec_hook=_instant)
        calendar = calendar_of(case.calendar)
        if isinstance(case, Clock):
            return Held(id_, op, head["expected"], *_clock(case, calendar))
        answer = _answer(case, calendar)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, CasesError) as error:
        return Held(id_, op, wrong=str(error))
    got = answer if isinstance(case, Between) else _shown(answer, calendar)
    return Held(id_, op, head["expected"], got, answer == case.expected)


def _instant(kind: type, written: object) -> Instant:
    if not isinstance(written, str):
        raise ValueError("Expected a moment in ISO 8601")
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError("Expected a moment with an offset")
    return Instant(at.timestamp())


def calendar_of(spec: Spec, at: str = "$.calendar") -> Calendar:
    """Make the engine's calendar of a case's; `at` is where that stands. Raises CasesError."""
    special = {day: ", ".join(map("-".join, hours)) or "closed" for day, hours in spec.special_days.items()}
    try:
        return build_calendar(
            "",
            timezone=spec.tz,
            hours={weekday: ["-".join(each) for each in hours] for weekday, hours in spec.weekly.items() if hours},
            day_s=None,
            closed=lambda year: frozenset(spec.holidays),
            shortened=lambda year: frozenset(),
            exceptions=special,
        )
    except ValueError as error:
        refused = str(error).removeprefix("calendar '': ")
        raise CasesError(f"{refused} - at `{at}`") from None


def _answer(case: Add | Between | Next | AddDays, calendar: Calendar) -> int | None:
    try:
        match case:
            case Between(start=start, end=end):
                return calendar.between(start, end) if start <= end else -calendar.between(end, start)
            case Add(start=start, amount_s=amount_s):
                return calendar.add(start, amount_s)
            case Next(start=start):
                return calendar.next_opening(start)
            case AddDays(start=start, days=days):
                found = calendar.add(start, days * calendar.day_s)
                return _closing(calendar, found) if case.end_of_working_day else found
    except ValueError:
        # It never comes, or lies outside the years that calendars count.
        return None


def _closing(calendar: Calendar, at: Moment) -> Moment:
    """When work ends on the day of a moment; a moment at midnight belongs to the day before it."""
    return calendar.add(calendar.end_of_day(calendar.day_of(at - 1)), -1) + 1


def _clock(case: Clock, calendar: Calendar) -> tuple[dict[str, object], bool]:
    target_s, ticks = case.target_s, list[Tick]()
    for i, event in enumerate(case.events):
        match event.do:
            # Targets and calendars act on the whole history.
            case "target":
                target_s = _given(event.target_s, f"$.events[{i}].target_s")
            case "calendar":
                at = f"$.events[{i}].calendar"
                calendar = calendar_of(_given(event.calendar, at), at)
            case act:
                ticks.append(Tick(event.at, act))
    now = case.events[-1].at if case.now is None else case.now
    try:
        found = _stands(ticks, calendar, target_s, now)
    except ValueError:
        found = {}
    words = [word for word in Expected.__struct_fields__ if getattr(case.expected, word) is not UNSET]
    got = {word: found.get(word) for word in words}
    agrees = all(got[word] == getattr(case.expected, word) for word in words)
    return {word: _shown(answer, calendar) if word == "due" else answer for word, answer in got.items()}, agrees


def _stands(ticks: list[Tick], calendar: Calendar, target_s: int | None, now: Moment) -> dict[str, object]:
    run = cycles("case", ticks, calendar, target_s)
    elapsed = elapsed_s(run[-1], now) if run else 0
    state = "idle"
    if run:
        state = "running" if is_running(run[-1]) else "paused" if is_paused(run[-1]) else "stopped"
    return {
        "state": state,
        "elapsed_s": elapsed,
        "elapsed_min": elapsed // 60,
        "remaining_s": None if target_s is None else target_s - elapsed,
        "breached": None if target_s is None else bool(run) and standing(run[-1], now, 0) in ("breached", "missed"),
        "due": due_at(run[-1], now) if run else None,
    }


def _given(value: T | UnsetType, at: str) -> T:
    if isinstance(value, UnsetType):
        raise CasesError(f"Object missing required field - at `{at}`")
    return value


def _shown(at: object, calendar: Calendar) -> str | None:
    return calendar.local(at).isoformat() if isinstance(at, int) else None
