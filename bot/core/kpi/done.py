"""When a ticket was done, and when no longer: what the same person took back at once did not happen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from bot.core.history import Turn
from bot.core.returns import UNDO_S
from bot.core.ticket import UNKNOWN, Moment
from bot.core.view import View

DONE = ("solved", "closed")


class Spell(NamedTuple):
    """A stretch in which a ticket was done: since when, and until when; None while it still is.

    `first` and `last` are the numbers of the turns that began and ended it.
    """

    at: Moment
    first: int
    left_at: Moment | None = None
    last: int | None = None


def spells(view: View) -> tuple[Spell, ...]:
    """All stretches in which the ticket was solved or closed, oldest first.

    A state that the rulebook does not place tells nothing: what was done stays so in it.
    """
    return view.once(_spells)


def done_at(view: View) -> Moment | None:
    """When the ticket was last done; None where it is not any more, or never was."""
    found = spells(view)
    return found[-1].at if found and found[-1].left_at is None else None


def closed_at(view: View) -> Moment | None:
    """When the ticket was last closed; None where it is not."""
    happened = view.happened
    if happened[-1].after.standing != "closed":
        return None
    into = (turn for turn in reversed(happened) if turn.before is None or turn.before.standing != "closed")
    return next(into).at


def reopened_in(view: View, since: Moment, until: Moment) -> bool:
    """Whether the ticket was reopened after one moment and no later than another."""
    return any(spell.left_at is not None and since < spell.left_at <= until for spell in spells(view))


def _spells(view: View) -> tuple[Spell, ...]:
    found: list[Spell] = []
    happened = view.happened
    turns = _kept(happened)
    is_done = happened[0].after.standing in DONE
    if is_done:
        found.append(Spell(happened[0].at, 0))
    for i in turns:
        if is_done:
            found[-1] = found[-1]._replace(left_at=happened[i].at, last=i)
        else:
            found.append(Spell(happened[i].at, i))
        is_done = not is_done
    return tuple(found)


def _kept(happened: Sequence[Turn]) -> list[int]:
    """The numbers of the turns with which a ticket came to be done or ceased to be, but for what was undone."""
    kept: list[int] = []
    is_done = happened[0].after.standing in DONE
    for i, turn in enumerate(happened):
        standing = turn.after.standing
        if standing == UNKNOWN or (standing in DONE) == is_done:
            continue
        is_done = not is_done
        before = happened[kept[-1]] if kept else None
        if before is not None and turn.who and turn.who == before.who and turn.at - before.at <= UNDO_S:
            kept.pop()
        else:
            kept.append(i)
    return kept
