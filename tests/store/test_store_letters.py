"""What became of letters, as every database keeps it."""

from __future__ import annotations

from typing import Any

from bot.core.letters import LetterRow
from bot.core.ticket import Ticket
from bot.store.store import Store


def row(key: str, **facts: Any) -> LetterRow:
    whole: dict[str, Any] = {
        "key": key,
        "rule": "summary",
        "say": "summary",
        "to": "ann",
        "state": "intended",
        "because": "it is morning",
        "due_at": 10,
        "at": 20,
    }
    return LetterRow(**(whole | facts))


def test_a_letter_is_kept_by_its_key_and_written_over_by_the_next_row_of_it(store: Store) -> None:
    store.write_letters([row("a"), row("b", at=30, not_before=99)])
    store.write_letters([row("a", state="said", at=40, way="mail", tries=2, version="v")])
    assert store.letters(["a", "b", "c"]) == {
        "a": row("a", state="said", at=40, way="mail", tries=2, version="v"),
        "b": row("b", at=30, not_before=99),
    }
    assert [each.key for each in store.letters_since(31)] == ["a"]
    assert [each.key for each in store.letters_since(0)] == ["b", "a"]


def test_tickets_are_given_by_the_states_that_they_are_in(store: Store) -> None:
    tickets = [
        Ticket(id=str(n), key=f"D-{n}", project="D", created_at=0, updated_ms=1, state=state)
        for n, state in enumerate(("new", "closed", "solved"), 1)
    ]
    store.put_tickets(tickets, "facts", 5)
    assert [each.id for each in store.open_tickets({"solved", "new"})] == ["1", "3"]
    assert [each.id for each in store.open_tickets()] == ["1", "2", "3"]
