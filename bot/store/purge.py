"""Removing what is over: each call is one small transaction, and says how many it removed, 0 when none is left.

Of a key that was said, or counts as said, a hash stays for ever: nothing that is removed is said again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date
from hashlib import sha256
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.core.ledger import DONE
from bot.core.ticket import Moment
from bot.store.copies import old_copies, remove_copies
from bot.store.costs import NAME
from bot.store.database import PAGE, Database, among
from bot.store.errors import told
from bot.store.tables import (
    absences,
    archive,
    commands,
    leavers,
    ledger,
    letters,
    linked,
    links,
    notes,
    spent,
    tickets,
    troubles,
    verdicts,
)

PURGED = "purged"
"""The shape of a closed ticket of which only its id, key, project, state and moments are kept."""

_PRESENT = tickets.c.gone_at.is_(None)
_UNSETTLED = ("held", "batched", "released", "intended", "doubtful")
_SETTLED_LETTERS = ("said", "refused", "failed", "observed", "adopted", "withdrawn")
_SENT_FOR_EVER = sa.and_(letters.c.state == "doubtful", letters.c.way.in_(("mail", "draft")))
_SPENT = among(sa.select(spent.c.hash, spent.c.state), spent.c.hash)

_MANY_PAGES = 1000
_TIMES_HELD = 3
"""A file is rewritten once it is so many times as large as what it holds, the smallest ones never.

