"""A database is copied whole, row by row, and never are both in force, wherever the copying is killed."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.store import copying
from bot.store.connect import connect, parse
from bot.store.copying import TableCopy, copy_store, would_copy
from bot.store.errors import NotInForce, StoreError, Unfit
from bot.store.force import JOURNAL
from bot.store.holder import this_process
from bot.store.journal import Journal
from bot.store.lease import Fenced, Lease, PartLease
from bot.store.lock import alone
from bot.store.scratch import looking, scratch
from bot.store.store import Store, open_store
from bot.store.tables import lease, metadata, tickets
from bot.store.upgrade import migrate

ROOT = Path(__file__).resolve().parents[2]
LENGTHS = (180, 60)
NOW = 1_794_816_000
RUNS = "the bot that runs on it"
TEXTS = ("õäöü ŠŽ", "подожди", "😀 \u202e'\"\\", "", "a" * 7_000)


class Killed(BaseException):
    """The process is there no more: nothing that it would have done at its end is done."""


def value(column: sa.Column[Any], n: int) -> Any:
    """Some value of the column's kind, unlike those of other rows in a key; nothing where nothing may stand."""
    if column.nullable and n % 3 == 0:
        return None
    if isinstance(column.type, sa.Boolean):
        return n % 2 == 0
    if isinstance(column.type, sa.Integer):
        return (n - 2) * 10**10 + n if isinstance(column.type, sa.BigInteger) else n
    if isinstance(column.type, sa.LargeBinary):
        return bytes(range(256)) * n
    return f"{TEXTS[n % 4]}/{n}" if column.primary_key else TEXTS[n % len(TEXTS)]


def fill(store: Store) -> None:
    """Put something into every table, and into one more than is in memory at once."""
    for table in metadata.sorted_tables:
        many = copying._PAGE + 5 if table is tickets else 12
        rows = [{column.name: value(column, n) for column in table.columns} for n in range(1, many)]
        if table is lease:
            rows = [{"name": "cycle", "holder": "", "epoch": 7, "at": 5, "until_at": 185}]
        store.write(sa.insert(table), rows)


def contents(url: str, *, without: tuple[str, ...] = ("lease",)) -> dict[str, list[tuple[Any, ...]]]:
    engine = connect(parse(url), 10.0)
    with closing(engine.connect()) as connection:
        found = {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
            if table.name not in without
        }
    engine.dispose()
    return found


def leases(url: str) -> list[tuple[Any, ...]]:
    engine = connect(parse(url), 10.0)
    with closing(engine.connect()) as connection:
        rows = [tuple(row) for row in connection.execute(sa.select(lease))]
    engine.dispose()
    return rows


def copied(source: str, target: str, **given: Any) -> list[TableCopy]:
    return copy_store(source, target, lengths=LENGTHS, now=NOW, sleep=lambda seconds: None, **given)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with something in every table."""
    made = tmp_path_factory.mktemp("filled") / "bot.db"
    with closing(open_store(f"sqlite:///{made}")) as store:
        fill(store)
    return made


@pytest.fixture
def file(filled: Path, tmp_path: Path) -> str:
    """The address of a SQLite database with something in every table."""
    return f"sqlite:///{shutil.copy(filled, tmp_path)}"


def test_copied_there_and_back_every_table_has_the_same_rows(
    file: str, tmp_path: Path, postgres: Callable[[], str]
) -> None:
    server, back = postgres(), f"sqlite:///{tmp_path / 'back.db'}"
    before = contents(file)
    assert all(before.values())
    counted, running = would_copy(file, server)
    there = copied(file, server)
    assert not running
    assert [(line.name, line.rows) for line in counted] == [(line.name, line.rows) for line in there]
    assert contents(server) == before
    again = copied(server, back)
    assert [line for line in again if line.name != "lease"] == [line for line in there if line.name != "lease"]
    assert contents(back) == before
    # Each was taken once, and the next counts on.
    assert [leases(url)[0][2] for url in (file, server, back)] == [8, 9, 9]
    assert leases(back) == [("cycle", "", 9, 0, 0)]
    with closing(open_store(back)) as store:
        assert Lease(store, this_process(), length_s=180, grace_s=60).take() == "free"
    for url in (file, server):
        with pytest.raises(NotInForce, match=r"was left on 2026-11-16 08:00 UTC for .*(PostgreSQL|back)"):
            open_store(url)


def test_no_table_counts_its_rows_by_itself() -> None:
    """A sequence of the server's would have to be set to where the other database was."""
    assert [column for table in metadata.sorted_tables for column in table.columns if column.identity] == []
    assert [table.name for table in metadata.sorted_tables if table.autoincrement_column is not None] == []


BEFORE = ("after beginning", "after copying", "before leaving")


