from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.core.ledger import Entry
from bot.core.ticket import Ticket
from bot.store.connect import parse
from bot.store.scratch import looking, scratch
from bot.store.store import Store, StoreError, open_store
from bot.store.tables import HEAD, VERSION_TABLE
from bot.store.upgrade import version_of

TICKET = Ticket(id="10", key="KKA-1", project="KKA", created_at=1, updated_ms=2000, state="new")
ENTRY = Entry("x/10/rule/clock@1/rung/0", "10", "KKA-1", "rule", "rung", "text", ("a", "b"), "held", "why", 5, 6)


def contents(store: Store) -> object:
    rows = [*store.open_tickets(), *store.ledger()]
    return rows, store.mark_ms(), store.note("rulebook"), store.due(9, 10), store.rebuilt(["10"])


def test_it_holds_what_the_store_holds_and_what_is_written_there_is_forgotten(url: str) -> None:
    with closing(open_store(url)) as store:
        store.put_tickets([TICKET], "facts", 7)
        store.write_entries([ENTRY])
        store.set_mark(2000, 8)
        store.set_note("rulebook", "v1")
        store.set_rebuilt(["10"])
        before = contents(store)
        with scratch(url) as copy:
            assert contents(copy) == before
            copy.judged({"10": None})
            copy.set_mark(3000, 9)
            copy.set_note("rulebook", "v2")
            assert contents(copy) != before
        assert contents(store) == before


def test_where_there_is_no_file_none_is_made(tmp_path: Path) -> None:
    with scratch(f"sqlite:///{tmp_path / 'bot.db'}") as copy:
        assert copy.mark_ms() is None
    assert list(tmp_path.iterdir()) == []


def test_a_server_without_our_tables_gets_none(postgres: Callable[[], str]) -> None:
    url = postgres()
    with scratch(url) as copy:
        assert copy.mark_ms() is None
    engine = sa.create_engine(parse(url))
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()


def test_a_server_at_another_schema_is_refused_and_left_at_it(postgres: Callable[[], str]) -> None:
    url = postgres()
    open_store(url).close()
    engine = sa.create_engine(parse(url))
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '{HEAD + 1:04}'"))
    with pytest.raises(StoreError, match=f"its schema is {HEAD + 1}, and this version of the bot"), scratch(url):
        pass
    with engine.connect() as connection:
        assert version_of(connection) == HEAD + 1
    engine.dispose()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    file.write_text("not a database, and long enough to be looked at " * 20)
    with pytest.raises(StoreError, match=r"bot\.db: "), scratch(f"sqlite:///{file}"):
        pass


def test_one_that_looks_sees_what_the_bot_writes_beside_it_and_writes_nothing(url: str) -> None:
    with closing(open_store(url)) as store:
        store.put_tickets([TICKET], "facts", 7)
        store.set_mark(2000, 8)
        with looking(url) as seen:
            assert contents(seen) == contents(store)
            with store.transaction():
                store.set_mark(3000, 9)
                assert seen.polled_at() == 8, "a write under way holds nobody up"
            assert seen.polled_at() == 9
            with pytest.raises(StoreError, match=r"read.?only"):
                seen.set_mark(4000, 10)
        assert store.polled_at() == 9


def test_there_is_nothing_to_look_at_where_no_bot_has_been(tmp_path: Path, postgres: Callable[[], str]) -> None:
    with (
        pytest.raises(StoreError, match=r"bot\.db: there is no such file"),
        looking(f"sqlite:///{tmp_path / 'bot.db'}"),
    ):
        pass
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError, match="its schema is 0"), looking(postgres()):
        pass


def test_a_file_of_an_earlier_schema_is_looked_at_and_left_at_it(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    file.touch()
    with looking(f"sqlite:///{file}") as seen:
        assert seen.polled_at() is None
    assert file.stat().st_size == 0


def test_a_file_that_is_no_database_is_not_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    file.write_text("not a database, and long enough to be looked at " * 20)
    with pytest.raises(StoreError, match=r"bot\.db: "), looking(f"sqlite:///{file}"):
        pass
