"""Parts of an explanation: what belongs to one rule. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bot.core.deadlines import DEADLINE
from bot.core.explanation import Condition, Event, Explanation
from bot.core.rulebook import Rulebook

_ROUTED_BY = frozenset(("tier", "queue"))
"""What makes a ticket one to be routed, or to be complete, beside the words of the routes' conditions."""


def names_of(book: Rulebook) -> list[str]:
    """The names of all that an explanation can be asked about: rules, policies and deadlines."""
    entries = book.entries
    return [
        *(route.route for route in entries.routes),
        *(rule.name for rule in entries.completeness),
        *(ladder.name for ladder in entries.ladders),
        *(policy.name for policy in entries.policies),
        *dict.fromkeys(deadline.name for deadline in entries.deadlines),
    ]


def only(whole: Explanation, name: str) -> Explanation:
    """What of an explanation is about the rule, policy or deadline of a name: also all that its clock stands on.

    Of the timeline there remain the turns that moved its clock or what its conditions ask for, and what it said.
    """
    rules = tuple(rule for rule in whole.rules if name in (rule.rule, rule.clock) or rule.clock == DEADLINE + name)
    asked = [rule for rule in rules if rule.rule == name]
    clocks = {name} | {rule.clock for rule in asked if rule.clock}
    words = {word for rule in asked for word in _words(rule.conditions)}
    words |= {word for rule in asked for word in rule.requires}
    words |= _ROUTED_BY if any(rule.kind != "ladder" for rule in asked) else set()
    shifts = tuple(shift for shift in whole.dates.shifts if any(clock.startswith(DEADLINE) for clock in clocks))
    about = {rule.rule for rule in rules}
    return msgspec.structs.replace(
        whole,
        rules=rules,
        clocks=tuple(clock for clock in whole.clocks if clock.policy in clocks),
        deadlines=tuple(each for each in whole.deadlines if {each.name, DEADLINE + each.name} & clocks),
        dates=msgspec.structs.replace(whole.dates, shifts=shifts),
        timeline=tuple(_events(whole.timeline, about, clocks, words)),
        withdrawn=tuple(key for key in whole.withdrawn if any(f"/{rule}/" in key for rule in about)),
    )


def _words(tree: Iterable[Condition]) -> Iterator[str]:
    for one in tree:
        yield one.word
        yield from _words(one.among)


def _events(timeline: Iterable[Event], rules: set[str], clocks: set[str], words: set[str]) -> Iterator[Event]:
    for event in timeline:
        steps = tuple(step for step in event.steps if step.rule in rules)
        acts = tuple(act for act in event.clocks if act.clock in clocks)
        if steps or acts or any(value.word in words for value in event.values):
            yield msgspec.structs.replace(event, steps=steps, clocks=acts)
