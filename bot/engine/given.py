"""Who has how much to do, and whom the bot gave a ticket last: what the choice of an owner rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial

from bot.core.owners import LEAST_LOADED, NOBODY
from bot.core.rulebook import Rulebook
from bot.store.store import Store

_LAST = "given last in "


def loads(store: Store, book: Rulebook, given: dict[str, str]) -> Mapping[str, int]:
    """Count the open tickets of each person, with those `given` that the mirror does not know of yet.

    `given` holds persons by ticket; those that the mirror has caught up with are taken out of it. Nothing is counted
    where no queue asks for it, nor before somebody is to be chosen: it goes through the whole desk.
    """
    if all(queue.owner != LEAST_LOADED for queue in book.entries.queues):
        given.clear()
        return {}
    return _Loads(partial(_counted, store, book, given))


class _Loads(Mapping[str, int]):
    """Counts that are made when the first is looked at."""

    def __init__(self, count: Callable[[], Mapping[str, int]]) -> None:
        self._count = count

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        return self._count()

    def __getitem__(self, person: str) -> int:
        return self._counts[person]

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __len__(self) -> int:
        return len(self._counts)


def _counted(store: Store, book: Rulebook, given: dict[str, str]) -> Mapping[str, int]:
    for ticket in store.tickets(list(given)):
        if ticket.owner == given[ticket.id] or any(
            change.bot for change in ticket.changes if change.field == "owner"
        ):
            del given[ticket.id]
    found = Counter(store.loads([state.state for state in book.entries.states if state.standing == "open"]))
    found.update(given.values())
    return found


def last(store: Store, book: Rulebook) -> Mapping[str, str]:
    """Whom the bot gave a ticket last, by queue, as far as a queue gives its tickets to its members in turn."""
    queues = (queue.queue for queue in book.entries.queues if queue.owner != NOBODY)
    return {queue: person for queue in queues if (person := store.note(_LAST + queue)) is not None}


def note(store: Store, sets: Mapping[str, str]) -> None:
    """Remember who was given a ticket together with its queue."""
    if "queue" in sets and "owner" in sets:
        store.set_note(_LAST + sets["queue"], sets["owner"])
