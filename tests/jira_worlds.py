"""One desk in five places: in memory, behind canned answers, and in the sandbox, in-process and over HTTP.

Tests act on a `World` as people do and look at it through its tracker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol, cast

import responses
from fake_tracker import FakeTracker
from jira_canned import URL, Canned, account

from bot.core.commands import Permission
from bot.core.entries import Entries
from bot.engine.tracker import Tracker
from bot.jira.access import PERMISSIONS
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker, connect
from bot.sandbox import acts
from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.faults import Fault
from bot.sandbox.inprocess import InProcess
from bot.sandbox.server import serve
from bot.sandbox.world import Flavour, Issue, Person

START_MS = 1_794_816_000_000
PEOPLE = ("spetsialist1", "koordinaator1", "juht1", "it1")
STATUS_IDS = {"new": "10001", "at-tier-2": "10002", "solved": "10007", "closed": "10008"}
LINK_TYPES = {"duplicate": "10001", "works_in": "10002"}
FIELD_IDS = {"category": "customfield_10201", "queue": "customfield_10202", "delivered": "customfield_10204"}
LINKS = {
    "duplicate": {"type": "Duplicate", "outward": True, "silences": True},
    "works_in": {"type": "10002", "follows": True},
}


def entries(account_of: Callable[[str], str], **sections: Any) -> Entries:
    """Make a small desk's rulebook whose people have these accounts."""
    rulebook = {
        "desk": "keskkonnaamet",
        "projects": ["KKA"],
        "fields": {
            "category": "Kategooria",
            "queue": "järjekord",
            "forwarder": "customfield_10203",
            "delivered": "Lahendus kliendile edastatud",
        },
        "priorities": {"high": "Kõrge", "medium": "3"},
        "states": [
            {"state": "new", "name": {"en": "New"}, "status": "Uus", "standing": "open", "ball": "tier 1"},
            {"state": "at-tier-2", "name": {"en": "At"}, "status": ["10002"], "standing": "open", "ball": "tier 2"},
            {
                "state": "solved",
                "name": {"en": "Solved"},
                "status": "Lahendatud",
                "standing": "solved",
                "ball": "tier 1",
            },
            {"state": "closed", "name": {"en": "Shut"}, "category": "done", "standing": "closed", "ball": "nobody"},
        ],
        "calendars": {"kontor": {"timezone": "Europe/Tallinn", "hours": "24x7"}},
        "people": [{"person": word, "account": account_of(word)} for word in PEOPLE],
        "roles": {"coordinator": "koordinaator1", "lead": "juht1"},
        "queues": [
            {"queue": "it", "tier": 2, "name": {"en": "IT"}, "value": "L2_IT"},
            {"queue": "L2_LOAD", "tier": 2, "name": {"en": "Permits"}},
        ],
        "manners": {"calendar": "kontor"},
    }
    return Entries.model_validate(rulebook | sections)


class World(Protocol):
    """What people do at the desk, and what goes wrong there."""

    @property
    def tracker(self) -> Tracker: ...
    def tick(self, ms: int) -> None: ...
    def open(self, who: str) -> str: ...
    def change(self, ticket_id: str, who: str, **now: str) -> None: ...
    def write(self, ticket_id: str, who: str) -> str: ...
    def link(self, ticket_id: str, who: str, word: str, other_id: str) -> None: ...
    def remove(self, ticket_id: str) -> None: ...
    def hide(self, ticket_id: str) -> None: ...
    def forbid(self, who: str, permission: Permission) -> None: ...
    def forbid_asking(self) -> None: ...
    def deactivate(self, who: str) -> None: ...
    def drop(self, when: str) -> None: ...
    def set_down(self, down: bool) -> None: ...


class Memory:
    """The fake itself."""

    def __init__(self, flavour: str = "cloud") -> None:
        self.now_ms = START_MS
        self.fake = FakeTracker(lambda: self.now_ms, flavour=flavour)
        self.tracker: Tracker = self.fake

    def tick(self, ms: int) -> None:
        self.now_ms += ms

    def open(self, who: str) -> str:
        return self.fake.open(who, priority="medium")

    def change(self, ticket_id: str, who: str, **now: str) -> None:
        self.fake.change(ticket_id, who, **now)

    def write(self, ticket_id: str, who: str) -> str:
        return self.fake.write(ticket_id, who)

    def link(self, ticket_id: str, who: str, word: str, other_id: str) -> None:
        self.fake.link(ticket_id, who, word, other_id)

    def remove(self, ticket_id: str) -> None:
        del self.fake.tickets[ticket_id]

    def hide(self, ticket_id: str) -> None:
        self.fake.hidden.add(ticket_id)

    def forbid(self, who: str, permission: Permission) -> None:
        self.fake.forbidden.add((who, permission))

    def forbid_asking(self) -> None:
        self.fake.may_ask = False

    def deactivate(self, who: str) -> None:
        self.fake.left.add(who)

    def drop(self, when: str) -> None:
        self.fake.drops.append(cast(Any, when))

    def set_down(self, down: bool) -> None:
        self.fake.down = down


class Answered(Memory):
    """The same tickets, asked through Jira's JSON by canned answers."""

    def __init__(self, flavour: str, client: Client) -> None:
        super().__init__(flavour)
        # A queue's value in Jira is not its word, which the fake does not know of.
        queues = [{"queue": "it", "tier": 2, "name": {"en": "IT"}}]
        who = account(flavour, "x")
        book = entries(
            lambda word: (who.get("accountId") or who["name"]).replace("x", word), queues=queues, links=LINKS
        )
        self._book, self._client = book, client

    def connect(self) -> None:
        self.tracker = connected(self._client, self._book)


