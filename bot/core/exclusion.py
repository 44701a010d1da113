"""Who is never addressed about a ticket, because it is about them: whom a complaint complains of. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.conditions import holds
from bot.core.entries import Exclusion
from bot.core.history import forwarder, turns
from bot.core.linked import applies
from bot.core.people import ANYBODY
from bot.core.ticket import Ticket
from bot.core.view import View


def spared(view: View) -> Iterator[str]:
    """Give the people whom the rulebook excludes from all that is said of the ticket."""
    for rule in view.book.entries.excludes:
        if holds(rule.when, view):
            yield from _excluded(rule, view)


def _excluded(rule: Exclusion, view: View) -> Iterator[str]:
    for word in rule.fields:
        person = view.ticket.fields.get(word)
        if person is not None:
            yield person
    for link in view.ticket.links:
        if link.type == rule.link and applies(link, view.book.entries):
            known = view.desk.linked.get(link.ticket_id)
            yield from (ANYBODY,) if known is None or known.ticket is None else _people(rule, known.ticket, view)


def _people(rule: Exclusion, ticket: Ticket, view: View) -> Iterator[str]:
    """Those people of a ticket that the rule names, as they are today."""
    held = {
        "owner": ticket.owner,
        "forwarder": forwarder(ticket, turns(ticket, view.book), view.book),
        "reporter": ticket.reporter,
    }
    yield from (person for word in rule.linked if (person := held[word]) is not None)
