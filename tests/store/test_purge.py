"""What is over is removed, page by page, and what must stay stays; of what was said a hash stays for ever."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from bot.core.desk import Absence
from bot.core.ledger import Entry
from bot.core.letters import LetterRow
from bot.core.ticket import Link, Ticket
from bot.core.verdict import Verdict
from bot.store import purge as purging
from bot.store.commands import CommandRow
from bot.store.links import LinkedRow
from bot.store.store import ReportHead, ReportRow, Store, open_store

OLD, LIMIT, NEW = 100, 200, 300
CLOSED = ["closed"]


def ticket(n: int, state: str = "closed", at: int = OLD, **facts: object) -> Ticket:
    given: dict[str, object] = {
        "id": f"{n}",
        "key": f"D-{n}",
        "project": "D",
        "created_at": 1,
        "updated_ms": at * 1000,
    }
    return Ticket(**given | facts, state=state)


def entry(key: str, ticket_id: str, state: str = "said", at: int = OLD) -> Entry:
    return Entry(key, ticket_id, f"D-{ticket_id}", "r", "ask", "m", ("boss",), state, "2wd", OLD, at)


def letter(key: str, state: str, at: int = OLD, way: str = "mail") -> LetterRow:
    return LetterRow(key, "morning", "m", "boss", state, "", OLD, at, way=way)


def verdict(ticket_id: str, at: int = OLD) -> Verdict:
    return Verdict(ticket_id, "p", 1, at, at, 5, 0, "met", "v", at)


def put(store: Store, *tickets: Ticket, look: int | None = None) -> None:
    store.put_tickets(tickets, "f", 5)
    store.judged({each.id: look for each in tickets})


def shapes(store: Store) -> set[str]:
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT id, shape FROM tickets")
        return {row.id for row in rows if row.shape == purging.PURGED}


@dataclass(frozen=True)
class Kept:
    """A ticket that is not purged, and why."""

    why: str
    ticket: Ticket = field(default_factory=lambda: ticket(7))
    look: int | None = None
    rows: tuple[Entry, ...] = ()
    commands: tuple[CommandRow, ...] = ()
    others: tuple[Ticket, ...] = ()
    trouble: bool = False
    gone: bool = False


TO_OPEN = (Link("relates", "8", "D-8", True),)
KEPT = [
    Kept("it is not closed", ticket(7, "open")),
    Kept("it was changed lately", ticket(7, at=LIMIT)),
    Kept("it is looked at again", look=9999),
    Kept("it is the desk's own", ticket(7, key="D-1000")),
    *(
        Kept(f"a step is {state}", rows=(entry("k", "7", state),))
        for state in ("held", "batched", "released", "intended", "doubtful")
    ),
    Kept("a command waits", commands=(CommandRow("7", "c", OLD),)),
    Kept("it is in trouble", trouble=True),
    Kept("it is tied to an open one", ticket(7, links=TO_OPEN), others=(ticket(8, "open"),)),
    Kept("an open one is tied to it", others=(ticket(8, "open", links=(Link("relates", "7", "D-7", True),)),)),
    Kept("it is gone, which is another matter", gone=True),
]
PURGED = [
    Kept("it is closed and old"),
    Kept(
        "what was said on it is over",
        rows=(entry("k", "7"), entry("l", "7", "withdrawn"), entry("m", "7", "adopted")),
    ),
    Kept("its commands are settled", commands=(CommandRow("7", "c", OLD, True, "", None, OLD),)),
    Kept("the other one is closed too", ticket(7, links=TO_OPEN), others=(ticket(8, at=NEW),)),
]


@pytest.mark.parametrize("case", [*KEPT, *PURGED], ids=lambda case: case.why)
def test_which_tickets_are_purged(case: Kept) -> None:
    store = open_store("sqlite://")
    put(store, case.ticket, look=case.look)
    put(store, *case.others)
    store.write_entries(case.rows)
    if case.commands:
        store.put_commands(case.commands)
    if case.trouble:
        store.trouble("7", "unreadable", OLD)
    if case.gone:
        store.gone(["7"], OLD)
    many = store.purge_tickets(LIMIT, CLOSED, ["D-1000"])
    assert (many, shapes(store)) == ((1, {"7"}) if case in PURGED else (0, set()))
    store.close()


def test_of_a_purged_ticket_the_frame_stays_and_nothing_reads_it_again(store: Store) -> None:
    people = {"owner": "~x", "sketch": (1, 2), "links": TO_OPEN}
    put(store, ticket(7, **people), ticket(8, secured=True), ticket(9, "open"))
    store.set_rebuilt(["7"])
    assert store.purge_tickets(LIMIT, CLOSED, []) == 2
    assert store.purge_tickets(LIMIT, CLOSED, []) == 0
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT id, key, project, state, updated_ms, body FROM tickets ORDER BY id")
        assert [tuple(row) for row in rows][:2] == [
            ("7", "D-7", "D", "closed", OLD * 1000, "{}"),
            ("8", "D-8", "D", "closed", OLD * 1000, '{"secured":true}'),
        ]
        assert connection.exec_driver_sql("SELECT count(*) FROM links").scalar() == 0
    assert store.all_seen() == dict.fromkeys("789", OLD * 1000)
    assert [each.id for each in store.open_tickets()] == ["9"]
    assert (store.tickets(["7"]), store.ticket_of("D-7")) == ([], None)
    assert store.stale("f") == []
    assert store.stale("another mapping") == ["7", "8", "9"]
    assert "D-8" in store.sealed()
    store.due_all(1)
    assert store.due(9999, 10) == ["9"]
    assert store.purged_outside(["closed"]) == []
    assert store.purged_outside(["done"]) == ["7", "8"]
    store.put_tickets([ticket(7, "open", NEW)], "f", 5)
    assert store.ticket_of("D-7") is not None
    assert store.purged_outside([]) == ["8"]


def test_the_ledger_of_a_purged_ticket_leaves_hashes_and_counts_as_not_whole(store: Store) -> None:
    put(store, ticket(7), ticket(8, "open"))
    store.set_rebuilt(["7", "8"])
    states = ("said", "adopted", "observed", "withdrawn")
    store.write_entries([entry(state, "7", state) for state in states] + [entry("late", "7", at=NEW)])
    store.write_entries([entry("open", "8"), entry("nobody's", "99")])
    store.purge_tickets(LIMIT, CLOSED, [])
    assert store.purge_ledger(LIMIT) == 5
    assert store.purge_ledger(LIMIT) == 0
    assert {row.key for row in store.ledger()} == {"late", "open"}
    assert store.spent([*states, "nobody's", "late", "open", "never"]) == {
        "said": "adopted",
        "adopted": "adopted",
        "observed": "observed",
        "nobody's": "adopted",
    }
    assert store.rebuilt(["7", "8"]) == {"8"}


LETTERS = {
    "said": "adopted",
    "refused": "adopted",
    "failed": "adopted",
    "observed": "adopted",
    "adopted": "adopted",
    "doubtful": "adopted",
    "withdrawn": None,
    "held": "held",
    "batched": "batched",
    "released": "released",
    "drafted": "drafted",
    "intended": "intended",
}


@pytest.mark.parametrize("state", LETTERS)
def test_a_settled_letter_leaves_a_hash_by_which_it_counts_as_done(state: str) -> None:
    store = open_store("sqlite://")
    store.write_letters([letter("old", state), letter("new", state, NEW)])
    while store.purge_letters(LIMIT):
        pass
    found = {key: row.state for key, row in store.letters(["old", "new", "never"]).items()}
    after = LETTERS[state]
    assert found == {"new": state} | ({} if after is None else {"old": after})
    assert len(store.letters_in([state])) == (2 if after == state and state != "adopted" else 1)
    store.close()


def test_a_comment_in_doubt_is_still_looked_for() -> None:
    store = open_store("sqlite://")
    store.write_letters([letter("k", "doubtful", way="comment"), letter("d", "doubtful", way="ticket")])
    assert store.purge_letters(LIMIT) == 0
    store.close()


def test_each_kind_goes_when_it_is_over(store: Store) -> None:
    put(store, ticket(7), ticket(8, "open"))
    store.put_verdicts([verdict("7"), verdict("8"), verdict("9"), verdict("10", NEW)])
    store.put_commands([CommandRow("7", "a", 1, True, "", None, OLD), CommandRow("8", "b", 1, True, "", None, OLD)])
    store.purge_tickets(LIMIT, CLOSED, [])
    for person, last in (("ann", "2026-01-01"), ("bob", "2026-01-02")):
        store.put_absence(Absence(person, date(2025, 12, 1), date.fromisoformat(last), ()), 1)
    store.put_leavers(["ann", "bob", "~x"], date(2026, 1, 1))
    store.put_leavers(["cid"], date(2026, 1, 2))
    store.trouble("8", "here", OLD)
    store.trouble("77", "not here", OLD)
    store.trouble("78", "not here, of late", NEW)
    for day in ("2025-12-31", "2026-01-01", "2026-01-02"):
        store.add_costs(date.fromisoformat(day), {"requests": 1})
    store.set_note("costly", "not a cost")
    for first, as_of in ((date(2025, 1, 1), OLD), (date(2026, 1, 1), NEW)):
        store.keep_report(ReportRow(ReportHead("year", first, as_of, "v"), {}, b"{}"))
    store.put_linked([LinkedRow("50", "X-1", None, "f"), LinkedRow("51", "X-2", None, "f")])
    put(store, ticket(12, "open", links=(Link("relates", "51", "X-2", True),)))
    day = date(2026, 1, 2)
    removed = [
        store.purge_verdicts(LIMIT),
        store.purge_commands(LIMIT),
        store.purge_absences(day),
        store.purge_leavers(day, {"bob"}),
        store.purge_troubles(LIMIT),
        store.purge_costs(day),
        store.purge_reports(LIMIT),
        store.purge_linked(),
    ]
    assert removed == [2, 1, 1, 2, 1, 2, 1, 1]
    assert {each.ticket_id for each in store.stopped_since(0)} == {"8", "10"}
    assert [each.ticket_id for each in store.commands(["7", "8"])] == ["8"]
    assert [each.person for each in store.absences()] == ["bob"]
    assert set(store.leavers()) == {"bob", "cid"}
    assert [each[0] for each in store.troubles()] == ["8", "78"]
    assert store.costs(date(2025, 1, 1), date(2026, 12, 31)) == {"requests": 1.0}
    assert store.note("costly") == "not a cost"
    assert [head.first.year for head in store.reports()] == [2026]
    assert set(store.linked(["50", "51"])) == {"51"}


def test_it_goes_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "PAGE", 2)
    store = open_store("sqlite://")
    put(store, *(ticket(n) for n in range(1, 6)))
    store.put_verdicts([verdict(f"{n}") for n in range(1, 6)])
    assert [store.purge_tickets(LIMIT, CLOSED, []) for _ in range(4)] == [2, 2, 1, 0]
    assert [store.purge_verdicts(LIMIT) for _ in range(4)] == [2, 2, 1, 0]
    store.close()


NAME = "Kaarel-Kustas Kanarbik"


def test_what_is_purged_is_in_no_byte_of_the_files(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'bot.db'}")
    put(store, *(ticket(n, owner=f"~{NAME}", fields={"w": NAME * 40}) for n in range(1, 40)))
    store.write_entries([msgspec.structs.replace(entry("k", "7"), to=(f"~{NAME}",), because=NAME)])
    assert any(NAME.encode() in file.read_bytes() for file in tmp_path.iterdir())
    store.purge_tickets(LIMIT, CLOSED, [])
    store.purge_ledger(LIMIT)
    store.reclaim()
    for file in tmp_path.iterdir():
        assert NAME.encode() not in file.read_bytes(), file.name
    store.close()


def test_a_file_that_is_mostly_free_is_rewritten(tmp_path: Path) -> None:
    file = tmp_path / "bot.db"
    store = open_store(f"sqlite:///{file}")
    put(store, *(ticket(n, fields={"w": "x" * 9000}) for n in range(1, 700)))
    assert store.reclaim() is False
    before = file.stat().st_size
    while store.purge_tickets(LIMIT, CLOSED, []):
        pass
    assert store.reclaim() is True
    assert file.stat().st_size * 4 < before
    assert store.reclaim() is False
    assert len(shapes(store)) == 699
    with store.reading() as connection:
        assert connection.execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
    store.close()


def test_somebody_who_writes_puts_the_rewriting_off(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    store, other = open_store(url, wait_s=0.01), open_store(url)
    put(store, *(ticket(n, fields={"w": "x" * 9000}) for n in range(1, 700)))
    while store.purge_tickets(LIMIT, CLOSED, []):
        pass
    with other.transaction():
        assert store.reclaim() is False
    assert store.reclaim() is True
    store.close()
    other.close()
