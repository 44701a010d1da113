"""Everything that reads what strangers or other systems wrote, each as a function of bytes.

A reader raises nothing but what it documents, and needs less than a second of the processor and five of the clock for
any input: what else comes out of these functions is a finding. The first byte of an input says whether the others are
choices by which a good input is changed, or the input itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec
import requests
from fuzz.choices import Choices, changed_json, changed_text
from hand_counted import rules as counted_rules
from jira_worlds import PEOPLE, entries
from small_desk import SECTIONS

from bot import hours_cases
from bot.closed_days import UnreadableError, closed_days, events_in, series_of, timekeeper
from bot.commands.moments import read_moment
from bot.core.commands import Listening, command_in
from bot.core.entries import Entries
from bot.core.kpi.period import period_of
from bot.imports import Sources, read_imports
from bot.jira import answers
from bot.jira.binding import Binding, bind
from bot.jira.catalogue import Catalogue, Field, Flavour, LinkType, Named, Status, User
from bot.jira.export import ReadExported, bind_to_export, look_through
from bot.jira.reader import Comment, Comments, History, Unreadable, decode_issue, identify, read_ticket
from bot.jira.written import first_line, whole_text, written
from bot.people_files import read_people_files
from bot.rulefiles import check, merge
from bot.ruletests import read_tests
from bot.settings import Misconfigured, load_settings
from bot.shift_events import shifts_of
from bot.texts import WORDINGS, MessagesError, load_messages
from bot.yaml_positions import read_yaml

SLOWEST_S = 1.0
"""Seconds of the processor that one input may cost."""

LONGEST_S = 5.0
"""Seconds that one input may take, be it waiting for something."""

_LARGEST = 400_000
RAW = b"\x01"
"""The first byte of an input that is to be read as it stands."""

T = TypeVar("T")
Json = Any
TODAY = date(2026, 11, 20)


class TooSlow(AssertionError):
    """An input that costs more than `SLOWEST_S`, or takes more than `LONGEST_S`."""


@dataclass(frozen=True)
class Reader:
    """One reader: what it is called and told of in the table, how it takes an input, and inputs to begin with."""

    name: str
    reads: str
    take: Callable[[bytes], object]
    seeds: Sequence[bytes]
    share: int = 1
    longest_s: float = LONGEST_S

    def __call__(self, data: bytes) -> None:
        """Read an input. Raises what the reader should not, and TooSlow."""
        began, began_at = time.process_time(), time.monotonic()
        self.take(data)
        cost_s, took_s = time.process_time() - began, time.monotonic() - began_at
        if cost_s > SLOWEST_S or took_s > self.longest_s:
            raise TooSlow(f"{self.name}: {cost_s:.1f} s of the processor, {took_s:.1f} s by the clock")


def _json(data: bytes, good: Sequence[Json]) -> bytes:
    """The JSON that an input stands for."""
    if data[:1] == RAW:
        return data[1:]
    choices = Choices(data[1:])
    changed = changed_json(choices, good[choices.below(len(good))])
    return json.dumps(changed, ensure_ascii=choices.below(2) > 0).encode("utf-8", "surrogatepass")[:_LARGEST]


def _text(data: bytes, good: Sequence[str]) -> bytes:
    """The text that an input stands for."""
    return data[1:] if data[:1] == RAW else changed_text(Choices(data[1:]), good).encode("utf-8", "surrogatepass")


def _seeds(good: Sequence[Json]) -> tuple[bytes, ...]:
    texts = (each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in good)
    return (*(RAW + text.encode() for text in texts), b"\0\0\0\0\0\0\0\0", b"\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c")


@cache
def _folder() -> Path:
    """A folder for the readers of files, in memory where there is such a place."""
    there = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="piletibot-fuzz-", dir=there))


def _file(name: str, content: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(content)
    return path


# Jira's JSON

_USERS: dict[str, dict[str, User]] = {
    "cloud": {word: User(account_id=f"acc-{word}") for word in ("piletibot", *PEOPLE)},
    "dc": {word: User(key=f"KEY-{word}", name=word) for word in ("piletibot", *PEOPLE)},
}
_PATTERNS = {"panic": {"pattern": "(?:error|viga) [0-9]{3}", "where": ["title", "description", "comments"],
                       "matches": ["viga 500"], "misses": ["x"]}}  # fmt: skip
_FLAWS = {"flaws": [{"flaw": "empty", "why": "One must see what it is about.", "finds": "short description"}]}


@cache
def bound(flavour: Flavour) -> Binding:
    """A desk's rulebook tied to a Jira, with all that is looked for in texts."""
    users = _USERS[flavour]
    catalogue = Catalogue(
        flavour=flavour,
        me=users["piletibot"],
        fields=(
            Field("customfield_10201", "Kategooria", True, "option"),
            Field("customfield_10202", "Järjekord", True, "array", "option"),
            Field("customfield_10203", "Edastaja", True, "user"),
            Field("customfield_10204", "Lahendus kliendile edastatud", True, "date"),
            Field("customfield_10205", "Registrikood", True, "string"),
            Field("components", "Komponendid", False, "array", "component"),
            Field("attachment", "Manus", False, "array", "attachment"),
        ),
        statuses=(
            Status("10001", "Uus", "new"),
            Status("10002", "II tasemel", "indeterminate"),
            Status("10007", "Lahendatud", "indeterminate"),
            Status("10008", "Suletud", "done"),
        ),
        priorities=(Named("2", "Kõrge"), Named("3", "Keskmine")),
        projects=(Named("KKA"),),
        people=dict(users),
        link_types=(LinkType("10001", "Duplicate", "is duplicated by", "duplicates"),),
    )
    fields = {"category": "Kategooria", "queue": "järjekord", "forwarder": "customfield_10203",
              "delivered": "Lahendus kliendile edastatud", "code": "Registrikood", "part": "Komponendid",
              "file": "Manus"}  # fmt: skip
    found = bind(
        entries(str, fields=fields, patterns=_PATTERNS, links={"duplicate": {"type": "Duplicate"}}), catalogue
    )
    assert isinstance(found, Binding), found
    return found


