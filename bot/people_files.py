"""Absences and rosters from tables (CSV) and calendar files (iCalendar) beside a rulebook.

Who, when, and who stands in is all that is taken out of them. Why somebody is away is never read: other columns are
passed over, and of an event's title only the name in it is kept. No error quotes what stands in a file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from bot.closed_days import Series, UnreadableError, beside, content_of, events_in, series_of, spot_of, timekeeper
from bot.core.crosscheck_absences import ENDINGS, deputy_problem, shift_problem, span_problem
from bot.core.desk import Absence, Shift
from bot.core.entries import Entries
from bot.core.findings import nearest
from bot.shift_events import Shifts, shifts_of
from bot.yaml_positions import Node, Problem, Spot, problem_at

T = TypeVar("T")

_PERSON = ("person", "isik", "töötaja", "employee")
ABSENCE_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "person": _PERSON,
    "first": ("first", "from", "algus", "alates"),
    "last": ("last", "to", "lõpp", "kuni"),
    "deputy": ("deputy", "deputies", "asendaja", "asendajad"),
}
"""What the columns of a table of absences are called; `deputy` may be missing. Any other column is passed over."""

SHIFT_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "person": _PERSON,
    "first": ("first", "from", "algus", "alates"),
    "until": ("until", "to", "lõpp", "kuni"),
}
"""What the columns of a table of shifts are called."""

BETWEEN_DEPUTIES = "|"
MOST_ROWS = 20_000
_DAYS = ("%Y-%m-%d", "%d.%m.%Y")
_TIMES = tuple(f"{day}{between}{time}" for day in _DAYS for between in (" ", "T") for time in ("%H:%M", "%H:%M:%S"))
_DAY_EXAMPLE, _TIME_EXAMPLE = "2026-12-21 or 21.12.2026", "2026-12-21 20:00 or 21.12.2026 20:00"


@dataclass(slots=True)
class Found:
    """What the files say, and everything wrong with them."""

    absences: list[Absence] = field(default_factory=list)
    shifts: list[Shift] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class _People:
    """The people of the rulebook, by what files may call them: their words and their accounts."""

    def __init__(self, entries: Entries) -> None:
        self.entries = entries
        self._called: dict[str, str] = {}
        for entry in entries.people:
            accounts = (entry.account,) if isinstance(entry.account, str) else (entry.account.cloud, entry.account.dc)
            for called in (entry.person, *accounts):
                self._called.setdefault(called.casefold(), entry.person)
        longest_first = sorted(self._called, key=len, reverse=True)
        self._in_text = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")

    def named(self, text: str) -> str:
        """The person that a cell names. Raises UnreadableError with the nearest word."""
        person = self._called.get(text.strip().casefold())
        if person is None:
            meant = nearest(text.strip(), [entry.person for entry in self.entries.people])
            raise UnreadableError("names nobody of the rulebook" + (f"; did you mean '{meant}'?" if meant else ""))
        return person

    def named_in(self, text: str) -> str:
        """The one person whom a text names somewhere. Raises UnreadableError."""
        found = {self._called[each] for each in self._in_text.findall(text.casefold())} if self._called else set()
        if len(found) != 1:
            text = "more than one person" if found else "nobody"
            raise UnreadableError(f"names {text} of the rulebook in its title; write the word of one person there")
        return found.pop()


def read_people_files(entries: Entries, root: Node) -> Found:
    """Read every file of absences and of rosters, each beside the YAML file that names it. Never raises."""
    found = Found()
    people = _People(entries)
    zone = _zone(entries)
    for i, entry in enumerate(entries.absences):
        if entry.file is not None:
            spot = spot_of(root, ("absences", i, "file"))
            for path in _opened(spot, entry.file, found):
                if path.suffix == ".csv":
                    _absence_table(path, people, found)
                else:
                    _absence_events(path, spot, people, entry.person, found)
    for i, roster in enumerate(entries.rosters):
        for k, name in enumerate(roster.files):
            spot = spot_of(root, ("rosters", i, "files", k))
            for path in _opened(spot, name, found):
                if path.suffix == ".csv":
                    _shift_table(path, roster.roster, people, zone, found)
                else:
                    _shift_events(path, spot, roster.roster, people, zone, found)
    return found


def _zone(entries: Entries) -> ZoneInfo:
    calendar = entries.calendars.get(entries.manners.calendar)
    try:
        return ZoneInfo(calendar.timezone if calendar else "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _opened(spot: Spot, name: str, found: Found) -> Iterator[Path]:
    try:
        path = beside(spot, name, ENDINGS)
        content_of(path)
    except UnreadableError as error:
        found.problems.append(problem_at(spot, f"{name}: {error}", name))
    else:
        yield path


# Tables


def _rows(path: Path, columns: Mapping[str, Sequence[str]], found: Found) -> Iterator[tuple[Spot, dict[str, str]]]:
    """The rows of a table by the columns' words, each with its place; those that are empty are left out."""

    def wrong(line: int, text: str) -> None:
        found.problems.append(problem_at(Spot(str(path), line, 1), text))

    try:
        text = content_of(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        return wrong(1, "this is not UTF-8 text; save the table as CSV UTF-8")
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = [each.strip().casefold() for each in next(reader, [])]
        where: dict[str, int] = {}
        for word, names in columns.items():
            here = [i for i, each in enumerate(header) if each in names]
            if len(here) > 1:
                return wrong(1, f"more than one column is called {' or '.join(names)}")
            if here:
                where[word] = here[0]
            elif word != "deputy":
                return wrong(1, f"a column called {' or '.join(names)} is missing")
        for number, row in enumerate(reader):
            if number >= MOST_ROWS:
                return wrong(reader.line_num, f"the table has more than {MOST_ROWS} rows")
            cells = {word: row[i].strip() if i < len(row) else "" for word, i in where.items()}
            if any(cells.values()):
                yield Spot(str(path), reader.line_num, 1), cells
    except csv.Error:
        wrong(reader.line_num, "this is no row of a table; check its quotes")
    return None


def _absence_table(path: Path, people: _People, found: Found) -> None:
    read: list[tuple[Absence, int]] = []
    for spot, cells in _rows(path, ABSENCE_COLUMNS, found):
        wrong: list[str] = []
        person = _cell("person", cells, people.named, wrong)
        first = _cell("first", cells, _day, wrong)
        last = _cell("last", cells, _day, wrong)
        deputies = [
            deputy
            for each in cells.get("deputy", "").split(BETWEEN_DEPUTIES)
            if each.strip() and (deputy := _cell("deputy", {"deputy": each}, people.named, wrong))
        ]
        if person is not None:
            wrong += filter(None, (deputy_problem(each, person, people.entries) for each in deputies))
        if first and last and (problem := span_problem(first, last)):
            wrong.append(problem)
        if person and first and last and not wrong:
            absence = Absence(person, first, last, tuple(deputies))
            over = next((line for other, line in read if _overlap(other, absence)), None)
            if over is not None:
                wrong.append(f"this overlaps the absence of the same person in line {over}")
            read.append((absence, spot.line))
        found.problems += (problem_at(spot, text) for text in wrong)
    found.absences += (absence for absence, _ in read)


def _overlap(one: Absence, other: Absence) -> bool:
    return one.person == other.person and one.first <= other.last and other.first <= one.last


def _shift_table(path: Path, roster: str, people: _People, zone: ZoneInfo, found: Found) -> None:
    for spot, cells in _rows(path, SHIFT_COLUMNS, found):
        wrong: list[str] = []
        person = _cell("person", cells, people.named, wrong)
        from_at = _cell("first", cells, lambda text: _moment(text, zone), wrong)
        until_at = _cell("until", cells, lambda text: _moment(text, zone), wrong)
        if from_at is not None and until_at is not None and (problem := shift_problem(from_at, until_at)):
            wrong.append(problem)
        if person is not None and from_at is not None and until_at is not None and not wrong:
            found.shifts.append(Shift(roster, person, from_at, until_at))
        found.problems += (problem_at(spot, text) for text in wrong)


def _cell(word: str, cells: Mapping[str, str], read: Callable[[str], T], wrong: list[str]) -> T | None:
    try:
        return read(cells[word])
    except UnreadableError as error:
        wrong.append(f"the column '{word}' {error}")
        return None


def _day(text: str) -> date:
    for form in _DAYS:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise UnreadableError(f"holds no date; write {_DAY_EXAMPLE}")


def _moment(text: str, zone: ZoneInfo) -> int:
    for form in _TIMES:
        try:
            wall = datetime.strptime(text, form)
        except ValueError:
            continue
        at = int(wall.replace(tzinfo=zone, fold=0).timestamp())
        if datetime.fromtimestamp(at, zone).replace(tzinfo=None) != wall:
            raise UnreadableError(f"holds a time that the clocks of {zone.key} never show")
        return at
    raise UnreadableError(f"holds no date and time; write {_TIME_EXAMPLE}")


# Calendars


def _absence_events(path: Path, spot: Spot, people: _People, person: str | None, found: Found) -> None:
    in_time = timekeeper()
    read: list[tuple[str, Series]] = []
    for number, event in _events(path, spot, found):
        with _told(path, spot, number, found):
            series = series_of(event, in_time)
            who = person or (people.named_in(_title(event)) if series.starts else "")
            read.append((who, series))
    replaced = {(series.uid, series.replaces) for _, series in read if series.replaces}
    for who, series in read:
        for start in series.starts:
            if series.replaces or (series.uid, start) not in replaced:
                found.absences.append(Absence(who, start, start + timedelta(days=series.days - 1)))


def _shift_events(path: Path, spot: Spot, roster: str, people: _People, zone: ZoneInfo, found: Found) -> None:
    in_time = timekeeper()
    read: list[tuple[str, Shifts]] = []
    for number, event in _events(path, spot, found):
        with _told(path, spot, number, found):
            shifts = shifts_of(event, zone, in_time)
            if any(problem := shift_problem(*span) for span in shifts.spans):
                raise UnreadableError(f"cannot be meant: {problem}")
            read.append((people.named_in(_title(event)) if shifts.spans else "", shifts))
    replaced = {(shifts.uid, shifts.replaces) for _, shifts in read if shifts.replaces is not None}
    for who, shifts in read:
        for from_at, until_at in shifts.spans:
            if shifts.replaces is not None or (shifts.uid, from_at) not in replaced:
                found.shifts.append(Shift(roster, who, from_at, until_at))


def _events(path: Path, spot: Spot, found: Found) -> list[tuple[int, Any]]:
    try:
        return list(enumerate(events_in(content_of(path)), 1))
    except UnreadableError as error:
        found.problems.append(problem_at(spot, f"{path.name}: {error}", path.name))
        return []


@contextmanager
def _told(path: Path, spot: Spot, number: int, found: Found) -> Iterator[None]:
    """What is wrong with one event is told, and the others are read."""
    try:
        yield
    except UnreadableError as error:
        found.problems.append(problem_at(spot, f"{path.name}: event {number} {error}", path.name))


def _title(event: Any) -> str:
    return str(event.get("SUMMARY", ""))
