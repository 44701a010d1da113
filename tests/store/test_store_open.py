"""Opening a database: made, migrated, refused, waited for, and what is said when it cannot be used."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.store.connect import connect, parse
from bot.store.store import Store, StoreError, open_store
from bot.store.tables import HEAD, VERSION_TABLE, metadata
from bot.store.upgrade import migrate as run_migrations

ROOT = Path(__file__).resolve().parents[2]


def set_version(store: Store, version: str) -> None:
    with store.transaction(), store.reading() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{version}'"))


def migrate(url: str, revision: str, *statements: str) -> None:
    """Run the migrations up to this one on an empty database, and then these statements."""
    engine = connect(parse(url), 10.0)
    with engine.execution_options(writing=True).begin() as connection:
        run_migrations(connection, to=revision)
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


def schema(url: str) -> dict[str, Any]:
    """What a database is made of, as it tells itself; in which order columns came to a table does not matter."""
    engine = connect(parse(url), 10.0)
    with engine.connect() as connection:
        told = sa.inspect(connection)
        made = {
            table: (
                {each["name"]: {**each, "type": str(each["type"])} for each in told.get_columns(table)},
                told.get_pk_constraint(table)["constrained_columns"],
                sorted(map(str, told.get_indexes(table))),
                told.get_foreign_keys(table),
            )
            for table in sorted(told.get_table_names())
        }
        made["version"] = connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
    engine.dispose()
    return made


def test_a_new_database_is_made_as_the_migrations_would(url: str) -> None:
    open_store(url).close()
    made = schema(url)
    engine = connect(parse(url), 10.0)
    with engine.execution_options(writing=True).begin() as connection:
        metadata.drop_all(connection)
        connection.execute(sa.text(f"DROP TABLE {VERSION_TABLE}"))
    engine.dispose()
    migrate(url, "head")
    assert made == schema(url)
    assert len(made) == len(metadata.tables) + 2


def test_head_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "bot.store:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [f"{HEAD:04}"]


def test_a_database_of_an_earlier_bot_is_brought_to_head(url: str) -> None:
    migrate(url, "0001", "INSERT INTO mark (id, ms, at) VALUES (1, 5, 6)")
    store = open_store(url)
    assert (store.mark_ms(), store.stopped_since(0), store.letters_since(0)) == (5, [], [])
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    store.close()


def test_what_was_stored_is_there_again(url: str) -> None:
    store = open_store(url)
    store.set_mark(5, 6)
    store.close()
    again = open_store(url)
    assert again.mark_ms() == 5
    assert again.writes == 0
    again.close()


def test_a_current_database_is_opened_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    open_store(url).close()
    code = (
        "import sys; from bot.store.store import open_store; open_store(sys.argv[1]).close();"
        "print('alembic' in sys.modules)"
    )
    opened = subprocess.run([sys.executable, "-c", code, url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert opened.stdout == "False\n"


def test_a_newer_schema_is_refused(url: str) -> None:
    store = open_store(url)
    set_version(store, f"{HEAD + 1:04}")
    store.close()
    with pytest.raises(StoreError, match=f"schema {HEAD + 1} is newer than this version of the bot"):
        open_store(url)


def test_processes_that_open_at_once_all_work(url: str) -> None:
    code = """if True:
        import sys
        from bot.store.store import open_store
        print("ready", flush=True)
        for url in sys.stdin:
            store = open_store(url.strip())
            store.set_note(sys.argv[1], "here")
            store.close()
            print("done", flush=True)
    """
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [
        subprocess.Popen([sys.executable, "-c", code, f"{n}"], cwd=ROOT, text=True, **pipes) for n in range(3)
    ]
    assert [process.stdout.readline() for process in processes] == ["ready\n"] * 3
    # With files it takes several for two to meet in the middle of making one.
    urls = [f"{url}{n}" for n in range(20)] if url.startswith("sqlite") else [url]
    for one in urls:
        for process in processes:
            process.stdin.write(f"{one}\n")
            process.stdin.flush()
        assert [process.stdout.readline() for process in processes] == ["done\n"] * 3
        store = open_store(one)
        assert [store.note(f"{n}") for n in range(3)] == ["here"] * 3
        store.close()
    assert [process.communicate() for process in processes] == [("", "")] * 3


def test_transactions_that_read_before_they_write_wait_for_each_other(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'bot.db'}")
    store.set_mark(0, 0)

    def count() -> None:
        for _ in range(10):
            with store.transaction():
                store.set_mark((store.mark_ms() or 0) + 1, 0)

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.mark_ms() == 30
    store.close()


def test_a_file_is_for_its_owner_and_survives_a_power_cut(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    store = open_store(f"sqlite:///{path}", wait_s=2.5)
    store.set_mark(1, 1)
    assert {p.name: p.stat().st_mode & 0o777 for p in tmp_path.iterdir()} == {
        "bot.db": 0o600,
        "bot.db-shm": 0o600,
        "bot.db-wal": 0o600,
    }
    pragmas = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 2500}
    with store.reading() as connection:
        assert {p: connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in pragmas} == pragmas
    assert _synchronous(store, lasting=False) == 1, "in WAL mode such a commit waits for no disk"
    assert _synchronous(store, lasting=True) == 2
    with store.transaction():
        assert _synchronous(store, lasting=False) == 2, "what is part of a lasting one lasts"
    store.close()


def _synchronous(store: Store, *, lasting: bool) -> int:
    with store.transaction(lasting=lasting), store.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


def test_a_locked_file_is_told_and_usable_again(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    store = open_store(f"sqlite:///{path}", wait_s=0.05)
    store.set_mark(1, 1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as told:
        store.set_mark(2, 2)
    assert str(told.value) == f"{path}: database is locked"
    assert store.mark_ms() == 1, "reading goes on"
    open_store(f"sqlite:///{path}", wait_s=0.05).close()  # so does opening what needs no migration
    other.execute("ROLLBACK")
    other.close()
    store.set_mark(3, 3)
    assert store.mark_ms() == 3
    store.close()


def test_an_empty_file_that_is_locked_is_told(tmp_path: Path) -> None:
    path = tmp_path / "bot.db"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreError, match="database is locked"):
        open_store(f"sqlite:///{path}", wait_s=0.05)
    other.close()


def test_a_locked_table_is_told_and_usable_again(postgres: Callable[[], str]) -> None:
    url = postgres()
    store = open_store(url, wait_s=0.05)
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE mark")
        with pytest.raises(StoreError, match="canceling statement due to lock timeout"):
            store.set_mark(2, 2)
    store.set_mark(3, 3)
    assert store.mark_ms() == 3
    store.close()


def test_a_restarted_server_is_found_again(postgres: Callable[[], str]) -> None:
    url = postgres()
    store = open_store(url)
    store.set_mark(1, 1)

    def cut_off() -> None:
        with psycopg.connect(url, autocommit=True) as other:
            others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            other.execute(f"{others} WHERE datname = current_database() AND pid != pg_backend_pid()".encode())

    def cut_off_halfway() -> None:
        with store.transaction():
            store.set_mark(2, 2)
            cut_off()
            store.set_mark(3, 3)

    cut_off()
    assert store.mark_ms() == 1
    with pytest.raises(StoreError, match="terminating connection"):
        cut_off_halfway()
    assert store.mark_ms() == 1
    store.close()


def no_folder(tmp_path: Path) -> tuple[str, str]:
    return f"sqlite:///{tmp_path}/nowhere/bot.db", f"{tmp_path}/nowhere/bot.db: No such file or directory"


def a_folder(tmp_path: Path) -> tuple[str, str]:
    return f"sqlite:///{tmp_path}", f"{tmp_path}: Is a directory"


def a_file_for_a_folder(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "file").write_text("")
    return f"sqlite:///{tmp_path}/file/bot.db", f"{tmp_path}/file/bot.db: Not a directory"


def another_file(tmp_path: Path) -> tuple[str, str]:
    (tmp_path / "bot.db").write_text("Dear diary, " * 100)
    return f"sqlite:///{tmp_path}/bot.db", f"{tmp_path}/bot.db: file is not a database"


@pytest.mark.parametrize("make", [no_folder, a_folder, a_file_for_a_folder, another_file])
def test_a_file_that_cannot_be_used(tmp_path: Path, make: Callable[[Path], tuple[str, str]]) -> None:
    url, text = make(tmp_path)
    with pytest.raises(StoreError) as told:
        open_store(url)
    assert str(told.value) == text


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("", "this is not the address of a database"),
        ("hunter2", "this is not the address of a database"),
        ("sqlite:///bot.db?timeout=hunter2", "sqlite:///FILE takes no options"),
        ("sqlite:///file:bot.db?mode=ro&uri=true", "sqlite:///FILE takes no options"),
        ("postgresql://joosep:a@hunter2@127.0.0.1:1/bot", "is written %40"),
        ("mysql://joosep:hunter2@db/bot", "mysql: only sqlite:///FILE and postgresql://... are supported"),
        ("postgresql://joosep:hunter2@127.0.0.1:1/bot", "PostgreSQL bot at 127.0.0.1: connection failed"),
        ("postgres://joosep:hunter2@127.0.0.1:1/bot", "PostgreSQL bot at 127.0.0.1: connection failed"),
        ("postgresql:///bot?host=127.0.0.1&port=1&user=joosep&password=hunter2", "PostgreSQL bot at 127.0.0.1"),
        ("postgresql://joosep:hunter2@127.0.0.1:1/bot?hunter2=1", "invalid connection option"),
        ("postgresql://h:hunter2@127.0.0.1:1/bot", "connection failed"),
        ("postgresql://joosep:hunter2@127.0.0.1:port/bot", "this is not the address of a database"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_credentials(url: str, text: str) -> None:
    with pytest.raises(StoreError) as told:
        open_store(url)
    assert text in str(told.value)
    assert "hunter2" not in str(told.value)
    assert "joosep" not in str(told.value)


def test_an_unknown_database_of_a_server_is_told(postgres: Callable[[], str]) -> None:
    url = sa.make_url(postgres()).set(database="nowhere")
    with pytest.raises(StoreError, match='database "nowhere" does not exist'):
        open_store(url.render_as_string(hide_password=False))
