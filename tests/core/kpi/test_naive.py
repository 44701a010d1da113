"""The indicators over the real histories beside the checkout, worked out twice: by the bot, and as simply as can be.

The real tickets hold no due dates; they are given some here, every third one moved later or taken away after days,
and so they are given words on returns, notes that the customer knows, and authors where an entry has none. Two of
their statuses are teams of tier 2.

What these histories cannot tell stays with hand-computed tables: calls and cost (records beside the tickets),
satisfaction, satisfied and response (no ratings), bot_routing and reminders (no bot among them), statutory (no such
inquiries), outage (no services), workload and what is told of persons, next stages of 2.3.6 (no reasons of returns).
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache

import naive
import naive_field
import naive_tiers
import pytest
from real_tickets import NOW, RULES, Json, binding, exported, read

from bot.core.entries import Completeness, Policy, Queue
from bot.core.history import turns
from bot.core.judge import look_on
from bot.core.kpi.case import Case
from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import Figure
from bot.core.kpi.period import Period, period_of
from bot.core.kpi.registry import INDICATORS, figures, ticket_facts
from bot.core.rulebook import Rulebook
from bot.core.verdict import Verdict, verdicts_on
from bot.core.view import View
from bot.jira.catalogue import Field
from bot.rulefiles import load_rulebook

Count = Callable[[list[naive.Told], date, date], naive.Share]
QUARTERS = [(2014, 5), (2024, 12), (2025, 1), (2025, 5), (2025, 8), (2025, 10)]
COUNTED = (naive.first_deadline, naive.date_agreed, naive.first_tier, naive.first_tier_created, naive.quality)
YESTERDAY = date(2025, 12, 28)
"""The last day that was over when the figures are worked out."""
TIER_2 = ("10019", "10020")
"""Statuses that some of these tickets were in before they were done, and others not."""
FIELDS = (
    Field("status", "Status", kind="status"),
    Field("customfield_90001", "justified", custom=True, kind="option"),
    Field("customfield_90002", "delivered", custom=True, kind="datetime"),
)
PROMISED: list[Json] = [
    {"name": "solve", "starts": "created", "pauses": "ball is tier 1", "stops": "solved", "restarts": "reopened"},
    {"name": "own", "starts": "enters tier 2", "stops": "leaves tier 2"},
]
WITHIN_HOURS = {"solve": 24, "own": 8}


@cache
def book() -> Rulebook:
    """Their rulebook, by which these statuses are tier 2's and all others that are not done tier 1's."""
    read = load_rulebook(RULES, site="real")
    to, others = read.entries.states[1], (each.model_copy(update={"tier": 1}) for each in read.entries.states)
    theirs = [to.model_copy(update={"state": f"at {id_}", "status": (id_,), "category": None}) for id_ in TIER_2]
    states = (
        *theirs,
        *(each if each.standing == "open" else each.model_copy(update={"tier": None}) for each in others),
    )
    targets = {name: {"why": "An example.", "targets": [{"within": f"{h}h"}]} for name, h in WITHIN_HOURS.items()}
    teams = [{"queue": f"team-{id_}", "tier": 2, "name": {"en": id_}, "value": id_} for id_ in TIER_2]
    owned = {"name": "owned", "why": "An example.", "requires": ["owner"]}
    queues = tuple(Queue.model_validate(team) for team in teams)
    changed = {
        "people": (),
        "ladders": (),
        "states": states,
        "fields": {"queue": "status", "justified": "justified", "delivered": "delivered"},
        "queues": queues,
        "policies": tuple(Policy.model_validate(each | targets[each["name"]]) for each in PROMISED),
        "completeness": (Completeness.model_validate(owned),),
    }
    entries = read.entries.model_copy(update=changed)
    by_name = {each.queue: each for each in queues}
    return replace(read, entries=entries, states={each.state: each for each in states}, queues=by_name)


@cache
def dated() -> tuple[Json, ...]:
    return tuple(with_dates(raw, i) for i, raw in enumerate(exported()))


def with_dates(raw: Json, i: int) -> Json:
    raw = copy.deepcopy(raw)
    created = naive.stamp(raw["fields"]["created"])
    first = (created.date() + timedelta(days=i * 7 % 90)).isoformat() if i % 5 < 4 else None
    raw["fields"]["duedate"] = first
    for history in raw.get("changelog", {}).get("histories", []):
        history["items"] = [item for item in history["items"] if item["field"] != "duedate"]
    if i % 3 == 0 and first and "changelog" in raw:
        later = None if i % 2 else (created.date() + timedelta(days=i * 7 % 90 + 10)).isoformat()
        item = {"field": "duedate", "fieldId": "duedate", "from": first, "to": later}
        at = (created + timedelta(days=5)).isoformat(timespec="milliseconds")
        raw["changelog"]["histories"].append({"id": "999999", "created": at, "items": [item]})
        raw["fields"]["duedate"] = later
    for history in raw.get("changelog", {}).get("histories", []):
        at = naive.stamp(history["created"])
        history.setdefault("author", {"accountId": f"somebody-{(i + at.day + at.hour // 12) % 3}"})
    moves = [
        (naive.stamp(history["created"]), item.get("from"), item.get("to"))
        for history in raw.get("changelog", {}).get("histories", [])
        for item in history["items"]
        if item["field"] == "status"
    ]
    away = next((at for at, was, _ in sorted(moves, key=lambda move: move[0]) if was in TIER_2), None)
    if away and i % 4 < 2:
        add(raw, FIELDS[1], away + timedelta(hours=1), ("yes", "no")[i % 4])
    if away and i % 8 == 0:
        add(raw, FIELDS[1], away + timedelta(days=2), "no")
    done = [at for at, _, now in sorted(moves, key=lambda move: move[0]) if now in done_ids()]
    if done and i % 3:
        add(raw, FIELDS[2], done[-(i % 2)] + timedelta(hours=i % 50), "2025-01-01T12:00:00.000+0200")
    return raw


def add(raw: Json, field: Field, at: datetime, value: str) -> None:
    """Give a ticket another value in a field of its own, and the entry in its history."""
    was = (raw["fields"].get(field.id) or {}).get("value") if field.kind == "option" else None
    item = {"field": field.name, "fieldId": field.id, "fieldtype": "custom"}
    item |= {"from": was and "1", "fromString": was, "to": "2", "toString": value}
    entry = {"id": f"99{len(value)}", "created": at.isoformat(timespec="milliseconds"), "items": [item]}
    raw["changelog"]["histories"].append(entry)
    raw["fields"][field.id] = {"value": value} if field.kind == "option" else value


@cache
def done_ids() -> set[str]:
    return {id_ for id_, place in naive.places(exported(), TIER_2).items() if place == "done"}


@cache
def views() -> list[View]:
    bound = binding(book(), FIELDS)
    tickets = [read(raw, bound) for raw in dated()]
    return [View(ticket, turns(ticket, book()), book(), NOW) for ticket in tickets]


@cache
def told() -> list[naive.Told]:
    known = naive.places(exported(), TIER_2)
    return [naive.read(raw, known) for raw in dated()]


@cache
def courses() -> list[naive_tiers.Course]:
    known = naive.places(exported(), TIER_2)
    statuses = [each["fields"]["status"] for each in exported()]
    new = {status["id"]: status["statusCategory"]["key"] == "new" for status in statuses}
    waits = {id_ for id_, is_new in new.items() if is_new}
    return [naive_tiers.course(raw, known, waits) for raw in dated()]


def both() -> list[tuple[naive.Told, naive_tiers.Course]]:
    return list(zip(told(), courses(), strict=True))


@cache
def verdicts() -> list[list[Verdict]]:
    clocks = [look_on(view).clocks.values() for view in views()]
    return [[one for each in those for one in verdicts_on("1", each, "v", NOW)] for those in clocks]


@cache
def facts(period: Period) -> list[Fact]:
    cases = zip(views(), verdicts(), strict=True)
    return [fact for view, judged in cases for fact in ticket_facts(Case(view, period, judged))]


@cache
def found(period: Period) -> dict[tuple[str, str], Figure]:
    return {(each.indicator, each.group): each for each in figures(facts(period))}


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
    make = INDICATORS[name].facts
    assert make is not None
    cases = zip(views(), verdicts(), strict=True)
    return [fact for view, judged in cases for fact in make(Case(view, period, judged))]


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


# Tiers, teams and clocks

PERIODS = [(2021, 1), (2025, 1), (2025, 5), (2025, 8)]


@pytest.mark.shared
@pytest.mark.parametrize(("year", "month"), PERIODS)
def test_both_tell_the_same_of_teams(year: int, month: int) -> None:
    period = period_of("quarter", date(year, month, 1), book().calendar)
    first, last = period.first, period.last
    right = [fact for fact in added("right_team", period) if not fact.excluded]
    bad = [fact for fact in right if not fact.value]
    pending = [fact for fact in right if fact.value and "pending" in fact.marks]
    ours = {"yes": len(right) - len(bad) - len(pending), "no": len(bad), "pending": len(pending)}
    assert ours == naive_tiers.right_team(both(), first, last)
    assert len(added("rejected", period)) == len(bad)
    sent = added("bounces", period)
    words = ("justified", "not justified", "pending")
    assert {"all": len(sent)} | {word: sum(word in fact.marks for fact in sent) for word in words} == (
        naive_tiers.bounces(courses(), first, last)
    )
    good, meant = naive_tiers.complete(both(), first, last)
    complete = [fact for fact in added("complete_first", period) if not fact.excluded]
    assert (sum(fact.value for fact in complete), len(complete)) == (good, meant)


@pytest.mark.shared
@pytest.mark.parametrize(("year", "month"), PERIODS)
def test_both_find_the_same_waits_and_standstills(year: int, month: int) -> None:
    period = period_of("quarter", date(year, month, 1), book().calendar)
    waits = added("handoff_wait", period)
    ours = sorted(round(fact.value / 3600, 4) for fact in waits if not fact.excluded)
    others = [sum(fact.excluded == why for fact in waits) for why in ("taken back", "still waiting")]
    assert (ours, *others) == naive_tiers.waits(courses(), period.first, period.last)
    assert len(added("still", period)) == naive_tiers.still(courses(), period.last)


@pytest.mark.shared
@pytest.mark.parametrize(("year", "month"), PERIODS)
def test_both_find_the_same_promises_kept(year: int, month: int) -> None:
    period = period_of("quarter", date(year, month, 1), book().calendar)
    for policy, run in (("solve", naive_tiers.solving), ("own", naive_tiers.handling)):
        theirs = [ran for each in courses() for at, ran in run(each) if period.first <= at.date() <= period.last]
        times = [fact.value / 3600 for fact in added("promise_time", period) if fact.group == policy]
        assert sorted(round(ran, 4) for ran in times) == sorted(round(ran, 4) for ran in theirs)
        kept = [fact.value for fact in added("promise", period) if fact.group == policy]
        assert (sum(kept), len(kept)) == (sum(ran <= WITHIN_HOURS[policy] for ran in theirs), len(theirs))


@pytest.mark.shared
@pytest.mark.parametrize(("year", "month"), PERIODS)
def test_both_tell_the_same_of_solutions(year: int, month: int) -> None:
    period = period_of("quarter", date(year, month, 1), book().calendar)
    reached, meant, took = naive_tiers.delivered(both(), period.first, period.last)
    known = [fact for fact in added("delivered", period) if not fact.excluded]
    assert (sum(fact.value for fact in known), len(known)) == (reached, meant)
    assert sorted(round(fact.value / 3600, 4) for fact in added("delivery_time", period)) == took
    sample = [fact for fact in added("sample", period) if not fact.excluded]
    assert len(sample) == naive.sample(told(), period.first, period.last)
