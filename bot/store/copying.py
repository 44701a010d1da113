"""Copying a database into another, of its kind or not: all of it, compared row by row, and one of the two in force.

Nobody sends meanwhile: the lease is taken, by force from a bot that runs, and what that may have been sending has had
its time before the first row is read. The order of the commits sees to it that never both are in force: the copy is
marked as unfinished before its first row, the database is marked as left when the copy is whole, and only then does
the copy lose its mark. Killed between those two, the same copying finishes what is left of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import URL

from bot.store.connect import connect, parse
from bot.store.database import Rows
from bot.store.errors import StoreError, Unfit, place, told
from bot.store.force import JOURNAL, LEFT, OF_COPIES, UNFINISHED, Move, be_in_force, move_in
from bot.store.holder import this_process
from bot.store.lease import CYCLE, Lease, Taken
from bot.store.lock import Busy, alone
from bot.store.scratch import be_there
from bot.store.store import Store
from bot.store.tables import HEAD, lease, metadata, notes
from bot.store.upgrade import bring_to_head, version_of

_PAGE, _PAGE_OF_BYTES = 200, 10
"""How many rows are in memory at once; fewer of a table that keeps whole reports in them."""

_WAIT_S = 10.0


class TableCopy(NamedTuple):
    """What came of a table: how many rows, and the hash of all they hold; without one it was only counted."""

    name: str
    rows: int
    sha256: str | None = None


def would_copy(source: str, target: str) -> tuple[list[TableCopy], bool]:
    """Count what there is to copy, writing nothing; tells also whether a bot is at work on the source.

    Raises StoreError, and Unfit where the one or the other is not to be used so.
    """
    here, there = _addresses(source, target)
    with ExitStack() as held:
        store = held.enter_context(_opened(here))
        version = _version(store, here)
        if version == HEAD:
            be_in_force(store)
        _is_known(here, version)
        if there.drivername != "sqlite" or Path(str(there.database)).is_file():
            _is_free(held.enter_context(_opened(there)), there)
        elif not Path(str(there.database)).absolute().parent.is_dir():
            raise Unfit(f"{place(there)}: there is no such folder")
        return [TableCopy(table.name, _count(store, table)) for table in _tables_in(store)], _is_running(source)


def copy_store(
    source: str,
    target: str,
    *,
    lengths: tuple[int, int],
    now: int,
    journal: Path | None = None,
    sleep: Callable[[float], None] = time.sleep,
    say: Callable[[str], None] = lambda text: None,
    point: Callable[[str], None] = lambda name: None,
) -> list[TableCopy]:
    """Copy the database at `source` into the empty one at `target`, and leave it for that.

    `lengths` are those of the lease, `journal` the file that knows the letters sent from the source. `say` is given
    what a person who waits should know, and `point` is called where the process may be killed. Whatever goes wrong
    before the end leaves the source in force, and what is in the target is refused by every bot until it is copied
    anew. Raises StoreError, Unfit.
    """
    here, there = _addresses(source, target)
    with ExitStack() as held:
        running = False
        try:
            lock = held.enter_context(alone(source))
        except Busy:
            running, lock = True, ""
        store = held.enter_context(_opened(here))
        _bring_along(store, here, running=running)
        held.enter_context(alone(target))
        copied = held.enter_context(_opened(there))
        left, begun = move_in(store, LEFT), _begun(copied, there)
        if left is not None and begun is not None and left.id == begun.id:
            say("It was copied and left already; only its end was missing.")
            copied.drop_note(UNFINISHED)
            return [TableCopy(table.name, _count(copied, table)) for table in metadata.sorted_tables]
        be_in_force(store)
        move = Move(token_hex(8), place(here), now)
        _begin(copied, there, move)
        point("after beginning")
        right = Lease(store, this_process(lock), length_s=lengths[0], grace_s=lengths[1])
        how = right.take(by_force=True)
        try:
            who = _may_be_sending(store, how)
            if who is not None:
                say(f"Nothing more is sent from it; waiting {lengths[1]} s for what {who} may have been sending.")
                sleep(lengths[1])
            with store.transaction():
                _stand_still(store)
                right.check()
                lines = [_copy_table(store, copied, table) for table in metadata.sorted_tables]
                point("after copying")
                for line in lines:
                    _compare(copied, line)
                if journal is not None:
                    copied.set_note(JOURNAL, str(journal.absolute()))
                point("before leaving")
                store.set_note(LEFT, _noted(Move(move.id, place(there), now)))
        except BaseException:
            with suppress(StoreError):
                right.give_back()
            raise
        point("after leaving")
        copied.drop_note(UNFINISHED)
    return lines


# What may be copied, and where to.


def _addresses(source: str, target: str) -> tuple[URL, URL]:
    here, there = parse(source), parse(target)
    for address in (here, there):
        if address.drivername == "sqlite" and address.database in (None, "", ":memory:"):
            raise Unfit("a database in memory cannot be copied, nor copied to")
    be_there(source)
    if _identity(here) == _identity(there):
        raise Unfit(f"{place(there)}: this is the database itself")
    return here, there


def _identity(address: URL) -> object:
    return Path(str(address.database)).resolve() if address.drivername == "sqlite" else address


@contextmanager
def _opened(address: URL) -> Iterator[Store]:
    """Open a database whatever is noted in it, and make or migrate no tables."""
    with closing(Store(connect(address, _WAIT_S), address)) as store:
        yield store


def _version(store: Store, address: URL) -> int:
    with told(address), store.reading() as connection:
        return version_of(connection)


def _is_known(address: URL, version: int) -> None:
    if version == 0:
        raise Unfit(f"{place(address)}: this is not a database of the bot's")
    if version > HEAD:
        newer = f"its schema {version} is newer than this version of the bot, which knows {HEAD}"
        raise Unfit(f"{place(address)}: {newer}")


def _bring_along(store: Store, address: URL, *, running: bool) -> None:
    """Bring the source to the present schema, as the bot does at its start."""
    version = _version(store, address)
    _is_known(address, version)
    if version == HEAD:
        return
    if running:
        raise Unfit(
            f"{place(address)}: its schema is {version}, and this version of the bot works with {HEAD}; an "
            "earlier version runs on it, stop that first"
        )
    bring_to_head(store.engine, address)


def _is_running(source: str) -> bool:
    try:
        with alone(source):
            return False
    except Busy:
        return True


def _begun(store: Store, address: URL) -> Move | None:
    return move_in(store, UNFINISHED) if _version(store, address) == HEAD else None


def _is_free(store: Store, address: URL) -> None:
    """Raise Unfit unless nothing is in it, or only what a copying left that was never finished."""
    version = _version(store, address)
    if version == 0 or _begun(store, address) is not None:
        return
    if version != HEAD:
        raise Unfit(f"{place(address)}: it is in use with schema {version}; name an empty database")
    for table in metadata.sorted_tables:
        if rows := _count(store, table):
            raise Unfit(f"{place(address)}: it is not empty ({rows} rows in {table.name}); name an empty database")


# The steps.


def _begin(store: Store, address: URL, move: Move) -> None:
    """Make the tables where there are none, and mark what comes as unfinished; what an earlier copying left goes."""
    _is_free(store, address)
    with told(address):
        bring_to_head(store.engine, address)
    with store.transaction():
        for table in reversed(metadata.sorted_tables):
            store.write(sa.delete(table))
        store.set_note(UNFINISHED, _noted(move))


def _may_be_sending(store: Store, how: Taken) -> str | None:
    """Who may still have a request on its way, now that the lease on the desk was taken; None where nobody has."""
    if how == "seized":
        return "the bot that runs on it"
    if how == "gone":
        return "a bot that ended in the midst of it"
    in_parts = any(name != CYCLE for name in store.holders()) or "taken" in store.part_states().values()
    return "a process that had a part of the work in hand" if in_parts else None


def _stand_still(store: Store) -> None:
    """See to it that nobody else writes until the transaction ends; a SQLite file is locked by it as it is."""
    if store.dialect == "postgresql":
        with store.reading() as connection:
            names = ", ".join(map(connection.dialect.identifier_preparer.format_table, metadata.sorted_tables))
            connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")


def _noted(move: Move) -> str:
    return msgspec.json.encode(move).decode()


def _tables_in(store: Store) -> list[sa.Table]:
    with store.reading() as connection:
        there = set(sa.inspect(connection).get_table_names())
    return [table for table in metadata.sorted_tables if table.name in there]


def _count(store: Store, table: sa.Table) -> int:
    counted = sa.select(sa.func.count()).select_from(table)
    if table is notes:
        counted = counted.where(notes.c.name.not_in(OF_COPIES))
    return int(store.value(counted))


def _copy_table(source: Store, target: Store, table: sa.Table) -> TableCopy:
    digest, count = sha256(), 0
    with target.transaction():
        for rows in _rows(source, table):
            target.write(sa.insert(table), rows)
            _take_in(digest, rows)
            count += len(rows)
    return TableCopy(table.name, count, digest.hexdigest())


def _compare(target: Store, line: TableCopy) -> None:
    digest, count = sha256(), 0
    for rows in _rows(target, metadata.tables[line.name]):
        _take_in(digest, rows)
        count += len(rows)
    if (count, digest.hexdigest()) != (line.rows, line.sha256):
        raise StoreError(f"the copy of {line.name} is not what it was copied from; all is as it was before")


def _rows(store: Store, table: sa.Table) -> Iterator[Rows]:
    """Yield what is to be in a copy of a table, some rows at a time, in the order of its key."""
    has_bytes = any(isinstance(column.type, sa.LargeBinary) for column in table.columns)
    page = _PAGE_OF_BYTES if has_bytes else _PAGE
    statement = sa.select(table).order_by(*table.primary_key.columns).execution_options(yield_per=page)
    if table is notes:
        statement = statement.where(notes.c.name.not_in(OF_COPIES))
    with store.reading() as connection:
        for rows in connection.execute(statement).mappings().partitions():
            yield [_carried(table, dict(row)) for row in rows]


def _carried(table: sa.Table, row: dict[str, Any]) -> dict[str, Any]:
    """What of a row goes along: of a lease its epoch, which goes on counting, and nobody who holds it.

    Its moments are by a clock that the other database may not have.
    """
    return {**row, "holder": "", "at": 0, "until_at": 0} if table is lease else row


def _take_in(digest: Any, rows: Rows) -> None:
    for row in rows:
        digest.update(msgspec.msgpack.encode(tuple(row.values())))
