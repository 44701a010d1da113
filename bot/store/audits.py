"""What the audit asks the database: counts over its indices for each cycle, and whole passes for now and then."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa

from bot.core.ticket import Moment
from bot.store.glance import Glances
from bot.store.lease import CYCLE
from bot.store.tables import lease, ledger, letters, tickets

_here = tickets.c.gone_at.is_(None)
_many = sa.func.count()
_begun = sa.or_(letters.c.state == "intended", sa.and_(letters.c.state == "doubtful", letters.c.way == "comment"))
_LATE = sa.select(
    sa.select(_many).select_from(tickets).where(tickets.c.look_again_at <= sa.bindparam("looks")).scalar_subquery(),
    sa.select(_many)
    .select_from(ledger)
    .where(ledger.c.state.in_(("intended", "doubtful")), ledger.c.at < sa.bindparam("begun"))
    .scalar_subquery(),
    sa.select(_many)
    .select_from(letters)
    .where(letters.c.state.in_(("intended", "doubtful")), letters.c.at < sa.bindparam("begun"), _begun)
    .scalar_subquery(),
)
_UNPROVEN = sa.select(_many).where(
    ledger.c.state == "said",
    ledger.c.at >= sa.bindparam("since"),
    ledger.c.comment_id.is_(None),
    ledger.c.letter.is_(None),
)
_SAID_ON = (
    sa.select(ledger.c.ticket_id)
    .where(ledger.c.state == "said", ledger.c.at >= sa.bindparam("since"), ledger.c.comment_id.is_not(None))
    .group_by(ledger.c.ticket_id)
    .order_by(sa.func.max(ledger.c.at).desc(), ledger.c.ticket_id)
    .limit(sa.bindparam("many"))
)
_STATES = sa.select(tickets.c.state, _many.label("many")).where(_here).group_by(tickets.c.state)
_DUE = sa.select(_many).select_from(tickets).where(tickets.c.look_again_at <= sa.bindparam("now"))
_UNDONE = [
    sa.select(table.c.rule, table.c.state, _many.label("many"))
    .where(table.c.state.in_(states))
    .group_by(table.c.rule, table.c.state)
    for table, states in (
        (ledger, ("held", "batched", "released", "intended", "doubtful")),
        (letters, ("held", "batched", "released", "intended", "drafted")),  # a doubtful one is never sent again
    )
]


class Late(NamedTuple):
    """How many looks are late, and how many steps and letters were begun too long ago."""

    looks: int = 0
    steps: int = 0
    letters: int = 0


class Audits(Glances):
    """The questions of the audit to an open store."""

    def late(self, looks: Moment, begun: Moment) -> Late:
        """Count what is late: looks due by one moment, and writes begun before another."""
        seen = self.glance()
        if seen and not (seen.begun or seen.letters) and (seen.look_at is None or seen.look_at > looks):
            return Late()
        return Late._make(self.rows(_LATE, looks=looks, begun=begun)[0])

    def unproven(self, since: Moment) -> int:
        """Count the steps said at `since` or later of which neither a comment nor a letter is known."""
        return int(self.value(_UNPROVEN, since=since))

    def said_on(self, since: Moment, many: int) -> list[str]:
        """Return at most `many` tickets on which a comment was written at `since` or later, the latest first."""
        return [row.ticket_id for row in self.rows(_SAID_ON, since=since, many=many)]

    def looks_of(self, states: Collection[str], after: str, many: int | None = None) -> dict[str, Moment | None]:
        """Return the next looks of the tickets in these states, by ids beyond `after`, at most `many` of them."""
        columns = sa.select(tickets.c.id, tickets.c.look_again_at)
        those = columns.where(_here, tickets.c.state.in_(sorted(states)), tickets.c.id > after)
        return {row.id: row.look_again_at for row in self.rows(those.order_by(tickets.c.id).limit(many))}

    def states(self) -> dict[str, int]:
        """Count the tickets by their states: a pass over all of them."""
        return {row.state: row.many for row in self.rows(_STATES)}

    def overdue(self, now: Moment) -> int:
        """Count the tickets that are to be looked at by `now`."""
        return int(self.value(_DUE, now=now))

    def undone(self) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
        """Count the steps, and the letters, on which nothing is decided for good, by rule and state."""
        steps, sent = ({(row.rule, row.state): row.many for row in self.rows(each)} for each in _UNDONE)
        return steps, sent

    def lease_holder(self) -> str | None:
        """Return who holds the lease on the cycle, as it was written; empty where nobody does, None at first."""
        found: str | None = self.value(sa.select(lease.c.holder).where(lease.c.name == CYCLE))
        return found

    def integrity(self) -> str | None:
        """Have the database look at itself; what is wrong with it in a word, None where it finds nothing."""
        if self._engine.dialect.name != "sqlite":
            return None  # PostgreSQL's own affair: it has no such question
        with self.reading() as connection:
            found = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
        return None if found == "ok" else found.partition("\n")[0]

    def size_bytes(self) -> int:
        """Return how much room the database takes."""
        question = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        if self._engine.dialect.name == "postgresql":
            question = "SELECT pg_database_size(current_database())"
        with self.reading() as connection:
            return int(connection.exec_driver_sql(question).scalar_one())
