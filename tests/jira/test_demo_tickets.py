"""The 40 demo tickets of the shipped desks, read from a Jira as any others: the right queue, and exactly their flaws.

What is expected stands in the tickets themselves, in the domain's words for flaws; what the rules find is put into
those words here. What only a person can tell for sure is expected where it is, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from bot.core.completeness import gaps, handed_over_at
from bot.core.desk import Desk
from bot.core.flaws import TIER1, found_on, is_meant
from bot.core.judge import judge, look
from bot.core.likeness import Alike, Sketched
from bot.core.routing import route_for
from bot.core.rulebook import Rulebook
from bot.core.ticket import Ticket
from bot.core.view import View
from bot.demo import ADDRESS, TOKEN
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker, connect
from bot.sandbox import acts
from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.fitted import fitted
from bot.sandbox.inprocess import InProcess
from bot.sandbox.story import Act, Stage, Story, read_story
from bot.sandbox.world import Flavour
from bot.shipped import rules_folder
from bot.start import read_desk

DESKS = ("keskkonnaamet", "viimsi", "smit")
OPENED_AT = 1_798_722_000  # 31.12.2026 15.00, when all that the tickets tell of has happened
DAY = 86_400

WORDED = {
    "vague-title": "UDUNE_PEALKIRI",
    "short-description": "LYHIKE_KIRJELDUS",
    "several-problems": "MITU_PROBLEEMI",
    "other-language": "VOORKEELNE",
    "personal:isikukood": "PII:ISIKUKOOD",
    "personal:phone": "PII:TELEFON",
    "personal:iban": "PII:IBAN",
    "personal:email": "PII:EPOST",
    "registry_code": "REGKOOD_VIGANE",
    "permit": "LOA_NR_VORMING",
}
"""The domain's words for what the bot finds; the field of a gap is told by the word that its ticket has for it."""

OWN_ADVICE = {"paid-to-wrong-account": "VALINE", "refuse-collection": "VALINE"}
"""Where tier 1 passes on what it is advised to solve; it keeps the rest."""


def demo_tickets() -> Iterator[tuple[str, str]]:
    for desk in DESKS:
        for line in (rules_folder() / desk / "demo" / "tickets.jsonl").read_text("utf-8").splitlines():
            ticket = json.loads(line)["id"]
            if ticket.startswith("D"):
                yield desk, ticket


