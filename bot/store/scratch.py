"""A copy of a store to try things on: what is written there is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from bot.store.connect import StoreError, parse
from bot.store.store import Store, open_store
from bot.store.tables import metadata


@contextmanager
def scratch(url: str) -> Iterator[Store]:
    """Open a copy of the store at `url`; an empty one where there is no such file yet.

    Nothing is written at `url`: a SQLite file is copied as it is and migrated in the copy. Raises StoreError.
    """
    address = parse(url)
    with TemporaryDirectory(prefix="piletibot-") as folder:
        copy = Path(folder) / "scratch.db"
        if address.drivername == "sqlite":
            _copy_file(Path(address.database or ""), copy)
        with closing(open_store(f"sqlite:///{copy}")) as store:
            if address.drivername != "sqlite":
                _copy_rows(url, store)
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


def _copy_rows(url: str, store: Store) -> None:
    with closing(open_store(url)) as source, store.transaction():
        for table in metadata.sorted_tables:
            with source.reading() as connection:
                rows = [dict(row._mapping) for row in connection.execute(sa.select(table))]
            if rows:
                store.upsert(table, rows)
