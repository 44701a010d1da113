"""Tickets that another is tied to: the one in which tier 2 works, and the one whose being open keeps it silent. Pure.

Where tier 2 works in another ticket, two histories become one: what people did there happened here too, and while
the ticket here waits for tier 2, whose turn it is and whether it is solved are as they are there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, get_args

from bot.core.desk import Desk, Linked
from bot.core.entries import Ball, Entries, Standing, State
from bot.core.history import UNSEEN, Situation, Turn, asked, askers, raw_turns
from bot.core.rulebook import Rulebook
from bot.core.ticket import Link, Moment, Ticket, site_of


def outside_word(standing: Standing, ball: Ball) -> str:
    """The state of a ticket outside the desk's projects, of which only these two are known."""
    return f"{standing}, {ball}"


OUTSIDE: Mapping[str, State] = {
    outside_word(standing, ball): State(
        state=outside_word(standing, ball), name={}, status=("?",), standing=standing, ball=ball
    )
    for standing in get_args(Standing)
    for ball in get_args(Ball)
}
"""The states of tickets outside the desk's projects, by their words."""


class Work(NamedTuple):
    """The tickets in which tier 2 works on this one: their keys, and how all of it stands.

    `standing` is `open`, `solved` or `unknown`; `because` says why it is not known.
    """

    keys: tuple[str, ...]
    standing: str
    because: str | None = None


@dataclass(slots=True)
class _Tie:
    """A ticket in which tier 2 works, from when on, its turns, and how it stands as far as the walk has come."""

    linked: Linked
    since: Moment
    turns: Sequence[Turn]
    now: Situation | None = None


def applies(link: Link, entries: Entries) -> bool:
    """Whether a tie is one that the rulebook has a word for, and this ticket on the side that it means."""
    entry = entries.links.get(link.type)
    return entry is not None and entry.outward in (None, link.outward)


def heeded(ticket: Ticket, entries: Entries) -> Iterator[Link]:
    """The ties of a ticket to others that must be known to judge it."""
    for link in ticket.links:
        entry = entries.links.get(link.type)
        needed = entry is not None and (entry.follows or entry.silences or link.type in _looked_at(entries))
        if needed and applies(link, entries):
            yield link


def _looked_at(entries: Entries) -> Iterator[str]:
    """The words of ties to tickets whose people are told nothing of this one, or that tell of its quality."""
    yield from (rule.link for rule in entries.excludes if rule.link is not None)
    yield from entries.indicators.quality.complaints
    yield from entries.indicators.quality.repeats


def is_outside(link: Link, entries: Entries) -> bool:
    """Whether the other ticket is in none of the desk's projects, or of another site."""
    return site_of(link.ticket_id) is not None or link.key.rpartition("-")[0] not in entries.projects


def with_work(happened: tuple[Turn, ...], ticket: Ticket, book: Rulebook, desk: Desk) -> tuple[Turn, ...]:
    """The ticket's turns, and among them those of the tickets in which tier 2 works, since it was tied to them."""
    ties = _ties(ticket, book, desk)
    if not ties:
        return happened
    who = askers(ticket, happened, book)
    events: list[tuple[Moment, int, Turn, _Tie | None]] = [(turn.at, 0, turn, None) for turn in happened]
    for tie in ties:
        events += ((turn.at, 1, turn, tie) for turn in tie.turns if turn.at > tie.since)
        if tie.linked.because is not None:
            at = max(tie.linked.since_at, tie.since)
            events.append((at, 2, happened[0]._replace(at=at, what=UNSEEN, who=None, bot=True), tie))
    merged: list[Turn] = []
    own, before = happened[0].after, None
    for at, _, turn, origin in sorted(events, key=lambda event: event[:2]):
        for tie in ties:
            if tie.now is None and at >= tie.since:
                tie.now = next((each.after for each in reversed(tie.turns) if each.at <= tie.since), None)
        if origin is None:
            own = turn.after
        elif turn.what != UNSEEN:
            origin.now = turn.after
            turn = turn._replace(elsewhere=True, command=None)
        after = _as_there(own, [tie.now for tie in ties if tie.now is not None])
        turn = turn._replace(before=before, after=after)
        merged += asked((turn,), who) if turn.elsewhere else (turn,)
        before = after
    return tuple(merged)