class Opened:
    """The tickets of a desk's demo as they are when they were just opened and forwarded, read by the bot."""

    def __init__(self, desk: str, flavour: Flavour) -> None:
        self.book: Rulebook = read_desk(rules_folder() / desk, "demo").book
        self.story: Story = read_story(rules_folder() / desk / "demo", self.book, 40)
        clock = Clock(OPENED_AT * 1000)
        world = fitted(self.book.entries, self.story.fields, self.story.others, flavour, clock)
        stage = Stage(world, self.story, self.book)
        tier2 = {queue.queue for queue in self.book.entries.queues if queue.tier == 2}
        by = {act.ticket: act.who for act in reversed(self.story.acts) if act.do == "open"}
        forward = next(word for word, deed in self.story.deeds.items() if word in ("forward", "send") and deed.status)
        for ticket, told in self.story.tickets.items():
            more = next((act.more for act in self.story.acts if (act.ticket, act.do) == (ticket, "open")), "")
            stage.perform(Act(clock() // 1000, ticket, "open", by[ticket], more))
            if told["sent_to"] in tier2 and not more:
                stage.perform(Act(clock() // 1000, ticket, forward, by[ticket]))
            if told["fields"].get("taitja", "somebody"):  # an explicit null: nobody executes it
                person = world.person(by[ticket])
                acts.edit(world, world.issues[stage.ids[ticket]], person, {"assignee": person})
            clock.advance(60_000)
        transport = InProcess(Site(world))
        user = ADDRESS if flavour == "cloud" else None
        client = Client("http://jira.test", token=TOKEN, user=user, transport=transport)
        tracker = connect(client, self.book.entries)
        assert isinstance(tracker, JiraTracker), tracker
        ids = {str(id_): ticket for ticket, id_ in stage.ids.items()}
        reading = tracker.read(list(ids))
        assert not reading.troubles
        self.tickets: dict[str, Ticket] = {ids[ticket.id]: ticket for ticket in reading.tickets}
        self.called = {ticket.key: ids[ticket.id] for ticket in reading.tickets}
        sketched = (Sketched(t.id, t.key, t.category, t.created_at, t.sketch) for t in reading.tickets)
        self.desk = Desk(alike=Alike(sketched))
        names = {field.name: word for word, field in self.story.fields.items()}
        self.words = {word: names.get(name, "ekraanipilt") for word, name in self.book.entries.fields.items()}

    def view(self, ticket: str, at: int = OPENED_AT + 3600) -> View:
        return look(self.tickets[ticket], self.book, at, self.desk).view

    def queue(self, ticket: str) -> set[str]:
        """Where the rules want a ticket: one queue, or those between which the coordinator is to decide."""
        view = self.view(ticket)
        tier1 = {queue.queue for queue in self.book.entries.queues if queue.tier == 1}
        if view.happened[-1].after.tier != 2:
            return tier1
        advised = {word.partition(":")[2] for word in found_on(view) if is_meant(TIER1, word)}
        if advised or "several-problems" in found_on(view):
            return {OWN_ADVICE[word] for word in advised & OWN_ADVICE.keys()} or tier1 - set(OWN_ADVICE.values())
        route = route_for(view, [])
        assert route is not None
        return {route.queue} if route.queue else set(route.ask)

    def flaws(self, ticket: str) -> Iterator[str]:
        """What the rules find on a ticket, those on observe too, in the domain's words."""
        view, told = self.view(ticket), self.story.tickets[ticket]
        for gap in gaps(view) if handed_over_at(view) is not None else ():
            yield from (f"PUUDUB:{self.words[word]}" for word in gap.missing)
            yield from (WORDED[word] for word in gap.malformed)
            for word in gap.asked:
                if is_meant(TIER1, word):
                    yield "EI_VAJA_II_TASET"
                elif word == "duplicate":
                    yield from (f"DUBLETT:{self.called[key]}" for key in self.desk.alike[view.ticket.id])
                else:
                    yield WORDED[word]
        said = judge(self.tickets[ticket], self.book, OPENED_AT + 7 * DAY, self.desk).steps
        if any(step.rule == "no-executor" for step in said):
            yield "PUUDUB:taitja"
        for step in judge(self.tickets[ticket], self.book, OPENED_AT + 3600, self.desk).steps:
            if step.rule == "personal-data":
                yield from (WORDED[name.word] for name in step.values["types"].names)  # type: ignore[union-attr]
        if told["sent_to"] not in self.queue(ticket):
            yield "VALE_JARJEKORD"


@cache
def opened(desk: str, flavour: Flavour) -> Opened:
    return Opened(desk, flavour)


@pytest.fixture(scope="module", params=["cloud", "dc"])
def flavour(request: Any) -> Flavour:
    return request.param  # type: ignore[no-any-return]


ALL = list(demo_tickets())


def test_they_are_the_40_of_the_domain() -> None:
    assert sorted(ticket for _, ticket in ALL) == [f"D{number:02}" for number in range(1, 41)]


@pytest.mark.parametrize(("desk", "ticket"), ALL, ids=[ticket for _, ticket in ALL])
def test_the_queue_is_the_right_one(desk: str, ticket: str, flavour: Flavour) -> None:
    made = opened(desk, flavour)
    assert made.story.tickets[ticket]["correct_queue"] in made.queue(ticket)


@pytest.mark.parametrize(("desk", "ticket"), ALL, ids=[ticket for _, ticket in ALL])
def test_its_flaws_are_exactly_these(desk: str, ticket: str, flavour: Flavour) -> None:
    made = opened(desk, flavour)
    assert sorted(made.flaws(ticket)) == sorted(made.story.tickets[ticket]["flaws"])


def test_what_is_expected_is_what_the_domain_says() -> None:
    source = Path(__file__).resolve().parents[3] / "shared" / "domain" / "tickets.jsonl"
    if not source.exists():
        pytest.skip("the domain's own file of tickets is not here")
    domain = {ticket["id"]: ticket for ticket in map(json.loads, source.read_text("utf-8").splitlines())}
    for desk, ticket in ALL:
        told = opened(desk, "cloud").story.tickets[ticket]
        same = ("summary", "category", "correct_queue", "sent_to", "flaws")
        assert [told[key] for key in same] == [domain[ticket][key] for key in same]
