"""Accounts that were found once and are no more: who is renamed, who has left, and when nobody is taken for gone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing

import pytest
from jira_worlds import PEOPLE, client_of, entries

from bot.core.entries import Entries
from bot.engine.accounts import Accounts
from bot.jira.binding import Binding, bind
from bot.jira.catalogue import read_catalogue
from bot.jira.known import heeded, read_known, recall, with_lapsed
from bot.jira.tracker import JiraTracker
from bot.sandbox import acts
from bot.sandbox.api import Site
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.inprocess import InProcess
from bot.sandbox.world import Flavour, Person, World

Happens = Callable[[World, Person], None]


def erased(world: World, person: Person) -> None:
    acts.erase_account(world, person)


def renamed(world: World, person: Person) -> None:
    acts.rename(world, person, f"{person.name}.uus", "Uus nimi")


def renamed_and_shut(world: World, person: Person) -> None:
    renamed(world, person)
    person.active = False


def shut(world: World, person: Person) -> None:
    person.active = False


def nothing(world: World, person: Person) -> None:
    """Nothing has changed."""


class Desk:
    """A small desk in a sandbox, tied to it again and again as the bot's starts do."""

    def __init__(self, flavour: Flavour) -> None:
        self.world = keskkonnaamet(flavour, Clock())
        self.client = client_of("https://sandbox.example", flavour, transport=InProcess(Site(self.world)))
        idents = {word: self.person(word).ident(flavour) for word in PEOPLE}
        self.book: Entries = entries(idents.__getitem__)

    def person(self, word: str) -> Person:
        found = self.world.person(word)
        assert found is not None
        return found

    def tied(self, known: Mapping[str, str]) -> tuple[JiraTracker, Accounts] | set[str]:
        """What a start gets, or else the words of people whose accounts stop it."""
        found = recall(self.client, read_catalogue(self.client, self.book), self.book, lambda: known)
        catalogue = with_lapsed(found)
        binding = bind(self.book, catalogue)
        if not isinstance(binding, Binding):
            return {self.book.people[int(problem.path[1])].person for problem in binding}
        tracker = JiraTracker(self.client, catalogue, binding, self.book)
        return tracker, heeded(self.book, catalogue, binding, lambda finding: finding.text)


ALL = set(PEOPLE)


@pytest.mark.parametrize(
    ("flavour", "happens", "to", "known", "stops", "gone", "told"),
    [
        ("cloud", nothing, ["it1"], ALL, None, (), ""),
        ("cloud", erased, ["it1"], ALL, None, ("it1",), "no longer has the account of 'it1'"),
        ("dc", erased, ["it1"], ALL, None, ("it1",), "no longer has the account of 'it1'"),
        ("cloud", erased, ["it1"], ALL - {"it1"}, {"it1"}, (), ""),
        ("dc", erased, ["it1"], ALL - {"it1"}, {"it1"}, (), ""),
        ("dc", erased, ["it1", "juht1"], {"juht1"}, {"it1"}, (), ""),
        ("cloud", erased, PEOPLE, ALL, ALL, (), ""),  # it may only not see them
        ("dc", erased, PEOPLE, ALL, ALL, (), ""),
        ("dc", erased, PEOPLE[:3], ALL, None, PEOPLE[:3], "no longer has the account of 'spetsialist1'"),
        ("cloud", renamed, ["it1"], ALL, None, (), ""),  # an accountId is for ever
        ("dc", renamed, ["it1"], ALL, None, (), "now calls the account of 'it1' otherwise"),
        ("dc", renamed, PEOPLE, ALL, None, (), "now calls the account of 'it1' otherwise"),
        ("dc", renamed, ["it1"], set(), {"it1"}, (), ""),
        ("dc", renamed_and_shut, ["it1"], ALL, None, ("it1",), "no longer has the account of 'it1'"),
        ("cloud", shut, ["it1"], ALL, None, (), ""),  # asked for each day
    ],
)
def test_a_start_after_the_one_that_knew_them(
    flavour: Flavour,
    happens: Happens,
    to: list[str],
    known: set[str],
    stops: set[str] | None,
    gone: tuple[str, ...],
    told: str,
) -> None:
    desk = Desk(flavour)
    with closing(desk.client):
        first = desk.tied({})
        assert isinstance(first, tuple)
        tracker, accounts = first
        assert (accounts.gone, accounts.told) == ((), ())
        noted = read_known(accounts.noted)
        assert sorted(noted.values()) == sorted(tracker.binding.accounts[word].id or "" for word in PEOPLE)
        ids = {tracker.binding.accounts[word].id for word in known}
        for word in to:
            happens(desk.world, desk.person(word))
        then = desk.tied({account: id_ for account, id_ in noted.items() if id_ in ids})
        if stops is not None:
            assert then == stops
            return
        assert isinstance(then, tuple)
        later, found = then
        assert found.gone == gone
        assert told in "\n".join(found.told)
        assert bool(found.told) == bool(told)
        assert read_known(found.noted) == noted, "the next start knows them, too"
        there = later.active(PEOPLE)
        assert all(there[word] is False for word in gone)
        if happens is erased:
            assert later.binding.fingerprint == tracker.binding.fingerprint, "tickets are read as they were"
            assert all(there[word] for word in ALL.difference(gone))


@pytest.mark.parametrize("noted", [None, "", "{", "[]", '{"a": 1}'])
def test_a_note_that_cannot_be_read_knows_nobody(noted: str | None) -> None:
    assert read_known(noted) == {}
