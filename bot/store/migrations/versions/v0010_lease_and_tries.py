"""Who holds the right to send, and how often a ticket in trouble was tried."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create the table, and count every trouble that there is as tried once."""
    word = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "lease",
        sa.Column("name", word, primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until_at", sa.BigInteger, nullable=False),
    )
    op.add_column("troubles", sa.Column("tries", sa.Integer, nullable=False, server_default="1"))
    op.add_column("troubles", sa.Column("again_at", sa.BigInteger))
