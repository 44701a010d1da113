"""A database that was damaged and begun anew: the lead is told once."""

from __future__ import annotations

from bot.core.ticket import Moment
from bot.engine.engine import Engine
from bot.engine.notices import notice, told_at
from bot.store.store import Store

BEGUN_ANEW = "begun anew at"
"""The note of when, in a database that was begun in the place of a damaged one; empty once the lead knows."""


def note_beginning(store: Store, at: Moment) -> None:
    """Note in a new database that it stands in the place of a damaged one."""
    store.set_note(BEGUN_ANEW, str(at))


def tell_of_beginning(engine: Engine) -> None:
    """Have the lead told of it, as long as nobody did: again after each start, known by its moment."""
    at = engine.store.note(BEGUN_ANEW)
    if not at:
        return
    step = notice(engine, "database_rebuilt", "the database was damaged", {}, int(at))
    if step is None:
        return
    if told_at(engine, step) is not None:
        engine.store.set_note(BEGUN_ANEW, "")
    elif all(each.key != step.key for each in engine.notices):
        engine.notices.append(step)
