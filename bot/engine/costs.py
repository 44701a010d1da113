"""What the bot itself costs: counted after each cycle, and kept by the desk's days with the next write."""

from __future__ import annotations

from collections import Counter

from bot.core.ticket import Moment
from bot.engine.engine import Engine, Report


def count(engine: Engine, report: Report, now: Moment) -> None:
    """Count what a cycle cost; it is kept by the next `keep`."""
    spent = engine.spent
    sent = spent.requests()
    day = engine.book.calendar.day_of(now)
    spent.amounts.setdefault(day, Counter()).update(
        cycles=1, requests=sent - spent.before, comments=len(report.said), letters=len(report.letters)
    )
    spent.before = sent


def keep(engine: Engine) -> None:
    """Keep what was counted. Raises StoreError."""
    with engine.store.transaction():
        for day, amounts in engine.spent.amounts.items():
            engine.store.add_costs(day, amounts)
    engine.spent.amounts.clear()
