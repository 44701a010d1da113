"""The digests of the archive that a reader may open: what somebody has yet to approve is not among them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.kpi.period import period_of
from bot.core.readers import WHOLE_DESK, person_of
from bot.core.recipients import digest_key
from bot.store.archive import ReportHead
from bot.web.page import Asked

_LET_GO = frozenset(("released", "intended", "doubtful", "said", "held", "failed", "refused"))


def kept(asked: Asked) -> Iterator[ReportHead]:
    """Give what is kept of the periods whose digests the reader may open, the newest first. Raises StoreError."""
    return (head for head in asked.source.store.reports() if may_read(head, asked))


def may_read(head: ReportHead, asked: Asked) -> bool:
    """Whether a digest is theirs to open: to whom it goes only when approved, that was done.

    Who leads or coordinates the desk sees all of it anyway.
    """
    if asked.audience.roles & WHOLE_DESK:
        return True
    entries, calendar = asked.book.entries, asked.book.calendar
    approved = [
        each
        for each in entries.digest.recipients
        if each.approved_by is not None
        and each.period == head.kind
        and person_of(each.to, entries) == asked.audience.person
    ]
    if not approved:
        return True
    period = period_of(head.kind, head.first, calendar)
    keys = [digest_key(asked.book.site, each.name, period, way) for each in approved for way in each.by]
    return any(row.state in _LET_GO for row in asked.source.store.letters(keys).values())
