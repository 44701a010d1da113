"""Routes that assign: the work is spread within one cycle, over restarts, and never taken from anybody."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from desks import HOUR, MINUTE, Bot, Desk, rulebook

from bot.core.rulebook import Rulebook

IT = ("it1", "it2", "it3")


def gives(owner: str, **more: object) -> Rulebook:
    """The shipped rulebook, whose IT support gives its tickets to its members so."""
    book = rulebook()
    queues = [
        queue.model_copy(update={"owner": owner, **more} if queue.queue == "L2_IT" else {})
        for queue in book.entries.queues
    ]
    entries = book.entries.model_copy(update={"queues": tuple(queues)})
    return replace(book, entries=entries, queues={queue.queue: queue for queue in queues})


def owners(desk: Desk, tickets: list[str]) -> list[str | None]:
    found = [desk.issue(ticket).fields["assignee"] for ticket in tickets]
    return [None if person is None else person.name for person in found]


@pytest.mark.parametrize("way", ["round robin", "least loaded"])
def test_tickets_of_one_cycle_are_spread(desk: Desk, way: str) -> None:
    tickets = [desk.forwarded() for _ in range(6)]
    with desk.bot(book=gives(way)) as bot:
        bot.cycle(1)
        assert Counter(owners(desk, tickets)) == dict.fromkeys(IT, 2)
        more = desk.forwarded()
        bot.cycle(MINUTE)
        assert bot.cycle(MINUTE).said == []
    assert sum(each == desk.issue(more).fields["assignee"].name for each in owners(desk, tickets)) == 2


def test_the_turn_goes_on_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    given: list[str | None] = []
    for _ in range(4):
        ticket = desk.forwarded()
        with desk.bot(f"sqlite:///{tmp_path / 'bot.db'}", gives("round robin")) as bot:
            bot.cycle(1)
        desk.later(MINUTE)
        given += owners(desk, [ticket])
    first = IT.index(str(given[0]))
    assert given == [IT[(first + i) % 3] for i in range(4)]


def test_tickets_that_come_at_night_are_spread_too(desk: Desk) -> None:
    with desk.bot(book=gives("round robin")) as bot:
        desk.forwarded()
        bot.cycle(1)
        desk.later(10 * HOUR)
        tickets = [desk.forwarded() for _ in range(3)]
        assert bot.cycle(1).said == [], "nobody is disturbed"
    assert sorted(map(str, owners(desk, tickets))) == sorted(IT)


def test_who_has_open_tickets_already_gets_none(desk: Desk) -> None:
    for who in ("it1", "it1", "it3"):
        desk.taken(who)
    ticket = desk.forwarded()
    with desk.bot(book=gives("least loaded")) as bot:
        bot.cycle(1)
    assert owners(desk, [ticket]) == ["it2"]


def test_all_is_set_in_one_edit_and_nothing_is_set_again(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot(book=gives("it2", sets={"labels": "+it-tugi", "state": "in-work"})) as bot:
        bot.cycle(1)
        issue = desk.issue(ticket)
        acts = [{item["field"] for item in each.items} for each in issue.histories if each.author.name == "piletibot"]
        assert acts == [{"Järjekord", "assignee", "labels"}, {"status"}]
        desk.edit(ticket, "it2", assignee=desk.world.person("it3"), labels=[])
        assert bot.cycles(desk.now + 30 * MINUTE)
        assert (owners(desk, [ticket]), desk.issue(ticket).fields["labels"]) == (["it3"], [])


def test_a_person_who_assigns_it_meanwhile_wins(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot(book=gives("round robin"), seam=lambda name: _assign(desk, ticket, name)) as bot:
        assert isinstance(bot, Bot)
        bot.cycle(1)
    assert owners(desk, [ticket]) == ["it3"]


def _assign(desk: Desk, ticket: str, name: str) -> None:
    if name == "after intent":
        desk.edit(ticket, "koordinaator1", assignee=desk.world.person("it3"))
