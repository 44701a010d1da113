"""Clocks over the real histories beside the checkout: each ends or is open, none is negative, nothing gets lost."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import chain, pairwise
from typing import Any

from real_tickets import NOW, RULES, binding, exported, read

from bot.core.calendar import Calendar, build_calendar
from bot.core.clock import Cycle, elapsed_of, elapsed_s, paused_s
from bot.core.entries import Policy
from bot.core.judge import Judged, look
from bot.core.rulebook import Rulebook
from bot.core.verdict import verdicts_on
from bot.rulefiles import load_rulebook

TARGETS = {"why": "What would have been promised.", "targets": [{"within": "3wd"}]}
POLICIES = [
    {"name": "solve", "starts": "created", "pauses": "state is new", "stops": "solved", "restarts": "reopened"},
    {"name": "once", "starts": "created", "stops": "solved"},
    {"name": "answer", "starts": "created", "stops": ["answered", "solved"], "calendar": "round"},
    {"name": "takes", "starts": "enters tier 2", "stops": ["taken", "leaves tier 2"]},
    {"name": "own", "starts": "taken", "stops": "leaves tier 2", "calendar": "nights"},
    {"name": "again", "starts": "reopened", "pauses": "ball is tier 1", "stops": "closed", "calendar": "nights"},
]
HOURS = {"round": {"mon-sun": "00:00-24:00"}, "nights": {"mon-sun": "00:00-06:00, 22:00-24:00"}}
Json = Any


@cache
def book() -> Rulebook:
    read = load_rulebook(RULES, site="real")
    policies = tuple(Policy.model_validate(policy | TARGETS) for policy in POLICIES)
    entries = read.entries.model_copy(update={"policies": policies, "people": (), "ladders": ()})
    made = {name: calendar(hours) for name, hours in HOURS.items()}
    return replace(read, entries=entries, calendars={**read.calendars, **made})


def calendar(hours: dict[str, str]) -> Calendar:
    nothing: frozenset[date] = frozenset()
    return build_calendar(
        "c",
        timezone="Europe/Tallinn",
        hours=hours,
        day_s=None,
        closed=lambda year: nothing,
        shortened=lambda year: nothing,
        exceptions={},
    )


@cache
def judged() -> list[Judged]:
    bound = binding(book())
    return [look(read(raw, bound), book(), NOW) for raw in exported()]


def cycles() -> Iterator[Cycle]:
    return chain.from_iterable(chain.from_iterable(each.clocks.values()) for each in judged())


def test_there_is_something_of_everything() -> None:
    runs = Counter(cycle.policy for cycle in cycles())
    assert runs["once"] == len(exported()) == 2114
    assert runs["solve"] > runs["once"], "some were reopened"
    assert min(runs.values()) >= 30
    assert sum(len(cycle.segments) > 1 for cycle in cycles()) > 10, "some were paused between"
    assert sum(cycle.stopped_at is None for cycle in cycles()) > 100


def test_every_clock_ends_or_is_open_and_none_is_negative() -> None:
    for cycle in cycles():
        end = NOW if cycle.stopped_at is None else cycle.stopped_at
        moments = [cycle.started_at]
        for since, until in cycle.segments:
            moments += [since, NOW if until is None else until]
        moments.append(end)
        assert moments == sorted(moments)
        assert min(elapsed_s(cycle, NOW), paused_s(cycle, NOW)) >= 0


def test_elapsed_and_paused_are_the_working_time_from_start_to_stop() -> None:
    clocks = list(cycles())
    for cycle, ran_s in zip(clocks, elapsed_of(clocks, NOW), strict=True):
        end = NOW if cycle.stopped_at is None else cycle.stopped_at
        assert ran_s == elapsed_s(cycle, NOW)
        assert ran_s + paused_s(cycle, NOW) == cycle.calendar.between(cycle.started_at, end)
        if cycle.policy == "answer":
            assert ran_s == end - cycle.started_at, "an hour that is put forward or back is an hour of its own"


def test_a_clock_has_one_cycle_at_a_time_and_a_ticket_that_is_done_has_none_running() -> None:
    for each in judged():
        for found in each.clocks.values():
            assert all(before.stopped_at is not None for before in found[:-1])
            assert all((before.stopped_at or 0) <= after.started_at for before, after in pairwise(found))
        if each.view.happened[-1].after.standing == "closed":
            assert all(found[-1].stopped_at is not None for found in each.clocks.values() if found)


def test_every_clock_that_ended_has_a_verdict() -> None:
    for each in judged():
        for found in each.clocks.values():
            verdicts = list(verdicts_on("1", found, "v", NOW))
            assert len(verdicts) == sum(cycle.stopped_at is not None for cycle in found)
            for verdict in verdicts:
                over = verdict.due_at is not None and verdict.due_at < verdict.stopped_at
                assert over or verdict.standing == "met"


def test_newest_first_makes_the_same_clocks_as_oldest_first() -> None:
    bound, each_of = binding(book()), slice(None) if os.environ.get("PILETIBOT_SOAK") else slice(0, None, 4)
    for raw, each in zip(exported()[each_of], judged()[each_of], strict=True):
        turned = look(read(raw, bound, newest_first=True), book(), NOW)
        assert turned.view.ticket == each.view.ticket
        assert turned.clocks == each.clocks
