"""A rule on its way: it only records, it goes live, it is changed or taken away; what it had waiting goes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Bot, Desk, at_seam, in_turn, one_flavour, rulebook

from bot.core.entries import Completeness, Ladder, Route
from bot.core.rulebook import Rulebook
from bot.engine.batch import batches, release

NEEDS = Completeness(name="needs", why="Tier 2 cannot begin without a due date.", requires=("due",))
TUESDAY = date(2026, 11, 17)

Rule = Route | Ladder | Completeness

_shipped = rulebook().entries


def ladder(name: str) -> Ladder:
    return next(each for each in _shipped.ladders if each.name == name)


RULES: dict[str, Rule] = {
    "route": next(each for each in _shipped.routes if each.route == "it-support"),
    "ladder": ladder("no-movement"),
    "ladder beside a deadline": ladder("data-breach"),
    "completeness": NEEDS,
}
SAID = {
    "route": "it-support/routed",
    "ladder": "no-movement/ask",
    "ladder beside a deadline": "data-breach/know",
    "completeness": "completeness/gaps",
}
LATE = MONDAY + 2 * DAY
"""Wednesday at 10, when a ticket taken on Monday has not moved for two working days."""


def book_of(version: str, *rules: Rule, **manners: Any) -> Rulebook:
    """A rulebook of these rules and no others."""
    made = rulebook(
        routes=tuple(rule for rule in rules if isinstance(rule, Route)),
        ladders=tuple(rule for rule in rules if isinstance(rule, Ladder)),
        completeness=tuple(rule for rule in rules if isinstance(rule, Completeness)),
        manners=manners,
    )
    names = [rule.route if isinstance(rule, Route) else rule.name for rule in rules]
    whys = dict(zip(names, (rule.why for rule in rules), strict=True))
    return replace(made, version=version, whys=whys)


def spoken_of(desk: Desk, kind: str, who: str = "spetsialist1") -> str:
    """A ticket of which a rule of this kind has something to say on Wednesday at the latest."""
    if kind == "ladder":
        return desk.taken()
    if kind == "ladder beside a deadline":
        return desk.open(who, "ANDMEKAITSE")
    return desk.forwarded(who)


def renamed(rule: Rule) -> Rule:
    return rule.model_copy(update={"route" if isinstance(rule, Route) else "name": "another"})


CHANGES: dict[str, Callable[[Rule], tuple[Rule, ...]]] = {
    "removed": lambda rule: (),
    "renamed, and on observe": lambda rule: (renamed(rule).model_copy(update={"observe": True}),),
    "its condition holds no longer": lambda rule: (rule.model_copy(update={"when": {"label": "never"}}),),
    "put on observe": lambda rule: (rule.model_copy(update={"observe": True}),),
}


def held(bot: Bot, tickets: list[str]) -> None:
    for ticket in tickets:
        bot.desk.edit(ticket, "juht1", labels=["bot-vait"])
    bot.cycle(MINUTE)


def batched(bot: Bot, tickets: list[str]) -> None:
    bot.cycle(MINUTE)


def released(bot: Bot, tickets: list[str]) -> None:
    bot.cycle(MINUTE)
    ((batch, _),) = batches(bot.engine.store).items()
    release(bot.engine.store, batch, bot.desk.now)


def intended(bot: Bot, tickets: list[str]) -> None:
    class Killed(Exception):
        pass

    def die() -> None:
        raise Killed

    bot.engine.seam = at_seam("after intent", die)
    with pytest.raises(Killed):
        bot.cycle(MINUTE)


WAITING: dict[str, tuple[int, Callable[[Bot, list[str]], None]]] = {
    "held": (40, held),
    "batched": (1, batched),
    "released": (1, released),
    "intended": (40, intended),
}
"""The states in which something may wait: the ceiling under which it gets so, and how."""


@pytest.mark.parametrize(("kind", "state", "change", "flavour"), in_turn(RULES, WAITING, CHANGES))
def test_what_a_changed_rule_had_waiting_is_not_said(desk: Desk, kind: str, state: str, change: str) -> None:
    rule, (ceiling, wait) = RULES[kind], WAITING[state]
    with desk.bot(book=book_of("before", rule, ceiling=ceiling)) as bot:
        tickets = [spoken_of(desk, kind), spoken_of(desk, kind, "spetsialist2")]
        desk.until(LATE if kind == "ladder" else MONDAY + HOUR)
        wait(bot, tickets)
        assert {row.state for row in bot.engine.store.ledger()} == {state}
        before = list(bot.rows())
        bot.engine.book = book_of("after", *CHANGES[change](rule))
        bot.cycle(MINUTE)
        rows = bot.rows()
        stays = change == "put on observe" and kind != "completeness"
        becomes = {"withdrawn"} if not stays else {"held"} if state == "held" else {"observed"}
        assert {rows[key] for key in before} == becomes, "in the first cycle"
        for ticket in tickets:
            desk.edit(ticket, "juht1", labels=[])
        bot.cycles(desk.now + HOUR)
        assert desk.said() == []
        assert "held" not in bot.rows().values()


# Since


def since(kind: str, day: date = TUESDAY) -> Rule:
    return RULES[kind].model_copy(update={"since": day})


@one_flavour
@pytest.mark.parametrize("kind", RULES)
def test_what_is_due_before_a_rule_goes_live_counts_as_done(desk: Desk, kind: str) -> None:
    day = date(2026, 11, 19) if kind == "ladder" else TUESDAY
    with desk.bot(book=book_of("one", since(kind, day))) as bot:
        ticket = spoken_of(desk, kind)
        desk.until(LATE if kind == "ladder" else MONDAY + HOUR)
        assert bot.cycle().adopted == 1
        assert {row.state for row in bot.engine.store.ledger()} == {"adopted"}
        bot.settled()
        assert desk.rungs(ticket) == []
        assert desk.queue(ticket) == ("L2_IT" if kind == "ladder" else None), "a route leaves those to people"


@pytest.mark.parametrize("kind", RULES)
def test_without_since_it_speaks(desk: Desk, kind: str) -> None:
    with desk.bot(book=book_of("one", RULES[kind])) as bot:
        ticket = spoken_of(desk, kind)
        desk.until(LATE if kind == "ladder" else MONDAY + HOUR)
        bot.cycle()
        assert desk.rungs(ticket) == [SAID[kind]]


@one_flavour
def test_later_rungs_of_an_adopted_ladder_speak(desk: Desk) -> None:
    with desk.bot(book=book_of("one", since("ladder", date(2026, 11, 19)))) as bot:
        ticket = desk.taken()
        bot.cycles(MONDAY + 3 * DAY, every=3 * HOUR)
        assert desk.rungs(ticket) == []
        bot.cycles(MONDAY + 8 * DAY, every=3 * HOUR)
        assert desk.rungs(ticket) == ["no-movement/tell"]


@one_flavour
def test_later_repeats_of_an_adopted_rung_speak(desk: Desk) -> None:
    rule = ladder("waiting-for-customer").model_copy(update={"since": date(2026, 11, 20)})
    with desk.bot(book=book_of("one", rule)) as bot:
        ticket = desk.taken()
        desk.go(ticket, "it1", "Ootab klienti")
        bot.cycles(MONDAY + 4 * DAY, every=3 * HOUR)
        assert [state for _, state in bot.states(ticket)] == ["adopted"]
        bot.cycles(MONDAY + 11 * DAY, every=3 * HOUR)
        assert desk.rungs(ticket) == ["waiting-for-customer/ask"]
        assert desk.keys(ticket)[0].endswith("/ask/1")


@one_flavour
def test_later_rungs_beside_a_deadline_speak(desk: Desk) -> None:
    with desk.bot(book=book_of("one", since("ladder beside a deadline"))) as bot:
        ticket = spoken_of(desk, "ladder beside a deadline")
        bot.cycles(MONDAY + 4 * DAY, every=3 * HOUR)
        assert desk.rungs(ticket) == ["data-breach/warn", "data-breach/breach"]


@pytest.mark.parametrize("kind", ["route", "completeness"])
def test_a_ticket_handed_over_again_is_spoken_of(desk: Desk, kind: str) -> None:
    with desk.bot(book=book_of("one", since(kind))) as bot:
        ticket = desk.forwarded()
        bot.settled()
        desk.until(MONDAY + DAY)
        desk.go(ticket, "it1", "Uus")
        bot.cycle(MINUTE)
        desk.go(ticket, "spetsialist1", "II tasemel")
        bot.cycle(MINUTE)
        assert desk.rungs(ticket) == [SAID[kind]]


# Observe


@pytest.mark.parametrize(("kind", "whole", "flavour"), in_turn(RULES, [False, True]))
def test_what_was_only_recorded_is_past_when_the_rule_goes_live(desk: Desk, kind: str, whole: bool) -> None:
    """But for a route: its ticket waits for its queue, and gets it with its message."""
    watched = RULES[kind] if whole else RULES[kind].model_copy(update={"observe": True})
    with desk.bot(book=book_of("watching", watched, observe=whole)) as bot:
        ticket = spoken_of(desk, kind)
        desk.until(LATE if kind == "ladder" else MONDAY + HOUR)
        assert bot.cycle().observed > 0
        bot.settled()
        assert (desk.said(), [row.state for row in bot.engine.store.ledger()]) == ([], ["observed"])
        bot.engine.book = book_of("live", RULES[kind])
        bot.cycle(MINUTE)
        bot.settled()
        assert desk.rungs(ticket) == (["it-support/routed"] if kind == "route" else [])


@one_flavour
def test_what_another_rule_finds_missing_is_asked_with_what_was_only_recorded(desk: Desk) -> None:
    more = Completeness(name="more", why="Somebody must be in charge of it.", requires=("owner",))
    with desk.bot(book=book_of("watching", NEEDS.model_copy(update={"observe": True}))) as bot:
        ticket = desk.forwarded()
        bot.settled()
        bot.engine.book = book_of("live", NEEDS, more)
        bot.cycle(MINUTE)
        assert desk.rungs(ticket) == ["completeness/gaps"]


# The version


@one_flavour
def test_every_row_keeps_the_version_by_which_it_came_about(desk: Desk) -> None:
    route, watched = RULES["route"], RULES["completeness"].model_copy(update={"observe": True})
    with desk.bot(book=book_of("one", route, watched)) as bot:
        first = desk.forwarded()
        bot.cycle(MINUTE)
        bot.engine.book = book_of("two", route, watched, since("ladder", date(2026, 12, 1)))
        second = desk.forwarded("spetsialist2")
        third = desk.forwarded("spetsialist2")
        desk.edit(third, "juht1", labels=["bot-vait"])
        bot.cycles(LATE + 7 * HOUR, every=HOUR)
        versions = {(row.ticket_id, row.rule, row.state): row.version for row in bot.engine.store.ledger()}
        assert versions[first, "it-support", "said"] == versions[first, "needs", "observed"] == "one"
        assert versions[second, "it-support", "said"] == versions[second, "needs", "observed"] == "two"
        assert versions[third, "it-support", "held"] == versions[third, "needs", "held"] == "two"
        assert versions[first, "no-movement", "adopted"] == "two"
        assert "" not in versions.values()
