"""A ticket with which something goes wrong is laid aside with its reason, and tried again ever more seldom."""

from __future__ import annotations

from bot.core.laid_aside import distance_s, worded
from bot.core.ticket import Moment
from bot.engine.engine import Engine
from bot.engine.tracker import Ailing, Refused

DOUBTS = 3
"""How many writes to a ticket in a row may lose their answers before it is laid aside."""


_ELSEWHERE = frozenset(("twice", "unread", "unjudged"))


def lay_by(engine: Engine, ticket_id: str, why: str, place: object, now: Moment, least_s: float = 0) -> Moment:
    """Note that a ticket is in trouble, `why` being a word of `WHY`; returns when it is to be tried again.

    What fails more than once at that moment, or before it was to be tried again, counts as one try. The count begins
    anew once the ticket was read anew, which clears its trouble.
    """
    known = engine.store.laid_aside(ticket_id)
    tries, since, again_at = 1, now, now
    if known is not None:
        early = known.again_at is not None and known.again_at > now
        tries, since = (known.tries if early else known.tries + 1), known.at
        again_at = (known.again_at or now) if early else now
    again_at = max(again_at, now + int(max(least_s, distance_s(tries))))
    engine.store.trouble(ticket_id, worded(why, place), since, tries, again_at)
    return again_at


def lay_by_refused(engine: Engine, ticket_id: str, error: Refused, now: Moment) -> Moment:
    """Note that something was refused for a ticket; returns when it is to be tried again.

    A plain refusal waits for a person, and so for `refused_s`; one over which the tracker only stumbles is tried
    sooner, and ever more seldom.
    """
    least_s = error.wait_s if isinstance(error, Ailing) else engine.pace.refused_s
    return lay_by(engine, ticket_id, error.why, error, now, least_s)


def lay_by_doubtful(engine: Engine, ticket_id: str, now: Moment) -> Moment:
    """Note that the answer to a write which may be repeated was lost; returns when that is to be done.

    At once the first times, and then ever more seldom: a Jira in read-only mode answers so to every write.
    """
    engine.doubts[ticket_id] += 1
    if engine.doubts[ticket_id] < DOUBTS:
        return now + engine.pace.settle_s
    what = f"{DOUBTS} writes to it did not take effect"
    return lay_by(engine, ticket_id, "lost", what, now)


def reaches_nothing(engine: Engine, ticket_id: str, now: Moment) -> Moment | None:
    """Until when nothing is written to a ticket, as writes to it did not take effect; None where it may be tried."""
    peace = engine.store.laid_aside(ticket_id)
    return peace.again_at if peace is not None and peace.why == "lost" and (peace.again_at or 0) > now else None


def mended(engine: Engine, ticket_id: str) -> None:
    """Forget what went wrong with writing to a ticket, as it went well now.

    A message that stands there twice still does, and what could not be read or judged is not so because of that.
    """
    known = engine.store.laid_aside(ticket_id)
    if known is not None and known.why not in _ELSEWHERE:
        engine.store.take_up([ticket_id])
