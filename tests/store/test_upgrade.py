"""A database is migrated whole or not at all, and a SQLite file as it was stays beside it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.store.connect import connect, parse
from bot.store.store import StoreError, open_store
from bot.store.tables import HEAD, VERSION_TABLE
from bot.store.upgrade import migrate

EARLIER = "0008"


def earlier(url: str, *statements: str) -> None:
    """A database as a bot of an earlier version left it, with something in it."""
    engine = connect(parse(url), 10.0)
    with engine.execution_options(writing=True).begin() as connection:
        migrate(connection, to=EARLIER)
        for statement in ("INSERT INTO notes VALUES ('who', 'earlier')", *statements):
            connection.execute(sa.text(statement))
    engine.dispose()


def told_by(url: str) -> tuple[str, str, list[str]]:
    """Its version, a note in it, and its tables."""
    engine = connect(parse(url), 10.0)
    with engine.connect() as connection:
        version = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()
        note = connection.execute(sa.text("SELECT value FROM notes WHERE name = 'who'")).scalar_one()
        tables = sorted(sa.inspect(connection).get_table_names())
    engine.dispose()
    return version, note, tables


def test_a_migration_that_fails_leaves_the_database_as_it_was(url: str, tmp_path: Path) -> None:
    earlier(url, "CREATE TABLE archive (kind TEXT)")
    before = told_by(url)
    for _ in range(2):
        with pytest.raises(
            StoreError, match=r"archive.* already exists.*; the database could not be migrated and is"
        ):
            open_store(url)
        assert told_by(url) == before
    assert [file.name for file in tmp_path.iterdir() if "migrating" in file.name or "before" in file.name] == []


def test_a_file_as_it_was_stays_beside_the_migrated_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    earlier(url)
    with closing(open_store(url)) as store:
        assert store.note("who") == "earlier"
    (kept,) = tmp_path.glob(f"bot.db.before-{HEAD:04}-*Z")
    assert told_by(f"sqlite:///{kept}")[:2] == (EARLIER, "earlier")
    assert (kept.stat().st_mode | (tmp_path / "bot.db").stat().st_mode) & 0o777 == 0o600
    with closing(open_store(url)):
        assert len(list(tmp_path.glob("bot.db.before-*"))) == 1


def test_a_copy_that_a_killed_migration_left_is_made_anew(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    earlier(url)
    for end in ("", "-wal", "-shm", "-journal"):
        (tmp_path / f"bot.db.migrating{end}").write_bytes(b"half a page")
    with closing(open_store(url)) as store:
        assert store.note("who") == "earlier"
    assert list(tmp_path.glob("bot.db.migrating*")) == []


def test_a_file_that_another_process_uses_is_not_replaced(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    earlier(f"sqlite:///{file}")
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM notes").fetchall()
        with pytest.raises(StoreError, match="database is locked"):
            open_store(f"sqlite:///{file}", wait_s=0.1)
    assert told_by(f"sqlite:///{file}")[0] == EARLIER