def _person(word: str, flavour: str) -> Json:
    known = {"accountId": f"acc-{word}"} if flavour == "cloud" else {"key": f"KEY-{word}", "name": word}
    return {"displayName": "Mari Mets", "active": True, "emailAddress": "mari@kodu.example", **known}


def _document(*texts: str) -> Json:
    said = [{"type": "paragraph", "content": [{"type": "text", "text": text}]} for text in texts]
    mention = {"type": "mention", "attrs": {"id": "acc-piletibot", "text": "@Piletibot"}}
    return {"type": "doc", "version": 1, "content": [*said, {"type": "paragraph", "content": [mention]}]}


def _history(flavour: str) -> list[Json]:
    def item(field: str, was: Json, now: Json, **more: Json) -> Json:
        return {
            "field": field,
            "fieldtype": "jira",
            "from": was,
            "fromString": "x",
            "to": now,
            "toString": "y",
            **more,
        }

    rows = (
        [item("status", "10001", "10002", fieldId="status"), item("assignee", None, "acc-it1", fieldId="assignee")],
        [item("Järjekord", "[1]", "[2]", fieldtype="custom", fromString="L2_IT", toString="L2_LOAD")],
        [item("labels", None, None, fromString="", toString="bot-hold"), item("duedate", None, "2026-11-20")],
        [item("Link", None, "KKA-2", toString="This issue duplicates KKA-2"), item("RemoteIssueLink", None, "7")],
        [item("description", "a", "b", fieldId="description"), item("status", "10002", "10007")],
        [item("Lahendus kliendile edastatud", None, "2026-11-18", fieldtype="custom", toString="18/nov/26")],
    )
    return [
        {
            "id": str(i),
            "created": f"2026-11-16T1{i}:00:00.000+0200",
            "author": _person("it1", flavour),
            "items": items,
        }
        for i, items in enumerate(rows)
    ]


