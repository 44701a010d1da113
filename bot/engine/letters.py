"""Which letters are due: those of the morning once on each person's working day, the others whenever there are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from itertools import chain

import structlog

from bot.core.calendar import Calendar
from bot.core.deputies import is_away
from bot.core.desk import Desk
from bot.core.judge import judge
from bot.core.letter_kinds import LETTERS
from bot.core.letters import Letter, LetterRow, Told
from bot.core.people import calendar_of
from bot.core.ticket import Moment, Ticket
from bot.engine.control import is_silenced, silent_now, why_silent
from bot.engine.engine import Engine, Report
from bot.engine.sending import (
    ASKED,
    SINCE,
    WAITING,
    has_way,
    is_of_the_morning,
    send,
    settle_letters,
    today_of,
    turned,
)
from bot.engine.together import untold_by_letter
from bot.engine.tracker import TrackerError
from bot.store.store import StoreError
from bot.store.tied import with_others

log = structlog.get_logger()

_REMEMBERED_S = 7 * 24 * 3600


def write_letters(engine: Engine, now: Moment, report: Report) -> None:
    """Send the letters that are due. In a cycle with none this reads a few rows and writes nothing.

    Raises what the tracker raises when it is away, for letters that are comments.
    """
    since = engine.store.note(SINCE)
    if since is None:
        since = str(now)
        engine.store.set_note(SINCE, since)
    settle_letters(engine, now, report)
    if is_silenced(engine) or not has_way(engine):
        return
    mornings = _mornings(engine, now)
    if mornings:
        for project in engine.book.entries.projects:
            silent_now(engine, project, now, report)
        _withdraw_the_late(engine, now)
    due = list(_written(engine, mornings, now, report))
    engine.seam("before letters")
    rows = send(engine, due, now, report)
    engine.seam("after letters")
    if mornings:
        _note_asked(engine, mornings, rows, now)


def _mornings(engine: Engine, now: Moment) -> dict[str, Moment]:
    """The people whose working day has begun, and who were not yet asked about today, with when they were due."""
    book, at = engine.book, engine.book.entries.manners.summary_at
    if at is None:
        return {}
    asked, desk = _asked(engine), engine.desk(now)
    mornings: dict[str, Moment] = {}
    for person in book.languages:
        if asked.get(person, 0) > now or is_away(person, desk, book, now):
            continue
        calendar = calendar_of(person, book)
        day = calendar.day_of(now)
        due_at = _due_at(calendar, day, at)
        if due_at <= now and calendar.is_open(now):
            mornings[person] = due_at
    return mornings


def _due_at(calendar: Calendar, day: date, at: time) -> Moment:
    """When the clock shows a time on a day; as the day begins where it leaves that time out."""
    try:
        return calendar.moment(datetime.combine(day, at))
    except ValueError:
        return calendar.start_of_day(day)


def _asked(engine: Engine) -> dict[str, Moment]:
    """Until when each person is not asked about: the end of the day on which that is settled, or another try."""
    return dict(json.loads(engine.store.note(ASKED) or "{}"))


def _note_asked(engine: Engine, mornings: Mapping[str, Moment], rows: Mapping[str, LetterRow], now: Moment) -> None:
    asked = {person: until for person, until in _asked(engine).items() if until > now}
    for person in mornings:
        calendar = calendar_of(person, engine.book)
        over = calendar.end_of_day(calendar.day_of(now))
        asked[person] = min((_again_at(row, over, now) for row in rows.values() if row.to == person), default=over)
    engine.store.set_note(ASKED, json.dumps(asked, sort_keys=True))


def _again_at(row: LetterRow, over: Moment, now: Moment) -> Moment:
    """When a letter is to be thought of again: one that may stand on the desk's ticket, as soon as that is known."""
    if row.state == "doubtful" and row.way == "comment":
        return now
    return over if row.state not in WAITING else row.not_before or over


def _written(engine: Engine, mornings: Mapping[str, Moment], now: Moment, report: Report) -> Iterator[Letter]:
    """The letters of all kinds. A kind that cannot be written is reported, and does not stop the others."""
    told = _told(engine, mornings, now) if mornings else Told(batches=engine.store.batched())
    desk = _desk(engine, told, now) if mornings else engine.desk(now)
    for name, kind in LETTERS.items():
        if kind.morning and not mornings:
            continue
        try:
            yield from list(kind.write(lambda: _unfinished(engine, now), told, engine.book, desk, now))
        except (TrackerError, StoreError):
            raise
        except Exception as error:  # one kind of letters never stops the others; what it was is reported by type
            report.troubles.append(f"letters of the kind {name} could not be written ({type(error).__name__})")
            log.error("letters could not be written", letter=name, error=type(error).__name__)


