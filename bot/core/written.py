"""The kinds of values that a rulebook's YAML holds: how each is read, and the JSON Schema of how it is written.

Where a `format` has a name of ours, `bot.schema` puts the words of a registry in its place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from bot.core.duration import Duration, parse_duration

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""


# What schemas are made of


def text_like(pattern: str, *examples: str, **more: Any) -> Schema:
    """Make the schema of a text that is like this as a whole, as the examples are, which editors offer and show."""
    offered = {"examples": list(examples), "patternErrorMessage": f"write for example {', '.join(examples)}"}
    return {"type": "string", "pattern": f"^(?:{pattern})$", **(offered if examples else {}), **more}


def one_or_more(one: Mapping[str, Any], *, least: int = 0) -> Schema:
    """Make the schema of a value, or of a list of such values."""
    several = {"type": "array", "items": dict(one)} | ({"minItems": least} if least else {})
    return {"anyOf": [dict(one), several]}


def one_of(*keys: str) -> Schema:
    """Make what says that a mapping has exactly one of these keys."""
    return {"oneOf": [{"required": [key]} for key in keys]}


def some_of(*keys: str) -> Schema:
    """Make what says that a mapping has at least one of these keys."""
    return {"anyOf": [{"required": [key]} for key in keys]}


def not_all_of(*keys: str) -> Schema:
    """Make what says that a mapping lacks at least one of these keys."""
    return {"not": {"required": list(keys)}}


def where(key: str, pattern: str, then: Mapping[str, Any]) -> Schema:
    """Make what says that `then` holds of a mapping whose `key` has a text of this pattern."""
    text = {"type": "string", "pattern": pattern}
    return {"if": {"required": [key], "properties": {key: text}}, "then": dict(then)}


_TEXT: Schema = {"type": "string"}
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_INTERVAL = f"{_TIME}-(?:(?!23:59){_TIME}|24:00)"
_HOURS = rf"{_INTERVAL}(?:\s*,\s*{_INTERVAL})*"
_WEEKDAY = "(?:mon|tue|wed|thu|fri|sat|sun)"
_MONTH_AND_DAY = "(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_SOME = "(?=[0-9]*[1-9])[0-9]{1,6}"
_PERCENT = text_like("0*(?:[1-9][0-9]?|100)%", "50%", "75%", "90%")
_NUMBER = {"type": "integer", "minimum": 1, "maximum": 100}
_WORKING = text_like(f"{_SOME}(?:m|h|wd)", "30m", "4h", "2wd")
_DAYS_HOURS = text_like(_HOURS, "08:00-17:00", "08:00-12:00, 13:00-17:00")


# Amounts of time: all are read alike, and whether one can be counted where it stands is told apart later


def _duration(value: object) -> object:
    if isinstance(value, Duration):
        return value
    if not isinstance(value, str):
        raise ValueError("write a duration as text, for example 30m, 4h, 2wd")
    return parse_duration(value)


_EXAMPLES = ("30m", "4h", "2wd", "15cd", "2mo", "72h clock")
_ANY = text_like("[0-9]{1,6}(?:m|h|wd|cd|mo)|[0-9]{1,6}(?:m|h) clock", *_EXAMPLES)
_DATED = text_like(f"{_SOME}(?:wd|cd|mo)|{_SOME}(?:m|h) clock", *_EXAMPLES[2:])

Length = Annotated[Duration, BeforeValidator(_duration), WithJsonSchema(_ANY)]
Working = Annotated[Duration, BeforeValidator(_duration), WithJsonSchema(_WORKING)]
"""Working time on a clock, more than nothing."""

Elapsed = Annotated[
    Duration, BeforeValidator(_duration), WithJsonSchema(text_like("[0-9]{1,6}(?:m|h|wd)", "30m", "4h", "2wd"))
]
"""Working time on a clock, or none."""

Span = Annotated[Duration, BeforeValidator(_duration), WithJsonSchema(_DATED)]
"""What a deadline counts, more than nothing."""

WorkingDays = Annotated[
    Duration, BeforeValidator(_duration), WithJsonSchema(text_like(f"{_SOME}wd", "1wd", "2wd", "5wd"))
]
"""Whole working days, more than none."""

Ahead = Annotated[
    Duration, BeforeValidator(_duration), WithJsonSchema(text_like("[0-9]{1,6}wd", "3wd", "1wd", "0wd"))
]
"""Whole working days before a day, or that day itself."""

CalendarDays = Annotated[
    Duration, BeforeValidator(_duration), WithJsonSchema(text_like(f"{_SOME}cd", "7cd", "10cd", "30cd"))
]
"""Calendar days, more than none."""

SOME_LENGTH = text_like(f"{_SOME}(?:m|h|wd|cd|mo)|{_SOME}(?:m|h) clock", *_EXAMPLES)
"""Any duration but none."""

DayLength = Annotated[
    Duration, BeforeValidator(_duration), WithJsonSchema(text_like(f"{_SOME}(?:m|h)", "8h", "450m"))
]
"""How long a working day is."""


def _share(value: object) -> object:
    if isinstance(value, str) and re.fullmatch("[0-9]{1,4}%", value):
        return int(value[:-1])
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise ValueError("write a share as a percentage, for example 75%")


def _at_risk(value: object) -> object:
    if isinstance(value, Duration) or (isinstance(value, str) and not value.endswith("%")):
        return _duration(value)
    share = _share(value)
    if share not in range(1, 101):
        raise ValueError("write a share from 1% to 100%, or an amount of time, for example 75% or 4h")
    return share


def _level(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(_LEVEL, value):
        return round(float(value[:-1]) / 100, 6)
    if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0:
        return float(value)
    raise ValueError("write a share as a percentage or a number, for example 95% or 4.2")


_LEVEL = r"(?:100(?:\.0)?|[0-9]{1,2}(?:\.[0-9])?)%"

Level = Annotated[
    float,
    BeforeValidator(_level),
    WithJsonSchema({"anyOf": [text_like(_LEVEL, "95%", "99.5%"), {"type": "number", "minimum": 0}]}),
]
"""What a figure is to reach: a share from 0 to 1, written as a percentage, or a number."""

Share = Annotated[int, BeforeValidator(_share), Field(ge=1, le=100), WithJsonSchema({"anyOf": [_PERCENT, _NUMBER]})]
AtRisk = Annotated[
    int | Duration, BeforeValidator(_at_risk), WithJsonSchema({"anyOf": [_PERCENT, _NUMBER, _WORKING]})
]


# Days and hours

_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _date(value: object) -> object:
    try:
        if isinstance(value, str) and _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    if isinstance(value, date):
        return value
    raise ValueError(f"'{value}' is not a date; write for example 2026-12-30")


_YEAR = "(?:19[7-9]|20[0-9]|21[0-9])[0-9]"
_CALENDAR_DATE = text_like(f"{_YEAR}-{_MONTH_AND_DAY}", "2026-12-30", format="date")

Date = Annotated[
    date,
    BeforeValidator(_date),
    WithJsonSchema(text_like(f"[0-9]{{4}}-{_MONTH_AND_DAY}", "2026-12-30", format="date")),
]
CalendarDate = Annotated[Date, WithJsonSchema(_CALENDAR_DATE)]
"""A date in the years that calendars count."""


def _time_of_day(value: object) -> object:
    if value is None or isinstance(value, time):
        return value
    if value == "never":
        return None
    if isinstance(value, str) and re.fullmatch(_TIME, value):
        return time.fromisoformat(value)
    raise ValueError(f"'{value}' is not a time of day; write for example \"08:30\", or never")


TimeOfDay = Annotated[
    time | None, BeforeValidator(_time_of_day), WithJsonSchema(text_like(f"{_TIME}|never", "08:30", "never"))
]
"""A time on the clock on the wall, or none."""


def _day(value: object) -> object:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            # A leap year, since 29 February comes, if not every year.
            date.fromisoformat(value if len(value) > len("12-20") else f"2024-{value}")
        except ValueError:
            pass
        else:
            return value
    raise ValueError(f"'{value}' is not a day; write 12-20 for every year, or 2026-12-20")


_DAY = re.compile(f"({_YEAR}-)?[0-9]{{2}}-[0-9]{{2}}")

Day = Annotated[
    str, BeforeValidator(_day), WithJsonSchema(text_like(f"(?:{_YEAR}-)?{_MONTH_AND_DAY}", "12-20", "2026-12-20"))
]
"""A day of every year, or a date."""

Week = Annotated[
    dict[str, str] | Literal["24x7"],
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "24x7"},
                {
                    "type": "object",
                    "minProperties": 1,
                    "patternProperties": {f"^{_WEEKDAY}(?:-{_WEEKDAY})?$": _DAYS_HOURS},
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
HoursOrClosed = Annotated[str, WithJsonSchema({"anyOf": [{"const": "closed"}, _DAYS_HOURS]})]

_WALL = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(:[0-9]{2})?")


def _wall(value: object) -> object:
    try:
        if isinstance(value, str) and _WALL.fullmatch(value):
            datetime.fromisoformat(value)
            return value
    except ValueError:
        pass
    raise ValueError(f"'{value}' is not a moment; write for example 2026-11-16 11:05")


WallTime = Annotated[
    str,
    BeforeValidator(_wall),
    WithJsonSchema(text_like(f"20[0-9]{{2}}-{_MONTH_AND_DAY} {_TIME}(?::[0-5][0-9])?", "2026-11-16 11:05")),
]
"""A moment of this century on the wall clock of the desk's calendar; the first of two where it is put back."""


