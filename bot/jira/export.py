"""An export of Jira issues, one a line: what it shows of fields, statuses, priorities and people, and its tickets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from bot.core.commands import all_granted
from bot.core.entries import Entries
from bot.core.findings import Finding
from bot.core.ticket import Moment, Ticket
from bot.jira.answers import mended
from bot.jira.binding import Binding, bind_what_is_there
from bot.jira.catalogue import Catalogue, Field, Flavour, LinkType, Named, Status, User, accounts
from bot.jira.reader import Unreadable, decode_issue, moment_ms, read_ticket
from bot.jsonlines import LONGEST_LINE, CutShort, lines

T = TypeVar("T")

_LISTED = 20
_TOLD = 500
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+[+-][0-9:]+")
_NULL = b"null"


class _Account(msgspec.Struct, gc=False):
    accountId: str | None = None  # noqa: N815 -- as Jira writes it
    key: str | None = None
    name: str | None = None


class _Item(msgspec.Struct, gc=False):
    field: str = ""
    fieldId: str | None = None  # noqa: N815 -- as Jira writes it
    was: msgspec.Raw = msgspec.field(name="from", default=msgspec.Raw())
    was_shown: msgspec.Raw = msgspec.field(name="fromString", default=msgspec.Raw())
    now: msgspec.Raw = msgspec.field(name="to", default=msgspec.Raw())
    now_shown: msgspec.Raw = msgspec.field(name="toString", default=msgspec.Raw())


class _Entry(msgspec.Struct, gc=False):
    author: _Account | None = None
    items: list[_Item] | None = None


class _Changelog(msgspec.Struct, gc=False):
    histories: list[_Entry] = []
    total: int = 0


class _Comments(msgspec.Struct, gc=False):
    comments: list[_Entry] = []
    total: int = 0


class _Issue(msgspec.Struct, gc=False):
    id: str | int
    key: str
    fields: dict[str, msgspec.Raw]
    changelog: _Changelog | None = None
    names: msgspec.Raw = msgspec.Raw()
    schema: msgspec.Raw = msgspec.Raw()


class _Category(msgspec.Struct, gc=False):
    key: str = "undefined"


class _Status(msgspec.Struct, gc=False):
    id: str
    name: str = ""
    statusCategory: _Category | None = None  # noqa: N815 -- as Jira writes it


class _Link(msgspec.Struct, gc=False):
    type: LinkType


class _Schema(msgspec.Struct, gc=False):
    type: str = ""
    items: str = ""


class _NamedIssue(msgspec.Struct, gc=False):
    id: str | int
    key: str


_ISSUE = msgspec.json.Decoder(_Issue)
_NAMED_ISSUE = msgspec.json.Decoder(_NamedIssue)
_STATUS = msgspec.json.Decoder(_Status)
_COMMENTS = msgspec.json.Decoder(_Comments)
_ACCOUNT = msgspec.json.Decoder(_Account | None)
_LINKS = msgspec.json.Decoder(list[_Link] | None)
_NAMED = msgspec.json.Decoder(Named)
_TEXT = msgspec.json.Decoder(str | int | None)
_NAMES = msgspec.json.Decoder(dict[str, str])
_SCHEMAS = msgspec.json.Decoder(dict[str, _Schema])


@dataclass
class Export:
    """What a first pass over an export found; `count` are the issues that are replayed.

    `unread` tells of the first lines that hold no issue, `left_out` are the numbers of all lines not replayed: those,
    and earlier versions of an issue that comes again, which `repeated` counts. `cut_short` tells of a file that ends
    in the middle. `first_at` and `last_at` are the first creation and the last change.
    """

    path: Path
    count: int = 0
    unread: list[tuple[int, str]] = field(default_factory=list)
    left_out: set[int] = field(default_factory=set)
    repeated: int = 0
    cut_short: str | None = None
    first_at: Moment | None = None
    last_at: Moment | None = None
    without_history: int = 0
    histories_cut_short: int = 0
    comments_cut_short: int = 0
    projects: dict[str, int] = field(default_factory=dict)
    flavour: Flavour = "cloud"
    fields: dict[str, Field] = field(default_factory=dict)
    statuses: dict[str, Status] = field(default_factory=dict)
    priorities: dict[str, Named] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    link_types: dict[str, LinkType] = field(default_factory=dict)

    @property
    def unread_lines(self) -> int:
        """How many lines hold no issue."""
        return len(self.left_out) - self.repeated

    def sources(self) -> Iterator[bytes]:
        """Give the issues that are replayed, each in its JSON, in the order of the file. Raises OSError."""
        try:
            for number, raw in lines(self.path):
                if number not in self.left_out:
                    yield raw
        except CutShort:
            return


@dataclass(frozen=True)
class ReadExported:
    """Reads an issue of an export as a ticket; can be sent to another process."""

    binding: Binding

    def __call__(self, raw: bytes) -> Ticket:
        """Read it as it stands. Raises Unreadable with its id and key."""
        try:
            try:
                issue = decode_issue(raw)
            except Unreadable:
                issue = decode_issue(_mended(raw))
            return all_granted(read_ticket(issue, issue.histories, issue.comments.comments, self.binding))
        except Unreadable as error:
            named = _NAMED_ISSUE.decode(_mended(raw))
            raise Unreadable(str(error), str(named.id), named.key) from None


def look_through(path: Path, progress: Callable[[int], None] = lambda more: None) -> Export:
    """Pass over an export once. Raises OSError, and ValueError for a file that is no text in UTF-8.

    `progress` is told how many more lines were looked at.
    """
    sight = _Sight(Export(path))
    try:
        for place, (number, raw) in enumerate(lines(path), 1):
            sight.take(number, raw)
            if place % _TOLD == 0:
                progress(_TOLD)
    except CutShort as error:
        sight.export.cut_short = str(error)
    return sight.whole()


def bind_to_export(entries: Entries, export: Export, bot: str | None) -> tuple[Binding, list[Finding]]:
    """Tie the rulebook to what the export shows; `bot` is the bot's account in it, None when it was not there yet.

    What the export does not show can match nothing, and is told in the findings.
    """
    return bind_what_is_there(entries, catalogue_of(entries, export, bot))


def catalogue_of(entries: Entries, export: Export, bot: str | None) -> Catalogue:
    """Give what the export shows as the catalogue of a Jira. People whom it does not show are taken as written."""
    wanted = accounts(entries, export.flavour)
    return Catalogue(
        flavour=export.flavour,
        me=_user(export, bot) if bot else User(),
        fields=tuple(export.fields.values()),
        statuses=tuple(export.statuses.values()),
        priorities=tuple(export.priorities.values()),
        projects=tuple(Named(key) for key in (*entries.projects, *export.projects)),
        people={account: _user(export, account) for account in wanted},
        link_types=tuple(export.link_types.values()),
    )


def people_never_shown(entries: Entries, export: Export) -> list[str]:
    """Give the rulebook's people of whom the export shows no trace, in its order."""
    pairs = zip(entries.people, accounts(entries, export.flavour), strict=True)
    return [person.person for person, account in pairs if account not in export.people]


