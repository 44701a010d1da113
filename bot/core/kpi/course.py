"""What several indicators need of a ticket: its hand-overs, solutions and reopenings, and how it stood at the end."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar

from bot.core.history import Situation, Turn
from bot.core.kpi.case import Case
from bot.core.kpi.counted import SUB_TASK, left_out
from bot.core.kpi.done import spells
from bot.core.returns import returns_of, undone_in
from bot.core.ticket import UNKNOWN, Moment
from bot.core.view import View

T = TypeVar("T")


class Stay(NamedTuple):
    """A ticket in a team's queue of tier 2, from a turn on until another (None: it is there still).

    `returned` tells whether the team sent it back, or on without having done its part, `justified` whether that was
    confirmed.
    """

    team: str
    first: int
    last: int | None
    returned: bool
    justified: bool | None = None


class Solution(NamedTuple):
    """A ticket solved by a turn, until another reopened it; `delivered` is the one by which the customer knows."""

    first: int
    reopened: int | None
    delivered: int | None


def _once(view: View, name: object, find: Callable[[View], T]) -> T:
    found: T | None = view.lasting.get(name)
    if found is None:
        found = view.lasting[name] = find(view)
    return found


def not_counted(view: View) -> str:
    """The word of the reason for which its solution, or its being an inquiry, is not counted; empty where it is."""
    return _once(view, not_counted, lambda view: left_out(view, ""))


def uncounted(view: View) -> str:
    """The reason not to count it at all: that of the rulebook, as for a duplicate, or that it is part of another."""
    why = not_counted(view)
    return why if why == SUB_TASK or why in view.book.entries.indicators.uncounted else ""


def undone(view: View) -> frozenset[int]:
    """The numbers of the turns that moved it and were taken back at once, and of those that took them back."""
    return _once(view, undone, lambda view: undone_in(view.happened))


def hand_overs(view: View) -> tuple[int, ...]:
    """The turns by which it came to tier 2, from tier 1 or created there; not those that were taken back at once.

    Where tier 2 solved it and it was reopened there, it has been there all the time.
    """
    return _once(view, hand_overs, _hand_overs)


def _hand_overs(view: View) -> tuple[int, ...]:
    found: list[int] = []
    tier: int | None = None
    taken_back: frozenset[int] | None = None
    for i, turn in enumerate(view.happened):
        to = turn.after.tier
        if to == 2 and tier != 2:
            taken_back = undone(view) if taken_back is None else taken_back
            if i not in taken_back:
                found.append(i)
        tier = to or tier
    return tuple(found)


def stays(view: View) -> tuple[Stay, ...]:
    """The teams of tier 2 that it was handed to, in the order of its course."""
    return _once(view, stays, _stays)


def _stays(view: View) -> tuple[Stay, ...]:
    happened = view.happened
    taken_back = undone(view)
    spans: list[tuple[str, int, int | None]] = []
    team: str | None = None
    since = 0
    for i, turn in enumerate(happened):
        before, after = turn.before, turn.after
        stays_put = before is not None and (before.tier, before.queue) == (after.tier, after.queue)
        if i in taken_back or stays_put or after.tier is None:
            continue
        now = after.queue if after.tier == 2 and after.queue not in (None, UNKNOWN) else None
        if now == team or (now is None and after.tier == 2):
            continue
        if team is not None:
            spans.append((team, since, i))
        team, since = now, i
    if team is not None:
        spans.append((team, since, None))
    if all(last is None for _, _, last in spans):
        return tuple(Stay(*span, returned=False) for span in spans)
    sent = {(each.at, each.left): each for each in returns_of(view) if not each.next_stage}
    found = []
    for team, first, last in spans:
        back = None if last is None else sent.get((happened[last].at, team))
        found.append(Stay(team, first, last, back is not None, back.justified if back is not None else None))
    return tuple(found)


def solutions(view: View) -> tuple[Solution, ...]:
    """How often it was solved, each time with what came of it; not what the same person took back at once.

    A state that the rulebook does not place tells nothing: what was done stays so in it.
    """
    return _once(view, solutions, _solutions)


def _solutions(view: View) -> tuple[Solution, ...]:
    happened = view.happened
    found: list[Solution] = []
    for spell in spells(view):
        known = (j for j in range(spell.first, spell.last or len(happened)) if happened[j].after.delivered)
        found.append(Solution(spell.first, spell.last, next(known, None)))
    return tuple(found)


_AT = attrgetter("at")


def until(happened: Sequence[Turn], at: Moment) -> int:
    """How many of the turns came before a moment."""
    return bisect_left(happened, at, key=_AT)


def at_the_end(case: Case) -> Situation | None:
    """How the ticket stood as the period ended, or stands now where it runs yet; None where it was not there."""
    happened = case.view.happened
    until_at = case.period.until_at
    if happened[-1].at < until_at:
        return happened[-1].after
    known = until(happened, until_at)
    return happened[known - 1].after if known else None


def is_open(case: Case) -> bool:
    """Whether the ticket was open as the period ended."""
    stood = at_the_end(case)
    return stood is not None and stood.standing == "open"


def value_then(case: Case, field: str, now: str | None) -> str | None:
    """What a field held as the period ended; `now` is what it holds."""
    until_at = case.period.until_at
    return next((each.was for each in case.view.ticket.changes if each.field == field and each.at >= until_at), now)


def ends_at(case: Case) -> Moment:
    """The moment up to which the period is known: its end, or now where it runs yet."""
    return min(case.period.until_at, case.view.now + 1)
