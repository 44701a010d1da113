"""The reports of periods that are over, as they were gathered first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create the table."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "archive",
        sa.Column("kind", word, primary_key=True),
        sa.Column("first", word, primary_key=True),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("definitions", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
