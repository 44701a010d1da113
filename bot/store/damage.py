"""A damaged database: found at the start or while the bot runs, moved aside, and begun anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from mmap import ACCESS_READ, mmap
from pathlib import Path

import sqlalchemy as sa

from bot.store.connect import connect, parse
from bot.store.errors import Damaged, StoreError, place, told
from bot.store.store import Store, open_store
from bot.store.tables import VERSION_TABLE
from bot.store.upgrade import stamp

CHEAP = 256 * 1024 * 1024
"""Up to how many bytes a SQLite file is checked whole at each start, which takes about a second then."""

_OURS = (VERSION_TABLE.encode(), b"CREATE TABLE ledger")
"""What stands in every database of the bot's, on several of its pages."""


def open_sound(url: str, seam: Callable[[str], None] = lambda name: None) -> tuple[Store, str | None]:
    """Open the store at `url` for the bot itself; a damaged SQLite file is moved aside, and a new one begun.

    Returns the name that the damaged file has now, None where it is sound. The caller holds the lock of
    `bot.store.lock`. Raises StoreError, and Damaged for PostgreSQL, which is for its administrator to mend.
    """
    try:
        look_at_file(url)
        return open_store(url, seam=seam), None
    except Damaged:
        name = set_aside(url)
        if name is None:
            raise
    return open_store(url, seam=seam), name


def is_file(url: str) -> bool:
    """Whether a store is a SQLite file, which the bot can move aside by itself."""
    address = parse(url)
    return address.drivername == "sqlite" and address.database not in (None, "", ":memory:")


def look_at_file(url: str) -> None:
    """Check a SQLite file that is there and not too big for it. Raises Damaged, StoreError."""
    address = parse(url)
    file = Path(address.database or "")
    if not is_file(url) or not file.is_file() or not 0 < file.stat().st_size <= CHEAP:
        return
    # Only reading, so that a journal which belongs to another database is not written into the file.
    reading = f"{file.absolute().as_uri()}?mode=ro"
    with told(address), closing(sqlite3.connect(reading, uri=True, isolation_level=None)) as connection:
        (first, *_) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if first != "ok":
        raise Damaged(f"{place(address)}: {first.strip().splitlines()[-1]}")


def flaws(url: str, most: int = 20) -> list[str]:
    """Check a database thoroughly, which may take long: what is wrong with it, nothing for a sound one.

    SQLite checks every page, every index and all references. PostgreSQL is read from end to end, row by row, which
    finds pages that it cannot read. Raises StoreError for a database that cannot be reached.
    """
    address = parse(url)
    engine = connect(address, 10.0)
    try:
        with told(address), engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                rows = connection.exec_driver_sql(f"PRAGMA integrity_check({most})").scalars().all()
                found = [str(row) for row in rows if row != "ok"]
                return found or [f"{row[0]}: row {row[1]} refers to nothing" for row in _astray(connection)][:most]
            for table in sa.inspect(connection).get_table_names():
                connection.execute(sa.select(sa.func.count()).select_from(sa.table(table))).scalar()
    except Damaged as error:
        return [str(error)]
    finally:
        engine.dispose()
    return []


def _astray(connection: sa.Connection) -> list[tuple[str, int]]:
    return [(row[0], row[1]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")]


def set_aside(url: str) -> str | None:
    """Rename a SQLite file and its journals, so that a new one can begin; returns its new name.

    None for a database that is no file, and for a file that was never the bot's own and so is not the bot's to move.
    Raises StoreError where it cannot be moved.
    """
    file = Path(parse(url).database or "")
    if not is_file(url) or not file.is_file() or not _is_ours(file):
        return None
    aside = f"{file.name}.damaged-{stamp()}"
    try:
        for end in ("-wal", "-shm"):  # first, as a journal that stayed would be taken for the new file's
            journal = file.with_name(f"{file.name}{end}")
            if journal.exists():
                journal.rename(file.with_name(f"{aside}{end}"))
        file.rename(file.with_name(aside))
    except OSError as error:
        raise StoreError(f"{file}: it is damaged, and cannot be moved aside: {error.strerror}") from None
    return aside


def _is_ours(file: Path) -> bool:
    with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as data:
        return any(data.find(each) >= 0 for each in _OURS)
