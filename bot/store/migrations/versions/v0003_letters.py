"""What became of letters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "letters",
        sa.Column("key", word, primary_key=True),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("say", sa.Text, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("not_before", sa.BigInteger),
        sa.Column("way", sa.Text, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
    )
    op.create_index("letters_by_at", "letters", ["at", "key"])
    op.create_index("letters_by_state", "letters", ["state", "at"])
