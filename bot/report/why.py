"""An explanation as a page for a terminal: words beside every sign, so that nothing hangs on colour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from bot.core.explanation import Addressee, Explanation, Outcome, RuleFacts, RungFacts, Told
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.report.why_history import history
from bot.report.why_words import OUTCOMES, REACHED, STATES, Telling, amount, conditions, grid, indented, title
from bot.wording import clean


def page(
    found: Explanation, book: Rulebook, polled_at: Moment, remarks: Sequence[str] = (), rule: str | None = None
) -> RenderableType:
    """Lay out an explanation, or what is left of it for one rule, to the width of the terminal."""
    told = Telling(found, book)
    parts: list[RenderableType] = [_head(found, told, is_last_cycle=found.asked_at == polled_at)]
    parts += [Text(f"! {clean(remark)}", style="yellow") for remark in remarks]
    parts += history(found, told, whole=rule is not None)
    parts.append(title("Rules"))
    parts += _rules(found.rules, told, whole=rule is not None)
    parts += [title("Next look"), indented(_next(found, told))]
    return Group(*parts)


def _head(found: Explanation, told: Telling, *, is_last_cycle: bool) -> Text:
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
        head.append("\nsilenced: nothing is said in its project", "yellow")
    if ticket.secured:
        head.append("\nrestricted access: it is counted in digests, but not listed")
    as_of = "as of the last cycle," if is_last_cycle else "as of"
    head.append(f"\n{as_of} {told.at(found.asked_at)} {found.timezone}, by rulebook {found.version}", "dim")
    return head


def _rules(rules: Iterable[RuleFacts], told: Telling, *, whole: bool) -> Iterator[RenderableType]:
    """Tell each rule; those beside one another that are silent for the same reason share a line."""
    for (outcome, because, _), alike in groupby(rules, key=partial(_alike, whole=whole)):
        sign, words, style, is_told = OUTCOMES[outcome]
        several = list(alike)
        names = ", ".join(rule.rule for rule in several)
        line = Text.assemble((f"{sign} {names}", f"bold {style}".strip()), f"  {words}")
        step = several[0].step
        if step is not None:
            line.append(f": {step.say} to {_addressed(step.to)}, rung {step.rung}")
        line.append(f": {clean(because)}" if step is None else "")
        yield indented(line)
        if whole or is_told:
            yield from _rule(several[0], told)


def _alike(rule: RuleFacts, *, whole: bool) -> tuple[Outcome, str, str]:
    alone = whole or OUTCOMES[rule.outcome].whole
    return rule.outcome, rule.because, rule.rule if alone else rule.kind


def _rule(rule: RuleFacts, told: Telling) -> Iterator[RenderableType]:
    lines = Text(f"why: {clean(rule.why)}", "dim")
    if rule.step is not None:
        lines.append(f"\nbecause {clean(rule.because)}", "not dim")
        for word, value in rule.step.sets.items():
            lines.append(f"\nsets {word}: {told.name(word, value)}", "not dim")
    if rule.requires:
        lines.append(f"\nrequires {', '.join(rule.requires)}; missing: {', '.join(rule.missing) or '–'}", "not dim")
    if rule.asks:
        lines.append(f"\nasks about {', '.join(rule.asks)}", "not dim")
    if rule.not_before_at is not None:
        lines.append(f"\nnot before {told.at(rule.not_before_at)}", "not dim")
    if rule.notice is not None:
        sign, words, _, _ = OUTCOMES[rule.notice.outcome]
        notice = f"{rule.notice.step.say} to {_addressed(rule.notice.step.to)}"
        lines.append(f"\nits notice: {sign} {words}: {notice}, because {clean(rule.notice.because)}", "not dim")
        if rule.notice.not_before_at is not None:
            lines.append(f"; not before {told.at(rule.notice.not_before_at)}", "not dim")
    if rule.observe:
        lines.append("\non observe: it only records", "not dim")
    if rule.live_since_at is not None:
        lines.append(f"\nlive since {told.at(rule.live_since_at)[:14]}", "not dim")
    yield indented(lines, 4)
    yield from conditions(rule.conditions, told, 4)
    if rule.clock is not None:
        ran = f": ran {amount(rule.run.elapsed_s)}, since {told.at(rule.run.started_at)}" if rule.run else ""
        yield indented(Text(f"clock: {rule.clock}{ran}"), 4)
    if rule.rungs:
        yield grid(_rungs(rule.rungs, told), 4)
    if rule.earlier:
        yield indented(Text("on other occasions:"), 4)
        yield grid(((told.at(step.state_at), _briefly(step)) for step in rule.earlier), 6)


def _briefly(step: Told) -> Text:
    sign, words, style = STATES[step.state]
    return Text(f"{sign} {words} {step.say or 'a message'} to {', '.join(step.to) or '–'}, rung {step.rung}", style)


def _rungs(rungs: Sequence[RungFacts], told: Telling) -> Iterator[tuple[str, RenderableType]]:
    """Every rung; of the repeats still to come only the first."""
    ahead: set[str] = set()
    for rung in rungs:
        hidden = rung.reach == "not running" or (rung.reach == "later" and rung.rung in ahead)
        if rung.repeat and rung.told is None and hidden:
            continue
        if rung.reach in ("next", "later"):
            ahead.add(rung.rung)
        repeat = f" ({rung.repeat + 1})" if rung.repeat else ""
        line = Text(f"{'again' if rung.repeat else rung.when}: {rung.say} to {_addressed(rung.to)}")
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


def _next(found: Explanation, told: Telling) -> Text:
    if found.next.look_at is None:
        return Text(found.next.because)
    return Text.assemble((told.at(found.next.look_at), "bold"), f", because {clean(found.next.because)}")
