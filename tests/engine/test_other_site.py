"""Where tier 2 works in a ticket of another Jira, the desk's ticket follows it; nothing is ever written there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from desks import DAY, HOUR, MINUTE, MONDAY, Bot, Desk, rulebook, shipped
from requests import Response

from bot.core.desk import QUIET
from bot.core.entries import LinkEntry, OutsideEntry, OutsideState
from bot.core.judge import look
from bot.core.rulebook import Rulebook
from bot.core.ticket import Link, site_of
from bot.engine.plan import plan
from bot.engine.tracker import AWAY, LATE, LOCKED, Refused
from bot.jira.client import Client
from bot.sandbox import acts
from bot.sandbox.api import Site
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.faults import Fault
from bot.sandbox.inprocess import InProcess
from bot.sandbox.world import Field, World
from bot.store.tied import with_others

FIELD, NAME = "customfield_10250", "Nende pilet"


class Slow(InProcess):
    """Carries requests, each of which takes so many seconds by the client's clock."""

    each_s, spent_s = 0.0, 0.0

    def send(self, *args: Any, **options: Any) -> Response:
        self.spent_s += self.each_s
        return super().send(*args, **options)


@dataclass
class Other:
    """The other site: a Jira of the other flavour, whose project has the key that the desk's has too."""

    world: World
    site: Site
    client: Client
    carrier: Slow

    def open(self) -> str:
        """Open a ticket there; returns its key."""
        values = {"summary": "Tõrge", "issuetype": self.world.issue_types["10100"]}
        return acts.create(self.world, self.world.person("it2"), self.world.projects["KKA"], values).key

    def go(self, key: str, status: str) -> None:
        """Move a ticket to a status, given by its name."""
        id_ = next(id_ for id_, each in self.world.statuses.items() if each["name"] == status)
        acts.transition(self.world, self.issue(key), self.world.person("it2"), id_, {})

    def write(self, key: str, who: str = "it2") -> None:
        acts.comment(self.world, self.issue(key), self.world.person(who), "Uurin.")

    def issue(self, key: str) -> Any:
        return next(issue for issue in self.world.issues.values() if issue.key == key)

    def asked(self) -> int:
        return sum(self.site.requests.values())


@pytest.fixture
def other(desk: Desk) -> Iterator[Other]:
    flavour = "dc" if desk.world.flavour == "cloud" else "cloud"
    world = keskkonnaamet(flavour, desk.clock)
    desk.world.fields[FIELD] = Field(FIELD, NAME, "string")
    site = Site(world)
    carrier = Slow(site)
    with closing(connection(desk, world, carrier)) as client:
        yield Other(world, site, client, carrier)


def connection(desk: Desk, world: World, carrier: Slow) -> Client:
    return Client(
        "http://other.test",
        token="browse-token",
        user="vaatleja@sandbox.example" if world.flavour == "cloud" else None,
        read_only=True,
        attempts=1,
        sleep=lambda seconds: None,
        clock=lambda: desk.clock() / 1000 + carrier.spent_s,
        transport=carrier,
    )


def rules(**tie: Any) -> Rulebook:
    """The shipped rules, and one more kind of tie: the key of a ticket at the site `smit`, or another `tie`."""
    entries = shipped().book.entries
    state = {"status": ("Küsimus I tasemele",), "standing": "open", "ball": "tier 1"}
    states = (
        OutsideState.model_validate(state),
        OutsideState(status=("Lahendatud",), standing="solved", ball="tier 1"),
        OutsideState(category="done", standing="closed", ball="nobody"),
        OutsideState(category="new", standing="open", ball="tier 2"),
        OutsideState(category="indeterminate", standing="open", ball="tier 2"),
    )
    return rulebook(
        fields={**entries.fields, "their_ticket": FIELD},
        links={**entries.links, "works_elsewhere": LinkEntry(follows=True, **(tie or {"field": "their_ticket"}))},
        outside=(*entries.outside, OutsideEntry(site="smit", projects=("KKA",), states=states)),
    )


def tie(desk: Desk, ticket: str, text: str | None, who: str = "it1") -> None:
    desk.edit(ticket, who, **{FIELD: text})


def links(bot: Bot, ticket: str) -> list[Link]:
    (found,) = bot.engine.store.tickets([ticket])
    return [link for link in found.links if site_of(link.ticket_id) is not None]


def because(bot: Bot, key: str) -> str | None:
    return bot.engine.store.linked([f"smit:{key}"])[f"smit:{key}"].because


