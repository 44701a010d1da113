"""`piletibot handover`: the open tickets of one person given to another, one by one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import NamedTuple

from bot import logs
from bot.core.findings import nearest
from bot.core.history import turns
from bot.core.people import ROLES
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket
from bot.core.view import View
from bot.engine.engine import Engine
from bot.engine.tracker import Doubtful, Refused
from bot.settings import Misconfigured, load_settings
from bot.start import start
from bot.store.store import open_store

FINDINGS = 1


class Change(NamedTuple):
    """What is to be set on one ticket, by the words of its fields."""

    ticket: Ticket
    sets: dict[str, str]


def handover(config: Path, person: str, to: str, *, yes: bool = False) -> int:
    """List what would be set, and with `yes` set it; return 0, or 1 where a ticket could not be given over.

    Each ticket is read anew before it is written, and left alone where somebody else has it by then; one that cannot
    be written does not stop the others. Raises Misconfigured for people who are not there, and what `start` raises.
    """
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    with ExitStack() as held:
        url = settings.store.url.get_secret_value()
        engine = start(settings, lambda: held.enter_context(closing(open_store(url))))
        giver, taker = _person(person, engine.book), _taker(to, engine.book)
        if giver == taker:
            raise Misconfigured(f"{to}: that is the same person")
        changes = list(_changes(engine, giver, taker))
        if not changes:
            print(f"{person}: no open ticket is theirs.")
            return 0
        if not yes:
            for change in changes:
                print(f"{change.ticket.key}: {_told(change)}")
            print(f"{len(changes)} tickets. Nothing is written; --yes writes it.")
            return 0
        return _write(engine, changes, giver, taker)


def _person(word: str, book: Rulebook) -> str:
    """Whoever gives: a person of the rulebook, or `~` and the account of somebody whom it does not name."""
    if word in book.languages or word.startswith("~"):
        return word
    raise _unknown(word, book)


def _taker(word: str, book: Rulebook) -> str:
    if word in book.languages:
        return word
    raise _unknown(word, book)


def _unknown(word: str, book: Rulebook) -> Misconfigured:
    meant = nearest(word, book.languages)
    return Misconfigured(f"{word}: the rulebook names nobody so" + (f"; did you mean '{meant}'?" if meant else ""))


def _changes(engine: Engine, giver: str, taker: str) -> Iterator[Change]:
    """What is to be set on each open ticket, by the mirror."""
    states = {state.state for state in engine.book.entries.states if state.standing != "closed"}
    for ticket in engine.store.open_tickets(states):
        if sets := _sets(ticket, engine.book, giver, taker):
            yield Change(ticket, sets)


def _sets(ticket: Ticket, book: Rulebook, giver: str, taker: str) -> dict[str, str]:
    """What of a ticket becomes the taker's: its owner, and its forwarder where the desk has a field for that."""
    sets = {"owner": taker} if ticket.owner == giver else {}
    if "forwarder" in book.entries.fields:
        view = View(ticket, turns(ticket, book), book, ticket.created_at)
        if ROLES["forwarder"].person(view) == giver:
            sets["forwarder"] = taker
    return sets


def _write(engine: Engine, changes: list[Change], giver: str, taker: str) -> int:
    troubles = 0
    for change in changes:
        try:
            reading = engine.tracker.read([change.ticket.id])
            if not reading.tickets:
                raise Refused("it cannot be read")
            sets = _sets(reading.tickets[0], engine.book, giver, taker)
            if sets:
                engine.tracker.put(change.ticket.id, sets)
            print(
                f"{change.ticket.key}: {_told(change._replace(sets=sets)) if sets else 'somebody else has it by now'}"
            )
        except Refused as error:
            troubles += 1
            print(f"{change.ticket.key}: {error}", file=sys.stderr)
        except Doubtful:
            troubles += 1
            print(f"{change.ticket.key}: the answer was lost; look whether it is so", file=sys.stderr)
    print(f"{len(changes) - troubles} of {len(changes)} tickets given over.")
    return FINDINGS if troubles else 0


def _told(change: Change) -> str:
    return ", ".join(f"{word} becomes {value}" for word, value in change.sets.items())
