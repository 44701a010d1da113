"""How much two tickets tell of the same, without their texts: keyed hashes of the words that tell something. Pure.

Of each word only a number is kept, made with a key of the site's own: who has the database but not the key cannot try
words out. Numbers made with different keys do not compare.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from math import ceil
from typing import NamedTuple

from bot.core.prose import stems
from bot.core.ticket import Moment

MOST = 64
"""Of how many words numbers are kept."""

ALIKE = 0.6
"""The share of what the shorter of two tickets tells that the other must tell too, for them to be taken as alike.

A figure weighs as three words.
"""

WITHIN_S = 14 * 86_400
"""How far apart two tickets about the same may have been opened, in seconds."""

_LEAST = 3
_FIGURES_WEIGH = 3
_FEW = 100
"""So many places are never worth being tidied up."""

_BUCKETS = 256
"""How many bits there are of which each number of a sketch sets one: even, so that figures have odd ones."""

_ROUNDING = 1e-6
"""How far a share of a weight may be off: no share that counts comes as near to the next whole number."""

_BYTES = 6
"""Of how many bytes a number of a sketch is made."""


class Sketched(NamedTuple):
    """What is kept of an open ticket to compare others with."""

    ticket_id: str
    key: str
    category: str | None
    created_at: Moment
    sketch: tuple[int, ...]


def sketch(text: str, key: bytes) -> tuple[int, ...]:
    """Make the numbers of a text, smallest first: 48 bits each, odd for figures and even for words."""
    keyed = blake2b(digest_size=_BYTES, key=key[:64])
    return tuple(sorted(_number(stem, keyed.copy()) for stem in stems(text)))[:MOST]


def _number(stem: str, keyed: blake2b) -> int:
    keyed.update(stem.encode("utf-8", "replace"))
    hashed = int.from_bytes(keyed.digest(), "big")
    return hashed | 1 if stem[0].isdigit() else hashed & ~1


def _weight(numbers: Iterable[int]) -> int:
    return sum(_FIGURES_WEIGH if number & 1 else 1 for number in numbers)


class _Group:
    """The places of all tickets of a category and a stretch of time, with which of few bits their numbers set.

    For each of the bits one whole number tells, bit by bit, who of the group has it; so much is common to a ticket
    and to all the others is added up for all of them at once.
    """

    __slots__ = ("_having", "_weighing", "places")

    def __init__(self) -> None:
        self.places = array("I")
        self._having = [0] * _BUCKETS
        self._weighing: dict[int, int] = {}

    def put(self, place: int, numbers: Collection[int]) -> None:
        """Put a ticket of these numbers, which has this place, at the end."""
        me = 1 << len(self.places)
        self.places.append(place)
        for bucket in {number % _BUCKETS for number in numbers}:
            self._having[bucket] |= me
        weight = _weight(numbers)
        self._weighing[weight] = self._weighing.get(weight, 0) | me

    def near(self, numbers: Collection[int]) -> Iterator[int]:
        """The places of all that may tell of the same as a ticket of these numbers, and of a few others."""
        sums: list[int] = []  # of the weight in common with each, the lowest digit of all, then the next
        for number in numbers:
            having = self._having[number % _BUCKETS]
            for _ in range(_FIGURES_WEIGH if number & 1 else 1):
                _add(sums, having)
        weight, found = _weight(numbers), 0
        lighter = 0
        for theirs, those in self._weighing.items():
            if theirs < weight:
                lighter |= those
                found |= _at_least(sums, ceil(ALIKE * theirs - _ROUNDING), those)
        found |= _at_least(sums, ceil(ALIKE * weight - _ROUNDING), (1 << len(self.places)) - 1 & ~lighter)
        while found:
            lowest = found & -found
            yield self.places[lowest.bit_length() - 1]
            found ^= lowest


def _add(sums: list[int], those: int) -> None:
    """Add one to the sums of these."""
    digit = 0
    while those:
        if digit == len(sums):
            sums.append(those)
            return
        sums[digit], those = sums[digit] ^ those, sums[digit] & those
        digit += 1


def _at_least(sums: Sequence[int], least: int, those: int) -> int:
    """Those of these whose sum is no less."""
    if least >> len(sums):
        return 0
    above = 0
    for digit in reversed(range(len(sums))):
        if least >> digit & 1:
            those &= sums[digit]
        else:
            above |= those & sums[digit]
            those &= ~sums[digit]
    return above | those


class Alike(Mapping[str, tuple[str, ...]]):
    """Which earlier open tickets tell of the same as a ticket: their keys, by its id, worked out when it is asked.

    Of the tickets that are `put` only those are looked at that have the category and are from about the same time;
    and their words only where their bits have much in common. Each has a place; a hundred thousand of forty words
    take some 65 MB, and what is forgotten is let go in time.
    """

    def __init__(self, tickets: Iterable[Sketched] = ()) -> None:
        self._place: dict[str, int] = {}
        self._found: dict[str, tuple[str, ...]] = {}
        self._clear()
        for ticket in tickets:
            self.put(ticket)

    def _clear(self) -> None:
        self._ids: list[str | None] = []
        self._keys: list[str] = []
        self._categories: list[str | None] = []
        self._created = array("q")
        self._weights = array("H")
        self._sketches: list[bytes] = []
        self._standing: defaultdict[tuple[str | None, int], _Group] = defaultdict(_Group)

    def put(self, ticket: Sketched) -> None:
        """Put a ticket among those compared, in place of what was known of it."""
        if self._knows(ticket):
            return
        self.forget(ticket.ticket_id)
        self._found.clear()
        place = self._place[ticket.ticket_id] = len(self._ids)
        numbers = dict.fromkeys(ticket.sketch) if len(ticket.sketch) >= _LEAST else {}
        self._ids.append(ticket.ticket_id)
        self._keys.append(ticket.key)
        self._categories.append(ticket.category)
        self._created.append(ticket.created_at)
        self._weights.append(_weight(numbers))
        self._sketches.append(_packed(numbers))
        if numbers:
            self._standing[ticket.category, ticket.created_at // WITHIN_S].put(place, numbers)

    def forget(self, ticket_id: str) -> None:
        """Compare with a ticket no more."""
        place = self._place.pop(ticket_id, None)
        if place is not None:
            self._found.clear()
            self._ids[place], self._sketches[place] = None, b""
            if len(self._ids) > _FEW and len(self._ids) > 2 * len(self._place):
                self._tidy()

    def __getitem__(self, ticket_id: str) -> tuple[str, ...]:
        """The keys, oldest ticket first; raises KeyError for a ticket that is not among those compared."""
        found = self._found.get(ticket_id)
        if found is None:
            others = sorted(self._alike(ticket_id, self._place[ticket_id]))
            found = self._found[ticket_id] = tuple(key for _, _, key in others)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._place)

    def __len__(self) -> int:
        return len(self._place)

    def _knows(self, ticket: Sketched) -> bool:
        place = self._place.get(ticket.ticket_id)
        if place is None:
            return False
        known = self._keys[place], self._categories[place], self._created[place]
        told = dict.fromkeys(ticket.sketch) if len(ticket.sketch) >= _LEAST else {}
        return known == ticket[1:4] and self._sketches[place] == _packed(told)

    def _alike(self, ticket_id: str, place: int) -> Iterator[tuple[Moment, str, str]]:
        """When the earlier tickets were created that tell of the same, with their ids and keys, in no order."""
        category, stretch = self._categories[place], self._created[place] // WITHIN_S
        mine = frozenset(_unpacked(self._sketches[place]))
        if not mine:
            return
        created_at, weight = self._created[place], self._weights[place]
        groups = (self._standing.get((category, each)) for each in (stretch - 1, stretch))
        for other in chain.from_iterable(group.near(mine) for group in groups if group is not None):
            id_, at, least = self._ids[other], self._created[other], min(weight, self._weights[other])
            if id_ is not None and created_at - WITHIN_S <= at and (at, id_) < (created_at, ticket_id):
                common = mine.intersection(_unpacked(self._sketches[other]))
                if len(common) >= _LEAST and _weight(common) / least >= ALIKE:
                    yield at, id_, self._keys[other]

    def _tidy(self) -> None:
        """Give up the places of those that were forgotten."""
        columns = self._ids, self._keys, self._categories, self._created, self._sketches
        rows = zip(*columns, strict=True)
        self._clear()
        self._place = {}
        for id_, key, category, created_at, kept in rows:
            if id_ is not None:
                self.put(Sketched(id_, key, category, created_at, tuple(_unpacked(kept))))


def _packed(numbers: Iterable[int]) -> bytes:
    return array("Q", numbers).tobytes()


def _unpacked(kept: bytes) -> Iterable[int]:
    return memoryview(kept).cast("Q")
