"""Whether the parts of a rulebook fit together: every reference, every name, every amount of time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from zoneinfo import ZoneInfo, available_timezones

from bot.core.calendar import Calendar, build_calendar
from bot.core.crosscheck_rules import ladders, policies, routes, rule_names
from bot.core.duration import Duration
from bot.core.entries import CalendarEntry, Entries, Language, PersonEntry
from bot.core.findings import Finding, Path, known, nearest, once
from bot.core.people import ROLES
from bot.core.ticket import UNKNOWN


def problems(
    entries: Entries,
    messages: Mapping[str, frozenset[str]] | None,
    is_country: Callable[[str], bool],
) -> list[Finding]:
    """Everything that does not fit together in well-formed entries; an empty list when `build` may follow.

    `messages` are the texts that may be said, each with the names of the values that it cannot do without; None
    leaves them unchecked. `is_country` tells whether a country's holidays are known.
    """
    return [
        *_calendars(entries, is_country),
        *_states(entries),
        *_people(entries),
        *rule_names(entries),
        *routes(entries, messages),
        *policies(entries),
        *ladders(entries, messages, {name: _day_s(entry) for name, entry in entries.calendars.items()}),
    ]


def _calendars(entries: Entries, is_country: Callable[[str], bool]) -> Iterator[Finding]:
    for name, entry in entries.calendars.items():
        path: Path = ("calendars", name)
        if not _is_zone(entry.timezone):
            meant = nearest(entry.timezone, available_timezones())
            yield Finding((*path, "timezone"), f"there is no time zone '{entry.timezone}'", meant)
        yield from _hours(path, entry)
        if entry.day is not None and (entry.day.kind != "working" or entry.day.amount <= 0):
            yield Finding((*path, "day"), "write how long a working day is in h or m, for example 8h")
        if entry.holidays is not None and not is_country(entry.holidays):
            text = f"no holidays are known for '{entry.holidays}'; write a country's code, for example EE"
            yield Finding((*path, "holidays"), text)
    yield from known(("manners", "calendar"), "calendar", entries.manners.calendar, entries.calendars)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _hours(path: Path, entry: CalendarEntry) -> Iterator[Finding]:
    """Each weekday's and each date's hours tried alone, then the week as a whole."""
    before = 0
    if not isinstance(entry.hours, str):
        for days, text in entry.hours.items():
            if wrong := _calendar_problem({days: text}):
                before += 1
                yield Finding((*path, "hours", days), wrong)
    if not before and (wrong := _calendar_problem(entry.hours)):
        yield Finding((*path, "hours"), wrong)
    for day, text in entry.exceptions.items():
        if text != "closed" and (wrong := _calendar_problem({"mon": text})):
            yield Finding((*path, "exceptions", day.isoformat()), wrong)


def _calendar_problem(hours: Mapping[str, str] | str) -> str | None:
    try:
        _calendar(hours, None)
    except ValueError as error:
        return str(error).removeprefix("calendar '': ")
    return None


def _day_s(entry: CalendarEntry) -> int | None:
    """What `1wd` means on a clock of this calendar; None when its hours cannot be read."""
    try:
        return _calendar(entry.hours, entry.day).day_s
    except ValueError:
        return None


def _calendar(hours: Mapping[str, str] | str, day: Duration | None) -> Calendar:
    """A calendar without holidays: enough to see whether the hours can be read, and how long a day is."""
    return build_calendar(
        "",
        timezone="UTC",
        hours=hours,
        day_s=day.amount if day and day.kind == "working" and day.amount > 0 else None,
        closed=lambda year: frozenset(),
        shortened=lambda year: frozenset(),
        exceptions={},
    )


def _states(entries: Entries) -> Iterator[Finding]:
    states = [(("states", i), state) for i, state in enumerate(entries.states)]
    yield from once("state", (((*path, "state"), state.state) for path, state in states))
    yield from once(
        "state for the category",
        (((*path, "category"), state.category) for path, state in states if state.category),
    )
    yield from once(
        "state for the status",
        (
            ((*path, "status", i), status.casefold())
            for path, state in states
            for i, status in enumerate(state.status)
        ),
    )
    for standing in ("open", "closed"):
        if all(state.standing != standing for state in entries.states):
            yield Finding(("states",), f"no state has the standing '{standing}'")
    for path, state in states:
        if state.state == UNKNOWN:
            yield Finding((*path, "state"), f"'{UNKNOWN}' is the bot's own word; give the state another name")
        if not state.status and not state.category:
            yield Finding(path, "a state needs a `status`, or a `category` that it catches")
        yield from _named(path, state.name, entries)


def _named(path: Path, names: Mapping[Language, str], entries: Entries) -> Iterator[Finding]:
    if entries.language not in names:
        yield Finding((*path, "name"), f"a name in the desk's language '{entries.language}' is missing")


def _people(entries: Entries) -> Iterator[Finding]:
    people = [person.person for person in entries.people]
    yield from once("person", ((("people", i, "person"), person) for i, person in enumerate(people)))
    for i, entry in enumerate(entries.people):
        if entry.person in ROLES:
            yield Finding(("people", i, "person"), f"'{entry.person}' is a role; give the person another name")
    for flavour in ("cloud", "dc"):
        accounts = (
            (("people", i, "account", flavour), _account(entry, flavour)) for i, entry in enumerate(entries.people)
        )
        yield from once("person with the account", accounts)
    if entries.comments.role is not None and entries.comments.group is not None:
        yield Finding(("comments", "group"), "give a role or a group who see the comments, not both")
    yield from known(("roles", "coordinator"), "person", entries.roles.coordinator, people)
    yield from known(("roles", "lead"), "person", entries.roles.lead, people)
    queues = [(("queues", i), queue) for i, queue in enumerate(entries.queues)]
    yield from once("queue", (((*path, "queue"), queue.queue) for path, queue in queues))
    for path, queue in queues:
        if queue.queue == UNKNOWN:
            yield Finding((*path, "queue"), f"'{UNKNOWN}' is the bot's own word; give the queue another name")
        others = {other.value or other.queue for _, other in queues if other is not queue}
        if queue.value in others:
            yield Finding((*path, "value"), f"another queue has the value '{queue.value}' too")
        for k, member in enumerate(queue.members):
            yield from known((*path, "members", k), "person", member, people)
        yield from known((*path, "coordinator"), "person", queue.coordinator, people)
        yield from _named(path, queue.name, entries)


def _account(person: PersonEntry, flavour: str) -> str:
    if isinstance(person.account, str):
        return person.account
    return person.account.cloud if flavour == "cloud" else person.account.dc
