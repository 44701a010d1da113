"""The clocks, deadlines and dates of a ticket, explained: each stretch, each shift, and why there is none. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from bot.core.clock import (
    Cycle,
    at_risk_s,
    due_at,
    due_when_stopped,
    elapsed_s,
    is_paused,
    paused_s,
    reached_at,
    standing,
)
from bot.core.clocks import target_of
from bot.core.conditions import holds
from bot.core.deadline import Deadline, due_day, is_over
from bot.core.deadlines import Dated, Shift, considered, dates_of
from bot.core.duration import written
from bot.core.entries import DeadlineEntry, Policy, Target
from bot.core.explanation import (
    ClockFacts,
    Condition,
    DatedFacts,
    DatesFacts,
    DateShift,
    DeadlineFacts,
    MilestoneFacts,
    Run,
    Segment,
    TargetFacts,
)
from bot.core.forms import Tested
from bot.core.judge import Judged
from bot.core.people import without_strangers
from bot.core.ticket import Moment
from bot.core.view import View


def conditions(when: Mapping[str, Any], view: View) -> tuple[Condition, ...]:
    """Every word under `when`, with what is wanted and found, and whether it holds."""
    return tuple(_condition(word, wanted, view) for word, wanted in when.items())


def _condition(word: str, wanted: Any, view: View) -> Condition:
    tested: Tested = []
    changes: list[Moment] = []
    found_so = holds({word: wanted}, view, tested, changes)
    changes_at = min(changes, default=None)
    if word == "not":
        return Condition(word, (), "", found_so, changes_at, conditions(wanted, view))
    if word in ("any", "all"):
        return Condition(word, (), "", found_so, changes_at, tuple(_alternative(one, view) for one in wanted))
    found = "; ".join(_found_in(word, *pair, view) for pair in tested)
    return Condition(word, _wanted(wanted), found, found_so, changes_at)


def _found_in(word: str, tested: str, value: str, view: View) -> str:
    """What was found, with the name of the thing that was asked about, where the word asks about several."""
    name = tested.removeprefix(word).strip()
    return without_strangers(f"{name} {_written(value)}".strip(), view)


def _wanted(wanted: Any) -> tuple[str, ...]:
    """What is wanted, any of which will do."""
    if isinstance(wanted, Mapping):
        return (" and ".join(f"{name} {' or '.join(_wanted(value))}" for name, value in wanted.items()),)
    return tuple(_written(one) for one in (wanted if isinstance(wanted, list) else [wanted]))


def _alternative(when: Mapping[str, Any], view: View) -> Condition:
    """One of a list of conditions: by itself if it is a single word, else as `all` of its words."""
    found = conditions(when, view)
    return found[0] if len(found) == 1 else _all_of(when, found, view)


def _all_of(when: Mapping[str, Any], among: tuple[Condition, ...], view: View) -> Condition:
    changes: list[Moment] = []
    found_so = holds(when, view, None, changes)
    return Condition("all", (), "", found_so, min(changes, default=None), among)


def _written(value: object) -> str:
    """A value as rulebooks write it, without their brackets."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_written(each)}" for key, each in value.items())
    if isinstance(value, list):
        return " or ".join(map(_written, value))
    return {"True": "true", "False": "false"}.get(str(value), str(value))


def missing(tree: Sequence[Condition]) -> str:
    """The first condition that does not hold, in words; empty where all hold."""
    return next((_missing(one) for one in tree if not one.holds), "")


def _missing(one: Condition) -> str:
    match one.word:
        case "not":
            return f"not so is wanted: {', '.join(map(_found, one.among))}"
        case "any":
            return f"none of these holds: {'; '.join(map(_missing, one.among))}"
        case "all":
            return missing(one.among)
        case _:
            return f"{_found(one)}, wanted {' or '.join(one.wanted)}"


def _found(one: Condition) -> str:
    return f"{one.word} is {one.found}" if not one.among else f"{one.word} ({', '.join(map(_found, one.among))})"


def clock_facts(judged: Judged) -> Iterator[ClockFacts]:
    """Each policy's clock."""
    view = judged.view
    for policy in view.book.entries.policies:
        applied = target_of(policy, view)
        cycles = judged.clocks[policy.name]
        yield ClockFacts(
            policy=policy.name,
            why=view.book.said(policy.why),
            calendar=view.book.calendar_of(policy.calendar, view.ticket.queue).name,
            starts=policy.starts,
            pauses=policy.pauses,
            stops=policy.stops,
            restarts=policy.restarts,
            targets=tuple(
                TargetFacts(written(target.within), target is applied, conditions(target.when, view.at_creation))
                for target in policy.targets
            ),
            runs=tuple(
                run_of(cycle, view, number, risk_s=at_risk_s(policy.at_risk, cycle))
                for number, cycle in enumerate(cycles, 1)
            ),
            because="" if cycles else _no_run(policy, applied),
        )


