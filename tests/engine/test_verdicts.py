"""Verdicts on clocks that stopped: written once, kept by the rulebook in force then, judged again only when lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
from desks import DAY, HOUR, MINUTE, Bot, Desk, rulebook, shipped

from bot.core.duration import Duration
from bot.core.rulebook import Rulebook
from bot.core.verdict import Verdict


def kept(bot: Bot, ticket: str) -> dict[str, Verdict]:
    """The verdicts on a ticket by policy; the last of each."""
    return {verdict.policy: verdict for verdict in bot.engine.store.verdicts([ticket]).get(ticket, ())}


def short(version: str) -> Rulebook:
    """A rulebook under which every promise is of one minute."""
    minute = Duration("working", 60)
    policies = tuple(
        policy.model_copy(update={"targets": tuple(t.model_copy(update={"within": minute}) for t in policy.targets)})
        for policy in shipped().book.entries.policies
    )
    return replace(rulebook(policies=policies), version=version)


def solved(desk: Desk, bot: Bot) -> str:
    """A ticket that tier 2 took at once, asked about for half an hour, and solved after two working hours in all."""
    ticket = desk.taken()
    bot.cycle(HOUR)
    desk.go(ticket, "it1", "Ootab klienti")
    bot.cycle(HOUR // 2)
    desk.go(ticket, "it1", "Töös")
    bot.cycle(HOUR)
    desk.go(ticket, "it1", "Lahendatud")
    return ticket


def test_a_clock_that_stopped_has_its_verdict_and_an_idle_cycle_writes_nothing_more(desk: Desk) -> None:
    with desk.bot() as bot:
        bot.cycle()
        started = desk.now
        ticket = solved(desk, bot)
        assert "tier2-resolution" not in kept(bot, ticket)
        stopped = desk.now
        bot.cycle(MINUTE)
        verdict = kept(bot, ticket)["tier2-resolution"]
        assert verdict == Verdict(
            ticket_id=ticket,
            policy="tier2-resolution",
            started_at=started,
            stopped_at=stopped,
            due_at=verdict.due_at,
            elapsed_s=2 * HOUR,
            paused_s=HOUR // 2,
            standing="met",
            version=shipped().book.version,
            at=stopped + MINUTE,
        )
        assert verdict.due_at is not None
        assert verdict.due_at > stopped
        assert {policy: each.standing for policy, each in kept(bot, ticket).items()} == {
            "tier2-answer": "met",
            "tier2-resolution": "met",
            "tier2-takes": "met",
            "tier2-own": "met",
            "customer-informed": "met",
        }
        before = bot.settled().counts()
        bot.cycle(MINUTE)
        assert bot.since(before) == (1, 1)


def test_a_reopened_ticket_keeps_the_verdict_on_what_it_was_before(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = solved(desk, bot)
        bot.cycle(MINUTE)
        first = kept(bot, ticket)["tier2-resolution"]
        desk.go(ticket, "spetsialist1", "Töös")
        bot.cycle(HOUR)
        assert kept(bot, ticket)["tier2-resolution"] == first
        desk.go(ticket, "it1", "Lahendatud")
        bot.cycle(MINUTE)
        found = [each for each in bot.engine.store.verdicts([ticket])[ticket] if each.policy == "tier2-resolution"]
        assert found[0] == first
        assert [each.elapsed_s for each in found] == [2 * HOUR, HOUR]


def test_another_rulebook_rules_what_is_open_and_leaves_what_is_closed(desk: Desk, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    with desk.bot(url) as bot:
        done, still = solved(desk, bot), desk.taken()
        bot.cycle(MINUTE)
        before = kept(bot, done)
    with desk.bot(url, short("another")) as bot:
        bot.cycle(HOUR)
        assert kept(bot, done) == before
        desk.go(still, "it1", "Lahendatud")
        bot.cycle(MINUTE)
        after = kept(bot, still)["tier2-resolution"]
        assert (after.standing, after.version, after.rejudged) == ("missed", "another", False)
        assert kept(bot, done) == before


def test_a_lost_database_has_closed_clocks_judged_again_and_says_so(desk: Desk) -> None:
    with desk.bot() as bot:
        bot.cycle()
        ticket, still = solved(desk, bot), desk.taken()
        bot.cycle(MINUTE)
        before = kept(bot, ticket)
        assert not any(verdict.rejudged for verdict in before.values())
    with desk.bot() as bot:
        bot.cycle(DAY)
        again = kept(bot, ticket)
        assert again == {
            policy: msgspec.structs.replace(verdict, at=desk.now, rejudged=True) for policy, verdict in before.items()
        }
        desk.go(still, "it1", "Lahendatud")
        bot.cycle(MINUTE)
        assert not kept(bot, still)["tier2-resolution"].rejudged


def test_verdicts_wait_while_a_state_means_nothing_to_the_rulebook(desk: Desk) -> None:
    with desk.bot() as bot:
        ticket = solved(desk, bot)
        bot.cycle(MINUTE)
        before = kept(bot, ticket)
        states = tuple(
            state.model_copy(update={"category": None})
            for state in shipped().book.entries.states
            if state.state != "solved"
        )
        book = replace(rulebook(states=states), version="another")
        bot.engine.book = replace(book, states={state.state: state for state in states})
        bot.cycle(MINUTE)
        assert kept(bot, ticket) == before
