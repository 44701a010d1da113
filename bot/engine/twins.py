"""Two own comments that say the same step: the later one is removed, wherever a ticket's comments are read back.

They can come to be only as the residual window of two daemons is met, see docs/safety.md. What is another's is never
removed: a comment counts as the bot's own by its author alone, as anybody can forge the mark of a step.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from msgspec import structs

from bot.core.ticket import Moment
from bot.engine.aside import lay_by
from bot.engine.control import silent_now
from bot.engine.engine import Engine, Report
from bot.engine.tracker import Doubtful, Refused, Said
from bot.texts import text_hash

log = structlog.get_logger()

SAY = "said_before"
"""The text that a second comment is given where it may not be removed."""


def read_back(engine: Engine, ticket_id: str, now: Moment, report: Report) -> tuple[Said, ...]:
    """Read the bot's own comments on a ticket, newest first, each step's but once. Raises as `Tracker.said` does."""
    return remove_twins(engine, ticket_id, engine.tracker.said(ticket_id), now, report)


def remove_twins(
    engine: Engine, ticket_id: str, said: Sequence[Said], now: Moment, report: Report
) -> tuple[Said, ...]:
    """Remove those of a ticket's comments, newest first, that say nothing but what an earlier one says, by the keys.

    Gives the others. Nothing is removed while a person silences the bot. One that may not be removed is given a text
    that tells so; where not even that is allowed, or it says more than the earlier one, it is told as a trouble.
    """
    first: dict[str, Said] = {}
    left = list(said)
    for comment in reversed(said):
        if not (comment.keys and all(key.startswith(f"{engine.book.site}/") for key in comment.keys)):
            continue
        twice = [key for key in comment.keys if key in first]
        if twice and len(twice) == len(comment.keys):
            if _may_write(engine, ticket_id, now, report) and _remove(engine, ticket_id, comment, now, report):
                left.remove(comment)
                _keep_the_first(engine, ticket_id, comment, first)
        elif twice:
            _tell(engine, ticket_id, "two comments of the bot say the same", now, report)
        first = dict.fromkeys(comment.keys, comment) | first
    return tuple(left)


def _may_write(engine: Engine, ticket_id: str, now: Moment, report: Report) -> bool:
    found = engine.store.tickets([ticket_id])
    return bool(found) and silent_now(engine, found[0].project, now, report) is None


def _remove(engine: Engine, ticket_id: str, comment: Said, now: Moment, report: Report) -> bool:
    """Remove a comment, or have it say that it is one too many; tells whether it says nothing else any more."""
    try:
        try:
            engine.tracker.unsay(ticket_id, comment.comment_id)
        except Refused:
            manners, calendar = engine.book.entries, engine.book.calendar
            doc = engine.messages.doc(
                SAY, manners.language, {}, to=(), names=engine.book.name, zone=calendar.timezone
            )
            engine.tracker.reword(ticket_id, comment.comment_id, doc, [], text_hash(doc))
    except Refused as error:
        _tell(engine, ticket_id, f"a second comment of the bot's could not be removed: {error}", now, report)
        return False
    except Doubtful:
        return False
    report.removed += 1
    log.warning("a second comment was removed", ticket_id=ticket_id, comment_id=comment.comment_id)
    return True


def _keep_the_first(engine: Engine, ticket_id: str, removed: Said, first: dict[str, Said]) -> None:
    """Let the ledger name the comment that stands."""
    rows = engine.store.entries([ticket_id])[ticket_id]
    engine.store.write_entries(
        [
            structs.replace(rows[key], comment_id=first[key].comment_id, at=first[key].at or rows[key].at)
            for key in removed.keys
            if key in rows and rows[key].comment_id == removed.comment_id
        ]
    )


def _tell(engine: Engine, ticket_id: str, what: str, now: Moment, report: Report) -> None:
    lay_by(engine, ticket_id, "twice", what, now)
    report.troubles.append(f"{ticket_id}: {what}")
    log.warning("two comments for one step", ticket_id=ticket_id, reason=what)