def _no_run(policy: Policy, applied: Target | None) -> str:
    if applied is None:
        return "none of its targets applies to the ticket"
    return f"it starts with `{policy.starts}`, which has not happened"


def run_of(cycle: Cycle, view: View, number: int = 1, *, risk_s: int = 0) -> Run:
    """A cycle with its stretches, and its moments past and to come if nothing happens."""
    now = view.now
    stands = standing(cycle, now, risk_s)
    due = due_at(cycle, now) if cycle.stopped_at is None else due_when_stopped(cycle)
    risk_at = None
    if cycle.target_s is not None and risk_s:
        risk_at = reached_at(cycle, cycle.target_s - risk_s, now)
    return Run(
        clock=cycle.policy,
        cycle=number,
        started_at=cycle.started_at,
        stopped_at=cycle.stopped_at,
        segments=tuple(_segments(cycle, now)),
        elapsed_s=elapsed_s(cycle, now),
        paused_s=paused_s(cycle, now),
        target_s=cycle.target_s,
        due_at=due,
        at_risk_at=risk_at,
        breached_at=due if stands in ("breached", "missed") else None,
        standing=stands,
    )


def _segments(cycle: Cycle, now: Moment) -> Iterator[Segment]:
    """The stretches in which the clock ran, and those between them in which it was paused."""
    worked = cycle.calendar.between
    ran = cycle.segments
    for (since, until), (again, _) in pairwise(ran):
        if until is not None:
            yield Segment(since, until, runs=True, worked_s=worked(since, until))
            yield Segment(until, again, runs=False, worked_s=worked(until, again))
    since, until = ran[-1] if ran else (cycle.started_at, cycle.started_at)
    if ran:
        yield Segment(since, until, runs=True, worked_s=worked(since, max(since, now) if until is None else until))
    if until is not None and is_paused(cycle):
        yield Segment(until, None, runs=False, worked_s=worked(until, max(until, now)))
    elif until is not None and cycle.stopped_at is not None and until < cycle.stopped_at:
        yield Segment(until, cycle.stopped_at, runs=False, worked_s=worked(until, cycle.stopped_at))


def no_deadline(entry: DeadlineEntry, because: str, view: View) -> str:
    """Why an entry gives no deadline, with the condition that does not hold."""
    lacking = missing(conditions(entry.when, view.at_creation))
    return lacking or because


def deadline_facts(view: View) -> Iterator[DeadlineFacts]:
    """Each entry under `deadlines`, with what it gives the ticket."""
    for entry, deadline, because in considered(view):
        yield _deadline(entry, deadline, because, view)


def _deadline(entry: DeadlineEntry, deadline: Deadline | None, because: str, view: View) -> DeadlineFacts:
    known = DeadlineFacts(
        name=entry.name,
        why=view.book.said(entry.why),
        basis=entry.basis,
        source=entry.source,
        conditions=conditions(entry.when, view.at_creation),
        because="" if deadline else no_deadline(entry, because, view),
        counts_from=entry.counts_from if entry.ends_on is None else f"the day in `{entry.ends_on}`",
    )
    if deadline is None:
        return known
    return msgspec.structs.replace(
        known,
        starts_at=deadline.starts_at,
        due_at=deadline.due_at,
        due_day=due_day(deadline, view.book.calendar).isoformat(),
        by_day=deadline.by_day,
        over=is_over(deadline, view.now),
        confirmed=deadline.confirmed,
        recorded=deadline.recorded,
        provisional=deadline.provisional,
        extended=deadline.extended,
        period=deadline.period,
        milestones=tuple(
            MilestoneFacts(each.name, each.due_at, each.done_at, each.kept) for each in deadline.milestones
        ),
    )


def dates_facts(view: View) -> DatesFacts:
    """The ticket's three dates, which of them rules, and every shift."""
    dates = dates_of(view)
    return DatesFacts(
        first=_dated(dates.first),
        promised=_dated(dates.promised),
        statutory=_dated(dates.statutory),
        rules=_dated(dates.rules),
        shifts=tuple(map(_shift, dates.shifts)),
    )


def _dated(dated: Dated | None) -> DatedFacts | None:
    return None if dated is None else DatedFacts(dated.kind, dated.due_at, dated.basis)


def _shift(shift: Shift) -> DateShift:
    return DateShift(shift.at, shift.kind, shift.by, shift.was, shift.now, shift.because)
