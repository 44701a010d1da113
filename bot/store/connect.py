"""Connecting to a database: SQLite or PostgreSQL."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from bot.store.errors import StoreError


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

    Those with the execution option `writing` may write; those with `passing`, too, do not wait for the disk of a file
    when they commit. Of a file, those with `alone` are one question, for which nothing is begun. Raises StoreError
    where the file cannot be made or psycopg is missing; connects to nothing yet.
    """
    engine = _sqlite(url, wait_s) if url.drivername == "sqlite" else _postgresql(url)

    @sa.event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        writing = options.get("writing", False)
        if engine.dialect.name == "sqlite":
            # Taking the lock at once, as a read transaction that turns to writing may fail without waiting.
            driver: Any = connection.connection.driver_connection
            if options.get("alone"):
                return
            if writing:
                driver.execute(f"PRAGMA synchronous = {'NORMAL' if options.get('passing') else 'FULL'}")
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
        barred = error.errno in (errno.EROFS, errno.EACCES)
        todo = "; let the bot write to the file and its folder" if barred else ""
        raise StoreError(f"{path}: {error.strerror}{todo}") from None


def _postgresql(url: URL) -> Engine:
    try:
        return sa.create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    except ImportError:
        raise StoreError("PostgreSQL needs psycopg: pip install 'piletibot[postgres]'") from None


def libpq(url: URL, options: str = "") -> str:
    """Write PostgreSQL's address as libpq reads it, with these options after its own, as `-c NAME=VALUE`."""
    given = url.query.get("options", "")
    own = given if isinstance(given, str) else " ".join(given)
    query = {**url.query, "options": f"{own} {options}".strip()} if own or options else dict(url.query)
    written = url.set(drivername="postgresql", query=query).render_as_string(hide_password=False)
    place, mark, words = written.partition("?")
    return place + mark + words.replace("+", "%20")  # which libpq does not read as a space


def namespace_of(url: URL) -> str | None:
    """The schema of PostgreSQL's that an address names in its options; None for the server's usual one."""
    given = url.query.get("options", "")
    own = given if isinstance(given, str) else " ".join(given)
    found = re.findall(r"-c ?search_path=(\w+)", own)
    return found[-1] if found else None
