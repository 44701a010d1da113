"""What each ticket is in want of: the rows of the lead's digest, and of the letters of the morning. Pure."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.core.clock import Cycle, due_at, elapsed_s, is_paused, is_running
from bot.core.clocks import since_cycle
from bot.core.completeness import gaps, handed_over_at
from bot.core.judge import Judged
from bot.core.rulebook import Rulebook
from bot.core.steps import Amount
from bot.core.ticket import Moment


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket of a section: what is shown of it, and the moment by which the section is sorted."""

    key: str
    queue: str | None
    state: str
    at: Moment
    amount: Amount | None = None
    policy: str = ""
    missing: tuple[str, ...] = ()


def rows_of(judged: Judged, now: Moment, policies: Container[str] | None = None) -> Iterable[tuple[str, Row]]:
    """Every section the ticket belongs to, each with its row; due times by `policies` alone where given."""
    view, ticket = judged.view, judged.view.ticket
    after = view.happened[-1].after
    if after.standing == "solved" and not after.delivered:
        if (cycle := since_cycle("solved", view)) is not None:
            yield "solved", _row(judged, cycle.started_at, _run(cycle, now))
        return
    if after.standing != "open":
        return
    clocks = (cycles for name, cycles in judged.clocks.items() if cycles and (policies is None or name in policies))
    running = [cycles[-1] for cycles in clocks if is_running(cycles[-1])]
    deadlines = [row for cycle in running if (row := _deadline(judged, cycle, now))]
    yield from sorted(deadlines, key=lambda found: found[1].at)[:1]
    if after.ball == "customer" and (cycle := since_cycle("ball is customer", view)) is not None:
        yield "customer", _row(judged, cycle.started_at, _run(cycle, now))
    if after.ball == "tier 2" and not view.is_unseen and (cycle := since_cycle("movement", view)) is not None:
        still = elapsed_s(cycle, now)
        if still >= view.book.entries.digest.still.working_s(cycle.calendar.day_s):
            yield "still", _row(judged, cycle.started_at, Amount(still, cycle.calendar.day_s))
    live = (found for found in gaps(view) if not found.rule.observe)
    missing = dict.fromkeys(word for found in live for word in (*found.missing, *found.malformed))
    if missing and (came_at := handed_over_at(view)) is not None:
        yield "incomplete", replace(_row(judged, came_at), missing=tuple(missing))
    if after.tier == 2 and (ticket.queue is None or ticket.owner is None):
        since = since_cycle("enters tier 2", view)
        at = ticket.created_at if since is None else since.started_at
        yield "unrouted" if ticket.queue is None else "unassigned", _row(judged, at)


def _deadline(judged: Judged, cycle: Cycle, now: Moment) -> tuple[str, Row] | None:
    due = due_at(cycle, now)
    if due is None or cycle.target_s is None or is_paused(cycle):
        return None
    left_s = cycle.target_s - elapsed_s(cycle, now)
    if left_s < 0:
        return "overdue", _row(judged, due, Amount(-left_s, cycle.calendar.day_s), cycle.policy)
    if due >= soon_until(judged.view.book, now):
        return None
    return "due_soon", _row(judged, due, Amount(left_s, cycle.calendar.day_s), cycle.policy)


def soon_until(book: Rulebook, now: Moment) -> Moment:
    """The moment before which what is due is due soon: when so many working days are over, today the first."""
    last = book.calendar.add_working_days(book.calendar.day_of(now), book.entries.digest.soon.amount - 1)
    return book.calendar.start_of_day(last + timedelta(days=1))


def _run(cycle: Cycle, now: Moment) -> Amount:
    return Amount(elapsed_s(cycle, now), cycle.calendar.day_s)


def _row(judged: Judged, at: Moment, amount: Amount | None = None, policy: str = "") -> Row:
    ticket = judged.view.ticket
    return Row(ticket.key, ticket.queue, judged.view.state, at, amount, policy)
