"""Who is away, as told by command, and who has left. Why is never kept."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import msgspec
import sqlalchemy as sa

from bot.core.desk import Absence
from bot.core.ticket import Moment
from bot.store.glance import Glances
from bot.store.tables import absences, leavers

_ABSENCES = sa.select(absences).order_by(absences.c.first, absences.c.person, absences.c.last)
_LEAVERS = sa.select(leavers).order_by(leavers.c.person)


class Absences(Glances):
    """The absences of an open store."""

    def absences(self) -> list[Absence]:
        """Return the absences given by command, by first day, person and last day."""
        if (seen := self.glance()) and not seen.absences:
            return []
        return [_absence(row) for row in self.rows(_ABSENCES)]

    def put_absence(self, absence: Absence, at: Moment) -> None:
        """Keep an absence; given again for the same days, it replaces who stands in."""
        self.upsert(absences, [_row(absence) | {"at": at}])

    def remove_absence(self, absence: Absence) -> bool:
        """Remove the absence of the same person and days; returns whether there was one."""
        here = sa.and_(*(absences.c[word] == value for word, value in _row(absence).items() if word != "deputies"))
        with self.transaction():
            found = self.value(sa.select(absences.c.person).where(here)) is not None
            if found:
                self.write(sa.delete(absences).where(here))
        return found

    def leavers(self) -> dict[str, date]:
        """Return the people whose accounts are no longer active, each with the day on which that was found."""
        if (seen := self.glance()) and not seen.leavers:
            return {}
        return {row.person: date.fromisoformat(row.day) for row in self.rows(_LEAVERS)}

    def put_leavers(self, people: Iterable[str], day: date) -> None:
        """Keep that these people have left, found on this day."""
        rows = [{"person": person, "day": day.isoformat()} for person in people]
        if rows:
            self.upsert(leavers, rows)

    def remove_leavers(self, people: Iterable[str]) -> None:
        """Forget that these people had left."""
        for person in people:
            self.write(sa.delete(leavers).where(leavers.c.person == person))


def _row(absence: Absence) -> dict[str, Any]:
    return {
        "person": absence.person,
        "first": absence.first.isoformat(),
        "last": absence.last.isoformat(),
        "deputies": msgspec.json.encode(absence.deputies).decode(),
    }


def _absence(row: sa.Row[Any]) -> Absence:
    deputies = msgspec.json.decode(row.deputies, type=tuple[str, ...])
    return Absence(row.person, date.fromisoformat(row.first), date.fromisoformat(row.last), deputies)
