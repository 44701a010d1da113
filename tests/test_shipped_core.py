"""Shipped rules that need the whole core: budgets, who is told of whom, and the list after a period."""

from __future__ import annotations

from functools import cache

import pytest
from pydantic import TypeAdapter

from bot.core.arrange import DeskState, arrange, without
from bot.core.follow_up import follow_up_letters
from bot.core.judge import judge
from bot.core.letters import Told
from bot.core.rulebook import Rulebook
from bot.core.ruletest_others import asked_about
from bot.core.ruletest_ticket import moment
from bot.core.ruletest_words import Case
from bot.core.steps import Wishes, part
from bot.shipped import rules_folder
from bot.start import read_desk

CRITICAL = {
    "keskkonnaamet": ("L2_IT", "it2", "2026-11-16 08:00", "2026-11-16 12:00:01", "critical-deadline"),
    "viimsi": ("V_IT", "it1", "2026-11-17 08:30", "2026-11-17 12:30:01", "it-critical"),
    "smit": ("S_VORK", "vork1", "2026-11-18 00:10", "2026-11-18 04:10:01", "critical"),
}
EXECUTORS = {
    "the unit's head is written to": ({}, (), True),
    "their deputy is, who is no direct manager": ({"kommunaaljuht1": ["vanemspetsialist1"]}, (), False),
    "they hear of it from their summary": ({}, ("kommunaaljuht1",), False),
}


@cache
def book_of(desk: str) -> Rulebook:
    return read_desk(rules_folder() / desk, "test").book


def wished(book: Rulebook, now: str, ticket: dict[str, object], absent: dict[str, list[str]]) -> Wishes:
    words = {"it": "is wished", "now": now, "expect": [], "ticket": ticket, "absent": absent}
    at = moment(now, book)
    told, desk = asked_about(TypeAdapter(Case).validate_python(words), book, at)
    return judge(told, book, at, desk)


@pytest.mark.parametrize("desk", CRITICAL)
def test_a_breach_of_what_is_critical_is_said_though_everybodys_budget_is_spent(desk: str) -> None:
    queue, owner, forwarded, breached, rule = CRITICAL[desk]
    book = book_of(desk)
    spent = DeskState(told={person.person: book.entries.manners.budget for person in book.entries.people})
    said = {}
    for priority in ("critical", "high"):
        history = [{"at": forwarded, "forwarded": True}]
        ticket = {"priority": priority, "queue": queue, "owner": owner, "complete": True, "history": history}
        wishes = wished(book, breached, ticket, {})
        arranged = arrange([wishes], {}, book, spent, moment(breached, book))
        assert wishes.steps or priority == "high"
        said[priority] = {step.rule for steps in arranged.say for step in steps}
    assert said == {"critical": {rule}, "high": set()}


@pytest.mark.parametrize(("absent", "away", "told"), EXECUTORS.values(), ids=EXECUTORS)
def test_that_the_manager_is_told_is_said_only_where_they_are(
    absent: dict[str, list[str]], away: tuple[str, ...], told: bool
) -> None:
    history = [{"at": "2026-11-10 09:30", "forwarded": True}, {"at": "2026-11-20 10:00", "message": "kommunaal1"}]
    ticket = {"category": "DOKUMENT", "queue": "V_KOMMUNAAL", "owner": "kommunaal1", "complete": True}
    fields = {"registered": "2026-11-10", "term": "2026-11-25"}
    wishes = wished(book_of("viimsi"), "2026-11-26 08:30", {**ticket, "fields": fields, "history": history}, absent)
    [step] = (step for step in wishes.steps if step.say == "executor_overdue")
    assert len(step.to) == 2
    assert ("manager" in part(without(step, set(away)), 0).values) == told


def test_the_day_after_a_quarters_last_lists_what_is_left_of_it() -> None:
    book = book_of("keskkonnaamet")
    fields = {"declaration_period": "2026-IV"}
    history = [{"at": "2027-01-06 10:05", "forwarded": True}]
    words = {
        "category": "DEKL_SISU",
        "queue": "L2_TASU",
        "forwarder": "spetsialist4",
        "fields": fields,
        "history": history,
    }
    case = {"it": "is listed", "now": "2027-01-19 08:30", "expect": [], "ticket": words}
    told = TypeAdapter(Case).validate_python(case)

    def listed(now: str) -> dict[str, list[str]]:
        at = moment(now, book)
        ticket, desk = asked_about(told, book, at)
        people = Told({person.person: at for person in book.entries.people})
        letters = follow_up_letters(lambda: [ticket], people, book, desk, at)
        return {letter.to: [section.title for section in letter.sections] for letter in letters}

    assert listed("2027-01-18 08:30") == {}
    assert listed("2027-01-19 08:30") == {"spetsialist4": ["left_open"], "koordinaator1": ["left_open"]}
