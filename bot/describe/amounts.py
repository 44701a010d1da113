"""Amounts, days and lists in words, in the case that the sentence around them asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import takewhile

from babel import Locale
from babel.dates import format_date, format_skeleton

from bot.core.duration import Duration
from bot.wording import WORDINGS, plural

_UNITS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "et": {
        "m": ("minut", "minutit", "minuti"),
        "h": ("töötund", "töötundi", "töötunni"),
        "clock m": ("minut", "minutit", "minuti"),
        "clock h": ("tund", "tundi", "tunni"),
        "days": ("tööpäev", "tööpäeva", "tööpäeva"),
        "calendar days": ("kalendripäev", "kalendripäeva", "kalendripäeva"),
        "months": ("kuu", "kuud", "kuu"),
    },
    "en": {
        "m": ("working minute", "working minutes", "working minutes"),
        "h": ("working hour", "working hours", "working hours"),
        "clock m": ("minute", "minutes", "minutes"),
        "clock h": ("hour", "hours", "hours"),
        "days": ("working day", "working days", "working days"),
        "calendar days": ("calendar day", "calendar days", "calendar days"),
        "months": ("month", "months", "months"),
    },
}
"""One, more than one, and what stands before "jooksul" and "järel" (Estonian genitive)."""

_OR, _AND = {"et": "või", "en": "or"}, {"et": "ja", "en": "and"}
QUOTES = {"et": ("„", "“"), "en": ("“", "”")}


def amount(length: Duration, language: str) -> str:
    """Say how much time it is: `4 töötundi`, `1 working day`."""
    n, unit = _counted(length)
    one, more, _ = _UNITS[language][unit]
    return f"{n} {plural(n, (one, more), language)}"


def during(length: Duration, language: str) -> str:
    """Say it where Estonian needs the genitive: `5 tööpäeva` jooksul, `4 töötunni` järel."""
    n, unit = _counted(length)
    return f"{n} {_UNITS[language][unit][2]}" if language == "et" or n != 1 else amount(length, language)


def every(length: Duration, language: str) -> str:
    """Say it after "iga" and "every", which need no 1."""
    n, unit = _counted(length)
    if n != 1:
        return during(length, language)
    return _UNITS[language][unit][2 if language == "et" else 0]


def _counted(length: Duration) -> tuple[int, str]:
    if length.kind not in ("working", "clock"):
        return length.amount, length.kind
    unit, seconds = ("h", 3600) if length.amount % 3600 == 0 and length.amount else ("m", 60)
    return length.amount // seconds, f"clock {unit}" if length.kind == "clock" else unit


def time(seconds: int, language: str) -> str:
    """Say seconds as hours and minutes: `8 tundi`, `7 hours 30 minutes`."""
    parts = [(seconds // 3600, "clock h"), (seconds % 3600 // 60, "clock m")]
    return " ".join(f"{n} {plural(n, _UNITS[language][unit][:2], language)}" for n, unit in parts if n)


def day(on: date, language: str) -> str:
    """Write a date."""
    return str(format_date(on, WORDINGS[language].date, locale=language))


def day_of_year(text: str, language: str) -> str:
    """Write a date, or a day of every year such as `12-20`."""
    if len(text) > len("12-20"):
        return day(date.fromisoformat(text), language)
    return str(format_skeleton("MMMMd", date.fromisoformat(f"2024-{text}"), locale=language))


def country(code: str, language: str) -> str:
    """Name a country by its code, which is shown where it has no name."""
    return str(Locale.parse(language).territories.get(code, code))


def either(parts: Sequence[str], language: str) -> str:
    """Join with commas and "or"."""
    return _joined(parts, f" {_OR[language]}")


def both(parts: Sequence[str], language: str) -> str:
    """Join with commas and "and"."""
    return _joined(parts, f" {_AND[language]}")


def any_clause(parts: Sequence[str], language: str) -> str:
    """Join clauses with "or", after a comma where one has a comma within; what all begin with is said once."""
    comma = "," if any(", " in part for part in parts[-2:-1]) else ""
    return _joined(_shared(parts), f"{comma} {_OR[language]}")


def all_clauses(parts: Sequence[str], language: str) -> str:
    """Join clauses with "and", after a comma where one has a comma or an "or" within."""
    comma = "," if any(", " in part or f" {_OR[language]} " in part for part in parts[:-1]) else ""
    brackets = "," if any(part.startswith("(") for part in parts) else comma
    return _joined(parts, f"{brackets} {_AND[language]}")


def _joined(parts: Sequence[str], word: str) -> str:
    *others, last = parts
    return f"{', '.join(others)}{word} {last}" if others else last


def _shared(parts: Sequence[str]) -> list[str]:
    split = [part.split(" ") for part in parts]
    alike = len(list(takewhile(_is_shared, zip(*split, strict=False))))
    alike = min(alike, min(map(len, split)) - 1)
    return [parts[0], *(" ".join(words[alike:]) for words in split[1:])]


def _is_shared(words: Sequence[str]) -> bool:
    """Whether all clauses have this word, and it is outside names and brackets."""
    return len(set(words)) == 1 and words[0][:1] not in "„“("
