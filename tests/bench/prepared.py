"""A Jira of very many tickets that answers from prepared bytes, and counts what goes over the wire.

Searches, bulk fetches, histories and comments have Jira's shapes: pages by tokens on Cloud, by `startAt` on Data
Center; pages of at most a hundred where more than ids and moments is asked for, or of a thousand on Data Center; on
Cloud the newest 40 entries of a history and the first 20 comments. All else the sandbox answers, for a desk without
tickets. Texts are packed with gzip for who asks for that, at level 1, as web servers do unless told.

Tickets are copies of a few hundred, each with an id, a key, a stamp and a text of its own, of words of which few are
common and most are rare. Between polls some change: half of them by a comment, half by an entry of their history. By
version 3 texts are documents, as Cloud has them.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from desk import loaded
from measure import processor_s
from tickets import PEOPLE, account_of, issues, moment_of

from bot.sandbox.api import Site
from bot.sandbox.calls import Request
from bot.sandbox.clock import Clock
from bot.sandbox.world import Flavour, account_id_of

Json = Any

FIRST_ID = 100_001
TEMPLATES = 300
LONG = 100
"""One in so many tickets has a history that Cloud cuts off."""

_LONG_ENTRIES = 60
_SAID = 100
_SYLLABLES = (
    "ka",
    "le",
    "mi",
    "no",
    "pu",
    "ra",
    "se",
    "ti",
    "va",
    "üh",
    "õl",
    "äs",
    "ju",
    "ke",
    "lo",
    "mä",
    "ne",
    "pi",
    "ro",
    "su",
)
_WORDS = len(_SYLLABLES) ** 3
_LEAN = {"id", "key", "updated"}
_LEAN_PAGE, _PAGE, _DC_PAGE = 5000, 100, 1000
_HISTORIES, _COMMENTS = 40, 20
_PACKED = 1000
"""Answers of fewer bytes are not packed."""


class _Comment(NamedTuple):
    plain: bytes
    rich: bytes


class _Template(NamedTuple):
    fields: Mapping[str, bytes]
    comments: Sequence[_Comment]
    histories: Sequence[bytes]
    updated: str


class Jira:
    """The tickets and how they are shown; `change` has some of them change."""

    def __init__(self, flavour: Flavour, count: int) -> None:
        self.cloud, self.count = flavour == "cloud", count
        self.site = Site(loaded((), flavour))
        self._templates = list(_templates(min(count, TEMPLATES), self.cloud))
        self._shown: dict[tuple[int, tuple[str, ...]], bytes] = {}
        self._added: dict[int, tuple[list[_Comment], list[bytes]]] = {}
        self._changed: dict[int, int] = {}
        self._order: list[int] | None = None
        self._listed: dict[str, list[int]] = {}
        self._next = 0
        self._last: list[int] = []
        self._old_ms = [_ms(each.updated) for each in self._templates]

    def change(self, count: int, again: int, now_ms: int) -> list[int]:
        """Let so many tickets change within the minute before `now_ms`, the last changed ones among them `again`."""
        chosen = dict.fromkeys(self._last[len(self._last) - again :])
        while len(chosen) < min(count, self.count):
            self._next = (self._next + 7) % self.count if self._next % self.count not in chosen else self._next + 1
            chosen[self._next % self.count] = None
        for place, number in enumerate(chosen):
            at_ms = now_ms - 58_000 + place * 55_000 // len(chosen)
            comments, histories = self._added.setdefault(number, ([], []))
            stamp = moment_of(datetime.fromtimestamp(at_ms / 1000, UTC))
            id_ = f"{at_ms}{number}"
            if place % 2:
                comments.append(_comment(id_, stamp))
            else:
                histories.append(_written(_entry(id_, stamp, len(histories), self.cloud)))
            self._changed.pop(number, None)
            self._changed[number] = at_ms
        self._last, self._listed = list(chosen), {}
        return self._last

    def answer(self, method: str, path: str, query: Mapping[str, list[str]], body: bytes) -> bytes | None:
        """Answer what is about tickets; None for all else."""
        asked: Json = json.loads(body) if body else {name: values[-1] for name, values in query.items()}
        version, _, tail = path.rpartition("/rest/api/")[2].partition("/")
        rich = version == "3"
        if tail in ("search/jql", "search"):
            return self._search(asked, rich, {name for each in query.get("fields", ()) for name in each.split(",")})
        if tail == "issue/bulkfetch":
            numbers = [int(id_) - FIRST_ID for id_ in asked["issueIdsOrKeys"]]
            rows = self._rows(sorted(numbers), asked["fields"], asked.get("expand"), rich)
            return b'{"issues":[' + rows + b'],"issueErrors":[]}'
        if tail == "changelog/bulkfetch":
            return self._logs([int(id_) - FIRST_ID for id_ in asked["issueIdsOrKeys"]])
        if found := re.fullmatch(r"issue/(\d+)/comment", tail):
            comments = self._comments(int(found[1]) - FIRST_ID, rich)
            start, most = int(asked.get("startAt", 0)), int(asked.get("maxResults", 50))
            return _listing(b"comments", comments[start : start + most], len(comments), start)
        if (found := re.fullmatch(r"issue/(\d+)", tail)) and method == "GET":
            return self._rows([int(found[1]) - FIRST_ID], asked["fields"].split(","), asked.get("expand"), rich)
        return None

    def _search(self, asked: Json, rich: bool, fields: set[str]) -> bytes:
        jql = asked["jql"]
        wanted = sorted(fields or set(asked.get("fields") or ["id"]))
        expand, size = asked.get("expand"), int(asked.get("maxResults") or 50)
        rows = self._listed.get(jql)
        if rows is None:
            rows = self._listed[jql] = self._found(jql)
        cap = (_LEAN_PAGE if _LEAN.issuperset(wanted) and not expand else _PAGE) if self.cloud else _DC_PAGE
        start = int(asked.get("nextPageToken") or asked.get("startAt") or 0)
        page = rows[start : start + min(size, cap)]
        shown, after = self._rows(page, wanted, expand, rich), start + len(page)
        if not self.cloud:
            head = f'{{"expand":"schema,names","startAt":{start},"maxResults":{min(size, cap)},"total":{len(rows)},'
            return head.encode() + b'"issues":[' + shown + b"]}"
        token = f',"nextPageToken":"{after}"' if after < len(rows) else ""
        return b'{"issues":[' + shown + f'],"isLast":{str(after >= len(rows)).lower()}{token}}}'.encode()

    def _found(self, jql: str) -> list[int]:
        if ids := re.match(r"id in \((.*?)\)", jql):
            return [int(id_) - FIRST_ID for id_ in ids[1].split(", ")]
        left_out = {
            int(id_) - FIRST_ID: int(before)
            for before, ids in re.findall(r"\(updated < (\d+) AND id in \((.*?)\)\)", jql)
            for id_ in ids.split(", ")
        }
        since = re.search(r"updated >= (\d+)", jql)
        changed = sorted(self._changed.items(), key=lambda pair: pair[1])
        if since is not None and int(since[1]) > max(self._old_ms):
            return [n for n, at_ms in changed if at_ms >= max(int(since[1]), left_out.get(n, 0))]
        old = (n for n in self._in_order() if n not in self._changed)
        if since is not None:
            old = (n for n in old if self._old_ms[n % len(self._templates)] >= int(since[1]))
        return [*old, *(n for n, _ in changed)]

    def _in_order(self) -> list[int]:
        """All tickets, oldest change first."""
        if self._order is None:
            ages = {n: self._old_ms[n] for n in range(len(self._templates))}
            self._order = sorted(range(self.count), key=lambda n: (ages[n % len(ages)], n))
        return self._order

    def _rows(self, numbers: Sequence[int], fields: Sequence[str], expand: object, rich: bool) -> bytes:
        asked = tuple(sorted(fields))
        return b",".join([self._row(number, asked, bool(expand), rich) for number in numbers])

    def _row(self, number: int, asked: tuple[str, ...], whole: bool, rich: bool) -> bytes:
        which = number % len(self._templates)
        template, id_ = self._templates[which], FIRST_ID + number
        at_ms = self._changed.get(number)
        updated = template.updated if at_ms is None else moment_of(datetime.fromtimestamp(at_ms / 1000, UTC))
        head = (
            f'{{"expand":"operations,versionedRepresentations,editmeta,changelog,renderedFields","id":"{id_}",'
            f'"self":"https://jira.example/rest/api/3/issue/{id_}","key":"KKA-{number + 1}","fields":{{'
        )
        everything = "*all" in asked
        shown = self._shown.get((which, asked))
        if shown is None:
            named = ((name, value) for name, value in template.fields.items() if everything or name in asked)
            shown = self._shown[which, asked] = b",".join(f'"{name}":'.encode() + value for name, value in named)
        parts = [shown] if shown else []
        if everything or "updated" in asked:
            parts.append(f'"updated":"{updated}"'.encode())
        if everything or "description" in asked:
            title, text = _texts(number)
            parts.append(_written({"summary": title, "description": _shown(text, rich)})[1:-1])
        if everything or "comment" in asked:
            comments = self._comments(number, rich)
            first = comments[:_COMMENTS] if self.cloud else comments
            parts.append(b'"comment":' + _listing(b"comments", first, len(comments)))
        log = b',"changelog":' + self._log(number) if whole else b""
        return head.encode() + b",".join(parts) + b"}" + log + b"}"

    def _log(self, number: int) -> bytes:
        histories = self._histories(number)
        shown = histories[::-1][:_HISTORIES] if self.cloud else histories
        return _listing(b"histories", shown, len(histories))

    def _logs(self, numbers: Sequence[int]) -> bytes:
        heads = (f'{{"issueId":"{FIRST_ID + number}","changeHistories":['.encode() for number in numbers)
        logs = (head + b",".join(self._histories(n)) + b"]}" for head, n in zip(heads, numbers, strict=True))
        return b'{"issueChangeLogs":[' + b",".join(logs) + b"]}"

    def _comments(self, number: int, rich: bool) -> Sequence[bytes]:
        comments = self._templates[number % len(self._templates)].comments
        comments = [*comments, *self._added[number][0]] if number in self._added else comments
        return [each.rich if rich else each.plain for each in comments]

    def _histories(self, number: int) -> Sequence[bytes]:
        histories = self._templates[number % len(self._templates)].histories
        return [*histories, *self._added[number][1]] if number in self._added else histories


def _templates(count: int, cloud: bool) -> Any:
    """Take the first so many synthetic tickets that are not closed; some get a history that Cloud cuts off."""
    categories = loaded(()).fields["customfield_10201"].options
    opened = (each for each in issues(10 * count + 100) if each["fields"]["status"]["id"] != "10008")
    for place, each in enumerate(islice(opened, count)):
        raw = each if cloud else _named(each)
        raw["fields"]["customfield_10201"] = categories[place % len(categories)]
        fields, histories = raw["fields"], raw["changelog"]["histories"]
        if place % LONG == LONG - 1:
            created = fields["created"]
            histories = [_entry(str(n), created, n, cloud) for n in range(_LONG_ENTRIES)] + histories
        if not cloud:
            for item in (item for entry in histories for item in entry["items"]):
                item.pop("fieldId", None)
        own = ("updated", "comment", "summary", "description")
        shown = {name: _written(value) for name, value in fields.items() if name not in own}
        comments = [_both(each) for each in fields["comment"]["comments"]]
        yield _Template(shown, comments, [_written(each) for each in histories], fields["updated"])


def _named(raw: Json) -> Json:
    """The same with people by their names, as Data Center has them."""
    text = json.dumps(raw)
    for name in PEOPLE:
        id_ = account_id_of(name)
        text = text.replace(f'"accountId": "{id_}"', f'"name": "{name}", "key": "{name}"').replace(id_, name)
    return json.loads(text)


def _comment(id_: str, at: str) -> _Comment:
    who = account_of("it1")
    return _both(
        {"id": id_, "author": who, "updateAuthor": who, "body": "Vaatan järele.", "created": at, "updated": at}
    )


def _both(comment: Json) -> _Comment:
    return _Comment(_written(comment), _written({**comment, "body": _shown(comment["body"], True)}))


def _shown(text: str, rich: bool) -> Json:
    if not rich:
        return text
    return {"type": "doc", "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]}  # fmt: skip


def _texts(number: int) -> tuple[str, str]:
    """The title and the description of a ticket, the same in every process."""
    chance = random.Random(number)
    words = [_word(int(_WORDS ** chance.random())) for _ in range(_SAID)]
    return " ".join(words[:6]), " ".join(words[6:])


def _word(which: int) -> str:
    return "".join(_SYLLABLES[which // len(_SYLLABLES) ** place % len(_SYLLABLES)] for place in range(3))


def _entry(id_: str, at: str, turn: int, cloud: bool) -> Json:
    was, now = (("10002", "II tasemel"), ("10003", "Töös"))[:: -1 if turn % 2 else 1]
    sides = {"from": was[0], "fromString": was[1], "to": now[0], "toString": now[1]}
    item = {"field": "status", "fieldtype": "jira", **({"fieldId": "status"} if cloud else {}), **sides}
    return {"id": id_, "author": account_of("it1"), "created": at, "items": [item]}


def _listing(name: bytes, shown: Sequence[bytes], total: int, start: int = 0) -> bytes:
    head = f'{{"startAt":{start},"maxResults":{len(shown)},"total":{total},"'.encode()
    return head + name + b'":[' + b",".join(shown) + b"]}"


def _written(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


class Server:
    """Answers on a loopback port, `latency_s` late, and counts requests and bytes both ways but for `/bench`."""

    def __init__(self, jira: Jira) -> None:
        self._jira, self._lock = jira, threading.Lock()
        self._latency_s = 0.0
        self._counted = {"requests": 0, "received": 0, "sent": 0}
        self._first_at, self._first_cpu_s, self._awaited = 0.0, 0.0, 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Take no more connections; those that are open end with their clients."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        buffer = b""
        with connection:
            while True:
                while b"\r\n\r\n" not in buffer:
                    part = connection.recv(1 << 16)
                    if not part:
                        return
                    buffer += part
                head, _, buffer = buffer.partition(b"\r\n\r\n")
                first, *lines = head.decode("latin-1").split("\r\n")
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                length = int(headers.get("content-length", 0))
                while len(buffer) < length:
                    buffer += connection.recv(1 << 16)
                body, buffer = buffer[:length], buffer[length:]
                method, url, _ = first.split(" ")
                parts = urlsplit(url)
                query = parse_qs(parts.query, keep_blank_values=True)
                if parts.path.startswith("/bench/"):
                    connection.sendall(_answer(200, self._told(parts.path, json.loads(body or b"{}")), {}, ""))
                    continue
                if not self._first_at:
                    self._first_at, self._first_cpu_s = time.monotonic(), processor_s(self._awaited)
                with self._lock:
                    answer = self._answered(method, unquote(parts.path), query, headers, body)
                if self._latency_s:
                    time.sleep(self._latency_s)
                self._counted["requests"] += 1
                self._counted["received"] += len(head) + 4 + length
                self._counted["sent"] += len(answer)
                connection.sendall(answer)

    def _told(self, path: str, asked: Json) -> bytes:
        with self._lock:
            match path:
                case "/bench/change":
                    self._jira.change(asked["count"], asked["again"], asked["now_ms"])
                case "/bench/latency":
                    self._latency_s = asked["s"]
                case "/bench/await":
                    self._first_at, self._awaited = 0.0, asked["pid"]
                case "/bench/clock":
                    clock = self._jira.site.world.clock
                    assert isinstance(clock, Clock)
                    clock.set(asked["now_ms"])
            counted, self._counted = self._counted, dict.fromkeys(self._counted, 0)
            return json.dumps({**counted, "first_at": self._first_at, "first_cpu_s": self._first_cpu_s}).encode()

    def _answered(
        self, method: str, path: str, query: Mapping[str, list[str]], headers: Mapping[str, str], body: bytes
    ) -> bytes:
        found = self._jira.answer(method, path, query, body)
        packing = headers.get("accept-encoding", "")
        if found is not None:
            return _answer(200, found, {}, packing)
        answer = self._jira.site.handle(Request(method, path, query, headers, body))
        return _answer(answer.status, answer.body, answer.headers, packing)


def _answer(status: int, body: bytes, headers: Mapping[str, str], packing: str) -> bytes:
    shown = {
        "Date": formatdate(usegmt=True),
        "Content-Type": "application/json;charset=UTF-8",
        "Cache-Control": "no-cache, no-store, no-transform",
        "Vary": "Accept-Encoding",
        **headers,
    }
    if "gzip" in packing and len(body) >= _PACKED:
        body = gzip.compress(body, 1, mtime=0)
        shown["Content-Encoding"] = "gzip"
    shown["Content-Length"] = str(len(body))
    lines = "".join(f"{name}: {value}\r\n" for name, value in shown.items())
    return f"HTTP/1.1 {status} Answer\r\n{lines}\r\n".encode("latin-1") + body


def main(flavour: Flavour, count: int, ended: Callable[[], object] = sys.stdin.read) -> None:
    """Serve so many tickets until the input ends; the first line printed is the address."""
    print(Server(Jira(flavour, count)).url, flush=True)
    ended()


if __name__ == "__main__":
    main("cloud" if sys.argv[1] == "cloud" else "dc", int(sys.argv[2]))
