"""A rulebook's words tied to one Jira: its fields, statuses, priorities, projects and people by their ids there."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from typing import Literal, NamedTuple

import msgspec

from bot.core import findings
from bot.core.commands import Listening
from bot.core.deadlines import dated_words
from bot.core.entries import Entries, OutsideEntry, PatternEntry
from bot.core.findings import Finding
from bot.core.flaws import DUPLICATE, Sought, sought_by
from bot.core.linked import outside_word
from bot.core.ticket import UNKNOWN
from bot.jira.catalogue import Catalogue, Field, Status, User, accounts, is_same

READING = 11
"""Counted up whenever the reader gives other facts for the same answers, so that all tickets are read again."""

_FILLED_IN = frozenset(
    ("", "any", "doc", "string", "date", "datetime", "option", "option-with-child", "user")
)  # a number or a boolean has a value from the start

_LISTED = 5


class Tie(NamedTuple):
    """What Jira's histories say when a link is made: the words of one side of a type, and the rulebook's for it.

    `outward` is None where both sides are told in the same words.
    """

    told: str
    outward: bool | None
    words: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Binding:
    """What Jira's ids and values mean in the rulebook's words, and back.

    `states` knows every status of the Jira, `targets` a state's status ids, those the rulebook names first.
    `queues` and `categories` go by folded value, but `queues` by the status's id or the person word where one of
    these tells them apart; `people` by everything histories may call an account. `dated` are the words of fields
    whose dates deadlines need, `patterns` and `sought` what is looked for in texts, `key` what hashes of words are
    made with, `links` the words for a type of link by its id, `ties` what histories say of one, `listening` is by
    what a comment for the bot is known. `keyed` are the words of links by the word of the field that holds keys of
    other sites, `remote` those of links that lead to a site by its word, `sites` the other sites by project; `site`
    is the one that it reads itself, none for the desk's own.
    `fingerprint` changes whenever the same answers would be read otherwise.
    """

    fields: Mapping[str, Field]
    states: Mapping[str, str]
    targets: Mapping[str, tuple[str, ...]]
    priorities: Mapping[str, str]
    categories: Mapping[str, str]
    queues: Mapping[str, str]
    people: Mapping[str, str]
    accounts: Mapping[str, User]
    me: User
    dated: frozenset[str]
    patterns: Mapping[str, PatternEntry]
    links: Mapping[str, tuple[str, ...]]
    ties: tuple[Tie, ...]
    listening: Listening
    sought: Sought
    key: bytes
    fingerprint: str
    keyed: Mapping[str, tuple[str, ...]] = made_by(default_factory=dict)
    remote: Mapping[str, tuple[str, ...]] = made_by(default_factory=dict)
    sites: Mapping[str, str] = made_by(default_factory=dict)
    site: str | None = None


def fold(value: str) -> str:
    """Make values comparable: surrounding space, case and how letters are composed do not tell two options apart."""
    return unicodedata.normalize("NFC", value).strip().casefold()


def bind(entries: Entries, catalogue: Catalogue, secret: str = "") -> Binding | list[Finding]:
    """Tie the rulebook to the Jira: every name an id, or else every name that has none, all at once.

    `secret` is something that only this site's bot knows, so that nobody else can try out words on their hashes.
    """
    binding, problems = bind_what_is_there(entries, catalogue, secret)
    problems.extend(unknown_projects(entries, catalogue))
    return problems or binding


def bind_what_is_there(entries: Entries, catalogue: Catalogue, secret: str = "") -> tuple[Binding, list[Finding]]:
    """Tie the rulebook to what the catalogue has, and tell of every name that has no id there: it matches nothing."""
    problems: list[Finding] = []
    fields = dict(_fields(entries, catalogue, problems))
    states, targets = _states(entries, catalogue, problems)
    priorities = dict(_priorities(entries, catalogue, problems))
    found = dict(_accounts(entries, catalogue, problems))
    links = _links(entries, catalogue, problems)
    outside = [(entry.projects, _outside_states(i, entry, catalogue, problems))
               for i, entry in enumerate(entries.outside) if entry.site is None]  # fmt: skip
    keyed, remote = _keyed(entries, "field"), _keyed(entries, "site")
    elsewhere = [entry.model_dump(mode="json") for entry in entries.outside if entry.site is not None]
    keys = {user.id for user in found.values()}
    called = [(account, word) for word, user in found.items() for account in user.ids]
    read_by = {
        "fields": {word: field.id for word, field in fields.items()},
        "states": states,
        "priorities": priorities,
        "categories": {fold(value): word for word, value in entries.categories.items()},
        "queues": dict(_queues(entries, catalogue, fields.get("queue"), problems)),
        # What histories call an account is its key, which may be what somebody else was once named.
        "people": dict(sorted(called, key=lambda pair: pair[0] in keys)),
    }
    sought = {name: (entry.pattern, entry.where) for name, entry in entries.patterns.items()}
    me = catalogue.me
    dated = dated_words(entries)
    listening = _listening(entries, frozenset(me.ids))
    heard_by = (listening.names, listening.queues, listening.timezone)
    findings_sought = sought_by(entries)
    key = hashlib.sha256(f"{entries.desk}\n{secret}".encode()).digest()
    asked = (findings_sought.told, hashlib.sha256(key).hexdigest() if DUPLICATE in findings_sought.words else "")
    written = msgspec.json.encode(
        (
            READING,
            catalogue.flavour,
            sorted(me.ids),
            sorted(dated),
            read_by,
            sought,
            links,
            outside,
            heard_by,
            asked,
            keyed,
            elsewhere,
            *([remote] if remote else []),
        ),
        order="sorted",
    )
    binding = Binding(
        fields=fields,
        states=states,
        targets=targets,
        priorities=priorities,
        categories=read_by["categories"],
        queues=read_by["queues"],
        people=read_by["people"],
        accounts=found,
        me=me,
        dated=dated,
        patterns=entries.patterns,
        links=links,
        ties=tuple(_ties(catalogue, links)),
        listening=listening,
        sought=findings_sought,
        key=key,
        fingerprint=hashlib.sha256(written).hexdigest()[:16],
        keyed=keyed,
        remote=remote,
        sites={key: entry.site for entry in entries.outside if entry.site is not None for key in entry.projects},
    )
    return binding, problems


def _listening(entries: Entries, me: frozenset[str]) -> Listening:
    """By what the bot knows that a comment is for it: its name in the rulebook, and its account."""
    queues = {
        fold(name): queue.queue
        for queue in entries.queues
        for name in (queue.queue, *queue.values, *queue.name.values())
    }
    zone = entries.calendars[entries.manners.calendar].timezone
    return Listening((entries.manners.name,), me, queues, zone)


def unknown_projects(entries: Entries, catalogue: Catalogue) -> Iterator[Finding]:
    """Give the projects of the rulebook that the account does not see."""
    keys = [project.id for project in catalogue.projects]
    for i, key in enumerate(entries.projects):
        if key not in keys:
            text = f"this Jira has no project {key!r}, or the account may not see it"
            yield Finding(("projects", i), text, nearest(key, keys))


def fields_of(entries: Entries, catalogue: Catalogue) -> dict[str, Field]:
    """Give the fields behind the rulebook's words, as far as there is one for each."""
    return dict(_fields(entries, catalogue, []))


