"""What the statute's indicators leave out, each with the word of its reason (domain 1.4, common rules). Pure."""

from __future__ import annotations

from itertools import pairwise

from bot.core.conditions import holds
from bot.core.kpi.case import Case
from bot.core.kpi.done import DONE
from bot.core.kpi.fact import Fact
from bot.core.kpi.first_tier import inquiry_since
from bot.core.kpi.right_team import PARENT
from bot.core.ticket import UNKNOWN, Moment
from bot.core.view import View

SUB_TASK, EVENT, UNKNOWN_STATE, NO_HISTORY = "sub-task", "monitoring event", "unknown state", "missing history"


def fact(
    case: Case,
    indicator: str,
    at: Moment,
    value: float,
    *,
    group: str | None = None,
    excluded: str = "",
    marks: tuple[str, ...] = (),
) -> Fact:
    """Make what a ticket adds to an indicator, of the group of its queue unless another is given.

    What is left out has no marks: they tell of the tickets that are counted.
    """
    ticket = case.view.ticket
    return Fact(
        indicator,
        ticket.key,
        float(value),
        group=group or ticket.queue or UNKNOWN,
        excluded=excluded,
        marks=() if excluded else marks,
        secured=ticket.secured,
        queue=ticket.queue or "",
        at=at,
    )


def left_out(view: View, indicator: str) -> str:
    """The word of the reason for which a ticket is not counted; empty where it is."""
    if reason := view.once(_uncounted):
        return reason
    if PARENT in view.ticket.fields and indicator not in view.book.entries.indicators.subtasks:
        return SUB_TASK
    return view.once(_untellable)


def _uncounted(view: View) -> str:
    """The rulebook's own reason."""
    uncounted = view.book.entries.indicators.uncounted
    return next((reason for reason, when in uncounted.items() if holds(when, view)), "")


def _untellable(view: View) -> str:
    """Why a ticket is no inquiry, or nothing can be told of it."""
    if inquiry_since(view) is None:
        return EVENT
    if view.happened[-1].after.standing == UNKNOWN:
        return UNKNOWN_STATE
    return NO_HISTORY if lacks_history(view) else ""


def lacks_history(view: View) -> bool:
    """Whether the history does not tell how the ticket got where it is, as of one moved or imported without it.

    So it is where it was done from the start, and where a state follows upon one of another tier or standing that
    nobody is told to have left.
    """
    if view.happened[0].after.standing in DONE:
        return True
    changes = [change for change in view.ticket.changes if change.field == "state"]
    joins = [(before.now, after.was) for before, after in pairwise(changes)]
    joins += [(changes[-1].now, view.ticket.state)] if changes else []
    stands = ((_stands(was, view), _stands(now, view)) for was, now in joins)
    return any(was != now for was, now in stands if was is not None and now is not None)


def _stands(state: str | None, view: View) -> tuple[bool, int | None] | None:
    found = view.book.states.get(state or "")
    return None if found is None else (found.standing in DONE, found.tier)
