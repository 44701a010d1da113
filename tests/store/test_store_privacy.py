"""The database and what the store says of it hold no text of a ticket and no name of a person."""

from __future__ import annotations

import traceback

import msgspec
import pytest
import sqlalchemy as sa

from bot.core.ticket import Change, Command, Link, Message, Ticket
from bot.store.store import Entry, Store, StoreError

# What may be kept. A column or field that is to be added must be one that can hold no personal data.
COLUMNS = {
    "piletibot_version": "version_num",
    "mark": "id ms at",
    "notes": "name value",
    "tickets": "id key project updated_ms state look_again_at facts shape gone_at rebuilt body created_at",
    "links": "ticket_id type other",
    "linked": "id key facts body because since_at",
    "troubles": "ticket_id what at tries again_at",
    "lease": "name holder epoch at until_at",
    "ledger": "key ticket_id ticket_key rule rung say to state because due_at at not_before comment_id version "
    "left edition part letter",
    "verdicts": "ticket_id policy started_at stopped_at due_at elapsed_s paused_s standing version at rejudged",
    "absences": "person first last deputies at",
    "leavers": "person day",
    "commands": "ticket_id comment_id at granted because not_before settled_at",
    "spent": "hash state",
    "parts": "id project epoch state body outcome",
    "claims": "key at epoch",
    "archive": "kind first as_of version definitions body",
    "letters": "key rule say to state because due_at at not_before way tries version",
}
FIELDS = {
    Ticket: "id key project created_at updated_ms state priority owner reporter forwarder category queue "
    "delivered_at due_at labels secured fields changes messages patterns findings links sketch",
    Change: "at field was now who bot",
    Message: "at id who bot thanks patterns findings command",
    Command: "word value granted more",
    Link: "type ticket_id key outward",
}


def test_every_column_is_one_that_holds_no_text_of_a_ticket(store: Store) -> None:
    with store.reading() as connection:
        inspector = sa.inspect(connection)
        found = {
            table: " ".join(column["name"] for column in inspector.get_columns(table))
            for table in inspector.get_table_names()
        }
    assert found == COLUMNS


@pytest.mark.parametrize("kind", FIELDS)
def test_every_field_of_a_ticket_is_a_fact(kind: type[msgspec.Struct]) -> None:
    assert " ".join(kind.__struct_fields__) == FIELDS[kind]


def test_every_value_stored_is_a_word_a_moment_or_a_fingerprint(store: Store) -> None:
    ticket = Ticket(
        id="7",
        key="DESK-7",
        project="DESK",
        created_at=1,
        updated_ms=2,
        state="solved",
        owner="handler1",
        fields={"district": "north"},
        changes=(Change(at=3, field="owner", was="~x1", now="handler1", who="lead"),),
        messages=(Message(at=4, id="100", who="specialist1"),),
    )
    store.put_tickets([ticket], "mapping-hash", 5)
    store.write_entries(
        [Entry("site/7/r", "7", "DESK-7", "r", "ask", "follow_up", ("handler1",), "said", "2wd", 6, 7)]
    )
    with store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM tickets").mappings().all()
        (kept,) = [dict(row) for row in rows]
        (said,) = [dict(row) for row in connection.exec_driver_sql("SELECT * FROM ledger").mappings()]
    assert msgspec.json.decode(kept.pop("body")) == msgspec.json.decode(msgspec.json.encode(ticket))
    assert len(kept.pop("shape")) == 12
    assert kept == {
        "id": "7",
        "key": "DESK-7",
        "project": "DESK",
        "updated_ms": 2,
        "state": "solved",
        "look_again_at": 5,
        "facts": "mapping-hash",
        "gone_at": None,
        "created_at": 1,
        "rebuilt": False,
    }
    assert said == {
        "key": "site/7/r",
        "ticket_id": "7",
        "ticket_key": "DESK-7",
        "rule": "r",
        "rung": "ask",
        "say": "follow_up",
        "to": '["handler1"]',
        "state": "said",
        "because": "2wd",
        "due_at": 6,
        "at": 7,
        "not_before": None,
        "comment_id": None,
        "version": "",
        "left": "[]",
        "edition": None,
        "part": None,
        "letter": None,
    }


def test_an_error_quotes_no_value(store: Store) -> None:
    unkept = Ticket("7", None, "DESK", 1, 2, "new", owner="Mari Maasikas")  # type: ignore[arg-type]
    with pytest.raises(StoreError) as told:
        store.put_tickets([unkept], "f", 5)
    whole = "".join(traceback.format_exception(told.value))
    assert "tickets" in str(told.value)
    assert "Maasikas" not in whole


def test_a_damaged_row_is_told_without_its_values(store: Store) -> None:
    store.put_tickets([Ticket("7", "DESK-7", "DESK", 1, 2, "new")], "f", 5)
    with store.transaction(), store.reading() as connection:
        connection.exec_driver_sql("""UPDATE tickets SET body = '{"id": "Mari Maasikas"'""")
    with pytest.raises(StoreError) as told:
        store.tickets(["7"])
    assert "Maasikas" not in "".join(traceback.format_exception(told.value))
