"""What every test would make anew though it is always the same: empty databases in memory, and what a Jira has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

import sqlalchemy as sa

from bot.core.entries import Entries
from bot.core.findings import Finding
from bot.jira.binding import bind
from bot.jira.catalogue import Catalogue, read_catalogue
from bot.jira.client import Client
from bot.jira.tracker import JiraTracker
from bot.sandbox.api import Site
from bot.sandbox.faults import Faults
from bot.sandbox.world import World
from bot.store.store import Store, open_store
from bot.store.tables import metadata

IN_MEMORY = "sqlite://"

_emptied: list[Store] = []
_catalogues: dict[tuple[int, str], tuple[Entries, Catalogue]] = {}


@contextmanager
def store_at(url: str) -> Iterator[Store]:
    """An open store; one in memory comes empty and without a count of writes, its tables made for a test before.

    One in which a test fails is not used again.
    """
    if url != IN_MEMORY:
        with closing(open_store(url)) as store:
            yield store
        return
    used = _emptied.pop() if _emptied else open_store(url)
    store = Store(used._engine, used._url)
    yield store
    with store._writer.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(sa.delete(table))
    _emptied.append(store)


def tied(
    client: Client, site: Site, entries: Entries, sites: Mapping[str, Client] | None = None
) -> JiraTracker | list[Finding]:
    """What `bot.jira.tracker.connect` gives; a sound Jira that has just what one had before is not asked again."""
    if site.faults != Faults() or entries.manners.control is not None:
        catalogue = read_catalogue(client, entries)
    else:
        catalogue = _known(client, site.world, entries)
    binding = bind(entries, catalogue)
    return binding if isinstance(binding, list) else JiraTracker(client, catalogue, binding, entries, sites=sites)


def _known(client: Client, world: World, entries: Entries) -> Catalogue:
    key = id(entries), repr((client.url, _had(world)))
    if key not in _catalogues:
        _catalogues[key] = entries, read_catalogue(client, entries)
    return _catalogues[key][1]


def _had(world: World) -> list[object]:
    """All that a Jira has but its issues."""
    projects = [{**vars(project), "last_number": None} for project in world.projects.values()]
    parts = (world.people, world.groups, world.fields, world.statuses, world.priorities, world.issue_types)
    return [world.flavour, projects, *parts, world.resolutions, world.security_levels, world.link_types]
