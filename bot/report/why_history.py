"""What has happened to a ticket, its clocks and its dates, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.core.explanation import ClockFacts, DateShift, DeadlineFacts, Event, Explanation, Run, Told, Value
from bot.core.ledger import SPOKEN
from bot.report.why_words import ACTS, STATES, Telling, amount, conditions, grid, indented, stands, title
from bot.wording import clean

_DID = {
    "created": "created it",
    "message": "wrote a comment",
    "thanks": "wrote no more than thanks",
    "text": "changed the title or the description",
    "command": "told the bot something",
}


def history(found: Explanation, told: Telling, *, whole: bool) -> Iterator[RenderableType]:
    """Tell what happened, each clock with its stretches, and the dates; `whole` tells of what never ran, too."""
    if found.timeline:
        yield title("What happened")
        yield grid((told.at(event.happened_at), Group(*_event(event, told))) for event in found.timeline)
    clocks = [clock for clock in found.clocks if clock.runs or whole]
    if clocks:
        yield title("Clocks")
    for clock in clocks:
        yield from _clock(clock, told)
    deadlines = [each for each in found.deadlines if each.starts_at is not None or whole]
    if deadlines or found.dates.promised or found.dates.shifts:
        yield title("Deadlines")
    for deadline in deadlines:
        yield from _deadline(deadline, told)
    if found.dates.promised or found.dates.shifts:
        yield _dates(found, told)


def _event(event: Event, told: Telling) -> Iterator[RenderableType]:
    if event.what != "step" and not event.steps:
        who = f"{event.by} {event.person}" if event.person and event.person != event.by else event.by
        did = [_DID[event.what]] if event.what in _DID else []
        yield Text.assemble((who, "cyan"), ": ", ", ".join([*did, *(_value(value, told) for value in event.values)]))
    for act in event.clocks:
        sign, style = ACTS[act.did]
        yield Text(f"{sign} {act.clock} {act.did}", style)
    for shift in event.shifts:
        yield Text(f"~ {_shift(shift, told)}")
    for step in event.steps:
        yield _told(step, told)


def _value(value: Value, told: Telling) -> str:
    if not value.told:
        return f"{value.word} {'emptied' if value.now is None else 'filled in' if value.was is None else 'changed'}"
    now = told.name(value.word, value.now)
    return f"{value.word} {now}" if value.was is None else f"{value.word} {told.name(value.word, value.was)} → {now}"


def _told(step: Told, told: Telling) -> Text:
    sign, words, style = STATES[step.state]
    repeat = f" again ({step.repeat + 1})" if step.repeat else ""
    line = Text.assemble((f"{sign} the bot {words}: {step.say or 'a message'}", style))
    line.append(f" to {', '.join(step.to)}" if step.to else "")
    line.append(f", by {step.rule}, rung {step.rung}{repeat}")
    if step.state in SPOKEN and not step.commented:
        line.append("; its comment is not on the ticket, or not read yet")
    line.append(f"\n  because {clean(_decided(step, told))}", "dim")
    if step.quiet_until_at is not None:
        line.append(f"\n  due {told.at(step.due_at)}, held back by quiet hours until {told.at(step.quiet_until_at)}")
    if step.not_before_at is not None:
        line.append(f"\n  not before {told.at(step.not_before_at)}")
    if step.version and step.version != told.version:
        line.append(f"\n  by another rulebook: {step.version}", "yellow")
    return line


def _decided(step: Told, told: Telling) -> str:
    """What decided, without the rule's own reason, which stands beside the rule."""
    why = told.book.name("why", step.rule, told.book.entries.language)
    return step.because.removeprefix(why).removeprefix("; ") or why


def _shift(shift: DateShift, told: Telling) -> str:
    was, now = ("none" if at is None else told.at(at - 1)[4:14] for at in (shift.was_at, shift.now_at))
    return f"{shift.kind} date {was} → {now}, by {shift.by}, through the field {shift.because}"


def _clock(clock: ClockFacts, told: Telling) -> Iterator[RenderableType]:
    applied = next((target for target in clock.targets if target.applies), None)
    head = Text.assemble(
        (clock.policy, "bold"), f"  {applied.within if applied else 'no target'} in {clock.calendar}"
    )
    if not clock.runs:
        head.append(f"; {clock.because}")
    yield indented(head)
    for run in clock.runs:
        yield indented(_run(run, told), 4)
        yield grid(_segments(run, told), 6)


def _run(run: Run, told: Telling) -> Text:
    sign, style = stands(run.standing)
    line = Text.assemble((f"{sign} {run.standing}", style), f"  cycle {run.cycle}: ran {amount(run.elapsed_s)}")
    if run.target_s is not None:
        line.append(f" of {amount(run.target_s)}")
    if run.paused_s:
        line.append(f", paused {amount(run.paused_s)}")
    if run.due_at is not None:
        line.append(f", due {told.at(run.due_at)}")
    if run.at_risk_at is not None and run.stopped_at is None and run.standing == "on track":
        line.append(f", at risk from {told.at(run.at_risk_at)}")
    return line


def _segments(run: Run, told: Telling) -> Iterator[tuple[str, RenderableType]]:
    for each in run.segments:
        until = "now" if each.to_at is None else told.till(each.to_at, each.from_at)
        did = "ran" if each.runs else "paused"
        yield (
            f"{told.at(each.from_at)} – {until}",
            Text(f"{did} {amount(each.worked_s)}", "" if each.runs else "dim"),
        )
    if run.stopped_at is not None:
        yield told.at(run.stopped_at), Text("stopped")


def _deadline(each: DeadlineFacts, told: Telling) -> Iterator[RenderableType]:
    head = Text.assemble((each.name, "bold"), f"  {each.basis}")
    if each.starts_at is None or each.due_at is None:
        head.append(f"; none: {each.because}")
        yield indented(head)
        yield from conditions(each.conditions, told, 4)
        return
    ends = each.due_day if each.by_day else told.at(each.due_at)
    head.append(f"; {'over since' if each.over else 'due'} {ends}", "red" if each.over else "")
    yield indented(head)
    marks = {
        "provisional": each.provisional,
        "extended": each.extended,
        "not confirmed": not each.confirmed,
        f"period {each.period}": bool(each.period),
    }
    start = told.at(each.starts_at)[:14] if each.by_day else told.at(each.starts_at)
    line = Text(f"counts from {each.counts_from}: {start}")
    line.append("".join(f", {mark}" for mark, is_so in marks.items() if is_so))
    for mile in each.milestones:
        done = "not yet" if mile.done_at is None else f"{told.at(mile.done_at)}, {'in time' if mile.kept else 'late'}"
        line.append(f"\n{mile.name} by {told.at(mile.due_at - 1)[4:14]}: {done}")
    yield indented(line, 4)


def _dates(found: Explanation, told: Telling) -> Padding:
    dates = found.dates
    lines = Text()
    for date in (dates.first, dates.promised, dates.statutory):
        if date is not None:
            rules = " ← this one rules" if date == dates.rules else ""
            lines.append(f"{date.kind}: {told.at(date.due_at - 1)[4:14]}, {date.basis}{rules}\n")
    for shift in dates.shifts:
        lines.append(f"{told.at(shift.changed_at)}: {_shift(shift, told)}\n", "dim")
    lines.rstrip()
    return indented(lines)
