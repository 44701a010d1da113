"""A desk tells its queues apart by what it uses: a component, a label, a group, the assignee, or the status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from jira_worlds import Sandboxed, client_of, entries

from bot.core.ticket import UNKNOWN
from bot.jira.binding import bind
from bot.jira.catalogue import read_catalogue
from bot.jira.queues import moves
from bot.sandbox import acts
from bot.sandbox.inprocess import InProcess
from bot.sandbox.world import Field, Flavour, World

Json = Any
FLAVOURS = pytest.mark.parametrize("flavour", ["cloud", "dc"])


def queues(it: Json, permits: Json, **more: Json) -> list[Json]:
    return [
        {"queue": "it", "tier": 2, "name": {"en": "IT"}, "value": it, **more},
        {"queue": "permits", "tier": 2, "name": {"en": "Permits"}, "value": permits},
    ]


def components(world: World) -> None:
    world.projects["KKA"].components += [{"id": "70", "name": "IT"}, {"id": "71", "name": "Load"}]
    world.projects["KKA"].components.append({"id": "72", "name": "KOTKAS"})


def groups(world: World) -> None:
    world.fields["customfield_10300"] = Field("customfield_10300", "Rühm", "group")


WAYS: Mapping[str, tuple[str, list[Json], Callable[[World], None] | None]] = {
    "component": ("components", queues("IT", "71"), components),
    "label": ("labels", queues("it-tugi", ["load", "loahaldus"]), None),
    "group": ("Rühm", queues("klienditugi", "ii-tase"), groups),
    "assignee": ("assignee", queues("it1", "koordinaator1"), None),
    "status": ("status", queues("Töös", ["10004"]), None),
}


def desk(flavour: Flavour, way: str, **more: Json) -> Sandboxed:
    field, listed, prepare = WAYS[way]
    sandboxed = Sandboxed(flavour)
    if prepare is not None:
        prepare(sandboxed.world)
    client = client_of("https://sandbox.example", flavour, transport=InProcess(sandboxed.site))
    sandboxed.connect(client, fields={"queue": field}, queues=listed, **more)
    return sandboxed


@pytest.mark.parametrize("way", WAYS)
@FLAVOURS
def test_a_queue_is_set_and_recognised_by_what_the_desk_uses(flavour: Flavour, way: str) -> None:
    sandboxed = desk(flavour, way)
    id_ = sandboxed.open("spetsialist1")
    for queue in ("permits", "it") if way == "status" else ("permits", "it", "it"):
        sandboxed.tick(60_000)
        sandboxed.tracker.put(id_, {"queue": queue})
        (ticket,) = sandboxed.tracker.read([id_]).tickets
        assert ticket.queue == queue
    moved = [(change.was, change.now, change.bot) for change in ticket.changes if change.field == "queue"]
    assert moved == [(None, "permits", True), ("permits", "it", True)]


@FLAVOURS
def test_what_is_no_queue_stays_beside_it(flavour: Flavour) -> None:
    sandboxed = desk(flavour, "component")
    id_ = sandboxed.open("spetsialist1")
    world = sandboxed.world
    issue, parts = world.find(id_), world.projects["KKA"].components
    assert issue is not None
    acts.edit(
        world, issue, sandboxed.person("spetsialist1"), {"components": [parts[2], parts[1]], "labels": ["kiire"]}
    )
    (ticket,) = sandboxed.tracker.read([id_]).tickets
    assert ticket.queue == "permits"
    sandboxed.asked()
    sandboxed.tracker.put(id_, {"queue": "it", "owner": "it1", "labels": "+esmane -kiire"})
    assert sandboxed.asked() == 2  # what it holds, and one edit
    found = world.find(id_)
    assert found is not None
    assert [each["name"] for each in found.fields["components"]] == ["KOTKAS", "IT"]
    assert (found.fields["labels"], len(found.histories)) == (["esmane"], 2)


@FLAVOURS
def test_a_label_that_is_a_queue_and_other_labels_are_one_edit(flavour: Flavour) -> None:
    sandboxed = desk(flavour, "label")
    id_ = sandboxed.open("spetsialist1")
    sandboxed.tracker.put(id_, {"queue": "permits", "labels": "+kiire"})
    sandboxed.tracker.put(id_, {"queue": "it", "labels": "+esmane -kiire", "owner": "it1"})
    (ticket,) = sandboxed.tracker.read([id_]).tickets
    assert (sorted(ticket.labels), ticket.queue, ticket.owner) == (["esmane", "it-tugi"], "it", "it1")


@FLAVOURS
def test_who_is_assigned_tells_the_queue_by_its_members_too(flavour: Flavour) -> None:
    more = {"members": ["spetsialist1"]}
    sandboxed = desk(flavour, "assignee")
    client = client_of("https://sandbox.example", flavour, transport=InProcess(sandboxed.site))
    sandboxed.connect(client, fields={"queue": "assignee"}, queues=queues("it1", "koordinaator1", **more))
    id_ = sandboxed.open("juht1")
    read = []
    for who in ("spetsialist1", "koordinaator1", "it2"):
        sandboxed.change(id_, "juht1", owner=who)
        read += [ticket.queue for ticket in sandboxed.tracker.read([id_]).tickets]
    assert read == ["it", "permits", UNKNOWN]


@FLAVOURS
def test_what_tells_a_queue_must_be_there(flavour: Flavour) -> None:
    sandboxed = Sandboxed(flavour)
    client = client_of("https://sandbox.example", flavour, transport=InProcess(sandboxed.site))
    people = {person.name: person.ident(flavour) for person in sandboxed.world.people}
    for field, words in (("assignee", "keegi"), ("status", "Tööss")):
        book = entries(
            people.__getitem__, fields={"queue": field}, queues=queues("it1" if words == "keegi" else "Töös", words)
        )
        problems = bind(book, read_catalogue(client, book))
        assert isinstance(problems, list)
        assert [problem.path for problem in problems] == [("queues", 1, "value", 0)]
        assert repr(words) in problems[0].text


MOVES: list[tuple[list[tuple[list[str], list[str]]], list[str], list[tuple[str | None, str | None]]]] = [
    ([], ["it"], []),
    ([([], ["it"])], ["it"], [(None, "it")]),
    ([(["law"], ["it"])], ["it"], [("law", "it")]),
    ([([], ["law"]), ([], ["it"])], ["it", "law"], [(None, "law"), ("law", "it")]),  # the one that came last counts
    ([([], ["law"]), (["law"], [])], ["it"], [("it", "law"), ("law", "it")]),  # created with it
    ([(["it"], [])], [], [("it", None)]),
    ([([], []), (["it"], ["law"])], ["law"], [("it", "it"), ("it", "law")]),
]


@pytest.mark.parametrize(("history", "held", "found"), MOVES)
def test_of_several_queues_the_last_one_counts(
    history: list[tuple[list[str], list[str]]], held: list[str], found: list[tuple[str | None, str | None]]
) -> None:
    assert moves(history, held) == found
