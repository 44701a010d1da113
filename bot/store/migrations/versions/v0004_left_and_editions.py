"""Whom only their summary tells of a step, and what of a step may be edited."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("ledger", sa.Column("left", sa.Text, nullable=False, server_default="[]"))
    op.add_column("ledger", sa.Column("edition", sa.Text))
    op.add_column("ledger", sa.Column("part", sa.Text))
