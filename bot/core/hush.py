"""What people's commands keep from being said for a time: what is acknowledged, and tickets snoozed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Literal, NamedTuple

from bot.core.entries import Ladder
from bot.core.history import Turn
from bot.core.ladder import Reached, highest
from bot.core.ticket import Moment
from bot.core.view import View

Hush = Literal["acknowledge", "snooze"]


class Hushed(NamedTuple):
    """What keeps a ladder silent, and until when."""

    by: Hush
    until_at: Moment


class _Told(NamedTuple):
    acknowledged_at: Moment | None
    snoozed_until: Moment | None


def hushed(
    ladder: Ladder, moments: Sequence[Reached], reached: Reached, view: View, *, by_law: bool = False
) -> Hushed | None:
    """What keeps the rung that a ladder has reached from being said; None where nothing does.

    A snooze silences every ladder but those beside a deadline (`by_law`) and those that are urgent. An
    acknowledgement silences the rung that the ladder stood on then, with its repeats; `moments` are those of all its
    rungs.
    """
    until = snoozed_until(view)
    if until is not None and not ladder.urgent and not by_law:
        return Hushed("snooze", until)
    at = _told(view).acknowledged_at
    known = None if at is None else highest(moments, at)
    if at is None or known is None or known.rung.rung != reached.rung.rung:
        return None
    until = _agreed(at, ladder, view)
    return Hushed("acknowledge", until) if until > view.now else None


def snoozed_until(view: View) -> Moment | None:
    """Until when the ticket is snoozed, by the last such command; None where it is not, or no longer."""
    until = _told(view).snoozed_until
    return until if until is not None and until > view.now else None


def acknowledged_until(view: View) -> Moment | None:
    """Until when the last acknowledgement counts, where a ladder does not say otherwise; None where it does not."""
    at = _told(view).acknowledged_at
    until = None if at is None else _agreed(at, None, view)
    return until if until is not None and until > view.now else None


def _agreed(at: Moment, ladder: Ladder | None, view: View) -> Moment:
    agreed = (ladder.acknowledged if ladder else None) or view.book.entries.manners.acknowledged
    return view.book.calendar.add(at, agreed.working_s(view.book.calendar.day_s))


def _told(view: View) -> _Told:
    """What was told last; worked out once until something happens to the ticket."""
    known: _Told | None = view.lasting.get(_told)
    if known is None:
        known = view.lasting[_told] = _last(view.happened, view)
    return known


def _last(happened: Iterable[Turn], view: View) -> _Told:
    acknowledged_at = snoozed_until = None
    for turn in happened:
        if turn.command is None:
            continue
        if turn.command.word == "acknowledge":
            acknowledged_at = turn.at
        elif turn.command.word == "snooze" and turn.command.value:
            snoozed_until = view.book.calendar.start_of_day(date.fromisoformat(turn.command.value))
    return _Told(acknowledged_at, snoozed_until)
