"""An explanation as a page for a terminal: words beside every sign, so that nothing hangs on colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.core.explanation import (
    Addressee,
    ClockFacts,
    Condition,
    DateShift,
    DeadlineFacts,
    Event,
    Explanation,
    RuleFacts,
    Run,
    RungFacts,
    Told,
    Value,
)
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.report.why_words import ACTS, OUTCOMES, REACHED, STATES, stands
from bot.wording import clean

_DID = {"created": "created it", "message": "wrote a comment", "thanks": "wrote no more than thanks"}


class _Page:
    """What the lines of a page are written with: the desk's zone, and its names for states and queues."""

    def __init__(self, found: Explanation, book: Rulebook) -> None:
        self.zone = ZoneInfo(found.timezone)
        self.book = book
        self.version = found.version
        self.now = found.asked_at

    def at(self, moment: Moment) -> str:
        return f"{datetime.fromtimestamp(moment, self.zone):%a %Y-%m-%d %H:%M}"

    def till(self, moment: Moment, since: Moment) -> str:
        """A moment without its date, where that is the date of `since`."""
        same = self.at(moment)[:14] == self.at(since)[:14]
        return self.at(moment)[15:] if same else self.at(moment)

    def name(self, word: str, value: str | None) -> str:
        if value is None:
            return "–"
        if word not in ("state", "queue"):
            return clean(value)
        called = self.book.name(word, value, self.book.entries.language)
        return clean(value if called == value else f"{called} ({value})")


def page(found: Explanation, book: Rulebook, remarks: Sequence[str], rule: str | None = None) -> RenderableType:
    """Lay out an explanation, or what is left of it for one rule, to the width of the terminal."""
    told = _Page(found, book)
    parts: list[RenderableType] = [_head(found, told)]
    parts += [Text(f"! {clean(remark)}", style="yellow") for remark in remarks]
    if found.timeline:
        parts += [_title("What happened"), _grid(_timeline(found.timeline, told))]
    clocks = [clock for clock in found.clocks if clock.runs or rule]
    if clocks:
        parts.append(_title("Clocks"))
        parts += [part for clock in clocks for part in _clock(clock, told)]
    deadlines = [each for each in found.deadlines if each.starts_at is not None or rule]
    if deadlines:
        parts.append(_title("Deadlines"))
        parts += [part for each in deadlines for part in _deadline(each, told)]
    if found.dates.promised or found.dates.shifts:
        parts.append(_dates(found, told))
    parts.append(_title("Rules"))
    parts += _rules(found.rules, told, whole=rule is not None)
    parts += [_title("Next look"), _indented(_next(found, told))]
    return Group(*parts)


def _head(found: Explanation, told: _Page) -> Text:
    ticket = found.ticket
    tier = "no tier" if ticket.tier is None else f"tier {ticket.tier}"
    head = Text.assemble((ticket.key, "bold"), f"  {told.name('state', ticket.state)}, {ticket.standing}, {tier}, ")
    head.append(f"ball: {ticket.ball}\n")
    facts = {
        "queue": told.name("queue", ticket.queue),
        "category": told.name("category", ticket.category),
        "priority": told.name("priority", ticket.priority),
        "owner": ticket.owner or "–",
        "forwarder": ticket.forwarder or "–",
    }
    head.append(", ".join(f"{word}: {value}" for word, value in facts.items()))
    if ticket.on_hold:
        head.append(f"\non hold: a person put the label {clean(ticket.on_hold)} on it", "yellow")
    if ticket.silenced:
        head.append("\nsilenced: a person silenced the bot", "yellow")
    if ticket.secured:
        head.append("\nrestricted access: it is counted in digests, but not listed")
    head.append(f"\nas of {told.at(found.asked_at)} {found.timezone}, by rulebook {found.version}", "dim")
    return head


def _title(text: str) -> Text:
    return Text(f"\n{text.upper()}", style="bold")


def _indented(what: RenderableType, by: int = 2) -> Padding:
    return Padding(what, (0, 0, 0, by))


