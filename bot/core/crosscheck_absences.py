"""Whether deputies, absences and rosters fit the people of the rulebook, and can be meant as they are written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from bot.core.deputies import LONGEST_SHIFT_S, may_stand_in
from bot.core.entries import AbsenceEntry, Entries, RosterEntry, ShiftEntry
from bot.core.findings import Finding, Path, known, once
from bot.core.hours import FIRST_YEAR, LAST_YEAR

ENDINGS = (".csv", ".ics")


def deputies(entries: Entries) -> Iterator[Finding]:
    """What is wrong with those who are named as deputies on people's own entries."""
    people = dict.fromkeys(entry.person for entry in entries.people)
    for i, entry in enumerate(entries.people):
        yield from _deputies(("people", i, "deputy"), entry.person, entry.deputy, entries, people)


def _deputies(
    path: Path, person: str, named: Sequence[str], entries: Entries, people: Collection[str]
) -> Iterator[Finding]:
    for k, deputy in enumerate(named):
        yield from known((*path, k), "person", deputy, people)
        if wrong := deputy_problem(deputy, person, entries):
            yield Finding((*path, k), wrong)


def deputy_problem(deputy: str, person: str, entries: Entries) -> str | None:
    """Why somebody of the rulebook cannot stand in for a person; None where they can."""
    if deputy == person:
        return "nobody is their own deputy"
    if any(entry.person == deputy for entry in entries.people) and not may_stand_in(deputy, person, entries):
        return f"'{deputy}' neither works at the tier of '{person}' nor coordinates, and cannot stand in for them"
    return None


def span_problem(first: date, last: date) -> str | None:
    """What is wrong with an absence from one day to another; None where nothing is."""
    if last < first:
        return "the last day is before the first"
    if not FIRST_YEAR <= first.year <= last.year < LAST_YEAR:
        return f"absences are counted in the years {FIRST_YEAR} to {LAST_YEAR - 1} only"
    return None


def absences(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the absences."""
    people = dict.fromkeys(entry.person for entry in entries.people)
    for i, entry in enumerate(entries.absences):
        path: Path = ("absences", i)
        yield from known((*path, "person"), "person", entry.person, people)
        if entry.file is not None:
            if any((entry.first, entry.last, entry.deputy)):
                yield Finding(path, "a `file` stands alone, or with the `person` whom an .ics file is about")
            elif entry.person is not None and not entry.file.endswith(".ics"):
                yield Finding((*path, "person"), "a table has a column for the person; leave this out")
            continue
        if entry.person is None or entry.first is None or entry.last is None:
            yield Finding(path, "an absence has a `person`, a `first` and a `last` day; or it is a `file`")
            continue
        if wrong := span_problem(entry.first, entry.last):
            yield Finding((*path, "last"), wrong)
        elif any(_overlap(entry, other) for other in entries.absences[:i]):
            yield Finding(path, f"another absence of '{entry.person}' above this one overlaps it")
        yield from _deputies((*path, "deputy"), entry.person, entry.deputy, entries, people)


def _overlap(one: AbsenceEntry, other: AbsenceEntry) -> bool:
    if one.person != other.person or not (one.first and one.last and other.first and other.last):
        return False
    return one.first <= other.last and other.first <= one.last


def rosters(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the rosters, and with the queues that name one."""
    names = [roster.roster for roster in entries.rosters]
    yield from once("roster", ((("rosters", i, "roster"), name) for i, name in enumerate(names)))
    for i, queue in enumerate(entries.queues):
        yield from known(("queues", i, "duty"), "roster", queue.duty, names)
    for i, roster in enumerate(entries.rosters):
        yield from _roster(("rosters", i), roster, entries)


def _roster(path: Path, roster: RosterEntry, entries: Entries) -> Iterator[Finding]:
    people = dict.fromkeys(entry.person for entry in entries.people)
    if not roster.shifts and not roster.files:
        yield Finding(path, "a roster has `shifts`, or `files` of them")
    calendar = entries.calendars.get(entries.manners.calendar)
    for k, shift in enumerate(roster.shifts):
        yield from known((*path, "shifts", k, "person"), "person", shift.person, people)
        if calendar is not None:
            yield from _shift((*path, "shifts", k), shift, calendar.timezone)


def _shift(path: Path, shift: ShiftEntry, timezone: str) -> Iterator[Finding]:
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        return
    moments = []
    for word in ("first", "until"):
        wall = datetime.fromisoformat(getattr(shift, word))
        at = int(wall.replace(tzinfo=zone, fold=0).timestamp())
        if datetime.fromtimestamp(at, zone).replace(tzinfo=None) != wall:
            yield Finding((*path, word), f"the clocks of {timezone} never show this")
            return
        moments.append(at)
    if wrong := shift_problem(*moments):
        yield Finding((*path, "until"), wrong)


def shift_problem(from_at: int, until_at: int) -> str | None:
    """What is wrong with a shift between two moments; None where nothing is."""
    if until_at <= from_at:
        return "the shift ends before it begins"
    if until_at - from_at > LONGEST_SHIFT_S:
        return f"the shift is longer than {LONGEST_SHIFT_S // 86_400} days"
    return None
