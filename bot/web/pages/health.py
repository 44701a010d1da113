"""The bot's health: when it last looked, by which rules, what it laid aside, and what somebody has to see to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot import __version__
from bot.core.desk import Desk
from bot.core.judge import look
from bot.core.laid_aside import told
from bot.core.ledger import Entry
from bot.core.letters import LetterRow
from bot.core.readers import WHOLE_DESK
from bot.core.recipients import DIGEST
from bot.core.silence import is_everything
from bot.core.soundness import failing
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.engine.audit import found_in
from bot.engine.control import silences
from bot.engine.desk import desk_of
from bot.engine.digests import drafts
from bot.engine.judging import IN_FORCE
from bot.engine.poll import RECONCILED
from bot.engine.restraint import restraint
from bot.store.tables import HEAD
from bot.store.tied import with_others
from bot.web.page import Asked, Page
from bot.web.reader import may_know
from bot.wording import number

LATE_S = 900
"""A bot that has not read Jira for so long is told of; it looks every minute or so."""

OPEN_S = 600
"""A comment whose writing was begun so long ago, and not settled since, is told as doubtful."""

BACK_D = 14
"""For how many days back messages that wait, and letters that did not arrive, are told of."""

LISTED = 50


@dataclass(frozen=True)
class Trouble:
    """A ticket that is laid aside since a moment, and why; its key where it is known.

    `because` is for a person, empty for a reason without words; `place` tells where it came to be, in English.
    """

    key: str
    because: str
    place: str
    at: Moment
    tries: int
    again_at: Moment | None
    opens: bool


@dataclass(frozen=True)
class Doubt:
    """A comment, letter or digest of which nobody knows whether it went out, or that did not.

    `ticket` is empty for letters, and where the reader may not know of the ticket.
    """

    what: str
    state: str
    ticket: str
    rule: str
    at: Moment


@dataclass(frozen=True)
class Looks:
    """When tickets are looked at next: how many are due now, how many within the hour, and the first after now."""

    due: int
    soon: int
    next_at: Moment | None


def show(asked: Asked) -> Mapping[str, Any]:
    """Give what the store tells of the bot itself, and first of all what is not as it should be."""
    store, book, now = asked.source.store, asked.book, asked.now
    polled_at, mark_ms = store.polled_at(), store.mark_ms()
    listed, unlisted = _troubles(asked)
    doubts = sorted(_doubts(asked), key=lambda each: -each.at)
    batches = store.batched()
    silenced = silences(store)
    held = store.held_since(now - BACK_D * 86_400)
    today = book.calendar.day_of(now)
    shown = {
        "now": now,
        "polled_at": polled_at,
        "mark_at": None if mark_ms is None else mark_ms // 1000,
        "swept_at": _moment(store.note(RECONCILED)),
        "in_force_at": _moment(store.note(IN_FORCE)),
        "count": store.count(),
        "looks": _looks(asked),
        "held": len(held),
        "held_until": min((each.not_before for each in held if each.not_before), default=None),
        "silenced": silenced,
        "restraint": restraint(store, now),
        "mute": is_everything(silenced, book.entries.projects),
        "audit": found_in(store),
        "control": book.entries.manners.control,
        "troubles": listed[:LISTED],
        "troubles_more": max(0, len(listed) - LISTED),
        "unlisted": unlisted,
        "doubts": doubts[:LISTED],
        "doubts_more": max(0, len(doubts) - LISTED),
        "batches": [(at, n, _release(at)) for at, n in batches.items()],
        "drafts": sorted(
            (name, min(row.at for row in rows), f"piletibot approve {name}") for name, rows in drafts(store).items()
        ),
        "costs": [
            (word, kept, week)
            for word, week in store.costs(today - timedelta(days=6), today).items()
            for kept in [store.costs(today, today).get(word, 0.0)]
        ],
        "observing": sum(each.observe for each in _speaking(asked)),
        "speaking": len(_speaking(asked)),
        "schema": HEAD,
        "program": __version__,
        "number": lambda value: number(value, asked.language),
    }
    return {**shown, "wrong": list(_wrong(shown, asked))}


def _wrong(shown: Mapping[str, Any], asked: Asked) -> Iterator[tuple[str, str]]:
    """What somebody has to see to: the place on the page, and the word for it."""
    if shown["polled_at"] is None:
        yield "cycle", "wrong_never"
    elif asked.now - shown["polled_at"] > LATE_S:
        yield "cycle", "wrong_late"
    held = shown["restraint"]
    if held.circuit.state != "closed":
        yield "cycle", "wrong_away"
    if held.everything is not None:
        yield "cycle", "wrong_paused"
    if shown["silenced"]:
        yield "cycle", "wrong_silenced" if shown["mute"] else "wrong_silenced_in"
    if failing(shown["audit"]):
        yield "audit", "wrong_audit"
    if shown["batches"]:
        yield "batches", "wrong_batches"
    if shown["doubts"]:
        yield "doubts", "wrong_doubts"
    if shown["drafts"]:
        yield "drafts", "wrong_drafts"
    if shown["troubles"] or shown["unlisted"]:
        yield "troubles", "wrong_troubles"


def _troubles(asked: Asked) -> tuple[Sequence[Trouble], int]:
    """The tickets laid aside that may be listed to the reader, and how many may not."""
    store, book = asked.source.store, asked.book
    found = store.troubles()
    tickets = {each.id: each for each in store.tickets([each.ticket_id for each in found])}
    desk = with_others(desk_of(store, book), list(tickets.values()), store, book, asked.now)
    listed, unlisted = [], 0
    for each in found:
        because, place = told(each.what, asked.language)
        listing = Trouble(each.ticket_id, because, place, each.at, each.tries, each.again_at, opens=False)
        ticket = tickets.get(each.ticket_id)
        if ticket is None:
            listed.append(listing)
            continue
        out = _spared(ticket, desk, asked)
        opens, spared = out is not None, out or frozenset()  # what is laid aside can be told of, and not be opened
        if may_know(asked.audience, secured=ticket.secured, spared=spared, book=book):
            listed.append(replace(listing, key=ticket.key, opens=opens))
        else:
            unlisted += 1
    return listed, unlisted


def _doubts(asked: Asked) -> Iterator[Doubt]:
    store = asked.source.store
    found = [each for each in store.pending() if each.state == "doubtful" or asked.now - each.at > OPEN_S]
    named = _named(asked, list({each.ticket_id for each in found}))
    for entry in found:
        yield _of_comment(entry, entry.ticket_key if entry.ticket_id in named else "")
    for row in store.letters_in({"doubtful", "refused", "failed"}):
        if row.at >= asked.now - BACK_D * 86_400:
            yield _of_letter(row)


def _named(asked: Asked, ids: Sequence[str]) -> set[str]:
    """Which of these tickets may be named to the reader; none that is not there, or that cannot be judged."""
    store, book = asked.source.store, asked.book
    tickets = store.tickets(ids)
    desk = with_others(desk_of(store, book), tickets, store, book, asked.now)
    found = ((ticket, _spared(ticket, desk, asked)) for ticket in tickets)
    return {
        ticket.id
        for ticket, out in found
        if out is not None and may_know(asked.audience, secured=ticket.secured, spared=out, book=book)
    }


def _spared(ticket: Ticket, desk: Desk, asked: Asked) -> frozenset[str] | None:
    """Whom a ticket is about; None where it cannot be judged, for which it is laid aside."""
    try:
        return frozenset(look(ticket, asked.book, asked.now, desk).view.spared)
    except Exception:
        return None


def _of_comment(entry: Entry, key: str) -> Doubt:
    return Doubt("comment", "doubtful", key, entry.rule, entry.at)


def _of_letter(row: LetterRow) -> Doubt:
    return Doubt("digest" if row.rule == DIGEST else "letter", row.state, "", row.rule, row.at)


def _looks(asked: Asked) -> Looks:
    states = {each.state for each in asked.book.entries.states} | {UNKNOWN}
    moments = [seen.look_again_at for seen in asked.source.store.seen_in(states).values()]
    known = [at for at in moments if at is not None]
    later = [at for at in known if at > asked.now]
    return Looks(len(known) - len(later), sum(at <= asked.now + 3600 for at in later), min(later, default=None))


def _speaking(asked: Asked) -> Sequence[Any]:
    entries = asked.book.entries
    return (*entries.routes, *entries.completeness, *entries.incidents, *entries.ladders)


def _moment(noted: str | None) -> Moment | None:
    return int(noted) if noted else None


def _release(batch: Moment) -> str:
    """The command that lets a batch go."""
    return f"piletibot release {datetime.fromtimestamp(batch, UTC):%Y-%m-%dT%H:%M:%SZ}"


PAGE = Page("health", "/health", WHOLE_DESK, show, place=50)
