"""The rules: why each is there, whether it speaks, how often it did, and how often somebody did something then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.web.page import Asked, Page
from bot.web.reader import HEADS
from bot.web.spoken import DAYS, Rule, Spoken, kinds, name_of, spoken
from bot.wording import percent

GONE = "gone"
"""The kind of what was said by a rule that the rulebook no longer has."""


@dataclass(frozen=True)
class Heard:
    """What came of a rule: how often it spoke, was recorded only and waits, and after how many of it people acted.

    `over` is of how many messages that is known. `mode` is `live`, `observes`, `later` for a rule that goes live on a
    day to come, or `gone`.
    """

    name: str
    kind: str
    mode: str
    said: int
    observed: int
    waiting: int
    followed: int
    over: int
    last_at: Moment | None


def show(asked: Asked) -> Mapping[str, Any]:
    """Give the rules that spoke in the days asked about, the most often first, and those that did not."""
    days = days_of(asked)
    by_rule: dict[str, list[Spoken]] = defaultdict(list)
    for each in spoken(asked, days):
        by_rule[each.rule].append(each)
    found = [
        heard(name_of(rule), kind, mode_of(rule, asked.book, asked.now), by_rule.pop(name_of(rule), ()))
        for kind, rules in kinds(asked.book)
        for rule in rules
    ]
    found += [heard(name, GONE, GONE, each) for name, each in sorted(by_rule.items())]
    kind, mode = asked.query.get("kind") or None, asked.query.get("mode") or None
    taken = [each for each in found if kind in (None, each.kind) and mode in (None, each.mode)]
    spoke = [each for each in taken if each.said or each.observed or each.waiting]
    return {
        "days": days,
        "choices": DAYS,
        "kinds": list(dict.fromkeys(each.kind for each in found)),
        "modes": list(dict.fromkeys(each.mode for each in found)),
        "kind": kind,
        "mode": mode,
        "spoke": sorted(spoke, key=lambda each: (-each.said, -each.observed, -each.waiting, each.name)),
        "silent": [each for each in taken if each not in spoke],
        "whole": asked.book.entries.manners.observe,
        "said": sum(each.said for each in taken),
        "share": lambda each: percent(each.followed / each.over, asked.language),
        "gone": GONE,
    }


def days_of(asked: Asked) -> int:
    """For how many days back somebody asks: one of `DAYS`."""
    named = asked.query.get("days") or ""
    return next((each for each in DAYS if str(each) == named), DAYS[1])


def mode_of(rule: Rule, book: Rulebook, now: Moment) -> str:
    """Whether a rule speaks, records only, or will speak from a day to come."""
    if rule.observe or book.entries.manners.observe:
        return "observes"
    return "later" if rule.since is not None and book.live_at(rule.since) > now else "live"


def heard(name: str, kind: str, mode: str, steps: Iterable[Spoken]) -> Heard:
    """Count what came of a rule."""
    those: Sequence[Spoken] = list(steps)
    known = [each.followed for each in those if each.followed is not None]
    return Heard(
        name=name,
        kind=kind,
        mode=mode,
        said=sum(each.state in ("said", "doubtful") for each in those),
        observed=sum(each.state == "observed" for each in those),
        waiting=sum(each.state in ("held", "batched") for each in those),
        followed=sum(known),
        over=len(known),
        last_at=max((each.at for each in those if each.state != "held"), default=None),
    )


PAGE = Page("rules", "/rules", HEADS, show, place=30)