class Sandboxed:
    """The sandbox's desk."""

    def __init__(self, flavour: Flavour) -> None:
        self.clock = Clock(START_MS)
        self.world = keskkonnaamet(flavour, self.clock)
        self.site = Site(self.world)
        self.tracker: JiraTracker

    def connect(self, client: Client, **sections: Any) -> None:
        flavour = self.world.flavour
        people = {person.name: person.ident(flavour) for person in self.world.people}
        self.tracker = connected(client, entries(people.__getitem__, **{"links": LINKS, **sections}))

    def person(self, name: str) -> Person:
        found = self.world.person(name)
        assert found is not None
        return found

    def asked(self) -> int:
        """How many requests came since this was last asked."""
        found = self.site.requests.total()
        self.site.requests.clear()
        return found

    def _issue(self, ticket_id: str) -> Issue:
        found = self.world.find(ticket_id)
        assert found is not None
        return found

    def tick(self, ms: int) -> None:
        self.clock.advance(ms)

    def open(self, who: str) -> str:
        values = {"summary": "Ei saa sisse", "issuetype": {"id": "10100", "name": "Pöördumine"}}
        return str(acts.create(self.world, self.person(who), self.world.projects["KKA"], values).id)

    def change(self, ticket_id: str, who: str, **now: str) -> None:
        for word, value in now.items():
            issue, by = self._issue(ticket_id), self.person(who)
            match word:
                case "state":
                    acts.transition(self.world, issue, by, STATUS_IDS[value], {})
                case "owner":
                    acts.edit(self.world, issue, by, {"assignee": self.world.person(value)})
                case "delivered":
                    acts.edit(self.world, issue, by, {FIELD_IDS[word]: "2026-11-16"})
                case _:
                    shown = "L2_IT" if value == "it" else value
                    options = self.world.fields[FIELD_IDS[word]].options
                    option = next(dict(each) for each in options if each["value"] == shown)
                    acts.edit(self.world, issue, by, {FIELD_IDS[word]: option})

    def write(self, ticket_id: str, who: str) -> str:
        return str(acts.comment(self.world, self._issue(ticket_id), self.person(who), "Tere").id)

    def link(self, ticket_id: str, who: str, word: str, other_id: str) -> None:
        near, far = self._issue(ticket_id), self._issue(other_id)
        acts.link(self.world, self.person(who), LINK_TYPES[word], near, far)

    def remove(self, ticket_id: str) -> None:
        acts.delete(self.world, self._issue(ticket_id))

    def hide(self, ticket_id: str) -> None:
        self.site.faults.forbidden.append(ticket_id)

    def forbid(self, who: str, permission: Permission) -> None:
        self.person(who).denied.add(PERMISSIONS[permission])

    def forbid_asking(self) -> None:
        self.person("piletibot").denied.add("ADMINISTER_PROJECTS")

    def deactivate(self, who: str) -> None:
        self.person(who).active = False

    def drop(self, when: str) -> None:
        self.site.faults.faults.append(Fault(do=cast(Any, f"drop {when}"), method="POST|PUT", path="/comment"))

    def set_down(self, down: bool) -> None:
        self.site.faults.down = down


def connected(client: Client, book: Entries) -> JiraTracker:
    """Connect, and fail with what is wrong where the desk does not fit."""
    tracker = connect(client, book)
    assert isinstance(tracker, JiraTracker), [str(problem) for problem in tracker]
    return tracker


def client_of(url: str, flavour: str, **more: Any) -> Client:
    """Make a client that never waits; the sandbox's bot unless told."""
    user = "piletibot@sandbox.example" if flavour == "cloud" else None
    return Client(url, **({"token": "sandbox-token", "user": user, "sleep": lambda s: None} | more))


def connected_in_process(flavour: Flavour, **more: Any) -> Sandboxed:
    """Set up the sandbox's desk in this process, with a tracker; `more` is of the client."""
    sandboxed = Sandboxed(flavour)
    more = {"transport": InProcess(sandboxed.site)} | more
    sandboxed.connect(client_of("https://sandbox.example", flavour, **more))
    return sandboxed


def at_canned(flavour: Any) -> JiraTracker:
    """A tracker that knows the sandbox's desk, but whose answers are the test's."""
    tracker = connected_in_process(flavour).tracker
    return JiraTracker(client_of(URL, flavour), tracker.catalogue, tracker.binding, entries(str))


PLACES = (
    "memory",
    *(f"{place} {flavour}" for place in ("canned", "in-process", "http") for flavour in ("cloud", "dc")),
)


@contextmanager
def world_at(place: str) -> Iterator[World]:
    """Set up the desk at a place of PLACES, and take it down after."""
    kind, _, flavour = place.partition(" ")
    match kind:
        case "memory":
            yield Memory()
        case "canned":
            with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
                answered = Answered(flavour, client_of(URL, flavour))
                Canned(answered.fake).install(mock)
                answered.connect()
                yield answered
        case "in-process":
            yield connected_in_process(cast(Flavour, flavour))
        case _:
            sandboxed = Sandboxed(cast(Flavour, flavour))
            with serve(sandboxed.world) as server:
                sandboxed.site = server.site
                client = client_of(server.url, flavour)
                sandboxed.connect(client)
                yield sandboxed
                client.close()
