"""The tables as they are at `HEAD`: what `bot.store.migrations` builds, step by step, in a database.

They hold ids, words, moments and fingerprints; no text of a ticket has a column.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, false

HEAD = 12
"""The schema this version of the bot works with; a migration's revision is its number in four digits."""

VERSION_TABLE = "piletibot_version"
"""Where alembic keeps the revision: a name of our own, as a PostgreSQL database may hold others' tables."""

APPLICATION = 0x50696C65
"""The mark of the bot's own in the header of its SQLite files: any number, the same in every version."""

Word = Text().with_variant(Text(collation="C"), "postgresql")
"""A text compared by code points, so that both databases order alike whatever the server's language."""

metadata = MetaData()

mark = Table(
    "mark",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("ms", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

notes = Table(
    "notes",
    metadata,
    Column("name", Word, primary_key=True),
    Column("value", Text, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", Word, primary_key=True),
    Column("key", Text, nullable=False),
    Column("project", Text, nullable=False),
    Column("updated_ms", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("look_again_at", BigInteger),
    Column("facts", Text, nullable=False),
    Column("shape", Text, nullable=False),
    Column("gone_at", BigInteger),
    Column("rebuilt", Boolean, nullable=False, server_default=false()),
    Column("body", Text, nullable=False),
    Column("created_at", BigInteger),
    Index("tickets_by_look", "look_again_at", "id"),
    Index("tickets_by_creation", "created_at", "id"),
)

links = Table(
    "links",
    metadata,
    Column("ticket_id", Word, primary_key=True),
    Column("type", Word, primary_key=True),
    Column("other", Word, primary_key=True),
    Index("links_by_other", "other"),
)

linked = Table(
    "linked",
    metadata,
    Column("id", Word, primary_key=True),
    Column("key", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("body", Text),
    Column("because", Text),
    Column("since_at", BigInteger, nullable=False),
)

troubles = Table(
    "troubles",
    metadata,
    Column("ticket_id", Word, primary_key=True),
    Column("what", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False, server_default="1"),
    Column("again_at", BigInteger),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Word, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("key", Word, primary_key=True),
    Column("ticket_id", Word, nullable=False),
    Column("ticket_key", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rung", Text, nullable=False),
    Column("say", Text, nullable=False),
    Column("to", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("not_before", BigInteger),
    Column("comment_id", Text),
    Column("version", Text, nullable=False),
    Column("left", Text, nullable=False, server_default="[]"),
    Column("edition", Text),
    Column("part", Text),
    Column("letter", Text),
    Index("ledger_by_ticket", "ticket_id"),
    Index("ledger_by_state", "state", "at"),
    Index("ledger_by_at", "at", "key"),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("ticket_id", Word, primary_key=True),
    Column("policy", Word, primary_key=True),
    Column("started_at", BigInteger, primary_key=True, autoincrement=False),
    Column("stopped_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("elapsed_s", BigInteger, nullable=False),
    Column("paused_s", BigInteger, nullable=False),
    Column("standing", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("rejudged", Boolean, nullable=False, server_default=false()),
    Index("verdicts_by_stop", "stopped_at"),
)

letters = Table(
    "letters",
    metadata,
    Column("key", Word, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("say", Text, nullable=False),
    Column("to", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("because", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("not_before", BigInteger),
    Column("way", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Index("letters_by_at", "at", "key"),
    Index("letters_by_state", "state", "at"),
)

absences = Table(
    "absences",
    metadata,
    Column("person", Word, primary_key=True),
    Column("first", Word, primary_key=True),
    Column("last", Word, primary_key=True),
    Column("deputies", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

leavers = Table(
    "leavers",
    metadata,
    Column("person", Word, primary_key=True),
    Column("day", Text, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    Column("ticket_id", Word, primary_key=True),
    Column("comment_id", Word, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("granted", Boolean),
    Column("because", Text, nullable=False),
    Column("not_before", BigInteger),
    Column("settled_at", BigInteger),
    Index("commands_by_settling", "settled_at", "at"),
)

archive = Table(
    "archive",
    metadata,
    Column("kind", Word, primary_key=True),
    Column("first", Word, primary_key=True),
    Column("as_of", BigInteger, nullable=False),
    Column("version", Text, nullable=False),
    Column("definitions", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

spent = Table(
    "spent",
    metadata,
    Column("hash", Word, primary_key=True),
    Column("state", Text, nullable=False),
)

parts = Table(
    "parts",
    metadata,
    Column("id", Word, primary_key=True),
    Column("project", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("outcome", LargeBinary),
)

claims = Table(
    "claims",
    metadata,
    Column("key", Word, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False),
)
