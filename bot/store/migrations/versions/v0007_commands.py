"""What became of commands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the table."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "commands",
        sa.Column("ticket_id", word, primary_key=True),
        sa.Column("comment_id", word, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("granted", sa.Boolean),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("settled_at", sa.BigInteger),
    )
    op.create_index("commands_by_settling", "commands", ["settled_at", "at"])
