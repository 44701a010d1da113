"""A desk of any size that takes a few bytes a ticket: its tickets are made anew whenever they are read."""

from __future__ import annotations

import random
from array import array
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

from desk import NOW_S
from msgspec.structs import replace

from bot.core.commands import Permission
from bot.core.doc import Doc
from bot.core.ticket import Change, Message, Ticket
from bot.engine.tracker import Reading, Said, Stamp

_FIRST_ID, _RING, _SPREAD_S = 100_000, 6, 20 * 86_400
_WORDS = 30_000
_RECENT_S = 3600
COMMENT, TAKEN, ASKED, SAID = range(4)
"""What happens to a ticket: a comment, it is taken into work, the customer is asked, the bot says something."""

_STATES = {TAKEN: "in-work", ASKED: "waiting-customer"}


class BigDesk:
    """A ticket system with so many open tickets, made of a few patterns, of which each knows its last acts alone.

    What it keeps does not grow, so that what grows is the bot's.
    """

    flavour = "cloud"
    closed: Mapping[str, str] = {}
    sites: Sequence[str] = ()
    exposed: frozenset[str] = frozenset()

    def __init__(self, patterns: Sequence[Ticket], count: int) -> None:
        self.count, self.comments, self.now = count, 0, NOW_S
        self._patterns = patterns
        self._acts = array("q", bytes(8 * _RING * count))
        self._kinds = array("b", bytes(_RING * count))
        self._many = array("l", bytes(8 * count))
        self._recent: deque[tuple[int, int]] = deque()

    def act(self, n: int, kind: int) -> None:
        """Let something happen to the ticket of this number now."""
        place = n * _RING + self._many[n] % _RING
        self._acts[place], self._kinds[place] = self.now, kind
        self._many[n] += 1
        self._recent.append((self.now, n))
        while self._recent[0][0] < self.now - _RECENT_S:
            self._recent.popleft()

    def changed(self, since_ms: int | None, known: dict[str, int] | None = None) -> Iterator[Stamp]:
        """All tickets, or those that something happened to since; of longer ago than an hour nothing is known."""
        if since_ms is None:
            return (self._stamp(n) for n in range(self.count))
        stamps = map(self._stamp, dict.fromkeys(n for at, n in self._recent if at * 1000 >= since_ms))
        return iter([stamp for stamp in stamps if (known or {}).get(stamp.id) != stamp.updated_ms])

    def read(self, ids: Sequence[str], came: Mapping[str, object] = {}) -> Reading:
        """Make these tickets."""
        return Reading(tuple(self.ticket(int(id_) - _FIRST_ID) for id_ in ids))

    def ticket(self, n: int) -> Ticket:
        """The ticket of this number with its pattern's history, some days earlier, and its own last acts."""
        made = self._patterns[n % len(self._patterns)]
        ago = (n * 7919) % _SPREAD_S
        changes = [replace(each, at=each.at - ago) for each in made.changes]
        messages = [replace(each, at=each.at - ago) for each in made.messages]
        state = made.state
        for at, kind, number in self._last(n):
            if kind in _STATES:
                changes.append(Change(at, "state", state, _STATES[kind], "it1"))
                state = _STATES[kind]
            else:
                bot = kind == SAID
                messages.append(Message(at, f"{n}-{number}", None if bot else "it1", bot))
        return replace(
            made,
            id=str(_FIRST_ID + n),
            key=f"KKA-{n}",
            created_at=made.created_at - ago,
            updated_ms=self._updated_ms(n),
            state=state,
            changes=tuple(changes),
            messages=tuple(messages),
            sketch=sketch_of(n),
        )

    def _last(self, n: int) -> Iterator[tuple[int, int, int]]:
        """The last acts on a ticket, oldest first: when, what, and the number of each."""
        many = self._many[n]
        for number in range(max(0, many - _RING), many):
            place = n * _RING + number % _RING
            yield self._acts[place], self._kinds[place], number

    def _updated_ms(self, n: int) -> int:
        many = self._many[n]
        if many:
            return self._acts[n * _RING + (many - 1) % _RING] * 1000
        made = self._patterns[n % len(self._patterns)]
        return made.updated_ms - (n * 7919) % _SPREAD_S * 1000

    def _stamp(self, n: int) -> Stamp:
        return Stamp(str(_FIRST_ID + n), f"KKA-{n}", self._updated_ms(n))

    # What the bot does, and asks besides.

    def said(self, ticket_id: str) -> tuple[Said, ...]:
        """Nothing is read back: the bot's own memory is never lost here."""
        return ()

    def say(self, ticket_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> str:
        """Take a comment, which changes its ticket."""
        self.comments += 1
        self.act(int(ticket_id) - _FIRST_ID, SAID)
        return str(self.comments)

    def reword(self, ticket_id: str, comment_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> None:
        """Take an edit."""

    def unsay(self, ticket_id: str, comment_id: str) -> None:
        """Take a removal."""

    def put(self, ticket_id: str, sets: Mapping[str, str]) -> None:
        """Take fields."""

    def sees(self, person: str, project: str) -> bool | None:
        """Everybody sees everything."""
        return True

    def may(self, person: str, permissions: Sequence[Permission], ticket_key: str) -> bool | None:
        """Everybody may do everything."""
        return True

    def active(self, people: Sequence[str]) -> Mapping[str, bool | None]:
        """Everybody is there."""
        return dict.fromkeys(people, True)

    def vanished(self, people: Sequence[str]) -> frozenset[str]:
        """Nobody has gone."""
        return frozenset()

    def labels(self, ticket_id: str) -> frozenset[str]:
        """No ticket has a label."""
        return frozenset()

    def off_switch(self, project: str) -> bytes | None:
        """Nobody has silenced the bot."""
        return None

    def lacks(self, project: str) -> Sequence[str]:
        """The account may do all."""
        return ()

    def changed_elsewhere(self, site: str, since_ms: int) -> Iterator[Stamp]:
        """There is no other site."""
        return iter(())

    def read_outside(self, ids: Sequence[str]) -> Reading:
        """There is nothing outside."""
        return Reading((), tuple(ids))


def sketch_of(n: int) -> tuple[int, ...]:
    """Forty words as tickets have them, few of them common and most of them rare, and figures of its own."""
    chance = random.Random(n)
    words = {int(_WORDS ** chance.random()) * 2 for _ in range(36)}
    return tuple(sorted(words | {chance.getrandbits(47) | 1 for _ in range(4)}))
