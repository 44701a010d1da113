"""In which letter a step was said that was said together with others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; it is empty where a step was a comment, and where a version before this one said it."""
    op.add_column("ledger", sa.Column("letter", sa.Text))