Pages that are mostly empty are no free pages, and rows that come later do not fill them.
"""

_ROW = 400
_HELD = (
    sa.select(sa.func.sum(sa.func.length(tickets.c.body)) + _ROW * sa.func.count()),
    sa.select(sa.func.sum(sa.func.length(archive.c.body))),
    *(sa.select(2 * _ROW * sa.func.count()).select_from(table) for table in (ledger, letters, verdicts)),
    *(sa.select(_ROW * sa.func.count()).select_from(table) for table in (spent, links, linked, commands, notes)),
)
"""About how many bytes the tables hold, with their indexes."""


def fingerprint(key: str) -> str:
    """What stays of a key: enough to know it again, and nothing to read it from."""
    return sha256(key.encode()).hexdigest()[:32]


def of_live_tickets(ticket_id: sa.Column[str]) -> sa.ColumnElement[bool]:
    """Whether a row is of a ticket that is kept whole: on the desk, or gone and not erased yet."""
    return sa.exists().where(tickets.c.id == ticket_id, tickets.c.shape != PURGED)


class Purge(Database):
    """The part of a store that forgets."""

    def purge_tickets(self, before: Moment, closed: Collection[str], but: Collection[str]) -> int:
        """Forget all but the frame of some tickets in the `closed` states that were last changed before a moment.

        One stays whole that is to be looked at again, on which something waits or is in trouble, which is tied to
        one that is not closed, or whose key is among `but`.
        """
        these = (
            sa.select(tickets.c.id, tickets.c.body)
            .where(
                _PRESENT,
                tickets.c.shape != PURGED,
                tickets.c.look_again_at.is_(None),
                tickets.c.state.in_(sorted(closed)),
                tickets.c.updated_ms < before * 1000,
                tickets.c.key.not_in(sorted(but)),
                ~sa.exists().where(ledger.c.ticket_id == tickets.c.id, ledger.c.state.in_(_UNSETTLED)),
                ~sa.exists().where(commands.c.ticket_id == tickets.c.id, commands.c.settled_at.is_(None)),
                ~sa.exists().where(troubles.c.ticket_id == tickets.c.id),
                ~_tied_to_open(closed),
            )
            .order_by(tickets.c.id)
            .limit(PAGE)
        )
        with self.transaction():
            found = self.rows(these)
            ids = [row.id for row in found]
            if found:
                frames = [{"which": row.id, "frame": _frame(row)} for row in found]
                self.write(
                    sa.update(tickets)
                    .where(tickets.c.id == sa.bindparam("which"))
                    .values(shape=PURGED, body=sa.bindparam("frame")),
                    frames,
                )
                self.write(sa.delete(links).where(links.c.ticket_id.in_(ids)))
        return len(ids)

    def is_purged(self, key: str) -> bool:
        """Whether of the ticket that has this key only the frame is kept."""
        these = sa.select(tickets.c.id).where(_PRESENT, tickets.c.shape == PURGED, tickets.c.key == key)
        return self.value(these) is not None

    def purged_outside(self, closed: Collection[str]) -> list[str]:
        """Return the purged tickets whose state is none of the `closed` ones any more: they must be read again."""
        these = sa.and_(_PRESENT, tickets.c.shape == PURGED, tickets.c.state.not_in(sorted(closed)))
        return [row.id for row in self.rows(sa.select(tickets.c.id).where(these).order_by(tickets.c.id))]

    def purge_ledger(self, before: Moment) -> int:
        """Forget some of what was said on purged tickets, but for the hashes; their ledgers count as not whole."""
        these = (
            sa.select(ledger.c.key, ledger.c.state, ledger.c.ticket_id)
            .where(ledger.c.at < before, ledger.c.state.not_in(_UNSETTLED), ~of_live_tickets(ledger.c.ticket_id))
            .order_by(ledger.c.key)
            .limit(PAGE)
        )
        with self.transaction():
            found = self.rows(these)
            self.spend({row.key: row.state for row in found})
            if found:
                self.write(sa.delete(ledger).where(ledger.c.key.in_([row.key for row in found])))
                ids = sorted({row.ticket_id for row in found})
                self.write(sa.update(tickets).where(tickets.c.id.in_(ids), tickets.c.rebuilt).values(rebuilt=False))
        return len(found)

    def purge_verdicts(self, before: Moment) -> int:
        """Forget some verdicts on clocks of purged tickets that stopped before a moment."""
        key = (verdicts.c.ticket_id, verdicts.c.policy, verdicts.c.started_at)
        return self._remove(verdicts, key, verdicts.c.stopped_at < before, ~of_live_tickets(verdicts.c.ticket_id))

    def purge_commands(self, before: Moment) -> int:
        """Forget some commands on purged tickets that were settled before a moment."""
        key = (commands.c.ticket_id, commands.c.comment_id)
        return self._remove(commands, key, commands.c.settled_at < before, ~of_live_tickets(commands.c.ticket_id))

    def purge_letters(self, before: Moment) -> int:
        """Forget some letters and digests that were settled before a moment, but for the hashes of their keys."""
        settled = sa.or_(letters.c.state.in_(_SETTLED_LETTERS), _SENT_FOR_EVER)
        these = sa.select(letters.c.key, letters.c.state).where(letters.c.at < before, settled)
        with self.transaction():
            found = self.rows(these.order_by(letters.c.key).limit(PAGE))
            self.spend({row.key: "adopted" for row in found if row.state != "withdrawn"})
            if found:
                self.write(sa.delete(letters).where(letters.c.key.in_([row.key for row in found])))
        return len(found)

    def purge_absences(self, before: date) -> int:
        """Forget the absences whose last day is before a day."""
        key = (absences.c.person, absences.c.first, absences.c.last)
        return self._remove(absences, key, absences.c.last < before.isoformat())

    def purge_leavers(self, before: date, but: Collection[str]) -> int:
        """Forget who was found to have left before a day, but for those who are still asked about."""
        these = (leavers.c.day < before.isoformat(), leavers.c.person.not_in(sorted(but)))
        return self._remove(leavers, (leavers.c.person,), *these)

    def purge_troubles(self, before: Moment) -> int:
        """Forget troubles that began before a moment with tickets that are not on the desk."""
        here = sa.exists().where(tickets.c.id == troubles.c.ticket_id, _PRESENT)
        return self._remove(troubles, (troubles.c.ticket_id,), troubles.c.at < before, ~here)

    def purge_costs(self, before: date) -> int:
        """Forget what days before this one cost."""
        of_days = sa.and_(notes.c.name >= NAME, notes.c.name < NAME + before.isoformat())
        return self._remove(notes, (notes.c.name,), of_days)

    def purge_reports(self, before: Moment) -> int:
        """Forget the reports that were gathered before a moment."""
        return self._remove(archive, (archive.c.kind, archive.c.first), archive.c.as_of < before)

    def purge_linked(self) -> int:
        """Forget tickets outside the desk to which none that is known is tied any more."""
        return self._remove(linked, (linked.c.id,), ~sa.exists().where(links.c.other == linked.c.id))

    def purge_copies(self, before: Moment) -> int:
        """Remove the copies of the database that were left behind before a moment; returns how many."""
        return remove_copies(old_copies(self._url, before))

    def spent(self, keys: Collection[str]) -> dict[str, str]:
        """Return those of these keys of which only a hash is kept, with the state that they count as."""
        hashes = {fingerprint(key): key for key in keys}
        return {hashes[row.hash]: row.state for row in self.select(_SPENT, sorted(hashes))}

    def reclaim(self) -> bool:
        """Give freed space of a SQLite file back where it is much, and empty its journal; whether it was rewritten.

        What was removed is overwritten at once (`secure_delete`), in the file by the next checkpoint. PostgreSQL
        sees to its own. Another's writing puts it off until tomorrow.
        """
        if self._engine.dialect.name != "sqlite" or self._mine.connection is not None:
            return False
        with told(self._url), self._engine.connect() as connection:
            held = sum(connection.execute(asked).scalar() or 0 for asked in _HELD)
            driver: Any = connection.connection.driver_connection
            asked = (driver.execute(f"PRAGMA {word}") for word in ("page_count", "page_size"))
            pages, size = (answer.fetchone()[0] for answer in asked)
            much = pages >= _MANY_PAGES and pages * size > _TIMES_HELD * held + _MANY_PAGES * size
            connection.rollback()
            with suppress(sqlite3.OperationalError):  # somebody writes, or the disk has no room for a second file
                if much:
                    driver.execute("VACUUM")
                driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                return bool(much)
        return False

    def spend(self, states: Mapping[str, str]) -> None:
        """Keep hashes of the keys of what was said, recorded or tried for good; of what never was nothing stays."""
        kept = {key: state for key, state in states.items() if state in DONE | {"refused", "failed"}}
        rows = [
            {"hash": fingerprint(key), "state": "observed" if state == "observed" else "adopted"}
            for key, state in kept.items()
        ]
        if rows:
            self.upsert(spent, rows)

    def _remove(self, table: sa.Table, key: Sequence[sa.Column[Any]], *over: sa.ColumnElement[bool]) -> int:
        with self.transaction():
            found = self.rows(sa.select(*key).where(*over).order_by(*key).limit(PAGE))
            if found:
                this = sa.and_(*(column == sa.bindparam(f"k{n}") for n, column in enumerate(key)))
                those = [{f"k{n}": value for n, value in enumerate(row)} for row in found]
                self.write(sa.delete(table).where(this), those)
        return len(found)


def _tied_to_open(closed: Collection[str]) -> sa.ColumnElement[bool]:
    """Whether a ticket is tied, from either side, to one of the desk that is not closed."""
    other = tickets.alias()
    is_open = sa.and_(other.c.gone_at.is_(None), other.c.shape != PURGED, other.c.state.not_in(sorted(closed)))
    out = sa.exists().where(links.c.ticket_id == tickets.c.id, other.c.id == links.c.other, is_open)
    back = sa.exists().where(links.c.other == tickets.c.id, other.c.id == links.c.ticket_id, is_open)
    return sa.or_(out, back)


def _frame(row: sa.Row[Any]) -> str:
    """What is kept of a ticket's body: whether it has a security level, as reports that are kept ask for that."""
    kept = {"secured": True} if msgspec.json.decode(row.body).get("secured") else {}
    return msgspec.json.encode(kept).decode()
