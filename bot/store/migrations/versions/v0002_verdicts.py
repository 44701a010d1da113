"""The verdicts on clocks that have stopped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the table."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "verdicts",
        sa.Column("ticket_id", word, primary_key=True),
        sa.Column("policy", word, primary_key=True),
        sa.Column("started_at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("stopped_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("elapsed_s", sa.BigInteger, nullable=False),
        sa.Column("paused_s", sa.BigInteger, nullable=False),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("rejudged", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("verdicts_by_stop", "verdicts", ["stopped_at"])
