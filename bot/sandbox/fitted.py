"""A Jira made to fit a rulebook: all that its rules name is there, and no issues yet. Demos are played in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from bot.core.entries import Entries, PersonEntry
from bot.sandbox.desk import account, status
from bot.sandbox.world import Field, Flavour, Person, Project, World, account_id_of, system_fields

BOT = "piletibot"

SYSTEM = frozenset(system_fields())
"""Fields that every Jira has, which a queue may be told by."""


def fitted(
    entries: Entries, fields: Mapping[str, Field], others: Iterable[str], flavour: Flavour, clock: Callable[[], int]
) -> World:
    """Return the world of a rulebook's projects, with the statuses, priorities, fields and people that it names.

    `fields` are those of the Jira beside the ones that categories, queues, forwarders and deliveries stand in;
    `others` are accounts that the rulebook does not name. Everybody's token is `<name>-token`, the bot's own
    `sandbox-token`.
    """
    world = World(flavour, clock)
    for number, person in enumerate([_bot(), *map(_person, entries.people), *map(_other, others)]):
        person.key = f"JIRAUSER{10100 + number}"
        world.add_person(person)
    statuses = [(name, state) for state in entries.states for name in state.status]
    for number, (name, state) in enumerate(statuses, 10001):
        usual = "done" if state.standing == "closed" else "new" if number == 10001 else "indeterminate"
        world.statuses[str(number)] = status(str(number), name, state.category or usual)
    for number, name in enumerate(entries.priorities.values(), 1):
        default = {"default": True} if number == (len(entries.priorities) + 1) // 2 else {}
        world.priorities[str(number)] = {"id": str(number), "name": name, **default}
    for id_, name in (("10100", "Pöördumine"), ("10101", "Ülesanne")):
        world.issue_types[id_] = {"id": id_, "name": name, "subtask": False, "description": ""}
    set_by_rules = (rung.sets.get("resolution") for ladder in entries.ladders for rung in ladder.rungs)
    for number, name in enumerate(dict.fromkeys(("Lahendatud", *filter(None, set_by_rules))), 10000):
        world.resolutions[str(number)] = {"id": str(number), "name": name, "description": ""}
    for field in (*_fields(entries), *fields.values()):
        world.fields[field.id] = field
    for number, key in enumerate(entries.projects, 10000):
        project = Project(str(number), key, key, list(world.statuses), list(world.issue_types))
        if entries.fields.get("queue") == "components":
            names = dict.fromkeys(value for queue in entries.queues for value in queue.values)
            project.components += [{"id": str(id_), "name": name} for id_, name in enumerate(names, 10700)]
        world.projects[key] = project
    for key in (key for each in entries.outside if each.site is None for key in each.projects):
        id_ = str(10000 + len(world.projects))
        world.projects[key] = Project(id_, key, key, list(world.statuses), list(world.issue_types))
    _link_types(world, entries)
    return world


def _link_types(world: World, entries: Entries) -> None:
    known = {kind["name"] for kind in world.link_types.values()}
    for number, name in enumerate(dict.fromkeys(entry.type for entry in entries.links.values() if entry.type), 10100):
        if name not in known:
            id_ = str(number)
            world.link_types[id_] = {"id": id_, "name": name, "inward": f"{name} (in)", "outward": f"{name} (out)"}


def _fields(entries: Entries) -> Iterable[Field]:
    kinds = {"category": "option", "queue": "option", "forwarder": "user", "delivered": "date"}
    words = {
        "category": list(entries.categories.values()),
        "queue": [value for queue in entries.queues for value in queue.values],
    }
    for number, (word, kind) in enumerate(kinds.items()):
        if word in entries.fields and entries.fields[word] not in SYSTEM:
            options = enumerate(words.get(word, []), 11000 + 100 * number)
            found = tuple({"id": str(id_), "value": value} for id_, value in options)
            yield Field(f"customfield_{10201 + number}", entries.fields[word], kind, found)


def _bot() -> Person:
    return account(BOT, "Piletibot", account_id_of(BOT), "sandbox-token")


def _person(entry: PersonEntry) -> Person:
    of = entry.account
    cloud, dc = (of, of) if isinstance(of, str) else (of.cloud, of.dc)
    return account(dc, entry.person.capitalize(), cloud, f"{dc}-token")


def _other(name: str) -> Person:
    return account(name, name.capitalize(), account_id_of(name), f"{name}-token")
