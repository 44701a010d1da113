"""The ledger: what became of every step."""

from __future__ import annotations

import msgspec

from bot.core.ticket import Moment

DONE = frozenset(("intended", "doubtful", "said", "observed", "adopted"))
"""States of a step that is not wished for again: it was said, may have been, or counts as said."""

WAITING = frozenset(("held", "batched", "released"))
"""States of a step never yet said: when it is no longer wished, it is withdrawn."""

SPOKEN = frozenset(("intended", "doubtful", "said"))
"""States that count against budgets: a message went out, or may have."""


class Entry(msgspec.Struct, frozen=True):
    """A row of the ledger: what became of one step.

    `state` is `held`, `batched`, `released` (a person let it go from its batch), `intended`, `doubtful`, `said`,
    `withdrawn`, `observed` or `adopted`, and `at` the moment it got so; `because` is a short text without personal
    data, `version` the rulebook's.
    """

    key: str
    ticket_id: str
    ticket_key: str
    rule: str
    rung: str
    say: str
    to: tuple[str, ...]
    state: str
    because: str
    due_at: Moment
    at: Moment
    not_before: Moment | None = None
    comment_id: str | None = None
    version: str = ""
