"""Notes are read at once within a cycle, and never as they were before the last word of this process or a cycle."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from threading import Thread

import pytest

from bot.store.store import Store


@pytest.fixture
def other(store: Store) -> Store:
    """Another process that works on the same database."""
    store.set_note("mine", "1")
    store.set_note("theirs", "1")
    store.add_costs(date(2026, 11, 16), {"cycles": 1})
    return Store(store._engine, store._url)


def test_what_another_writes_is_learnt_after_the_cycle(store: Store, other: Store) -> None:
    with store.at_once():
        assert (store.note("theirs"), store.note("none")) == ("1", None)
        other.set_note("theirs", "2")
        assert store.note("theirs") == "1"
        with store.transaction():
            assert store.note("theirs") == "2", "what is written by what was read is read as it is"
    assert store.note("theirs") == "2"
    with store.at_once():
        assert store.note("theirs") == "2"


def test_what_one_writes_oneself_is_known_at_once(store: Store, other: Store) -> None:
    with store.at_once():
        assert store.note("mine") == "1"
        other.set_note("theirs", "2")
        store.set_note("mine", "2")
        assert (store.note("mine"), store.note("theirs")) == ("2", "2")


def test_what_is_undone_was_never_noted(store: Store, other: Store) -> None:
    with store.at_once():
        with suppress(KeyError), store.transaction():
            store.set_note("mine", "2")
            assert store.note("mine") == "2"
            raise KeyError
        assert store.note("mine") == "1"


def test_costs_are_no_notes_that_a_cycle_asks_for(store: Store, other: Store) -> None:
    with store.at_once():
        assert store.note("mine") == "1"
        other.add_costs(date(2026, 11, 16), {"cycles": 1})
        assert store.note("cost 2026-11-16") == '{"cycles":2}'


def test_another_thread_reads_what_is_there(store: Store, other: Store) -> None:
    read: list[str | None] = []
    with store.at_once():
        assert store.note("theirs") == "1"
        other.set_note("theirs", "2")
        page = Thread(target=lambda: read.append(store.note("theirs")))
        page.start()
        page.join()
    assert read == ["2"]


def test_an_erased_account_is_in_no_note(store: Store, other: Store) -> None:
    store.set_note("asked", '{"~gone": 1}')
    with store.at_once():
        assert "~gone" in str(store.note("asked"))
        store.erase_accounts(["~gone"], ())
        assert "~gone" not in str(store.note("asked"))
