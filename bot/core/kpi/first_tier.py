"""Whether tier 1 solved an inquiry by itself (statute 2.3.4, domain 1.4). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from bot.core.history import Turn
from bot.core.kpi.done import DONE, spells
from bot.core.returns import undone
from bot.core.ticket import Moment
from bot.core.view import View

FirstContact = Literal["yes", "returned", "no answer", "no"]


class FirstTier(NamedTuple):
    """How an inquiry ended that is done, and whether tier 2 ever had it as one."""

    outcome: FirstContact
    was_at_tier_2: bool


def inquiry_since(view: View) -> Moment | None:
    """Since when a ticket is an inquiry: since one was made of an event, else its creation; None for an event."""
    events = view.book.entries.indicators.events
    if view.ticket.category in events:
        return None
    made = [change for change in view.ticket.changes if change.field == "category" and change.was in events]
    return made[-1].at if made else view.ticket.created_at


def first_contact(view: View) -> FirstContact | None:
    """Whether tier 1 solved an inquiry by itself; None where `first_tier` gives None."""
    found = first_tier(view)
    return found.outcome if found else None


def first_tier(view: View) -> FirstTier | None:
    """How an inquiry ended; None while it is open, for events, and where tiers are not known.

    `returned` where tier 2 had it and tier 1 solved it in the end, `no answer` where it was closed waiting for the
    customer. To ask tier 2 on the ticket is no hand-over, nor is one that the same person takes back at once.
    """
    since, happened = inquiry_since(view), view.happened
    if since is None or happened[-1].after.standing not in DONE:
        return None
    done = spells(view)[-1].first
    last = happened[done].before or happened[done].after
    taken_back = undone(view)
    stays = (i for i, turn in enumerate(happened[:done]) if i not in taken_back and comes_to_tier_2(turn))
    was_there = any(happened[i].at >= since for i in stays) or _was_at_tier_2(happened, since)
    if last.ball == "customer" and happened[done].after.standing == "closed":
        return FirstTier("no answer", was_there)
    if was_there:
        return FirstTier("returned" if last.tier == 1 else "no", was_there)
    return FirstTier("yes", was_there) if last.tier == 1 else None


def comes_to_tier_2(turn: Turn) -> bool:
    """Whether a ticket came to tier 2 with this turn, or was created there."""
    return turn.after.tier == 2 and (turn.before is None or turn.before.tier != 2)


def _was_at_tier_2(happened: Sequence[Turn], since: Moment) -> bool:
    """Whether a ticket was at tier 2 when it became an inquiry."""
    before = [turn for turn in happened if turn.at <= since]
    return bool(before) and before[-1].after.tier == 2
