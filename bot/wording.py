"""How each language writes moments, amounts and counts, and the fixed words around a message."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from bot.core.rounding import rounded
from bot.core.steps import Amount, At, Count, Day, Lines, Name, Several, Value

Names = Callable[[str, str, str], str]
"""The name of a word to show: kind (`state`, `queue`, `category`), word, language."""


_WHOLE_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Wording:
    """What a language needs beside its messages; `forms` are CLDR's names of its plural forms, in order."""

    forms: tuple[str, ...]
    moment: str
    date: str
    day: tuple[str, ...]
    whole_day: tuple[str, ...]
    hour: tuple[str, ...]
    minute: tuple[str, ...]
    under_a_minute: str
    informed: str
    instead: str
    reminder: str
    signature: str


WORDINGS = {
    "et": Wording(
        forms=("one", "other"),
        moment="dd.MM.yyyy 'kell' HH.mm",
        date="dd.MM.yyyy",
        day=("tööpäev", "tööpäeva"),
        whole_day=("ööpäev", "ööpäeva"),
        hour=("tund", "tundi"),
        minute=("minut", "minutit"),
        under_a_minute="alla 1 minuti",
        informed="Teadmiseks: ",
        instead="asendab: ",
        reminder="Meeldetuletus nr {n}.",
        signature="Automaatne teade",
    ),
    "en": Wording(
        forms=("one", "other"),
        moment="d MMMM yyyy 'at' HH:mm",
        date="d MMMM yyyy",
        day=("working day", "working days"),
        whole_day=("day", "days"),
        hour=("hour", "hours"),
        minute=("minute", "minutes"),
        under_a_minute="less than 1 minute",
        informed="For information: ",
        instead="standing in for: ",
        reminder="Reminder no. {n}.",
        signature="Automatic message",
    ),
    "ru": Wording(
        forms=("one", "few", "many"),
        moment="dd.MM.yyyy 'в' HH:mm",
        date="dd.MM.yyyy",
        day=("рабочий день", "рабочих дня", "рабочих дней"),
        whole_day=("сутки", "суток", "суток"),
        hour=("час", "часа", "часов"),
        minute=("минута", "минуты", "минут"),
        under_a_minute="менее 1 минуты",
        informed="К сведению: ",
        instead="замещает: ",
        reminder="Напоминание № {n}.",
        signature="Автоматическое сообщение",
    ),
}
"""The languages messages can be written in."""


def clean(text: str) -> str:
    """Put the text on one line: control characters become spaces, invisible and private-use ones go."""
    kept = []
    for c in text:
        category = unicodedata.category(c)
        if category in ("Cc", "Zl", "Zp"):
            kept.append(" ")
        elif category not in ("Cf", "Co", "Cs") and c not in "\ufffc\ufffe\uffff":
            kept.append(c)
    return "".join(kept)


def plural(n: int, forms: Sequence[str], language: str) -> str:
    """Choose the form of a word that goes with `n` by CLDR's rules; `forms` are ordered as `Wording.forms`."""
    return forms[WORDINGS[language].forms.index(Locale.parse(language).plural_form(n))]


def show(value: Value, language: str, names: Names, zone: str) -> str:
    """Write a value as a reader of this language does, moments in `zone`.

    Raises ValueError for a negative amount.
    """
    match value:
        case At(at):
            local = datetime.fromtimestamp(at, ZoneInfo(zone))
            return format_datetime(local, WORDINGS[language].moment, locale=language)
        case Day(day):
            return format_date(day, WORDINGS[language].date, locale=language)
        case Amount(seconds, day_s):
            return _amount(seconds, day_s, language)
        case Count(n):
            return str(n)
        case Name(kind, word):
            return clean(names(kind, word, language))
        case Several(several, apart):
            return ("\n" if apart else ", ").join(show(each, language, names, zone) for each in several)
        case Lines(lines):
            return "\n".join(map(clean, lines))
        case str():
            return clean(value)


def number(value: float, language: str, digits: int = 1) -> str:
    """Write a number with at most so many digits behind the point, as a reader of this language does."""
    return format_decimal(rounded(value, digits) + 0, f"#,##0.{'#' * digits}" if digits else "#,##0", locale=language)


def percent(share: float, language: str) -> str:
    """Write a share of 0 to 1 in per cent, with one digit behind the point: "92,5%", "92.5%", "92,5 %"."""
    return format_percent(rounded(share, 3), _PERCENT[language], locale=language)


_PERCENT = {"et": "#,##0.0%", "en": "#,##0.0%", "ru": "#,##0.0 %"}


def _amount(seconds: int, day_s: int | None, language: str) -> str:
    if seconds < 0:
        raise ValueError("an amount of working time is not negative")
    wording = WORDINGS[language]
    if 0 < seconds < 60:
        return wording.under_a_minute
    days, rest = divmod(seconds, day_s) if day_s else (0, seconds)
    day = wording.whole_day if day_s == _WHOLE_DAY_S else wording.day
    parts = [(days, day), (rest // 3600, wording.hour), (rest % 3600 // 60, wording.minute)]
    shown = [f"{n} {plural(n, forms, language)}" for n, forms in parts if n]
    return " ".join(shown) or f"0 {plural(0, wording.minute, language)}"
