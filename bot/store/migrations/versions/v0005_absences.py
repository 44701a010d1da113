"""Who is away, as told by command, and who has left."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Create the tables."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "absences",
        sa.Column("person", word, primary_key=True),
        sa.Column("first", word, primary_key=True),
        sa.Column("last", word, primary_key=True),
        sa.Column("deputies", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "leavers",
        sa.Column("person", word, primary_key=True),
        sa.Column("day", sa.Text, nullable=False),
    )