@pytest.mark.parametrize(
    ("at", "server"), [*((at, False) for at in BEFORE), ("after copying", True), ("after leaving", True)]
)
def test_wherever_it_is_killed_never_both_are_in_force(
    file: str, tmp_path: Path, request: pytest.FixtureRequest, at: str, server: bool
) -> None:
    target = request.getfixturevalue("postgres")() if server else f"sqlite:///{tmp_path / 'copy.db'}"
    before = contents(file)

    def kill(name: str) -> None:
        if name == at:
            raise Killed

    with pytest.raises(Killed):
        copied(file, target, point=kill)
    with pytest.raises(NotInForce, match=r"is a copy of .*bot\.db that was begun on .* never finished"):
        open_store(target)
    if at in BEFORE:
        with closing(open_store(file)) as store:
            Lease(store, this_process(), length_s=180, grace_s=60).take()
            store.set_note("said", "meanwhile")
    else:
        with pytest.raises(NotInForce):
            open_store(file)
    lines = copied(file, target)
    assert [line.rows for line in lines] == [len(rows) for rows in contents(target, without=()).values()]
    open_store(target).close()
    after = contents(target)
    assert (("said", "meanwhile") in after["notes"]) == (at in BEFORE)
    del after["notes"], before["notes"]
    assert after == before


KILLED = """
import os, signal, sys
from bot.store.copying import copy_store
def point(name):
    if name == sys.argv[3]:
        os.kill(os.getpid(), signal.SIGKILL)
copy_store(sys.argv[1], sys.argv[2], lengths=(180, 0), now=0, point=point)
"""


@pytest.mark.soak
@pytest.mark.parametrize("server", [False, True], ids=["file", "server"])
@pytest.mark.parametrize("at", [*BEFORE, "after leaving"])
def test_killed_by_the_system_it_leaves_one_in_force_too(
    file: str, tmp_path: Path, request: pytest.FixtureRequest, at: str, server: bool
) -> None:
    target = request.getfixturevalue("postgres")() if server else f"sqlite:///{tmp_path / 'copy.db'}"
    before = contents(file)
    for source, to in ((file, target), (target, f"sqlite:///{tmp_path / 'back.db'}")):
        ended = subprocess.run([sys.executable, "-c", KILLED, source, to, at], cwd=ROOT)
        assert ended.returncode == -signal.SIGKILL
        for url in (to,) if at in BEFORE else (source, to):
            with pytest.raises(NotInForce):
                open_store(url)
        if at in BEFORE:
            with closing(open_store(source)) as store:  # a bot goes on at once: it sees that the copier is gone
                assert Lease(store, this_process(), length_s=180, grace_s=60).take() in ("free", "gone")
        copied(source, to)
        assert contents(to) == before


