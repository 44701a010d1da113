"""Reading what changed: the delta poll, and the sweep that heals what a delta poll misses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import structlog

from bot.core.ledger import WAITING, turned
from bot.core.ticket import Moment
from bot.engine.aside import lay_by
from bot.engine.beyond import look_at_all, look_at_changed, look_beyond, look_elsewhere, newly_tied
from bot.engine.costs import keep
from bot.engine.engine import Engine, Pace, Report
from bot.engine.fence import renew_lease
from bot.store.tied import due_with

RECONCILED = "reconciled_at"
CLOSED = "closed projects"
"""The note that holds the keys of the projects that cannot be searched."""

T = TypeVar("T")

log = structlog.get_logger()


def poll(engine: Engine, now: Moment, report: Report) -> None:
    """Mirror the tickets updated since the mark, less the overlap, and move the mark to the newest stamp seen.

    The mark is the tracker's own time, and moves only when everything before it is stored. It never passes the
    local clock, as one stamp from the future would hide all that changes until then; a clock that is behind costs
    a longer answer.
    """
    mark = engine.store.mark_ms()
    since = None if mark is None else max(0, min(mark, now * 1000) - engine.pace.overlap_s * 1000)
    newest = mark or 0
    projects = engine.book.entries.projects
    known = None if mark is None or since is None else engine.overlap.known(mark, since)
    engine.overlap.mark_ms = None
    stored: dict[str, int] = {}
    for stamps in _chunks(engine.tracker.changed(since, known), engine.pace.read_size):
        newest = max(newest, *(stamp.updated_ms for stamp in stamps))
        if known:  # what is known to be stored comes where nothing else does
            stamps = [stamp for stamp in stamps if known.get(stamp.id) != stamp.updated_ms]
        beyond = [stamp for stamp in stamps if stamp.key.rpartition("-")[0] not in projects]
        if beyond:
            look_at_changed(engine, beyond, now)
            stamps = [stamp for stamp in stamps if stamp not in beyond]
        seen = engine.store.seen([stamp.id for stamp in stamps])
        fresh = {
            stamp.id: stamp.updated_ms
            for stamp in stamps
            if (stamp.id not in seen or stamp.updated_ms > seen[stamp.id].updated_ms)
            and engine.tried.get(stamp.id) != stamp.updated_ms
        }
        came = {stamp.id: stamp.came for stamp in stamps if fresh.get(stamp.id) == stamp.updated_ms}
        unread = mirror(engine, list(fresh), now, report, came=came)
        engine.tried.update((ticket_id, fresh[ticket_id]) for ticket_id in unread)
        stored |= {stamp.id: stamp.updated_ms for stamp in stamps if stamp.id not in engine.tried}
    _read_again(engine, now, report)
    look_elsewhere(engine, now)
    engine.seam("before mark")
    # The mark is behind all that is stored, so that one lost with the power only makes the next answer longer.
    with engine.store.transaction(lasting=False):
        renew_lease(engine)
        engine.store.set_mark(min(newest, now * 1000), now)
        if mark is None:
            engine.store.set_note(RECONCILED, str(now))
        keep(engine)
    left_ms = min(newest, now * 1000)
    again_ms = left_ms - engine.pace.overlap_s * 1000  # what is older does not come again
    engine.overlap.leave(left_ms, now, known or {}, {id_: ms for id_, ms in stored.items() if ms >= again_ms})
    engine.seam("after mark")
    _tell_closed(engine, report)


def _read_again(engine: Engine, now: Moment, report: Report) -> None:
    """Read again those of the tickets that could not be read whose time it is; without any this asks nothing."""
    if engine.tried:
        known = [each for each in engine.store.troubles() if each.why == "unread" and each.ticket_id in engine.tried]
        due = [each.ticket_id for each in known if each.again_at is not None and each.again_at <= now]
        mirror(engine, due[: engine.pace.read_size], now, report)


def _tell_closed(engine: Engine, report: Report) -> None:
    """Report the projects that cannot be searched, whose tickets are left in peace; a change is logged once."""
    closed, known = engine.tracker.closed, (engine.store.note(CLOSED) or "").split()
    for project, what in closed.items():
        report.troubles.append(f"{project}: {what}")
        if project not in known:
            log.warning("project cannot be searched, its tickets are left in peace", project=project, reason=what)
    for project in known:
        if project not in closed:
            log.info("project can be searched again", project=project)
    if set(known) != closed.keys():
        engine.store.set_note(CLOSED, " ".join(sorted(closed)))


def mirror(
    engine: Engine,
    ids: Sequence[str],
    now: Moment,
    report: Report,
    same: Mapping[str, int] | None = None,
    came: Mapping[str, object] = {},
) -> Mapping[str, str | None]:
    """Read tickets whole and mark them due at once; one that cannot be read is reported.

    Those that are still as `same` has them, by their id and stamp, are left in the peace they have. What `came` with
    their stamps is not asked for again.
    Returns the ids that were not mirrored with what is wrong, None for those that are not there, or no longer
    in a project of the rulebook.
    """
    if not ids:
        return {}
    reading = engine.tracker.read(ids, came)
    here = [ticket for ticket in reading.tickets if ticket.project in engine.book.entries.projects]
    tickets = [ticket for ticket in here if (same or {}).get(ticket.id) != ticket.updated_ms]
    if tickets:
        look_beyond(engine, newly_tied(engine, tickets), now)
        with engine.store.transaction():
            engine.store.put_tickets(tickets, engine.facts, now)
            tied = due_with([ticket.id for ticket in tickets], engine.store, engine.book)
            engine.store.judged(dict.fromkeys(tied, now))
        engine.sketches.take(tickets, engine.book)
    for trouble in reading.troubles:
        lay_by(engine, trouble.ticket_id, "unread", trouble.what, now)
        report.troubles.append(f"{trouble.ticket_id}: {trouble.what}")
    if reading.missing:
        engine.store.take_up(reading.missing)
    for ticket in tickets:
        engine.tried.pop(ticket.id, None)
    report.changed += len(tickets)
    unread = dict.fromkeys(ids, None) | {trouble.ticket_id: trouble.what for trouble in reading.troubles}
    return {ticket_id: unread[ticket_id] for ticket_id in unread.keys() - {ticket.id for ticket in here}}


def reconcile_due(engine: Engine, now: Moment) -> bool:
    """Whether the sweep is due again: the last was in an earlier stretch than now is, or in one to come."""
    last, pace = engine.store.note(RECONCILED), engine.pace
    return last is None or _stretch(int(last), pace) != _stretch(now, pace)


def _stretch(at: Moment, pace: Pace) -> int:
    return (at - pace.reconcile_offset_s) // pace.reconcile_s


def reconcile(engine: Engine, now: Moment, report: Report) -> None:
    """Compare ids and stamps of the whole desk with the mirror: read what differs, lay aside what is gone.

    Tickets of a project that cannot be searched are neither. What the search does not find, though it can be read
    and is as it was, is archived, or missing in the index: nothing about it is new.
    """
    waiting = {
        each.ticket_id: engine.tried.get(each.ticket_id)
        for each in engine.store.troubles()
        if each.why == "unread" and each.again_at is not None and each.again_at > now
    }
    known = engine.store.all_seen()
    differing: dict[str, int] = {}
    seen: set[str] = set()
    for stamp in engine.tracker.changed(None):  # one that comes twice counts as it came last
        seen.add(stamp.id)
        if stamp.updated_ms in (known.get(stamp.id), waiting.get(stamp.id)):
            differing.pop(stamp.id, None)
        else:
            differing[stamp.id] = stamp.updated_ms
    for ticket_id in seen:
        known.pop(ticket_id, None)
    if closed := engine.tracker.closed:
        for ticket_id in engine.store.outside([key for key in engine.book.entries.projects if key not in closed]):
            known.pop(ticket_id, None)
    otherwise = engine.store.stale(engine.facts)
    stale = [ticket_id for ticket_id in otherwise if ticket_id not in known]
    same = {ticket_id: stamp for ticket_id, stamp in known.items() if ticket_id not in otherwise}
    gone: list[str] = []
    for ids in _chunks(iter(dict.fromkeys((*differing, *stale, *known))), engine.pace.read_size):
        unread = mirror(engine, ids, now, report, same)
        engine.tried.update((ticket_id, differing[ticket_id]) for ticket_id in unread if ticket_id in differing)
        gone += [ticket_id for ticket_id in ids if ticket_id in known and unread.get(ticket_id, "") is None]
    lay_aside(engine, gone, now, report)
    look_at_all(engine, now)
    engine.store.set_note(RECONCILED, str(now))


def lay_aside(engine: Engine, gone: Sequence[str], now: Moment, report: Report) -> None:
    """Judge these tickets no longer, as they are not on the desk; what waited to be said on them is withdrawn."""
    if not gone:
        return
    waiting = [
        entry for rows in engine.store.entries(gone).values() for entry in rows.values() if entry.state in WAITING
    ]
    with engine.store.transaction():
        engine.store.gone(gone, now)
        engine.store.judged(dict.fromkeys(due_with(gone, engine.store, engine.book), now))
        engine.store.write_entries(
            [turned(entry, "withdrawn", "the ticket is no longer on the desk", now) for entry in waiting]
        )
    engine.sketches.forget(gone)
    engine.overlap.forget(gone)
    report.gone += len(gone)
    report.withdrawn += len(waiting)


def _chunks(items: Iterator[T], size: int) -> Iterator[list[T]]:
    while chunk := list(islice(items, size)):
        yield chunk