def _comments(flavour: str) -> list[Json]:
    texts = ("Piletibot, edastatud telefon", "Kliendi vastus: viga 500", "[~piletibot] oota kuni 2.12")
    return [
        {
            "id": str(100 + i),
            "created": f"2026-11-17T1{i}:00:00.000+0200",
            "updated": f"2026-11-17T1{i}:00:00.000+0200",
            "author": _person("spetsialist1", flavour),
            "updateAuthor": _person("spetsialist1", flavour),
            "body": _document(text, "Teine rida") if flavour == "cloud" else f"{text}\nTeine rida",
            "properties": [{"key": "piletibot.step", "value": {"keys": ["a/1/b"], "hash": "0"}}],
        }
        for i, text in enumerate(texts)
    ]


def _issue(flavour: str) -> Json:
    comments = _comments(flavour)
    return {
        "id": "10000",
        "key": "KKA-1",
        "fields": {
            "summary": "Deklaratsiooni ei saa esitada",
            "description": _document("Viga 500") if flavour == "cloud" else "Viga 500",
            "created": "2026-11-16T10:00:00.000+0200",
            "updated": "2026-11-18T10:00:00.250+0200",
            "status": {"id": "10002", "name": "II tasemel", "statusCategory": {"key": "indeterminate"}},
            "priority": {"id": "2", "name": "Kõrge"},
            "assignee": _person("it1", flavour),
            "reporter": _person("keegi", flavour),
            "project": {"id": "1", "key": "KKA"},
            "labels": ["vpn"],
            "duedate": "2026-11-20",
            "security": None,
            "components": [{"name": "KOTKAS"}],
            "attachment": [{"filename": "a.png", "mimeType": "image/png"}],
            "issuelinks": [{"type": {"id": "10001"}, "outwardIssue": {"id": "2", "key": "KKA-2"}}],
            "customfield_10201": {"id": "1", "value": "DEKL_TEHNILINE"},
            "customfield_10202": [{"id": "2", "value": "L2_IT"}],
            "customfield_10203": _person("spetsialist1", flavour),
            "customfield_10204": "2026-11-18",
            "customfield_10205": "10000000",
            "comment": {"comments": comments, "total": len(comments)},
        },
        "changelog": {"histories": _history(flavour), "total": 6},
    }


ISSUES = [_issue("cloud"), _issue("dc")]
HISTORIES = [_history("cloud"), _history("dc")]
COMMENTS = [_comments("cloud"), _comments("dc")]


def _of(raw: bytes) -> Flavour:
    return "cloud" if b"acc-" in raw else "dc"


def _answered(raw: bytes, into: type[T]) -> T | None:
    """What an answer with this body is read as; None for one that is none of Jira's."""
    answer = requests.Response()
    answer.status_code, answer._content = 200, raw
    try:
        return answers.decode(answer, into)
    except (answers.Garbled, answers.NotJira):
        return None


def read_issue(data: bytes) -> None:
    """A whole ticket, with its history and comments."""
    raw = _json(data, ISSUES)
    issue_raw = _answered(raw, msgspec.Raw)
    if issue_raw is None:
        return
    identify(issue_raw)
    with suppress(Unreadable):
        issue = decode_issue(issue_raw)
        read_ticket(issue, issue.histories, issue.comments.comments, bound(_of(raw)))


_WHOLE = {flavour: decode_issue(json.dumps(_issue(flavour)).encode()) for flavour in ("cloud", "dc")}


def read_history(data: bytes) -> None:
    """A history on its own, as Cloud gives it."""
    raw = _json(data, HISTORIES)
    histories = _answered(raw, list[History])
    if histories is None:
        return
    flavour = _of(raw)
    with suppress(Unreadable):
        read_ticket(_WHOLE[flavour], histories, (), bound(flavour))


