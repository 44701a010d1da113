"""Who is meant: the words under `to:` turned into person words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.core.conditions import View
from bot.core.history import forwarder
from bot.core.rulebook import Rulebook


def _queue_coordinator(view: View) -> str:
    queue = view.book.queues.get(view.ticket.queue or "")
    return (queue.coordinator if queue else None) or view.book.entries.roles.coordinator


def _forwarder(view: View) -> str | None:
    return forwarder(view.ticket, view.happened)


ROLES: Mapping[str, Callable[[View], str | None]] = {
    "forwarder": _forwarder,
    "owner": lambda view: view.ticket.owner or _queue_coordinator(view),
    "queue": _queue_coordinator,
    "coordinator": lambda view: view.book.entries.roles.coordinator,
    "lead": lambda view: view.book.entries.roles.lead,
}
"""Words under `to:` besides people's own names. A ticket without an owner is its queue's coordinator's to assign."""


def addressees(words: Sequence[str], view: View) -> tuple[str, ...]:
    """The people meant by `words`, each once, in order; the coordinator where nobody is found."""
    return tuple(dict.fromkeys(_each(words, view))) or (view.book.entries.roles.coordinator,)


def _each(words: Sequence[str], view: View) -> Iterator[str]:
    for word in words:
        person = ROLES[word](view) if word in ROLES else word
        if person:
            yield person


def language_of(people: Sequence[str], book: Rulebook) -> str:
    """The language a message to these people is written in: the first one's, else the desk's."""
    return book.languages.get(people[0], book.entries.language) if people else book.entries.language
