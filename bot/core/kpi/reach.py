"""How far back a report has to look: tickets that were over long before its period add nothing to it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bot.core.duration import Duration
from bot.core.kpi.period import Period
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket

_LEAST_DAYS = 60
"""For what is counted in days after a ticket is closed, with days off around: ratings, a quality window."""


def reaches_back_to(book: Rulebook, period: Period) -> Moment:
    """Find since when something may have happened to a closed ticket that adds to a period.

    As long before it as the longest that the rulebook counts: a deadline, an extension, a promise, a window.
    """
    days = max((_days(each) for each in _durations(book)), default=0)
    return period.from_at - int(timedelta(days=_LEAST_DAYS + days).total_seconds())


def may_add(ticket: Ticket, book: Rulebook, period: Period, since: Moment) -> bool:
    """Whether a ticket can be in a report: it is not closed, something happened to it lately, or it holds a date.

    `since` is what `reaches_back_to` gives. A date counts that is no earlier than the period: one agreed for it,
    though the ticket was closed long before, is a promise of the period.
    """
    state = book.states.get(ticket.state)
    if state is None or state.standing != "closed" or ticket.updated_ms >= since * 1000:
        return True
    first = period.first.isoformat()
    if ticket.due_at is not None and ticket.due_at >= period.from_at - 86_400:
        return True
    agreed = (value for change in ticket.changes if change.field == "due" for value in (change.was, change.now))
    return any(_is_date(value) and value >= first for value in (*agreed, *ticket.fields.values()) if value)


def _is_date(value: str) -> bool:
    return value[4:5] == value[7:8] == "-" and value[:4].isdigit()


def _durations(book: Rulebook) -> Iterator[Duration]:
    entries, indicators = book.entries, book.entries.indicators
    for deadline in entries.deadlines:
        yield from (each for each in (deadline.within, deadline.extension and deadline.extension.to) if each)
    for policy in entries.policies:
        yield from (target.within for target in policy.targets)
    yield indicators.quality.window
    yield indicators.mature
    yield indicators.ratings.within


def _days(length: Duration) -> int:
    """No fewer days than an amount takes, whatever days off are among them."""
    match length.kind:
        case "months":
            return 31 * length.amount
        case "calendar days":
            return length.amount
        case "clock":
            return length.amount // 86_400 + 1
        case "days":
            return 2 * length.amount
        case _:
            return length.amount // 7_200 + 1
