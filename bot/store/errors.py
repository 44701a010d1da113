"""What goes wrong with a database: told with what to do about it, without credentials or values."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, SQLAlchemyError


class StoreError(Exception):
    """The database cannot be used; the text says which one and why, and holds no credentials or values."""


class Damaged(StoreError):
    """What is in the database is no longer what was written there."""


class Hindered(StoreError):
    """A file or its disk takes no writes, or gives nothing to read: a connection opened anew may find more."""


class Unfit(StoreError):
    """The database is not one to be used so; a person has to name another, or to see to this one first."""


class NotInForce(Unfit):
    """The database was left for another, or is a copy that was never finished; the text names the other."""


_WAITS = "nothing is sent until it can be written to, and then the bot goes on by itself"

_SQLITE = {
    sqlite3.SQLITE_FULL: f"make room on its disk; {_WAITS}",
    sqlite3.SQLITE_IOERR: f"look at its disk, which may be full or fail; {_WAITS}",
    sqlite3.SQLITE_READONLY: f"let the bot write to the file and its folder; {_WAITS}",
    sqlite3.SQLITE_CANTOPEN: f"let the bot write to the file and its folder; {_WAITS}",
}
"""What to do about an error of SQLite's, by its code."""

_DAMAGE = frozenset((sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB))

_POSTGRESQL = {
    "53100": f"make room on the server's disk; {_WAITS}",
    "25006": f"the server takes no writes now; {_WAITS}",
    "58030": f"look at the server's disk; {_WAITS}",
}
"""What to do about an error of PostgreSQL's, by its SQLSTATE."""

_ON_SERVER = (
    "its data is damaged; restore a backup, or name a new, empty database under [store]: it is filled from Jira, and "
    "nothing that was said in a comment is said again"
)


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Turn what the database raises into StoreError: Damaged what tells of damage, Hindered what may pass.

    The cause is cut off, as a driver's error may quote values and a traceback would print them.
    """
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        state = str(getattr(cause, "sqlstate", None) or "")
        text = f"{place(url)}: {_reason(cause, url)}"
        if code in _DAMAGE:
            raise Damaged(text) from None
        if state in ("XX001", "XX002"):
            raise Damaged(f"{text}; {_ON_SERVER}") from None
        if code in _SQLITE:
            raise Hindered(f"{text}; {_SQLITE[code]}") from None
        advice = _POSTGRESQL.get(state)
        raise StoreError(f"{text}; {advice}" if advice else text) from None


def place(url: URL) -> str:
    """Name a database without its credentials."""
    if url.drivername == "sqlite":
        return url.database or "SQLite in memory"
    host = url.host or url.query.get("host", "localhost")
    return f"PostgreSQL {url.database} at {host}"


def _reason(cause: BaseException | None, url: URL) -> str:
    if isinstance(cause, SQLAlchemyError):
        return type(cause).__name__
    diagnosis = getattr(cause, "diag", None)  # psycopg's: the message without the detail, which quotes values
    reason: str = getattr(diagnosis, "message_primary", None) or str(cause).partition("\n")[0]
    for secret in (url.password, url.username, url.query.get("password"), url.query.get("user")):
        reason = re.sub(rf"(?<!\w){re.escape(str(secret))}(?!\w)", "***", reason) if secret else reason
    return reason
