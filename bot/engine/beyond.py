"""Tickets outside the desk's projects to which its own are tied: read when they change, and kept in the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from bot.core.linked import heeded, is_outside
from bot.core.ticket import Moment, Ticket, site_of
from bot.engine.engine import Engine
from bot.engine.tracker import AWAY, LATE, LOCKED, Denied, Refused, Stamp, Unreachable
from bot.store.links import LinkedRow
from bot.store.tied import due_with

MARK = "newest change at"
"""The note that holds the newest change seen at another site, in milliseconds of its own time, before its word."""

log = structlog.get_logger()


def newly_tied(engine: Engine, tickets: Sequence[Ticket]) -> dict[str, str]:
    """The tickets outside that these are tied to and of which nothing is known yet: their keys by id."""
    entries = engine.book.entries
    links = {
        link.ticket_id: link.key
        for ticket in tickets
        for link in heeded(ticket, entries)
        if is_outside(link, entries)
    }
    known = engine.store.linked(list(links)) if links else {}
    return {id_: key for id_, key in links.items() if id_ not in known}


def look_beyond(engine: Engine, keys: dict[str, str], now: Moment) -> None:
    """Read these tickets outside, by ids or else keys, and have those judged again that are tied to one that changed.

    One that cannot be read stays as it was last seen, with the reason and since when. Raises what `Tracker.read`
    raises.
    """
    if not keys:
        return
    reading = engine.tracker.read_outside(list(keys))
    because = dict.fromkeys(reading.missing, "it is not there, or the account may not see it")
    because |= {trouble.ticket_id: trouble.what for trouble in reading.troubles}
    _keep(engine, keys, reading.tickets, because, now)


def _keep(
    engine: Engine, keys: Mapping[str, str], tickets: Sequence[Ticket], because: Mapping[str, str], now: Moment
) -> None:
    """Keep the tickets read, and why others could not be; have those judged that are tied to any of them."""
    known = engine.store.linked(list(keys))
    names = ((ticket.key if ticket.key in keys else ticket.id, ticket) for ticket in tickets)
    rows = [LinkedRow(name, ticket.key, ticket, engine.facts) for name, ticket in names]
    for id_, what in because.items():
        before = known.get(id_)
        if what == LATE and before is not None and before.because is None:
            continue
        since = before.since_at if before is not None and before.because is not None else now
        ticket = None if before is None else before.ticket
        rows.append(LinkedRow(id_, keys[id_], ticket, engine.facts, what, since))
    changed = [row for row in rows if known.get(row.id) != row]
    for row in changed:
        if row.because is not None:
            log.warning("a linked ticket cannot be read", ticket=row.key, reason=row.because)
    with engine.store.transaction():
        engine.store.put_linked(changed)
        tied = due_with([row.id for row in changed], engine.store, engine.book)
        engine.store.judged(dict.fromkeys(tied, now))


def look_elsewhere(engine: Engine, now: Moment) -> None:
    """Read the tickets of other sites again that changed since the last look there; one search for each site.

    Nothing is asked of a site to whose tickets none is tied. Of one that does not answer, or lets nobody in, nothing
    is known any more until it does; then all its tickets are read again.
    """
    for site in engine.tracker.sites:
        mark = f"{MARK} {site}"
        noted = engine.store.note(mark)
        ids = [id_ for id_ in engine.store.outside_ids() if site_of(id_) == site]
        newest = int(noted) if noted and ids else now * 1000
        if ids:
            rows = engine.store.linked(ids)
            since = max(0, min(newest, now * 1000) - engine.pace.overlap_s * 1000)
            try:
                stamps = {stamp.key: stamp.updated_ms for stamp in engine.tracker.changed_elsewhere(site, since)}
            except (Unreachable, Denied, Refused) as error:
                because = LOCKED if isinstance(error, Denied) else AWAY
                _keep(engine, {row.id: row.key for row in rows.values()}, (), dict.fromkeys(rows, because), now)
                continue
            look_beyond(engine, {row.id: row.key for row in rows.values() if _is_news(row, stamps)}, now)
            newest = min(max([newest, *stamps.values()]), now * 1000)
        kept = str(newest) if ids else ""
        if kept != (noted or ""):
            engine.store.set_note(mark, kept)


def _is_news(row: LinkedRow, stamps: Mapping[str, int]) -> bool:
    """Whether a ticket of another site is to be read again, now that the site tells what changed."""
    if row.because in (AWAY, LATE, LOCKED):
        return True
    stamp = stamps.get(row.key)
    return stamp is not None and (row.because is not None or row.ticket is None or row.ticket.updated_ms != stamp)


def look_at_changed(engine: Engine, stamps: Sequence[Stamp], now: Moment) -> None:
    """Read those of these tickets outside again that any ticket of the desk is tied to, and that changed since."""
    known = engine.store.linked([stamp.id for stamp in stamps])
    changed = {
        stamp.id: stamp.key
        for stamp in stamps
        if (row := known.get(stamp.id)) is not None
        and (row.because is not None or row.ticket is None or row.ticket.updated_ms != stamp.updated_ms)
    }
    look_beyond(engine, changed, now)


def look_at_all(engine: Engine, now: Moment, *, stale: bool = False) -> None:
    """Read all tickets outside again that the desk's are tied to; only those read by another mapping if `stale`."""
    ids = engine.store.outside_ids() if engine.book.entries.links else []
    size = engine.pace.read_size
    for start in range(0, len(ids), size):
        rows = engine.store.linked(ids[start : start + size])
        look_beyond(engine, {id_: r.key for id_, r in rows.items() if not stale or r.facts != engine.facts}, now)