def read_comments(data: bytes) -> None:
    """Comments on their own, with what they tell the bot."""
    raw = _json(data, COMMENTS)
    comments = _answered(raw, list[Comment])
    if comments is None:
        return
    flavour = _of(raw)
    with suppress(Unreadable):
        read_ticket(_WHOLE[flavour], (), comments, bound(flavour))


LINES = [
    "Piletibot, edastatud telefon", "@piletibot oota kuni 2.12", "[~acc-piletibot] eemal 1.12–5.12",
    "piletibot suuna L2_IT", "piletibot eemal alates 1. detsembrist kuni 5. detsembrini 2026. a",
    "piletibot snooze until December 2, 2026",
    "Пилетибот отсутствую с 1 декабря по 5 декабря", "piletibot põhjendatud", "piletibot closs", "piletibot: help",
]  # fmt: skip
_LISTENING = Listening(("piletibot", "пилетибот"), frozenset(("acc-piletibot",)), {"l2_it": "it"}, "Europe/Tallinn")


def read_command(data: bytes) -> None:
    """A comment's first line, and the text of any document."""
    text = _text(data, LINES).decode("utf-8", "replace")
    command_in(text, _LISTENING, TODAY)
    body = msgspec.Raw(msgspec.json.encode(text))
    first_line(body), written(body)
    with suppress(msgspec.MsgspecError, RecursionError):
        value = msgspec.json.decode(text)
        whole_text(value, 1000)
        first_line(msgspec.Raw(text.encode()))


PAGES = [
    {"issues": ISSUES, "total": 2, "startAt": 0, "nextPageToken": "a", "isLast": True},
    {"comments": _comments("cloud"), "total": 3},
    {"errorMessages": ["Issue does not exist or you do not have permission to see it."], "errors": {"labels": "no"}},
    [{"id": 1, "object": {"url": "https://jira.example/browse/KKA-1"}}],
]
_SHAPES = (Comments, dict[str, msgspec.Raw], list[msgspec.Raw], msgspec.Raw, User, type(None))


def read_answer(data: bytes) -> None:
    """The body and the headers of any answer of Jira's."""
    raw = _json(data, PAGES)
    for shape in _SHAPES:
        _answered(raw, shape)
    answer = requests.Response()
    answer.status_code, answer._content = 400, raw
    answers.refusal(answer)
    header = raw[:40].decode("latin-1")
    answers.patience({"Retry-After": header, "X-RateLimit-Reset": header, "X-RateLimit-Remaining": "0"}, 1.8e9)


_EXPORTED = entries(str)


def read_export(data: bytes) -> None:
    """Lines of an export, looked through and read as a backtest does."""
    raw = _json(data, ISSUES)
    path = _file("export.jsonl", raw + b"\n" + json.dumps(ISSUES[0]).encode() + b"\n" + raw)
    try:
        export = look_through(path)
    except ValueError:
        return
    binding, _ = bind_to_export(_EXPORTED, export, None)
    read = ReadExported(binding)
    for line in export.sources():
        with suppress(Unreadable):
            read(line)


# Files beside a rulebook


def _event(*lines: str) -> str:
    begun = ("BEGIN:VEVENT", "UID:a", "SUMMARY:ann puhkab", *lines, "END:VEVENT")
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *begun, "END:VCALENDAR", ""))


