"""Tickets tied to others, with a whole bot: it sees what is done elsewhere, and tells once of many at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Bot, Desk

from bot.engine.tracker import Trouble
from bot.sandbox import acts

WORKS_IN, INCIDENT = "10004", "10003"


def open_elsewhere(desk: Desk, who: str = "it2") -> str:
    """Open a ticket of KEMIT's."""
    world = desk.world
    values = {"summary": "Tõrge", "issuetype": world.issue_types["10100"]}
    return str(acts.create(world, world.person(who), world.projects["KEMIT"], values).id)


def tie(desk: Desk, kind: str, ticket: str, other: str, who: str = "koordinaator1") -> None:
    """Tie two tickets, of which `ticket` stands on the side of the outward words."""
    acts.link(desk.world, desk.world.person(who), kind, desk.issue(ticket), desk.issue(other))


def test_a_ticket_follows_the_one_in_which_tier_2_works(desk: Desk) -> None:
    ticket, other, unseen = desk.taken(), open_elsewhere(desk), open_elsewhere(desk)
    with desk.bot() as bot:
        bot.settled()
        tie(desk, WORKS_IN, ticket, other, "it1")
        bot.settled()
        desk.until(MONDAY + DAY)
        bot.settled()
        desk.write(other, "it2")
        desk.write(unseen, "it2")
        before = bot.counts()
        bot.cycle()
        assert bot.engine.store.linked([unseen]) == {}, "what no ticket is tied to is not read"
        assert bot.since(before)[0] <= 3, "one search, and the ticket with its history"
        bot.settled()
        bot.cycles(MONDAY + 2 * DAY + 6 * HOUR, every=HOUR)
        assert desk.rungs(ticket) == [], "on Monday's count it would have been asked about"
        desk.go(other, "it2", "Lahendatud")
        bot.cycles(desk.now + 20 * HOUR, every=HOUR)
        assert desk.rungs(ticket) == ["solution-reached-customer/ask"]
        desk.go(ticket, "spetsialist1", "Suletud")
        assert bot.settled().engine.store.outside_ids() == [other]


def test_what_cannot_be_read_is_no_standstill_and_is_told_once(desk: Desk) -> None:
    ticket, other = desk.taken(), open_elsewhere(desk)
    tie(desk, WORKS_IN, ticket, other, "it1")
    desk.site.faults.forbidden = [other]
    with desk.bot() as bot:
        bot.cycles(MONDAY + 4 * DAY, every=2 * HOUR)
        assert desk.rungs(ticket) == ["linked-unseen/tell"]
        assert ("no-movement/tell", "held") in bot.states(ticket)
        desk.site.faults.forbidden = []
        bot.cycles(desk.now + HOUR)
        assert "no-movement/tell" in desk.rungs(ticket), "it is there again, and nothing was done in it"


def test_many_tickets_at_once_are_told_once_and_wait_for_their_incident(desk: Desk) -> None:
    with desk.bot() as bot:
        bot.settled()
        tickets = [_outage(desk, bot) for _ in range(3)]
        bot.cycle(MINUTE)
        assert desk.said() == []
        tickets += [_outage(desk, bot) for _ in range(2)]
        bot.cycles(desk.now + HOUR, every=10 * MINUTE)
        assert desk.rungs() == ["mass-outage/burst"], "its growth is not told again"
        first, *others = tickets
        assert desk.keys(first)
        desk.taken("it1")
        master = desk.taken(category="KATKESTUS")
        for other in tickets:
            desk.go(other, "spetsialist2" if other == tickets[-1] else "spetsialist1", "II tasemel")
            tie(desk, INCIDENT, master, other)
        bot.cycles(MONDAY + 4 * DAY, every=3 * HOUR)
        assert [desk.rungs(other) for other in others] == [[]] * 4, "not even routed while the incident is open"
        desk.go(master, "it1", "Lahendatud")
        bot.cycle(MINUTE)
        lists = [key for key in desk.keys(master) if "/mass-outage/" in key]
        assert len(lists) == 2, "one for each of the two forwarders"
        assert all(desk.rungs(other) for other in others), "they are looked at again at once"
        told = len(desk.said(master))
        bot.cycles(desk.now + 6 * HOUR, every=HOUR)
        assert [key for key in desk.keys(master) if "/mass-outage/" in key] == lists
        assert told <= len(desk.said(master))


def _outage(desk: Desk, bot: Bot) -> str:
    desk.later(2 * MINUTE)
    forwarder = "spetsialist2" if len(desk.world.issues) % 5 == 4 else "spetsialist1"
    return desk.open(forwarder, "KATKESTUS")


@pytest.mark.parametrize("to", ["KKA", "ARH", None])
def test_one_known_by_a_key_that_is_another_now_is_missing(desk: Desk, to: str | None) -> None:
    ticket = open_elsewhere(desk)
    key = desk.issue(ticket).key
    if to is not None:
        acts.move(desk.world, desk.issue(ticket), desk.world.person("juht1"), desk.world.projects[to])
    odd = () if to is None else (Trouble(ticket, f"its project {to} is not named under `outside`"),)
    with desk.bot() as bot:
        by_key, by_id = (bot.engine.tracker.read_outside([name]) for name in (key, ticket))
        assert ([each.key for each in by_key.tickets], by_key.missing, by_key.troubles) == (
            ([key], (), ()) if to is None else ([], (key,), ())
        )
        assert (len(by_id.tickets), by_id.missing, by_id.troubles) == (to is None, (), odd)


def test_one_that_was_elsewhere_while_the_other_was_read_is_known_again_when_it_is_back(desk: Desk) -> None:
    own = desk.world.projects["KKA"]
    desk.world.projects["MUU"] = replace(own, key="MUU", id="10999", name="Muu")
    desk.world.person("piletibot").denied.add("BROWSE_PROJECTS:MUU")
    master, ticket = desk.taken("it1", category="KATKESTUS"), desk.taken()
    tie(desk, INCIDENT, master, ticket)
    with desk.bot() as bot:
        bot.settled()
        for project in ("MUU", "KKA"):
            acts.move(desk.world, desk.issue(master), desk.world.person("juht1"), desk.world.projects[project])
            if project == "MUU":
                desk.write(ticket, "it1")
            bot.cycle(MINUTE)
            assert [link.ticket_id for link in bot.engine.store.tickets([ticket])[0].links] == ["KKA-1"]
        bot.cycles(MONDAY + 4 * DAY, every=3 * HOUR)
        assert [link.ticket_id for link in bot.engine.store.tickets([ticket])[0].links] == [master]
        assert desk.rungs(ticket) == [], "it is read again before anything is said, and waits for the incident"
