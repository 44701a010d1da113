"""A damaged database: found at the start or while the bot runs, moved aside, and begun anew."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from mmap import ACCESS_READ, mmap
from pathlib import Path

from bot.store.connect import parse
from bot.store.errors import Damaged, StoreError, place, told
from bot.store.store import Store, open_store
from bot.store.tables import APPLICATION, VERSION_TABLE
from bot.store.upgrade import stamp

CHEAP = 256 * 1024 * 1024
"""Up to how many bytes a SQLite file is checked whole at each start, which takes about a second then."""

_OURS = (VERSION_TABLE.encode(), b"CREATE TABLE ledger")
"""What stands in every database of the bot's, beside the mark in its header."""

_MARKED_AT = 68
"""Where a SQLite file has its application's number, see https://sqlite.org/fileformat.html."""


def open_sound(
    url: str, damage: Damaged | None = None, seam: Callable[[str], None] = lambda name: None
) -> tuple[Store, str | None]:
    """Open the store at `url` for the bot itself; a damaged SQLite file is moved aside, and a new one begun.

    `damage` is what was found while the bot used it: it is moved aside then, whatever is found now. Returns the name
    that the damaged file has now, None where it is sound. The caller holds the lock of `bot.store.lock`. Raises
    StoreError; and Damaged for PostgreSQL, which is for its administrator to mend, and for a file that was never the
    bot's own.
    """
    try:
        if damage is not None:
            raise damage
        look_at_file(url)
        return open_store(url, seam=seam), None
    except Damaged:
        if not is_file(url) or (damage is None and not _is_ours(url)):
            raise
        name = set_aside(url)
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


def set_aside(url: str) -> str:
    """Rename a SQLite file and its journals, so that a new one can begin; returns its new name. Raises StoreError."""
    file = Path(parse(url).database or "")
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


def _is_ours(url: str) -> bool:
    """Whether what is left of a file tells that it was the bot's own database."""
    file = Path(parse(url).database or "")
    with file.open("rb") as opened, mmap(opened.fileno(), 0, access=ACCESS_READ) as data:
        marked = int.from_bytes(data[_MARKED_AT : _MARKED_AT + 4], "big") == APPLICATION
        return marked or any(data.find(each) >= 0 for each in _OURS)