EVENTS = [
    _event("DTSTART;VALUE=DATE:20270301", "DTEND;VALUE=DATE:20270304"),
    _event("DTSTART;VALUE=DATE:20270301", "RRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO,WE", "EXDATE;VALUE=DATE:20270303"),
    _event("DTSTART;VALUE=DATE:20270301", "RRULE:FREQ=YEARLY;BYMONTH=3;BYSETPOS=-1;UNTIL=20290301", "DURATION:P2D"),
    _event("DTSTART;TZID=Europe/Tallinn:20270301T200000", "DURATION:PT12H", "RRULE:FREQ=DAILY;INTERVAL=2"),
    _event("DTSTART:20270301T180000Z", "DTEND:20270302T060000Z", "RDATE:20270305T180000Z", "STATUS:CONFIRMED"),
    _event("RECURRENCE-ID;VALUE=DATE:20270301", "DTSTART;VALUE=DATE:20270302", "STATUS:CANCELLED"),
]
_ZONE = ZoneInfo("Europe/Tallinn")


def read_events(data: bytes) -> None:
    """A calendar file: closed days, absences and shifts."""
    content = _text(data, EVENTS)
    with suppress(UnreadableError):
        closed_days(_file("closed.ics", content))
    try:
        events = events_in(content)
    except UnreadableError:
        return
    for event in events:
        with suppress(UnreadableError):
            series_of(event, timekeeper())
        with suppress(UnreadableError):
            shifts_of(event, _ZONE, timekeeper())


ABSENT = ["isik;algus;lõpp;asendaja\nann;16.12.2026;18.12.2026;bob|cid\nbob;2026-12-17;2026-12-18;\n",
          "person,first,last\r\nann,2026-12-16,2026-12-18\r\n"]  # fmt: skip
SHIFTS = ["isik;algus;lõpp\nann;2026-12-14 17:00;15.12.2026 08:00\nbob;2026-12-15T17:00;2026-12-16 08:00:00\n"]
_NAMING = "absences: [{file: absent.csv}]\nrosters: [{roster: night, files: [shifts.csv]}]\n"
_AWAY = Entries.model_validate(
    SECTIONS
    | {"absences": [{"file": "absent.csv"}]}
    | {"rosters": [{"roster": "night", "name": {"en": "N"}, "files": "shifts.csv"}]}
)  # fmt: skip


def read_people(data: bytes) -> None:
    """Tables of absences and of shifts."""
    content = _text(data, [*ABSENT, *SHIFTS])
    path = _file("absent.csv", content)
    _file("shifts.csv", content)
    root, _ = read_yaml(_NAMING, str(path.with_name("desk.yaml")))
    assert root is not None
    read_people_files(_AWAY, root)


CALLS = ["Kõne;Algus;Liin;Ooteaeg;Vastatud\n1;2026-11-16 09:00:00;1247;30;jah\n2;16.11.2026 09:01;1900;0:12;ei\n",
         "Kõne\tAlgus\tLiin\tOoteaeg\tVastatud\r\n3\t2026-11-16T09:00:00+02:00\t1247\t00:00:20\tjah\r\n"]  # fmt: skip
RATINGS = ["pilet;aeg;hinne\nABC-1;2026-11-16 09:00;5\nABC-2;16.11.2026;4,5\nABC-3;2026-11-17;\n"]
_COUNTED = counted_rules(
    calls={
        "file": "calls.csv",
        "columns": {"id": "Kõne", "at": "Algus", "line": "Liin", "wait": "Ooteaeg", "answered": "Vastatud"},
        "lines": {"1247": 30, "1900": 20},
    },
    ratings={"file": "ratings.csv", "columns": {"ticket": "pilet", "at": "aeg", "rating": "hinne"}},
)
_WEEK = period_of("week", date(2026, 11, 18), _COUNTED.calendar)


def read_tables(data: bytes) -> None:
    """Tables of calls and of ratings."""
    content = _text(data, [*CALLS, *RATINGS])
    _file("calls.csv", content)
    _file("ratings.csv", content)
    read_imports(_COUNTED, Sources(_folder()), _WEEK)


# Rulebooks and configuration

_HERE = Path(__file__).parents[1]
RULES = [path.read_text("utf-8") for path in sorted((_HERE / "broken_rulebooks" / "base").glob("*.yaml"))]
DESK = "\n".join(RULES)


