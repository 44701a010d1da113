"""Jira's JSON read into a ticket: facts in the rulebook's words, and no texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from bot.core.commands import command_in
from bot.core.flaws import DUPLICATE, FORMAT, PERSONAL, in_comment, in_texts
from bot.core.formats import fits
from bot.core.history import TEXT
from bot.core.hours import LAST_YEAR
from bot.core.likeness import sketch
from bot.core.patterns import LONGEST_TEXT, found_in, places
from bot.core.privacy import personal_data
from bot.core.remarks import is_thanks, kinds_of
from bot.core.ticket import UNKNOWN, Change, Command, Link, Message, Moment, Ticket, site_of
from bot.core.written import Place
from bot.jira.binding import Binding, fold
from bot.jira.catalogue import Field, StatusId, User, is_same
from bot.jira.queues import Move, held_queues, moves, several, told_queues
from bot.jira.written import first_line, is_document, says_something, whole_text, written

T = TypeVar("T")

LEAN = ("status", "priority", "assignee", "reporter", "created", "updated", "labels", "duedate",
        "security", "project", "comment")  # fmt: skip
"""The system fields a ticket is made of; the fields bound by the rulebook come on top, and `texts_of` it."""

_TEXT_OF: Mapping[Place, str] = {"title": "summary", "description": "description"}

FOLLOWED = {"status": "state", "assignee": "owner", "priority": "priority", "labels": "labels", "duedate": "due"}
"""The system fields whose history is kept, with their words."""

_REMOTE = "RemoteIssueLink"
"""What histories call a link to another site; they hold its id, and no address."""

_NAMED = ("queue", "category", "forwarder", "delivered")

SOMEBODY = "~unknown"
"""A person of whom a history has only the name people see."""

_LABELS_OF_SYSTEM_FIELDS = {"component": "components", "fix version": "fixVersions", "version": "versions"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_FIRST_MS = (datetime(1900, 1, 1, tzinfo=UTC) - _EPOCH) // _MS
_LAST_MS = (datetime(LAST_YEAR, 12, 31, tzinfo=UTC) - _EPOCH) // _MS
_ACCOUNTS = 10_000
_ID_DIGITS = 30
_SECONDS_BELOW = 100_000_000_000
_NO = frozenset(("", "ei", "no", "нет", "false", "0", "-", "–"))
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ]|$)")
_LOCAL = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})(?:,? (?:kell )?([0-9]{1,2})[.:]([0-9]{2}))?")
_TEXTS = frozenset({"", "any", "doc", "string"})
_SHOWN = ("value", "name", "rating", "id")
_KEY = re.compile(r"(?<![A-Za-z0-9_-])([A-Za-z][A-Za-z0-9_]+)-([1-9][0-9]{0,9})(?![A-Za-z0-9_-])")


def texts_of(binding: Binding) -> tuple[str, ...]:
    """Give the fields whose texts are looked at, those in which the rulebook looks for patterns and findings."""
    sought = places(binding.patterns.values())
    return tuple(field for place, field in _TEXT_OF.items() if place in sought or binding.sought.in_texts)


class Unreadable(Exception):
    """A ticket whose JSON is not what Jira writes; the text names the place, never a value.

    `id` and `key` are the ticket's where they are known.
    """

    def __init__(self, text: str, id_: str = "", key: str = "") -> None:
        super().__init__(text)
        self.id, self.key = id_, key


_NULL = msgspec.Raw(b"null")
_ODD = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for what is no JSON, has another form, or is nested deeper than Python goes."""


class Item(msgspec.Struct, gc=False):
    """One field changed in one history entry; Data Center and some of Cloud's items have no `field_id`.

    Both sides are decoded only of the fields that are followed: the others are mostly texts.
    """

    field: str = ""
    field_id: str | None = msgspec.field(name="fieldId", default=None)
    fieldtype: str | None = None
    was: msgspec.Raw = msgspec.field(name="from", default=_NULL)
    was_shown: msgspec.Raw = msgspec.field(name="fromString", default=_NULL)
    now: msgspec.Raw = msgspec.field(name="to", default=_NULL)
    now_shown: msgspec.Raw = msgspec.field(name="toString", default=_NULL)


