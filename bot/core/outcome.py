"""What a backtest finds on one ticket: its clocks, its deadlines, and every step the rules would have taken."""

from __future__ import annotations

from typing import Literal

import msgspec

from bot.core.arrange import HoldingBack
from bot.core.clock import Standing
from bot.core.ticket import Moment

Action = Literal["say", "observe", "hold", "adopt", "withdraw"]
"""What became of a step by the end of the span: said; only recorded; still held back; counted as done because it was
due before the span or its rule's `since`; or withdrawn, no longer wished before it could be said."""


class ClockOutcome(msgspec.Struct, frozen=True):
    """One cycle of a policy's clock as it stood at the end of the span.

    `cycle` counts from 1. `due_at` is the moment its target is used up, as it stood when the clock stopped, or as it
    would come if nothing happened; None while paused short of it. `breached_at` is that same moment where the clock
    is breached or missed, else None. Amounts are working seconds.
    """

    policy: str
    cycle: int
    started_at: Moment
    stopped_at: Moment | None
    paused_s: int
    elapsed_s: int
    due_at: Moment | None
    breached_at: Moment | None
    standing: Standing


class DeadlineOutcome(msgspec.Struct, frozen=True):
    """A statutory deadline of the ticket as it stood when it was met or, else, at the end of the span.

    `due_at` is the last instant in time; `ended_at` when it was met or the ticket came to its end, None while it
    runs; `standing` is on track, breached, met or missed.
    """

    name: str
    basis: str
    starts_at: Moment
    due_at: Moment
    provisional: bool
    extended: bool
    ended_at: Moment | None
    breached_at: Moment | None
    standing: Standing


class HeldOutcome(msgspec.Struct, frozen=True):
    """A step held back: from when, by what, why, and until when it was not tried again (None: until a change)."""

    at: Moment
    by: HoldingBack
    because: str
    until_at: Moment | None


class StepOutcome(msgspec.Struct, frozen=True):
    """A step that the rules would have taken.

    `due_at` is pure: it does not depend on when the bot looked. `at` is when the bot took the action: the cycle in
    which it said it, recorded it, counted it as done, withdrew it, or first held it back. `said_at` is `at` for what
    was said, else None. `queue` is the queue the ticket was in then; `sets` what a route would have set.
    """

    key: str
    rule: str
    rung: str
    repeat: int
    action: Action
    say: str
    to: tuple[str, ...]
    sets: dict[str, str]
    queue: str | None
    due_at: Moment
    at: Moment
    said_at: Moment | None
    because: str
    held: tuple[HeldOutcome, ...] = ()


class Outcome(msgspec.Struct, frozen=True):
    """All that a backtest finds on one ticket; `trouble` tells why one could not be judged, without personal data.

    `steps` are in the order in which they became due. `queue`, `category` and `state` are those at the end of the
    span.
    """

    id: str
    key: str
    project: str
    created_at: Moment
    state: str
    queue: str | None
    category: str | None
    clocks: tuple[ClockOutcome, ...] = ()
    deadlines: tuple[DeadlineOutcome, ...] = ()
    steps: tuple[StepOutcome, ...] = ()
    trouble: str | None = None
