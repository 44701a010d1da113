"""What the engine may rely on, whichever database is below."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from bot.core.ticket import Change, Message, Ticket
from bot.core.verdict import Verdict
from bot.store.database import PAGE
from bot.store.store import Entry, Seen, Store, StoreError, open_store

FULL = Ticket(
    id="7",
    key="DESK-7",
    project="DESK",
    created_at=1_700_000_000,
    updated_ms=1_700_000_000_123,
    state="with tier 2",
    priority="critical",
    owner="handler1",
    reporter="~5b10ac8d82e05b22cc7d4ef5",
    forwarder="specialist1",
    category="PERMIT",
    queue="permits",
    delivered_at=1_700_000_500,
    due_at=1_700_009_000,
    labels=frozenset({"bot-hold", "Ülekuulamine"}),
    secured=True,
    fields={"district": "põhi"},
    changes=(Change(at=1, field="state", was="new", now="with tier 2", who="specialist1", bot=False),),
    messages=(Message(at=2, id="100", who=None, bot=True),),
)


def ticket(number: int, updated_ms: int = 1) -> Ticket:
    return Ticket(id=f"{number}", key=f"D-{number}", project="D", created_at=0, updated_ms=updated_ms, state="new")


def entry(key: str, **changes: Any) -> Entry:
    whole = Entry(
        key=key,
        ticket_id="1",
        ticket_key="D-1",
        rule="no-movement",
        rung="ask",
        say="follow_up",
        to=("handler1", "~x/y"),
        state="intended",
        because="nothing moved for 2wd",
        due_at=50,
        at=100,
        not_before=150,
        comment_id="10001",
        version="abc",
    )
    return msgspec.structs.replace(whole, **changes)


def test_an_empty_store_knows_nothing(store: Store) -> None:
    assert store.mark_ms() is None
    assert store.polled_at() is None
    assert store.keys() == {}
    assert store.note("reconciled") is None
    assert store.seen(["1"]) == {}
    assert store.all_seen() == {}
    assert store.tickets(["1"]) == []
    assert list(store.open_tickets()) == []
    assert store.due(10**12, 5) == []
    assert store.stale("f") == []
    assert store.troubles() == []
    assert store.count() == 0
    assert store.entries(["1"]) == {"1": {}}
    assert store.pending() == []
    assert store.spoken_since(0) == []
    assert list(store.ledger()) == []
    assert store.rebuilt(["1"]) == set()
    assert store.writes == 0


def test_a_ticket_comes_back_as_it_was_put(store: Store) -> None:
    store.put_tickets([FULL], "f", 5)
    assert store.tickets(["7"]) == [FULL]
    assert list(store.open_tickets()) == [FULL]
    assert store.seen(["7", "8"]) == {"7": Seen(1_700_000_000_123, 5)}
    assert store.all_seen() == {"7": 1_700_000_000_123}


def test_what_is_seen_of_the_tickets_in_some_states(store: Store) -> None:
    store.put_tickets([ticket(1), ticket(2, updated_ms=5), FULL], "facts", 100)
    store.judged({"2": None})
    store.gone(["1"], 100)
    assert store.seen_in({"new"}) == {"2": Seen(5, None)}
    assert store.seen_in({"new", "with tier 2", "?"}) == {"2": Seen(5, None), "7": Seen(FULL.updated_ms, 100)}
    assert store.seen_in(set()) == {}


def test_tickets_come_in_the_order_asked(store: Store) -> None:
    store.put_tickets([ticket(1), ticket(2), ticket(3)], "f", 5)
    assert [t.id for t in store.tickets(["3", "9", "1"])] == ["3", "1"]


def test_a_ticket_put_again_replaces_the_old_and_is_due(store: Store) -> None:
    store.put_tickets([ticket(1, 10)], "f", 5)
    store.judged({"1": None})
    store.put_tickets([ticket(1, 20)], "g", 6)
    assert store.seen(["1"]) == {"1": Seen(20, 6)}
    assert store.count() == 1


def test_mark_and_notes_are_overwritten(store: Store) -> None:
    store.set_mark(1_700_000_000_123, 1)
    store.set_mark(1_700_000_000_456, 2)
    assert store.mark_ms() == 1_700_000_000_456
    assert store.polled_at() == 2
    store.set_note("reconciled", "1")
    store.set_note("reconciled", "2")
    assert store.note("reconciled") == "2"


def test_due_comes_by_moment_then_id_and_no_more_than_asked(store: Store) -> None:
    store.put_tickets([ticket(n) for n in range(1, 7)], "f", 100)
    store.judged({"1": 30, "2": 10, "3": 20, "4": None, "5": 10, "6": 31})
    assert store.due(30, 10) == ["2", "5", "3", "1"]
    assert store.due(30, 3) == ["2", "5", "3"]
    assert store.due(9, 10) == []


def test_changed_rules_make_all_due_but_none_later_than_it_was(store: Store) -> None:
    store.put_tickets([ticket(n) for n in range(1, 5)], "f", 100)
    store.judged({"1": 30, "2": None, "3": 500})
    store.gone(["4"], 40)
    store.due_all(200)
    assert store.due(200, 10) == ["1", "2", "3"]
    assert store.seen(["1"])["1"].look_again_at == 30
    before = store.writes
    store.due_all(200)
    assert store.writes == before


def test_what_is_hidden_has_a_security_level_or_is_gone_or_erased(store: Store) -> None:
    store.put_tickets([ticket(1), msgspec.structs.replace(ticket(2), secured=True), ticket(3)], "f", 5)
    store.gone(["3"], 7)
    assert store.sealed() == {ticket(2).key, ticket(3).key, "D-0"}


def test_a_gone_ticket_is_in_no_answer_until_it_is_put_again(store: Store) -> None:
    store.put_tickets([ticket(1), ticket(2)], "f", 5)
    store.write_entries([entry("k")])
    store.set_rebuilt(["1"])
    store.trouble("1", "unreadable", 6)
    store.gone(["1", "unknown"], 7)
    assert store.seen(["1"]) == {}
    assert store.keys() == {ticket(1).key: 7, ticket(2).key: None}
    assert store.all_seen() == {"2": 1}
    assert store.tickets(["1"]) == []
    assert [t.id for t in store.open_tickets()] == ["2"]
    assert store.due(10**12, 10) == ["2"]
    assert store.stale("other") == ["2"]
    assert store.troubles() == []
    assert store.count() == 1
    store.judged({"1": 3})
    assert store.due(10**12, 10) == ["2"]
    assert store.entries(["1"]) == {"1": {"k": entry("k")}}

    store.put_tickets([ticket(1)], "f", 8)
    assert store.seen(["1"]) == {"1": Seen(1, 8)}
    assert store.rebuilt(["1"]) == {"1"}


def test_stale_are_those_another_mapping_read(store: Store) -> None:
    store.put_tickets([ticket(1), ticket(2)], "old", 5)
    store.put_tickets([ticket(2), ticket(3)], "new", 5)
    assert store.stale("new") == ["1"]
    assert store.stale("newer") == ["1", "2", "3"]


def test_tickets_another_version_of_the_bot_kept_wait_to_be_read_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other_version:
        other_version.setattr("bot.store.store.SHAPE", "other")
        store.put_tickets([ticket(1), ticket(2)], "f", 5)
    store.put_tickets([ticket(2)], "f", 5)
    assert store.stale("f") == ["1"]
    assert [t.id for t in store.tickets(["1", "2"])] == ["2"]
    assert [t.id for t in store.open_tickets()] == ["2"]


def test_a_trouble_is_kept_until_the_ticket_is_read(store: Store) -> None:
    store.trouble("2", "unread: unreadable date in `due`", 20)
    store.trouble("1", "unread: no history", 30)
    store.trouble("2", "unread: unreadable date in `due`", 20, 2, 40)
    assert store.troubles() == [
        ("2", "unread: unreadable date in `due`", 20, 2, 40),
        ("1", "unread: no history", 30, 1, None),
    ]
    assert store.laid_aside("2") == store.troubles()[0]
    store.put_tickets([ticket(2)], "f", 60)
    assert (store.laid_aside("2"), [each.why for each in store.troubles()]) == (None, ["unread"])
    store.take_up(["1"])
    assert store.troubles() == []


def test_an_entry_comes_back_as_it_was_written(store: Store) -> None:
    bare = Entry("k2", "2", "D-2", "rule", "rung", "say", (), "observed", "because", 1, 2)
    store.write_entries([entry("k1"), bare])
    assert store.entries(["1", "2", "3"]) == {"1": {"k1": entry("k1")}, "2": {"k2": bare}, "3": {}}


def test_entries_are_written_over_by_key(store: Store) -> None:
    store.write_entries([entry("a"), entry("b")])
    store.write_entries([entry("a", state="said", at=200, comment_id="5", to=("lead",))])
    assert store.entries(["1"])["1"] == {
        "a": entry("a", state="said", at=200, comment_id="5", to=("lead",)),
        "b": entry("b"),
    }


STATES = ("held", "intended", "said", "doubtful", "withdrawn", "observed", "adopted", "batched")


def test_pending_and_spoken_look_at_states(store: Store) -> None:
    store.write_entries([entry(state, state=state, at=100 - at) for at, state in enumerate(STATES)])
    assert [e.key for e in store.pending()] == ["doubtful", "intended"]
    assert {e.key for e in store.spoken_since(0)} == {"said", "intended", "doubtful"}
    assert [e.key for e in store.spoken_since(99)] == ["intended"]
    assert store.spoken_since(100) == []


def test_the_ledger_comes_by_moment_and_key_however_long(store: Store) -> None:
    # Keys that sort differently by language than by code point, and moments that many share.
    keys = [f"{letter}{n:04}" for n in range(PAGE) for letter in "aZ_"]
    store.write_entries([entry(key, at=100 + n % 2) for n, key in enumerate(keys)])
    everything = sorted((100 + n % 2, key) for n, key in enumerate(keys))
    assert [(e.at, e.key) for e in store.ledger()] == everything
    assert [(e.at, e.key) for e in store.ledger(101)] == [row for row in everything if row[0] == 101]
    assert list(store.ledger(102)) == []


def test_thousands_of_tickets_at_once(store: Store) -> None:
    those = [ticket(n) for n in range(3 * PAGE + 1)]
    ids = [t.id for t in those]
    store.put_tickets(those, "f", 5)
    store.set_rebuilt(ids)
    store.judged(dict.fromkeys(ids[1:], 9))
    assert store.tickets(ids) == those
    assert [t.id for t in store.open_tickets()] == sorted(ids)
    assert set(store.seen(ids)) == set(store.all_seen()) == store.rebuilt(ids) == set(ids)
    assert store.due(8, 10**6) == ["0"]
    store.gone(ids[1:], 6)
    assert store.count() == 1


def test_the_store_may_be_written_to_while_tickets_come(store: Store) -> None:
    store.put_tickets([ticket(n) for n in range(PAGE + 10)], "f", 5)
    came = []
    for one in store.open_tickets():
        came.append(one.id)
        if len(came) % 50 == 0:
            store.judged({one.id: 77})
    assert came == sorted(f"{n}" for n in range(PAGE + 10))
    assert len(store.due(77, 10**6)) - len(store.due(76, 10**6)) == 10


def test_rebuilt_is_remembered_when_the_ticket_changes(store: Store) -> None:
    store.put_tickets([ticket(1), ticket(2)], "f", 5)
    store.set_rebuilt(["1", "unknown"])
    store.put_tickets([ticket(1, 2)], "f", 6)
    assert store.rebuilt(["1", "2", "unknown"]) == {"1"}


NOTHING_NEW: dict[str, Callable[[Store], object]] = {
    "reading": lambda s: [*s.open_tickets(), *s.ledger(), s.seen(["1"]), s.due(99, 9), s.pending()],
    "judged as before": lambda s: s.judged({"1": 5, "2": None}),
    "judged an unknown ticket": lambda s: s.judged({"unknown": 5}),
    "judged nothing": lambda s: s.judged({}),
    "the same note": lambda s: s.set_note("n", "v"),
    "gone already": lambda s: s.gone(["3", "unknown"], 99),
    "gone nothing": lambda s: s.gone([], 99),
    "rebuilt already": lambda s: s.set_rebuilt(["1", "unknown"]),
    "no tickets": lambda s: s.put_tickets([], "f", 9),
    "no entries": lambda s: s.write_entries([]),
}


@pytest.fixture
def settled(store: Store) -> Store:
    store.put_tickets([ticket(1), ticket(2), ticket(3)], "f", 5)
    store.judged({"2": None})
    store.set_rebuilt(["1"])
    store.gone(["3"], 6)
    store.set_note("n", "v")
    store.trouble("9", "what", 7)
    return store


@pytest.mark.parametrize("act", [pytest.param(act, id=name) for name, act in NOTHING_NEW.items()])
def test_what_is_so_already_writes_nothing(settled: Store, act: Callable[[Store], object]) -> None:
    before = settled.writes
    act(settled)
    with settled.transaction():
        act(settled)
    assert settled.writes == before


SOMETHING_NEW: dict[str, Callable[[Store], None]] = {
    "the mark": lambda s: s.set_mark(1, 1),
    "a note": lambda s: s.set_note("n", "other"),
    "a ticket": lambda s: s.put_tickets([ticket(4)], "f", 9),
    "a judgement": lambda s: s.judged({"1": 6, "2": None}),
    "gone": lambda s: s.gone(["1", "2"], 9),
    "due": lambda s: s.due_all(3),
    "trouble": lambda s: s.trouble("9", "another", 9),
    "rebuilt": lambda s: s.set_rebuilt(["1", "2"]),
    "entries": lambda s: s.write_entries([entry("a"), entry("b")]),
}


@pytest.mark.parametrize("act", [pytest.param(act, id=name) for name, act in SOMETHING_NEW.items()])
def test_what_is_new_is_one_write(settled: Store, act: Callable[[Store], None]) -> None:
    before = settled.writes
    act(settled)
    assert settled.writes == before + 1


def test_a_transaction_is_one_write_and_sees_its_own(store: Store) -> None:
    with store.transaction():
        store.put_tickets([ticket(1)], "f", 5)
        with store.transaction():
            store.write_entries([entry("k")])
        assert [t.id for t in store.open_tickets()] == ["1"]
        assert [e.key for e in store.pending()] == ["k"]
    assert store.writes == 1
    assert store.count() == 1


def test_an_exception_undoes_the_whole_transaction(store: Store) -> None:
    store.set_mark(1, 1)

    def half() -> None:
        with store.transaction():
            store.set_mark(2, 2)
            store.write_entries([entry("k")])
            raise KeyError("a mistake elsewhere")

    with pytest.raises(KeyError):
        half()
    assert store.mark_ms() == 1
    assert store.pending() == []
    assert store.writes == 1


def test_a_failure_that_is_passed_over_undoes_the_whole_transaction(store: Store) -> None:
    impossible = msgspec.structs.replace(ticket(1), key=None)

    def passed_over() -> None:
        with store.transaction():
            store.set_mark(1, 1)
            with pytest.raises(StoreError):
                store.put_tickets([impossible], "f", 1)

    with pytest.raises(StoreError, match="nothing was written"):
        passed_over()
    assert store.mark_ms() is None
    store.set_mark(3, 3)
    assert store.mark_ms() == 3


def test_another_thread_does_not_see_an_unfinished_transaction(url: str) -> None:
    store = open_store(url)
    seen: list[int | None] = []
    other = threading.Thread(target=lambda: seen.append(store.mark_ms()))
    with store.transaction():
        store.set_mark(1, 1)
        other.start()
        other.join()
    assert seen == [None]
    store.close()


def test_threads_write_side_by_side(store: Store) -> None:
    def write(thread: int) -> None:
        for n in range(10):
            store.write_entries([entry(f"{thread}/{n}")])

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(store.ledger())) == 40


def test_due_is_found_by_its_index(store: Store) -> None:
    asked: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        asked.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        store.due(5, 10)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    (statement, parameters) = asked[-1]
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
    assert "tickets_by_look" in str(plan)
    assert "SORT" not in str(plan).upper().replace("SORT KEY", "")


def verdict(started_at: int = 10, **changes: Any) -> Verdict:
    whole = Verdict(
        ticket_id="1",
        policy="tier2-resolution",
        started_at=started_at,
        stopped_at=100,
        due_at=None,
        elapsed_s=60,
        paused_s=30,
        standing="met",
        version="abc",
        at=120,
        rejudged=True,
    )
    return msgspec.structs.replace(whole, **changes)


def test_verdicts_come_back_as_they_were_put(store: Store) -> None:
    one, other = verdict(20, due_at=90, standing="missed"), verdict(10, policy="tier2-answer", rejudged=False)
    store.put_verdicts([one, other, verdict(ticket_id="2")])
    assert store.verdicts(["1", "3"]) == {"1": [other, one]}


def test_a_verdict_put_again_replaces_the_old(store: Store) -> None:
    store.put_verdicts([verdict(), verdict(11)])
    store.put_verdicts([verdict(stopped_at=101)])
    assert store.verdicts(["1"]) == {"1": [verdict(stopped_at=101), verdict(11)]}


def test_verdicts_are_removed_and_written_together(store: Store) -> None:
    store.put_verdicts([verdict(10), verdict(11)])
    writes = store.writes
    store.put_verdicts([verdict(12)], [verdict(10), verdict(13)])
    assert store.verdicts(["1"]) == {"1": [verdict(11), verdict(12)]}
    store.put_verdicts([])
    assert store.writes == writes + 1


def test_verdicts_by_the_moment_of_the_stop(store: Store) -> None:
    store.put_verdicts([verdict(1, stopped_at=50), verdict(2, stopped_at=49), verdict(3, stopped_at=40)])
    assert [each.started_at for each in store.stopped_since(49)] == [2, 1]