class History(msgspec.Struct):
    """One entry of a changelog."""

    id: str | int = 0
    created: str | int | float | None = None
    author: User | None = None
    items: list[Item] | None = None


class Comment(msgspec.Struct, gc=False):
    """A comment; its body is looked at once, for what the comment amounts to, and not kept."""

    id: str | int = 0
    created: str | int | float | None = None
    author: User | None = None
    body: msgspec.Raw = msgspec.Raw()
    edited_by: msgspec.Raw = msgspec.field(name="updateAuthor", default=_NULL)


class Comments(msgspec.Struct):
    """A page of comments; `total` may be more than are listed."""

    comments: list[Comment] = []
    total: int = 0


class _Changelog(msgspec.Struct):
    histories: list[History] = []
    total: int | None = 0


class Issue(msgspec.Struct):
    """A ticket as Jira gives it, its fields not yet decoded."""

    id: str | int
    key: str
    fields: dict[str, msgspec.Raw]
    changelog: _Changelog | None = None

    def field(self, name: str, into: type[T], default: T) -> T:
        """Decode one field; `default` when it is missing or null. Raises Unreadable when it has another form."""
        raw = self.fields.get(name)
        if raw is None or raw == _NULL:
            return default
        try:
            return _decoder(into).decode(raw)
        except _ODD:
            raise Unreadable(f"the field {name} does not have Jira's form") from None

    @property
    def histories(self) -> Sequence[History]:
        """The history entries that came along."""
        return self.changelog.histories if self.changelog else ()

    @property
    def histories_left_out(self) -> bool:
        """Whether there are more history entries than those that came along, or none came at all."""
        return self.changelog is None or (self.changelog.total or 0) > len(self.changelog.histories)

    @property
    def comments(self) -> Comments:
        """The comments that came along."""
        return self.field("comment", Comments, Comments())


class _Id(msgspec.Struct):
    id: str | int


class _Other(msgspec.Struct):
    id: str | int
    key: str


class _Type(msgspec.Struct):
    id: str = ""


class _Link(msgspec.Struct):
    """One tie; of `outward` and `inward` the one is there on whose side the other ticket is."""

    type: _Type = msgspec.field(default_factory=_Type)
    outward: _Other | None = msgspec.field(name="outwardIssue", default=None)
    inward: _Other | None = msgspec.field(name="inwardIssue", default=None)


class _Priority(msgspec.Struct):
    id: str = ""


class _Project(msgspec.Struct):
    key: str = ""


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def _decoder(into: type[T]) -> msgspec.json.Decoder[T]:
    """Make a decoder once: for a type with parameters that takes longer than most decoding."""
    return _decoders.get(into) or _decoders.setdefault(into, msgspec.json.Decoder(into))


def decode_issue(raw: msgspec.Raw | bytes) -> Issue:
    """Decode one ticket. Raises Unreadable."""
    try:
        return _decoder(Issue).decode(raw)
    except _ODD:
        raise Unreadable("it does not have Jira's form") from None


def identify(raw: msgspec.Raw | bytes) -> str | None:
    """Give the id of a ticket whose JSON may be odd everywhere else; None when even that is."""
    try:
        return str(msgspec.json.decode(raw, type=_Id).id)
    except _ODD:
        return None


def moment_ms(written: str | float | None) -> int | None:
    """Read `2026-11-16T10:42:00.000+0200` or an epoch number (seconds or milliseconds) as UTC milliseconds.

    None for what is no moment, or one before 1900 or after the years that calendars count; a moment without an
    offset is none, since its zone is anybody's guess.
    """
    if isinstance(written, int | float):
        ms = int(written * 1000 if abs(written) < _SECONDS_BELOW else written)
    else:
        try:
            at = datetime.fromisoformat(written or "")
        except ValueError:
            return None
        if at.tzinfo is None:
            return None
        ms = (at - _EPOCH) // _MS
    return ms if _FIRST_MS < ms < _LAST_MS else None


