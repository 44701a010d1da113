"""Which deadlines a ticket has, and its three dates side by side: first promised, promised now, statutory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bot.core.calendar import Calendar
from bot.core.conditions import holds
from bot.core.deadline import Deadline, Milestone, Start, ends_at, read_start, season_day
from bot.core.entries import DeadlineEntry, Entries, Extension
from bot.core.people import role_of
from bot.core.ticket import Change, Moment
from bot.core.view import View

DEADLINE = "deadline "

CREATED = "created"
"""The word in `counts_from` for the ticket's own beginning."""

NOTICE = "notice of extension"

MET = "it is met"
"""How the reason begins for which a deadline does not count any more."""

Fields = Mapping[str, str]


def deadlines_of(view: View) -> tuple[Deadline, ...]:
    """The deadlines a ticket has and has not met, in the rulebook's order; of each name the first that counts.

    The view learns the names of those that count an amount of time as the law does, met or not.
    """
    found = []
    for entry, deadline, because in considered(view):
        if deadline is not None:
            found.append(deadline)
        if entry.within is not None and (deadline is not None or because.startswith(MET)):
            view.statutory.add(entry.name)
    return tuple(found)


def dated_words(entries: Entries) -> frozenset[str]:
    """The words of fields whose dates deadlines need, outages, and indicators."""
    words = {entry.counts_from for entry in entries.deadlines}
    words |= {entry.extension.field for entry in entries.deadlines if entry.extension}
    words |= {entry.ends_on for entry in entries.deadlines if entry.ends_on}
    words |= {entries.outages.begins} if entries.outages and entries.outages.begins else set()
    words |= {entries.indicators.agreed}
    words |= {entries.indicators.registered} if entries.indicators.registered else set()
    return frozenset(words & set(entries.fields))


def considered(
    view: View, fields: Fields | None = None, *, name: str | None = None
) -> Iterator[tuple[DeadlineEntry, Deadline | None, str]]:
    """Each entry, or those of one name, with the deadline that it gives the ticket, or with why it gives none.

    `fields` are what its fields hold, where that is not to be what they hold now.
    """
    return _considered(view, view.ticket.fields if fields is None else fields, name)


def comes_at(view: View) -> Iterator[Moment]:
    """When dates that lie ahead, in fields which deadlines count from, will have come: they count otherwise then."""
    for entry in view.book.entries.deadlines:
        calendar = view.book.calendars[entry.calendar] if entry.calendar else view.book.calendar
        words = [entry.counts_from] if entry.ends_on is None else []
        words += [entry.extension.field] if entry.extension else []
        for written in (_written(word, view.ticket.fields, calendar) for word in words):
            if written is not None and calendar.day_of(written.at) > calendar.day_of(view.now):
                yield calendar.start_of_day(calendar.day_of(written.at))


def _deadlines(view: View, fields: Fields) -> Iterator[Deadline]:
    return (deadline for _, deadline, _ in _considered(view, fields) if deadline is not None)


def _considered(
    view: View, fields: Fields, name: str | None = None
) -> Iterator[tuple[DeadlineEntry, Deadline | None, str]]:
    named: set[str] = set()
    at_creation = view.at_creation
    for entry in view.book.entries.deadlines:
        if name is not None and entry.name != name:
            continue
        if entry.name in named:
            yield entry, None, "an earlier entry of this name counts"
            continue
        if entry.when and not holds(entry.when, at_creation):
            yield entry, None, "its conditions do not hold"
            continue
        calendar = view.book.calendars[entry.calendar] if entry.calendar else view.book.calendar
        if entry.ends_on is not None and _written(entry.ends_on, fields, calendar) is None:
            yield entry, None, f"the field `{entry.ends_on}` holds no day"
            continue
        start, recorded = _start(entry, view, fields, calendar)
        if not _is_valid(entry, calendar.day_of(start.at)):
            yield entry, None, "it was not valid on the day that it would start"
            continue
        named.add(entry.name)
        if entry.met_by is not None and entry.met_by in fields:
            yield entry, None, f"{MET}: the field `{entry.met_by}` is filled in"
            continue
        found = _deadline(entry, view, fields, calendar, start, recorded)
        yield entry, found, "" if found is not None else "all of its dates were over when it would start"


