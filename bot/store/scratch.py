"""A store to look at: read where it is, or copied to try things on, where what is written is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy.engine import URL

from bot.store.connect import connect, parse
from bot.store.copies import SCRATCH
from bot.store.database import PAGE
from bot.store.errors import StoreError, place, told
from bot.store.force import be_in_force
from bot.store.store import Store, open_store
from bot.store.tables import HEAD, VERSION_TABLE, metadata
from bot.store.upgrade import version_of


@contextmanager
def scratch(url: str) -> Iterator[Store]:
    """Open a copy of the store at `url`; an empty one where there is no such file yet.

    Nothing is written at `url`: a SQLite file is copied as it is and migrated in the copy, and of PostgreSQL the rows
    are copied if it is at the present schema. Raises StoreError, also where it is at another.
    """
    address = parse(url)
    with TemporaryDirectory(prefix=SCRATCH) as folder:
        copy = Path(folder) / "scratch.db"
        if address.drivername == "sqlite":
            _copy_file(Path(address.database or ""), copy)
        with closing(open_store(f"sqlite:///{copy}")) as store:
            if address.drivername != "sqlite":
                _copy_rows(address, store)
                be_in_force(store)
            yield store


def be_there(url: str) -> None:
    """Raise StoreError where the store at `url` is a SQLite file that does not exist."""
    address = parse(url)
    if address.drivername == "sqlite" and not Path(address.database or "").is_file():
        raise StoreError(f"{place(address)}: there is no such file")


@contextmanager
def looking(url: str) -> Iterator[Store]:
    """Open the store at `url` for reading, beside the bot that may be at work on it.

    A SQLite file of an earlier schema is read from a scratch copy. Raises StoreError where there is no store yet, and
    for PostgreSQL at another schema.
    """
    be_there(url)
    address = parse(url)
    is_file = address.drivername == "sqlite"
    if is_file and file_version(Path(address.database or "")) != HEAD:
        with scratch(url) as store:
            yield store
        return
    base = connect(address, wait_s=10.0)

    @sa.event.listens_for(base, "connect")
    def only_reads(connection: sqlite3.Connection, record: object) -> None:
        if is_file:
            connection.execute("PRAGMA query_only = ON")

    engine = base if is_file else base.execution_options(postgresql_readonly=True)
    with closing(Store(engine, address)) as store:
        if not is_file:
            with told(address), engine.connect() as connection:
                _is_at_head(address, version_of(connection))
        be_in_force(store)
        yield store


def file_version(file: Path) -> int:
    """Read the schema's number of a SQLite file, writing nothing; 0 where it holds nothing of ours."""
    with told(_address(file)), closing(sqlite3.connect(_reading(file), uri=True)) as connection:
        named = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (VERSION_TABLE,)).fetchone()
        row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone() if named else None  # noqa: S608 - ours
        return int(row[0]) if row else 0


def _address(file: Path) -> URL:
    return parse(f"sqlite:///{file}")


def _reading(file: Path) -> str:
    return f"{file.absolute().as_uri()}?mode=ro"


def _is_at_head(address: URL, version: int) -> None:
    if version != HEAD:
        raise StoreError(
            f"{place(address)}: its schema is {version}, and this version of the bot only looks into {HEAD}; "
            "the bot itself brings it up to date when it starts"
        )


def _copy_file(file: Path, copy: Path) -> None:
    if not file.is_file():
        return
    with (
        told(_address(file)),
        closing(sqlite3.connect(_reading(file), uri=True)) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)


def _copy_rows(address: URL, store: Store) -> None:
    source = connect(address, wait_s=10.0)
    try:
        with told(address), source.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            version = version_of(connection)
            if version:
                _is_at_head(address, version)
            with store.transaction():
                for table in metadata.sorted_tables if version else ():
                    found = connection.execute(sa.select(table).execution_options(yield_per=PAGE))
                    for rows in found.mappings().partitions():
                        store.write(sa.insert(table), [dict(row) for row in rows])
    finally:
        source.dispose()
