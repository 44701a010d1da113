"""What became of the commands in comments: which are yet to be settled, and which were granted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from bot.core.commands import with_decisions
from bot.core.ticket import Moment, Ticket
from bot.store.database import among
from bot.store.glance import Glances
from bot.store.tables import commands

_COMMANDS = among(sa.select(commands), commands.c.ticket_id)
_UNSETTLED = (
    sa.select(commands)
    .where(commands.c.settled_at.is_(None))
    .order_by(commands.c.at, commands.c.ticket_id, commands.c.comment_id)
)


class CommandRow(NamedTuple):
    """What became of one command, known by its comment, which was written at `at`.

    `granted` is None until that is decided, `because` says how it was, in words without personal data. before
    `not_before` it is left alone, and `settled_at` is when nothing was left to do for it.
    """

    ticket_id: str
    comment_id: str
    at: Moment
    granted: bool | None = None
    because: str = ""
    not_before: Moment | None = None
    settled_at: Moment | None = None


class Commands(Glances):
    """The part of the store that remembers commands."""

    def note_commands(self, those: Iterable[Ticket]) -> None:
        """Note the commands on these tickets that are not known yet: they are to be settled."""
        found = [
            CommandRow(ticket.id, message.id, message.at)
            for ticket in those
            for message in ticket.messages
            if message.command is not None
        ]
        if found:
            known = {(row.ticket_id, row.comment_id) for row in self.commands({row.ticket_id for row in found})}
            fresh = [row for row in found if (row.ticket_id, row.comment_id) not in known]
            if fresh:
                self.put_commands(fresh)

    def commands(self, ticket_ids: Iterable[str]) -> list[CommandRow]:
        """Return all that is known of the commands on these tickets."""
        return [CommandRow(**row._mapping) for row in self.select(_COMMANDS, sorted(ticket_ids))]

    def unsettled_commands(self) -> list[CommandRow]:
        """Return the commands that something is left to do for, in the order in which they were written."""
        if (seen := self.glance()) and not seen.commands:
            return []
        return [CommandRow(**row._mapping) for row in self.rows(_UNSETTLED)]

    def put_commands(self, rows: Sequence[CommandRow]) -> None:
        """Write these rows over those of the same comments."""
        self.count_anew(row.ticket_id for row in rows)
        self.upsert(commands, [row._asdict() for row in rows])

    def decided(self, those: Sequence[Ticket]) -> list[Ticket]:
        """Return these tickets with what was decided on their commands."""
        telling = {ticket.id for ticket in those if any(message.command for message in ticket.messages)}
        if not telling:
            return list(those)
        granted: dict[str, dict[str, bool]] = {}
        for row in self.commands(telling):
            if row.granted is not None:
                granted.setdefault(row.ticket_id, {})[row.comment_id] = row.granted
        return [with_decisions(ticket, granted.get(ticket.id, {})) for ticket in those]
