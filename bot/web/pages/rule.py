"""One rule: why it is there, under which conditions it speaks, and on which tickets it did of late."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from bot.core.entries import Ladder
from bot.core.phrases import PHRASED
from bot.describe.voice import Voice
from bot.web.page import Asked, NotShown, Page
from bot.web.pages.rules import GONE, days_of, heard, mode_of
from bot.web.reader import HEADS
from bot.web.spoken import DAYS, Rule, kinds, may_list, name_of, spoken
from bot.wording import percent

LISTED = 50
"""How many of the tickets are listed, the latest first."""

_ESCAPED = re.compile(r"\\(.)|`")


def show(asked: Asked) -> Mapping[str, Any]:
    """Give one rule with what came of it in the days asked about. Raises NotShown for what never was one."""
    name, days = asked.given["rule"], days_of(asked)
    found = next(((kind, rule) for kind, rules in kinds(asked.book) for rule in rules if name_of(rule) == name), None)
    steps = [each for each in spoken(asked, days) if each.rule == name]
    if found is None and not steps:
        raise NotShown(name)
    kind, rule = found or (GONE, None)
    mode = GONE if rule is None else mode_of(rule, asked.book, asked.now)
    listed = [each for each in steps if may_list(each, asked)]
    return {
        "name": name,
        "heard": heard(name, kind, mode, steps),
        "when": _when(rule, asked),
        "rungs": _rungs(rule, Counter(each.rung for each in steps if each.state in ("said", "doubtful"))),
        "listed": listed[:LISTED],
        "unlisted": len(steps) - len(listed),
        "more": max(0, len(listed) - LISTED),
        "days": days,
        "choices": DAYS,
        "gone": GONE,
        "share": lambda each: percent(each.followed / each.over, asked.language),
    }


def _when(rule: Rule | None, asked: Asked) -> tuple[str, str]:
    """The conditions of a rule as a clause, with the language it is in; empty where it has none."""
    if rule is None or not rule.when:
        return "", ""
    language = next(each for each in (asked.language, asked.book.entries.language, "en") if each in PHRASED)
    said = Voice(asked.book, asked.source.messages(), language).conditions(rule.when)
    return _ESCAPED.sub(lambda found: found[1] or "", said), language


def _rungs(rule: Rule | None, counts: Counter[str]) -> list[tuple[str, str, int]]:
    """The rungs of a ladder: each with its message, and how often it was said."""
    if not isinstance(rule, Ladder):
        return []
    return [(rung.rung, rung.say, counts[rung.rung]) for rung in rule.rungs]


PAGE = Page("rule", "/rules/{rule}", HEADS, show, in_menu=False)
