"""Whether those to whom the digest goes can get it, and may."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.entries import Entries
from bot.core.entries_report import RecipientEntry
from bot.core.findings import Finding, Path, known, nearest, once
from bot.core.readers import person_of
from bot.core.recipients import audience_for

_ROLES = ("lead", "coordinator")


def recipients(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the digest's recipients."""
    said: list[tuple[Path, RecipientEntry]] = [
        (("digest", "recipients", i), entry) for i, entry in enumerate(entries.digest.recipients)
    ]
    yield from once("recipient", (((*path, "name"), entry.name) for path, entry in said))
    for path, entry in said:
        yield from _person(path, entry, entries)
        yield from _scope(path, entry, entries)
        yield from once("way", (((*path, "by", i), way) for i, way in enumerate(entry.by)))
        yield from once("format", (((*path, "formats", i), form) for i, form in enumerate(entry.formats)))
        if "ticket" in entry.by and entries.digest.ticket is None:
            text = "on which ticket? Name it as `ticket` under `digest`"
            yield Finding((*path, "by", entry.by.index("ticket")), text)
        if "ticket" in entry.by and not entry.team:
            text = "a comment is read by those who see the ticket; who is not of the desk gets it by another way"
            yield Finding((*path, "by", entry.by.index("ticket")), text)
        if entry.formats and not {"mail", "folder"} & set(entry.by):
            yield Finding((*path, "formats"), "files go by mail or into the folder, and it goes by neither")


def _person(path: Path, entry: RecipientEntry, entries: Entries) -> Iterator[Finding]:
    people = {person.person: None for person in entries.people}
    words = dict.fromkeys((*_ROLES, *people))
    if entry.team and entry.to not in words:
        meant = nearest(entry.to, words)
        text = f"there is nobody '{entry.to}' at the desk; who does not belong to it has `team: false`"
        yield Finding((*path, "to"), text, meant)
    elif entry.team and audience_for(entry, entries) is None:
        text = (
            f"'{person_of(entry.to, entries)}' has no role at the desk, so that nobody knows what is theirs to see; "
            "name `queues` or `units`"
        )
        yield Finding((*path, "to"), text)
    elif not entry.team and entry.to in words:
        yield Finding((*path, "team"), f"'{entry.to}' is of the desk; `team: false` is for who is not")
    if entry.approved_by is not None:
        yield from known((*path, "approved_by"), "role or person", entry.approved_by, words)


def _scope(path: Path, entry: RecipientEntry, entries: Entries) -> Iterator[Finding]:
    queues = {queue.queue: None for queue in entries.queues}
    units = {unit.unit: None for unit in entries.indicators.units}
    for i, queue in enumerate(entry.queues):
        yield from known((*path, "queues", i), "queue", queue, queues)
    for i, unit in enumerate(entry.units):
        yield from known((*path, "units", i), "unit", unit, units)
    yield from once("queue", (((*path, "queues", i), queue) for i, queue in enumerate(entry.queues)))
    yield from once("unit", (((*path, "units", i), unit) for i, unit in enumerate(entry.units)))
    yield from known((*path, "calendar"), "calendar", entry.calendar, entries.calendars)
