"""What each ticket is in want of: the rows of the lead's digest, and of the letters of the morning. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from bot.core.clock import Cycle, due_at, elapsed_s, is_paused, is_running
from bot.core.clocks import since_cycle
from bot.core.completeness import gaps, handed_over_at
from bot.core.deputies import is_away, is_deputy
from bot.core.history import Turn, is_bounce
from bot.core.judge import Judged
from bot.core.people import present
from bot.core.returns import returns_of
from bot.core.rulebook import Rulebook
from bot.core.steps import Amount
from bot.core.ticket import Moment
from bot.core.view import View

SECTIONS = (
    *("overdue", "due_soon", "unrouted", "unassigned", "to_confirm", "absent", "solved", "pass_on", "incomplete"),
    *("returned", "still", "customer", "to_close"),
)
"""What a ticket can be in want of, in the order of what must be done first."""


class Row(msgspec.Struct, frozen=True):
    """One ticket of a section: what is shown of it, and the moment by which the section is sorted.

    `act` is the role, a word of `bot.core.people.ROLES`, whose turn it is; `secured` tells that the ticket has a
    security level.
    """

    key: str
    queue: str | None
    state: str
    at: Moment
    amount: Amount | None = None
    policy: str = ""
    missing: tuple[str, ...] = ()
    category: str | None = None
    secured: bool = False
    act: str = ""


def rows_of(judged: Judged, now: Moment, policies: Container[str] | None = None) -> Iterator[tuple[str, Row]]:
    """Every section the ticket belongs to, each with its row; due times by `policies` alone where given."""
    view, ticket = judged.view, judged.view.ticket
    after = view.happened[-1].after
    if after.standing == "solved":
        if after.delivered:
            yield "to_close", row_of(judged, view.happened[-1].at, "forwarder")
        elif (cycle := since_cycle("solved", view)) is not None:
            yield "solved", row_of(judged, cycle.started_at, "forwarder", _run(cycle, now))
        return
    if after.standing != "open":
        return
    yield from _dues(judged, now, policies)
    if after.ball == "customer" and (cycle := since_cycle("ball is customer", view)) is not None:
        yield "customer", row_of(judged, cycle.started_at, "forwarder", _run(cycle, now))
    if after.ball == "tier 1":
        yield from _at_tier_1(judged, now)
    if after.ball == "tier 2":
        yield from _at_tier_2(judged, now)
    live = (found for found in gaps(view) if not found.rule.observe)
    missing = dict.fromkeys(word for found in live for word in (*found.missing, *found.malformed))
    if missing and (came_at := handed_over_at(view)) is not None:
        yield "incomplete", replace(row_of(judged, came_at, "forwarder"), missing=tuple(missing))
    if after.tier == 2 and (ticket.queue is None or ticket.owner is None):
        since = since_cycle("enters tier 2", view)
        at = ticket.created_at if since is None else since.started_at
        if ticket.queue is None:
            yield "unrouted", row_of(judged, at, "coordinator")
        else:
            yield "unassigned", row_of(judged, at, "queue")


def _dues(judged: Judged, now: Moment, policies: Container[str] | None) -> Iterator[tuple[str, Row]]:
    clocks = (cycles for name, cycles in judged.clocks.items() if cycles and (policies is None or name in policies))
    running = [cycles[-1] for cycles in clocks if is_running(cycles[-1])]
    deadlines = [row for cycle in running if (row := _deadline(judged, cycle, now))]
    yield from sorted(deadlines, key=lambda found: found[1].at)[:1]


def _at_tier_1(judged: Judged, now: Moment) -> Iterator[tuple[str, Row]]:
    """What tier 1 is to do about a ticket that tier 2 asked something of, or sent back."""
    view = judged.view
    if view.happened[-1].after.tier == 2:
        cycle = since_cycle("ball is tier 1", view)
        if cycle is None:
            yield "pass_on", row_of(judged, view.ticket.created_at, "forwarder")
        else:
            yield "pass_on", row_of(judged, cycle.started_at, "forwarder", _run(cycle, now))
    elif (bounce := _returned(view.happened)) is not None:
        yield "returned", row_of(judged, bounce.at, "forwarder")
        last = next(reversed(returns_of(view)), None)
        if last is not None and last.justified is None and not last.next_stage:
            yield "to_confirm", row_of(judged, bounce.at, "coordinator")


def _at_tier_2(judged: Judged, now: Moment) -> Iterator[tuple[str, Row]]:
    """Whether tier 2 does nothing about a ticket, and whether there is nobody who would."""
    view = judged.view
    if not view.is_unseen and (cycle := since_cycle("movement", view)) is not None:
        still = elapsed_s(cycle, now)
        if still >= view.book.entries.digest.still.working_s(cycle.calendar.day_s):
            amount = Amount(still, cycle.calendar.day_s)
            yield "still", row_of(judged, cycle.started_at, whose_turn(view), amount)
    if _is_deserted(view):
        yield "absent", row_of(judged, view.happened[-1].at, "queue")


def _returned(happened: tuple[Turn, ...]) -> Turn | None:
    """The turn by which a ticket came back to tier 1, where it has been there since."""
    left = next(
        (turn for turn in reversed(happened) if turn.before and turn.before.tier == 2 != turn.after.tier), None
    )
    return left if left is not None and is_bounce(left) else None


def _is_deserted(view: View) -> bool:
    """Whether the owner is away today, and nobody named stands in."""
    owner = view.ticket.owner
    if owner is None or not is_away(owner, view.desk, view.book, view.now):
        return False
    return not is_deputy(present(owner, view), owner, view.desk, view.book, view.book.calendar.day_of(view.now))


def whose_turn(view: View) -> str:
    """The role of who is to do something about an open ticket: of its owner's queue's coordinator where it has none.

    While the customer or a third party has the ball, tier 1 or tier 2 is to ask them again.
    """
    after = view.happened[-1].after
    if after.ball in ("tier 1", "customer"):
        return "forwarder"
    if view.ticket.owner is not None:
        return "owner"
    return "queue" if view.ticket.queue is not None else "coordinator"


def _deadline(judged: Judged, cycle: Cycle, now: Moment) -> tuple[str, Row] | None:
    due = due_at(cycle, now)
    if due is None or cycle.target_s is None or is_paused(cycle):
        return None
    left_s, act = cycle.target_s - elapsed_s(cycle, now), whose_turn(judged.view)
    if left_s < 0:
        return "overdue", row_of(judged, due, act, Amount(-left_s, cycle.calendar.day_s), cycle.policy)
    if due >= soon_until(judged.view.book, now):
        return None
    return "due_soon", row_of(judged, due, act, Amount(left_s, cycle.calendar.day_s), cycle.policy)


def soon_until(book: Rulebook, now: Moment) -> Moment:
    """The moment before which what is due is due soon: when so many working days are over, today the first."""
    last = book.calendar.add_working_days(book.calendar.day_of(now), book.entries.digest.soon.amount - 1)
    return book.calendar.start_of_day(last + timedelta(days=1))


def _run(cycle: Cycle, now: Moment) -> Amount:
    return Amount(elapsed_s(cycle, now), cycle.calendar.day_s)


def row_of(judged: Judged, at: Moment, act: str = "", amount: Amount | None = None, policy: str = "") -> Row:
    """A ticket's row, sorted by `at`; `act` is whose turn it is."""
    ticket = judged.view.ticket
    return Row(
        key=ticket.key,
        queue=ticket.queue,
        state=judged.view.state,
        at=at,
        amount=amount,
        policy=policy,
        category=ticket.category,
        secured=ticket.secured,
        act=act,
    )