def _desk(engine: Engine, told: Told, now: Moment) -> Desk:
    """The desk, with what the tickets are tied to that are told of."""
    those = chain(_unfinished(engine, now), told.closed) if engine.book.entries.links else ()
    tied = [ticket for ticket in those if ticket.links]
    return with_others(engine.desk(now), tied, engine.store, engine.book, now)


def _told(engine: Engine, mornings: Mapping[str, Moment], now: Moment) -> Told:
    remembered = now - _REMEMBERED_S
    rows = engine.store.letters_since(remembered)
    told_at = {row.to: row.at for row in rows if row.state == "said" and is_of_the_morning(row)}
    doubtful = (row for row in rows if row.state == "doubtful" and row.at > told_at.get(row.to, 0))
    spoken = engine.store.spoken_since(_last_morning(engine, now))
    left = untold_by_letter(engine, [entry for entry in spoken if entry.left])
    silent = _silent(engine)
    held = tuple(
        entry for entry in (*engine.store.held_since(0), *left) if entry.ticket_key.rpartition("-")[0] not in silent
    )
    closed = tuple(_closed(engine, {entry.ticket_id for entry in held}, now))
    return Told(mornings, held, tuple(doubtful), engine.store.batched(), closed)


def _last_morning(engine: Engine, now: Moment) -> Moment:
    """When the summaries of the desk's last working day before today were due."""
    calendar, at = engine.book.calendar, engine.book.entries.manners.summary_at
    day = calendar.add_working_days(calendar.day_of(now), -1)
    return _due_at(calendar, day, at or time())


def _unfinished(engine: Engine, now: Moment) -> Iterator[Ticket]:
    """Every ticket that is not closed, but for those that cannot be read or judged.

    One on which no comment can be written is among them: letters are then all that its people hear of it.
    """
    states = {state.state for state in engine.book.entries.states if state.standing != "closed"}
    return _sound(engine, _told_of(engine, engine.store.open_tickets(states)), now)


def _told_of(engine: Engine, tickets: Iterable[Ticket]) -> Iterator[Ticket]:
    """Those of the tickets whose projects are not silenced: letters tell of no others."""
    silent = _silent(engine)
    return (ticket for ticket in tickets if ticket.project not in silent)


def _silent(engine: Engine) -> frozenset[str]:
    return frozenset(project for project in engine.book.entries.projects if why_silent(engine, project))


def _closed(engine: Engine, ids: Collection[str], now: Moment) -> Iterator[Ticket]:
    """Those of these tickets that are closed, but for those that cannot be read or judged."""
    states = {state.state for state in engine.book.entries.states if state.standing == "closed"}
    tickets = engine.store.tickets(sorted(ids))
    return _sound(engine, _told_of(engine, (ticket for ticket in tickets if ticket.state in states)), now)


def _sound(engine: Engine, tickets: Iterable[Ticket], now: Moment) -> Iterator[Ticket]:
    """Those of the tickets that can be read and judged."""
    troubled = {each.ticket_id for each in engine.store.troubles()}
    return (ticket for ticket in tickets if ticket.id not in troubled or _is_known(engine, ticket, now))


def _is_known(engine: Engine, ticket: Ticket, now: Moment) -> bool:
    """Whether the trouble with a ticket is another than that it cannot be read, or be judged."""
    if engine.tried.get(ticket.id, 0) > ticket.updated_ms:
        return False
    try:
        judge(ticket, engine.book, now, engine.desk(now))
    except Exception:  # what it is was reported when it was judged
        return False
    return True


def _withdraw_the_late(engine: Engine, now: Moment) -> None:
    """A letter of the morning that could not be sent on its day is out of date."""
    late = [
        row
        for row in engine.store.letters_in(WAITING)
        if is_of_the_morning(row) and row.due_at < today_of(engine, row.to, now)
    ]
    engine.store.write_letters([turned(row, "withdrawn", "its day is over", now) for row in late])