def work_of(happened: Sequence[Turn], ticket: Ticket, book: Rulebook, desk: Desk) -> Work | None:
    """How it stands in the tickets in which tier 2 works, given the ticket's own turns; None where there is none.

    It is of no interest once the ticket here waits for somebody else, or is solved.
    """
    if not _waits_for_tier_2(happened[-1].after):
        return None
    ties = _ties(ticket, book, desk)
    if not ties:
        return None
    keys = tuple(tie.linked.key for tie in ties)
    unseen = next((tie.linked for tie in ties if tie.linked.because is not None), None)
    if unseen is not None:
        return Work(keys, "unknown", f"{unseen.key} cannot be read: {unseen.because}")
    is_open = any(tie.turns[-1].after.standing not in ("solved", "closed") for tie in ties)
    return Work(keys, "open" if is_open else "solved")


def silent_because(ticket: Ticket, book: Rulebook, desk: Desk) -> str | None:
    """Why nothing is said on a ticket that is tied to an open one; None where nothing keeps it silent."""
    for link in ticket.links:
        entry = book.entries.links.get(link.type)
        if entry is None or not entry.silences or not applies(link, book.entries):
            continue
        linked = desk.linked.get(link.ticket_id)
        if linked is None or linked.ticket is None or linked.because is not None or _mutual(ticket, link, linked):
            continue
        if _turns_of(linked, book)[-1].after.standing == "open":
            return f"it is tied to {linked.key} ({link.type}), which is open"
    return None


def _mutual(ticket: Ticket, link: Link, linked: Linked) -> bool:
    """Whether each of two tickets is tied to the other alike: the older one then speaks."""
    other = linked.ticket
    back = Link(link.type, ticket.id, ticket.key, link.outward)
    return other is not None and back in other.links and (ticket.created_at, ticket.id) < (other.created_at, other.id)


def _ties(ticket: Ticket, book: Rulebook, desk: Desk) -> list[_Tie]:
    found: dict[str, _Tie] = {}
    for link in ticket.links if desk.linked else ():
        entry, linked = book.entries.links.get(link.type), desk.linked.get(link.ticket_id)
        if entry is not None and entry.follows and linked is not None and applies(link, book.entries):
            found[link.ticket_id] = _Tie(linked, tied_at(ticket, link), _turns_of(linked, book))
    return [tie for tie in found.values() if tie.turns or tie.linked.because is not None]


def tied_at(ticket: Ticket, link: Link) -> Moment:
    """Since when a ticket is tied to another; since its creation where its history does not say."""
    changes = (change.at for change in reversed(ticket.changes) if change.field == "link" and change.now == link.told)
    return next(changes, ticket.created_at)


def _turns_of(linked: Linked, book: Rulebook) -> Sequence[Turn]:
    if linked.ticket is None:
        return ()
    return raw_turns(linked.ticket, book, OUTSIDE if linked.outside else None)


def _waits_for_tier_2(own: Situation) -> bool:
    return own.standing == "open" and own.ball == "tier 2"


def _as_there(own: Situation, there: Sequence[Situation]) -> Situation:
    """How the ticket stands that waits for tier 2, given how those stand in which tier 2 works."""
    if not there or not _waits_for_tier_2(own):
        return own
    going_on = [each for each in there if each.standing not in ("solved", "closed")]
    if not going_on:
        return own._replace(standing="solved", tier=None, ball="tier 1")
    balls = [each.ball for each in going_on if each.standing == "open"]
    return own._replace(ball="tier 2" if "tier 2" in balls or not balls else balls[0])
