"""Why a rule that a test expects to speak says nothing, in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.core.completeness import gaps, handed_over_at
from bot.core.conditions import holds
from bot.core.entries import Ladder
from bot.core.forms import Tested
from bot.core.judge import Judged, climb
from bot.core.ladder import Reached
from bot.core.routing import coming_to_tier_2, route_for
from bot.core.ruletest_words import Expected
from bot.core.ticket import Moment


def why_not(one: Expected | str, judged: Judged) -> str | None:
    """Why what is expected is not said of a ticket that was looked at; None where that cannot be told in a line.

    A message alone is asked about where one rule only says it.
    """
    entries = judged.view.book.entries
    if isinstance(one, str):
        saying = [ladder.name for ladder in entries.ladders if any(rung.say == one for rung in ladder.rungs)]
        saying += [rule.name for rule in entries.completeness if rule.say == one]
        if len(saying) != 1:
            return None
        one = Expected(rule=saying[0])
    for ladder in entries.ladders:
        if ladder.name == one.rule:
            return _ladder(ladder, one, judged)
    if any(rule.name == one.rule for rule in entries.completeness):
        return _completeness(one.rule, judged)
    return _route(one.rule, judged)


def _ladder(ladder: Ladder, one: Expected, judged: Judged) -> str | None:
    view = judged.view
    climbed = climb(ladder, judged)
    if not climbed.applies:
        return next(_failing(ladder.when, judged), None)
    if climbed.cycle is None and climbed.deadline is None:
        return f"its clock `{ladder.clock}` does not run on this ticket"
    later = [reached for reached in climbed.moments if reached.at > view.now and _is_meant(reached, one)]
    if later:
        return f"its rung '{later[0].rung.rung}' is not reached before {_wall(later[0].at, judged)}"
    if not climbed.moments:
        stopped_at = climbed.cycle.stopped_at if climbed.cycle else None
        stands = "is paused" if stopped_at is None else f"stopped at {_wall(stopped_at, judged)}"
        return f"its clock `{ladder.clock}` {stands}"
    return None


def _is_meant(reached: Reached, one: Expected) -> bool:
    return one.rung in (None, reached.rung.rung) and one.repeat in (None, reached.repeat)


def _failing(when: Mapping[str, Any], judged: Judged) -> Iterator[str]:
    """The conditions that do not hold, each with what it looked at."""
    for word, wanted in when.items():
        tested: Tested = []
        if not holds({word: wanted}, judged.view, tested):
            seen = ", ".join(f"{looked} is {value}" for looked, value in dict.fromkeys(tested))
            yield f"its condition `{word}` does not hold: {seen}"


def _completeness(name: str, judged: Judged) -> str | None:
    view = judged.view
    if handed_over_at(view) is None:
        return "the ticket is not open at tier 2"
    if any(found.rule.name == name for found in gaps(view)):
        return None
    rule = next(rule for rule in view.book.entries.completeness if rule.name == name)
    return next(_failing(rule.when, judged), "nothing that it requires is missing")


def _route(name: str, judged: Judged) -> str | None:
    view = judged.view
    after = view.happened[-1].after
    if after.standing != "open" or after.tier != 2:
        return "the ticket is not open at tier 2"
    if coming_to_tier_2(view).chosen is not None:
        return "a person has chosen its queue, or taken it up there"
    taken = route_for(view, [])
    return f"the route '{taken.route}' takes the ticket" if taken and taken.route != name else None


def _wall(at: Moment, judged: Judged) -> str:
    """A moment as a test writes it."""
    shown = judged.view.book.calendar.local(at)
    return f"{shown:%Y-%m-%d %H:%M:%S}" if shown.second else f"{shown:%Y-%m-%d %H:%M}"
