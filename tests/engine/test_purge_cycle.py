"""Purging in the daemon: once a day, killed anywhere, and whatever is purged nothing is said again."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date

import pytest
from desks import DAY, HOUR, MONDAY, Bot, Desk, at_seam, desk_over, one_flavour, rulebook, shipped
from hypothesis import given, settings
from hypothesis import strategies as st
from purging import purge_all

from bot.core.judge import judge
from bot.core.ledger import Entry
from bot.core.letters import LetterRow
from bot.core.retention import FORMER, Retention, horizons, periods_due
from bot.engine.purge import DONE_ON, erase_tickets
from bot.jira.reader import SOMEBODY
from bot.jira.tracker import STEP
from bot.report.asking import explained
from bot.sandbox import acts
from bot.sandbox.world import Person

SOLVED, CLOSED, AGAIN = "Lahendatud", "Suletud", "II tasemel"
DELIVERED = "Lahendus kliendile edastatud"
DAYS = 5
TICKETS = range(4)


def turn(desk: Desk, ticket: str) -> None:
    """Solve, deliver and close a ticket, or reopen a closed one."""
    if desk.issue(ticket).fields["status"]["name"] == CLOSED:
        desk.go(ticket, "spetsialist1", AGAIN)
        return
    desk.go(ticket, "it1", SOLVED)
    desk.edit(ticket, "spetsialist1", **{desk.field(DELIVERED): "2026-11-16"})
    desk.go(ticket, "spetsialist1", CLOSED)


def acts_of_a_stranger(desk: Desk) -> Person:
    """Somebody whom the rulebook does not name."""
    person = Person("vana.kala", "Vana Kala", "712020:vanakala", "vana.kala")
    desk.world.people.append(person)
    desk.world.index(person)
    return person


def entry_about(word: str) -> Entry:
    because = f"budget of {word}; and of {word}x"
    return Entry("k", "99", "KKA-99", "r", "ask", "m", (word,), "said", because, MONDAY, MONDAY)


def lived(desk: Desk, bot: Bot, turns: set[tuple[int, int]], purges: set[int]) -> dict[str, set[str]]:
    """Some days on which people close and reopen tickets; the ids of all comments that ever said each key.

    On half of the tickets people delete what the bot says, so that only its own memory knows of that.
    """
    tickets = [desk.taken(), desk.forwarded(complete=False), desk.taken(), desk.forwarded(category="KAEBUS")]
    said: dict[str, set[str]] = {}
    for day in range(DAYS):
        for number in TICKETS:
            if (day, number) in turns:
                turn(desk, tickets[number])
        for hours in (5, 19):
            bot.cycle(hours * HOUR)
            for number, ticket in enumerate(tickets):
                for comment in desk.said(ticket):
                    for key in comment.properties[STEP]["keys"]:
                        said.setdefault(key, set()).add(f"{comment.id}")
                    if number % 2:
                        acts.unsay(desk.world, desk.issue(ticket), comment, desk.world.person("it1"))
        if day in purges:
            purge_all(bot.engine, desk.now)
    return said


@settings(max_examples=settings().max_examples if os.environ.get("PILETIBOT_SOAK") else 1)
@given(
    turns=st.sets(st.tuples(st.integers(0, DAYS - 1), st.sampled_from(TICKETS)), min_size=4, max_size=12),
    purges=st.sets(st.integers(0, DAYS - 1), min_size=2),
    flavour=st.sampled_from(["cloud", "dc"]),
)
def test_whatever_is_purged_whenever_the_same_is_said_and_nothing_twice(
    turns: set[tuple[int, int]], purges: set[int], flavour: str
) -> None:
    found = []
    for days in (purges, set()):
        with desk_over(flavour) as desk, desk.bot() as bot:
            found.append(lived(desk, bot, turns, days))
    purged, whole = found
    assert {key: ids for key, ids in purged.items() if len(ids) > 1} == {}
    assert purged.keys() == whole.keys()
    assert len(whole) >= 3


@one_flavour
def test_a_closed_ticket_is_forgotten_and_comes_back_whole(desk: Desk) -> None:
    ticket = desk.forwarded(complete=False)
    with desk.bot() as bot:
        bot.cycle(HOUR)
        before = desk.keys(ticket)
        assert before
        turn(desk, ticket)
        bot.cycle(HOUR)
        bot.cycle(DAY)
        assert purge_all(bot.engine, desk.now) > 0
        assert (bot.engine.store.ticket_of("KKA-1"), bot.rows(ticket)) == (None, {})
        assert [bot.engine.store.is_purged(key) for key in ("KKA-1", "KKA-2")] == [True, False]
        bot.cycle(HOUR)
        assert bot.engine.store.ticket_of("KKA-1") is None, "the sweep must not bring it back"
        turn(desk, ticket)
        bot.cycles(desk.now + 3 * DAY, every=12 * HOUR)
        assert bot.engine.store.ticket_of("KKA-1") is not None
        assert len(desk.keys(ticket)) == len(set(desk.keys(ticket))) >= len(before)
        assert bot.rows(ticket)[before[0]] == "said"


@one_flavour
def test_what_is_wished_again_is_not_said_again_though_only_a_hash_is_left(desk: Desk) -> None:
    """Who deletes a comment and reopens the ticket long after wishes for the same step: it was said."""
    ticket = desk.forwarded(category="KAEBUS")
    with desk.bot() as bot:
        bot.cycles(MONDAY + 2 * DAY, every=12 * HOUR)
        said = set(desk.keys(ticket))
        for comment in desk.said(ticket):
            acts.unsay(desk.world, desk.issue(ticket), comment, desk.world.person("it1"))
        turn(desk, ticket)
        bot.cycle(HOUR)
        purge_all(bot.engine, bot.desk.later(DAY))
        assert (bot.engine.store.ticket_of("KKA-1"), bot.rows(ticket)) == (None, {})
        turn(desk, ticket)
        bot.cycle(HOUR)
        ticket_now = bot.engine.store.tickets([ticket])[0]
        wished = {step.key for step in judge(ticket_now, bot.engine.book, desk.now, bot.engine.desk(desk.now)).steps}
        assert wished & said
        told = explained(bot.engine.store, bot.engine.book, ticket_now, desk.now)
        assert "it was done, and purged since" in repr(told)
        bot.cycles(desk.now + DAY, every=6 * HOUR)
        assert not said & set(desk.keys(ticket))


@one_flavour
def test_a_command_that_was_answered_is_not_carried_out_again_though_only_a_hash_is_left(desk: Desk) -> None:
    """Somebody deletes the answer, and changes the closed ticket once more after it was purged."""
    ticket = desk.taken()
    with desk.bot() as bot:
        bot.cycle(HOUR)
        desk.write(ticket, "it1", "piletibot acknowledge")
        bot.cycle(HOUR)
        (answer,) = desk.said(ticket)
        acts.unsay(desk.world, desk.issue(ticket), answer, desk.world.person("it1"))
        turn(desk, ticket)
        bot.cycle(HOUR)
        purge_all(bot.engine, bot.desk.later(DAY))
        assert bot.engine.store.commands([ticket]) == []
        desk.edit(ticket, "it1", labels=["hiljem"])
        bot.cycle(HOUR)
        (told,) = bot.engine.store.commands([ticket])
        assert (told.granted, told.because) == (True, "it was settled, and purged since")
        assert desk.said(ticket) == []


@one_flavour
def test_a_state_that_is_closed_no_longer_brings_its_tickets_back(desk: Desk) -> None:
    ticket = desk.taken()
    states = tuple(
        state.model_copy(update={"standing": "solved"} if state.standing == "closed" else {})
        for state in shipped().book.entries.states
    )
    with desk.bot() as bot:
        turn(desk, ticket)
        bot.cycle(HOUR)
        bot.cycle(DAY)
        purge_all(bot.engine, desk.now)
        assert bot.engine.store.ticket_of("KKA-1") is None
        bot.engine.book = replace(rulebook(states=states), version="another")
        bot.cycle(HOUR)
        assert bot.engine.store.ticket_of("KKA-1") is not None


@one_flavour
def test_the_daemon_purges_once_a_day(desk: Desk) -> None:
    desk.taken()
    with desk.bot(retention=Retention()) as bot:
        purged: list[int] = []
        bot.engine.seam = lambda name: purged.append(desk.now) if name == "after purge" else None
        bot.cycles(MONDAY + 2 * DAY, every=8 * HOUR)
        assert len(purged) == 3


def test_what_is_yet_to_be_reported_on_is_needed() -> None:
    book, now = shipped().book, MONDAY
    kept = horizons(Retention(tickets_days=8, gone_days=8), book, now)
    reported = list(periods_due(book, now))
    assert kept.at["tickets"] < now - 60 * DAY
    assert kept.at["gone"] == now - 8 * DAY
    assert horizons(Retention(tickets_days=8), book, now, reported).at["tickets"] > kept.at["tickets"]
    assert horizons(Retention(tickets_days=3000), book, now).at["tickets"] == now - 3000 * DAY


class Killed(BaseException):
    pass


@one_flavour
@pytest.mark.parametrize("seam", ["within purge", "after purge"])
def test_killed_in_between_the_next_cycle_goes_on(desk: Desk, seam: str) -> None:
    def die() -> None:
        raise Killed

    with desk.bot(retention=Retention(troubles_days=8)) as bot:
        bot.cycle(HOUR)
        bot.engine.store.trouble("77", "gone long ago", MONDAY - 90 * DAY)
        bot.engine.seam = at_seam(seam, die)
        with pytest.raises(Killed):
            bot.cycle(DAY)
        assert (bot.engine.store.note(DONE_ON) == "2026-11-17") == (seam == "after purge")
        bot.engine.seam = lambda name: None
        bot.cycle(HOUR)
        assert (bot.engine.store.note(DONE_ON), bot.engine.store.troubles()) == ("2026-11-17", [])


def test_a_deleted_ticket_is_erased_when_its_days_are_over(desk: Desk) -> None:
    gone, stays = desk.forwarded(complete=False), desk.forwarded(complete=False)
    with desk.bot(retention=Retention(gone_days=8)) as bot:
        bot.cycle(HOUR)
        assert bot.rows(gone)
        acts.delete(desk.world, desk.issue(gone))
        bot.cycle(HOUR)
        bot.cycle(5 * DAY)
        assert bot.engine.store.keys()["KKA-1"] is not None
        bot.cycle(5 * DAY)
        assert set(bot.engine.store.keys()) == {"KKA-2"}
        assert bot.rows(gone) == {}
        assert bot.rows(stays)


ERASED = [
    # what became of it, days since, erased
    ("deleted", 29, 0),
    ("deleted", 31, 1),
    ("there after all", 31, 0),
    ("moved away", 31, 0),
    ("moved away", 366, 1),
    ("nothing of its project is seen", 31, 0),
    ("nothing of its project is seen", 366, 1),
]


@one_flavour
@pytest.mark.parametrize(("what", "days", "erased"), ERASED)
def test_what_may_only_be_hidden_is_not_erased_for_a_year(desk: Desk, what: str, days: int, erased: int) -> None:
    ticket, other = desk.taken(), desk.taken()
    with desk.bot() as bot:
        bot.cycle(HOUR)
        bot.engine.store.gone([ticket, other] if what.startswith("nothing") else [ticket], desk.now)
        if what == "moved away":
            acts.move(desk.world, desk.issue(ticket), desk.world.person("it1"), desk.world.projects["ARH"])
        elif what != "there after all":
            acts.delete(desk.world, desk.issue(ticket))
        found = horizons(Retention(), bot.engine.book, desk.now + days * DAY)
        both = 2 if what.startswith("nothing") else 1
        assert erase_tickets(bot.engine.store, bot.engine.tracker, found, 1) == erased * both


def test_an_account_that_jira_erased_is_named_no_more(desk: Desk) -> None:
    assert FORMER == SOMEBODY
    world = desk.world
    stranger = acts_of_a_stranger(desk)
    word = f"~{stranger.account_id if world.flavour == 'cloud' else stranger.key}"
    open_, closed = desk.taken(), desk.taken()
    for ticket in (open_, closed):
        desk.edit(ticket, "it1", assignee=stranger)
    with desk.bot(retention=Retention()) as bot:
        bot.cycle(HOUR)
        turn(desk, closed)
        store = bot.engine.store
        bot.cycle(HOUR)
        store.put_leavers([word], date(2026, 11, 16))
        store.write_entries([entry_about(word)])
        store.write_letters([LetterRow("k", "morning", "m", word, "said", f"for {word}", MONDAY, MONDAY)])
        assert word in store.strangers()
        for _ in range(7):
            bot.cycle(DAY)
        assert word in store.strangers(), "it is there"
        acts.erase_account(world, stranger)
        for _ in range(7):
            bot.cycle(DAY)
        assert word not in store.leavers()
        assert store.letters(["k"])["k"].to == ""
        (kept,) = store.entries(["99"])["99"].values()
        assert (kept.to, kept.because) == ((FORMER,), f"budget of {FORMER}; and of {word}x")
        assert store.tickets([closed])[0].owner == (FORMER if world.flavour == "cloud" else f"~{stranger.key}")
        assert store.tickets([open_])[0].owner == (word if world.flavour == "cloud" else f"~{stranger.key}")