def _grid(rows: Iterable[tuple[str, RenderableType]], indent: int = 2) -> Padding:
    """Two columns: what stands on the left never wraps."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for left, right in rows:
        grid.add_row(left, right)
    return _indented(grid, indent)


def _timeline(events: Iterable[Event], told: _Page) -> Iterator[tuple[str, RenderableType]]:
    for event in events:
        yield told.at(event.happened_at), Group(*_event(event, told))


def _event(event: Event, told: _Page) -> Iterator[RenderableType]:
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


def _value(value: Value, told: _Page) -> str:
    if not value.told:
        return f"{value.word} {'emptied' if value.now is None else 'filled in' if value.was is None else 'changed'}"
    now = told.name(value.word, value.now)
    return f"{value.word} {now}" if value.was is None else f"{value.word} {told.name(value.word, value.was)} → {now}"


def _told(step: Told, told: _Page) -> Text:
    sign, words, style = STATES[step.state]
    repeat = f" again ({step.repeat + 1})" if step.repeat else ""
    line = Text.assemble((f"{sign} the bot {words}: {step.say or 'a message'}", style))
    line.append(f" to {', '.join(step.to)}" if step.to else "")
    line.append(f", by {step.rule}, {step.rung}{repeat}")
    if step.state in ("said", "doubtful", "intended") and not step.commented:
        line.append("; its comment is not on the ticket, or not read yet")
    line.append(f"\n  because {clean(_decided(step, told))}", "dim")
    if step.not_before_at is not None:
        line.append(f"\n  not before {told.at(step.not_before_at)}")
    if step.version and step.version != told.version:
        line.append(f"\n  by another rulebook: {step.version}", "yellow")
    return line


def _decided(step: Told, told: _Page) -> str:
    """What decided, without the rule's own reason, which stands beside the rule."""
    why = told.book.name("why", step.rule, told.book.entries.language)
    return step.because.removeprefix(why).removeprefix("; ") or why


def _shift(shift: DateShift, told: _Page) -> str:
    was, now = ("none" if at is None else told.at(at - 1)[4:14] for at in (shift.was_at, shift.now_at))
    return f"{shift.kind} date {was} → {now}, by {shift.by}, through the field {shift.because}"


def _clock(clock: ClockFacts, told: _Page) -> Iterator[RenderableType]:
    applied = next((target for target in clock.targets if target.applies), None)
    head = Text.assemble(
        (clock.policy, "bold"), f"  {applied.within if applied else 'no target'} in {clock.calendar}"
    )
    if not clock.runs:
        head.append(f"; {clock.because}")
    yield _indented(head)
    for run in clock.runs:
        yield _indented(_run(run, told), 4)
        yield _grid(_segments(run, told), 6)


def _run(run: Run, told: _Page) -> Text:
    sign, style = stands(run.standing)
    line = Text.assemble((f"{sign} {run.standing}", style), f"  cycle {run.cycle}: ran {_amount(run.elapsed_s)}")
    if run.target_s is not None:
        line.append(f" of {_amount(run.target_s)}")
    if run.paused_s:
        line.append(f", paused {_amount(run.paused_s)}")
    if run.due_at is not None:
        line.append(f", due {told.at(run.due_at)}")
    if run.at_risk_at is not None and run.stopped_at is None and run.standing == "on track":
        line.append(f", at risk from {told.at(run.at_risk_at)}")
    return line


def _segments(run: Run, told: _Page) -> Iterator[tuple[str, RenderableType]]:
    for each in run.segments:
        until = "now" if each.to_at is None else told.till(each.to_at, each.from_at)
        did = "ran" if each.runs else "paused"
        yield (
            f"{told.at(each.from_at)} – {until}",
            Text(f"{did} {_amount(each.worked_s)}", "" if each.runs else "dim"),
        )
    if run.stopped_at is not None:
        yield told.at(run.stopped_at), Text("stopped")


def _deadline(each: DeadlineFacts, told: _Page) -> Iterator[RenderableType]:
    head = Text.assemble((each.name, "bold"), f"  {each.basis}")
    if each.starts_at is None or each.due_at is None:
        head.append(f"; none: {each.because}")
        yield _indented(head)
        yield from _conditions(each.conditions, 4)
        return
    ends = each.due_day if each.by_day else told.at(each.due_at)
    head.append(f"; {'over since' if each.over else 'due'} {ends}", "red" if each.over else "")
    yield _indented(head)
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
    yield _indented(line, 4)


def _dates(found: Explanation, told: _Page) -> Padding:
    dates = found.dates
    lines = Text()
    for date in (dates.first, dates.promised, dates.statutory):
        if date is not None:
            rules = " ← this one rules" if date == dates.rules else ""
            lines.append(f"{date.kind}: {told.at(date.due_at - 1)[4:14]}, {date.basis}{rules}\n")
    for shift in dates.shifts:
        lines.append(f"{told.at(shift.changed_at)}: {_shift(shift, told)}\n", "dim")
    lines.rstrip()
    return _indented(lines)