def nearest(written: str, known: Iterable[str]) -> str | None:
    """Give the known name that was perhaps meant."""
    by_folded = {fold(name): name for name in known}
    meant = findings.nearest(fold(written), by_folded)
    return by_folded[meant] if meant else None


def tells_delivery(field: Field) -> bool:
    """Whether being filled in can mean that a solution was delivered: a date, a text, a choice, a person."""
    return (field.of or field.kind) in _FILLED_IN


def _fields(entries: Entries, catalogue: Catalogue, problems: list[Finding]) -> Iterator[tuple[str, Field]]:
    called = [({fold(known) for known in (field.name, *field.names)}, field) for field in catalogue.fields]
    for word, written in entries.fields.items():
        by_id = [field for field in catalogue.fields if field.id == written]
        name = fold(written)
        found = by_id or [field for names, field in called if name in names]
        if len(found) == 1 and word == "delivered" and not tells_delivery(found[0]):
            text = (
                f"{written!r} holds a {found[0].kind}, whose mere value does not tell that the solution was delivered"
            )
            problems.append(Finding(("fields", word), f"{text}; take a date, a text, or a choice"))
        elif len(found) == 1:
            yield word, found[0]
        elif found:
            ids = ", ".join(field.id for field in found[:_LISTED])
            text = f"{len(found)} fields of this Jira are called {written!r}; write the id of one: {ids}"
            problems.append(Finding(("fields", word), text))
        else:
            names = [name for f in catalogue.fields for name in (f.name, *(() if f.custom else (f.id,)))]
            text = f"this Jira has no field {written!r}"
            problems.append(Finding(("fields", word), text, nearest(written, names)))


