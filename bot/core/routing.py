"""Routes: functional escalation to a queue. The first route that matches wins; the last matches everything."""

from __future__ import annotations

from typing import NamedTuple

from bot.core.conditions import holds
from bot.core.entries import Route
from bot.core.forms import Tested
from bot.core.history import Turn
from bot.core.ticket import Moment
from bot.core.view import View

_TOUCHES = ("state", "owner", "message")


class Coming(NamedTuple):
    """How a ticket came to tier 2: since when it is there, and what makes its queue a person's choice.

    `since` is None where it never came there. `chosen` is the turn in which a person chose the queue, or took the
    ticket up in the one that the bot set.
    """

    since: Moment | None
    chosen: Turn | None


def to_be_routed_since(view: View) -> Moment | None:
    """When the ticket came to tier 2 without a queue chosen by a person; None when there is nothing to route."""
    after = view.happened[-1].after
    if after.standing != "open" or after.tier != 2:
        return None
    coming = coming_to_tier_2(view)
    return None if coming.chosen else coming.since


def coming_to_tier_2(view: View) -> Coming:
    """How the ticket came to tier 2 the last time.

    A queue that the bot itself set does not count, since whether a step was delivered never changes a later wish,
    until somebody takes it up where it is: then the ticket is not moved away from under them.
    """
    set_by_bot = False
    chosen: Turn | None = None
    since: Moment | None = None
    for turn in view.happened:
        if turn.before is None or turn.what == "queue":
            set_by_bot = turn.bot and turn.after.queue is not None
            chosen = turn if not turn.bot and turn.after.queue is not None else None
        if turn.after.tier == 2 and (turn.before is None or turn.before.tier != 2):
            since = turn.at
            chosen = None if set_by_bot else chosen
        elif set_by_bot and turn.what in _TOUCHES and not turn.bot and not turn.asker:
            chosen = chosen or turn
    return Coming(since, chosen)


def route_for(view: View, tested: Tested, changes: list[Moment] | None = None) -> Route | None:
    """The first route whose conditions hold; `tested` and `changes` are filled as `holds` does."""
    return next((route for route in view.book.entries.routes if holds(route.when, view, tested, changes)), None)
