"""Who is never addressed about a ticket, because it is about them: whom a complaint complains of. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.conditions import holds
from bot.core.entries import Exclusion
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
