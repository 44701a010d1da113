"""Once a day what is over is removed; what Jira has deleted is erased here, and who was anonymised there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import ceil

import structlog

from bot.core.retention import Horizons, Retention, horizons, periods_due
from bot.core.rulebook import Rulebook
from bot.core.ticket import UNKNOWN, Moment
from bot.engine.engine import Engine, Report
from bot.engine.poll import mirror
from bot.engine.tracker import Tracker
from bot.store.purge import fingerprint
from bot.store.store import Store

log = structlog.get_logger()

DONE_ON = "purged on"
FOLLOWED_ON = "erasures followed on"

_WEEK = 7
_ACCOUNTS_A_DAY = 200


def keep_house(engine: Engine, now: Moment) -> None:
    """Remove what is over, in the first cycle of each of the desk's days. Raises StoreError.

    Killed in between it goes on in the next cycle. An engine without `retention` keeps everything.
    """
    today = engine.book.calendar.day_of(now).isoformat()
    if engine.retention is None or engine.store.note(DONE_ON) == today:
        return
    found = horizons_now(engine.store, engine.book, engine.retention, now)
    removed = 0
    for word, n in purge(engine.store, engine.book, found):
        engine.seam("within purge")
        removed += n
        log.debug("purged of a kind", kind=word, rows=n)
        if engine.stopping():
            return
    files = engine.store.purge_copies(found.at["copies"])
    files += 0 if engine.post.folder is None else engine.post.folder.purge(found.at["files"])
    engine.store.reclaim()
    engine.store.set_note(DONE_ON, today)
    engine.seam("after purge")
    if removed or files:
        log.info("purged", rows=removed, files=files)


def horizons_now(store: Store, book: Rulebook, retention: Retention, now: Moment) -> Horizons:
    """Work out since when each kind is kept, with the reports that the archive has already."""
    reported = [each for each in periods_due(book, now) if store.report_of(each.kind, each.first) is not None]
    return horizons(retention, book, now, reported)


def purge(store: Store, book: Rulebook, found: Horizons) -> Iterator[tuple[str, int]]:
    """Remove what is over, transaction by transaction: the kind of each, and how many rows it removed.

    Run again it finds nothing left; stopped in between, the next run goes on. Raises StoreError.
    """
    at, days = found.at, found.days
    closed = [state.state for state in book.entries.states if state.standing == "closed"]
    steps: Mapping[str, Callable[[], int]] = {
        "tickets": lambda: store.purge_tickets(at["tickets"], closed, _own_tickets(book)),
        "ledger": lambda: store.purge_ledger(at["ledger"]),
        "verdicts": lambda: store.purge_verdicts(at["verdicts"]),
        "commands": lambda: store.purge_commands(at["commands"]),
        "linked": store.purge_linked,
        "letters": lambda: store.purge_letters(at["letters"]),
        "absences": lambda: store.purge_absences(days["absences"]),
        "leavers": lambda: store.purge_leavers(days["leavers"], _asked_about(store, book)),
        "troubles": lambda: store.purge_troubles(at["troubles"]),
        "costs": lambda: store.purge_costs(days["costs"]),
        "reports": lambda: store.purge_reports(at["reports"]),
    }
    for word, step in steps.items():
        while n := step():
            yield word, n


def follow_erasures(engine: Engine, now: Moment, report: Report) -> None:
    """Erase, once a day, what the tracker no longer has: tickets that are gone, accounts that vanished.

    A ticket is erased once it was not found for `gone_days` and is not found today, in a project of which others are
    seen; one that may only be hidden, or has moved away, after `hidden_days`. Raises what the tracker raises.
    """
    today = engine.book.calendar.day_of(now)
    if engine.retention is None or engine.store.note(FOLLOWED_ON) == today.isoformat():
        return
    found = horizons(engine.retention, engine.book, now)
    erased = erase_tickets(engine.store, engine.tracker, found, engine.pace.read_size)
    vanished = _vanished(engine, today.toordinal())
    if vanished:
        _forget_people(engine, vanished, now, report)
    engine.store.set_note(FOLLOWED_ON, today.isoformat())
    if erased or vanished:
        log.info("erased", tickets=erased, accounts=len(vanished))


def erase_tickets(store: Store, tracker: Tracker, found: Horizons, size: int) -> int:
    """Erase the tickets that are no longer the desk's, as `follow_erasures` says; returns how many."""
    erased, asked = [], []
    seen = store.projects_seen() - tracker.closed.keys()
    for id_, project, gone_at in store.gone_since(found.at["gone"]):
        if gone_at < found.at["hidden"]:
            erased.append(id_)
        elif project in seen:
            asked.append(id_)
    for start in range(0, len(asked), size):
        ids = asked[start : start + size]
        reading = tracker.read(ids)
        there = {ticket.id for ticket in reading.tickets} | {trouble.ticket_id for trouble in reading.troubles}
        erased += [id_ for id_ in ids if id_ not in there]
    return sum(store.erase(erased[start : start + size]) for start in range(0, len(erased), size))


def _vanished(engine: Engine, day: int) -> list[str]:
    """Those of the people whom the rulebook does not name whose accounts the tracker no longer knows.

    Each is asked about once a week, and less often where there are very many.
    """
    people = engine.store.strangers()
    slices = max(_WEEK, ceil(len(people) / _ACCOUNTS_A_DAY))
    todays = [person for person in people if int(fingerprint(person), 16) % slices == day % slices]
    return sorted(engine.tracker.vanished(sorted(todays)))


def _forget_people(engine: Engine, people: Sequence[str], now: Moment, report: Report) -> None:
    """Read the tickets anew on which these people stand; where they are not judged any more, name them no longer."""
    ids = engine.store.naming(people)
    for start in range(0, len(ids), engine.pace.read_size):
        mirror(engine, ids[start : start + engine.pace.read_size], now, report)
    states = [state.state for state in engine.book.entries.states if state.standing != "closed"]
    engine.store.erase_accounts(people, engine.store.seen_in([*states, UNKNOWN]).keys())


def _own_tickets(book: Rulebook) -> list[str]:
    """The keys of the tickets on which the bot is told things and tells them."""
    manners = book.entries.manners
    keys = (manners.control, manners.desk_ticket, book.entries.digest.ticket)
    return [key for key in keys if key is not None]


def _asked_about(store: Store, book: Rulebook) -> set[str]:
    """The people whose accounts are asked about every day: those of the rulebook and of open tickets."""
    states = [state.state for state in book.entries.states if state.standing != "closed"]
    of_tickets = {person for ticket in store.open_tickets(states) for person in (ticket.owner, ticket.forwarder)}
    return {person for person in of_tickets if person is not None} | set(book.languages)
