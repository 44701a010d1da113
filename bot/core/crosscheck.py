"""Whether the parts of a rulebook fit together: every reference, every name, every amount of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

from bot.core.crosscheck_absences import absences, deputies, rosters
from bot.core.crosscheck_calendars import calendars, targets
from bot.core.crosscheck_completeness import completeness, titles
from bot.core.crosscheck_digest import digest
from bot.core.crosscheck_indicators import indicators
from bot.core.crosscheck_links import incidents, links, outages
from bot.core.crosscheck_recipients import recipients
from bot.core.crosscheck_rules import deadlines, exclusions, ladders, policies, routes, rule_names
from bot.core.crosscheck_sets import sets
from bot.core.crosscheck_stops import stops
from bot.core.crosscheck_units import units
from bot.core.crosscheck_words import words
from bot.core.entries import Entries, PersonEntry, Queue
from bot.core.entry import Language
from bot.core.findings import KEY, Finding, Path, known, once
from bot.core.formats import problems as formats
from bot.core.owners import NOBODY, WAYS
from bot.core.patterns import problems as patterns
from bot.core.people import DUTY, ROLES
from bot.core.sets import labelled
from bot.core.ticket import UNKNOWN


def problems(
    entries: Entries,
    messages: Mapping[str, frozenset[str]] | None,
    is_country: Callable[[str], bool],
    closed: Mapping[str, frozenset[date]] = {},
) -> list[Finding]:
    """Everything that does not fit together in well-formed entries; an empty list when `build` may follow.

    `messages` are the texts that may be said, each with the names of the values that it cannot do without; None
    leaves them unchecked. `is_country` tells whether a country's holidays are known. `closed` are the days
    that files close, by calendar.
    """
    return [
        *calendars(entries, is_country, closed),
        *_states(entries),
        *_people(entries),
        *deputies(entries),
        *absences(entries),
        *rosters(entries),
        *rule_names(entries),
        *routes(entries, messages),
        *titles(entries),
        *completeness(entries, messages),
        *links(entries),
        *incidents(entries, messages),
        *outages(entries),
        *policies(entries),
        *targets(entries),
        *stops(entries),
        *words(entries),
        *patterns(entries),
        *formats(entries),
        *deadlines(entries),
        *ladders(entries, messages),
        *sets(entries),
        *exclusions(entries),
        *indicators(entries),
        *units(entries),
        *digest(entries),
        *recipients(entries),
    ]


def _states(entries: Entries) -> Iterator[Finding]:
    states = [(("states", i), state) for i, state in enumerate(entries.states)]
    yield from once("state", (((*path, "state"), state.state) for path, state in states))
    yield from once(
        "state for the category",
        (((*path, "category"), state.category) for path, state in states if state.category),
    )
    yield from once(
        "state for the status",
        (
            ((*path, "status", i), status.casefold())
            for path, state in states
            for i, status in enumerate(state.status)
        ),
    )
    for standing in ("open", "closed"):
        if all(state.standing != standing for state in entries.states):
            yield Finding(("states",), f"no state has the standing '{standing}'")
    for path, state in states:
        if state.state == UNKNOWN:
            yield Finding((*path, "state"), f"'{UNKNOWN}' is the bot's own word; give the state another name")
        if not state.status and not state.category:
            yield Finding(path, "a state needs a `status`, or a `category` that it catches")
        yield from _named(path, state.name, entries)


def _named(path: Path, names: Mapping[Language, str], entries: Entries) -> Iterator[Finding]:
    if entries.language not in names:
        yield Finding((*path, "name"), f"a name in the desk's language '{entries.language}' is missing")


def _people(entries: Entries) -> Iterator[Finding]:
    people = [person.person for person in entries.people]
    known_people = dict.fromkeys(people)
    yield from once("person", ((("people", i, "person"), person) for i, person in enumerate(people)))
    for i, entry in enumerate(entries.people):
        yield from known(("people", i, "manager"), "person", entry.manager, known_people)
        if entry.person in ROLES or entry.person.startswith(DUTY):
            yield Finding(("people", i, "person"), f"'{entry.person}' is a role; give the person another name")
        yield from known(("people", i, "calendar"), "calendar", entry.calendar, entries.calendars)
    for flavour in ("cloud", "dc"):
        accounts = (
            (("people", i, "account", flavour), _account(entry, flavour)) for i, entry in enumerate(entries.people)
        )
        yield from once("person with the account", accounts)
    if entries.comments.role is not None and entries.comments.group is not None:
        yield Finding(("comments", "group"), "give a role or a group who see the comments, not both")
    yield from known(("roles", "coordinator"), "person", entries.roles.coordinator, people)
    yield from known(("roles", "lead"), "person", entries.roles.lead, people)
    queues = [(("queues", i), queue) for i, queue in enumerate(entries.queues)]
    yield from once("queue", (((*path, "queue"), queue.queue) for path, queue in queues))
    for path, queue in queues:
        if queue.queue == UNKNOWN:
            yield Finding((*path, "queue"), f"'{UNKNOWN}' is the bot's own word; give the queue another name")
        others = {value for _, other in queues if other is not queue for value in other.values}
        for k, value in enumerate(queue.value):
            if value in others:
                yield Finding((*path, "value", k), f"another queue has the value '{value}' too")
        yield from _what_a_route_sets(path, queue, entries, people)
        for k, member in enumerate(queue.members):
            yield from known((*path, "members", k), "person", member, people)
        yield from known((*path, "coordinator"), "person", queue.coordinator, people)
        yield from known((*path, "manager"), "person", queue.manager, people)
        yield from _named(path, queue.name, entries)


def _what_a_route_sets(path: Path, queue: Queue, entries: Entries, people: Iterable[str]) -> Iterator[Finding]:
    """What does not fit in a queue's `owner` and `sets`."""
    if queue.owner not in WAYS:
        yield from known((*path, "owner"), "person or way", queue.owner, [*WAYS, *people])
    elif queue.owner != NOBODY and not queue.members:
        yield Finding((*path, "owner"), f"`{queue.owner}` chooses among `members`, and the queue has none")
    words = [word for word in entries.fields if word not in ("queue", "forwarder", "delivered")]
    for word, value in queue.sets.items():
        here = (*path, "sets", word)
        if word == "labels":
            try:
                labelled(value)
            except ValueError as error:
                yield Finding(here, str(error))
        elif word == "state":
            yield from known(here, "state", value, [state.state for state in entries.states])
            tiers = [state.tier for state in entries.states if state.state == value]
            if tiers and tiers[0] not in (None, queue.tier):
                yield Finding(here, f"in the state '{value}' the ticket is not at the queue's tier {queue.tier}")
        elif word == "category":
            yield from known(here, "category", value, entries.categories)
        else:
            yield from known((*here, KEY), "word that a route may set", word, [*words, "labels", "state"])


def _account(person: PersonEntry, flavour: str) -> str:
    if isinstance(person.account, str):
        return person.account
    return person.account.cloud if flavour == "cloud" else person.account.dc
