"""Routes: functional escalation to a queue. The first route that matches wins; the last matches everything."""

from __future__ import annotations

from bot.core.conditions import Tested, View, holds
from bot.core.entries import Route
from bot.core.ticket import Moment


def to_be_routed_since(view: View) -> Moment | None:
    """When the ticket came to tier 2 without a queue chosen by a person; None when there is nothing to route.

    A queue that the bot itself set does not count: whether a step was delivered never changes a later wish.
    """
    if view.happened[-1].after.standing != "open" or view.happened[-1].after.tier != 2:
        return None
    chosen = view.ticket.queue is not None
    since: Moment | None = None
    for turn in view.happened:
        if turn.what == "queue":
            chosen = turn.after.queue is not None and not turn.bot
        elif turn.before is None:
            chosen = turn.after.queue is not None
        if turn.after.tier == 2 and (turn.before is None or turn.before.tier != 2):
            since = turn.at
    return None if chosen else since


def route_for(view: View, tested: Tested) -> Route | None:
    """The first route whose conditions hold; what decided is appended to `tested`."""
    return next((route for route in view.book.entries.routes if holds(route.when, view, tested)), None)
