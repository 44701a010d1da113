"""Ties between tickets in the store: who is tied to whom, and the tickets outside the desk that are tied to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import sqlalchemy as sa

from bot.core.ticket import Moment, Ticket
from bot.store.database import Database, among, pages
from bot.store.errors import StoreError
from bot.store.tables import linked, links, tickets

_joined = links.join(tickets, sa.and_(tickets.c.id == links.c.ticket_id, tickets.c.gone_at.is_(None)))

_TIED = among(sa.select(links).select_from(_joined), links.c.other).order_by(links.c.ticket_id, links.c.type)
_LINKED = among(sa.select(linked), linked.c.id)
_OUTSIDE = (
    sa.select(linked.c.id).where(linked.c.id.in_(sa.select(links.c.other).select_from(_joined))).order_by(linked.c.id)
)
_CREATED = (
    sa.select(tickets.c.id, tickets.c.updated_ms, tickets.c.facts)
    .where(tickets.c.gone_at.is_(None), tickets.c.created_at.between(sa.bindparam("first"), sa.bindparam("last")))
    .order_by(tickets.c.created_at, tickets.c.id)
)


class LinkedRow(NamedTuple):
    """A ticket outside the desk: as it was last read (None for never), and since when it cannot be, because of what.

    `facts` is the fingerprint of the mapping that read it.
    """

    id: str
    key: str
    ticket: Ticket | None
    facts: str
    because: str | None = None
    since_at: Moment = 0


class Ties(Database):
    """The part of a store that knows of ties. Tickets that are gone are tied to nothing."""

    def put_ties(self, those: Sequence[Ticket]) -> None:
        """Remember what these tickets are tied to, in place of what was known of it."""
        self.count_anew([ticket.id for ticket in those])
        with self.transaction():
            for page in pages([ticket.id for ticket in those]):
                self.write(sa.delete(links).where(links.c.ticket_id.in_(page)))
            rows = {
                (ticket.id, link.type, link.ticket_id): {
                    "ticket_id": ticket.id,
                    "type": link.type,
                    "other": link.ticket_id,
                }
                for ticket in those
                for link in ticket.links
            }
            if rows:
                self.write(sa.insert(links), list(rows.values()))

    def tied_to(self, ids: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
        """Return what is tied to each of these tickets: by which word, and the id of the other."""
        found: dict[str, list[tuple[str, str]]] = {}
        for row in self.select(_TIED, ids):
            found.setdefault(row.other, []).append((row.type, row.ticket_id))
        return found

    def outside_ids(self) -> list[str]:
        """Return the ids of the tickets outside the desk to which any that is here is tied."""
        return [row.id for row in self.rows(_OUTSIDE)]

    def put_linked(self, rows: Sequence[LinkedRow]) -> None:
        """Keep these tickets outside the desk."""
        if rows:
            self.upsert(
                linked,
                [
                    {
                        "id": row.id,
                        "key": row.key,
                        "facts": row.facts,
                        "body": None if row.ticket is None else msgspec.json.encode(row.ticket).decode(),
                        "because": row.because,
                        "since_at": row.since_at,
                    }
                    for row in rows
                ],
            )

    def linked(self, ids: Sequence[str]) -> Mapping[str, LinkedRow]:
        """Return the tickets outside the desk that are known of these, by their ids."""
        return {
            row.id: LinkedRow(row.id, row.key, _ticket(row.body), row.facts, row.because, row.since_at)
            for row in self.select(_LINKED, ids)
        }

    def created_between(self, first_at: Moment, last_at: Moment) -> dict[str, object]:
        """Return the ids of the tickets created from one moment to the other, the oldest first.

        With each comes what tells whether it was mirrored anew.
        """
        rows = self.rows(_CREATED, first=first_at, last=last_at)
        return {row.id: (row.updated_ms, row.facts) for row in rows}


def _ticket(body: str | None) -> Ticket | None:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body, type=Ticket)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"a ticket outside the desk cannot be read from the database: {type(error).__name__}"
        ) from None
