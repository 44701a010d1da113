"""The mark, the notes, the mirror with its troubles, and the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the five tables."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "mark",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("ms", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notes",
        sa.Column("name", word, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "tickets",
        sa.Column("id", word, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("updated_ms", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("look_again_at", sa.BigInteger),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("shape", sa.Text, nullable=False),
        sa.Column("gone_at", sa.BigInteger),
        sa.Column("rebuilt", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("tickets_by_look", "tickets", ["look_again_at", "id"])
    op.create_table(
        "troubles",
        sa.Column("ticket_id", word, primary_key=True),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "ledger",
        sa.Column("key", word, primary_key=True),
        sa.Column("ticket_id", word, nullable=False),
        sa.Column("ticket_key", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("rung", sa.Text, nullable=False),
        sa.Column("say", sa.Text, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("comment_id", sa.Text),
        sa.Column("version", sa.Text, nullable=False),
    )
    op.create_index("ledger_by_ticket", "ledger", ["ticket_id"])
    op.create_index("ledger_by_state", "ledger", ["state", "at"])
    op.create_index("ledger_by_at", "ledger", ["at", "key"])
