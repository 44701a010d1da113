"""Which of two databases is in force: what was copied elsewhere is left, and an unfinished copy is not yet in use."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import sqlalchemy as sa

from bot.core.ticket import Moment
from bot.store.database import Database
from bot.store.errors import NotInForce, StoreError
from bot.store.tables import notes

LEFT = "left"
UNFINISHED = "unfinished copy"
JOURNAL = "journal of letters"
"""The notes that a copy leaves: in the database that was left, in one that is being filled, and where the journal is
of the database from which it was."""

OF_COPIES = (LEFT, UNFINISHED)

_FOUND = sa.select(notes.c.name, notes.c.value).where(notes.c.name.in_(OF_COPIES))


class Move(msgspec.Struct, frozen=True):
    """A copying: its `id`, the other database without credentials, and when."""

    id: str
    other: str
    at: Moment


def be_in_force(store: Database) -> None:
    """Raise NotInForce for a database that was left for another, and for a copy that was never finished."""
    for row in store.rows(_FOUND):
        move = _read(row.value)
        at = datetime.fromtimestamp(move.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        if row.name == LEFT:
            raise NotInForce(
                f"this database was left on {at} for {move.other}, and nothing is sent from it any more; name that "
                "one in `url` under [store], or in PILETIBOT_STORE__URL"
            )
        raise NotInForce(
            f"this database is a copy of {move.other} that was begun on {at} and never finished, so that the other "
            "one is in force; copy it anew with `piletibot store copy`"
        )


def move_in(store: Database, name: str) -> Move | None:
    """Read the note of a copying: `LEFT` or `UNFINISHED`."""
    noted = store.value(sa.select(notes.c.value).where(notes.c.name == name))
    return None if noted is None else _read(noted)


def _read(value: str) -> Move:
    try:
        return msgspec.json.decode(value, type=Move)
    except msgspec.DecodeError:
        raise StoreError("the note in the database on its copy is damaged") from None
