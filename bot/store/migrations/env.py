"""What alembic runs: the migrations, in the transaction that `bot.store.connect` hands over."""

from __future__ import annotations

from alembic import context

from bot.store.tables import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
