"""Routes: functional escalation to a queue. The first route that matches wins; the last matches everything."""

from __future__ import annotations

from typing import NamedTuple

from bot.core.conditions import holds
from bot.core.entries import Queue, Route
from bot.core.forms import Tested
from bot.core.history import Turn
from bot.core.sets import value_of
from bot.core.ticket import Moment
from bot.core.view import View

_TOUCHES = ("state", "owner", "message")
_DECIDED = ("state", "labels")
"""What a route sets whatever it was before the ticket came."""


class Coming(NamedTuple):
    """How a ticket came to tier 2: since when it is there, and what makes its queue a person's choice.

    `since` is None where it never came there. `chosen` is the turn in which a person chose the queue, told the bot
    which it is to be, emptied it at tier 2, or took the ticket up in the queue that the bot set.
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
    until somebody takes it up where it is, or moves it, or empties it: then the bot leaves it alone while the ticket
    stays at tier 2, and where it is opened again in the queue that solved it. A queue of tier 1 that it had before it
    came is no choice for tier 2.
    """
    set_by_bot = False
    chosen: Turn | None = None
    since: Moment | None = None
    for turn in view.happened:
        if turn.command is not None and turn.command.word == "route":
            chosen = turn
        elif turn.bot and turn.what == "queue":
            set_by_bot = turn.after.queue is not None and chosen is None
        elif turn.before is None or turn.what == "queue":
            emptied = turn.before is not None and turn.before.tier == 2
            chosen, set_by_bot = (turn if turn.after.queue is not None or emptied else None), False
        if turn.after.tier == 2 and (turn.before is None or turn.before.tier != 2):
            since = turn.at
            earlier = chosen is not None and chosen.at < since and _of_tier_1(turn, view)
            anew = set_by_bot and (turn.before is None or turn.before.standing == "open")
            chosen = None if anew or turn.after.queue is None or earlier else chosen
        elif set_by_bot and turn.what in _TOUCHES and not turn.bot and not turn.asker:
            chosen = chosen or turn
    return Coming(since, chosen)


def _of_tier_1(turn: Turn, view: View) -> bool:
    queue = view.book.queues.get(turn.after.queue or "")
    return queue is not None and queue.tier == 1


def route_for(view: View, tested: Tested, changes: list[Moment] | None = None) -> Route | None:
    """The first route whose conditions hold; `tested` and `changes` are filled as `holds` does."""
    return next((route for route in view.book.entries.routes if holds(route.when, view, tested, changes)), None)


def sets_of(queue: Queue, view: View) -> dict[str, str]:
    """What a route to a queue sets on a ticket besides the owner; a field that a person filled in stays as it is."""
    sets = {word: value for word, value in queue.sets.items() if word in _DECIDED or not _filled_by_hand(word, view)}
    return {"queue": queue.queue, **sets}


def _filled_by_hand(word: str, view: View) -> bool:
    last = next((change for change in reversed(view.ticket.changes) if change.field == word), None)
    return value_of(view.ticket, word) is not None if last is None else not last.bot and last.now is not None


def is_routed(view: View) -> bool:
    """Whether the bot itself sets the ticket's queue now, so that nobody has to decide it."""
    if to_be_routed_since(view) is None or view.book.entries.manners.observe:
        return False
    route = route_for(view, [])
    return route is not None and route.queue is not None and not route.observe
