"""The other tickets that a rule test describes: those tied to its ticket, and those that came beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from bot.core.desk import Burst, Desk, Linked
from bot.core.incidents import bursts, came
from bot.core.rulebook import Rulebook
from bot.core.ruletest_ticket import desk_at, moment, ticket_at
from bot.core.ruletest_words import Case, Other
from bot.core.ticket import Change, Link, Moment, Ticket


def asked_about(case: Case, book: Rulebook, now: Moment) -> tuple[Ticket, Desk]:
    """The ticket of a test at a moment, and what judging it needs to know of the others, as far as they are there."""
    ticket = ticket_at(case, book, now)
    others = [(other, _made(case, other, number, book, now)) for number, other in enumerate(case.others, 2)]
    there = [(other, made) for other, made in others if made.created_at <= now]
    linked: dict[str, Linked] = {}
    tied: list[Ticket] = []
    for other, made in there:
        at = moment(other.at, book) if other.at is not None else max(ticket.created_at, made.created_at)
        if at > now:
            continue
        if other.tied is not None:
            ticket = _with(ticket, made, other.tied, at, book)
            because = "it may not be seen" if other.unreadable else None
            linked[made.id] = Linked(made.key, None if other.unreadable else made, because=because, since_at=at)
        if other.ties is not None:
            tied.append(_with(made, ticket, other.ties, at, book))
    counted = (came(each, book) for each in (ticket, *(made for _, made in there)))
    found = bursts((each for each in counted if each is not None), book)
    desk = desk_at(case, book, now)
    return ticket, replace(desk, linked=linked, tied={ticket.id: tuple(tied)}, bursts=_by_ticket(list(found)))


def _made(case: Case, other: Other, number: int, book: Rulebook, now: Moment) -> Ticket:
    made = ticket_at(case.model_copy(update={"ticket": other.ticket}), book, now)
    number = int(case.ticket.id) + number - 1
    return msgspec.structs.replace(made, id=str(number), key=f"{made.project}-{number}")


def _with(ticket: Ticket, other: Ticket, word: str, at: Moment, book: Rulebook) -> Ticket:
    """The ticket tied to another at a moment, on the side that the rulebook means."""
    link = Link(word, other.id, other.key, book.entries.links[word].outward is not False)
    tie = Change(at, "link", None, other.key)
    changes = sorted((*ticket.changes, tie), key=lambda change: change.at)
    return msgspec.structs.replace(ticket, links=(*ticket.links, link), changes=tuple(changes))


def _by_ticket(found: Sequence[Burst]) -> dict[str, tuple[Burst, ...]]:
    return {id_: tuple(burst for burst in found if burst.on == id_) for id_ in {burst.on for burst in found}}
