"""Opening a database: SQLite or PostgreSQL, at the present schema, its errors told without credentials."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from bot.store.tables import HEAD, VERSION_TABLE, metadata

_MIGRATING = 7_020_114
"""The advisory lock under which PostgreSQL is migrated: any number, the same in every version."""


class StoreError(Exception):
    """The database cannot be used; the text says which one and why, and holds no credentials or values."""


def parse(url: str) -> URL:
    """Read the address of a database; raises StoreError for any but SQLite's and PostgreSQL's."""
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError("this is not the address of a database, such as sqlite:///piletibot.db") from None
    backend = parsed.drivername.partition("+")[0]
    if backend == "sqlite":
        if parsed.query:
            raise StoreError("sqlite:///FILE takes no options")
        return parsed.set(drivername="sqlite")
    if backend in ("postgresql", "postgres"):
        if "@" in (parsed.host or ""):
            raise StoreError("in the address of a database, an @ in user or password is written %40")
        return parsed.set(drivername="postgresql+psycopg")
    raise StoreError(f"{backend}: only sqlite:///FILE and postgresql://... are supported")


def connect(url: URL, wait_s: float) -> Engine:
    """Make an engine whose transactions wait `wait_s` seconds for the lock of another.

    Those with the execution option `writing` may write. Raises StoreError where the file cannot be made or
    psycopg is missing; connects to nothing yet.
    """
    engine = _sqlite(url, wait_s) if url.drivername == "sqlite" else _postgresql(url)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("writing", False)
        if engine.dialect.name == "sqlite":
            # Taking the lock at once, as a read transaction that turns to writing may fail without waiting.
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
        elif writing:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(wait_s * 1000)}")

    return engine


def _sqlite(url: URL, wait_s: float) -> Engine:
    memory = url.database in (None, "", ":memory:")
    if not memory:
        _make_file(Path(str(url.database)))
    # Memory has one connection, for which threads queue; another connection would be another database.
    size: dict[str, Any] = {"pool_size": 1, "max_overflow": 0} if memory else {}
    engine = sa.create_engine(
        url,
        poolclass=QueuePool,
        hide_parameters=True,
        connect_args={"timeout": wait_s, "check_same_thread": False},
        **size,
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, record: object) -> None:
        connection.isolation_level = None  # transactions are begun by `begin`, not by the driver's guess
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA secure_delete = ON")  # what is purged is overwritten, not only let go
            _write_ahead(connection)
        except sqlite3.Error:
            connection.close()
            raise

    return engine


def _write_ahead(connection: sqlite3.Connection, tries: int = 20) -> None:
    """Put a new file into WAL mode, in which it stays.

    Of two that do so at once SQLite refuses one without waiting, as both waiting could be for ever
    (https://sqlite.org/c3ref/busy_handler.html). That one waits for a lock as a writer does, and tries again.
    """
    try:
        connection.execute("PRAGMA journal_mode = WAL")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or tries == 0:
            raise
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
        _write_ahead(connection, tries - 1)


def _make_file(path: Path) -> None:
    """Create the file, for its owner alone, where there is none; its journals take over the permissions."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None


def _postgresql(url: URL) -> Engine:
    try:
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError:
        raise StoreError("PostgreSQL needs psycopg: pip install 'piletibot[postgres]'") from None


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn what the database raises into StoreError.

    The cause is cut off, as a driver's error may quote values and a traceback would print them.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise StoreError(f"{place(url)}: {_reason(error, url)}") from None


def place(url: URL) -> str:
    """Name a database without its credentials."""
    if url.drivername == "sqlite":
        return url.database or "SQLite in memory"
    host = url.host or url.query.get("host", "localhost")
    return f"PostgreSQL {url.database} at {host}"


def _reason(error: SQLAlchemyError | sqlite3.Error, url: URL) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, SQLAlchemyError):
        return type(cause).__name__
    diagnosis = getattr(cause, "diag", None)  # psycopg's: the message without the detail, which quotes values
    reason: str = getattr(diagnosis, "message_primary", None) or str(cause).partition("\n")[0]
    for secret in (url.password, url.username, url.query.get("password"), url.query.get("user")):
        reason = re.sub(rf"(?<!\w){re.escape(str(secret))}(?!\w)", "***", reason) if secret else reason
    return reason


def bring_to_head(engine: Engine, url: URL, seam: Callable[[str], None] = lambda name: None) -> None:
    """Make the tables where there are none, or migrate them to `HEAD`; of two processes at once, one waits.

    `seam` is called where the process may be killed, as the engine's is.
    Raises StoreError for a schema newer than this version of the bot knows.
    """
    with engine.connect() as connection:
        version = version_of(connection)
    if version > HEAD:
        raise StoreError(
            f"{place(url)}: its schema {version} is newer than this version of the bot, which knows {HEAD}"
        )
    if version < HEAD:
        with engine.execution_options(writing=True).begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATING})")
            if version_of(connection) == 0:
                _make_tables(connection)
            else:
                seam("before migration")
                migrate(connection, seam)


def version_of(connection: Connection) -> int:
    """Read the schema's number; 0 for a database that holds nothing of ours."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return 0
    number = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - ours
    return int(number or 0)


def _make_tables(connection: Connection) -> None:
    """Make at once what all migrations come to."""
    metadata.create_all(connection, checkfirst=False)
    key = f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num)"
    connection.exec_driver_sql(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, {key})")
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{HEAD:04}')")  # noqa: S608 - ours


def migrate(connection: Connection, seam: Callable[[str], None] = lambda name: None, to: str = "head") -> None:
    """Run the missing migrations, up to one, in the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, seam=seam)
    command.upgrade(config, to)
