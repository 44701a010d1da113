"""What a customer gave for a ticket, on the scale from 1 to 5 (statute 2.3.3, domain 1.4). Pure."""

from __future__ import annotations

import re
from datetime import timedelta

from bot.core.kpi.case import Case
from bot.core.ticket import Moment

RATING = "rating"
"""The word of `fields` that holds a rating."""

CONTENT, NEUTRAL = 4.0, 3.0
"""From which rating on a customer is satisfied, and from which on nobody is discontented."""

_NUMBER = re.compile(r"\s*(-?[0-9]+(?:[.,][0-9]+)?)")


class UnreadableRatingError(ValueError):
    """A rating that is no number, or not on the desk's scale."""


def rating_by(case: Case, until: Moment) -> float | None:
    """The last rating that came by a moment, on the scale from 1 to 5; None where none did.

    Raises UnreadableRatingError. Of a field whose history is not told it is not known when it came: it counts.
    """
    if case.rating is not None:
        at, given = case.rating
        return mapped(given, case) if at <= until else None
    ticket = case.view.ticket
    changes = [change for change in ticket.changes if change.field == RATING]
    written = [change.now for change in changes if change.at <= until and change.now is not None]
    if not changes:
        written = [value for value in (ticket.fields.get(RATING),) if value is not None]
    elif not written and changes[0].was is not None:
        written = [changes[0].was]
    if not written:
        return None
    found = _NUMBER.match(written[-1])
    if found is None:
        raise UnreadableRatingError("it begins with no number")
    return mapped(float(found[1].replace(",", ".")), case)


def mapped(given: float, case: Case) -> float:
    """Give a rating of the desk's scale on that from 1 to 5. Raises UnreadableRatingError beyond it."""
    scale = case.view.book.entries.indicators.ratings
    if not scale.lowest <= given <= scale.highest:
        raise UnreadableRatingError("it is not on the scale")
    return 1 + 4 * (given - scale.lowest) / (scale.highest - scale.lowest)


def received_until(case: Case) -> Moment:
    """Until when ratings of what was closed in the period count."""
    days = case.view.book.entries.indicators.ratings.within.amount
    return case.view.book.calendar.end_of_day(case.period.last + timedelta(days=days)) - 1