def test_a_copy_that_differs_is_not_taken_for_one(file: str, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"

    def spoil(name: str) -> None:
        if name == "after copying":
            with closing(sqlite3.connect(target, isolation_level=None)) as other:
                other.execute("UPDATE verdicts SET elapsed_s = elapsed_s + 1 WHERE rowid = 3")

    with pytest.raises(StoreError, match="the copy of verdicts is not what it was copied from"):
        copied(file, f"sqlite:///{target}", point=spoil)
    open_store(file).close()
    with pytest.raises(NotInForce):
        open_store(f"sqlite:///{target}")


def test_a_bot_that_runs_is_fenced_off_and_waited_for(file: str, tmp_path: Path) -> None:
    target = f"sqlite:///{tmp_path / 'copy.db'}"
    heard: list[str] = []
    waited: list[float] = []
    with alone(file) as lock, closing(open_store(file)) as store:
        bot = Lease(store, this_process(lock), length_s=180, grace_s=60)
        bot.take()

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            with pytest.raises(Fenced, match="another piletibot has taken over this database"):
                bot.check()
            with pytest.raises(Fenced):
                bot.hold()
            store.set_note("late", "what was sent before is confirmed")

        assert would_copy(file, target)[1]
        copy_store(file, target, lengths=LENGTHS, now=NOW, sleep=sleep, say=heard.append)
        with pytest.raises(NotInForce):
            bot.hold()
    assert waited == [60]
    assert heard == [f"Nothing more is sent from it; waiting 60 s for what {RUNS} may have been sending."]
    with closing(open_store(target)) as opened:
        assert opened.note("late") == "what was sent before is confirmed"


def test_what_goes_wrong_gives_the_lease_back_at_once(file: str, tmp_path: Path) -> None:
    def fail(name: str) -> None:
        if name == "before leaving":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copied(file, f"sqlite:///{tmp_path / 'copy.db'}", point=fail)
    with closing(open_store(file)) as store:
        assert Lease(store, this_process(), length_s=180, grace_s=60).take() == "free"


def test_whoever_works_on_a_part_of_the_cycle_is_fenced_off_too(file: str, tmp_path: Path) -> None:
    with closing(open_store(file)) as store:
        desk = Lease(store, this_process(), length_s=180, grace_s=60)
        desk.take()
        part = PartLease(store, this_process(), desk.held, name="KKA", length_s=180, grace_s=60)
        part.take()
        desk.give_back()  # whoever kept the desk was told to stop, and the part is still in another's hands
        waited: list[float] = []

        def sleep(seconds: float) -> None:
            waited.append(seconds)
            with pytest.raises(Fenced):
                part.check()

        copy_store(file, f"sqlite:///{tmp_path / 'copy.db'}", lengths=LENGTHS, now=NOW, sleep=sleep)
        assert waited == [60], "what it was sending has its time"
        with pytest.raises(NotInForce):
            part.take()
    assert sorted(row[:2] for row in leases(f"sqlite:///{tmp_path / 'copy.db'}")) == [("KKA", ""), ("cycle", "")]


def test_what_is_left_is_not_looked_into_either(file: str, tmp_path: Path, postgres: Callable[[], str]) -> None:
    server = postgres()
    copied(file, server)
    copied(server, f"sqlite:///{tmp_path / 'back.db'}")
    for url in (file, server):
        for opening in (looking, scratch):
            with pytest.raises(NotInForce), opening(url):
                pass


def old(file: Path) -> None:
    """A database of an earlier version."""
    engine = connect(parse(f"sqlite:///{file}"), 10.0)
    with engine.execution_options(writing=True).begin() as connection:
        migrate(connection, to="0008")
    engine.dispose()


def test_a_source_of_an_earlier_version_is_brought_along(tmp_path: Path) -> None:
    old(tmp_path / "old.db")
    source, target = f"sqlite:///{tmp_path / 'old.db'}", f"sqlite:///{tmp_path / 'new.db'}"
    with alone(source), pytest.raises(Unfit, match="an earlier version runs on it"):
        copied(source, target)
    assert would_copy(source, target)[0]
    copied(source, target)
    open_store(target).close()


def newer(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("CREATE TABLE piletibot_version (version_num TEXT)")
        other.execute("INSERT INTO piletibot_version VALUES ('9999')")


def strange(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")


def used(file: Path) -> None:
    with closing(open_store(f"sqlite:///{file}")) as store:
        store.set_note("somebody", "was here")


UNFIT: list[tuple[str, str, Callable[[Path], None] | None, str]] = [
    ("bot.db", "bot.db", None, r"bot\.db: this is the database itself"),
    ("bot.db", "other.db", used, r"other\.db: it is not empty \(1 rows in notes\); name an empty database"),
    ("bot.db", "other.db", old, r"other\.db: it is in use with schema 8; name an empty database"),
    ("bot.db", "no/where.db", None, r"no/where\.db: there is no such folder"),
    ("other.db", "new.db", strange, r"other\.db: this is not a database of the bot's"),
    ("other.db", "new.db", newer, r"other\.db: its schema 9999 is newer than this version of the bot"),
    ("none.db", "new.db", None, r"none\.db: there is no such file"),
    ("bot.db", "", None, "a database in memory cannot be copied, nor copied to"),
]


@pytest.mark.parametrize(("source", "target", "made", "why"), UNFIT)
def test_what_cannot_be_copied_is_refused_and_stays_as_it_was(
    file: str, tmp_path: Path, source: str, target: str, made: Callable[[Path], None] | None, why: str
) -> None:
    if made is not None:
        made(tmp_path / "other.db")
    there = f"sqlite:///{tmp_path / target}" if target else "sqlite://"
    for attempt in (would_copy, copied):
        with pytest.raises(StoreError, match=why if attempt is would_copy or "folder" not in why else "No such"):
            attempt(f"sqlite:///{tmp_path / source}", there)
    open_store(file).close()
    assert not (tmp_path / "new.db").exists() or "other.db" in source


def test_what_the_other_journal_knew_of_letters_is_taken_over(file: str, tmp_path: Path) -> None:
    mails = ["a" * 32, "b" * 32]
    was, now = Journal(tmp_path / "was.letters", NOW), Journal(tmp_path / "now.letters", NOW)
    was.begin(mails[0], NOW)
    was.carry(["step"], mails[0], NOW)
    now.begin(mails[1], NOW)
    copied(file, f"sqlite:///{tmp_path / 'copy.db'}", journal=was.path)
    with closing(open_store(f"sqlite:///{tmp_path / 'copy.db'}")) as store:
        assert store.note(JOURNAL) == str(was.path)
    for _ in range(2):
        now.take_over(was.path)
        assert Journal(now.path, NOW).said(["step"]) == {"step"}
    assert all(Journal(now.path, NOW).is_begun(mail) for mail in mails)
    assert len(now.path.read_text().splitlines()) == 3
