"""The indicators over the real histories beside the checkout, worked out twice: by the bot, and as simply as can be.

The real tickets hold no due dates; they are given some here, every third one moved later or taken away after days.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import naive
import naive_field
import pytest
from real_tickets import NOW, RULES, Json, binding, exported, read

from bot.core.history import turns
from bot.core.kpi.case import Case
from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import Figure
from bot.core.kpi.period import Period, period_of
from bot.core.kpi.registry import INDICATORS, figures, ticket_facts
from bot.core.rulebook import Rulebook
from bot.core.view import View
from bot.rulefiles import load_rulebook

Count = Callable[[list[naive.Told], date, date], naive.Share]
QUARTERS = [(2014, 5), (2024, 12), (2025, 1), (2025, 5), (2025, 8), (2025, 10)]
COUNTED = (naive.first_deadline, naive.first_tier, naive.quality)
YESTERDAY = date(2025, 12, 28)
"""The last day that was over when the figures are worked out."""
TIER_2 = ("10019", "10020")
"""Statuses that some of these tickets were in before they were done, and others not."""


@cache
def book() -> Rulebook:
    """Their rulebook, by which these statuses are tier 2's and all others that are not done tier 1's."""
    read = load_rulebook(RULES, site="real")
    to, others = read.entries.states[1], (each.model_copy(update={"tier": 1}) for each in read.entries.states)
    theirs = [to.model_copy(update={"state": f"at {id_}", "status": (id_,), "category": None}) for id_ in TIER_2]
    states = (*theirs, *others)
    entries = read.entries.model_copy(update={"people": (), "ladders": (), "states": states})
    return replace(read, entries=entries, states={each.state: each for each in states})


@cache
def dated() -> tuple[Json, ...]:
    return tuple(with_dates(raw, i) for i, raw in enumerate(exported()))


def with_dates(raw: Json, i: int) -> Json:
    raw = copy.deepcopy(raw)
    created = naive.stamp(raw["fields"]["created"])
    first = (created.date() + timedelta(days=i * 7 % 90)).isoformat()
    raw["fields"]["duedate"] = first
    for history in raw.get("changelog", {}).get("histories", []):
        history["items"] = [item for item in history["items"] if item["field"] != "duedate"]
    if i % 3 == 0 and "changelog" in raw:
        later = None if i % 2 else (created.date() + timedelta(days=i * 7 % 90 + 10)).isoformat()
        item = {"field": "duedate", "fieldId": "duedate", "from": first, "to": later}
        at = (created + timedelta(days=5)).isoformat(timespec="milliseconds")
        raw["changelog"]["histories"].append({"id": "999999", "created": at, "items": [item]})
        raw["fields"]["duedate"] = later
    return raw


@cache
def views() -> list[View]:
    bound = binding(book())
    tickets = [read(raw, bound) for raw in dated()]
    return [View(ticket, turns(ticket, book()), book(), NOW) for ticket in tickets]


@cache
def told() -> list[naive.Told]:
    known = naive.places(exported(), TIER_2)
    return [naive.read(raw, known) for raw in dated()]


@cache
def found(period: Period) -> dict[tuple[str, str], Figure]:
    facts = [fact for view in views() for fact in ticket_facts(Case(view, period))]
    return {(each.indicator, each.group): each for each in figures(facts)}


@pytest.mark.shared
@pytest.mark.parametrize(("year", "month"), QUARTERS)
@pytest.mark.parametrize("count", COUNTED, ids=lambda f: f.__name__)
def test_both_count_the_same(
    count: Callable[[list[naive.Told], date, date], naive.Share], year: int, month: int
) -> None:
    period = period_of("quarter", date(year, month, 1), book().calendar)
    ours = found(period)[count.__name__, ""]
    assert (ours.numerator, ours.denominator) == count(told(), period.first, min(period.last, YESTERDAY))


@pytest.mark.shared
@pytest.mark.parametrize(("year", "month"), QUARTERS[:-1])
def test_both_find_the_same_backlog(year: int, month: int) -> None:
    period = period_of("quarter", date(year, month, 1), book().calendar)
    ours = {group: each.value for (name, group), each in found(period).items() if name == "backlog" and group}
    theirs = naive.backlog(told(), period.last)
    assert ours == {band: count for band, count in theirs.items() if count}


@pytest.mark.shared
def test_there_is_something_to_count() -> None:
    shares = [count(told(), date(2025, 1, 1), date(2025, 12, 31)) for count in COUNTED]
    assert all(1 < met < meant for met, meant in shares), shares
    assert all(naive.backlog(told(), date(2025, 9, 30)).values())


# The field's own


@cache
def seen() -> list[naive_field.Seen]:
    known = naive.places(exported(), TIER_2)
    return [naive_field.seen(raw, known) for raw in dated()]


def added(name: str, period: Period) -> list[Fact]:
    facts = INDICATORS[name].facts
    assert facts is not None
    return [fact for view in views() for fact in facts(Case(view, period))]


@pytest.mark.shared
@pytest.mark.parametrize(("year", "month"), [*QUARTERS, (2021, 1), (2021, 11)])
def test_both_count_what_came_was_reopened_and_waited_for_somebody(year: int, month: int) -> None:
    period = period_of("quarter", date(year, month, 1), book().calendar)
    first, last = period.first, min(period.last, YESTERDAY)
    assert len(added("inquiries", period)) == naive_field.created(seen(), first, last)
    assert len(added("reopenings", period)) == naive_field.reopenings(seen(), first, last)
    rate = added("reopened", period)
    again, meant = naive_field.reopened(seen(), first, last)
    # Those whose history has a gap are left out of the rate, of which the plain count does not know.
    left_out = sum(bool(fact.excluded) for fact in rate)
    assert len(rate) == meant
    assert again - left_out <= sum(bool(fact.marks) for fact in rate) <= again
    waits = sorted(round(fact.value / 3600, 4) for fact in added("executor_time", period) if not fact.excluded)
    assert waits == naive_field.executor_hours(seen(), first, last)


@pytest.mark.shared
@pytest.mark.parametrize(("year", "month"), QUARTERS[:-1])
def test_both_find_the_same_ages(year: int, month: int) -> None:
    period = period_of("quarter", date(year, month, 1), book().calendar)
    assert sorted(fact.value for fact in added("age", period)) == naive_field.ages(seen(), period.last)


@pytest.mark.shared
def test_there_is_something_of_the_fields_own_to_count() -> None:
    first, last = date(2025, 1, 1), date(2025, 12, 31)
    assert naive_field.reopenings(seen(), date(2021, 1, 1), date(2021, 12, 31)) > 20
    assert naive_field.reopened(seen(), first, last)[1] > 100
    assert max(naive_field.executor_hours(seen(), first, last)) > 100
    assert len(naive_field.ages(seen(), date(2025, 9, 30))) > 100
