"""What most cycles find none of, asked in one question: which of the others are worth asking."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import URL, Engine

from bot.core.ticket import Moment
from bot.store.database import Database
from bot.store.tables import absences, commands, leavers, ledger, letters, mark, tickets, troubles

UNSETTLED = frozenset(("held", "batched", "released", "drafted", "intended", "doubtful"))
"""The states of a letter of which something is still to become."""


class Glance(NamedTuple):
    """The mark, when the first ticket is to be looked at, and whether there is any of each of these."""

    mark_ms: int | None
    look_at: Moment | None
    begun: bool
    batched: bool
    letters: bool
    commands: bool
    troubles: bool
    absences: bool
    leavers: bool


def _any(table: sa.Table, *those: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    return sa.exists(sa.select(sa.literal(1)).select_from(table).where(*those))


_GLANCE = sa.select(
    sa.select(mark.c.ms).scalar_subquery(),
    sa.select(sa.func.min(tickets.c.look_again_at)).scalar_subquery(),
    _any(ledger, ledger.c.state.in_(("intended", "doubtful"))),
    _any(ledger, ledger.c.state == "batched"),
    _any(letters, letters.c.state.in_(sorted(UNSETTLED))),
    _any(commands, commands.c.settled_at.is_(None)),
    _any(troubles),
    _any(absences),
    _any(leavers),
)


class Kept(threading.local):
    """What a thread keeps within a cycle; nothing outside one. `writes` were made when the glance was."""

    within = False
    notes: dict[str, str] | None = None
    glance: Glance | None = None
    writes = -1


class Glances(Database):
    """The part of a store that tells at a glance what is worth asking."""

    def __init__(self, engine: Engine, url: URL) -> None:
        super().__init__(engine, url)
        self._kept = Kept()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let this thread read small things all at once inside, and again after something was written through this.

        What others write meanwhile it then learns afterwards; within a transaction all is read as it is.
        """
        kept = vars(self._kept)
        before = dict(kept)
        kept.clear()
        kept["within"] = True
        try:
            yield
        finally:
            kept.clear()
            kept.update(before)

    def learn_anew(self) -> None:
        """Read anew what is asked for next, as others may have written some of it."""
        self._kept.notes = self._kept.glance = None

    def glance(self) -> Glance | None:
        """Return what a glance tells within `at_once`; None outside, where every question is asked by itself."""
        kept = self._kept
        if not kept.within or self.in_transaction:
            return None
        if kept.glance is None or kept.writes != self.writes:
            kept.writes = self.writes
            kept.glance = Glance._make(self.plain(_GLANCE)[0])
        return kept.glance
