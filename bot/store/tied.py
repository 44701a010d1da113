"""What judging tickets needs to know of others, from the store: those tied to them, and those that came at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, pairwise

from msgspec.structs import replace as replace_linked

from bot.core.desk import Burst, Desk, Linked
from bot.core.incidents import Came, bursts, came, least, longest_s
from bot.core.ledger import DONE
from bot.core.linked import heeded, is_outside
from bot.core.past import as_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.store.database import pages
from bot.store.store import Store

_AT_ONCE = 500
_UNREAD = (None, None)
_RECENT_S = 4 * 24 * 3600
"""How long after it came a ticket may still begin a burst: over a long weekend."""


def with_others(desk: Desk, tickets: Sequence[Ticket], store: Store, book: Rulebook, now: Moment) -> Desk:
    """The desk with what these tickets are tied to, what is tied to them, and the bursts that are told on them."""
    if not book.entries.links:
        return desk
    return replace(
        desk,
        linked=_linked(tickets, store, book),
        tied=_tied(tickets, store, book),
        bursts=_by_ticket(bursts_now(tickets, store, book, now)),
    )


def each_with_others(
    desk: Desk, tickets: Iterable[Ticket], store: Store, book: Rulebook, now: Moment
) -> Iterator[tuple[Ticket, Desk]]:
    """Each of these tickets with what `with_others` gives for it, a number of them asked about at once."""
    coming = iter(tickets)
    while some := list(islice(coming, _AT_ONCE)):
        known = with_others(desk, some, store, book, now)
        for ticket in some:
            yield ticket, known


def as_it_was(desk: Desk, at: Moment) -> Desk:
    """The desk with what others are tied to as it stood at a moment."""
    then = {
        id_: replace_linked(each, ticket=as_of(each.ticket, at)) if each.ticket is not None else each
        for id_, each in desk.linked.items()
        if each.ticket is None or each.ticket.created_at <= at
    }
    return replace(desk, linked=then)


def _linked(tickets: Sequence[Ticket], store: Store, book: Rulebook) -> dict[str, Linked]:
    links = {link.ticket_id: link for ticket in tickets for link in heeded(ticket, book.entries)}
    inside = [id_ for id_, link in links.items() if not is_outside(link, book.entries)]
    found = {ticket.id: Linked(ticket.key, ticket) for ticket in store.tickets(inside)}
    for row in store.linked([id_ for id_ in links if id_ not in inside]).values():
        found[row.id] = Linked(row.key, row.ticket, True, row.because, row.since_at)
    for id_, link in links.items():
        if id_ not in found:
            found[id_] = Linked(link.key, None, id_ not in inside, "it is not known to the bot")
    return found


def _tied(tickets: Sequence[Ticket], store: Store, book: Rulebook) -> dict[str, tuple[Ticket, ...]]:
    words = {rule.link for rule in book.entries.incidents if rule.solved is not None}
    pairs = store.tied_to([ticket.id for ticket in tickets]) if words else {}
    ids = {other: [id_ for word, id_ in tied if word in words] for other, tied in pairs.items()}
    them = {ticket.id: ticket for ticket in store.tickets(sorted({id_ for each in ids.values() for id_ in each}))}
    return {other: tuple(them[id_] for id_ in dict.fromkeys(each) if id_ in them) for other, each in ids.items()}


def bursts_now(tickets: Sequence[Ticket], store: Store, book: Rulebook, now: Moment) -> list[Burst]:
    """The bursts that any of these tickets is in, if it came lately.

    Those that came near it count, as far as each came soon after the one before; whether one of them was told on is
    asked of the ledger, so that it is told on that one for ever.
    """
    since = now - _RECENT_S
    ids = {each.id for each in tickets if each.created_at >= since and came(each, book) is not None}
    if not ids:
        return []
    near: list[Came] = []
    for run in _runs(_came_between(since - _RECENT_S, now, store, book), longest_s(book)):
        if len(run) >= least(book) and not ids.isdisjoint(each.id for each in run):
            near += run
    told: dict[str, set[str]] = {rule.name: set() for rule in book.entries.incidents}
    for ticket_id, entries in store.entries([each.id for each in near]).items():
        for entry in entries.values():
            if entry.rule in told and entry.rung == "burst" and entry.state in DONE:
                told[entry.rule].add(ticket_id)
    found = bursts(near, book, {rule: frozenset(them) for rule, them in told.items()})
    return [burst for burst in found if not ids.isdisjoint(id_ for id_, _ in burst.tickets)]


def _came_between(first_at: Moment, last_at: Moment, store: Store, book: Rulebook) -> list[Came]:
    """The tickets created from one moment to the other that any rule counts, the oldest first.

    Only those are read that the mirror has otherwise than when this was asked last.
    """
    there = store.created_between(first_at, last_at)
    known = store.counted.get(book.version, {})
    counted = {id_: known[id_] for id_, mark in there.items() if id_ in known and known[id_][0] == mark}
    for page in pages([id_ for id_ in there if id_ not in counted]):
        counted |= {ticket.id: (there[ticket.id], came(ticket, book)) for ticket in store.tickets(page)}
    others = [pair for pair in store.counted.items() if pair[0] != book.version]
    store.counted = dict(others[-1:]) | {book.version: counted}  # by one other rulebook that this is compared with
    return [each for id_ in there if (each := counted.get(id_, _UNREAD)[1]) is not None]


def _runs(those: Sequence[Came], apart_s: int) -> Iterator[list[Came]]:
    """Those that came each soon after the one before."""
    run = list(those[:1])
    for before, each in pairwise(those):
        if each.created_at - before.created_at > apart_s:
            yield run
            run = []
        run.append(each)
    if run:
        yield run


def _by_ticket(found: Sequence[Burst]) -> dict[str, tuple[Burst, ...]]:
    grouped: dict[str, tuple[Burst, ...]] = {}
    for burst in found:
        grouped[burst.on] = (*grouped.get(burst.on, ()), burst)
    return grouped


def due_with(ids: Sequence[str], store: Store, book: Rulebook) -> list[str]:
    """The tickets that must be judged again as these changed: those that are tied to them by what is heeded."""
    words = {word for word, entry in book.entries.links.items() if entry.follows or entry.silences}
    tied = store.tied_to(ids) if words else {}
    return list(dict.fromkeys(id_ for each in tied.values() for word, id_ in each if word in words))
