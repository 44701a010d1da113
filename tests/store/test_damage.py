"""A damaged database is known for one, moved aside and begun anew; errors of a database say what to do."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from bot.core.ticket import Ticket
from bot.store.damage import look_at_file, open_sound
from bot.store.errors import Damaged
from bot.store.store import Store, StoreError, open_store

ROOT = Path(__file__).resolve().parents[2]
PAGE = 4096


def filled(file: Path, many: int = 400) -> str:
    """A database with enough in it that most pages hold tickets."""
    url = f"sqlite:///{file}"
    with closing(open_store(url)) as store:
        store.put_tickets([Ticket(f"{n}", f"D-{n}", "D", 0, n, "new") for n in range(many)], "facts", 0)
        store.set_note("who", "the first")
    return url


def header(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.write(b"\0" * 100)


def middle(file: Path) -> None:
    with file.open("r+b") as opened:
        for page in range(file.stat().st_size // PAGE // 2, file.stat().st_size // PAGE):
            opened.seek(page * PAGE)
            opened.write(b"\xa5" * PAGE)


def cut(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size * 2 // 3 // PAGE * PAGE)


def stray(file: Path) -> None:
    """The journal of another database lies beside it, as when only the file was put back from a backup."""
    other = file.with_name("other.db")
    filled(other, 900)
    with closing(sqlite3.connect(other, isolation_level=None)) as connection:
        for statement in (
            "DELETE FROM tickets WHERE id % 3 = 0",
            "VACUUM",
            "PRAGMA wal_checkpoint(TRUNCATE)",
            "UPDATE tickets SET project = 'OTHER' WHERE id % 7 = 0",
        ):
            connection.execute(statement)
        file.with_name(f"{file.name}-wal").write_bytes(other.with_name("other.db-wal").read_bytes())


def everything(file: Path) -> None:
    """Nothing is left but the header."""
    with file.open("r+b") as opened:
        opened.seek(100)
        opened.write(b"\xa5" * (file.stat().st_size - 100))


DAMAGE = (header, middle, cut, stray, everything)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_moved_aside_and_begun_anew(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    file = tmp_path / "bot.db"
    url = filled(file)
    damage(file)
    bytes_before = file.read_bytes()
    with pytest.raises(Damaged, match=r"bot\.db: "):
        look_at_file(url)
    store, aside = open_sound(url)
    with closing(store):
        assert (store.note("who"), store.count()) == (None, 0)
        store.set_note("who", "the second")
    assert aside is not None
    assert aside.startswith("bot.db.damaged-20")
    assert (tmp_path / aside).read_bytes() == bytes_before
    again, none = open_sound(url)
    with closing(again):
        assert (again.note("who"), none) == ("the second", None)


def test_a_sound_file_stays_where_it_is(tmp_path: Path) -> None:
    url = filled(tmp_path / "bot.db")
    store, aside = open_sound(url)
    with closing(store):
        assert (store.note("who"), aside) == ("the first", None)


def test_damage_that_was_found_while_it_was_used_is_believed(tmp_path: Path) -> None:
    url = filled(tmp_path / "bot.db")
    store, aside = open_sound(url, Damaged("a page cannot be read"))
    with closing(store):
        assert store.note("who") is None
    assert aside is not None


def test_a_file_that_was_never_the_bots_is_not_moved(tmp_path: Path) -> None:
    file = tmp_path / "diary.txt"
    file.write_text("Dear diary, " * 100)
    with pytest.raises(Damaged, match=r"diary\.txt: file is not a database"):
        open_sound(f"sqlite:///{file}")
    assert [each.name for each in tmp_path.iterdir()] == ["diary.txt"]


def test_what_tells_of_damage_while_it_is_used_is_told_apart(tmp_path: Path) -> None:
    url = filled(tmp_path / "bot.db")
    middle(tmp_path / "bot.db")
    with closing(open_store(url)) as store, pytest.raises(Damaged, match="malformed"):
        list(store.open_tickets())


# A disk that is full, or takes no writes.

FULL = """if True:
    import resource, sys
    from bot.store.store import Store, StoreError, open_store
    store = open_store(sys.argv[1])
    store.set_note("who", "before")
    def write():
        with store.transaction():
            for n in range(200):
                store.set_note(f"n{n}", "x" * 4000)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        write()
    except StoreError as error:
        print(error)
    print(store.note("who"), store.note("n0"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    write()
    print(store.note("who"), len(store.note("n199")))
"""


def test_a_disk_that_is_full_is_told_and_used_again_once_there_is_room(tmp_path: Path) -> None:
    """Files that may not grow stand for a disk without room: SQLite meets both when it writes."""
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    done = subprocess.run([sys.executable, "-c", FULL, url], cwd=ROOT, capture_output=True, text=True)
    told, before, after = done.stdout.splitlines()
    assert "disk" in told
    assert "nothing is sent until it can be written to, and then the bot goes on by itself" in told
    assert (before, after) == ("before None", "before 4000")


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Callable[..., None]]:
    """A real disk in memory, mounted there; what is given mounts it otherwise. Root alone may do that."""

    def mount(*options: str) -> None:
        subprocess.run(["mount", "-o", ",".join(options), "-t", "tmpfs", "tmpfs", folder], check=True)

    folder.mkdir()
    mount(f"size={size}")
    try:
        yield lambda *options: mount("remount", *options)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.soak
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk")
def test_a_real_disk_that_is_full_and_one_that_takes_no_writes(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    url = f"sqlite:///{folder / 'bot.db'}"

    def write(store: Store) -> None:
        with store.transaction():
            for n in range(200):
                store.set_note(f"n{n}", "x" * 4000)

    with disk(folder, "700k") as mount:
        with closing(open_store(url)) as store:
            store.set_note("who", "before")
            with pytest.raises(StoreError, match="make room on its disk; nothing is sent until"):
                write(store)
            assert (store.note("who"), store.note("n0")) == ("before", None)
            mount("size=20m")
            write(store)
            assert (store.note("who"), len(store.note("n199") or "")) == ("before", 4000)
        mount("ro")
        with pytest.raises(StoreError, match="let the bot write to the file and its folder"):
            open_store(url).set_note("who", "after")
        mount("rw")
        with closing(open_store(url)) as store:
            assert (store.note("who"), len(store.note("n199") or "")) == ("before", 4000)
            store.set_note("who", "after")


def test_a_database_without_room_is_told(tmp_path: Path) -> None:
    with closing(open_store(f"sqlite:///{tmp_path / 'bot.db'}")) as store:
        with store.reading() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="database or disk is full; make room on its disk; nothing"):
            store.put_tickets([Ticket(f"{n}", f"D-{n}", "D", 0, n, "new") for n in range(400)], "facts", 0)
        with store.reading() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 100000")
        store.put_tickets([Ticket("1", "D-1", "D", 0, 1, "new")], "facts", 0)
        assert store.count() == 1


def test_a_server_that_takes_no_writes_is_told_and_used_again(postgres: Callable[[], str]) -> None:
    url = postgres()
    with closing(open_store(url)) as store:
        with store.reading() as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = on")
            connection.commit()
        with pytest.raises(StoreError, match="read-only transaction; the server takes no writes now; "):
            store.set_note("who", "me")
        with store.reading() as connection:
            connection.exec_driver_sql("SET default_transaction_read_only = off")
            connection.commit()
        store.set_note("who", "me")
        assert store.note("who") == "me"
