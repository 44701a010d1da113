"""A Jira as the engine's tracker, Cloud and Data Center alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from time import monotonic
from typing import Any

import msgspec
import structlog

from bot.core.commands import Permission
from bot.core.doc import Doc
from bot.core.entries import Entries
from bot.core.findings import Finding
from bot.core.ticket import Ticket, site_of
from bot.engine.tracker import Denied, Reading, Refused, Said, Stamp, Throttled, TrackerError, Trouble, Unreachable
from bot.jira import access, fetch, markup, search
from bot.jira.access import PERMISSIONS
from bot.jira.ailing import about_a_ticket
from bot.jira.answers import Answered
from bot.jira.audience import who_sees
from bot.jira.binding import Binding, bind, outside_bindings
from bot.jira.catalogue import (
    Catalogue,
    StatusId,
    Transitions,
    User,
    is_same,
    is_unknown,
    look_up,
    myself,
    permissions_in,
    read_catalogue,
)
from bot.jira.client import Client
from bot.jira.edits import edit_of
from bot.jira.elsewhere import OtherSite
from bot.jira.off_switch import off_switch
from bot.jira.reader import LEAN, Issue, Unreadable, is_word, moment_ms, number, read_ticket, texts_of
from bot.jira.remote import remote_links

_log = structlog.get_logger()

STEP = "piletibot.step"
"""The comment property that holds a step's keys and the hash of its text: the mark of the bot's own comments."""

_INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
_PAGE = 100
_SEARCHED = 1000
_KNOWN_S = 3600
_BUSY = 50
"""So many tickets that changed between two polls make it sure that something changes until the next."""

_SPARING = 60
"""How many searches bring stamps alone, after one that was to bring whole tickets failed."""


class _Property(msgspec.Struct):
    key: str = ""
    value: msgspec.Raw = msgspec.Raw(b"null")


class _Mark(msgspec.Struct):
    keys: list[str]
    hash: str = ""


class _Comment(msgspec.Struct):
    id: str
    created: str | int | None = None
    author: User | None = None
    properties: list[_Property] | None = None


class _Comments(msgspec.Struct):
    comments: list[_Comment]
    total: int = 0


class _Created(msgspec.Struct):
    id: str


class _Holding(msgspec.Struct):
    fields: dict[str, list[Any] | None] = {}


class JiraTracker:
    """Keeps the `Tracker` protocol for one Jira and one rulebook; one per thread, as its client is.

    With the bindings of other rulebooks, it also reads tickets in their words. `sites` are the connections to other
    sites by their words, which send GETs alone. `former` are the ids of accounts that the bot had before: what they
    said is its own.
    """

    def __init__(
        self,
        client: Client,
        catalogue: Catalogue,
        binding: Binding,
        entries: Entries,
        others: Sequence[Binding] = (),
        sites: Mapping[str, Client] | None = None,
        former: Collection[str] = (),
    ) -> None:
        self.flavour: str = catalogue.flavour
        self.client = client
        self.catalogue = catalogue
        self.binding = binding
        self._entries = entries
        self._former = frozenset(former)
        self._cloud = catalogue.flavour == "cloud"
        self._version = "3" if self._cloud else "2"
        self._others = tuple(others)
        bound = (field for each in (binding, *others) for field in each.fields.values())
        texts = (field for each in (binding, *others) for field in texts_of(each))
        ties = ("issuelinks",) if any(each.links for each in (binding, *others)) else ()
        self._fields = tuple(dict.fromkeys((*LEAN, *ties, *(field.id for field in bound), *texts)))
        self._began_s = client.now_s
        self._looked_up: dict[str, tuple[float, User]] = {}
        self._outside = outside_bindings(entries, catalogue, binding)
        visible = {project.id for project in catalogue.projects}
        self._seen_outside = tuple(project for project in self._outside if project in visible)
        self._sites = {
            name: OtherSite(name, there, entries, binding)
            for name, there in (sites or {}).items()
            if any(entry.site == name for entry in entries.outside)
        }
        self._addresses = {name: there.url for name, there in (sites or {}).items()}
        self.closed: dict[str, str] = {}
        self._sparing = 0
        self._busy = False
        self._told_statuses: set[str] = set()
        self._onlookers: dict[str, tuple[float, frozenset[str] | None]] = {}

    def changed(self, since_ms: int | None, known: dict[str, int] | None = None) -> Iterator[Stamp]:
        """Give the tickets that changed; one request when nothing did, and where they fit into one page.

        An account that was logged out sees nothing, which is not to be taken for tickets that are gone: when a
        whole project seems empty, the account is asked who it is. Raises Denied then. A project that could not be
        searched is only asked for again when all tickets are.
        """
        empty, came = True, 0
        closed = self.closed if since_ms is not None else {}
        if not set(self._entries.projects) - closed.keys():
            closed = {}
        projects = self._entries.projects if since_ms is None else (*self._entries.projects, *self._seen_outside)
        projects = tuple(project for project in projects if project not in closed)
        refused: dict[str, str] = {}
        try:
            asked = (self.client, self.catalogue.flavour, projects, since_ms, refused)
            for stamp in search.changed(*asked, whole=self._whole(known)):
                empty = False
                came += stamp.came is not None
                yield stamp
            self._busy = came >= _BUSY
        except Unreachable as error:
            if known and not isinstance(error, Throttled):
                self._sparing = _SPARING
            raise
        finally:
            self.closed = {**closed, **refused}
        if empty and since_ms is None:
            myself(self.client)

    def _whole(self, known: dict[str, int] | None) -> search.Whole | None:
        """What is to come with a search: no whole tickets for a while where that failed, be it for their size.

        Nor where nothing is known, as after a start: most of what comes then is mirrored already.
        """
        if not known:
            return None
        if self._sparing == 0:
            return search.Whole(self._fields, known, self._busy)
        self._sparing -= 1
        known.clear()
        return None

    def read(self, ids: Sequence[str], came: Mapping[str, object] = {}) -> Reading:
        """Read tickets whole; those that are not there are `missing`, those that are odd are `troubles`."""
        found, missing, troubles = self.read_in_each(ids, came)
        return Reading(tuple(ticket for ticket, *_ in found), missing, troubles)

    @property
    def sites(self) -> Sequence[str]:
        """Give the other sites that the rulebook names."""
        return tuple(self._sites)

    def changed_elsewhere(self, site: str, since_ms: int) -> Iterator[Stamp]:
        """Search one of the other sites."""
        return self._sites[site].changed(since_ms)

    def read_outside(self, ids: Sequence[str]) -> Reading:
        """Read tickets outside the desk's projects, by ids or keys: their states, and what people did with them."""
        tickets: list[Ticket] = []
        troubles: dict[str, Trouble] = {}
        wanted = dict.fromkeys(ids)
        for site in {site_of(id_): None for id_ in wanted if site_of(id_) is not None}:
            there = [id_ for id_ in wanted if site_of(id_) == site]
            found, failed = self._sites[site].read(there) if site in self._sites else ([], _unconfigured(there))
            tickets += found
            troubles |= {trouble.ticket_id: trouble for trouble in failed}
        here = [id_ for id_ in wanted if site_of(id_) is None]
        for batch in fetch.fetch(self.client, self.catalogue.flavour, here, LEAN):
            troubles |= {trouble.ticket_id: trouble for trouble in batch.troubles}
            for issue in batch.issues:
                try:
                    tickets.append(self._outside_ticket(issue, batch))
                except (Unreadable, Refused) as error:
                    name = issue.key if issue.key in wanted else str(issue.id)
                    troubles[name] = Trouble(name, str(error))
        # What was moved comes under its present key, of which nobody asked; the one asked for is missing.
        tickets = [ticket for ticket in tickets if ticket.id in wanted or ticket.key in wanted]
        known = {name for ticket in tickets for name in (ticket.id, ticket.key)}
        missing = tuple(id_ for id_ in wanted if id_ not in known and id_ not in troubles)
        return Reading(tuple(tickets), missing, tuple(each for id_, each in troubles.items() if id_ in wanted))

    def _outside_ticket(self, issue: Issue, batch: fetch.Batch) -> Ticket:
        project = issue.key.rpartition("-")[0]
        binding = self._outside.get(project)
        if binding is None:
            raise Refused(f"its project {project} is not named under `outside`")
        listed = issue.comments
        cut_off = listed.total > len(listed.comments)
        with about_a_ticket(self.client):
            comments = fetch.comments(self.client, self._version, str(issue.id)) if cut_off else listed.comments
        return read_ticket(issue, batch.history(issue), comments, binding)

    def open_before(self, until_ms: int) -> Iterator[Stamp]:
        """Give the tickets that are not done by Jira's reckoning and were last updated before `until_ms`."""
        projects, closed = self._entries.projects, dict(self.closed)
        narrowed = f"updated < {until_ms} AND statusCategory != Done"
        yield from search.changed(self.client, self.catalogue.flavour, projects, None, closed, narrowed)

    def read_in_each(
        self, ids: Sequence[str], came: Mapping[str, object] = {}
    ) -> tuple[list[tuple[Ticket, ...]], tuple[str, ...], tuple[Trouble, ...]]:
        """Read as `read` does, each ticket in the words of this rulebook and of the `others`, in this order."""
        wanted = dict.fromkeys(ids)
        asked = [id_ for id_ in wanted if id_.isascii() and id_.isdigit()]
        here = {id_: issue for id_ in asked if isinstance(issue := came.get(id_), Issue)}
        tickets: list[tuple[Ticket, ...]] = []
        troubles: dict[str, Trouble] = {}
        flavour = self.catalogue.flavour
        batches = fetch.complete(self.client, flavour, here) if here else ()
        for batch in chain(
            batches, fetch.fetch(self.client, flavour, [id_ for id_ in asked if id_ not in here], self._fields)
        ):
            batch_troubles = list(batch.troubles)
            for issue in batch.issues:
                try:
                    tickets.append(self._ticket(issue, batch))
                except (Unreadable, Refused) as error:
                    batch_troubles.append(Trouble(str(issue.id), str(error)))
                except TrackerError:
                    raise
                except Exception as error:  # one odd ticket never costs the others; its data is in the error's text
                    what = f"it cannot be read ({type(error).__name__})"
                    batch_troubles.append(Trouble(str(issue.id), what))
            troubles |= {trouble.ticket_id: trouble for trouble in batch_troubles}
        if asked and not tickets and not troubles:
            myself(self.client)
        there = {ticket.id for ticket, *_ in tickets}
        missing = tuple(id_ for id_ in wanted if id_ not in there and id_ not in troubles)
        return tickets, missing, tuple(troubles.values())

    def said(self, ticket_id: str) -> tuple[Said, ...]:
        """Read the bot's comments back, newest first; what somebody else marked as one of them is not.

        The comments' properties come with them where Jira gives them; its manual does not promise it, so where
        none come, those of the bot's own comments are asked for one by one.
        """
        with about_a_ticket(self.client):
            return self._own(self._comments(ticket_id))

    def _own(self, rows: Sequence[_Comment]) -> tuple[Said, ...]:
        given = any(row.properties is not None for row in rows)
        found = []
        for row in rows:
            if not self._is_own(row.author):
                continue
            marks = [one.value for one in row.properties or () if one.key == STEP] if given else self._mark(row.id)
            said = _said(row, marks)
            if said is not None:
                found.append(said)
        return tuple(sorted(found, key=lambda said: (said.at, number(said.comment_id)), reverse=True))

    def _is_own(self, author: User | None) -> bool:
        return author is not None and (is_same(author, self.catalogue.me) or author.id in self._former)

    def say(self, ticket_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> str:
        """Write a comment, once."""
        path = f"{self._version}/issue/{{id}}/comment"
        body = self._comment(doc, keys, text_hash)
        with about_a_ticket(self.client):
            return self.client.write("POST", path, body, _Created, at={"id": ticket_id}).id

    def reword(self, ticket_id: str, comment_id: str, doc: Doc, keys: Sequence[str], text_hash: str) -> None:
        """Replace an own comment."""
        path = f"{self._version}/issue/{{id}}/comment/{{comment}}"
        body = self._comment(doc, keys, text_hash)
        with about_a_ticket(self.client):
            self.client.write("PUT", path, body, type(None), at={"id": ticket_id, "comment": comment_id})

    def unsay(self, ticket_id: str, comment_id: str) -> None:
        """Delete an own comment."""
        path = f"{self._version}/issue/{{id}}/comment/{{comment}}"
        with about_a_ticket(self.client):
            try:
                self.client.write("DELETE", path, None, type(None), at={"id": ticket_id, "comment": comment_id})
            except Answered as error:
                if error.status != 404:
                    raise

    @property
    def exposed(self) -> frozenset[str]:
        """Give the projects that are none of service management, where comments are for everybody by default only."""
        comments = self._entries.comments
        meant = comments.role or comments.group or comments.everybody
        return frozenset() if meant else self.catalogue.plain

    def sees(self, person: str, project: str) -> bool | None:
        """Tell whether somebody is in the role or group that sees the comments; its members are asked for hourly."""
        comments = self._entries.comments
        if comments.role is None and comments.group is None:
            return True
        known = self._onlookers.get(project)
        if known is None or known[0] < monotonic():
            with about_a_ticket(self.client):
                known = monotonic() + _KNOWN_S, who_sees(self.client, self._entries, project)
            self._onlookers[project] = known
        return None if known[1] is None else not known[1].isdisjoint(self._user(person).ids)

    def may(self, person: str, permissions: Sequence[Permission], ticket_key: str) -> bool | None:
        """Ask Jira whether somebody holds these permissions on a ticket.

        Only who administers the project may ask; without that, and where Jira stumbles, nobody knows. Data Center
        searches by the beginning of names, so that the account itself must be among those found.
        """
        asked = {"issueKey": ticket_key, "permissions": ",".join(PERMISSIONS[each] for each in permissions)}
        try:
            user = self._user(person)
            whom = {"accountId": user.account_id or ""} if self._cloud else {"username": user.name or user.key or ""}
            with about_a_ticket(self.client):
                path = f"{self._version}/user/permission/search"
                found = self.client.read(path, list[User], params={**asked, **whom, "maxResults": str(_SEARCHED)})
        except (Refused, Denied):
            return None
        if any(each.active and is_same(each, user) for each in found):
            return True
        return None if len(found) >= _SEARCHED else False

    def active(self, people: Sequence[str]) -> Mapping[str, bool | None]:
        """Look up each of these people's accounts as it is now."""
        return {person: self._is_active(person) for person in people}

    def _is_active(self, person: str) -> bool | None:
        known = self.binding.accounts.get(person)
        if known is None and not person.startswith("~"):
            return None
        if self._cloud:
            found = look_up(self.client, {"accountId": known.account_id or "" if known else person[1:]})
        else:
            found = self._looked_up_now(person, known)
        if found is None:  # hidden or gone; who was not active any more before that has left either way
            return None if known is None or known.active else False
        return found.active

    def labels(self, ticket_id: str) -> frozenset[str]:
        """Read the labels by the ticket itself, whatever the search knows of it."""
        with about_a_ticket(self.client):
            return frozenset(filter(is_word, map(str, self._held(ticket_id, "labels"))))

    def off_switch(self, project: str) -> bytes | None:
        """Read the project's property; a project that is not to be seen has none, and takes no comment either."""
        with about_a_ticket(self.client):
            return off_switch(self.client, project)

    def lacks(self, project: str) -> Sequence[str]:
        """Ask which permissions the account holds now."""
        held = permissions_in(self.client, project)
        return access.lacking(held, access.needed(self._entries, access.speaks(self._entries)))

    def vanished(self, people: Sequence[str]) -> frozenset[str]:
        """Look up the accounts of strangers; Jira answers 404 for those it no longer knows.

        It does so too where an account may not browse users, and then does not find the bot's own either.
        """
        sites = {*self.sites}
        strangers = [each for each in people if each.startswith("~") and each[1:].partition(":")[0] not in sites]
        if not strangers or self._no_such_account(self.catalogue.me.id or ""):
            return frozenset()
        return frozenset(each for each in strangers if self._no_such_account(each[1:]))

    def _no_such_account(self, id_: str) -> bool:
        words = ("accountId",) if self._cloud else ("key", "username")
        return all(is_unknown(self.client, {word: id_}) for word in words)

    def put(self, ticket_id: str, sets: Mapping[str, str]) -> None:
        """Set fields, owner and labels in one edit, then the state by a transition that leads there."""
        with about_a_ticket(self.client):
            self._put(ticket_id, sets)

    def _put(self, ticket_id: str, sets: Mapping[str, str]) -> None:
        at = {"id": ticket_id}
        edit = edit_of(sets, self.binding, self._entries, self._account, partial(self._held, ticket_id))
        transition = self._transition(ticket_id, edit.statuses) if edit.statuses else None
        if edit.body:
            self.client.write("PUT", f"{self._version}/issue/{{id}}", edit.body, type(None), at=at)
        if transition is not None:
            body = {"transition": {"id": transition}} | ({"fields": edit.on_the_way} if edit.on_the_way else {})
            self.client.write("POST", f"{self._version}/issue/{{id}}/transitions", body, type(None), at=at)

    def _held(self, ticket_id: str, field: str) -> Sequence[Any]:
        path, params = f"{self._version}/issue/{{id}}", {"fields": field}
        return self.client.read(path, _Holding, at={"id": ticket_id}, params=params).fields.get(field) or ()

    def _ticket(self, issue: Issue, batch: fetch.Batch) -> tuple[Ticket, ...]:
        listed = issue.comments
        cut_off = listed.total > len(listed.comments)
        with about_a_ticket(self.client):
            comments = fetch.comments(self.client, self._version, str(issue.id)) if cut_off else listed.comments
            remote = self._remote(str(issue.id))
        self._heed_status(issue.field("status", StatusId, StatusId()).id)
        bindings = (self.binding, *self._others)
        return tuple(read_ticket(issue, batch.history(issue), comments, binding, remote) for binding in bindings)

    def _remote(self, ticket_id: str) -> Mapping[str, str]:
        """The tickets of other sites that the ticket's links lead to, where a rulebook has a word for such links."""
        sites = {
            key: site for each in (self.binding, *self._others) if each.remote for key, site in each.sites.items()
        }
        return remote_links(self.client, self._version, ticket_id, sites, self._addresses) if sites else {}

    def _heed_status(self, status: str) -> None:
        """A status made since the start is told of once: what it means is looked up at the next reload or start."""
        if status not in self.binding.states and status not in self._told_statuses:
            self._told_statuses.add(status)
            _log.warning(
                "a status unknown at the start: its tickets are left alone until a reload", jira_status=status
            )

    def _comments(self, ticket_id: str) -> list[_Comment]:
        found: dict[str, _Comment] = {}
        while True:
            before = len(found)
            page = self.client.read(
                f"{self._version}/issue/{{id}}/comment",
                _Comments,
                at={"id": ticket_id},
                params={"expand": "properties", "orderBy": "-created", "startAt": before, "maxResults": _PAGE},
            )
            found |= {row.id: row for row in page.comments}
            if len(found) in (before, page.total):
                return list(found.values())

    def _mark(self, comment_id: str) -> list[msgspec.Raw]:
        path = f"{self._version}/comment/{{comment}}/properties/{{key}}"
        try:
            return [self.client.read(path, _Property, at={"comment": comment_id, "key": STEP}).value]
        except Answered as error:
            if error.status != 404:
                raise
            return []

    def _comment(self, doc: Doc, keys: Sequence[str], text_hash: str) -> dict[str, Any]:
        body = markup.adf(doc, self._mention) if self._cloud else markup.wiki(doc, self._user_name)
        mark = {"key": STEP, "value": {"keys": list(keys), "hash": text_hash}}
        seen_by = self._entries.comments
        kind, value = ("role", seen_by.role) if seen_by.role else ("group", seen_by.group)
        visibility = {"visibility": {"type": kind, "value": value}} if value else {}
        return {"body": body, "properties": [mark, _INTERNAL], **visibility}

    def _mention(self, person: str) -> tuple[str, str | None]:
        user = self._user(person)
        return user.account_id or "", f"@{user.display}" if user.display else None

    def _user_name(self, person: str) -> str:
        user = self._user(person)
        return user.name or user.key or ""

    def _user(self, person: str) -> User:
        """The account of a person word. Data Center writes to names, which people change: looked up again hourly."""
        known = self.binding.accounts.get(person)
        if known is None and not person.startswith("~"):
            raise Refused(f"{person!r} is nobody of the rulebook")
        if self._cloud:
            return known or User(account_id=person[1:])
        now = self.client.now_s
        at, user = self._looked_up.get(person, (self._began_s, known))
        if user is None or abs(now - at) >= _KNOWN_S:
            found = self._looked_up_now(person, user)
            user = found or user or User(name=person[1:])
            self._looked_up[person] = now, user
        return user

    def _looked_up_now(self, person: str, known: User | None) -> User | None:
        """An account of Data Center's as it is now, by its key where it has one; None where it is not to be seen."""
        if known is None:
            return look_up(self.client, {"key": person[1:]}) or look_up(self.client, {"username": person[1:]})
        return look_up(self.client, {"key": known.key} if known.key else {"username": known.name or ""})

    def _account(self, person: str) -> dict[str, str | None]:
        user = self._user(person)
        return {"accountId": user.account_id} if self._cloud else {"name": user.name}

    def _transition(self, ticket_id: str, statuses: Sequence[str]) -> str:
        """The way to one of these statuses, the first that is open."""
        path = f"{self._version}/issue/{{id}}/transitions"
        found = self.client.read(path, Transitions, at={"id": ticket_id}).transitions
        for status in statuses:
            for transition in found:
                if transition.to.id == status and transition.is_available:
                    return str(transition.id)
        raise Refused("no transition leads from where it is to the state that is wanted")


def connect(
    client: Client, entries: Entries, sites: Mapping[str, Client] | None = None
) -> JiraTracker | list[Finding]:
    """Look at the Jira and tie the rulebook to it; what it does not have comes back instead, all at once.

    `sites` are the connections to other sites.

    Raises what `read_catalogue` raises.
    """
    catalogue = read_catalogue(client, entries)
    binding = bind(entries, catalogue)
    return binding if isinstance(binding, list) else JiraTracker(client, catalogue, binding, entries, sites=sites)


def _unconfigured(ids: Sequence[str]) -> list[Trouble]:
    return [Trouble(id_, "the configuration does not say where that site is") for id_ in ids]


def _said(row: _Comment, marks: Sequence[msgspec.Raw]) -> Said | None:
    for raw in marks:
        try:
            mark = msgspec.json.decode(raw, type=_Mark)
        except msgspec.MsgspecError:
            continue
        return Said(row.id, (moment_ms(row.created) or 0) // 1000, tuple(mark.keys), mark.hash)
    return None