def _user(export: Export, account: str) -> User:
    found = export.people.get(account)
    if found is not None:
        return found
    return User(account_id=account) if export.flavour == "cloud" else User(name=account)


def _mended(raw: bytes) -> bytes:
    try:
        return mended(raw)
    except (ValueError, RecursionError):
        raise Unreadable("it is not JSON") from None


class _Sight:
    """Gathers what the issues of an export show."""

    def __init__(self, export: Export) -> None:
        self.export = export
        self._lines: dict[str, int] = {}
        self._names: dict[str, str] = {}
        self._kinds: dict[str, tuple[str, str]] = {}
        self._schemas: dict[str, _Schema] = {}
        self._fields: set[str] = set()
        self._changed: dict[str, tuple[str, bool]] = {}
        self._accounts: dict[str, _Account] = {}

    def take(self, number: int, raw: bytes) -> None:
        """Look at one line."""
        export = self.export
        try:
            issue = _decode(raw)
        except Unreadable as error:
            export.left_out.add(number)
            if len(export.unread) < _LISTED:
                export.unread.append((number, str(error)))
            return
        before = self._lines.get(str(issue.id))
        if before is not None:
            export.left_out.add(before)
            export.repeated += 1
        else:
            export.count += 1
        self._lines[str(issue.id)] = number
        project = issue.key.rpartition("-")[0]
        export.projects[project] = export.projects.get(project, 0) + (before is None)
        self._moments(issue)
        self._status(issue)
        self._priority(issue)
        self._links(issue)
        self._people(issue)
        self._values(issue)
        self._history(issue)

    def whole(self) -> Export:
        """Give what all of them show."""
        export = self.export
        for id_ in self._fields | self._names.keys():
            schema = self._schemas.get(id_)
            kind, of = (schema.type, schema.items) if schema else self._kinds.get(id_) or self._kind_of_changes(id_)
            name = self._names.get(id_, id_)
            export.fields[id_] = Field(id_, name, id_.startswith("customfield_"), kind, of)
        for account in self._accounts.values():
            user = User(account.accountId, account.key, account.name)
            export.people |= dict.fromkeys(user.ids, user)
        on_cloud = sum(account.accountId is not None for account in self._accounts.values())
        export.flavour = "cloud" if 2 * on_cloud >= len(self._accounts) else "dc"
        return export

    def _moments(self, issue: _Issue) -> None:
        export = self.export
        created, updated = (_value(issue.fields.get(name), _TEXT) for name in ("created", "updated"))
        created_ms = moment_ms(created) if created is not None else None
        if created_ms is None:
            return
        updated_ms = moment_ms(updated) if updated is not None else None
        first, last = created_ms // 1000, max(created_ms, updated_ms or 0) // 1000
        export.first_at = first if export.first_at is None else min(export.first_at, first)
        export.last_at = last if export.last_at is None else max(export.last_at, last)

    def _status(self, issue: _Issue) -> None:
        found = _value(issue.fields.get("status"), _STATUS)
        if found is not None:
            category = found.statusCategory.key if found.statusCategory else "undefined"
            self.export.statuses[found.id] = Status(found.id, found.name, category)

    def _priority(self, issue: _Issue) -> None:
        found = _value(issue.fields.get("priority"), _NAMED)
        if found is not None:
            self.export.priorities[found.id] = found

    def _links(self, issue: _Issue) -> None:
        for link in _value(issue.fields.get("issuelinks"), _LINKS) or ():
            self.export.link_types[link.type.id] = link.type

    def _people(self, issue: _Issue) -> None:
        for name in ("assignee", "reporter", "creator"):
            self._person(_value(issue.fields.get(name), _ACCOUNT))
        comments = _value(issue.fields.get("comment"), _COMMENTS)
        if comments is not None:
            self.export.comments_cut_short += comments.total > len(comments.comments)
            for comment in comments.comments:
                self._person(comment.author)

    def _person(self, account: _Account | None) -> None:
        if account is not None:
            id_ = account.accountId or account.key or account.name
            if id_ and id_ not in self._accounts:
                self._accounts[id_] = account

    def _values(self, issue: _Issue) -> None:
        fresh = issue.fields.keys() - self._kinds.keys()
        if not fresh <= self._fields:
            self._fields |= fresh
            names, schemas = _value(issue.names, _NAMES), _value(issue.schema, _SCHEMAS)
            self._names |= names or {}
            self._schemas |= schemas or {}
        for id_ in fresh:
            raw = bytes(issue.fields[id_])
            if raw != _NULL and (kind := _kind(msgspec.json.decode(raw))) is not None:
                self._kinds[id_] = kind
                if "user" in kind:
                    self._person_of(raw)

    def _person_of(self, raw: bytes) -> None:
        value = msgspec.json.decode(raw)
        self._person(msgspec.convert(value[0] if isinstance(value, list) else value, _Account))

    def _history(self, issue: _Issue) -> None:
        changelog = issue.changelog
        if changelog is None:
            self.export.without_history += 1
            return
        self.export.histories_cut_short += changelog.total > len(changelog.histories)
        for entry in changelog.histories:
            self._person(entry.author)
            for item in entry.items or ():
                id_ = item.fieldId or item.field
                if id_ == "status":
                    self._past(item, self.export.statuses, Status)
                elif id_ == "priority":
                    self._past(item, self.export.priorities, Named)
                if item.fieldId and item.fieldId not in self._names:
                    self._names[item.fieldId] = item.field
                if item.fieldId and item.fieldId not in self._kinds and item.fieldId not in self._changed:
                    now, shown = _value(item.now, _TEXT), _value(item.now_shown, _TEXT)
                    if shown is not None:
                        self._changed[item.fieldId] = (str(now or ""), now is not None)

    def _past(self, item: _Item, into: dict[str, Any], kind: type[Status] | type[Named]) -> None:
        for side, shown in ((item.was, item.was_shown), (item.now, item.now_shown)):
            id_ = _value(side, _TEXT)
            if id_ is not None and str(id_) not in into:
                into[str(id_)] = kind(str(id_), str(_value(shown, _TEXT) or ""))

    def _kind_of_changes(self, id_: str) -> tuple[str, str]:
        """What kind a field is of which only histories hold values: people and options have ids there."""
        value, has_id = self._changed.get(id_, ("", False))
        if value.strip("[]") in self._accounts:
            return ("user", "")
        return ("option", "") if has_id and value.isdigit() else ("", "")


