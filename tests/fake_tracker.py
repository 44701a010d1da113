"""A ticket system in memory that keeps the `Tracker` contract: deterministic, with knobs for what goes wrong.

`tests/jira/test_contract.py` holds it to the same cases as the real tracker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from bot.core.commands import Permission
from bot.core.doc import Doc
from bot.core.sets import OWN, labelled, value_of
from bot.core.ticket import Change, Link, Message, Ticket
from bot.engine.tracker import Denied, Doubtful, Reading, Refused, Said, Stamp, Throttled, Trouble, Unreachable

STATES = frozenset(
    ["new", "at-tier-2", "in-work", "asked", "waiting-customer", "waiting-third-party", "solved", "closed"]
)
"""The states of the first rulebook."""


@dataclass(frozen=True)
class Spoken:
    """A comment of the bot: what was said on which ticket."""

    ticket_id: str
    said: Said
    doc: Doc


@dataclass
class FakeTracker:
    """Tickets by id. `now_ms` is the tracker's own clock; every act of a person or the bot stamps with it.

    Knobs: `down` · `denied` (401) · `throttled` (seconds asked for) · `refused` (ids whose writes are refused) ·
    `fields` (words that can be set beside the ticket's own) · `hidden` (ids not to be seen) ·
    `outside` (projects that are read beside its own) · `unreadable` (ids that come as troubles) · `forbidden` (who
    may not do what) · `may_ask` (whether the bot may ask who may what) · `blind` (who does not see the bot's
    comments) · `unsure` (of whom nobody can tell) · `exposed` (projects in which customers would) · `left` (whose
    accounts are no longer active) · `switches` (properties of projects, as JSON) · `lacking` (permissions) ·
    accounts are no longer active) · `erased` (whose accounts are no longer there) ·
    `drops`: what happens to the next writes, one each: `before` or `after` they took effect, None when they go well.
    `requests` counts calls, as a real tracker's would be counted when everything fits one page.
    """

    now_ms: Callable[[], int]
    flavour: str = "cloud"
    project: str = "KKA"
    bot: str = "piletibot"
    states: frozenset[str] = STATES
    fields: frozenset[str] = frozenset()
    tickets: dict[str, Ticket] = field(default_factory=dict)
    spoken: list[Spoken] = field(default_factory=list)
    puts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    requests: int = 0
    down: bool = False
    denied: bool = False
    throttled: float | None = None
    refused: set[str] = field(default_factory=set)
    hidden: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    forbidden: set[tuple[str, Permission]] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    erased: set[str] = field(default_factory=set)
    may_ask: bool = True
    blind: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    exposed: frozenset[str] = frozenset()
    closed: dict[str, str] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()
    drops: list[Literal["before", "after", None]] = field(default_factory=list)
    switches: dict[str, bytes] = field(default_factory=dict)
    lacking: dict[str, tuple[str, ...]] = field(default_factory=dict)

    # What people do.

    def open(self, who: str | None = None, **facts: Any) -> str:
        """Open a ticket as `who`; `facts` are fields of `Ticket`. Returns its id."""
        number = len(self.tickets) + 1
        opened: dict[str, Any] = {
            "id": str(9999 + number),
            "key": f"{self.project}-{number}",
            "project": self.project,
            "created_at": self.now_ms() // 1000,
            "updated_ms": self.now_ms(),
            "state": "new",
            "reporter": who,
        }
        ticket = Ticket(**(opened | facts))
        self.tickets[ticket.id] = ticket
        return ticket.id

    def change(self, ticket_id: str, who: str | None, **now: str | None) -> None:
        """Set words (`state`, `owner`, `queue`, `priority`, `delivered`, other fields') as `who`."""
        for word, value in now.items():
            ticket = self.tickets[ticket_id]
            at = self.now_ms() // 1000
            change = Change(at, word, value_of(ticket, word), value, who, who == self.bot)
            set_now: dict[str, Any] = {word: value}
            if word == "delivered":
                set_now = {"delivered_at": None if value is None else at}
            elif word not in OWN:
                kept = {known: held for known, held in ticket.fields.items() if known != word}
                set_now = {"fields": kept if value is None else kept | {word: value}}
            self._put(ticket, changes=(*ticket.changes, change), **set_now)

    def label(self, ticket_id: str, who: str | None, *labels: str) -> None:
        """Set the labels as `who`."""
        ticket = self.tickets[ticket_id]
        was, now = (" ".join(sorted(each)) or None for each in (ticket.labels, labels))
        change = Change(self.now_ms() // 1000, "labels", was, now, who, who == self.bot)
        self._put(ticket, labels=frozenset(labels), changes=(*ticket.changes, change))

    def write(self, ticket_id: str, who: str | None) -> str:
        """Write a comment as `who`; returns its id."""
        ticket = self.tickets[ticket_id]
        number = sum(len(each.messages) for each in self.tickets.values())
        comment_id = str(10000 + number)
        message = Message(self.now_ms() // 1000, comment_id, who, who == self.bot)
        self._put(ticket, messages=(*ticket.messages, message))
        return comment_id

    def link(self, ticket_id: str, who: str | None, word: str, other_id: str) -> None:
        """Tie a ticket to another by a word of the rulebook's `links`, as `who`: it stands on the outward side."""
        for near, far, outward in ((ticket_id, other_id, True), (other_id, ticket_id, False)):
            ticket, other = self.tickets[near], self.tickets[far]
            change = Change(self.now_ms() // 1000, "link", None, other.key, who, who == self.bot)
            link = Link(word, other.id, other.key, outward)
            self._put(ticket, links=(*ticket.links, link), changes=(*ticket.changes, change))

    def move(self, ticket_id: str, key: str) -> None:
        """Move a ticket to another key; the id stays."""
        self._put(self.tickets[ticket_id], key=key, project=key.rpartition("-")[0])

    # What the engine asks.

    def changed(self, since_ms: int | None, known: dict[str, int] | None = None) -> Iterator[Stamp]:
        """Give the visible tickets of the project, oldest change first; with `known` whole, but for what is known."""
        self._asked()
        visible = [
            ticket
            for ticket in self.tickets.values()
            if ticket.id not in self.hidden
            and (ticket.project == self.project or (since_ms is not None and ticket.project in self.outside))
            and (since_ms is None or ticket.updated_ms >= since_ms)
        ]
        for ticket in sorted(visible, key=lambda ticket: (ticket.updated_ms, ticket.key)):
            if ticket.updated_ms != (known or {}).get(ticket.id):
                yield Stamp(ticket.id, ticket.key, ticket.updated_ms, None if known is None else ticket)

    def read(self, ids: Sequence[str], came: Mapping[str, object] = {}) -> Reading:
        """Give the tickets asked for; those that came already are not asked for again."""
        if not ids or any(came.get(id_) is None for id_ in ids):
            self._asked()
        wanted = dict.fromkeys(ids)
        seen = [ticket_id for ticket_id in wanted if ticket_id in self.tickets and ticket_id not in self.hidden]
        return Reading(
            tickets=tuple(self.tickets[ticket_id] for ticket_id in seen if ticket_id not in self.unreadable),
            missing=tuple(ticket_id for ticket_id in wanted if ticket_id not in seen),
            troubles=tuple(
                Trouble(ticket_id, "made unreadable") for ticket_id in seen if ticket_id in self.unreadable
            ),
        )

    @property
    def sites(self) -> Sequence[str]:
        """Give no other sites."""
        return ()

    def changed_elsewhere(self, site: str, since_ms: int) -> Iterator[Stamp]:
        """Give nothing: there are no other sites."""
        return iter(())

    def read_outside(self, ids: Sequence[str]) -> Reading:
        """Give the tickets outside asked for."""
        found = self.read(ids)
        odd = [
            Trouble(ticket.id, f"its project {ticket.project} is not named under `outside`")
            for ticket in found.tickets
            if ticket.project not in self.outside
        ]
        kept = tuple(ticket for ticket in found.tickets if ticket.project in self.outside)
        return Reading(kept, found.missing, (*found.troubles, *odd))

    def said(self, ticket_id: str) -> tuple[Said, ...]:
        """Give the bot's own comments, newest first."""
        self._asked()
        self._visible(ticket_id)
        own = [spoken.said for spoken in self.spoken if spoken.ticket_id == ticket_id]
        return tuple(sorted(own, key=lambda said: (said.at, int(said.comment_id)), reverse=True))

    def say(self, ticket_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> str:
        """Write a comment of the bot."""
        dropped = self._wrote(ticket_id)
        comment_id = self.write(ticket_id, self.bot)
        said = Said(comment_id, self.now_ms() // 1000, tuple(keys), text_hash)
        self.spoken.append(Spoken(ticket_id, said, doc))
        self._answered(dropped)
        return comment_id

    def reword(self, ticket_id: str, comment_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> None:
        """Replace a comment of the bot."""
        dropped = self._wrote(ticket_id)
        for i, spoken in enumerate(self.spoken):
            if spoken.said.comment_id == comment_id:
                said = Said(comment_id, spoken.said.at, tuple(keys), text_hash)
                self.spoken[i] = Spoken(ticket_id, said, doc)
                self._put(self.tickets[ticket_id])
                break
        else:
            raise Refused(f"no comment {comment_id}")
        self._answered(dropped)

    def unsay(self, ticket_id: str, comment_id: str) -> None:
        """Delete a comment of the bot."""
        dropped = self._wrote(ticket_id)
        self.spoken = [spoken for spoken in self.spoken if spoken.said.comment_id != comment_id]
        ticket = self.tickets[ticket_id]
        self._put(ticket, messages=tuple(each for each in ticket.messages if each.id != comment_id))
        self._answered(dropped)

    def sees(self, person: str, project: str) -> bool | None:
        """Tell whether this person may see the bot's comments."""
        return None if person in self.unsure else person not in self.blind

    def may(self, person: str, permissions: Sequence[Permission], ticket_key: str) -> bool | None:
        """Tell whether this person may do all of this."""
        self._asked()
        visible = any(each.key == ticket_key and each.id not in self.hidden for each in self.tickets.values())
        if not self.may_ask or not visible:
            return None
        return person not in self.left and not any((person, each) in self.forbidden for each in permissions)

    def active(self, people: Sequence[str]) -> dict[str, bool | None]:
        """Tell who of these may log in."""
        self._asked()
        return {person: person not in self.left for person in people}

    def labels(self, ticket_id: str) -> frozenset[str]:
        """Give the labels as they are now."""
        self._asked()
        self._visible(ticket_id)
        return self.tickets[ticket_id].labels

    def off_switch(self, project: str) -> bytes | None:
        """Give the project's property."""
        self._asked()
        return self.switches.get(project)

    def lacks(self, project: str) -> Sequence[str]:
        """Give what the account lacks."""
        self._asked()
        return self.lacking.get(project, ())

    def vanished(self, people: Sequence[str]) -> frozenset[str]:
        """Tell whose accounts are no longer there."""
        self._asked()
        return frozenset(person for person in people if person in self.erased)

    def put(self, ticket_id: str, sets: Mapping[str, str]) -> None:
        """Set fields as the bot."""
        for word, value in sets.items():
            known = word in ("queue", "owner", "state", "labels", *self.fields)
            if not known or (word == "state" and value not in self.states):
                raise Refused(f"{word} cannot be set to {value!r}")
        dropped = self._wrote(ticket_id)
        self.change(ticket_id, self.bot, **{word: value for word, value in sets.items() if word != "labels"})
        if "labels" in sets:
            on, off = labelled(sets["labels"])
            self.label(ticket_id, self.bot, *(self.tickets[ticket_id].labels | set(on)) - set(off))
        self.puts.append((ticket_id, dict(sets)))
        self._answered(dropped)

    def _asked(self) -> None:
        self.requests += 1
        if self.down:
            raise Unreachable("the tracker is down")
        if self.denied:
            raise Denied("the account is not let in")
        if self.throttled is not None:
            raise Throttled("the tracker asks for patience", self.throttled)

    def _wrote(self, ticket_id: str) -> str | None:
        self._asked()
        self._visible(ticket_id)
        if ticket_id in self.refused:
            raise Refused("the ticket may not be written to")
        dropped = self.drops.pop(0) if self.drops else None
        if dropped == "before":
            raise Doubtful("the connection was lost")
        return dropped

    def _answered(self, dropped: str | None) -> None:
        if dropped == "after":
            raise Doubtful("the answer was lost")

    def _visible(self, ticket_id: str) -> None:
        if ticket_id not in self.tickets or ticket_id in self.hidden:
            raise Refused("the ticket is not there")

    def _put(self, ticket: Ticket, **facts: Any) -> None:
        self.tickets[ticket.id] = msgspec.structs.replace(ticket, updated_ms=self.now_ms(), **facts)