def _start(entry: DeadlineEntry, view: View, fields: Fields, calendar: Calendar) -> tuple[Start, bool]:
    """When a deadline starts, and whether its field says so; what lies ahead has not happened and does not count."""
    if entry.ends_on is not None:
        return Start(_set_at(entry.ends_on, view) or view.ticket.created_at, True), False
    written = _written(entry.counts_from, fields, calendar)
    if written is None or calendar.day_of(written.at) > calendar.day_of(view.now):
        return Start(view.ticket.created_at, True), False
    return written, True


def _written(word: str, fields: Fields, calendar: Calendar) -> Start | None:
    return read_start(fields.get(word, ""), calendar)


def _set_at(word: str, view: View) -> Moment | None:
    """When a field got the value it has, as the ticket's history tells."""
    set_at = [change.at for change in view.ticket.changes if change.field == word and change.now]
    return set_at[-1] if set_at else None


def _is_valid(entry: DeadlineEntry, day: date) -> bool:
    return (entry.valid_from is None or entry.valid_from <= day) and (entry.valid_to is None or day <= entry.valid_to)


def _deadline(
    entry: DeadlineEntry, view: View, fields: Fields, calendar: Calendar, start: Start, recorded: bool
) -> Deadline | None:
    by_day = entry.within is None or entry.within.kind != "clock"
    moves = entry.moves is not False
    whole_days = by_day and entry.ends_on is None
    starts_at = calendar.start_of_day(calendar.day_of(start.at)) if whole_days else start.at
    milestones: tuple[Milestone, ...] = ()
    extended, period = False, ""
    if entry.ends_on is not None:
        due_at = _end_of(entry, fields, calendar)
    elif entry.within is None:
        row = season_day(calendar.day_of(starts_at), entry.dates, calendar, moves=moves)
        if row is None:
            return None
        period, due_at = row[0], calendar.end_of_day(row[1])
    else:
        within = entry.within
        if entry.extension is not None:
            notice_due_at = ends_at(starts_at, entry.extension.notice_within or within, calendar, moves=moves)
            told_at = _told_at(entry.extension, view, fields, calendar)
            # A day's 24:00 is the next one's 0:00, when it is too late for what was done on that next day.
            extended = told_at is not None and told_at <= notice_due_at - by_day
            milestones = (Milestone(NOTICE, notice_due_at, told_at, kept=extended),)
            within = entry.extension.to if extended else within
        due_at = ends_at(starts_at, within, calendar, moves=moves)
    provisional = not recorded and entry.counts_from != CREATED
    return Deadline(
        name=entry.name,
        basis=entry.basis,
        source=entry.source,
        confirmed=entry.confirmed_by is not None,
        starts_at=starts_at,
        due_at=due_at,
        by_day=by_day,
        recorded=recorded,
        provisional=provisional or not (by_day or start.exact),
        extended=extended,
        milestones=milestones,
        period=period,
        raises=entry.raises,
    )


def _end_of(entry: DeadlineEntry, fields: Fields, calendar: Calendar) -> Moment:
    """The end of the day that a field holds; a person's own date moves off a day off only where the entry says so."""
    written = _written(entry.ends_on or "", fields, calendar)
    if written is None:
        raise ValueError(f"{entry.name}: the field of its last day holds none")
    day = calendar.day_of(written.at)
    return calendar.end_of_day(calendar.next_working_day(day) if entry.moves else day)


