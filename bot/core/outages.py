"""How long services were down: the intervals of outage and monitoring tickets, merged service by service. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.core.conditions import holds
from bot.core.entries import OutagesEntry
from bot.core.history import Turn, turns
from bot.core.moments import moment
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket
from bot.core.view import View

_solved, _reopened = moment("solved"), moment("reopened")


FREE_TEXT = "set"
"""What the bot keeps of a field of free text: that something stands in it."""


@dataclass(frozen=True, slots=True)
class Outage:
    """How long a service was down within a period: whole seconds, each counted once however many tickets tell of it.

    `spans` are the stretches, oldest first and apart from each other; `tickets` the keys of those that tell of them.
    `is_open` tells whether it is down at the end of the period.
    """

    service: str
    seconds: int
    spans: tuple[tuple[Moment, Moment], ...]
    tickets: tuple[str, ...]
    is_open: bool

    @property
    def minutes(self) -> int:
        """Whole minutes, rounded up: a service that was down for a second was down in that minute."""
        return -(-self.seconds // 60)


def outages(tickets: Iterable[Ticket], book: Rulebook, first_at: Moment, until_at: Moment) -> dict[str, Outage]:
    """The outages of a period, from its first second to `until_at`, by service in alphabetical order.

    A ticket counts where it meets the rulebook's `outages.when`. It tells of an outage from the moment in the field
    `begins` (of its creation, where that says none, or a later one) until it was solved, and once more from when it
    was reopened; one that is not solved goes on. Its service is what the field `service` holds, else its category.
    """
    if book.entries.outages is None or until_at <= first_at:
        return {}
    found: dict[str, list[tuple[Moment, Moment, str, bool]]] = {}
    for ticket in tickets:
        if ticket.created_at >= until_at:
            continue
        for service, begin, end in spans_of(View(ticket, turns(ticket, book), book, until_at)):
            start, stop = max(begin, first_at), until_at if end is None else min(end, until_at)
            if start < stop:
                is_open = end is None or end >= until_at
                found.setdefault(service, []).append((start, stop, ticket.key, is_open))
    return {service: _merged(service, found[service]) for service in sorted(found)}


def spans_of(view: View) -> Iterator[tuple[str, Moment, Moment | None]]:
    """The stretches in which a ticket tells that a service was down, with that; the last endless if it still is."""
    rule = view.book.entries.outages
    if rule is None or not holds(rule.when, view):
        return
    service = _service(view.ticket, rule)
    for begin, end in _spans(view.ticket, view.happened, rule, view.book):
        yield service, begin, end


def _service(ticket: Ticket, rule: OutagesEntry) -> str:
    told = ticket.fields.get(rule.service) if rule.service else None
    return (told if told != FREE_TEXT else None) or ticket.category or "-"


def _spans(
    ticket: Ticket, happened: tuple[Turn, ...], rule: OutagesEntry, book: Rulebook
) -> Iterator[tuple[Moment, Moment | None]]:
    """The stretches of which a ticket tells, the last without an end where it is not solved."""
    begin: Moment | None = _begin(ticket, rule, book)
    for turn in happened:
        if begin is not None and _solved(turn):
            yield begin, turn.at
            begin = None
        elif begin is None and _reopened(turn):
            begin = turn.at
    if begin is not None:
        yield begin, None


def _begin(ticket: Ticket, rule: OutagesEntry, book: Rulebook) -> Moment:
    """When an outage began: as its ticket says, by the desk's wall clock where it names no zone."""
    written = ticket.fields.get(rule.begins) if rule.begins else None
    if written is None or len(written) <= len("2026-11-18"):
        return ticket.created_at
    try:
        told = datetime.fromisoformat(written)
        at = int(told.timestamp()) if told.tzinfo is not None else book.calendar.moment(told)
    except ValueError:
        return ticket.created_at
    return min(at, ticket.created_at)


def _merged(service: str, spans: list[tuple[Moment, Moment, str, bool]]) -> Outage:
    apart: list[tuple[Moment, Moment]] = []
    for start, stop, *_ in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = apart[-1][0], max(apart[-1][1], stop)
        else:
            apart.append((start, stop))
    return Outage(
        service=service,
        seconds=sum(stop - start for start, stop in apart),
        spans=tuple(apart),
        tickets=tuple(dict.fromkeys(key for *_, key, _ in sorted(spans))),
        is_open=any(is_open for *_, is_open in spans),
    )