def read_rules(data: bytes) -> None:
    """A rulebook, from its text to every mistake in it."""
    text = _text(data, [DESK]).decode("utf-8", "replace")
    root, wrong = read_yaml(text, str(_folder() / "rules.yaml"))
    read_yaml.cache_clear()
    if root is None:
        return
    merged, more = merge([root], "rules")
    for problem in (*wrong, *more, *check(merged, None, whole=not wrong and not more).problems):
        str(problem)


TESTS = [
    "- it: asks the forwarder\n  now: 2026-11-16 11:05\n  ticket: {category: LAW, forwarder: ann, history: "
    "[{at: 2026-11-16 10:00, state: solved}]}\n  expect: [{rule: closure, say: c, to: [ann]}]\n",
    "- it: says nothing\n  now: 2026-06-24 11:05\n  ticket: {history: []}\n  expect: []\n",
]


def read_rule_tests(data: bytes) -> None:
    """A file of rule tests."""
    with suppress(Misconfigured):
        read_tests([_file("case.yaml", _text(data, TESTS))], _COUNTED)
    read_yaml.cache_clear()


CONFIGS = [(_HERE.parent / "config.example.toml").read_text("utf-8").replace("# ", "", 1), "site = 'x'\n[jira]\n"]


def read_config(data: bytes) -> None:
    """A configuration."""
    with suppress(Misconfigured):
        load_settings(_file("config.toml", _text(data, CONFIGS)))


MESSAGES = [
    path.read_text("utf-8")
    for path in sorted((_HERE.parent / "rules" / "common" / "messages" / "et").glob("*.md"))[:12]
]


def read_message(data: bytes) -> None:
    """The text of a message, and what it says."""
    folder = _folder() / "messages" / "et"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "said.md").write_bytes(_text(data, MESSAGES))
    try:
        messages = load_messages([folder.parent])
    except MessagesError as error:
        str(error)
        return
    assert WORDINGS
    messages.sample("said", "et", lambda value: f"<{value}> *[x](y)* {{{{ 7*7 }}}}")


HOURS = [
    {"cases": [
        {"id": "a", "op": "add", "calendar": {"tz": "Europe/Tallinn", "weekly": {"mon": [["08:00", "17:00"]]},
         "holidays": ["2026-12-24"], "special_days": {"2026-12-23": [["08:00", "12:00"]]}},
         "start": "2026-11-16T10:00:00+02:00", "amount_s": 3600, "expected": "2026-11-16T11:00:00+02:00"},
        {"id": "b", "op": "clock", "calendar": {"tz": "Europe/Tallinn", "weekly": {"mon": [["08:00", "17:00"]]}},
         "events": [{"at": "2026-11-16T10:00:00+02:00", "do": "start", "target_s": 60}], "expected": {"state": "x"},
         "now": "2026-11-16T12:00:00+02:00"},
    ]},
]  # fmt: skip


def read_hours(data: bytes) -> None:
    """A file of cases of working time."""
    try:
        cases = hours_cases.read_cases(_file("hours.json", _json(data, HOURS)))
    except hours_cases.CasesError:
        return
    for case in cases[:50]:
        hours_cases.hold(case).as_json()


def read_time(data: bytes) -> None:
    """A moment as it is given on the command line."""
    text = _text(data, ["2026-11-16 11:05", "2026-11-16T11:05:00+02:00", "16.11.2026 11.05", "11:05"])
    with suppress(Misconfigured):
        read_moment(_COUNTED.calendar, text.decode("utf-8", "replace"))


# The page

ASKED = [
    "GET /?lang=et", "GET /tickets/ABC-1?at=2026-11-16+11:05", "GET /find?key=ABC-1",
    "GET /login?next=/tickets/ABC-1", "GET /rules", "GET /rules/closure", "GET /load", "GET /digests",
    "GET /digests/day/2026-11-16/lead",
    "GET /health", "GET /metrics", "HEAD /", "POST /login?next=/", "POST /logout", "PUT /", "GET /style.css",
    "GET /digest?period=week&as_of=2026-11-16",
]  # fmt: skip