def test_a_ticket_follows_one_of_another_site(desk: Desk, other: Other) -> None:
    ticket = desk.taken()
    there, unseen = other.open(), other.open()
    assert there == desk.issue(ticket).key, "the two have the same key, each at its own site"
    with desk.bot(book=rules(), sites={"smit": other.client}) as bot:
        bot.settled()
        assert other.asked() == 0, "nothing is asked where nothing is tied"
        tie(desk, ticket, f"vt http://other.test/browse/{there} ja muud")
        bot.settled()
        assert links(bot, ticket) == [Link("works_elsewhere", f"smit:{there}", there, True)]
        desk.until(MONDAY + DAY)
        bot.settled()
        other.write(there)
        other.write(unseen)
        bot.cycle(MINUTE)
        before = other.asked()
        bot.cycle(MINUTE)
        assert other.asked() - before == 1, "one search a cycle"
        assert set(bot.engine.store.outside_ids()) == {f"smit:{there}"}, "what no ticket is tied to is not read"
        bot.cycles(MONDAY + 2 * DAY + 6 * HOUR, every=4 * HOUR)
        assert desk.rungs(ticket) == [], "on Monday's count it would have been asked about"
        other.go(there, "Lahendatud")
        bot.cycles(desk.now + 20 * HOUR, every=4 * HOUR)
        assert desk.rungs(ticket) == ["solution-reached-customer/ask"]
        desk.go(ticket, "spetsialist1", "Suletud")
        bot.settled()
    assert {method for method, _, _ in other.site.requests} == {"GET"}, "nothing but GET is sent there"


def test_nothing_but_a_get_can_be_sent(other: Other) -> None:
    with pytest.raises(Refused):
        other.client.write("PUT", "2/issue/{id}", {}, type(None), at={"id": "KKA-1"})
    with pytest.raises(Refused):
        other.client.read("2/search", dict, body={"jql": ""})
    assert other.asked() == 0


def test_whose_turn_it_is_and_since_when(desk: Desk, other: Other) -> None:
    ticket, there = desk.taken(), other.open()
    other.write(there)
    desk.later(HOUR)
    tied_at = desk.now
    tie(desk, ticket, there.lower())
    with desk.bot(book=rules(), sites={"smit": other.client}) as bot:
        desk.later(HOUR)
        for _ in range(102):
            acts.edit(
                other.world,
                other.issue(there),
                other.world.person("it2"),
                {"priority": _other_priority(other, there)},
            )
        other.go(there, "Küsimus I tasemele")
        asked_at = desk.now
        bot.settled()
        (seen,) = bot.engine.store.tickets([ticket])
        assert [change.at for change in seen.changes if change.field == "link"] == [tied_at]
        known = with_others(QUIET, [seen], bot.engine.store, bot.engine.book, desk.now)
        linked = known.linked[f"smit:{there}"].ticket
        assert linked is not None
        assert len(linked.changes) == 103, "the whole history, however long"
        assert {change.who for change in linked.changes} == {linked.reporter}
        assert (linked.reporter or "").startswith("~smit:"), "whom the desk's words mean is no matter of that site"
        after = look(seen, bot.engine.book, desk.now, known).view.happened[-1].after
        assert (after.standing, after.ball) == ("open", "tier 1")
        assert linked.changes[-1].at == asked_at
        tie(desk, ticket, None)
        bot.settled()
        assert links(bot, ticket) == []
        before = other.asked()
        bot.cycle(MINUTE)
        assert other.asked() == before, "tied no longer, so nothing is asked"


def _other_priority(other: Other, key: str) -> Mapping[str, Any]:
    now = other.issue(key).fields["priority"]["id"]
    return other.world.priorities["2" if now != "2" else "3"]


HIDDEN = "the ticket"

FAILS: list[tuple[str, Mapping[str, Any], str]] = [
    ("away", {"down": True}, AWAY),
    ("slow", {"faults": [Fault(do="slow", seconds=100, times=None)]}, AWAY),
    ("failing", {"faults": [Fault(status=503, times=None)]}, AWAY),
    ("asking for patience", {"faults": [Fault(status=429, retry_after="20", times=None)]}, AWAY),
    ("a proxy's page", {"faults": [Fault(do="page", times=None)]}, AWAY),
    ("locked", {"faults": [Fault(status=401, times=None)]}, LOCKED),
    ("hiding the ticket", {"forbidden": HIDDEN}, "it is not there, or the account may not see it"),
    ("refusing it", {"faults": [Fault(status=403, times=None, path="issue/")]},
     "it is not there, or the account may not see it"),
]  # fmt: skip


