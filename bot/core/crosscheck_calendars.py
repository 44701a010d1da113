"""Whether calendars can be counted in: hours that can be read, zones that exist, days that are worked at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from zoneinfo import ZoneInfo, available_timezones

from bot.core.calendar import Calendar, build_calendar
from bot.core.duration import Duration
from bot.core.entries import CalendarEntry, Entries
from bot.core.findings import KEY, Finding, Path, known, nearest
from bot.core.hours import FIRST_YEAR, LAST_YEAR, hours_of, length_s, week_of
from bot.core.rulebook import QUEUE, by_year
from bot.core.written import Week

_LONGEST_WEEKS = 520


def calendars(
    entries: Entries, is_country: Callable[[str], bool], closed: Mapping[str, frozenset[date]]
) -> Iterator[Finding]:
    """What is wrong with the calendars. `closed` are the days that their files close, by calendar."""
    for name, entry in entries.calendars.items():
        path: Path = ("calendars", name)
        if name == QUEUE:
            yield Finding(path, f"'{QUEUE}' stands for the calendar of a ticket's queue; give this one another name")
        if not _is_zone(entry.timezone):
            meant = nearest(entry.timezone, available_timezones())
            yield Finding((*path, "timezone"), f"there is no time zone '{entry.timezone}'", meant)
        yield from _hours(path, entry, closed.get(name, frozenset()))
        if entry.day is not None and not _is_day(entry):
            yield Finding((*path, "day"), "write how long a working day is in h or m, for example 8h")
        if entry.holidays is not None and not is_country(entry.holidays):
            text = f"no holidays are known for '{entry.holidays}'; write a country's code, for example EE"
            yield Finding((*path, "holidays"), text)
    yield from known(("manners", "calendar"), "calendar", entries.manners.calendar, entries.calendars)
    for i, queue in enumerate(entries.queues):
        yield from known(("queues", i, "calendar"), "calendar", queue.calendar, entries.calendars)


def targets(entries: Entries) -> Iterator[Finding]:
    """A target of a policy that takes years of ordinary weeks will never come."""
    for i, policy in enumerate(entries.policies):
        for k, target in enumerate(policy.targets):
            if takes_years(target.within, policy.calendar, entries):
                text = "this takes more than ten years of its calendar's working time"
                yield Finding(("policies", i, "targets", k, "within"), text)


def takes_years(length: Duration, calendar: str | None, entries: Entries) -> bool:
    """Whether an amount of working time takes more than ten years on a clock with this `calendar`."""
    return length.kind in ("working", "days") and any(
        length.working_s(made.day_s) > _LONGEST_WEEKS * _least_week_s(entry)
        for entry, made in _counted_in(entries, calendar)
    )


def day_lengths(entries: Entries, calendar: str | None) -> set[int]:
    """What `1wd` may amount to, in seconds, on a clock with this `calendar`; nothing where its hours are wrong."""
    return {made.day_s for _, made in _counted_in(entries, calendar)}


def _counted_in(entries: Entries, calendar: str | None) -> list[tuple[CalendarEntry, Calendar]]:
    """The calendars in which a clock may count, those whose hours can be read."""
    desk = entries.manners.calendar
    names = {desk, *(queue.calendar or desk for queue in entries.queues)} if calendar == QUEUE else {calendar or desk}
    return [(entry, made) for name, entry in entries.calendars.items() if name in names and (made := _made(entry))]


def _least_week_s(entry: CalendarEntry) -> int:
    return min(sum(map(length_s, week_of(week))) for week in (entry.hours, *entry.hours_from.values()))


def _made(entry: CalendarEntry, closed: frozenset[date] = frozenset()) -> Calendar | None:
    try:
        return _calendar(entry, closed)
    except ValueError:
        return None


def _calendar(entry: CalendarEntry, closed: frozenset[date]) -> Calendar:
    """The calendar in UTC, without holidays: they close no weekday of any country for good."""
    return build_calendar(
        "",
        timezone="UTC",
        hours=entry.hours,
        hours_from=entry.hours_from,
        day_s=entry.day.amount if _is_day(entry) and entry.day else None,
        closed=by_year(closed),
        shortened=lambda year: frozenset(),
        exceptions=entry.exceptions,
    )


def _is_day(entry: CalendarEntry) -> bool:
    return entry.day is not None and entry.day.kind == "working" and entry.day.amount > 0


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _hours(path: Path, entry: CalendarEntry, closed: frozenset[date]) -> Iterator[Finding]:
    """Each weekday's and each date's hours tried alone, then each week, then the calendar as a whole."""
    found = list(_week((*path, "hours"), entry.hours))
    for day, week in entry.hours_from.items():
        found += _dated((*path, "hours_from", day.isoformat()), day)
        found += _week((*path, "hours_from", day.isoformat()), week)
    for day, text in entry.exceptions.items():
        here = (*path, "exceptions", day.isoformat())
        found += _dated(here, day)
        if text != "closed" and (wrong := _wrong(hours_of, text)):
            found.append(Finding(here, wrong.replace("write for example", "write closed, or for example")))
    if not found:
        found += _whole(path, entry, closed)
    yield from found


def _week(path: Path, week: Week) -> Iterator[Finding]:
    before = 0
    if not isinstance(week, str):
        for days, text in week.items():
            if wrong := _wrong(week_of, {days: text}):
                before += 1
                about_the_days = _wrong(hours_of, text) is None
                yield Finding((*path, days, *((KEY,) if about_the_days else ())), wrong)
    if not before:
        if wrong := _wrong(week_of, week):
            yield Finding(path, wrong)
        elif not any(week_of(week)):
            yield Finding(path, "it is never open")


def _dated(path: Path, day: date) -> Iterator[Finding]:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        yield Finding((*path, KEY), f"calendars count the years {FIRST_YEAR} to {LAST_YEAR} only")


def _whole(path: Path, entry: CalendarEntry, closed: frozenset[date]) -> Iterator[Finding]:
    if wrong := _wrong(_calendar, entry, closed):
        yield Finding(path, wrong)
    elif calendar := _made(entry, closed):
        years = sorted({day.year for day in closed.union(entry.exceptions)})
        empty = next((year for year in years if not calendar.works_in(year)), None)
        if empty is not None:
            here = "closed" if entry.closed else "exceptions"
            yield Finding((*path, here), f"nothing of the year {empty} is left to work in")


def _wrong(read: Callable[..., object], *written: object) -> str | None:
    try:
        read(*written)
    except ValueError as error:
        return str(error).removeprefix("calendar '': ")
    return None
