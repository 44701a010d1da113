"""Small facts under their names. A cycle reads all of them at once, as it asks for most of them, and often."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from bot.store.costs import NAME
from bot.store.database import Database
from bot.store.tables import notes

_NOTE = sa.select(notes.c.value).where(notes.c.name == sa.bindparam("name"))
_ALL = sa.select(notes.c.name, notes.c.value).where(notes.c.name.not_like(f"{NAME}%"))


class _Kept(threading.local):
    """What this thread keeps of the notes; None until it is asked for."""

    wanted = False
    all: dict[str, str] | None = None


class Noted(Database):
    """The notes that an open store keeps."""

    def __init__(self, engine: Engine, url: URL) -> None:
        super().__init__(engine, url)
        self._kept = _Kept()

    @contextmanager
    def notes_at_once(self) -> Iterator[None]:
        """Let this thread read all notes at once inside, and again after it wrote one.

        What others write meanwhile it then learns afterwards, but in a transaction each note is read as it is.
        """
        kept = self._kept
        before = kept.wanted, kept.all
        kept.wanted, kept.all = True, None
        try:
            yield
        finally:
            kept.wanted, kept.all = before

    def notes_anew(self) -> None:
        """Read all notes again before the next is asked for, as others may have written some."""
        self._kept.all = None

    def note(self, name: str) -> str | None:
        """Return the small fact noted under this name."""
        kept = self._kept
        if not kept.wanted or self.in_transaction or name.startswith(NAME):
            noted: str | None = self.value(_NOTE, name=name)
            return noted
        if kept.all is None:
            kept.all = {row.name: row.value for row in self.rows(_ALL)}
        return kept.all.get(name)

    def set_note(self, name: str, value: str) -> None:
        """Note a small fact; the same value again writes nothing."""
        self.upsert(notes, [{"name": name, "value": value}], unless_same="value")

    def drop_note(self, name: str) -> None:
        """Note nothing under this name any more."""
        self.write(sa.delete(notes).where(notes.c.name == name))

    def write(self, statement: sa.Insert | sa.Update | sa.Delete, rows: Any = ()) -> int:
        """Execute the statement, as `Database.write` does; notes that were kept are read again after it."""
        if statement.table is notes:
            self._kept.all = None
        return super().write(statement, rows)
