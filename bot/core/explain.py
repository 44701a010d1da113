"""Why a ticket is spoken about or not: every rule with what decided, made of what `judge` and `arrange` do. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from bot.core.arrange import Arrangement, DeskState, Held, arrange
from bot.core.entries import Ladder, Route
from bot.core.explain_clocks import clock_facts, conditions, dates_facts, deadline_facts, missing
from bot.core.explain_rungs import addressed, rungs_of, why_no_clock
from bot.core.explanation import (
    Addressee,
    Condition,
    Explanation,
    NextLook,
    Outcome,
    RuleFacts,
    TicketFacts,
    Wished,
)
from bot.core.history import forwarder
from bot.core.judge import Judged, climb, look, wishes_of
from bot.core.ledger import Entry
from bot.core.people import shown, without_strangers
from bot.core.routing import coming_to_tier_2, route_for, to_be_routed_since
from bot.core.rulebook import Rulebook
from bot.core.steps import Step, Wishes
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.core.timeline import timeline, told_of


@dataclass(frozen=True, slots=True)
class _Asked:
    """What all rules are explained from: the ticket looked at, what is wished, and what becomes of it."""

    judged: Judged
    wishes: Wishes
    arranged: Arrangement
    ledger: Mapping[str, Entry]


def explain(ticket: Ticket, book: Rulebook, ledger: Mapping[str, Entry], desk: DeskState, now: Moment) -> Explanation:
    """Explain all that is said on a ticket at `now`, and all that is not.

    `ledger` are the ticket's rows by key. The ticket is arranged by itself: in a cycle with many others, budgets and
    the ceiling may hold back more.
    """
    judged = look(ticket, book, now)
    wishes = wishes_of(judged)
    asked = _Asked(judged, wishes, arrange([wishes], ledger, book, desk, now), ledger)
    dates = dates_facts(judged.view)
    return Explanation(
        asked_at=now,
        timezone=book.calendar.timezone,
        version=book.version,
        ticket=_ticket(judged, wishes, desk),
        timeline=timeline(judged.view, ledger.values(), dates.shifts),
        clocks=tuple(clock_facts(judged)),
        deadlines=tuple(deadline_facts(judged.view)),
        dates=dates,
        rules=tuple(_rules(asked)),
        withdrawn=tuple(asked.arranged.withdraw),
        next=_next_look(asked),
    )


def _ticket(judged: Judged, wishes: Wishes, desk: DeskState) -> TicketFacts:
    view, ticket = judged.view, judged.view.ticket
    after = view.happened[-1].after
    answers = forwarder(ticket, view.happened, view.book)
    return TicketFacts(
        key=ticket.key,
        id=ticket.id,
        project=ticket.project,
        created_at=ticket.created_at,
        state=after.state,
        standing=after.standing,
        tier=after.tier,
        ball=after.ball,
        queue=ticket.queue,
        category=ticket.category,
        priority=ticket.priority,
        owner=None if ticket.owner is None else shown(ticket.owner, view),
        forwarder=None if answers is None else shown(answers, view),
        delivered=after.delivered,
        on_hold=wishes.on_hold,
        silenced=bool({"*", ticket.project} & desk.silenced),
        secured=ticket.secured,
    )


def _next_look(asked: _Asked) -> NextLook:
    """When the daemon looks again: when the rules say so, or earlier when what holds a step back ends."""
    wishes = asked.wishes
    held = min(((held.not_before, held.because) for held in asked.arranged.hold if held.not_before), default=None)
    if held is not None and (wishes.look_again_at is None or held[0] < wishes.look_again_at):
        return NextLook(
            held[0], f"what is held back may be said then ({without_strangers(held[1], asked.judged.view)})"
        )
    return NextLook(wishes.look_again_at, wishes.because)


def _rules(asked: _Asked) -> Iterator[RuleFacts]:
    entries = asked.judged.view.book.entries
    why_none = _nothing_to_route(asked)
    taken = None if why_none else route_for(asked.judged.view, [])
    for route in entries.routes:
        yield _route(route, taken, why_none, asked)
    for ladder in entries.ladders:
        yield _ladder(ladder, asked)


def _route(route: Route, taken: Route | None, why_none: str, asked: _Asked) -> RuleFacts:
    view = asked.judged.view
    tree = conditions(route.when, view)
    verdict: _Verdict = "conditions", missing(tree)
    step = None
    if _is_unknown(asked):
        verdict = _UNKNOWN
    elif why_none:
        verdict = "nothing to route", why_none
    elif route is taken:
        step = next(step for step in asked.wishes.steps if step.rule == route.route)
        verdict = _fate(step, asked)
    elif taken is not None and all(one.holds for one in tree):
        verdict = "another route", f"the route '{taken.route}' comes first and takes the ticket"
    to = addressed(("forwarder",) if route.queue else ("coordinator",), view)
    return _facts(route, route.route, tree, verdict, asked, step=step, to=to)


def _nothing_to_route(asked: _Asked) -> str:
    """Why a ticket is not to be routed; empty where it is."""
    view = asked.judged.view
    if to_be_routed_since(view) is not None:
        return ""
    after = view.happened[-1].after
    if after.standing != "open":
        return f"the ticket is {after.standing}"
    if after.tier != 2:
        return "the ticket is at no tier" if after.tier is None else f"the ticket is at tier {after.tier}"
    chosen = coming_to_tier_2(view).chosen
    if chosen is not None and chosen.what not in ("queue", "created"):
        return "somebody took it up in the queue that the bot set"
    return "a person chose its queue"


def _ladder(ladder: Ladder, asked: _Asked) -> RuleFacts:
    judged = asked.judged
    view = judged.view
    tree = conditions(ladder.when, view)
    climbed = climb(ladder, judged)
    verdict: _Verdict
    if _is_unknown(asked):
        verdict = _UNKNOWN
    elif not climbed.applies:
        verdict = "conditions", missing(tree)
    elif climbed.step is not None:
        verdict = _fate(climbed.step, asked)
    elif climbed.upcoming is not None:
        verdict = "not yet", "its first rung is not reached"
    else:
        verdict = why_no_clock(ladder, judged)
    said = climbed.step is not None and not _is_unknown(asked)
    rung = next((each for each in ladder.rungs if climbed.step and each.rung == climbed.step.occasion.rung), None)
    facts = _facts(
        ladder,
        ladder.name,
        tree,
        verdict,
        asked,
        step=climbed.step if said else None,
        to=addressed(rung.to, view) if rung else (),
    )
    run, rungs = rungs_of(ladder, judged, asked.ledger, applies=climbed.applies and not _is_unknown(asked))
    keys = {rung.told.key for rung in rungs if rung.told}
    return msgspec.structs.replace(
        facts,
        kind="ladder",
        clock=ladder.clock,
        run=run,
        rungs=rungs,
        next_at=climbed.upcoming if not _is_unknown(asked) else None,
        earlier=tuple(told for told in facts.earlier if told.key not in keys),
    )


_Verdict = tuple[Outcome, str]
_UNKNOWN: _Verdict = "unknown state", "the rulebook does not say what the ticket's status means"
_DONE = {
    "said": "it was said already",
    "intended": "it is just being said",
    "doubtful": "it may have been said: the answer to its writing was lost",
    "observed": "it was recorded already, on observe",
    "adopted": "it counts as done, as it was due before the rule went live",
}


def _is_unknown(asked: _Asked) -> bool:
    return asked.judged.view.happened[-1].after.standing == UNKNOWN


def _facts(
    rule: Route | Ladder,
    name: str,
    tree: tuple[Condition, ...],
    verdict: _Verdict,
    asked: _Asked,
    *,
    step: Step | None,
    to: tuple[Addressee, ...],
) -> RuleFacts:
    view = asked.judged.view
    book = view.book
    held = None if step is None else _held(step, asked)
    rows = [row for row in asked.ledger.values() if row.rule == name]
    return RuleFacts(
        rule=name,
        kind="route",
        why=book.said(rule.why),
        outcome=verdict[0],
        because=verdict[1],
        conditions=tree,
        step=None if step is None else _wished(step, to, asked),
        held_by=held.by if held else None,
        not_before_at=held.not_before if held else None,
        observe=rule.observe or book.entries.manners.observe,
        live_since_at=book.calendar.start_of_day(rule.since) if rule.since is not None else None,
        earlier=tuple(
            told_of(row, view) for row in sorted(rows, key=lambda row: row.at) if step is None or row.key != step.key
        ),
    )


def _fate(step: Step, asked: _Asked) -> _Verdict:
    """What becomes of a step that is wished."""
    arranged = asked.arranged
    held = _held(step, asked)
    if held is not None:
        return "hold", without_strangers(held.because, asked.judged.view)
    if any(each.key == step.key for each in arranged.adopt):
        return "adopt", "it was due before the rule went live"
    if any(each.key == step.key for each in arranged.observe):
        return "observe", "the rule is on observe: it only records"
    if any(each.key == step.key for steps in arranged.say for each in steps):
        return "say", "it is due, and nothing holds it back"
    return "done", _DONE[asked.ledger[step.key].state]


def _held(step: Step, asked: _Asked) -> Held | None:
    return next((held for held in asked.arranged.hold if held.step.key == step.key), None)


def _wished(step: Step, to: tuple[Addressee, ...], asked: _Asked) -> Wished:
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
