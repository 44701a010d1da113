"""What a glance makes a cycle not ask is what there is none of, whatever is in the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
import sqlalchemy as sa
from store.test_store_contract import entry, ticket

from bot.core.desk import Absence
from bot.core.letters import LetterRow
from bot.store.commands import CommandRow
from bot.store.store import Store

QUESTIONS: dict[str, Callable[[Store], object]] = {
    "mark": lambda store: store.mark_ms(),
    "due": lambda store: store.due(100, 10),
    "pending": lambda store: store.pending(),
    "batched": lambda store: store.batched(),
    "settled": lambda store: store.letters_in({"intended", "doubtful"}),
    "waiting": lambda store: store.letters_in({"held", "batched", "released", "drafted"}),
    "said": lambda store: store.letters_in({"said"}),
    "commands": lambda store: store.unsettled_commands(),
    "troubles": lambda store: store.troubles(),
    "trouble": lambda store: store.laid_aside("1"),
    "absences": lambda store: store.absences(),
    "leavers": lambda store: store.leavers(),
    "late": lambda store: store.late(100, 200),
}


def letter(state: str) -> LetterRow:
    return LetterRow(f"letter {state}", "digest", "s", "ann", state, "b", due_at=1, at=1, way="comment")


WRITES: dict[str, Callable[[Store], None]] = {
    "a mark": lambda store: store.set_mark(7, 1),
    "a look": lambda store: store.put_tickets([ticket(1)], "f", 100),
    "a look to come": lambda store: store.put_tickets([ticket(1)], "f", 101),
    "an intent": lambda store: store.write_entries([entry("a")]),
    "a doubt": lambda store: store.write_entries([entry("a", state="doubtful")]),
    "a batch": lambda store: store.write_entries([entry("a", state="batched")]),
    "a command": lambda store: store.put_commands([CommandRow("1", "2", 3)]),
    "a settled command": lambda store: store.put_commands([CommandRow("1", "2", 3, settled_at=4)]),
    "a trouble": lambda store: store.trouble("1", "unread", 5),
    "an absence": lambda store: store.put_absence(Absence("ann", date(2026, 11, 16), date(2026, 11, 17)), 5),
    "a leaver": lambda store: store.put_leavers(["ann"], date(2026, 11, 16)),
    **{
        f"a letter {state}": lambda store, state=state: store.write_letters([letter(state)])  # type: ignore[misc]
        for state in ("drafted", "held", "batched", "released", "intended", "doubtful", "said")
    },
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_cycle_learns_what_anybody_would(store: Store, write: Callable[[Store], None]) -> None:
    with store.at_once():
        assert {name: ask(store) for name, ask in QUESTIONS.items()} == _asked_alone(store)
        write(store)
        within = {name: ask(store) for name, ask in QUESTIONS.items()}
    assert within == _asked_alone(store)


def _asked_alone(store: Store) -> dict[str, object]:
    other = Store(store._engine, store._url)
    return {name: ask(other) for name, ask in QUESTIONS.items()}


def test_a_cycle_in_which_nothing_waits_asks_once(store: Store) -> None:
    asked: list[object] = []

    def note(driver: object, record: object, connection: object) -> None:
        asked.append(record)

    sa.event.listen(store._engine.pool, "checkout", note)
    with store.at_once():
        for name in QUESTIONS.keys() - {"said"}:
            QUESTIONS[name](store)
    assert len(asked) == 1
