"""Whom a route assigns the ticket to: nobody, a person, each member in turn, or who has the least to do. Pure."""

from __future__ import annotations

from typing import NamedTuple

from bot.core.deputies import is_away
from bot.core.desk import Desk
from bot.core.entries import Queue
from bot.core.history import forwarder
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.core.view import View

NOBODY, ROUND_ROBIN, LEAST_LOADED = WAYS = ("none", "round robin", "least loaded")
"""How a queue's owner is chosen, besides by a person's own name."""


class Given(NamedTuple):
    """Who gets a ticket by its route; `missing` when nobody does though the queue gives its tickets to somebody."""

    owner: str | None = None
    missing: bool = False


def given(queue: Queue, since: Moment, view: View) -> Given:
    """Whom a route to a queue assigns the ticket to that came to tier 2 at `since`.

    Nobody where a person decided who has it: gave it to somebody since it came, took it from somebody, or gave it
    before to one who is not of tier 1 alone. What the bot set itself it does not set otherwise later.
    """
    ticket = view.ticket
    if queue.owner == NOBODY:
        return Given()
    last = next((change for change in reversed(ticket.changes) if change.field == "owner"), None)
    if last is not None and last.at >= since:
        return Given(ticket.owner if last.bot else None)
    if ticket.owner is not None and not _has_handed_it_on(ticket.owner, view):
        return Given()
    owner = _choice(queue, view.desk, view.book, view.now, ticket)
    return Given(owner, missing=owner is None)


def _has_handed_it_on(owner: str, view: View) -> bool:
    """Whether an owner is one of tier 1 whom the ticket still names although it has been handed on."""
    return owner in view.book.tier1_alone or owner == forwarder(view.ticket, view.happened, view.book)


def _choice(queue: Queue, desk: Desk, book: Rulebook, now: Moment, ticket: Ticket) -> str | None:
    if queue.owner not in WAYS:
        return None if is_away(queue.owner, desk, book, now) else queue.owner
    here = [member for member in queue.members if not is_away(member, desk, book, now)]
    if not here:
        return None
    turn = _turn(queue, desk, ticket)
    in_turn = sorted(here, key=lambda member: (queue.members.index(member) - turn) % len(queue.members))
    if queue.owner == ROUND_ROBIN:
        return in_turn[0]
    return min(in_turn, key=lambda member: desk.loads.get(member, 0))


def _turn(queue: Queue, desk: Desk, ticket: Ticket) -> int:
    """Whose turn it is, by their place in the queue: after who got a ticket last, else by the ticket's own number."""
    last = desk.last.get(queue.queue)
    if last in queue.members:
        return queue.members.index(last) + 1
    return int(ticket.id) if ticket.id.isdecimal() else 0
