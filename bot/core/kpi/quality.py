"""Whether a ticket was done with quality, as far as its history tells (statute 2.3.2, domain 1.4). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from bot.core.calendar import Calendar
from bot.core.history import Turn
from bot.core.kpi.case import Case
from bot.core.kpi.done import Spell, spells
from bot.core.kpi.ratings import NEUTRAL, UnreadableRatingError, rating_by
from bot.core.linked import applies
from bot.core.returns import JUSTIFIED, UNDO_S, fold, is_yes
from bot.core.ticket import Link, Moment
from bot.core.view import View

QUALITY, REOPEN_REASON = "quality", "reopen_reason"
"""The words of `fields` that say whether a ticket was done well, and why it was reopened."""

_FAULTS = frozenset(("reopened", "undelivered", "repeated", "complaint", "low rating"))


class Quality(NamedTuple):
    """Whether it was done well, and what tells of it."""

    good: bool
    marks: tuple[str, ...]


def window_end(view: View) -> Moment | None:
    """When the days are over in which a ticket shows whether it was done well; None where it never was done.

    They begin when it was first done, so that it fails once, however often it is reopened.
    """
    found = spells(view)
    if not found:
        return None
    calendar = view.book.calendar
    return _end(calendar, calendar.day_of(found[0].at), view.book.entries.indicators.quality.window.amount)


@lru_cache(4096)
def _end(calendar: Calendar, day: date, days: int) -> Moment:
    return calendar.end_of_day(calendar.add_working_days(day, days))


def quality(case: Case, until: Moment) -> Quality:
    """Whether a ticket was done well whose window ended at `until`. What was said of it explicitly always wins."""
    view = case.view
    settings, said = view.book.entries.indicators.quality, fold(view.ticket.fields.get(QUALITY, ""))
    told = tuple(dict.fromkeys(_told(case, until)))
    if said in map(fold, settings.good):
        return Quality(True, ("assessed", *told))
    if said in map(fold, settings.bad):
        return Quality(False, ("assessed", *told))
    return Quality(_FAULTS.isdisjoint(told), told)


def _told(case: Case, until: Moment) -> Iterator[str]:
    """What happened by the end of the window that tells of quality, or might."""
    view, settings = case.view, case.view.book.entries.indicators.quality
    found = spells(view)
    for spell, after in zip(found, [*found[1:], None], strict=True):
        if spell.left_at is not None and spell.left_at < until:
            yield _reopening(spell, spell.left_at, after, view)
    for link in view.ticket.links:
        if link.type in settings.complaints and applies(link, view.book.entries):
            yield "complaint" if _is_confirmed(link, view) else "unconfirmed complaint"
        if link.type in settings.repeats and applies(link, view.book.entries):
            at = _tied_at(link, view)
            if at is not None and found[0].at < at < until:
                yield "repeated"
    try:
        given = rating_by(case, until)
    except UnreadableRatingError:
        return
    if given is not None and given < NEUTRAL:
        yield "low rating"


def _reopening(spell: Spell, left_at: Moment, after: Spell | None, view: View) -> str:
    """What a reopening tells: another matter, that what the bot closed had not been delivered, or bad quality."""
    settings = view.book.entries.indicators.quality
    reasons = [
        change.now
        for change in view.ticket.changes
        if change.field == REOPEN_REASON
        and change.now is not None
        and change.at >= left_at - UNDO_S
        and (after is None or change.at < after.at)
    ]
    if reasons and fold(reasons[-1]) in map(fold, settings.other_matters):
        return "another matter"
    turns = view.happened[spell.first : spell.last]
    before = turns[-1].after if turns else None
    by_bot = any(turn.bot and turn.after.standing == "closed" for turn in turns if _changes_standing(turn))
    return "undelivered" if by_bot and before is not None and not before.delivered else "reopened"


def _changes_standing(turn: Turn) -> bool:
    return turn.before is None or turn.before.standing != turn.after.standing


def _is_confirmed(link: Link, view: View) -> bool:
    """Whether a complaint is known to be justified: its own field `justified` says so."""
    known = view.desk.linked.get(link.ticket_id)
    return known is not None and known.ticket is not None and is_yes(known.ticket.fields.get(JUSTIFIED, ""))


def _tied_at(link: Link, view: View) -> Moment | None:
    """When the other ticket was tied to it, as its history tells; else when that was created; None: not known."""
    made = [change.at for change in view.ticket.changes if change.field == "link" and change.now == link.told]
    if made:
        return made[-1]
    known = view.desk.linked.get(link.ticket_id)
    return known.ticket.created_at if known is not None and known.ticket is not None else None
