"""Ties between tickets, tickets outside the desk, and when a ticket was created."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables, and add the column."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "links",
        sa.Column("ticket_id", word, primary_key=True),
        sa.Column("type", word, primary_key=True),
        sa.Column("other", word, primary_key=True),
    )
    op.create_index("links_by_other", "links", ["other"])
    op.create_table(
        "linked",
        sa.Column("id", word, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("body", sa.Text),
        sa.Column("because", sa.Text),
        sa.Column("since_at", sa.BigInteger, nullable=False),
    )
    op.add_column("tickets", sa.Column("created_at", sa.BigInteger))
    op.create_index("tickets_by_creation", "tickets", ["created_at", "id"])
