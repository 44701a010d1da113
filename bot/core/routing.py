"""Routes: functional escalation to a queue. The first route that matches wins; the last matches everything."""

from __future__ import annotations

from bot.core.conditions import Tested, View, holds
from bot.core.entries import Route
from bot.core.ticket import Moment

_TOUCHES = ("state", "owner", "message")


def to_be_routed_since(view: View) -> Moment | None:
    """When the ticket came to tier 2 without a queue chosen by a person; None when there is nothing to route.

    A queue that the bot itself set does not count, since whether a step was delivered never changes a later wish,
    until somebody takes it up where it is: then the ticket is not moved away from under them.
    """
    if view.happened[-1].after.standing != "open" or view.happened[-1].after.tier != 2:
        return None
    chosen = set_by_bot = False
    since: Moment | None = None
    for turn in view.happened:
        if turn.before is None or turn.what == "queue":
            set_by_bot = turn.bot and turn.after.queue is not None
            chosen = not turn.bot and turn.after.queue is not None
        if turn.after.tier == 2 and (turn.before is None or turn.before.tier != 2):
            since = turn.at
            chosen = chosen and not set_by_bot
        elif set_by_bot and turn.what in _TOUCHES and not turn.bot and not turn.asker:
            chosen = True
    return None if chosen else since


def route_for(view: View, tested: Tested) -> Route | None:
    """The first route whose conditions hold; what decided is appended to `tested`."""
    return next((route for route in view.book.entries.routes if holds(route.when, view, tested)), None)
