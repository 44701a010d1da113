"""What the bot itself cost, by the desk's days: requests, comments, letters, cycles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

import msgspec
import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import notes

NAME = "cost "
"""What the names of the notes that hold a day's costs begin with."""

_OF_DAY = sa.select(notes.c.value).where(notes.c.name == sa.bindparam("day"))
_OF_DAYS = sa.select(notes.c.value).where(
    notes.c.name >= sa.bindparam("first_day"), notes.c.name <= sa.bindparam("last_day")
)


class Costs(Database):
    """The costs that an open store keeps."""

    def add_costs(self, day: date, amounts: Mapping[str, int]) -> None:
        """Add these amounts, by what they are of, to those of a day."""
        name = NAME + day.isoformat()
        with self.transaction():
            kept = self.value(_OF_DAY, day=name)
            whole = Counter({} if kept is None else _read(kept))
            whole.update(amounts)
            self.upsert(notes, [{"name": name, "value": msgspec.json.encode(dict(sorted(whole.items()))).decode()}])

    def costs(self, first: date, last: date) -> dict[str, float]:
        """Return what these days cost together, the first and the last included; nothing where nothing was kept."""
        days = self.rows(_OF_DAYS, first_day=NAME + first.isoformat(), last_day=NAME + last.isoformat())
        whole: Counter[str] = Counter()
        for row in days:
            whole.update(_read(row.value))
        return {word: float(amount) for word, amount in sorted(whole.items())}


def _read(kept: str) -> dict[str, int]:
    return msgspec.json.decode(kept, type=dict[str, int])
