"""The laws that are asked of several processes are broken by what breaks them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from joint_desk import rulebook_in
from joint_laws import Afterwards, Recorded, those_hold
from simulation.sim import Violation

from bot.engine.cycle import cycle
from bot.engine.engine import Engine
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker, connect
from bot.sandbox import acts
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.inprocess import InProcess
from bot.start import read_desk
from bot.store.store import open_store

NOW = 1_794_816_000


@pytest.fixture
def after(tmp_path: Path) -> Iterator[Afterwards]:
    """A desk on which one ticket was asked about, and one is held."""
    clock = Clock((NOW - 120) * 1000)
    world = keskkonnaamet("cloud", clock)
    desk, site = read_desk(rulebook_in(tmp_path, world), "joint"), Recorded(world)
    for labels in ([], ["bot-hold"]):
        values = {"summary": "Number", "issuetype": world.issue_types["10100"], "labels": labels}
        acts.create(world, world.person("spetsialist1"), world.projects["KKA"], values)
    clock.set(NOW * 1000)
    client = Client(
        "http://jira.test",
        token="sandbox-token",
        user="piletibot@sandbox.example",
        transport=InProcess(site),
        sleep=lambda seconds: None,
        clock=lambda: clock() / 1000,
    )
    tracker = connect(client, desk.book.entries)
    assert isinstance(tracker, JiraTracker), tracker
    file = tmp_path / "bot.db"
    with closing(open_store(f"sqlite:///{file}")) as store, closing(sqlite3.connect(file)) as driver:
        engine = Engine(tracker, store, desk.book, desk.messages, tracker.binding.fingerprint, clock=lambda: NOW)
        assert len(cycle(engine, NOW).said) == 1
        yield Afterwards(engine, driver, _site=site)


def again(after: Afterwards) -> None:
    """It is said once more, by one that read the ticket back before the other wrote."""
    (first,) = after._site.written
    after._site.written.append(replace(first, number=1))


def twice(after: Afterwards) -> None:
    """It stands on the ticket a second time, whoever wrote that."""
    world = after.world
    (issue,) = (each for each in world.issues.values() if each.comments)
    said = issue.comments[0]
    acts.comment(world, issue, said.author, said.body, properties=said.properties)


def to_another(after: Afterwards) -> None:
    """Whoever is meant is called otherwise."""
    after.engine.book = replace(after.engine.book, languages={})
    (first,) = after._site.written
    made = first.after.comments[0]
    body = {"type": "doc", "version": 1, "content": []}
    after._site.written[:] = [replace(first, after=replace(first.after, comments=(replace(made, body=body),)))]


def held(after: Afterwards) -> None:
    """The ticket was held when it was last read."""
    (first,) = after._site.written
    issue = replace(first.before, fields={**first.before.fields, "labels": ["bot-hold"]})
    after._site.written[:] = [replace(first, shown=replace(first.shown, issue=issue))]


def unread(after: Afterwards) -> None:
    """Nobody read its comments back."""
    (first,) = after._site.written
    after._site.written[:] = [replace(first, shown=replace(first.shown, comments=None))]


def deleted(after: Afterwards) -> None:
    """What the ledger tells never came to Jira."""
    after._site.written.clear()


BREAKS = [
    (again, "was said 2 times"),
    (to_another, "does not call"),
    (held, "on a ticket that is held"),
    (unread, "without reading back"),
    (deleted, "no comment ever said so"),
    (twice, "stands in 2 comments"),
]


def test_they_hold_of_a_desk_that_is_well(after: Afterwards) -> None:
    assert those_hold(after, lambda: NOW) == {}


@pytest.mark.parametrize(("break_it", "said"), BREAKS, ids=[each[0].__name__ for each in BREAKS])
def test_what_breaks_them_is_found(after: Afterwards, break_it: Callable[[Afterwards], None], said: str) -> None:
    break_it(after)
    with pytest.raises(Violation, match=said):
        those_hold(after, lambda: NOW)
