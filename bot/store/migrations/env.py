"""What alembic runs: the migrations, in the transaction that `bot.store.upgrade` hands over."""

from __future__ import annotations

from alembic import context

from bot.store.tables import VERSION_TABLE

_given = context.config.attributes


def _applied(*_: object, **__: object) -> None:
    _given["seam"]("after migration")


context.configure(connection=_given["connection"], version_table=VERSION_TABLE, on_version_apply=_applied)
context.run_migrations()
