"""What becomes of the step that a rule wishes for, and what every rule is explained with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.arrange import Arrangement, Held
from bot.core.entries import Completeness, Incident, Ladder, Route
from bot.core.explanation import Addressee, Condition, Outcome, RuleFacts, Wished
from bot.core.judge import Judged
from bot.core.ledger import Entry
from bot.core.people import without_strangers
from bot.core.steps import Step, Wishes
from bot.core.ticket import UNKNOWN
from bot.core.timeline import told_of


@dataclass(frozen=True, slots=True)
class Asked:
    """What all rules are explained from: the ticket looked at, what is wished, and what becomes of it."""

    judged: Judged
    wishes: Wishes
    arranged: Arrangement
    ledger: Mapping[str, Entry]


Verdict = tuple[Outcome, str]
UNKNOWN_STATE: Verdict = "unknown state", "the rulebook does not say what the ticket's status means"
_DONE = {
    "said": "it was said already",
    "intended": "it is just being said",
    "doubtful": "it may have been said: the answer to its writing was lost",
    "observed": "it was recorded already, on observe",
    "adopted": "it counts as done, as it was due before the rule went live",
}

_EACH_IS_DONE = "each rule that speaks in it recorded it already by itself, or counts as done"


def is_unknown(asked: Asked) -> bool:
    """Whether the rulebook does not know the ticket's state, so that no rule is asked."""
    return asked.judged.view.happened[-1].after.standing == UNKNOWN


def facts(
    rule: Route | Completeness | Incident | Ladder,
    tree: tuple[Condition, ...],
    verdict: Verdict,
    asked: Asked,
    *,
    step: Step | None = None,
    to: tuple[Addressee, ...] = (),
) -> RuleFacts:
    """What is told of every rule: of `step`, the one that it wishes for, with those it addresses, too."""
    view = asked.judged.view
    book = view.book
    held = None if step is None else held_of(step, asked)
    name = rule.route if isinstance(rule, Route) else rule.name
    rows = sorted((row for row in asked.ledger.values() if row.rule == name), key=lambda row: (row.at, row.key))
    return RuleFacts(
        rule=name,
        kind=type(rule).__name__.lower(),
        why=book.said(rule.why),
        outcome=verdict[0],
        because=verdict[1],
        conditions=tree,
        step=None if step is None else wished(step, to, asked),
        held_by=held.by if held else None,
        not_before_at=held.not_before if held else None,
        observe=rule.observe or book.entries.manners.observe,
        live_since_at=book.live_at(rule.since) if rule.since is not None else None,
        earlier=tuple(told_of(row, view) for row in rows if step is None or row.key != step.key),
    )


def fate(step: Step, asked: Asked) -> Verdict:
    """What becomes of a step that is wished."""
    arranged = asked.arranged
    held = held_of(step, asked)
    if held is not None:
        return "hold", without_strangers(held.because, asked.judged.view)
    if any(each.key == step.key for each in arranged.adopt):
        return "adopt", "it was due before the rule went live"
    if any(each.key == step.key for each in arranged.observe):
        return "observe", "the rule is on observe: it only records"
    if any(each.key == step.key for steps in arranged.say for each in steps):
        return "say", "it is due, and nothing holds it back"
    known = asked.ledger.get(step.key)
    return "done", _DONE[known.state] if known else _EACH_IS_DONE


def held_of(step: Step, asked: Asked) -> Held | None:
    """What holds a step back, if anything."""
    return next((held for held in asked.arranged.hold if held.step.key == step.key), None)


def wished(step: Step, to: tuple[Addressee, ...], asked: Asked) -> Wished:
    """A step that is wished, as it is told; `to` are those whom it addresses."""
    view = asked.judged.view
    known = asked.ledger.get(step.key)
    return Wished(
        key=step.key,
        rung=step.occasion.rung,
        repeat=step.occasion.repeat,
        say=step.say,
        to=to,
        sets=dict(step.sets),
        due_at=step.due_at,
        urgency=step.urgency,
        values=tuple((word, without_strangers(value, view)) for word, value in step.because.values),
        told=told_of(known, view) if known else None,
    )
