"""What is done to a ticket only after a notice: whether that was said, and how long ago. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bot.core.ledger import Entry
from bot.core.rulebook import Rulebook
from bot.core.steps import Step
from bot.core.ticket import Moment


class Unannounced(NamedTuple):
    """Why a step must wait for its notice, and the first moment at which it may be done (None: not by itself)."""

    because: str
    not_before: Moment | None


def unannounced(step: Step, ledger: Mapping[str, Entry], book: Rulebook, now: Moment) -> Unannounced | None:
    """Why a step may not be done yet; None for one that needs no notice, or whose notice was said long enough ago.

    A rule that only records is content with a notice that was recorded. One that counts as said, because it was due
    before the rule went live, told nobody.
    """
    if step.announced is None:
        return None
    calendar, notice = book.calendars[step.announced.calendar], ledger.get(step.announced.key)
    if notice is not None and notice.state == "adopted":
        return Unannounced("its notice was due before the rule went live, so that nobody was told", None)
    told = notice is not None and (notice.state == "said" or (step.observe and notice.state == "observed"))
    told_at = notice.at if notice is not None and told else now
    may_at = calendar.add(told_at, step.announced.before_s)
    if told and may_at <= now:
        return None
    return Unannounced("its notice comes first" if not told else "its notice was said too short a time ago", may_at)
