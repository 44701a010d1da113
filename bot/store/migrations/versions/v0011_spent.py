"""Hashes of keys whose rows were purged: what was said stays said."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create the table."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "spent",
        sa.Column("hash", word, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
    )
