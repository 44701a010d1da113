"""Purging all that could ever be purged, whatever is configured: what the worst configuration would do at once."""

from __future__ import annotations

from bot.core.retention import SINCE, Horizons
from bot.core.ticket import Moment
from bot.engine.engine import Engine
from bot.engine.purge import erase_tickets, purge


def all_over(engine: Engine, at: Moment) -> Horizons:
    """The horizons by which everything before a moment is over."""
    return Horizons(at=dict.fromkeys(SINCE, at), days=dict.fromkeys(SINCE, engine.book.calendar.day_of(at)))


def purge_all(engine: Engine, now: Moment) -> int:
    """Purge all that is of before today, and erase all that was gone by then; returns how many rows went.

    What is of today stays, as budgets are the day's. Raises what the tracker raises, with all else purged by then.
    """
    calendar = engine.book.calendar
    over = all_over(engine, calendar.start_of_day(calendar.day_of(now)))
    rows = sum(n for _, n in purge(engine.store, engine.book, over))
    engine.store.reclaim()
    return rows + erase_tickets(engine.store, engine.tracker, over, engine.pace.read_size)