def _rules(rules: Iterable[RuleFacts], told: _Page, *, whole: bool) -> Iterator[RenderableType]:
    rules = list(rules)
    idle = [rule for rule in rules if rule.outcome == "nothing to route"]
    if len(idle) > 1:
        sign, words, style, _ = OUTCOMES["nothing to route"]
        names = ", ".join(rule.rule for rule in idle)
        yield _indented(Text.assemble((f"{sign} {names}", style), f"  {words}: {idle[0].because}"))
    for rule in [rule for rule in rules if len(idle) < 2 or rule not in idle]:
        sign, words, style, is_told = OUTCOMES[rule.outcome]
        line = Text.assemble((f"{sign} {rule.rule}", f"bold {style}".strip()), f"  {words}")
        if rule.step is not None:
            line.append(f": {rule.step.say} to {_addressed(rule.step.to)}, {rule.step.rung}")
        line.append(f": {clean(rule.because)}" if rule.step is None else "")
        yield _indented(line)
        if whole or is_told:
            yield from _rule(rule, told)


def _rule(rule: RuleFacts, told: _Page) -> Iterator[RenderableType]:
    lines = Text(f"why: {clean(rule.why)}", "dim")
    if rule.step is not None:
        lines.append(f"\nbecause {clean(rule.because)}", "not dim")
        for word, value in rule.step.sets.items():
            lines.append(f"\nsets {word}: {told.name(word, value)}", "not dim")
    if rule.requires:
        lines.append(f"\nrequires {', '.join(rule.requires)}; missing: {', '.join(rule.missing) or '–'}", "not dim")
    if rule.not_before_at is not None:
        lines.append(f"\nnot before {told.at(rule.not_before_at)}", "not dim")
    if rule.observe:
        lines.append("\non observe: it only records", "not dim")
    if rule.live_since_at is not None:
        lines.append(f"\nlive since {told.at(rule.live_since_at)[:14]}", "not dim")
    yield _indented(lines, 4)
    yield from _conditions(rule.conditions, 4)
    if rule.clock is not None:
        ran = f": ran {_amount(rule.run.elapsed_s)}, since {told.at(rule.run.started_at)}" if rule.run else ""
        yield _indented(Text(f"clock: {rule.clock}{ran}"), 4)
    if rule.rungs:
        yield _grid(_rungs(rule.rungs, told), 4)
    if rule.earlier:
        yield _indented(Text("on other occasions:"), 4)
        yield _grid(((told.at(step.state_at), _briefly(step)) for step in rule.earlier), 6)


def _briefly(step: Told) -> Text:
    sign, words, style = STATES[step.state]
    return Text(f"{sign} {words} {step.say or 'a message'} to {', '.join(step.to) or '–'}, {step.rung}", style)


def _conditions(tree: Iterable[Condition], indent: int) -> Iterator[RenderableType]:
    for one in tree:
        sign, style = ("✓", "green") if one.holds else ("✗", "red")
        line = Text.assemble((f"{sign} {one.word}", style))
        if not one.among:
            wanted = "" if one.holds and one.found in one.wanted else f", wanted {' or '.join(one.wanted)}"
            line.append(f": {clean(one.found)}{clean(wanted)}")
        yield _indented(line, indent)
        yield from _conditions(one.among, indent + 2)


def _rungs(rungs: Sequence[RungFacts], told: _Page) -> Iterator[tuple[str, RenderableType]]:
    """Every rung; of the repeats still to come only the first."""
    ahead: set[str] = set()
    for rung in rungs:
        hidden = rung.reach == "not running" or (rung.reach == "later" and rung.rung in ahead)
        if rung.repeat and rung.told is None and hidden:
            continue
        if rung.reach in ("next", "later"):
            ahead.add(rung.rung)
        repeat = f" ({rung.repeat + 1})" if rung.repeat else ""
        line = Text(f"{rung.when}: {rung.say} to {_addressed(rung.to)}")
        at = "" if rung.reached_at is None else f" {told.at(rung.reached_at)}"
        line.append(f"\n{REACHED[rung.reach]}{at}")
        if rung.told is not None:
            sign, words, style = STATES[rung.told.state]
            line.append(f"; {sign} {words} {told.at(rung.told.state_at)}", style)
        yield f"{rung.rung}{repeat}", line


def _addressed(to: Sequence[Addressee]) -> str:
    return ", ".join(
        f"{each.person or each.word}{f' ({each.word}: {each.note})' if each.note else ''}" for each in to
    )


def _next(found: Explanation, told: _Page) -> Text:
    if found.next.look_at is None:
        return Text(found.next.because)
    return Text.assemble((told.at(found.next.look_at), "bold"), f", because {clean(found.next.because)}")


def _amount(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    if seconds < 60:
        return f"{seconds} s" if seconds else "0 h"
    return f"{hours} h {minutes:02} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"
