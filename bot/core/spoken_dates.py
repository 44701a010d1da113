"""Dates as people write them in Estonian, English and Russian. Pure; never raises for what is no date."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, timedelta

_MONTHS = (
    ("jaan", "jan", "янв"),
    ("veebr", "feb", "фев"),
    ("märts", "mar", "март"),
    ("apr", "апр"),
    ("mai", "may", "май", "мая"),
    ("juun", "jun", "июн"),
    ("juul", "jul", "июл"),
    ("aug", "авг"),
    ("sept", "sep", "сент"),
    ("okt", "oct", "окт"),
    ("nov", "нояб"),
    ("dets", "dec", "дек"),
)
"""How the names of the months begin; no beginning is another month's."""

_DAYS = (
    ("esmaspäev", "monday", "понедельник"),
    ("teisipäev", "tuesday", "вторник"),
    ("kolmapäev", "wednesday", "сред"),
    ("neljapäev", "thursday", "четверг"),
    ("reede", "friday", "пятниц"),
    ("laupäev", "saturday", "суббот"),
    ("pühapäev", "sunday", "воскресень"),
)
"""How the names of the days of the week begin, Monday first."""

_AHEAD = {"täna": 0, "today": 0, "сегодня": 0, "homme": 1, "homseni": 1, "tomorrow": 1, "завтра": 1}
_AHEAD |= {"ülehomme": 2, "ülehomseni": 2, "послезавтра": 2}
_LITTLE = re.compile(r"^(?:kuni|alates|until|till|to|from|on|до|с|по|в|во)\s+")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})(?:\.\s?([0-9]{4}|[0-9]{2})?)?(?:\s?(?:a|г)\.?)?")
_NAMED = re.compile(r"([0-9]{1,2})(?:\.|st|nd|rd|th)?\s?([^\W\d_]{3,12})\.?(?:\s([0-9]{4})\.?)?(?:\s?(?:a|г)\.?)?")
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,12})\.?\s([0-9]{1,2})(?:st|nd|rd|th)?(?:,?\s([0-9]{4}))?")
_BETWEEN = re.compile(r"\s?[–—]\s?|\s-\s|(?<=[.0-9])-(?=[0-9]{1,2}\.)|\s(?:kuni|until|till|to|до|по)\s")
_ONLY_DAY = re.compile(r"([0-9]{1,2})\.?")
_LONGEST = 40


def date_in(text: str, today: date) -> date | None:
    """Read a date; one without a year is the next such date, today among them. None for what is no date."""
    text = _LITTLE.sub("", text.strip().casefold())
    if not 0 < len(text) <= _LONGEST:
        return None
    if text in _AHEAD:
        return _later(today, _AHEAD[text])
    if found := _ISO.fullmatch(text):
        return _date(found[1], found[2], found[3], today)
    if found := _DOTTED.fullmatch(text):
        return _date(found[3], found[2], found[1], today)
    if (found := _NAMED.fullmatch(text)) and (month := _month(found[2])):
        return _date(found[3], month, found[1], today)
    if (found := _MONTH_FIRST.fullmatch(text)) and (month := _month(found[1])):
        return _date(found[3], month, found[2], today)
    for number, names in enumerate(_DAYS):
        if text.startswith(names) and len(text.split()) == 1:
            return _later(today, (number - today.weekday() - 1) % 7 + 1)
    return None


def dates_in(text: str, today: date) -> tuple[date, date] | None:
    """Read the first and the last of some days, or one day that is both; None for what is neither."""
    text = _LITTLE.sub("", text.strip().casefold())
    if len(text) > 2 * _LONGEST:
        return None
    whole = date_in(text, today)
    if whole is not None:
        return whole, whole
    parts = _BETWEEN.split(text)
    if len(parts) != 2:
        return None
    last = date_in(parts[1], today)
    if last is None:
        return None
    only_day = _ONLY_DAY.fullmatch(parts[0].strip())
    first = _date(str(last.year), str(last.month), only_day[1], today) if only_day else date_in(parts[0], today)
    if first is None:
        return None
    if first > last and not re.search("[0-9]{4}", parts[1]):
        last = date_in(parts[1], first)
    return (first, last) if last is not None and first <= last else None


def _month(name: str) -> str | None:
    return next((str(number) for number, names in enumerate(_MONTHS, 1) if name.startswith(names)), None)


def _date(year: str | None, month: str, day: str, today: date) -> date | None:
    years = [int(year) + (2000 if len(year) == 2 else 0)] if year else [today.year, today.year + 1]
    for each in years:
        with suppress(ValueError):
            found = date(each, int(month), int(day))
            if year or found >= today:
                return found
    return None


def _later(today: date, days: int) -> date | None:
    try:
        return today + timedelta(days=days)
    except OverflowError:
        return None
