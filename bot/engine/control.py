"""The control ticket: the hold label on it silences everything, and the lead is told things there."""

from __future__ import annotations

from bot.core.ticket import Moment, Ticket
from bot.engine.engine import Engine

SILENCED = "silenced"
CONTROL = "control"


def control_ticket(engine: Engine) -> Ticket | None:
    """The rulebook's control ticket as it is in the mirror; None where the rules name none or it is not there."""
    key = engine.book.entries.manners.control
    if key is None:
        return None
    known = engine.store.note(CONTROL)
    if known is not None and (found := engine.store.tickets([known])) and found[0].key == key:
        return found[0]
    ticket = engine.store.ticket_of(key)
    if ticket is not None:
        engine.store.set_note(CONTROL, ticket.id)
    return ticket


def heed_control(engine: Engine, now: Moment) -> None:
    """Note whether everything is silenced, from the mirror and the rules of now; a change has all looked at again."""
    ticket = control_ticket(engine)
    silenced = "*" if ticket is not None and engine.book.entries.manners.hold in ticket.labels else ""
    if (engine.store.note(SILENCED) or "") != silenced:
        with engine.store.transaction():
            engine.store.set_note(SILENCED, silenced)
            engine.store.due_all(now)
