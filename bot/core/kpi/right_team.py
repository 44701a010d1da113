"""Whether the first team that got an inquiry was the right one (statute 2.3.6, domain 1.4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from bot.core.history import Turn
from bot.core.kpi.done import DONE, reopened_in, spells
from bot.core.kpi.first_tier import comes_to_tier_2, inquiry_since
from bot.core.returns import Return, returns_of, undone
from bot.core.ticket import UNKNOWN, Moment
from bot.core.view import View

PARENT = "parent"
"""The word of `fields` that holds the ticket of which one is a sub-task."""

Mark = Literal["yes", "no", "pending"]


class Escalation(NamedTuple):
    """A hand-over that counts, and whether its team was right: `pending` while a return is yet to be judged.

    `by_bot` tells whether the bot chose the team. `returns` are those of the team, but where it did its part.
    """

    at: Moment
    mark: Mark
    team: str
    by_bot: bool
    returns: tuple[Return, ...] = ()


def right_team_first(view: View) -> Escalation | None:
    """Whether the team that first got an inquiry was the right one; None for what never was handed to a team."""
    return next(iter(escalations(view)), None)


def is_mature(escalation: Escalation, view: View) -> bool:
    """Whether a hand-over counts by now: the ticket is done, or it was working days enough ago."""
    if view.happened[-1].after.standing in DONE:
        return True
    calendar, days = view.book.calendar, view.book.entries.indicators.mature.amount
    return calendar.day_of(view.now) >= calendar.add_working_days(calendar.day_of(escalation.at), days)


def escalations(view: View) -> tuple[Escalation, ...]:
    """The hand-overs of an inquiry that count: its first, and those after it was reopened as another category's.

    The team was not right where at least one return of it is confirmed as justified, however many there are; handing
    on what is done is none. What comes after a reopening tells nothing of a hand-over before. A sub-task created at
    tier 2 is handed over by that.
    """
    return view.once(_escalations)


def _escalations(view: View) -> tuple[Escalation, ...]:
    since = inquiry_since(view)
    if since is None:
        return ()
    taken_back = undone(view)
    counted: list[int] = []
    for i, turn in enumerate(view.happened):
        if i in taken_back or turn.at < since or not _hands_over(turn, view):
            continue
        if not counted or _is_anew(view.happened[counted[-1]].at, turn.at, view):
            counted.append(i)
    found = (_escalation(i, view) for i in counted)
    return tuple(each for each in found if each is not None)


def _hands_over(turn: Turn, view: View) -> bool:
    return comes_to_tier_2(turn) and (turn.before is not None or PARENT in view.ticket.fields)


def _is_anew(before: Moment, at: Moment, view: View) -> bool:
    return reopened_in(view, before, at) and _category_at(before, view) != _category_at(at, view)


def _category_at(at: Moment, view: View) -> str | None:
    changes = [change for change in view.ticket.changes if change.field == "category"]
    later = next((change for change in changes if change.at > at), None)
    return later.was if later else view.ticket.category


def _escalation(first: int, view: View) -> Escalation | None:
    happened, taken_back = view.happened, undone(view)
    chosen = next((i for i in range(first, len(happened)) if _has_a_team(happened[i]) and i not in taken_back), None)
    if chosen is None:
        return None
    at, team = happened[first].at, happened[chosen].after.queue or ""
    left = (spell.left_at for spell in spells(view) if spell.left_at is not None and spell.left_at > at)
    until = next(left, None)
    own = [
        each
        for each in returns_of(view)
        if each.left == team and at <= each.at and (until is None or each.at <= until) and not each.next_stage
    ]
    mark: Mark = "pending" if any(each.justified is None for each in own) else "yes"
    mark = "no" if any(each.justified for each in own) else mark
    return Escalation(at, mark, team, _setter(happened, chosen).bot, tuple(own))


def _has_a_team(turn: Turn) -> bool:
    return turn.after.tier == 2 and turn.after.queue not in (None, UNKNOWN)


def _setter(happened: Sequence[Turn], chosen: int) -> Turn:
    """Who put the ticket into the queue that it has at this turn."""
    queue = happened[chosen].after.queue
    for turn in reversed(happened[: chosen + 1]):
        if turn.before is None or turn.before.queue != queue:
            return turn
    return happened[0]
