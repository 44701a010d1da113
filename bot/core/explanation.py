"""What `explain` finds about a ticket, as data: who is shown is a person of the rulebook or a role, never a stranger.

Moments end in `_at` and are UTC seconds, amounts end in `_s` and are working seconds. Words are the rulebook's.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bot.core.clock import Standing
from bot.core.ticket import Moment

Did = Literal["starts", "starts anew", "pauses", "goes on", "stops"]
Reach = Literal["due", "reached", "passed over", "next", "later", "not running"]
"""A rung is due when it is the highest reached; below it one is passed over if it was never said."""

Outcome = Literal[
    "say",
    "observe",
    "hold",
    "adopt",
    "done",
    "not yet",
    "hushed",
    "paused",
    "no clock",
    "conditions",
    "another route",
    "nothing to route",
    "complete",
    "not handed over",
    "no incident",
    "unknown state",
]


class Value(msgspec.Struct, frozen=True):
    """A field, or what follows from one, and what it was and became; `told` is False where its value is not shown."""

    word: str
    was: str | None
    now: str | None
    told: bool = True


class ClockAct(msgspec.Struct, frozen=True):
    """What a turn did to a clock."""

    clock: str
    did: Did


class DateShift(msgspec.Struct, frozen=True):
    """A date that came, went or moved, by the holder of which role; `because` is the field that was changed."""

    changed_at: Moment
    kind: Literal["promised", "statutory"]
    by: str
    was_at: Moment | None
    now_at: Moment | None
    because: str


class Told(msgspec.Struct, frozen=True):
    """What the ledger holds of a step: `state` is its row's, and `state_at` when it got so.

    `version` is the rulebook that decided it, empty where the step was read back from the ticket. `commented` tells
    whether the ticket has its comment. `quiet_until_at` is when the desk opened, for what became due while it was
    closed.
    """

    key: str
    rule: str
    rung: str
    repeat: int
    say: str
    to: tuple[str, ...]
    state: str
    because: str
    due_at: Moment
    state_at: Moment
    not_before_at: Moment | None
    version: str
    commented: bool
    quiet_until_at: Moment | None = None


class Event(msgspec.Struct, frozen=True):
    """A row of the timeline. `what` is a turn's, or `step` for what only the ledger tells.

    `by` is a role of today, `person` who the rulebook says it is.
    """

    happened_at: Moment
    what: str
    by: str
    person: str | None = None
    values: tuple[Value, ...] = ()
    clocks: tuple[ClockAct, ...] = ()
    shifts: tuple[DateShift, ...] = ()
    steps: tuple[Told, ...] = ()


class Condition(msgspec.Struct, frozen=True):
    """A word under `when:` with what is wanted, what was found, and whether it holds; `any`, `all` and `not` nest.

    `changes_at` is when it may hold otherwise though nothing happens to the ticket; None for never.
    """

    word: str
    wanted: tuple[str, ...]
    found: str
    holds: bool
    changes_at: Moment | None = None
    among: tuple[Condition, ...] = ()


class Segment(msgspec.Struct, frozen=True):
    """A stretch of a clock, in which it ran or was paused; `worked_s` is the working time in it up to now."""

    from_at: Moment
    to_at: Moment | None
    runs: bool
    worked_s: int


class Run(msgspec.Struct, frozen=True):
    """One cycle of a clock, counted from 1. The moments ahead hold if nothing happens to the ticket."""

    clock: str
    cycle: int
    started_at: Moment
    stopped_at: Moment | None
    segments: tuple[Segment, ...]
    elapsed_s: int
    paused_s: int
    target_s: int | None
    due_at: Moment | None
    at_risk_at: Moment | None
    breached_at: Moment | None
    standing: Standing


class TargetFacts(msgspec.Struct, frozen=True):
    """A target of a policy; the first whose conditions hold applies."""

    within: str
    applies: bool
    conditions: tuple[Condition, ...]


class ClockFacts(msgspec.Struct, frozen=True):
    """A policy's clock on the ticket; `because` says why it has no run."""

    policy: str
    why: str
    calendar: str
    starts: str
    pauses: tuple[str, ...]
    stops: tuple[str, ...]
    restarts: tuple[str, ...]
    targets: tuple[TargetFacts, ...]
    runs: tuple[Run, ...]
    because: str


class MilestoneFacts(msgspec.Struct, frozen=True):
    """A date inside a deadline: what must be done, by when, when it was, and whether in time."""

    name: str
    due_at: Moment
    done_at: Moment | None
    kept: bool