def _decode(raw: bytes) -> _Issue:
    """Decode a line. Raises Unreadable with what is wrong with it, never a value."""
    if len(raw) >= LONGEST_LINE:
        raise Unreadable(f"it is longer than {LONGEST_LINE // 1_000_000} MB")
    try:
        return _ISSUE.decode(raw)
    except msgspec.ValidationError:
        pass
    except (msgspec.DecodeError, UnicodeDecodeError):
        raw = _mended(raw)
    found = msgspec.json.decode(raw)
    if isinstance(found, dict) and isinstance(found.get("issues"), list):
        raise Unreadable("it is a page of search results; write one issue a line, as jq -c '.issues[]' does")
    if isinstance(found, list):
        raise Unreadable("it is a list; write one issue a line, as jq -c '.[]' does")
    try:
        return _ISSUE.decode(raw)
    except msgspec.ValidationError:
        pass
    try:
        # The rest has another form than Jira's, which is the reader's to tell.
        bare = {"id": found["id"], "key": found["key"], "fields": dict(found["fields"])}
        return _ISSUE.decode(msgspec.json.encode(bare))
    except (KeyError, TypeError, ValueError, msgspec.ValidationError):
        raise Unreadable("it is no issue in Jira's REST form, with id, key and fields") from None


def _value(raw: msgspec.Raw | None, decoder: msgspec.json.Decoder[T]) -> T | None:
    """Decode a part; None for one that is missing, null or of another form, which the reader tells of."""
    if raw is None or not len(memoryview(raw)):
        return None
    try:
        return decoder.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _kind(value: object) -> tuple[str, str] | None:
    """What kind of field a value is of, as a schema's type and items; None when it does not tell."""
    match value:
        case None | [] | "":
            return None
        case bool():
            return ("boolean", "")
        case int() | float():
            return ("number", "")
        case str():
            return ("date" if _DATE.fullmatch(value) else "datetime" if _DATETIME.fullmatch(value) else "string", "")
        case list():
            return ("array", (_kind(value[0]) or ("", ""))[0])
        case {"accountId": _} | {"displayName": _}:
            return ("user", "")
        case {"mimeType": _} | {"filename": _}:
            return ("attachment", "")
        case {"value": _}:
            return ("option", "")
        case {"type": "doc"}:
            return ("doc", "")
        case dict():
            return ("other", "")
    return None
