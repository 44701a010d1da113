"""The bot's memory: the mark, the mirror of the tickets, the ledger of what was said, and the verdicts on clocks.

Every method may raise StoreError. Each writes in a transaction of its own, or in the one that
`Store.transaction` opened; threads may share a store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from bot.core.laid_aside import LaidAside
from bot.core.ledger import COMMAND, SPOKEN, Entry
from bot.core.letters import LetterRow
from bot.core.ticket import Change, Command, Link, Message, Moment, Ticket
from bot.core.verdict import Verdict
from bot.store.absences import Absences
from bot.store.archive import Archive, ReportHead, ReportRow
from bot.store.audits import Audits
from bot.store.commands import CommandRow, Commands
from bot.store.connect import connect, parse
from bot.store.costs import Costs
from bot.store.database import PAGE, among, pages
from bot.store.done import Done
from bot.store.erase import Erase, nameless
from bot.store.errors import StoreError, told
from bot.store.force import be_in_force
from bot.store.glance import UNSETTLED
from bot.store.links import Ties
from bot.store.noted import Noted
from bot.store.parts import Parts
from bot.store.purge import PURGED
from bot.store.tables import ledger, letters, mark, tickets, troubles, verdicts
from bot.store.upgrade import bring_to_head

__all__ = ["CommandRow", "Entry", "ReportHead", "ReportRow", "Seen", "Store", "StoreError", "open_store"]

_kinds = (Ticket, Change, Message, Link, Command)
_made_of = [(f.name, f.type) for kind in _kinds for f in msgspec.structs.fields(kind)]

SHAPE = sha256(repr(_made_of).encode()).hexdigest()[:12]
"""The fingerprint of what a ticket is made of in this version; rows of another wait to be read again."""

_here = tickets.c.gone_at.is_(None)
_readable = sa.and_(_here, tickets.c.shape == SHAPE)

_MARK = sa.select(mark.c.ms)
_POLLED_AT = sa.select(mark.c.at)

_SEEN = among(sa.select(tickets.c.id, tickets.c.updated_ms, tickets.c.look_again_at).where(_here), tickets.c.id)
_ALL_SEEN = sa.select(tickets.c.id, tickets.c.updated_ms).where(_here).execution_options(yield_per=PAGE)
_TICKETS = among(sa.select(tickets.c.id, tickets.c.body).where(_readable), tickets.c.id)
_TICKET_OF = sa.select(tickets.c.body).where(_readable, tickets.c.key == sa.bindparam("key"))
_PAGE = (
    sa.select(tickets.c.id, tickets.c.body)
    .where(_readable, tickets.c.id > sa.bindparam("after"))
    .order_by(tickets.c.id)
    .limit(PAGE)
)
_PAGE_IN = _PAGE.where(tickets.c.state.in_(sa.bindparam("states", expanding=True)))
_DUE = (
    sa.select(tickets.c.id)
    .where(tickets.c.look_again_at <= sa.bindparam("now"))  # `gone` leaves no such moment
    .order_by(tickets.c.look_again_at, tickets.c.id)
    .limit(sa.bindparam("many"))
)
_LOOK = (
    sa.update(tickets).where(tickets.c.id == sa.bindparam("which"), _here).values(look_again_at=sa.bindparam("look"))
)
_STALE = (
    sa.select(tickets.c.id)
    .where(_here, sa.or_(tickets.c.facts != sa.bindparam("facts"), tickets.c.shape.not_in((SHAPE, PURGED))))
    .order_by(tickets.c.id)
)
_TROUBLES = sa.select(troubles).order_by(troubles.c.at, troubles.c.ticket_id)
_LAID_ASIDE = sa.select(troubles).where(troubles.c.ticket_id == sa.bindparam("which"))
_REBUILT = among(sa.select(tickets.c.id).where(tickets.c.rebuilt), tickets.c.id)

_ENTRIES = among(sa.select(ledger).order_by(ledger.c.key), ledger.c.ticket_id)
_by_moment = sa.select(ledger).order_by(ledger.c.at, ledger.c.key)
_since = ledger.c.at >= sa.bindparam("since")
_PENDING = _by_moment.where(ledger.c.state.in_(("intended", "doubtful")))
_SPOKEN_SINCE = _by_moment.where(ledger.c.state.in_(SPOKEN), _since, ledger.c.rule != COMMAND)
_HELD_SINCE = _by_moment.where(ledger.c.state == "held", _since)
_VERDICTS = among(sa.select(verdicts).order_by(verdicts.c.policy, verdicts.c.started_at), verdicts.c.ticket_id)

_LETTERS = among(sa.select(letters), letters.c.key)
_LETTERS_IN = (
    sa.select(letters)
    .where(letters.c.state.in_(sa.bindparam("states", expanding=True)))
    .order_by(letters.c.at, letters.c.key)
)
_BATCHED = [
    sa.select(table.c.at, sa.func.count().label("many")).where(table.c.state == "batched").group_by(table.c.at)
    for table in (ledger, letters)
]


class Seen(NamedTuple):
    """Which version of a ticket the mirror holds, and when it is to be looked at again (None for never)."""

    updated_ms: int
    look_again_at: Moment | None


def open_store(url: str, wait_s: float = 10.0, seam: Callable[[str], None] = lambda name: None) -> Store:
    """Open the store at `url`, made or migrated where needed; it waits `wait_s` seconds for others' writes.

    `seam` is called at the named points of a migration where the process may be killed.

    `url` is `sqlite:///FILE`, `sqlite://` (in memory, gone when closed) or
    `postgresql://USER:PASSWORD@HOST/DATABASE`. Raises StoreError for another address, a database unreachable
    or locked, and a schema newer than this version of the bot; NotInForce for a database that is left.
    """
    address = parse(url)
    engine = connect(address, wait_s)
    try:
        with told(address):
            bring_to_head(engine, address, seam, wait_s)
        opened = Store(engine, address)
        be_in_force(opened)
    except BaseException:
        engine.dispose()
        raise
    return opened


class Store(Noted, Absences, Archive, Audits, Commands, Costs, Done, Erase, Parts, Ties):
    """An open store. Tickets that are gone appear in no answer until they are put again."""

    # The mark.

    def mark_ms(self) -> int | None:
        """Return the tracker's milliseconds up to which changes have been read; None before the first."""
        seen = self.glance()
        ms: int | None = self.value(_MARK) if seen is None else seen.mark_ms
        return ms

    def polled_at(self) -> Moment | None:
        """Return when the tracker was last read; None before the first time."""
        at: Moment | None = self.value(_POLLED_AT)
        return at

    def set_mark(self, ms: int, at: Moment) -> None:
        """Set the mark, with the moment of doing so: the only write of a cycle in which nothing changed."""
        self.upsert(mark, [{"id": 1, "ms": ms, "at": at}])

    # The mirror.

    def seen(self, ids: Sequence[str]) -> dict[str, Seen]:
        """Return the versions the mirror holds of these tickets."""
        return {row.id: Seen(row.updated_ms, row.look_again_at) for row in self.select(_SEEN, ids)}

    def all_seen(self) -> dict[str, int]:
        """Return the `updated_ms` of every ticket by its id."""
        with self.reading() as connection:
            return {row.id: row.updated_ms for row in connection.execute(_ALL_SEEN)}

    def seen_in(self, states: Collection[str]) -> dict[str, Seen]:
        """Return the versions the mirror holds of the tickets in these states, without those that wait to be read."""
        columns = sa.select(tickets.c.id, tickets.c.updated_ms, tickets.c.look_again_at)
        these = sa.and_(_readable, tickets.c.state.in_(sorted(states)))
        with self.reading() as connection:
            rows = connection.execute(columns.where(these))
            return {row.id: Seen(row.updated_ms, row.look_again_at) for row in rows}

    def put_tickets(self, those: Sequence[Ticket], facts: str, due_at: Moment) -> None:
        """Mirror these tickets, due at `due_at`; clears their troubles and brings back those that were gone.

        `facts` is the fingerprint of the mapping that read them. Whether a ledger is rebuilt stays as it is.
        """
        if those:
            with self.transaction():
                self.upsert(tickets, [_ticket_row(ticket, facts, due_at) for ticket in those])
                self.take_up([ticket.id for ticket in those])
                self.put_ties(those)
                self.note_commands(those)

    def tickets(self, ids: Sequence[str]) -> list[Ticket]:
        """Return these tickets in the order asked, without those unknown or kept by another version of the bot."""
        bodies = {row.id: row.body for row in self.select(_TICKETS, ids)}
        return self.decided([_ticket(bodies[ticket_id]) for ticket_id in ids if ticket_id in bodies])

    def ticket_of(self, key: str) -> Ticket | None:
        """Return the ticket that has this key now; None where there is none, or it is kept by another version."""
        body = self.value(_TICKET_OF, key=key)
        return None if body is None else self.decided([_ticket(body)])[0]

    def keys(self) -> dict[str, Moment | None]:
        """Return the keys of all tickets ever mirrored, each with when it was counted as gone (None: it is here)."""
        return {
            row.key: row.gone_at for row in self.rows(sa.select(tickets.c.key, tickets.c.gone_at).order_by(_here))
        }

    def sealed(self) -> set[str]:
        """Return the keys of the tickets that have a security level, of those that are gone, and of those erased."""
        is_secured = self._body["secured"].as_boolean()
        rows = self.rows(sa.select(tickets.c.key).where(sa.or_(is_secured, tickets.c.gone_at.is_not(None))))
        erased = {nameless(f"{row.project}-1") for row in self.rows(sa.select(tickets.c.project).distinct())}
        return erased | {row.key for row in rows}

    def open_tickets(self, states: Collection[str] | None = None) -> Iterator[Ticket]:
        """Yield every ticket by id, or those in these states, page by page: the store may be used meanwhile."""
        after = ""
        while True:
            if states is None:
                rows = self.rows(_PAGE, after=after)
            else:
                rows = self.rows(_PAGE_IN, after=after, states=sorted(states))
            yield from self.decided([_ticket(row.body) for row in rows])
            if len(rows) < PAGE:
                return
            after = rows[-1].id

    @property
    def _body(self) -> sa.ColumnElement[Any]:
        """What is kept of a ticket, to ask for a part of it in SQL."""
        if self._engine.dialect.name == "postgresql":
            return sa.cast(tickets.c.body, sa.JSON)
        return sa.type_coerce(tickets.c.body, sa.JSON)

    def loads(self, states: Collection[str]) -> dict[str, int]:
        """Count the tickets in these states by whom they are assigned to; those of nobody are left out."""
        owner = self._body["owner"].as_string()
        columns = sa.select(owner.label("owner"), sa.func.count(tickets.c.id).label("count"))
        these = sa.and_(_readable, tickets.c.state.in_(sorted(states)))
        rows = self.rows(columns.where(these).group_by(owner))
        return {row.owner: row._mapping["count"] for row in rows if row.owner is not None}

    def due(self, now: Moment, limit: int) -> list[str]:
        """Return the ids of at most `limit` tickets to be looked at by `now`, the longest due first."""
        if (seen := self.glance()) and (seen.look_at is None or seen.look_at > now):
            return []
        return [row.id for row in self.rows(_DUE, now=now, many=limit)]

    def judged(self, looks: Mapping[str, Moment | None]) -> None:
        """Set when these tickets are to be looked at again (None for never); writes only what differs."""
        held = self.seen(list(looks))
        changed = [{"which": key, "look": looks[key]} for key in held if held[key].look_again_at != looks[key]]
        if changed:
            self.write(_LOOK, changed)

    def due_all(self, now: Moment, projects: Collection[str] | None = None) -> None:
        """Make every ticket due by `now`, or those of these projects, as rules, roster or silence changed."""
        later = sa.or_(tickets.c.look_again_at.is_(None), tickets.c.look_again_at > now)
        if projects is not None:
            later = sa.and_(later, tickets.c.project.in_(projects))
        self.write(sa.update(tickets).where(_here, tickets.c.shape != PURGED, later).values(look_again_at=now))

    def gone(self, ids: Sequence[str], at: Moment) -> None:
        """Count these tickets as deleted, moved away or hidden: kept with their ledger, but never due."""
        if ids:
            with self.transaction():
                for page in pages(ids):
                    these = sa.update(tickets).where(tickets.c.id.in_(page), _here)
                    self.write(these.values(gone_at=at, look_again_at=None))
                self.take_up(ids)

    def stale(self, facts: str) -> list[str]:
        """Return the ids of tickets read by another mapping than `facts`, or by a bot that kept other facts."""
        return [row.id for row in self.rows(_STALE, facts=facts)]

    def outside(self, projects: Sequence[str]) -> list[str]:
        """Return the ids of tickets in other projects than these."""
        columns = sa.select(tickets.c.id).where(_here, tickets.c.project.not_in(projects)).order_by(tickets.c.id)
        return [row.id for row in self.rows(columns)]

    def trouble(self, ticket_id: str, what: str, at: Moment, tries: int = 1, again_at: Moment | None = None) -> None:
        """Remember that something goes wrong with a ticket, as `LaidAside` tells it, in place of what was known."""
        self.upsert(troubles, [LaidAside(ticket_id, what, at, tries, again_at)._asdict()])

    def laid_aside(self, ticket_id: str) -> LaidAside | None:
        """Return what goes wrong with a ticket; None where nothing does."""
        if (seen := self.glance()) and not seen.troubles:
            return None
        rows = self.rows(_LAID_ASIDE, which=ticket_id)
        return LaidAside(**rows[0]._mapping) if rows else None

    def troubles(self) -> list[LaidAside]:
        """Return the tickets with which something goes wrong, the oldest first."""
        if (seen := self.glance()) and not seen.troubles:
            return []
        return [LaidAside(**row._mapping) for row in self.rows(_TROUBLES)]

    def take_up(self, ids: Sequence[str]) -> None:
        """Forget that anything went wrong with these tickets."""
        for page in pages(ids):
            self.write(sa.delete(troubles).where(troubles.c.ticket_id.in_(page)))

    def count(self) -> int:
        """Count the tickets of the mirror."""
        return int(self.value(sa.select(sa.func.count(tickets.c.id)).where(_here)))

    # The ledger.

    def entries(self, ticket_ids: Sequence[str]) -> dict[str, dict[str, Entry]]:
        """Return the ledger of each of these tickets by the steps' keys; empty for one without steps."""
        found: dict[str, dict[str, Entry]] = {ticket_id: {} for ticket_id in ticket_ids}
        for row in self.select(_ENTRIES, ticket_ids):
            found[row.ticket_id][row.key] = _entry(row)
        return found

    def write_entries(self, entries: Sequence[Entry]) -> None:
        """Write these entries over those of the same key, all or none."""
        if entries:
            self.upsert(ledger, [_entry_row(entry) for entry in entries])
            self.turned.update(("step", entry.rule, entry.state) for entry in entries)

    def pending(self) -> list[Entry]:
        """Return the entries `intended` or `doubtful`, oldest first: their comments may have been written."""
        if (seen := self.glance()) and not seen.begun:
            return []
        return [_entry(row) for row in self.rows(_PENDING)]

    def spoken_since(self, at: Moment) -> list[Entry]:
        """Return the entries of messages that went out, or may have, at `at` or later, oldest first.

        Answers to commands, which count against nothing, are not among them.
        """
        return [_entry(row) for row in self.rows(_SPOKEN_SINCE, since=at)]

    def held_since(self, at: Moment) -> list[Entry]:
        """Return the entries of steps that are held back, since `at` or later, oldest first."""
        return [_entry(row) for row in self.rows(_HELD_SINCE, since=at)]

    def ledger(self, since: Moment | None = None) -> Iterator[Entry]:
        """Yield every entry by moment and key, from `since` on, fetched page by page.

        The store may be used meanwhile; an entry written during that may come again with its new moment.
        """
        after = sa.true() if since is None else ledger.c.at >= since
        while True:
            rows = self.rows(_by_moment.where(after).limit(PAGE))
            yield from map(_entry, rows)
            if len(rows) < PAGE:
                return
            after = sa.tuple_(ledger.c.at, ledger.c.key) > sa.tuple_(rows[-1].at, rows[-1].key)

    # The verdicts.

    def verdicts(self, ticket_ids: Sequence[str]) -> dict[str, list[Verdict]]:
        """Return the verdicts kept on each of these tickets, by policy and start; none for one without any."""
        found: dict[str, list[Verdict]] = {}
        for row in self.select(_VERDICTS, ticket_ids):
            found.setdefault(row.ticket_id, []).append(Verdict(**row._mapping))
        return found

    def stopped_since(self, at: Moment) -> list[Verdict]:
        """Return the verdicts on clocks that stopped at `at` or later, by stop, ticket, policy and start."""
        order = (verdicts.c.stopped_at, verdicts.c.ticket_id, verdicts.c.policy, verdicts.c.started_at)
        columns = sa.select(verdicts).where(verdicts.c.stopped_at >= at).order_by(*order)
        return [Verdict(**row._mapping) for row in self.rows(columns)]

    def put_verdicts(self, written: Sequence[Verdict], removed: Sequence[Verdict] = ()) -> None:
        """Write these verdicts over those of the same ticket, policy and start, and remove those; all or none."""
        if written or removed:
            with self.transaction():
                if removed:
                    those = [{"t": each.ticket_id, "p": each.policy, "s": each.started_at} for each in removed]
                    this = sa.and_(
                        verdicts.c.ticket_id == sa.bindparam("t"),
                        verdicts.c.policy == sa.bindparam("p"),
                        verdicts.c.started_at == sa.bindparam("s"),
                    )
                    self.write(sa.delete(verdicts).where(this), those)
                if written:
                    self.upsert(verdicts, [msgspec.structs.asdict(each) for each in written])

    # The letters.

    def letters(self, keys: Sequence[str]) -> dict[str, LetterRow]:
        """Return what became of these letters, by their keys; nothing for one that never was.

        One of whose key only a hash is kept counts as done, and nothing else is known of it.
        """
        found = {row.key: LetterRow(**row._mapping) for row in self.select(_LETTERS, keys)}
        for key in self.spent([key for key in keys if key not in found]):
            found[key] = LetterRow(key, "", "", "", "adopted", "it was settled, and purged since", due_at=0, at=0)
        return found

    def letters_since(self, at: Moment) -> list[LetterRow]:
        """Return the letters that got into their state at `at` or later, by moment and key."""
        columns = sa.select(letters).where(letters.c.at >= at).order_by(letters.c.at, letters.c.key)
        return [LetterRow(**row._mapping) for row in self.rows(columns)]

    def letters_in(self, states: Collection[str]) -> list[LetterRow]:
        """Return the letters that are in one of these states, by moment and key."""
        if (seen := self.glance()) and not seen.letters and UNSETTLED.issuperset(states):
            return []
        return [LetterRow(**row._mapping) for row in self.rows(_LETTERS_IN, states=sorted(states))]

    def batched(self) -> dict[Moment, int]:
        """Return how many steps and letters wait in a batch, by the moment at which it was kept, oldest first."""
        found: Counter[Moment] = Counter()
        if (seen := self.glance()) and not seen.batched and not seen.letters:
            return {}
        for statement in _BATCHED:
            for row in self.rows(statement):
                found[row.at] += row.many
        return dict(sorted(found.items()))

    def write_letters(self, rows: Sequence[LetterRow]) -> None:
        """Write these letters over those of the same key, all or none."""
        if rows:
            self.upsert(letters, [msgspec.structs.asdict(each) for each in rows])
            self.turned.update(("letter", each.rule, each.state) for each in rows)

    # What of the ledger is whole.

    def rebuilt(self, ticket_ids: Sequence[str]) -> set[str]:
        """Return those of these tickets whose ledger is known to be whole."""
        return {row.id for row in self.select(_REBUILT, ticket_ids)}

    def set_rebuilt(self, ticket_ids: Sequence[str]) -> None:
        """Mark the ledgers of these mirrored tickets as whole: read back, or kept since before a first step."""
        not_yet = sorted(set(ticket_ids) - self.rebuilt(ticket_ids))
        if not_yet:
            with self.transaction():
                for page in pages(not_yet):
                    self.write(sa.update(tickets).where(tickets.c.id.in_(page)).values(rebuilt=True))


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
        "created_at": ticket.created_at,
        "body": msgspec.json.encode(ticket).decode(),
    }


def _ticket(body: str) -> Ticket:
    try:
        return msgspec.json.decode(body, type=Ticket)
    except msgspec.DecodeError:
        raise StoreError("a ticket in the database is damaged") from None


def _entry_row(entry: Entry) -> dict[str, Any]:
    people = {"to": msgspec.json.encode(entry.to).decode(), "left": msgspec.json.encode(entry.left).decode()}
    return {**msgspec.structs.asdict(entry), **people}


def _entry(row: sa.Row[Any]) -> Entry:
    values = row._asdict()
    people = {word: msgspec.json.decode(values[word], type=tuple[str, ...]) for word in ("to", "left")}
    return Entry(**{**values, **people})
