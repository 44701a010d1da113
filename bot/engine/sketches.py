"""Which open tickets of the desk tell of the same: what is kept of each, read once and kept up with the mirror."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.core.flaws import DUPLICATE, sought_by
from bot.core.likeness import Alike, Sketched
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket
from bot.store.store import Store


@dataclass(slots=True)
class Sketches:
    """What open tickets are compared by, once that was asked for; a rulebook that asks for none costs nothing.

    Where it is `told` which are alike, as in a part of another's cycle, nothing is compared.
    """

    told: Mapping[str, tuple[str, ...]] | None = None
    _alike: Alike | None = None
    _wanted: dict[str, bool] = field(default_factory=dict)

    def alike(self, store: Store, book: Rulebook) -> Mapping[str, tuple[str, ...]]:
        """The keys of earlier open tickets that tell of the same as a ticket, by its id; none where no rule asks."""
        if self.told is not None:
            return self.told
        if book.version not in self._wanted:
            self._wanted = {book.version: DUPLICATE in sought_by(book.entries).words}
            self._alike = None
        if not self._wanted[book.version]:
            return {}
        if self._alike is None:
            made = Alike()
            _take(made, store.open_tickets(_open(book)), book)
            self._alike = made  # not before: a database that fails in between leaves nothing that lacks the rest
        return self._alike

    def take(self, tickets: Iterable[Ticket], book: Rulebook) -> None:
        """Keep what tickets are as they were just read, and forget those that are no longer open."""
        if self._alike is not None:
            _take(self._alike, tickets, book)

    def forget(self, ids: Iterable[str]) -> None:
        """Forget tickets that are no longer on the desk."""
        if self._alike is not None:
            for ticket_id in ids:
                self._alike.forget(ticket_id)


def _take(alike: Alike, tickets: Iterable[Ticket], book: Rulebook) -> None:
    states = _open(book)
    for ticket in tickets:
        if ticket.state in states and ticket.sketch:
            alike.put(Sketched(ticket.id, ticket.key, ticket.category, ticket.created_at, ticket.sketch))
        else:
            alike.forget(ticket.id)


def _open(book: Rulebook) -> frozenset[str]:
    return frozenset(state.state for state in book.entries.states if state.standing == "open")