def read_ticket(
    issue: Issue,
    histories: Iterable[History],
    comments: Iterable[Comment],
    binding: Binding,
    remote: Mapping[str, str] = {},
) -> Ticket:
    """Make the ticket of an issue with its whole history and all its comments. Raises Unreadable.

    `due_at` is the first second of the due date in UTC: which calendar's end of that day counts is the judge's
    affair. `delivered_at` is when the delivered field was last set by its history, and when the ticket was
    created for a field that was filled in with it; the value of the field itself is not a moment. `remote` are the
    tickets of other sites that Jira's own links lead to, as `remote_links` gives them.
    """
    created_ms = moment_ms(issue.field("created", str | int, ""))  # type: ignore[arg-type]
    if created_ms is None:
        raise Unreadable("it has no moment of creation")
    words = _words(binding)
    histories = list(histories)
    remote = {id_: there for id_, there in remote.items() if site_of(there) in binding.remote}
    links, queues = tuple(words.links(issue, histories, remote.values())), words.queues(issue)
    changes = tuple(words.changes(histories, frozenset(link.told for link in links), queues, remote))
    mapped = {word: words.value(word, field, issue) for word, field in binding.fields.items()}
    if words.among is not None:
        moved = next((change.now for change in reversed(changes) if change.field == "queue"), None)
        mapped["queue"] = moved or (queues[-1] if queues else None)
    set_at = [change.at for change in changes if change.field == "delivered" and change.now is not None]
    delivered_at = (set_at[-1] if set_at else created_ms // 1000) if mapped.get("delivered") else None
    status = issue.field("status", StatusId, StatusId())
    texts = _Texts(issue, binding)
    malformed = words.malformed(issue, changes, created_ms // 1000)
    updated_ms = moment_ms(issue.field("updated", str | int, ""))  # type: ignore[arg-type]
    return Ticket(
        id=str(issue.id),
        key=issue.key,
        project=issue.field("project", _Project, _Project()).key or issue.key.rpartition("-")[0],
        created_at=created_ms // 1000,
        updated_ms=created_ms if updated_ms is None else updated_ms,
        state=binding.states.get(status.id, UNKNOWN),
        priority=binding.priorities.get(issue.field("priority", _Priority, _Priority()).id),
        owner=words.person(issue.field("assignee", User, User())),
        reporter=words.person(issue.field("reporter", User, User())),
        forwarder=mapped.get("forwarder"),
        category=mapped.get("category"),
        queue=mapped.get("queue"),
        delivered_at=delivered_at,
        due_at=_day(issue.field("duedate", str, "")),
        labels=frozenset(filter(is_word, issue.field("labels", list[str], []))),
        secured=issue.fields.get("security", _NULL) != _NULL,
        fields={word: value for word, value in mapped.items() if value is not None and word not in _NAMED},
        changes=changes,
        links=links,
        messages=tuple(words.messages(comments, texts.names)),
        patterns=texts.patterns,
        findings=texts.findings | malformed,
        sketch=texts.sketch,
    )


@lru_cache(maxsize=1024)
def is_word(label: str) -> bool:
    """Whether a label is a word of the desk's: somebody's address or personal code in its place is not kept."""
    return not any(one.sure for one in personal_data(label))


class _Texts:
    """What is found in a ticket's title and description; the texts are let go."""

    def __init__(self, issue: Issue, binding: Binding) -> None:
        self.names = tuple(_names(issue, binding)) if PERSONAL in binding.sought.words else ()
        self.patterns = self.findings = frozenset[str]()
        self.sketch: tuple[int, ...] = ()
        if not texts_of(binding):
            return
        title = issue.field("summary", str, "")
        description = _text(issue.fields.get("description"))
        if binding.patterns:
            self.patterns = found_in(binding.patterns, "title", title)
            self.patterns |= found_in(binding.patterns, "description", description)
        if binding.sought.in_texts:
            self.findings = in_texts(binding.sought, title, description, self.names)
        if DUPLICATE in binding.sought.words:
            self.sketch = sketch(f"{title}\n{description}", binding.key)


def _names(issue: Issue, binding: Binding) -> Iterator[str]:
    """What a reporter is called whom the rulebook does not name: that may be the customer."""
    reporter = issue.field("reporter", User, User())
    if reporter.display and not any(account in binding.people for account in reporter.ids):
        yield reporter.display


def _text(body: msgspec.Raw | None) -> str:
    try:
        return "" if body is None or body == _NULL else whole_text(msgspec.json.decode(body), LONGEST_TEXT)
    except _ODD:
        return ""


class _Words:
    """Jira's values in the rulebook's words."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self._called: dict[str, list[str]] = {}
        for word, account in binding.accounts.items():
            for id_ in account.ids:
                self._called.setdefault(id_, []).append(word)
        self._known: dict[tuple[str | None, str | None, str | None], tuple[str | None, bool]] = {}
        self._followed: dict[str, list[str]] = {id_: [word] for id_, word in FOLLOWED.items()}
        for word, field in binding.fields.items():
            if word != "queue" or not several(field):
                self._followed.setdefault(field.id, []).append(word)
        queue = binding.fields.get("queue")
        self.among = queue if queue is not None and several(queue) else None
        personal = PERSONAL in binding.sought.words
        if personal:
            self._followed.setdefault("summary", []).append(TEXT)
            self._followed.setdefault("description", []).append(TEXT)
        self._in_comments = personal or "comments" in places(binding.patterns.values())
        self._custom = {fold(field.name): field.id for field in binding.fields.values() if field.custom}

    def person(self, user: User | None) -> str | None:
        """The rulebook's name of an account, or `~` and its id; None for nobody."""
        return self.who(user)[0]

    def who(self, user: User | None) -> tuple[str | None, bool]:
        """What `person` gives, and whether it is the bot's own account."""
        if user is None:
            return None, False
        account = (user.account_id, user.key, user.name)
        known = self._known.get(account)
        if known is None:
            if len(self._known) >= _ACCOUNTS:
                self._known.clear()
            known = self._known[account] = self._who(user)
        return known

    def _who(self, user: User) -> tuple[str | None, bool]:
        if user.id is None:
            return None, False
        called = (word for id_ in user.ids for word in self._called.get(id_, ()))
        named = next((word for word in called if is_same(user, self._binding.accounts[word])), None)
        stranger = user.id if self._binding.site is None else f"{self._binding.site}:{user.id}"
        return named or f"~{stranger}", is_same(user, self._binding.me)

    def messages(self, comments: Iterable[Comment], names: Sequence[str]) -> Iterator[Message]:
        """Give the comments oldest first, each once; one that has no moment is left out."""
        unique = {str(comment.id): comment for comment in comments}
        for at, comment in _oldest_first(unique.values()):
            (who, bot), body = self.who(comment.author), comment.body
            command = None if bot else self._command(comment, at // 1000)
            brief = "" if bot else written(body)
            patterns, findings = frozenset[str](), kinds_of(brief)
            if not bot and self._in_comments:
                text = _text(body)
                patterns = found_in(self._binding.patterns, "comments", text)
                findings |= in_comment(self._binding.sought, text, names)
            yield Message(at // 1000, str(comment.id), who, bot, is_thanks(brief), patterns, findings, command)

    def _command(self, comment: Comment, at: Moment) -> Command | None:
        """What a comment tells the bot; nothing where somebody else than its author had a hand in its text.

        Customers of a portal, and apps, which may write for anybody, tell it nothing either.
        """
        listening = self._binding.listening
        author = comment.author
        if author is None or author.id is None or not author.is_person:
            return None
        if not listening.may_be_in(bytes(comment.body).lower()):
            return None
        line, more = first_line(comment.body)
        today = datetime.fromtimestamp(at, ZoneInfo(listening.timezone)).date()
        command = command_in(line, listening, today, more=more) if line else None
        if command is None or comment.edited_by == _NULL:
            return command
        return command if self.who(_decoded(comment.edited_by)) == self.who(comment.author) else None

    def links(self, issue: Issue, histories: Sequence[History], remote: Iterable[str] = ()) -> Iterator[Link]:
        """Give the ties to other tickets that the rulebook has words for.

        Jira leaves out of an issue's links those to issues that the account may not see; its history tells of them.
        Such a tie has the other's key for its id. Tickets of other sites are told by fields that hold their keys.
        """
        for word, names in self._binding.keyed.items():
            if (field := self._binding.fields.get(word)) is not None:
                for there in self._elsewhere(_text(issue.fields.get(field.id))):
                    yield from (Link(name, there, there.partition(":")[2], outward=True) for name in names)
        for there in dict.fromkeys(remote):
            names = self._binding.remote[site_of(there) or ""]
            yield from (Link(name, there, there.partition(":")[2], outward=True) for name in names)
        if not self._binding.links:
            return
        listed: list[Link] = []
        for link in issue.field("issuelinks", list[_Link], []):
            if (other := link.outward or link.inward) is not None:
                for word in self._binding.links.get(link.type.id, ()):
                    listed.append(Link(word, str(other.id), other.key, outward=link.outward is not None))
        yield from listed
        linking = (each for each in histories if any(item.field == "Link" for item in each.items or ()))
        told = [item for _, each in _oldest_first(linking) for item in each.items or () if item.field == "Link"]
        for tie in self._binding.ties if told else ():
            made = _made(told, tie.told)
            for word in tie.words:
                keys = [link.key for link in listed if link.type == word and tie.outward in (None, link.outward)]
                hidden = [key for key in made if key not in keys]
                # An issue that was moved is listed under another key than the one in the history.
                for key in hidden[: max(0, len(made) - len(keys))]:
                    yield Link(word, key, key, tie.outward is not False)

    def _elsewhere(self, text: str) -> list[str]:
        """The tickets of other sites whose keys a text holds, as `SITE:KEY`, each once."""
        found = (f"{match[1].upper()}-{match[2]}" for match in _KEY.finditer(text))
        sites = self._binding.sites
        return list(dict.fromkeys(f"{sites[p]}:{key}" for key in found if (p := key.rpartition("-")[0]) in sites))

    def queues(self, issue: Issue) -> list[str]:
        """The queues among a field's several values, as `moves` takes them; empty where it is not such a field."""
        if self.among is None:
            return []
        return held_queues(issue.field(self.among.id, list[Any], []), self.among, self._binding)

    def changes(
        self,
        histories: Iterable[History],
        tied: frozenset[str] = frozenset(),
        queues: Sequence[str] = (),
        remote: Mapping[str, str] = {},
    ) -> Iterator[Change]:
        """Give the changes of the followed fields, oldest first whichever order they came in, each entry once.

        `tied` are the tickets that it is tied to by links that the rulebook has words for, as `Link.told` calls them:
        when that was.
        `queues` are those that the ticket is in now, where it may be in several. `remote` are the tickets of other
        sites among them that Jira's own links lead to, by the links' ids.
        """
        unique = {str(history.id) if history.id else id(history): history for history in histories}
        followed = _oldest_first(
            history
            for history in unique.values()
            if any(
                self._is_followed(item) or (tied and item.field == "Link") or (remote and item.field == _REMOTE)
                for item in history.items or ()
            )
        )
        moved = moves([self._moved(history) for _, history in followed], queues) if self.among else ()
        for i, (at, history) in enumerate(followed):
            who, bot = self.who(history.author)
            if moved and moved[i][0] != moved[i][1]:
                yield Change(at // 1000, "queue", *moved[i], who, bot)
            for item in history.items or ():
                if tied and item.field == "Link":
                    was, now = (key if key in tied else None for key in map(_key_of, (item.was, item.now)))
                    if was or now:
                        yield Change(at // 1000, "link", was, now, who, bot)
                    continue
                if item.field == _REMOTE:
                    was, now = remote.get(str(_plain(item.was))), remote.get(str(_plain(item.now)))
                    if was is None and now is not None:  # else the link's text was changed, or it is gone
                        yield Change(at // 1000, "link", None, now, who, bot)
                    continue
                for word in self._words_of(item):
                    if word == TEXT:
                        yield Change(at // 1000, word, None, None, who, bot)
                        continue
                    was_shown, now_shown = _told(item.was_shown), _told(item.now_shown)
                    if word in self._binding.keyed:
                        was_there, now_there = self._elsewhere(was_shown or ""), self._elsewhere(now_shown or "")
                        for told in tied.intersection(was_there).difference(now_there):
                            yield Change(at // 1000, "link", told, None, who, bot)
                        for told in tied.intersection(now_there).difference(was_there):
                            yield Change(at // 1000, "link", None, told, who, bot)
                    was = self._changed(word, _plain(item.was), was_shown)
                    now = self._changed(word, _plain(item.now), now_shown)
                    yield Change(at // 1000, word, was, now, who, bot)

    def value(self, word: str, field: Field, issue: Issue) -> str | None:
        """Give the present value of a bound field as a word, None when it is empty."""
        value = issue.field(field.id, object, None)
        if value is None:
            return None
        if word == "queue" and field.id == "assignee":
            return self._queue_told_by(field, self.person(_user(value)))
        if word == "queue" and field.id == "status":
            return self._queue_told_by(field, str(value.get("id")) if isinstance(value, dict) else None)
        if field.kind == "user" or field.of == "user":
            users = value if isinstance(value, list) else [value]
            return self.person(_user(users[0])) if users else None
        if _holds_files(field) or is_document(value):
            return "set" if says_something(value) else None
        shown = tuple(_shown(value))
        if not shown:
            return None
        return self._date(word, shown[0]) or self._word(word, field, ", ".join(shown), isinstance(value, dict))

    def _is_followed(self, item: Item) -> bool:
        return bool(self._words_of(item)) or (self.among is not None and self._is_of(item, self.among))

    def _is_of(self, item: Item, field: Field) -> bool:
        return (item.field_id or self._field_id(item)) == field.id

    def _moved(self, history: History) -> Move:
        """The queues that one entry of a history took from the ticket, and those that it gave."""
        gone: list[str] = []
        come: list[str] = []
        for item in history.items or ():
            if self.among is not None and self._is_of(item, self.among):
                was = told_queues(_plain(item.was), _told(item.was_shown), self.among, self._binding)
                now = told_queues(_plain(item.now), _told(item.now_shown), self.among, self._binding)
                gone += [queue for queue in was if queue not in now]
                come += [queue for queue in now if queue not in was]
        return gone, come

    def malformed(self, issue: Issue, changes: Sequence[Change], created_at: Moment) -> frozenset[str]:
        """Give the findings of the fields whose values do not look as they are to look; the values are let go."""
        found: list[str] = []
        for word, entry in self._binding.sought.formats.items():
            field = self._binding.fields.get(word)
            if field is None or _holds_files(field) or "user" in (field.kind, field.of):
                continue
            value = issue.field(field.id, object, None)
            if value is None:
                continue
            shown = whole_text(value, LONGEST_TEXT) if is_document(value) else ", ".join(_shown(value))
            entered_at = next((change.at for change in reversed(changes) if change.field == word), created_at)
            if says_something(shown) and not fits(entry, shown, entered_at):
                found.append(f"{FORMAT}:{word}")
        return frozenset(found)

    def _words_of(self, item: Item) -> Sequence[str]:
        """The words that an item's field is followed by."""
        return self._followed.get(item.field_id or self._field_id(item), ())

    def _field_id(self, item: Item) -> str:
        name = fold(item.field)
        if item.fieldtype == "custom":
            return self._custom.get(name, "")
        return _LABELS_OF_SYSTEM_FIELDS.get(name, name)

    def _changed(self, word: str, value: object, shown: str | None) -> str | None:
        """One side of a change in words, from the id and the text that the history has for it."""
        told = shown or ""
        match word:
            case "state":
                return self._binding.states.get(str(value), UNKNOWN)
            case "priority":
                return self._binding.priorities.get(str(value))
            case "labels":
                return " ".join(filter(is_word, told.split())) or None
            case "due":
                day = _day(str(value or told))
                return None if day is None else f"{_EPOCH + timedelta(seconds=day):%Y-%m-%d}"
        field = self._binding.fields.get(word)
        if field is not None and _holds_files(field):
            return "set" if value or told else None
        if word == "queue" and field is not None and field.id in ("assignee", "status"):
            who = self._changed("owner", value, shown) if field.id == "assignee" else str(value or "")
            return self._queue_told_by(field, who)
        if word == "owner" or (field is not None and "user" in (field.kind, field.of)):
            account = str(value).strip("[]").split(",")[0].strip() if value else ""
            if account:
                return self._binding.people.get(account, f"~{account}")
            return SOMEBODY if told else None
        if date := self._date(word, str(value or ""), told):
            return date
        told = told or str(value or "").strip("[]")
        return self._word(word, field, told, False) if field and told else None

    def _queue_told_by(self, field: Field, told: str | None) -> str | None:
        """The queue of an assignee or of a status; a status that is no queue's tells of none."""
        return self._binding.queues.get(told, UNKNOWN if field.id == "assignee" else None) if told else None

    def _date(self, word: str, *written: str) -> str | None:
        """The date or moment that a field holds from which a deadline counts, be it in a field of free text."""
        if word not in self._binding.dated:
            return None
        return next((found for text in written if (found := dated(text))), None)

    def _word(self, word: str, field: Field, shown: str, option: bool) -> str | None:
        """A value that people see in the rulebook's word for it; free text is only told to be there."""
        is_text = field.kind in _TEXTS and not option
        if is_text and not says_something(shown):
            return None
        match word:
            case "queue":
                return self._binding.queues.get(fold(shown), UNKNOWN)
            case "category":
                known = self._binding.categories.get(fold(shown))
                return known or (UNKNOWN if is_text and self._binding.categories else shown)
            case "delivered":
                return None if fold(shown) in _NO else "yes"
        return "set" if is_text else shown


@lru_cache(maxsize=8)
def _words(binding: Binding) -> _Words:
    return _Words(binding)


def _made(told: Iterable[Item], words: str) -> list[str]:
    """The keys of the others of those links that histories tell of in these words, but for those unmade since."""
    made: dict[str, None] = {}
    for item in told:
        if (key := _key_of(item.now)) and f" {words} " in fold(_told(item.now_shown) or ""):
            made[key] = None
        elif (key := _key_of(item.was)) and f" {words} " in fold(_told(item.was_shown) or ""):
            made.pop(key, None)
    return list(made)


def _key_of(side: msgspec.Raw) -> str | None:
    """The key of a ticket that a change of links names; None where it names nothing."""
    key = _plain(side)
    return key if isinstance(key, str) else None


def _plain(side: msgspec.Raw) -> object:
    try:
        return None if side == _NULL else _decoder(object).decode(side)
    except _ODD:
        raise Unreadable("its history does not have Jira's form") from None


def _told(side: msgspec.Raw) -> str | None:
    try:
        return None if side == _NULL else _decoder(str).decode(side)
    except _ODD:
        raise Unreadable("its history does not have Jira's form") from None


def _holds_files(field: Field) -> bool:
    """Whether a field's values are files, whose names may tell of persons."""
    return "attachment" in (field.id, field.of)


def _shown(value: object) -> Iterator[str]:
    """The words people see of a field's value: an option's `value`, a component's `name`, a plain value itself.

    Of a customer's satisfaction in service management that is the `rating`, never the comment beside it.
    """
    match value:
        case None | "":
            return
        case bool():
            yield str(value).lower()
        case list():
            for part in value:
                yield from _shown(part)
        case dict():
            yield from _shown(next((value[part] for part in _SHOWN if value.get(part)), None))
        case _:
            yield str(value).strip()


def _decoded(raw: msgspec.Raw) -> User | None:
    """An account out of its JSON; None where that is none."""
    try:
        return _decoder(User).decode(raw)
    except _ODD:
        return None


def _user(value: object) -> User | None:
    try:
        return msgspec.convert(value, User | None)
    except msgspec.ValidationError:
        return None


def dated(written: str) -> str | None:
    """Read a date or moment as ISO 8601, from that or from `18.11.2026 kell 14.15`; None for what is neither."""
    text = written.strip()
    if found := _LOCAL.fullmatch(text):
        day, month, year, hour, minute = found.groups()
        text = f"{year}-{int(month):02}-{int(day):02}" + (f"T{int(hour):02}:{minute}" if hour else "")
    try:
        at = datetime.fromisoformat(text if _ISO.match(text) else "")
    except ValueError:
        return None
    return at.isoformat(timespec="seconds") if len(text) > len("2026-11-18") else f"{at:%Y-%m-%d}"


def _day(written: str) -> Moment | None:
    try:
        return (date.fromisoformat(written[:10]) - date(1970, 1, 1)).days * 86400
    except ValueError:
        return None


Entry = TypeVar("Entry", History, Comment)


def _oldest_first(entries: Iterable[Entry]) -> list[tuple[int, Entry]]:
    """Sort by moment and, within one millisecond, by number; in the order given where that is the same too."""
    timed = [(at, entry) for entry in entries if (at := moment_ms(entry.created)) is not None]
    return sorted(timed, key=lambda pair: (pair[0], number(pair[1].id)))


def number(id_: str | int) -> int:
    """Give an id as the number it is, for sorting; 0 for one that is none."""
    written = str(id_)
    return int(written) if written.isascii() and written.isdigit() and len(written) <= _ID_DIGITS else 0
