"""Who has left: accounts that are no longer active, asked for once a day."""

from __future__ import annotations

import structlog

from bot.core.ticket import Moment
from bot.engine.accounts import ACCOUNTS
from bot.engine.engine import Engine

log = structlog.get_logger()

ASKED = "accounts asked"


def heed_accounts(engine: Engine, now: Moment) -> None:
    """Keep what tying the rulebook found out about accounts, once: who is gone has left, and all is looked at again.

    Raises StoreError.
    """
    found = engine.accounts
    if found is None:
        return
    left = [person for person in found.gone if person not in engine.store.leavers()]
    with engine.store.transaction():
        engine.store.set_note(ACCOUNTS, found.noted)
        engine.store.put_leavers(left, engine.book.calendar.day_of(now))
        if left:
            engine.store.due_all(now)
    engine.accounts = None
    if found.told:
        log.warning("accounts not found that were known", errors=list(found.told))


def heed_leavers(engine: Engine, now: Moment) -> None:
    """Keep whose accounts are no longer active, and forget those that are again; a change has all looked at again.

    It asks in the desk's first open hours of a day, not on the first day: the start has just looked at all accounts.
    Raises what `Tracker.active` raises.
    """
    calendar, today = engine.book.calendar, engine.book.calendar.day_of(now).isoformat()
    asked = engine.store.note(ASKED)
    if asked == today or not calendar.is_open(now):
        return
    if asked is None:
        engine.store.set_note(ASKED, today)
        return
    active = engine.tracker.active(_people(engine))
    known = engine.store.leavers()
    left = [person for person, there in active.items() if there is False and person not in known]
    back = [person for person in known if active.get(person)]
    with engine.store.transaction():
        engine.store.put_leavers(left, calendar.day_of(now))
        engine.store.remove_leavers(back)
        engine.store.set_note(ASKED, today)
        if left or back:
            engine.store.due_all(now)
    if left or back:
        log.warning("accounts changed", left=len(left), back=len(back))


def _people(engine: Engine) -> list[str]:
    """The people of the rulebook, and those whom it does not name who own or forwarded an open ticket."""
    book = engine.book
    states = {state.state for state in book.entries.states if state.standing != "closed"}
    strangers = {
        person
        for ticket in engine.store.open_tickets(states)
        for person in (ticket.owner, ticket.forwarder)
        if person is not None and person not in book.languages
    }
    return [*book.languages, *sorted(strangers | engine.store.leavers().keys() - book.languages.keys())]
