"""The bot's memory: the mark, the mirror of the tickets and the ledger of what was said.

Every method may raise StoreError. Each writes in a transaction of its own, or in the one that
`Store.transaction` opened; threads may share a store.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from bot.core.ticket import Change, Message, Moment, Ticket
from bot.store.connect import StoreError, bring_to_head, connect, parse, told
from bot.store.tables import ledger, mark, notes, tickets, troubles

__all__ = ["Entry", "Seen", "Store", "StoreError", "open_store"]

SHAPE = sha256(
    repr(
        [(f.name, f.type) for kind in (Ticket, Change, Message) for f in msgspec.structs.fields(kind)]
    ).encode()
).hexdigest()[:12]
"""The fingerprint of what a ticket is made of in this version; rows of another shape wait to be read again."""

PAGE = 500
"""How many ids one statement names, and how many rows an iterator fetches at once."""

_here = tickets.c.gone_at.is_(None)
_readable = sa.and_(_here, tickets.c.shape == SHAPE)


class Entry(msgspec.Struct, frozen=True):
    """A row of the ledger: what became of one step.

    `state` is `held`, `intended`, `said`, `doubtful`, `withdrawn`, `observed`, `adopted` or `batched`, `at` the
    moment it got so, `because` a short text without personal data, `version` the rulebook's.
    """

    key: str
    ticket_id: str
    ticket_key: str
    rule: str
    rung: str
    say: str
    to: tuple[str, ...]
    state: str
    because: str
    due_at: Moment
    at: Moment
    not_before: Moment | None = None
    comment_id: str | None = None
    version: str = ""


class Seen(NamedTuple):
    """Which version of a ticket the mirror holds, and when it is to be looked at again (None for never)."""

    updated_ms: int
    look_again_at: Moment | None


def open_store(url: str, wait_s: float = 10.0) -> Store:
    """The store at `url`, made or migrated where needed; its writes wait `wait_s` seconds for those of others.

    `sqlite:///FILE`, `sqlite://` (in memory, gone when closed) or `postgresql://USER:PASSWORD@HOST/DATABASE`. Raises
    StoreError for another address, an unreachable or locked database, or a schema newer than this version knows.
    """
    address = parse(url)
    with told(address):
        engine = connect(address, wait_s)
        try:
            bring_to_head(engine, address)
        except BaseException:
            engine.dispose()
            raise
    return Store(engine, address)


class _Mine(threading.local):
    """The transaction under way in this thread."""

    connection: Connection | None = None
    wrote = False
    failed = False


class Store:
    """An open store; `writes` counts the transactions that changed something."""

    def __init__(self, engine: Engine, url: URL) -> None:
        self.writes = 0
        self._url = url
        self._engine = engine
        self._writer = engine.execution_options(writing=True)
        self._mine = _Mine()
        if engine.dialect.name == "sqlite":
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
        self._insert = insert

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Let all calls inside commit together, or none: an exception that leaves the block undoes them.

        Once a call inside has failed, so does the whole, even where the block went on.
        """
        mine = self._mine
        if mine.connection is not None:
            with self._joined():
                yield
            return
        with told(self._url), self._writer.begin() as connection:
            mine.connection, mine.wrote, mine.failed = connection, False, False
            try:
                yield
            finally:
                mine.connection = None
            if mine.failed:
                raise StoreError("nothing was written, as a part of the transaction had failed")
        self.writes += mine.wrote

    @contextmanager
    def _joined(self) -> Iterator[None]:
        try:
            with told(self._url):
                yield
        except StoreError:
            self._mine.failed = True
            raise

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        if self._mine.connection is not None:
            with self._joined():
                yield self._mine.connection
        else:
            with told(self._url), self._engine.connect() as connection:
                yield connection

    def _write(
        self, statement: sa.Insert | sa.Update | sa.Delete, rows: Sequence[dict[str, Any]] = ()
    ) -> None:
        with self.transaction():
            assert self._mine.connection is not None  # noqa: S101 - just opened
            done = self._mine.connection.execute(
                statement, rows or None, execution_options={"preserve_rowcount": True}
            )
            self._mine.wrote |= done.rowcount > 0

    def _upsert(
        self, table: sa.Table, rows: Sequence[dict[str, Any]], unless_same: str | None = None
    ) -> None:
        """Insert the rows or update those there; with `unless_same` only where that column differs."""
        insert = self._insert(table)
        (key,) = table.primary_key.columns
        self._write(
            insert.on_conflict_do_update(
                index_elements=[key],
                set_={name: insert.excluded[name] for name in rows[0] if name != key.name},
                where=None if unless_same is None else table.c[unless_same] != insert.excluded[unless_same],
            ),
            rows,
        )

    def _select(
        self, columns: sa.Select[Any], ids: Sequence[str], among: sa.Column[str]
    ) -> Iterator[sa.Row[Any]]:
        """The rows whose `among` is one of the ids, page by page."""
        for page in _pages(ids):
            with self._reading() as connection:
                rows = connection.execute(columns.where(among.in_(page))).all()
            yield from rows

    # The mark and the notes.

    def mark_ms(self) -> int | None:
        """The high-water mark: the tracker's milliseconds up to which changes have been read; None before the first."""
        with self._reading() as connection:
            return connection.execute(sa.select(mark.c.ms)).scalar()

    def set_mark(self, ms: int, at: Moment) -> None:
        """Set the mark, with the moment of doing so: the only write of a cycle in which nothing changed."""
        self._upsert(mark, [{"id": 1, "ms": ms, "at": at}])

    def note(self, name: str) -> str | None:
        """A small fact the engine noted under this name."""
        with self._reading() as connection:
            return connection.execute(sa.select(notes.c.value).where(notes.c.name == name)).scalar()

    def set_note(self, name: str, value: str) -> None:
        """Note a small fact; nothing is written when it is noted already."""
        self._upsert(notes, [{"name": name, "value": value}], unless_same="value")

    # The mirror. Tickets that are gone appear in none of the answers until they are put again.

    def seen(self, ids: Sequence[str]) -> dict[str, Seen]:
        """The versions the mirror holds of these tickets, those gone left out."""
        columns = sa.select(tickets.c.id, tickets.c.updated_ms, tickets.c.look_again_at).where(_here)
        return {
            row.id: Seen(row.updated_ms, row.look_again_at)
            for row in self._select(columns, ids, tickets.c.id)
        }

    def all_seen(self) -> dict[str, int]:
        """The `updated_ms` of every ticket by its id."""
        with self._reading() as connection:
            columns = sa.select(tickets.c.id, tickets.c.updated_ms).where(_here)
            rows = connection.execution_options(yield_per=PAGE).execute(columns)
            return {id_: updated_ms for id_, updated_ms in rows}

    def put_tickets(self, those: Sequence[Ticket], facts: str, due_at: Moment) -> None:
        """Mirror these tickets, due at `due_at`; clears their troubles and brings back those that were gone.

        `facts` is the fingerprint of the mapping that read them. Whether a ledger is rebuilt stays as it is.
        """
        if not those:
            return
        with self.transaction():
            self._upsert(tickets, [_ticket_row(ticket, facts, due_at) for ticket in those])
            self._clear_troubles([ticket.id for ticket in those])

    def tickets(self, ids: Sequence[str]) -> list[Ticket]:
        """These tickets in the order asked, without those the mirror does not hold or can no longer read."""
        columns = sa.select(tickets.c.id, tickets.c.body).where(_readable)
        found = {row.id: row.body for row in self._select(columns, ids, tickets.c.id)}
        return [self._decode(found[id_]) for id_ in ids if id_ in found]

    def open_tickets(self) -> Iterator[Ticket]:
        """Every ticket by id, fetched page by page, so that the store may be used meanwhile."""
        after = ""
        while True:
            columns = sa.select(tickets.c.id, tickets.c.body).where(_readable, tickets.c.id > after)
            with self._reading() as connection:
                rows = connection.execute(columns.order_by(tickets.c.id).limit(PAGE)).all()
            for row in rows:
                yield self._decode(row.body)
            if len(rows) < PAGE:
                return
            after = rows[-1].id

    def due(self, now: Moment, limit: int) -> list[str]:
        """The ids of at most `limit` tickets to be looked at by `now`, the longest due first."""
        # Those gone are never due: `gone` takes away their moment.
        columns = sa.select(tickets.c.id).where(tickets.c.look_again_at <= now)
        with self._reading() as connection:
            ordered = columns.order_by(tickets.c.look_again_at, tickets.c.id).limit(limit)
            return list(connection.execute(ordered).scalars())

    def judged(self, looks: Mapping[str, Moment | None]) -> None:
        """Set when these tickets are to be looked at again (None for never); writes only what differs."""
        held = self.seen(list(looks))
        changed = [
            {"which": id_, "look": looks[id_]}
            for id_, seen in held.items()
            if seen.look_again_at != looks[id_]
        ]
        if changed:
            self._write(
                sa.update(tickets)
                .where(tickets.c.id == sa.bindparam("which"), _here)
                .values(look_again_at=sa.bindparam("look")),
                changed,
            )

    def due_all(self, now: Moment) -> None:
        """Make every ticket due by `now`, because the rules, a calendar or the roster changed."""
        later = sa.or_(tickets.c.look_again_at.is_(None), tickets.c.look_again_at > now)
        self._write(sa.update(tickets).where(_here, later).values(look_again_at=now))

    def gone(self, ids: Sequence[str], at: Moment) -> None:
        """These tickets were deleted, moved away or hidden: they are kept, with their ledger, but never due."""
        if not ids:
            return
        with self.transaction():
            for page in _pages(ids):
                self._write(
                    sa.update(tickets)
                    .where(tickets.c.id.in_(page), _here)
                    .values(gone_at=at, look_again_at=None)
                )
            self._clear_troubles(ids)

    def stale(self, facts: str) -> list[str]:
        """The ids of tickets read by a mapping other than `facts`, or by a version of the bot that kept other facts."""
        other = sa.or_(tickets.c.facts != facts, tickets.c.shape != SHAPE)
        with self._reading() as connection:
            return list(
                connection.execute(
                    sa.select(tickets.c.id).where(_here, other).order_by(tickets.c.id)
                ).scalars()
            )

    def trouble(self, ticket_id: str, what: str, at: Moment) -> None:
        """Remember that this ticket cannot be read, and since when; the same trouble again writes nothing."""
        self._upsert(troubles, [{"ticket_id": ticket_id, "what": what, "at": at}], unless_same="what")

    def troubles(self) -> list[tuple[str, str, Moment]]:
        """The tickets that cannot be read: id, what is wrong, since when; the oldest first."""
        columns = sa.select(troubles).order_by(troubles.c.at, troubles.c.ticket_id)
        with self._reading() as connection:
            return [(row.ticket_id, row.what, row.at) for row in connection.execute(columns)]

    def _clear_troubles(self, ids: Sequence[str]) -> None:
        for page in _pages(ids):
            self._write(sa.delete(troubles).where(troubles.c.ticket_id.in_(page)))

    def count(self) -> int:
        """How many tickets the mirror holds, those gone not counted."""
        with self._reading() as connection:
            return connection.execute(
                sa.select(sa.func.count()).select_from(tickets).where(_here)
            ).scalar_one()

    # The ledger.

    def entries(self, ticket_ids: Sequence[str]) -> dict[str, dict[str, Entry]]:
        """The ledger of each of these tickets, by the steps' keys; empty for one without steps."""
        found: dict[str, dict[str, Entry]] = {id_: {} for id_ in ticket_ids}
        for row in self._select(sa.select(ledger).order_by(ledger.c.key), ticket_ids, ledger.c.ticket_id):
            found[row.ticket_id][row.key] = _entry(row)
        return found

    def write_entries(self, entries: Sequence[Entry]) -> None:
        """Write these entries over those of the same key, all or none."""
        if entries:
            self._upsert(ledger, [_entry_row(entry) for entry in entries])

    def pending(self) -> list[Entry]:
        """The entries `intended` or `doubtful`, the oldest first: a comment may or may not have been written."""
        return self._entries_where(ledger.c.state.in_(("intended", "doubtful")))

    def spoken_since(self, at: Moment) -> list[Entry]:
        """The entries that became `said` or `intended` at `at` or later, the oldest first."""
        return self._entries_where(ledger.c.state.in_(("said", "intended")), ledger.c.at >= at)

    def _entries_where(self, *conditions: sa.ColumnElement[bool]) -> list[Entry]:
        columns = sa.select(ledger).where(*conditions).order_by(ledger.c.at, ledger.c.key)
        with self._reading() as connection:
            return [_entry(row) for row in connection.execute(columns)]

    def ledger(self, since: Moment | None = None) -> Iterator[Entry]:
        """Every entry by moment and key, from `since` on, fetched page by page.

        The store may be used meanwhile; an entry written during that may come again with its new moment.
        """
        after = sa.true() if since is None else ledger.c.at >= since
        while True:
            columns = sa.select(ledger).where(after).order_by(ledger.c.at, ledger.c.key).limit(PAGE)
            with self._reading() as connection:
                rows = connection.execute(columns).all()
            yield from map(_entry, rows)
            if len(rows) < PAGE:
                return
            after = sa.tuple_(ledger.c.at, ledger.c.key) > sa.tuple_(rows[-1].at, rows[-1].key)

    def rebuilt(self, ticket_ids: Sequence[str]) -> set[str]:
        """Those of these tickets whose ledger is known to be whole."""
        columns = sa.select(tickets.c.id).where(tickets.c.rebuilt)
        return {row.id for row in self._select(columns, ticket_ids, tickets.c.id)}

    def set_rebuilt(self, ticket_ids: Sequence[str]) -> None:
        """The ledger of these mirrored tickets is whole: read from the tracker, or kept since before the first step."""
        if not ticket_ids:
            return
        with self.transaction():
            for page in _pages(ticket_ids):
                self._write(
                    sa.update(tickets)
                    .where(tickets.c.id.in_(page), sa.not_(tickets.c.rebuilt))
                    .values(rebuilt=True)
                )

    def _decode(self, body: str) -> Ticket:
        try:
            return msgspec.json.decode(body, type=Ticket)
        except msgspec.DecodeError:
            raise StoreError("a ticket in the database is damaged") from None


def _pages(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), PAGE):
        yield ids[start : start + PAGE]


def _ticket_row(ticket: Ticket, facts: str, due_at: Moment) -> dict[str, Any]:
    return {
        "id": ticket.id,
        "key": ticket.key,
        "project": ticket.project,
        "updated_ms": ticket.updated_ms,
        "state": ticket.state,
        "look_again_at": due_at,
        "facts": facts,
        "shape": SHAPE,
        "gone_at": None,
        "body": msgspec.json.encode(ticket).decode(),
    }


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {**msgspec.structs.asdict(entry), "to": msgspec.json.encode(entry.to).decode()}


def _entry(row: sa.Row[Any]) -> Entry:
    values = row._asdict()
    return Entry(**{**values, "to": msgspec.json.decode(values["to"], type=tuple[str, ...])})
