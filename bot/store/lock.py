"""One bot per database: whoever cycles on it holds its lock."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from zlib import crc32

import sqlalchemy as sa
from sqlalchemy.engine import URL

from bot.store.connect import connect, namespace_of, parse
from bot.store.errors import StoreError, told

_CYCLING = 7_020_115
"""The advisory lock that a bot holds on PostgreSQL: any number, the same in every version."""

_TAKEN = "another piletibot works on this database"


class Busy(StoreError):
    """Another bot has the lock."""


@contextmanager
def alone(url: str, *, shared: bool = False) -> Iterator[str]:
    """Hold the lock of the database at `url`, which ends with the process at the latest; gives a word for it.

    Beside a SQLite file it is a file of the same name with `.lock`, which stays; a database in memory needs none.
    On PostgreSQL it is a session's, on a connection of its own. Raises Busy when another bot holds it.

    It is the quick and clear refusal of a second bot at its start. That a bot is alone as long as it sends is what
    `bot.store.lease` sees to: a lock may be lost without its notice. The word tells which file is locked, by device
    and inode; it is empty where none is. On PostgreSQL several processes may hold it `shared`, which work together.
    """
    address = parse(url)
    holding = _of_file(address) if address.drivername == "sqlite" else _of_server(address, shared)
    with holding as lock:
        yield lock


@contextmanager
def _of_file(address: URL) -> Iterator[str]:
    if address.database in (None, "", ":memory:"):
        yield ""
        return
    path = f"{os.path.realpath(str(address.database))}.lock"
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Busy(f"{address.database}: {_TAKEN}") from None
        file = os.fstat(lock)
        yield f"{file.st_dev}:{file.st_ino}"
    finally:
        os.close(lock)


@contextmanager
def _of_server(address: URL, shared: bool) -> Iterator[str]:
    ask = sa.func.pg_try_advisory_lock_shared if shared else sa.func.pg_try_advisory_lock
    namespace = namespace_of(address)
    key = (_CYCLING,) if namespace is None else (_CYCLING, crc32(namespace.encode()) - 2**31)

    engine = connect(address, 0)
    try:
        with told(address):
            connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        with closing(connection):
            with told(address):
                free = connection.execute(sa.select(ask(*key))).scalar_one()
            if not free:
                raise Busy(f"PostgreSQL {address.database}: {_TAKEN}")
            yield ""
    finally:
        engine.dispose()
