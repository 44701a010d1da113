"""Calendars and seasons in words: days, hours, holidays, what is shortened, closed, or otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from babel.dates import get_day_names

from bot.core.entries import CalendarEntry
from bot.core.written import Week
from bot.describe import amounts
from bot.describe.voice import Voice, plain_text

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def calendars(voice: Voice) -> Iterator[str]:
    """The calendars, each a list item."""
    for name, entry in voice.book.entries.calendars.items():
        zone = plain_text(entry.timezone)
        line = voice.say("calendar", name=plain_text(name), hours=_week(entry.hours, voice), zone=zone)
        yield " ".join([line, *_more(name, entry, voice)])


def _more(name: str, entry: CalendarEntry, voice: Voice) -> Iterator[str]:
    language = voice.language
    for day, week in sorted(entry.hours_from.items()):
        yield voice.say("hours_from", date=amounts.day(day, language), hours=_week(week, voice))
    yield voice.say("day", amount=amounts.time(voice.book.calendars[name].day_s, language))
    if entry.holidays:
        yield voice.say("holidays", country=amounts.country(entry.holidays, language))
    if entry.shortened:
        yield voice.say("shortened")
    if entry.closed:
        yield voice.say("closed", files=voice.people(entry.closed))
    if entry.exceptions:
        never = voice.say("never")
        days = (
            f"{amounts.day(day, language)} {never if hours == 'closed' else _hours(hours)}"
            for day, hours in sorted(entry.exceptions.items())
        )
        yield voice.say("exceptions", days="; ".join(days))


def _week(week: Week, voice: Voice) -> str:
    if isinstance(week, str):
        return voice.say("always")
    return "; ".join(f"{_weekdays(days, voice.language)} {_hours(hours)}" for days, hours in week.items())


def _weekdays(days: str, language: str) -> str:
    names: Mapping[int, str] = get_day_names("wide", locale=language)
    return "–".join(names[_DAYS.index(day)] for day in days.split("-"))


def _hours(text: str) -> str:
    return ", ".join(part.strip().replace("-", "–") for part in text.split(","))


def seasons(voice: Voice) -> Iterator[str]:
    """The seasons, each a list item."""
    for name, stretches in voice.book.entries.seasons.items():
        days = (
            "–".join(amounts.day_of_year(day, voice.language) for day in (stretch.first, stretch.last))
            for stretch in stretches
        )
        yield voice.say("season", name=plain_text(name), stretches="; ".join(days))