def _told_at(extension: Extension, view: View, fields: Fields, calendar: Calendar) -> Moment | None:
    """When the person was told of the extension: what the field says, else when it was filled in."""
    written = fields.get(extension.field)
    if written is None:
        return None
    start = read_start(written, calendar)
    if start is not None:
        return start.at if calendar.day_of(start.at) <= calendar.day_of(view.now) else None
    return _set_at(extension.field, view) or view.ticket.created_at


@dataclass(frozen=True, slots=True)
class Dated:
    """One of a ticket's dates: until when it is in time, and what it rests on."""

    kind: Literal["first promised", "promised", "statutory"]
    due_at: Moment
    basis: str


@dataclass(frozen=True, slots=True)
class Shift:
    """A date that came, went or moved: when, by the holder of which role, from when to when, and why.

    `because` is the word of the field that was changed.
    """

    at: Moment
    kind: Literal["promised", "statutory"]
    by: str
    was: Moment | None
    now: Moment | None
    because: str


@dataclass(frozen=True, slots=True)
class Dates:
    """A ticket's dates side by side. `rules` is the earliest of those that stand, promised now and statutory."""

    first: Dated | None
    promised: Dated | None
    statutory: Dated | None
    rules: Dated | None
    shifts: tuple[Shift, ...]


def dates_of(view: View) -> Dates:
    """A ticket's three dates, which of them rules, and every shift in its history, oldest first.

    What was first promised is told by the history: later changes of the due date do not change it.
    """
    ticket = view.ticket
    changes = [change for change in ticket.changes if change.field == "due"]
    now = None if ticket.due_at is None else _date_of(ticket.due_at).isoformat()
    every = [day for change in changes for day in (change.was, change.now)] or [now]
    first = next((day for day in every if day), None)
    basis = "the ticket's due date"
    promised = Dated("promised", _over(now, view), basis) if now else None
    statutory = min(
        (Dated("statutory", each.due_at, each.basis) for each in deadlines_of(view)),
        key=lambda dated: dated.due_at,
        default=None,
    )
    standing = [dated for dated in (statutory, promised) if dated is not None]
    shifts = [
        Shift(
            change.at,
            "promised",
            role_of(change.who, view, bot=change.bot),
            _over(change.was, view) if change.was else None,
            _over(change.now, view) if change.now else None,
            "due",
        )
        for change in changes
        if change.was != change.now
    ]
    return Dates(
        first=Dated("first promised", _over(first, view), basis) if first else None,
        promised=promised,
        statutory=statutory,
        rules=min(standing, key=lambda dated: dated.due_at, default=None),
        shifts=tuple(sorted([*shifts, *_statutory_shifts(view)], key=lambda shift: shift.at)),
    )


def _statutory_shifts(view: View) -> Iterator[Shift]:
    """The statutory date before and after each change of the fields it rests on."""
    watched = dated_words(view.book.entries)
    changes = [change for change in view.ticket.changes if change.field in watched]
    fields = _at_first(view.ticket.fields, changes)
    for change in changes:
        was = _earliest(view, fields)
        fields.pop(change.field, None)
        if change.now is not None:
            fields[change.field] = change.now
        now = _earliest(view, fields)
        if was != now:
            by = role_of(change.who, view, bot=change.bot)
            yield Shift(change.at, "statutory", by, was, now, change.field)


def _at_first(fields: Fields, changes: list[Change]) -> dict[str, str]:
    """What the fields with these changes held before any of them."""
    first: dict[str, str | None] = {}
    for change in changes:
        first.setdefault(change.field, change.was)
    return {word: value for word, value in {**fields, **first}.items() if value is not None}


def _earliest(view: View, fields: Fields) -> Moment | None:
    return min((deadline.due_at for deadline in _deadlines(view, fields)), default=None)


def _over(day: str, view: View) -> Moment:
    return view.book.calendar.end_of_day(date.fromisoformat(day))


def _date_of(due_at: Moment) -> date:
    """The date of a due date as the reader keeps it: its first second in UTC."""
    return date.fromordinal(date(1970, 1, 1).toordinal() + due_at // 86_400)
