"""All indicators by name. Adding one costs one place: a family's list, which is joined here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from bot.core.entry import Names
from bot.core.kpi.backlog import BACKLOG
from bot.core.kpi.bot_itself import BOT_ITSELF
from bot.core.kpi.burden import BURDEN
from bot.core.kpi.case import Case, Indicator, Records
from bot.core.kpi.delivery import DELIVERY
from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import Figure, by_group, figure
from bot.core.kpi.flow import FLOW
from bot.core.kpi.inquiries import INQUIRIES
from bot.core.kpi.promises import PROMISES
from bot.core.kpi.statute import STATUTE
from bot.core.kpi.statute_words import MARKS, REASONS
from bot.core.kpi.words import FIELD_WORDS

_FAMILIES: tuple[tuple[Indicator, ...], ...] = (
    STATUTE,
    PROMISES,
    FLOW,
    DELIVERY,
    BACKLOG,
    BURDEN,
    INQUIRIES,
    BOT_ITSELF,
)

INDICATORS: Mapping[str, Indicator] = {each.name: each for family in _FAMILIES for each in family}


WORDS: Mapping[str, Names] = {**FIELD_WORDS, **REASONS, **MARKS}
"""What reasons for leaving something out, and marks, are called by language; of others the word itself is shown."""


def ticket_facts(case: Case) -> Iterator[Fact]:
    """Give what one ticket adds to all indicators."""
    for indicator in INDICATORS.values():
        if indicator.facts is not None:
            yield from indicator.facts(case)


def desk_facts(records: Records) -> Iterator[Fact]:
    """Give what is added to the indicators by no ticket."""
    for indicator in INDICATORS.values():
        if indicator.desk_facts is not None:
            yield from indicator.desk_facts(records)


def figures(facts: Iterable[Fact]) -> list[Figure]:
    """Work out all indicators from facts: each as a whole, then its groups, in the registry's order.

    An indicator without any fact comes to None, so that it is seen that nothing is known of it.
    """
    by_name: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_name[fact.indicator].append(fact)
    found = []
    for name, indicator in INDICATORS.items():
        if indicator.whole:
            found.append(figure(indicator.measure, name, "", by_name[name]))
        if indicator.by:
            found += [figure(indicator.measure, name, group, those) for group, those in by_group(by_name[name])]
    return found
