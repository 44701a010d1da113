"""A copy of a store to try things on: what is written there is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa
from sqlalchemy.engine import URL

from bot.store.connect import StoreError, connect, parse, place, told, version_of
from bot.store.store import Store, open_store
from bot.store.tables import HEAD, metadata


@contextmanager
def scratch(url: str) -> Iterator[Store]:
    """Open a copy of the store at `url`; an empty one where there is no such file yet.

    Nothing is written at `url`: a SQLite file is copied as it is and migrated in the copy, and of PostgreSQL the rows
    are copied if it is at the present schema. Raises StoreError, also where it is at another.
    """
    address = parse(url)
    with TemporaryDirectory(prefix="piletibot-") as folder:
        copy = Path(folder) / "scratch.db"
        if address.drivername == "sqlite":
            _copy_file(Path(address.database or ""), copy)
        with closing(open_store(f"sqlite:///{copy}")) as store:
            if address.drivername != "sqlite":
                _copy_rows(address, store)
            yield store


def _copy_file(file: Path, copy: Path) -> None:
    if not file.is_file():
        return
    try:
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        raise StoreError(f"{file}: {error}") from None


def _copy_rows(address: URL, store: Store) -> None:
    source = connect(address, wait_s=10.0)
    try:
        with told(address), source.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            version = version_of(connection)
            if version not in (0, HEAD):
                raise StoreError(
                    f"{place(address)}: its schema is {version}, and this version of the bot only looks into {HEAD}; "
                    "the bot itself brings it up to date when it starts"
                )
            with store.transaction():
                for table in metadata.sorted_tables if version else ():
                    rows = [dict(row._mapping) for row in connection.execute(sa.select(table))]
                    if rows:
                        store.upsert(table, rows)
    finally:
        source.dispose()
