"""Bursts among the tickets of a store: those that came lately are counted once, and anew where they changed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from msgspec import structs
from small_desk import at, book, ticket

from bot.core.ticket import Link, Ticket
from bot.store.store import Store
from bot.store.tied import bursts_now

RULE = {
    "name": "mass",
    "why": "Many tickets at once are one outage.",
    "when": {"category": "IT", "not": {"tied": "incident"}},
    "thresholds": [{"count": 3, "minutes": 10}],
    "link": "incident",
    "say": "m",
    "solved": "s",
}
RULES = book(links={"incident": {"type": "Cause", "outward": False, "silences": True}}, incidents=[RULE])
NOW = at("mon 09:00")
THREE = [ticket(id=str(n), key=f"ABC-{n}", created_at=at("mon 08:00") + 60 * n, category="IT") for n in range(3)]
OTHERS = [
    ticket(id=str(n), key=f"ABC-{n}", created_at=at("mon 08:00") + 60 * n, category="LAW") for n in range(3, 20)
]


def found(store: Store, those: Sequence[Ticket]) -> list[list[str]]:
    return [[id_ for id_, _ in burst.tickets] for burst in bursts_now(those, store, RULES, NOW)]


@pytest.fixture
def read(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the tickets that are read from the store."""
    those: list[str] = []
    tickets = store.tickets

    def noting(ids: Sequence[str]) -> list[Ticket]:
        those.extend(ids)
        return tickets(ids)

    monkeypatch.setattr(store, "tickets", noting)
    return those


def test_only_what_changed_is_read_again(store: Store, read: list[str]) -> None:
    store.put_tickets([*THREE, *OTHERS], "facts", NOW)
    assert found(store, THREE) == [["0", "1", "2"]]
    assert len(read) == 20
    read.clear()
    assert (found(store, THREE[1:]), found(store, OTHERS), read) == ([["0", "1", "2"]], [], [])
    moved = structs.replace(THREE[2], category="LAW", updated_ms=THREE[2].updated_ms + 1000)
    store.put_tickets([moved], "facts", NOW)
    assert (found(store, THREE[:1]), read) == ([], ["2"])
    store.gone(["3"], NOW)
    read.clear()
    store.put_tickets([THREE[2]], "another mapping's facts", NOW)
    assert (found(store, THREE[:1]), read) == ([["0", "1", "2"]], ["2"])


def test_a_tie_counts_though_the_ticket_has_no_newer_version(store: Store) -> None:
    store.put_tickets(THREE, "facts", NOW)
    assert found(store, THREE) != []
    tied = structs.replace(THREE[0], links=(Link("incident", "77", "ABC-77", outward=False),))
    store.put_tickets([tied], "facts", NOW)
    assert found(store, THREE) == []


def test_a_ticket_is_told_of_no_burst_as_it_was_just_read(store: Store) -> None:
    """The mirror may be behind what a person did."""
    store.put_tickets(THREE, "facts", NOW)
    assert found(store, [structs.replace(THREE[0], category="LAW")]) == []
    assert found(store, THREE[:1]) == [["0", "1", "2"]]