@cache
def _site() -> Callable[..., Any]:
    from web_desk import LEDGER, NOW, RULES, TEXTS, TICKETS

    from bot.store.store import open_store
    from bot.web.app import site_of
    from bot.web.settings import Web
    from bot.web.source import Source

    store = open_store("sqlite://")
    store.put_tickets(TICKETS, "facts", NOW)
    store.write_entries(LEDGER)
    store.set_mark(0, NOW)
    web = Web.model_validate({"user_header": "X-Forwarded-User"})
    source = Source(store, lambda: RULES, lambda: TEXTS, lambda: NOW, "https://jira.example/browse/")
    return site_of(web, source, "small", {"lea": "a-token-of-lea-0123456789"}).app()


_LOOP = asyncio.new_event_loop()


def ask(method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> int:
    """Ask the page's application as the server does, and give the status of its answer."""
    path, _, query = target.partition(b"?")
    sent: list[dict[str, Any]] = []
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": path.decode("utf-8", "replace"), "raw_path": path, "query_string": query, "root_path": "",
        "headers": [(b"host", b"127.0.0.1:8090"), *headers],
        "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8090),
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    _LOOP.run_until_complete(_site()(scope, receive, send))
    return int(sent[0]["status"])


def read_asked(data: bytes) -> None:
    """Paths, parameters, headers and forms of the page."""
    text = _text(data, ASKED).decode("utf-8", "replace")
    method, _, target = text.partition(" ")
    target, _, body = target.partition("\n")
    odd = data[-12:].replace(b"\n", b"").replace(b"\r", b"")
    headers = [(b"x-forwarded-user", b"lea"), (b"cookie", b"piletibot=" + odd), (b"accept-language", odd)]
    status = ask(method or "GET", quote(target, safe="/?=&+%").encode(), headers, body.encode())
    assert status != 500, f"{method} {target!r} is answered with 500"


READERS: Sequence[Reader] = (
    Reader("issue", "a ticket's JSON with history and comments", read_issue, _seeds(ISSUES), 150),
    Reader("history", "a history (changelog)", read_history, _seeds(HISTORIES), 150),
    Reader("comments", "comments, with what they tell the bot", read_comments, _seeds(COMMENTS), 180),
    Reader("command", "a comment's first line", read_command, _seeds(LINES), 250),
    Reader("answer", "any answer of Jira, with its headers", read_answer, _seeds(PAGES), 120),
    Reader("export", "lines of an export for the backtest", read_export, _seeds(ISSUES), 10),
    Reader("events", "calendar files (iCalendar)", read_events, _seeds(EVENTS), 20),
    Reader("people", "tables of absences and rosters (CSV)", read_people, _seeds([*ABSENT, *SHIFTS]), 30),
    Reader("tables", "tables of calls and ratings (CSV)", read_tables, _seeds([*CALLS, *RATINGS]), 30),
    Reader("rules", "rulebooks (YAML)", read_rules, _seeds([DESK]), 5),
    Reader("rule tests", "rule tests (YAML)", read_rule_tests, _seeds(TESTS), 10),
    Reader("config", "the configuration (TOML)", read_config, _seeds(CONFIGS), 10),
    Reader("message", "message texts (Markdown, Jinja)", read_message, _seeds(MESSAGES), 10),
    Reader("hours", "cases of working time (JSON)", read_hours, _seeds(HOURS), 10),
    Reader("time", "moments on the command line", read_time, _seeds(["2026-11-16 11:05"]), 10),
    Reader("page", "the page's paths, parameters, headers, forms", read_asked, _seeds(ASKED), 5),
)
"""All of them; `share` is how many of each thousand inputs are theirs, by how fast they are."""
