"""Routes, completeness rules and ladders, explained: each with its conditions and what comes of it. Pure."""

from __future__ import annotations

import msgspec

from bot.core.completeness import gaps, handed_over_at, held_back_until
from bot.core.entries import Completeness, Incident, Ladder, Route
from bot.core.explain_clocks import conditions, missing
from bot.core.explain_rungs import addressed, rungs_of, why_no_clock
from bot.core.explain_step import UNKNOWN_STATE, Asked, Verdict, facts, fate, held_of, is_unknown, wished
from bot.core.explanation import Addressee, Noticed, RuleFacts
from bot.core.flaws import FORMAT
from bot.core.judge import climb
from bot.core.routing import coming_to_tier_2, to_be_routed_since
from bot.core.steps import Step, rules_of
from bot.core.view import View


def route_facts(route: Route, taken: Route | None, why_none: str, asked: Asked) -> RuleFacts:
    """A route, where `taken` is the one that takes the ticket, or `why_none` says why none does."""
    view = asked.judged.view
    tree = conditions(route.when, view)
    verdict: Verdict = "conditions", missing(tree)
    step = None
    if is_unknown(asked):
        verdict = UNKNOWN_STATE
    elif why_none:
        verdict = "nothing to route", why_none
    elif route is taken:
        step = next(step for step in asked.wishes.steps if step.rule == route.route)
        verdict = fate(step, asked)
    elif taken is not None and all(one.holds for one in tree):
        verdict = "another route", f"the route '{taken.route}' comes first and takes the ticket"
    return facts(route, tree, verdict, asked, step=step, to=addressed(_told_of_route(route, step, view), view))


def _told_of_route(route: Route, step: Step | None, view: View) -> tuple[str, ...]:
    """Whom a route tells: who forwarded, and whom the ticket is given to, or who coordinates where that is nobody."""
    if route.queue is None:
        return ("coordinator",)
    if step is None:
        return ("forwarder",)
    if "given" in step.values:
        return "forwarder", step.sets["owner"]
    return ("forwarder", view.book.queues[route.queue].coordinator or "coordinator")[: 1 + ("nobody" in step.values)]


def nothing_to_route(asked: Asked) -> str:
    """Why a ticket is not to be routed; empty where it is."""
    view = asked.judged.view
    if to_be_routed_since(view) is not None:
        return "" if held_back_until(view) is None else "a completeness rule holds it back until nothing is missing"
    if there := _not_at_tier_2(view):
        return there
    chosen = coming_to_tier_2(view).chosen
    if chosen is not None and chosen.what not in ("queue", "created"):
        return "somebody took it up in the queue that the bot set"
    return "a person chose its queue"


def _not_at_tier_2(view: View) -> str:
    after = view.happened[-1].after
    if after.standing != "open":
        return f"the ticket is {after.standing}"
    return "" if after.tier == 2 else f"the ticket is at {'no tier' if after.tier is None else f'tier {after.tier}'}"


def completeness_facts(rule: Completeness, asked: Asked) -> RuleFacts:
    """What must be known of a ticket that comes to tier 2, and what of it is missing."""
    view = asked.judged.view
    tree = conditions(rule.when, view)
    gap = next((found for found in gaps(view) if found.rule is rule), None)
    step = next((step for step in asked.wishes.steps if rule.name in rules_of(step)), None)
    verdict: Verdict = "complete", f"nothing that it {'asks about is found' if rule.asks else 'requires is missing'}"
    if is_unknown(asked):
        verdict = UNKNOWN_STATE
    elif handed_over_at(view) is None:
        verdict = "not handed over", _not_at_tier_2(view)
    elif not all(one.holds for one in tree):
        verdict = "conditions", missing(tree)
    elif step is not None:
        verdict = fate(step, asked)
    speaking = {rule.name: rule.to for rule in view.book.entries.completeness}
    words = [word for name in rules_of(step) for word in speaking[name]] if step is not None else []
    to = addressed(tuple(dict.fromkeys(words)), view) if words else ()
    found = facts(rule, tree, verdict, asked, step=step, to=to)
    if gap is None:
        return msgspec.structs.replace(found, requires=rule.requires)
    asked_about = (*(f"{FORMAT}:{word}" for word in gap.malformed), *gap.asked)
    return msgspec.structs.replace(found, requires=rule.requires, missing=gap.missing, asks=asked_about)


def incident_facts(rule: Incident, asked: Asked) -> RuleFacts:
    """A rule on mass incidents, and what it says on this ticket."""
    view = asked.judged.view
    tree = conditions(rule.when, view)
    step = next((step for step in asked.wishes.steps if step.rule == rule.name), None)
    verdict: Verdict = "no incident", "no burst of tickets is told on it, and it is no incident that was solved"
    if is_unknown(asked):
        verdict = UNKNOWN_STATE
    elif step is not None:
        verdict = fate(step, asked)
    to = addressed(step.to if step.say == rule.solved else rule.to, view) if step is not None else ()
    return facts(rule, tree, verdict, asked, step=step, to=to)


def ladder_facts(ladder: Ladder, asked: Asked) -> RuleFacts:
    """A ladder with its clock and all of its rungs."""
    judged = asked.judged
    view = judged.view
    tree = conditions(ladder.when, view)
    climbed = climb(ladder, judged)
    verdict: Verdict
    if is_unknown(asked):
        verdict = UNKNOWN_STATE
    elif not climbed.applies:
        verdict = "conditions", missing(tree)
    elif climbed.step is not None:
        verdict = fate(climbed.step, asked)
    elif climbed.hushed is not None:
        until = f"{view.book.calendar.local(climbed.hushed.until_at):%Y-%m-%d %H:%M}"
        verdict = "hushed", f"a person told the bot to {climbed.hushed.by} it: nothing before {until}"
    elif climbed.upcoming is not None:
        verdict = "not yet", "its first rung is not reached"
    else:
        verdict = why_no_clock(ladder, judged)
    step, notice = (None, None) if is_unknown(asked) else (climbed.step, climbed.notice)
    to = {rung.rung: rung.to for rung in ladder.rungs}

    def meant(one: Step) -> tuple[Addressee, ...]:
        return addressed(to[one.occasion.rung], view)

    found = facts(ladder, tree, verdict, asked, step=step, to=meant(step) if step is not None else ())
    climbs = bool(climbed.moments) and not is_unknown(asked)
    run, rungs = rungs_of(ladder, judged, asked.ledger, notice, climbs=climbs)
    keys = {rung.told.key for rung in rungs if rung.told}
    return msgspec.structs.replace(
        found,
        clock=ladder.clock,
        run=run,
        rungs=rungs,
        next_at=climbed.upcoming if not is_unknown(asked) else None,
        notice=None if notice is None else _noticed(notice, meant(notice), asked),
        earlier=tuple(told for told in found.earlier if told.key not in keys),
    )


def _noticed(notice: Step, to: tuple[Addressee, ...], asked: Asked) -> Noticed:
    held = held_of(notice, asked)
    by, not_before = (None, None) if held is None else (held.by, held.not_before)
    return Noticed(*fate(notice, asked), wished(notice, to, asked), by, not_before)