def _queues(
    entries: Entries, catalogue: Catalogue, field: Field | None, problems: list[Finding]
) -> Iterator[tuple[str, str]]:
    """What tells the queues apart, in their order: their values, and all their members where it is the assignee."""
    by = field.id if field else ""
    people = [person.person for person in entries.people]
    for i, queue in enumerate(entries.queues):
        for j, value in enumerate(queue.values):
            where = ("queues", i, "value", j) if queue.value else ("queues", i, "queue")
            if by == "status":
                found = _statuses(value, catalogue.statuses)
                if not found and queue.tier == 2:
                    names = [status.name for status in catalogue.statuses]
                    problems.append(Finding(where, f"this Jira has no status {value!r}", nearest(value, names)))
                yield from ((status.id, queue.queue) for status in found)
            elif by != "assignee":
                yield fold(value), queue.queue
            elif value in people:
                yield value, queue.queue
            elif queue.tier == 2:
                text = f"the queue is told by the assignee, but {value!r} is nobody of `people`"
                problems.append(Finding(where, text, nearest(value, people)))
    if by == "assignee":
        valued = {value for queue in entries.queues for value in queue.values}
        for queue in reversed(entries.queues):
            yield from ((member, queue.queue) for member in queue.members if member not in valued)


def _states(
    entries: Entries, catalogue: Catalogue, problems: list[Finding]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Place every status: by id or name where the rulebook names it (all that share the name), else by category."""
    named: dict[str, str] = {}
    for i, state in enumerate(entries.states):
        for j, written in enumerate(state.status):
            where = ("states", i, "status", j)
            found = _statuses(written, catalogue.statuses)
            if not found:
                names = [status.name for status in catalogue.statuses]
                text = f"this Jira has no status {written!r}"
                problems.append(Finding(where, text, nearest(written, names)))
            for status in found:
                if named.setdefault(status.id, state.state) != state.state:
                    text = f"the status {written!r} is already that of the state {named[status.id]!r}"
                    problems.append(Finding(where, text))
    by_category: dict[str | None, str] = {}
    for state in entries.states:
        by_category.setdefault(state.category, state.state)
    by_category.pop(None, None)
    states = {
        status.id: named.get(status.id) or by_category.get(status.category, UNKNOWN) for status in catalogue.statuses
    }
    ordered = [*named, *(status for status in states if status not in named)]
    targets = {
        state.state: tuple(status for status in ordered if states[status] == state.state) for state in entries.states
    }
    return states, targets


def _statuses(written: str, statuses: Sequence[Status]) -> list[Status]:
    by_id = [status for status in statuses if status.id == written]
    return by_id or [status for status in statuses if _is_called(written, status.name, status.names)]


def _priorities(entries: Entries, catalogue: Catalogue, problems: list[Finding]) -> Iterator[tuple[str, str]]:
    for word, written in entries.priorities.items():
        by_id = [named for named in catalogue.priorities if named.id == written]
        found = by_id or [named for named in catalogue.priorities if _is_called(written, named.name)]
        if not found:
            text = f"this Jira has no priority {written!r}"
            names = [named.name for named in catalogue.priorities]
            problems.append(Finding(("priorities", word), text, nearest(written, names)))
        for named in found:
            yield named.id, word


def _ties(catalogue: Catalogue, links: Mapping[str, tuple[str, ...]]) -> Iterator[Tie]:
    for kind in catalogue.link_types:
        if kind.id in links:
            outward, inward = fold(kind.outward), fold(kind.inward)
            sides = ((outward, None),) if outward == inward else ((outward, True), (inward, False))
            yield from (Tie(told, side, links[kind.id]) for told, side in sides if told)


def _keyed(entries: Entries, by: Literal["field", "site"]) -> dict[str, tuple[str, ...]]:
    """The words of links that are known by a field, or by the site they lead to, by the word of that."""
    words: dict[str, tuple[str, ...]] = {}
    for word, entry in entries.links.items():
        if (known := entry.field if by == "field" else entry.site) is not None:
            words[known] = (*words.get(known, ()), word)
    return words


def outside_bindings(
    entries: Entries, catalogue: Catalogue, binding: Binding, site: str | None = None
) -> dict[str, Binding]:
    """Give by what tickets outside the desk are read, by project: their states, who did what, and nothing else.

    With `site` these are its projects, and the catalogue is its own: nobody there is known by the desk's words.
    """
    if site is not None:
        binding = replace(binding, site=site, people={}, accounts={}, me=catalogue.me)
    return {
        project: replace(
            binding,
            states=_outside_states(i, entry, catalogue, []),
            fields={},
            dated=frozenset(),
            patterns={},
            links={},
            ties=(),
            listening=Listening(()),
            sought=Sought(),
            keyed={},
            remote={},
            sites={},
        )
        for i, entry in enumerate(entries.outside)
        if entry.site == site
        for project in entry.projects
    }


def unknown_elsewhere(entries: Entries, catalogue: Catalogue, site: str) -> list[Finding]:
    """Find what the rulebook says of another site that this does not have: projects, and names of statuses."""
    problems: list[Finding] = []
    keys = [project.id for project in catalogue.projects]
    for i, entry in enumerate(entries.outside):
        if entry.site != site:
            continue
        for k, key in enumerate(entry.projects):
            if key not in keys:
                text = f"the site {site!r} has no project {key!r}, or the account may not see it"
                problems.append(Finding(("outside", i, "projects", k), text, nearest(key, keys)))
        _outside_states(i, entry, catalogue, problems, f"the site {site!r}")
    return problems


def _outside_states(
    number: int, entry: OutsideEntry, catalogue: Catalogue, problems: list[Finding], where: str = "this Jira"
) -> dict[str, str]:
    """What every status means outside: by id or name where an entry names it, else by its category."""
    named: dict[str, str] = {}
    by_category: dict[str, str] = {}
    for i, state in enumerate(entry.states):
        word = outside_word(state.standing, state.ball)
        if state.category is not None:
            by_category[state.category] = word
        for j, written in enumerate(state.status):
            found = _statuses(written, catalogue.statuses)
            if not found:
                names = [status.name for status in catalogue.statuses]
                text = f"{where} has no status {written!r}"
                problems.append(Finding(("outside", number, "states", i, "status", j), text, nearest(written, names)))
            named |= dict.fromkeys((status.id for status in found), word)
    if not entry.states:
        by_category = {"done": outside_word("solved", "tier 1")}
    otherwise = UNKNOWN if entry.states else outside_word("open", "tier 2")
    return {
        status.id: named.get(status.id) or by_category.get(status.category, otherwise)
        for status in catalogue.statuses
    }


def _links(entries: Entries, catalogue: Catalogue, problems: list[Finding]) -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = {}
    for word, entry in entries.links.items():
        if entry.type is None:
            continue
        by_id = [named for named in catalogue.link_types if named.id == entry.type]
        found = by_id or [named for named in catalogue.link_types if _is_called(entry.type, named.name)]
        if not found:
            text = f"this Jira has no type of link {entry.type!r}"
            names = [named.name for named in catalogue.link_types]
            problems.append(Finding(("links", word, "type"), text, nearest(entry.type, names)))
        for named in found:
            words[named.id] = (*words.get(named.id, ()), word)
    return words


def deactivated(entries: Entries, catalogue: Catalogue) -> Iterator[Finding]:
    """Find the people of a rulebook whose accounts are there and no longer active: that keeps no bot from running."""
    for i, account in enumerate(accounts(entries, catalogue.flavour)):
        user = catalogue.people.get(account)
        if user is not None and not user.active:
            yield Finding(("people", i, "account"), f"the account {account!r} is not active")


def _accounts(entries: Entries, catalogue: Catalogue, problems: list[Finding]) -> Iterator[tuple[str, User]]:
    owners: dict[str, str] = {}
    for i, (person, account) in enumerate(zip(entries.people, accounts(entries, catalogue.flavour), strict=True)):
        user = catalogue.people.get(account)
        where = ("people", i, "account")
        if user is None or user.id is None:
            kind = "account id" if catalogue.flavour == "cloud" else "user name"
            lapsed = catalogue.lapsed.get(account)
            text = f"this Jira has no {kind} {account!r}, or the account may not look people up"
            told = text if lapsed is None else lapsed_text(f"{kind} {account!r} of {person.person!r}", lapsed)
            problems.append(Finding(where, told))
        elif is_same(user, catalogue.me):
            text = "this is the bot's own account: what this person does would count as done by the bot"
            problems.append(Finding(where, f"{text}; give the bot an account of its own"))
        elif owners.setdefault(user.id, person.person) != person.person:
            problems.append(Finding(where, f"this is already the account of {owners[user.id]!r}"))
        else:
            yield person.person, user


def lapsed_text(what: str, user: User) -> str:
    """Tell that Jira no longer finds an account that the bot knew, which is now `user`, and what comes of it."""
    if user.active:
        return f"this Jira now calls the {what} otherwise: the bot goes on with it; write what it is called now"
    return (
        f"this Jira no longer has the {what}: the bot goes on and counts the person as one who has left; "
        "hand over their tickets, then take them out of the rulebook"
    )


def _is_called(written: str, name: str, names: Sequence[str] = ()) -> bool:
    return fold(written) in {fold(known) for known in (name, *names)}
