"""How much two tickets tell of the same, without their texts: keyed hashes of the words that tell something. Pure.

Of each word only a number is kept, made with a key of the site's own: who has the database but not the key cannot try
words out. Numbers made with different keys do not compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

from bot.core.prose import stems
from bot.core.ticket import Moment

MOST = 64
"""Of how many words numbers are kept."""

ALIKE = 0.6
"""The share of what the shorter of two tickets tells that the other must tell too, for them to be taken as alike."""

WITHIN_S = 14 * 86_400
"""How far apart two tickets about the same may have been opened, in seconds."""

_LEAST = 3
_FIGURES_WEIGH = 3


class Sketched(NamedTuple):
    """What is kept of an open ticket to compare others with."""

    ticket_id: str
    key: str
    category: str | None
    created_at: Moment
    sketch: tuple[int, ...]


def sketch(text: str, key: bytes) -> tuple[int, ...]:
    """Make the numbers of a text, smallest first: 48 bits each, odd for figures and even for words."""
    return tuple(sorted(_number(stem, key) for stem in stems(text)))[:MOST]


def _number(stem: str, key: bytes) -> int:
    hashed = int.from_bytes(blake2b(stem.encode("utf-8", "replace"), digest_size=6, key=key[:64]).digest(), "big")
    return hashed | 1 if stem[0].isdigit() else hashed & ~1


def likeness(one: Sequence[int], other: Sequence[int]) -> float:
    """Which share of what the shorter tells the other tells too, from 0 to 1; a figure weighs as three words."""
    mine, theirs = frozenset(one), frozenset(other)
    least = min(_weight(mine), _weight(theirs))
    return _weight(mine & theirs) / least if least else 0.0


def _weight(numbers: Iterable[int]) -> int:
    return sum(_FIGURES_WEIGH if number & 1 else 1 for number in numbers)


class Alike(Mapping[str, tuple[str, ...]]):
    """Which earlier open tickets tell of the same as a ticket: their keys, by its id, worked out when it is asked."""

    def __init__(self, tickets: Iterable[Sketched]) -> None:
        self._tickets = {ticket.ticket_id: ticket for ticket in tickets}
        self._by_category: dict[str | None, list[Sketched]] = {}
        for ticket in self._tickets.values():
            self._by_category.setdefault(ticket.category, []).append(ticket)
        self._found: dict[str, tuple[str, ...]] = {}

    def __getitem__(self, ticket_id: str) -> tuple[str, ...]:
        """The keys, oldest ticket first; raises KeyError for a ticket that is not among those compared."""
        if ticket_id not in self._found:
            ticket = self._tickets[ticket_id]
            others = sorted(alike(ticket, self._by_category[ticket.category]), key=lambda other: other.created_at)
            self._found[ticket_id] = tuple(other.key for other in others)
        return self._found[ticket_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tickets)

    def __len__(self) -> int:
        return len(self._tickets)


def alike(ticket: Sketched, others: Iterable[Sketched]) -> Iterator[Sketched]:
    """The earlier tickets of the same category that tell of the same as this one, in the order given.

    A ticket that tells too little is like no other.
    """
    if len(ticket.sketch) < _LEAST:
        return
    for other in others:
        earlier = (other.created_at, other.ticket_id) < (ticket.created_at, ticket.ticket_id)
        if (
            earlier
            and other.ticket_id != ticket.ticket_id
            and other.category == ticket.category
            and ticket.created_at - other.created_at <= WITHIN_S
            and len(other.sketch) >= _LEAST
            and len(frozenset(ticket.sketch) & frozenset(other.sketch)) >= _LEAST
            and likeness(ticket.sketch, other.sketch) >= ALIKE
        ):
            yield other
