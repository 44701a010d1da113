"""Small facts under their names. A cycle reads all of them at once, as it asks for most of them, and often."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from bot.store.costs import NAME
from bot.store.glance import Glances
from bot.store.tables import notes

_NOTE = sa.select(notes.c.value).where(notes.c.name == sa.bindparam("name"))
_ALL = sa.select(notes.c.name, notes.c.value).where(notes.c.name.not_like(f"{NAME}%"))


class Noted(Glances):
    """The notes that an open store keeps."""

    def note(self, name: str) -> str | None:
        """Return the small fact noted under this name."""
        kept = self._kept
        if not kept.within or self.in_transaction or name.startswith(NAME):
            noted: str | None = self.value(_NOTE, name=name)
            return noted
        if kept.notes is None:
            kept.notes = dict(self.plain(_ALL))
        return kept.notes.get(name)

    def set_note(self, name: str, value: str) -> None:
        """Note a small fact; the same value again writes nothing."""
        self.upsert(notes, [{"name": name, "value": value}], unless_same="value")

    def note_to_change(self, name: str) -> str:
        """Return a small fact, empty where there is none, which nobody else changes while this transaction lasts."""
        self.write_new(notes, {"name": name, "value": ""})
        return str(self.value(_NOTE.with_for_update(), name=name))

    def drop_note(self, name: str) -> None:
        """Note nothing under this name any more."""
        self.write(sa.delete(notes).where(notes.c.name == name))

    def write(self, statement: sa.Insert | sa.Update | sa.Delete, rows: Any = ()) -> int:
        """Execute the statement, as `Database.write` does; notes that were kept are read again after it."""
        if statement.table is notes:
            self._kept.notes = None
        return super().write(statement, rows)