@pytest.mark.parametrize(("knobs", "why"), [row[1:] for row in FAILS], ids=[row[0] for row in FAILS])
def test_no_trouble_there_stops_the_cycle(desk: Desk, other: Other, knobs: Mapping[str, Any], why: str) -> None:
    ticket, there = desk.taken(), other.open()
    tie(desk, ticket, there)
    with desk.bot(book=rules(), sites={"smit": other.client}) as bot:
        bot.cycle()
        assert because(bot, there) is None
        trouble(other, there, knobs)
        assert bot.cycle(31 * MINUTE).unreachable is None
        assert because(bot, there) == why
        trouble(other, there, {"down": False, "faults": [], "forbidden": []})
        bot.cycle(31 * MINUTE)
        assert because(bot, there) is None


def trouble(other: Other, key: str, knobs: Mapping[str, Any]) -> None:
    for name, value in knobs.items():
        setattr(other.site.faults, name, [str(other.issue(key).id)] if value == HIDDEN else value)


def test_what_cannot_be_read_is_no_standstill_and_is_told_once(desk: Desk, other: Other) -> None:
    ticket, there = desk.taken(), other.open()
    tie(desk, ticket, there)
    with desk.bot(book=rules(), sites={"smit": other.client}) as bot:
        bot.cycle()
        other.site.faults.down = True
        bot.cycles(MONDAY + 4 * DAY, every=6 * HOUR)
        assert desk.rungs(ticket) == ["linked-unseen/tell"], "no word of no movement"
        assert ("no-movement/tell", "held") in bot.states(ticket)
        other.site.faults.down = False
        bot.cycles(desk.now + HOUR)
        assert "no-movement/tell" in desk.rungs(ticket), "it is there again, and nothing was done in it"


def test_a_site_that_is_away_is_asked_once_a_cycle(desk: Desk, other: Other) -> None:
    tickets = [desk.taken() for _ in range(4)]
    for ticket in tickets:
        tie(desk, ticket, other.open())
    other.site.faults.down = True
    with desk.bot(book=rules(), sites={"smit": other.client}) as bot:
        bot.cycle(MINUTE)
        assert other.asked() == 1, "not once for each ticket, with its waiting"
        assert [because(bot, f"KKA-{n}") for n in range(1, 5)] == [AWAY] * 4
        bot.cycle(MINUTE)
        assert other.asked() == 2
        bot.cycle(HOUR)
        assert other.asked() == 3, "nor does the sweep ask for each"
        other.site.faults.down = False
        bot.cycle(MINUTE)
        assert [because(bot, f"KKA-{n}") for n in range(1, 5)] == [None] * 4, "though nothing changed there since"


def test_a_site_that_answers_slowly_is_not_waited_for(desk: Desk, other: Other) -> None:
    tickets = [desk.taken() for _ in range(5)]
    for ticket in tickets:
        tie(desk, ticket, other.open())
    keys = [f"KKA-{n}" for n in range(1, 6)]
    other.carrier.each_s = 20
    with desk.bot(book=rules(), sites={"smit": other.client}) as bot:
        bot.cycle()
        assert [because(bot, key) for key in keys] == [None, LATE, LATE, LATE, LATE], "all else took most of the time"
        other.carrier.each_s = 0
        bot.cycle(MINUTE)
        assert [because(bot, key) for key in keys] == [None] * 5
        desk.later(MINUTE)
        for key in keys:
            other.write(key)
        other.carrier.each_s = 40
        bot.cycle(MINUTE)
        assert [messages(bot, key) for key in keys] == [1, 1, 1, 0, 0], "more than 90 s are not spent at once"
        assert [because(bot, key) for key in keys] == [None] * 5, "the others stay as they were"
        other.carrier.each_s = 0
        bot.cycle(MINUTE)
        assert [messages(bot, key) for key in keys] == [1] * 5


def messages(bot: Bot, key: str) -> int:
    found = bot.engine.store.linked([f"smit:{key}"])[f"smit:{key}"].ticket
    assert found is not None
    return len(found.messages)


JIRA = {"type": "com.atlassian.jira", "name": "SMIT"}


def linked(desk: Desk, ticket: str, url: str, application: Mapping[str, str] | None = None) -> int:
    """Link a ticket to something elsewhere, as people do in Jira; the link's id."""
    link = {"globalId": None, "application": application, "relationship": None, "object": {"url": url, "title": "!"}}
    return acts.link_remotely(desk.world, desk.issue(ticket), desk.world.person("it1"), link)


