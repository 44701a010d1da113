"""A cycle that several processes work on: the parts of it that are handed out, and who began the sending of what.

Parts live no longer than their cycle. What they are about and what came of them is bytes to the store.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from bot.core.ticket import Moment
from bot.store.database import Database, among
from bot.store.lease import CYCLE
from bot.store.tables import claims, lease, ledger, parts, tickets

_PROJECTS = among(sa.select(tickets.c.id, tickets.c.project), tickets.c.id)
_BEGUN = ("intended", "doubtful")

_this = parts.c.id == sa.bindparam("which")
_FINISH = (
    sa.update(parts).where(_this, parts.c.state == "taken").values(state="done", outcome=sa.bindparam("came_of_it"))
)
_PART = sa.select(parts.c.id, parts.c.project, parts.c.epoch, parts.c.state, parts.c.body).where(_this)
_STATES = sa.select(parts.c.id, parts.c.state).order_by(parts.c.id)
_OUTCOMES = among(sa.select(parts.c.id, parts.c.outcome), parts.c.id)
_HELD = sa.select(lease.c.name, lease.c.holder).where(lease.c.holder != "").order_by(lease.c.name)


class Part(NamedTuple):
    """A part of a cycle, of one project: handed out under an epoch of the lease on the desk.

    It is `open`, `taken` or `done`; `body` is what is to be done.
    """

    id: str
    project: str
    epoch: int
    state: str
    body: bytes


class Parts(Database):
    """The parts and claims that an open store keeps."""

    def projects_of(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the projects of these tickets by their ids."""
        return {row.id: row.project for row in self.select(_PROJECTS, ids)}

    def put_parts(self, new: Sequence[Part]) -> None:
        """Keep parts that are handed out, in place of all there were."""
        with self.transaction():
            self.write(sa.delete(parts))
            self.upsert(parts, [{**part._asdict(), "outcome": None} for part in new])

    def part(self, which: str) -> Part | None:
        """Return a part; None where there is none any more."""
        rows = self.rows(_PART, which=which)
        return Part(**rows[0]._mapping) if rows else None

    def part_states(self) -> dict[str, str]:
        """Return the states of all parts by their ids."""
        return {row.id: row.state for row in self.rows(_STATES)}

    def take_part(self, which: str, states: Collection[str] = ("open",)) -> bool:
        """Count a part as taken that is in one of these states; tells whether it was."""
        with self.transaction():
            rows = self.rows(_PART.with_for_update(), which=which)
            if not rows or rows[0].state not in states:
                return False
            self.write(sa.update(parts).where(parts.c.id == which).values(state="taken"))
        return True

    def finish_part(self, which: str, outcome: bytes) -> None:
        """Keep what came of a part that is taken."""
        self.write(_FINISH, [{"which": which, "came_of_it": outcome}])

    def outcomes(self, ids: Sequence[str]) -> dict[str, bytes]:
        """Return what came of these parts, by their ids."""
        return {row.id: row.outcome for row in self.select(_OUTCOMES, ids)}

    def clear_parts(self) -> None:
        """Forget all parts, and the claims on what is no longer being sent."""
        with self.transaction():
            self.write(sa.delete(parts))
            begun = sa.select(ledger.c.key).where(
                ledger.c.key == claims.c.key, ledger.c.at == claims.c.at, ledger.c.state.in_(_BEGUN)
            )
            self.write(sa.delete(claims).where(~begun.exists()))

    def claim(self, key: str, at: Moment, epoch: int) -> bool:
        """Claim the sending of what was intended at a moment, once for ever; tells whether it is this claim's."""
        row = sa.select(ledger.c.key, ledger.c.at, sa.literal(epoch).label("epoch")).where(
            ledger.c.key == key, ledger.c.at == at, ledger.c.state == "intended"
        )
        if self.dialect == "sqlite":
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
        new = insert(claims).from_select(["key", "at", "epoch"], row)
        kept = {"at": new.excluded.at, "epoch": new.excluded.epoch}
        return self.write(new.on_conflict_do_update(index_elements=["key"], set_=kept, where=claims.c.at < at)) == 1

    def holders(self) -> dict[str, str]:
        """Return who holds which lease, by its name, as `Holder` writes it; given back ones are left out."""
        return {row.name: row.holder for row in self.rows(_HELD)}

    def free_projects(self) -> None:
        """Take the leases on all projects from whoever has them, as nothing is handed out any more."""
        projects = sa.and_(lease.c.name != CYCLE, lease.c.holder != "")
        self.write(sa.update(lease).where(projects).values(holder="", epoch=lease.c.epoch + 1))
