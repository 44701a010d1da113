"""Bringing a database to the present schema: made, or migrated, the old one untouched until the new one is whole.

A SQLite file is copied, the copy migrated and checked, and put in place of the file in one step; the file as it was
stays beside it. PostgreSQL migrates in one transaction, tables and all.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine

from bot.store.connect import connect, namespace_of
from bot.store.errors import StoreError, place, told
from bot.store.tables import APPLICATION, HEAD, VERSION_TABLE, metadata

_MIGRATING = 7_020_114
"""The advisory lock under which PostgreSQL is migrated: any number, the same in every version."""

Seam = Callable[[str], None]


def bring_to_head(engine: Engine, url: URL, seam: Seam = lambda name: None, wait_s: float = 10.0) -> None:
    """Make the tables where there are none, or migrate them to `HEAD`; of two processes at once, one waits.

    `seam` is called where the process may be killed, as the engine's is. Raises StoreError for a schema newer than
    this version of the bot knows, and where a migration fails, which leaves the database as it was.
    """
    if (namespace := namespace_of(url)) is not None:
        with engine.begin() as connection:
            if not sa.inspect(connection).has_schema(namespace):
                connection.exec_driver_sql(f"CREATE SCHEMA IF NOT EXISTS {namespace}")
    with engine.connect() as connection:
        version = version_of(connection)
    if version > HEAD:
        raise StoreError(
            f"{place(url)}: its schema {version} is newer than this version of the bot, which knows {HEAD}"
        )
    if version == HEAD:
        return
    is_file = url.drivername == "sqlite" and url.database not in (None, "", ":memory:")
    if version and is_file:
        engine.dispose()
        _replace(Path(str(url.database)), url, seam, wait_s)
        return
    with engine.execution_options(writing=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
        if version_of(connection) == 0:
            _make_tables(connection)
        else:
            _migrate(connection, url, seam)


def version_of(connection: Connection) -> int:
    """Read the schema's number; 0 for a database that holds nothing of ours."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return 0
    number = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - ours
    return int(number or 0)


def stamp(at: datetime | None = None) -> str:
    """A moment as it stands in the name of a file, in UTC."""
    return (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")


def _make_tables(connection: Connection) -> None:
    """Make at once what all migrations come to."""
    metadata.create_all(connection, checkfirst=False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
    key = f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num)"
    connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, {key})")
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{HEAD:04}')")  # noqa: S608 - ours


def _migrate(connection: Connection, url: URL, seam: Seam) -> None:
    """Migrate in the transaction of `connection`. Raises StoreError, whatever goes wrong in a migration."""
    seam("before migration")
    try:
        with told(url):
            migrate(connection, seam)
    except StoreError as error:
        raise StoreError(f"{error}; the database could not be migrated and is as it was") from None


def migrate(connection: Connection, seam: Seam = lambda name: None, to: str = "head") -> None:
    """Run the missing migrations, up to one, in the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, seam=seam)
    command.upgrade(config, to)


def _replace(file: Path, url: URL, seam: Seam, wait_s: float) -> None:
    """Put a migrated copy in place of a SQLite file. Raises StoreError, upon which the file is as it was."""
    copy = file.with_name(f"{file.name}.migrating")
    with _one_at_a_time(file), told(url), closing(_alone_in(file, wait_s)) as old:
        version = _version_in(old)
        if version >= HEAD:  # another process was faster
            return
        _remove(copy)
        try:
            os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            with closing(sqlite3.connect(copy, isolation_level=None)) as target:
                old.backup(target)
            address = url.set(database=str(copy))
            engine = connect(address, 0)
            try:
                with engine.execution_options(writing=True).begin() as connection:
                    _migrate(connection, url, seam)
            finally:
                engine.dispose()
            _is_whole(copy, url)
            seam("before replacement")
            kept = file.with_name(f"{file.name}.before-{HEAD:04}-{stamp()}")
            _keep(file, kept)
            copy.replace(file)
            _sync(file.parent)
            seam("after replacement")
        except OSError as error:
            raise StoreError(f"{file}: it could not be migrated and is as it was: {error.strerror}") from None
        finally:
            _remove(copy)


@contextmanager
def _one_at_a_time(file: Path) -> Iterator[None]:
    """Keep other processes from migrating the same file, which they would find replaced."""
    path = f"{file}.lock"
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        # Another part of the file than `bot.store.lock` locks, so that the bot itself may migrate.
        fcntl.lockf(lock, fcntl.LOCK_EX, 1, 1)
        yield
    finally:
        os.close(lock)


def _alone_in(file: Path, wait_s: float) -> sqlite3.Connection:
    """Open a file that nobody else has open, without a journal beside it, until it is closed."""
    connection = sqlite3.connect(file, isolation_level=None, timeout=wait_s)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")  # in this mode the lock stays, and without a transaction it can be copied
    except BaseException:
        connection.close()
        raise
    return connection


def _version_in(connection: sqlite3.Connection) -> int:
    (number,) = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608 - ours
    return int(number)


def _is_whole(copy: Path, url: URL) -> None:
    with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        (first, *_) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if first != "ok" or _version_in(connection) != HEAD:
            raise StoreError(f"{place(url)}: its migrated copy is not whole; the database is as it was")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
    handle = os.open(copy, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep(file: Path, name: Path) -> None:
    """Give a file that nobody writes another name besides; a copy where the file system has no second names."""
    try:
        os.link(file, name)
    except OSError:
        shutil.copy2(file, name)


def _remove(copy: Path) -> None:
    for path in (copy, *(copy.with_name(f"{copy.name}{end}") for end in ("-wal", "-shm", "-journal"))):
        with suppress(FileNotFoundError):
            path.unlink()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