# Texts and numbers, and the words of the registries


def _not_a_truth(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"'{str(value).lower()}' is none of 1, 2")
    return value


Tier = Annotated[Literal[1, 2], BeforeValidator(_not_a_truth)]
"""1 or 2. To Python and pydantic `true` is 1 too."""


def _listed(value: object) -> object:
    return value if value is None or isinstance(value, list | tuple | dict) else [value]


_MOMENT, _WHILE, _ADDRESSEE = ({"format": name} for name in ("moment", "while", "addressee"))

Listed = Annotated[tuple[str, ...], BeforeValidator(_listed), WithJsonSchema(one_or_more(_TEXT))]
OneOrMore = Annotated[
    tuple[str, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema(one_or_more(_TEXT, least=1)),
]
Place = Literal["title", "description", "comments"]
Places = Annotated[
    tuple[Place, ...],
    BeforeValidator(_listed),
    Field(min_length=1),
    WithJsonSchema(one_or_more({"enum": ["title", "description", "comments"]}, least=1)),
]
"""Where patterns are looked for."""

KindOfFormat = Literal["registry code", "quarter", "year", "date", "date and time"]
KindsOfFormat = Annotated[
    tuple[KindOfFormat, ...],
    BeforeValidator(_listed),
    WithJsonSchema(one_or_more({"enum": ["registry code", "quarter", "year", "date", "date and time"]})),
]
"""What fields may look like."""

_EXAMPLE = {"type": "string", "minLength": 1, "maxLength": 1000}
Examples = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...],
    BeforeValidator(_listed),
    WithJsonSchema(one_or_more(_EXAMPLE)),
]
"""Short texts."""

CalendarFiles = Annotated[Listed, WithJsonSchema(one_or_more(text_like(r"[^/\\]+\.ics", "office-closed.ics")))]
MomentText = Annotated[str, WithJsonSchema(_MOMENT)]
Moments = Annotated[Listed, WithJsonSchema(one_or_more(_MOMENT))]
SomeMoments = Annotated[OneOrMore, WithJsonSchema(one_or_more(_MOMENT, least=1))]
Whiles = Annotated[Listed, WithJsonSchema(one_or_more(_WHILE))]
Addressees = Annotated[OneOrMore, WithJsonSchema(one_or_more(_ADDRESSEE, least=1))]
ClockText = Annotated[str, WithJsonSchema({"format": "clock"})]
Conditions = Annotated[dict[str, Any], WithJsonSchema({"format": "conditions"})]

REPEATS: Schema = {
    "dependentSchemas": {"every": {"required": ["times"], "properties": {"times": {"minimum": 2}}}},
    "if": {"required": ["times"], "properties": {"times": {"type": "integer", "minimum": 2}}},
    "then": {"required": ["every"]},
}
"""What says that `every` and a `times` of more than one go together."""