class DeadlineFacts(msgspec.Struct, frozen=True):
    """An entry under `deadlines`: the deadline that it gives the ticket, or `because` of what it gives none.

    `counts_from` is the rulebook's word, `starts_at` what it comes to; `due_day` is the local day in which it ends.
    """

    name: str
    why: str
    basis: str
    source: str
    conditions: tuple[Condition, ...]
    because: str
    counts_from: str
    starts_at: Moment | None = None
    due_at: Moment | None = None
    due_day: str | None = None
    by_day: bool = False
    over: bool = False
    confirmed: bool = False
    recorded: bool = False
    provisional: bool = False
    extended: bool = False
    period: str = ""
    milestones: tuple[MilestoneFacts, ...] = ()


class DatedFacts(msgspec.Struct, frozen=True):
    """One of the ticket's dates, and what it rests on."""

    kind: str
    due_at: Moment
    basis: str


class DatesFacts(msgspec.Struct, frozen=True):
    """The ticket's dates side by side, which of them rules, and every shift in its history."""

    first: DatedFacts | None
    promised: DatedFacts | None
    statutory: DatedFacts | None
    rules: DatedFacts | None
    shifts: tuple[DateShift, ...]


class Addressee(msgspec.Struct, frozen=True):
    """Whom a word under `to:` means today; `note` tells where it fell back on another."""

    word: str
    person: str | None
    note: str = ""


class RungFacts(msgspec.Struct, frozen=True):
    """A rung of a ladder, or one of its repeats: when it is reached, and what became of it."""

    rung: str
    repeat: int
    when: str
    say: str
    to: tuple[Addressee, ...]
    reached_at: Moment | None
    reach: Reach
    told: Told | None


class Wished(msgspec.Struct, frozen=True):
    """The step that a rule wishes for now; `values` are the words that decided."""

    key: str
    rung: str
    repeat: int
    say: str
    to: tuple[Addressee, ...]
    sets: dict[str, str]
    due_at: Moment
    urgency: int
    values: tuple[tuple[str, str], ...]
    told: Told | None


class Noticed(msgspec.Struct, frozen=True):
    """The notice without which a step that closes the ticket is not done, and what becomes of it now, and why."""

    outcome: Outcome
    because: str
    step: Wished
    held_by: str | None = None
    not_before_at: Moment | None = None


class RuleFacts(msgspec.Struct, frozen=True):
    """A rule on the ticket: its conditions, its clock, its rungs, and what comes of it now.

    `kind` is `route`, `completeness`, `incident` or `ladder`.

    `outcome` says what, `because` why; where it is held, `held_by` says by what, and `not_before_at` until when.
    `next_at` is when its next rung is reached, `live_since_at` the beginning of the day under `since`. `earlier` is
    what the ledger holds of it for other occasions. A completeness rule has what it `requires`, what is `missing`,
    and the findings that it `asks` about. A ladder whose step closes the ticket has the `notice` before it.
    """

    rule: str
    kind: str
    why: str
    outcome: Outcome
    because: str
    conditions: tuple[Condition, ...] = ()
    clock: str | None = None
    run: Run | None = None
    rungs: tuple[RungFacts, ...] = ()
    step: Wished | None = None
    held_by: str | None = None
    not_before_at: Moment | None = None
    next_at: Moment | None = None
    observe: bool = False
    live_since_at: Moment | None = None
    earlier: tuple[Told, ...] = ()
    requires: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    notice: Noticed | None = None


class NextLook(msgspec.Struct, frozen=True):
    """When the ticket is looked at next though nothing happens to it (None: never), and why."""

    look_at: Moment | None
    because: str


class TicketFacts(msgspec.Struct, frozen=True):
    """How the ticket stands."""

    key: str
    id: str
    project: str
    created_at: Moment
    state: str
    standing: str
    tier: int | None
    ball: str
    queue: str | None
    category: str | None
    priority: str | None
    owner: str | None
    forwarder: str | None
    delivered: bool
    on_hold: str | None
    silenced: bool
    secured: bool


class Explanation(msgspec.Struct, frozen=True):
    """All that decides what is said on a ticket at a moment, by the rulebook of `version`.

    `timezone` is the desk's. `withdrawn` are the keys of steps that wait in the ledger and are no longer wished.
    """

    asked_at: Moment
    timezone: str
    version: str
    ticket: TicketFacts
    timeline: tuple[Event, ...]
    clocks: tuple[ClockFacts, ...]
    deadlines: tuple[DeadlineFacts, ...]
    dates: DatesFacts
    rules: tuple[RuleFacts, ...]
    withdrawn: tuple[str, ...]
    next: NextLook
