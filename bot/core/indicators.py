"""The marks that indicators count: solved at the first contact, and handed to the right team at once. Pure."""

from __future__ import annotations

from typing import Literal, NamedTuple

from bot.core.history import Turn
from bot.core.returns import returns_of, undone_in
from bot.core.ticket import UNKNOWN, Moment
from bot.core.view import View

MATURE_WORKING_DAYS = 5
"""How many working days after its hand-over a ticket that is still open tells whether the team was right."""

FirstContact = Literal["yes", "returned", "no answer", "no"]
Mark = Literal["yes", "no", "pending"]


class RightTeam(NamedTuple):
    """Whether the first team that got a ticket was the right one: `pending` while a return is yet to be judged.

    `by_bot` tells whether the bot chose the team, `mature` whether the ticket counts by now.
    """

    mark: Mark
    team: str
    by_bot: bool
    mature: bool


def inquiry_since(view: View) -> Moment | None:
    """Since when a ticket is an inquiry: since one was made of an event, else its creation; None for an event."""
    events = view.book.entries.indicators.events
    if view.ticket.category in events:
        return None
    made = [change for change in view.ticket.changes if change.field == "category" and change.was in events]
    return made[-1].at if made else view.ticket.created_at


def first_contact(view: View) -> FirstContact | None:
    """Whether tier 1 solved an inquiry by itself; None while it is open, for events, and where tiers are not known.

    `returned` where tier 2 had it and tier 1 solved it in the end, `no answer` where it was closed waiting for the
    customer. To ask tier 2 on the ticket is no hand-over, nor is one that the same person takes back at once.
    """
    since, happened = inquiry_since(view), view.happened
    after = happened[-1].after
    if since is None or after.standing not in ("solved", "closed"):
        return None
    done = max(i for i, turn in enumerate(happened) if turn.before is None or _is_done(turn))
    last = happened[done].before or happened[done].after
    if last.ball == "customer" and happened[done].after.standing == "closed":
        return "no answer"
    undone = undone_in(happened)
    stays = (i for i, turn in enumerate(happened[:done]) if i not in undone and _comes_to_tier_2(turn))
    if not any(happened[i].at >= since for i in stays) and not _was_at_tier_2(happened, since):
        return "yes" if last.tier == 1 else None
    return "returned" if last.tier == 1 else "no"


def right_team_first(view: View) -> RightTeam | None:
    """Whether the team that first got an inquiry was the right one; None for what never was handed to a team.

    It was not where at least one return of that team from the ticket's first hand-over is confirmed as justified,
    however many there are; handing on what is done is none.
    """
    since, happened = inquiry_since(view), view.happened
    if since is None:
        return None
    undone = undone_in(happened)
    first = next(
        (
            i
            for i, turn in enumerate(happened)
            if i not in undone and turn.at >= since and turn.before is not None and _comes_to_tier_2(turn)
        ),
        None,
    )
    if first is None:
        return None
    chosen = next((i for i in range(first, len(happened)) if _has_a_team(happened[i]) and i not in undone), None)
    if chosen is None:
        return None
    team = happened[chosen].after.queue or ""
    until = next((turn.at for turn in happened[chosen + 1 :] if _has_left(turn, team)), view.now)
    bad = [each for each in returns_of(view) if each.left == team and each.at <= until and not each.next_stage]
    if any(each.justified for each in bad):
        mark: Mark = "no"
    else:
        mark = "pending" if any(each.justified is None for each in bad) else "yes"
    by_bot = _setter(happened, chosen).bot
    calendar = view.book.calendar
    days = calendar.working_days(calendar.day_of(happened[first].at), calendar.day_of(view.now))
    mature = happened[-1].after.standing in ("solved", "closed") or days >= MATURE_WORKING_DAYS
    return RightTeam(mark, team, by_bot, mature)


def _is_done(turn: Turn) -> bool:
    done = ("solved", "closed")
    return turn.after.standing in done and turn.before is not None and turn.before.standing not in done


def _comes_to_tier_2(turn: Turn) -> bool:
    return turn.after.tier == 2 and (turn.before is None or turn.before.tier != 2)


def _was_at_tier_2(happened: tuple[Turn, ...], since: Moment) -> bool:
    """Whether a ticket was at tier 2 when it became an inquiry."""
    before = [turn for turn in happened if turn.at <= since]
    return bool(before) and before[-1].after.tier == 2


def _has_a_team(turn: Turn) -> bool:
    return turn.after.tier == 2 and turn.after.queue not in (None, UNKNOWN)


def _has_left(turn: Turn, team: str) -> bool:
    return turn.after.tier != 2 or turn.after.queue not in (None, team)


def _setter(happened: tuple[Turn, ...], chosen: int) -> Turn:
    """Who put the ticket into the queue that it has at this turn."""
    queue = happened[chosen].after.queue
    for turn in reversed(happened[: chosen + 1]):
        if turn.before is None or turn.before.queue != queue:
            return turn
    return happened[0]
