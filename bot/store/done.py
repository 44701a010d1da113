"""By which words what was done can be asked for: tickets, rules and people, though they are there no longer."""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from bot.store.database import Database
from bot.store.tables import ledger, letters, spent, tickets

_WRITTEN_KEYS = sa.select(ledger.c.ticket_id, sa.func.max(ledger.c.ticket_key).label("ticket_key")).group_by(
    ledger.c.ticket_id
)


class Done(Database):
    """The part of a store that knows what anything was ever done about."""

    def keys_of_ids(self) -> dict[str, str]:
        """Return the keys by id of all tickets of which anything is kept: as they are now, else as last written."""
        written = {row.ticket_id: row.ticket_key for row in self.rows(_WRITTEN_KEYS) if row.ticket_key}
        return written | {row.id: row.key for row in self.rows(sa.select(tickets.c.id, tickets.c.key))}

    def words_of_what_was_done(self) -> tuple[set[str], set[str]]:
        """Return the rules by which anything was ever done, and the people whom it was for, as far as is kept."""
        rules = {row.rule for table in (ledger, letters) for row in self.rows(sa.select(table.c.rule).distinct())}
        people = {row.to for row in self.rows(sa.select(letters.c.to).distinct())}
        for row in self.rows(sa.select(ledger.c.to, ledger.c.left).distinct()):
            people |= {person for text in row for person in msgspec.json.decode(text)}
        return rules, people

    def has_purged(self) -> bool:
        """Whether of anything that was done only a hash is kept."""
        return self.value(sa.select(spent.c.hash).limit(1)) is not None