def test_a_ticket_follows_what_jiras_own_links_lead_to(desk: Desk, other: Other) -> None:
    ticket, plain, there = desk.taken(), desk.taken(), other.open()
    with desk.bot(book=rules(site="smit"), sites={"smit": other.client}) as bot:
        bot.settled()
        assert other.asked() == 0
        linked(desk, plain, "https://docs.example/browse/page")
        desk.later(HOUR)
        link = linked(desk, ticket, f"http://other.test/browse/{there}")
        tied_at = desk.now
        desk.later(HOUR)
        linked(desk, ticket, f"http://other.test/browse/{there}?focusedId=1")
        bot.settled()
        assert links(bot, plain) == []
        assert links(bot, ticket) == [Link("works_elsewhere", f"smit:{there}", there, True)]
        (seen,) = bot.engine.store.tickets([ticket])
        assert next(change.at for change in seen.changes if change.field == "link") == tied_at
        desk.until(MONDAY + DAY)
        other.go(there, "Lahendatud")
        bot.cycles(MONDAY + 2 * DAY, every=4 * HOUR)
        assert "solution-reached-customer/ask" in desk.rungs(ticket)
        other.site.faults.down = True
        bot.cycle(31 * MINUTE)
        assert because(bot, there) == AWAY
        for each in (link, link + 1):
            acts.unlink_remotely(desk.world, desk.issue(ticket), desk.world.person("it1"), each)
        bot.cycle(MINUTE)
        assert links(bot, ticket) == []
    assert {method for method, _, _ in other.site.requests} == {"GET"}


LEADS: list[tuple[str, Mapping[str, str] | None, bool]] = [
    ("http://other.test/browse/KKA-1", None, True),
    ("HTTP://Other.test/browse/kka-1/", None, True),
    ("https://jira.smit.example/jira/browse/KKA-1", JIRA, True),
    ("https://jira.smit.example/jira/browse/KKA-1", None, False),
    ("https://jira.smit.example/jira/browse/KKA-1", {"type": "com.atlassian.confluence"}, False),
    ("http://other.test/browse/IT-1", None, False),
    ("http://other.test/browse/IT-1", JIRA, False),
    ("http://other.test/browse/KKA-1/more", None, False),
    ("http://other.test/browse/", None, False),
    ("mailto:klient@other.test", None, False),
]


def test_which_links_lead_to_the_other_site(desk: Desk, other: Other) -> None:
    tickets = [desk.open() for _ in LEADS]
    for ticket, (url, application, _) in zip(tickets, LEADS, strict=True):
        linked(desk, ticket, url, application)
    with desk.bot(book=rules(site="smit"), sites={"smit": other.client}) as bot:
        read = {each.id: each.links for each in bot.engine.tracker.read(tickets).tickets}
    followed = [[link.ticket_id for link in read[ticket]] for ticket in tickets]
    assert followed == [["smit:KKA-1"] * leads for _, _, leads in LEADS]


@pytest.mark.parametrize(("status", "troubles"), [(404, 0), (403, 1)], ids=["switched off", "refused"])
def test_where_links_cannot_be_asked_for_nothing_is_guessed(
    desk: Desk, other: Other, status: int, troubles: int
) -> None:
    ticket = desk.forwarded()
    with desk.bot(book=rules(site="smit"), sites={"smit": other.client}) as bot:
        desk.site.faults.faults = [Fault(status=status, path="remotelink", times=None)]
        reading = bot.engine.tracker.read([ticket])
    assert (len(reading.tickets), len(reading.troubles)) == (1 - troubles, troubles)


def test_who_does_not_ask_for_links_pays_nothing(desk: Desk, other: Other) -> None:
    ticket = desk.taken()
    linked(desk, ticket, "http://other.test/browse/KKA-1")
    with desk.bot(book=rules(), sites={"smit": other.client}) as bot:
        bot.settled()
    assert not any("remotelink" in path for _, path, _ in desk.site.requests)


def test_no_text_of_another_site_is_kept(desk: Desk, other: Other, tmp_path: Path) -> None:
    ticket, there = desk.taken(), other.open()
    other.write(there)
    tie(desk, ticket, f"Jaan ootab: {there}")
    with desk.bot(f"sqlite:///{tmp_path}/bot.db", book=rules(), sites={"smit": other.client}) as bot:
        bot.settled()
        assert because(bot, there) is None
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert f"smit:{there}".encode() in kept
    for text in ("Tõrge", "Uurin", "Jaan", "IT-tugi"):
        assert text.encode() not in kept


def test_a_plan_looks_there_too(desk: Desk, other: Other) -> None:
    ticket, there = desk.taken(), other.open()
    tie(desk, ticket, there)
    with desk.bot(book=rules(), sites={"smit": other.client}) as bot:
        desk.until(MONDAY + DAY)
        other.go(there, "Lahendatud")
        bot.settled()
        desk.until(MONDAY + 2 * DAY)
        _, rows = plan(bot.engine, desk.now)
        assert [f"{row.rule}/{row.rung}" for row in rows] == ["solution-reached-customer/ask"]
    assert {method for method, _, _ in other.site.requests} == {"GET"}
