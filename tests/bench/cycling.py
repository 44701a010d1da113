"""A whole cycle over HTTP, on a desk where nothing changed, and where some tickets did."""

from __future__ import annotations

import http.client
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median_low
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import requests
from desk import NOW_S, TOKEN, USER, bound, loaded, observing
from jira import JIRA
from measure import Row, timed
from requests.adapters import HTTPAdapter

from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Report
from bot.engine.poll import reconcile
from bot.jira.client import Client
from bot.jira.tracker import connect
from bot.store.store import open_store

CHANGED = 10
"""How many tickets somebody comments on between two polls, where any change."""

FLOOR = "floor: the same requests, raw"
BOT = "**Piletibot**"
MARK = "script on `jira`, `updated >= mark`"
WHOLE = "script on `jira`, the whole project"

_MINUTE_S = 60
_OVERLAP_S = 300


class Sent(NamedTuple):
    """One request as it went out."""

    method: str
    path: str
    body: bytes
    headers: Mapping[str, str]


class Recording(HTTPAdapter):
    """Carries requests as ever, and remembers them."""

    def __init__(self) -> None:
        super().__init__()
        self._sent: list[Sent] = []

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        """Remember a request and carry it."""
        body = request.body or b""
        raw = body if isinstance(body, bytes) else body.encode()
        self._sent.append(Sent(request.method or "GET", request.path_url, raw, dict(request.headers)))
        return super().send(request, *args, **options)

    def taken(self) -> list[Sent]:
        """Give what was sent since this was last asked."""
        sent, self._sent = self._sent, []
        return sent


class Bench:
    """The bot and its peers on one sandbox, whose clock only this moves."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._now, self._acts = url, NOW_S, 0
        desk, binding = bound(observing(folder), loaded(()))
        self._ours = Recording()
        self._client = Client(url, token=TOKEN, user=USER, transport=self._ours)
        tracker = connect(self._client, desk.book.entries)
        if isinstance(tracker, list):
            raise SystemExit("\n".join(finding.text for finding in tracker))
        store = open_store(f"sqlite:///{folder / 'bench.db'}")
        self._engine = Engine(tracker, store, desk.book, desk.messages, binding.fingerprint)
        self._theirs = Recording()
        self._peer = JIRA(server=url, basic_auth=(USER, TOKEN), max_retries=0, timeout=120)
        self._peer._session.mount("http://", self._theirs)
        self._ids: list[str] = []
        self._seen: dict[str, dict[str, str]] = {}

    def close(self) -> None:
        """Close what is open."""
        self._engine.store.close()
        self._client.close()
        self._peer.close()  # type: ignore[no-untyped-call]

    def first(self) -> list[Row]:
        """Read the whole desk for the first time."""
        self._ours.taken()
        seconds = timed(self._cycle)
        sent = self._ours.taken()
        rows = [Row(FLOOR, [timed(lambda: replay(self._url, sent))], len(sent)), Row(BOT, [seconds], len(sent))]
        found = self._peer.search_issues("project = KKA", fields="updated", maxResults=False)
        self._ids = [each.id for each in found]
        updated = {each.id: each.fields.updated for each in found}
        self._seen = {MARK: dict(updated), WHOLE: dict(updated)}
        return rows

    def poll(self, changed: int, rounds: int, whole_rounds: int) -> list[Row]:
        """Let so many tickets change before every round, and time one poll of everybody's.

        Who asks for the whole project every time has fewer rounds, since each is long.
        """
        seconds: dict[str, list[float]] = {name: [] for name in (FLOOR, BOT, MARK, WHOLE)}
        counted: dict[str, list[int]] = {name: [] for name in seconds}
        for turn in range(rounds):
            since_ms = (self._now - _OVERLAP_S) * 1000
            self._let_change(changed)
            self._ours.taken()
            seconds[BOT].append(timed(self._cycle))
            sent = self._ours.taken()
            seconds[FLOOR].append(timed(lambda sent=sent: replay(self._url, sent)))  # type: ignore[misc]
            counted[BOT].append(len(sent))
            counted[FLOOR].append(len(sent))
            scripts = {MARK: f"project = KKA AND updated >= {since_ms}", WHOLE: "project = KKA"}
            for name, jql in scripts.items():
                if name == WHOLE and turn >= whole_rounds:
                    continue
                self._theirs.taken()
                seconds[name].append(timed(lambda name=name, jql=jql: self._script(name, jql)))  # type: ignore[misc]
                counted[name].append(len(self._theirs.taken()))
        return [Row(name, taken, median_low(counted[name])) for name, taken in seconds.items() if taken]

    def sweep(self, rounds: int) -> list[Row]:
        """Compare the whole desk with the mirror, as the bot does every half hour."""
        raw, ours, sent = [], [], []
        for _ in range(rounds):
            self._ours.taken()
            ours.append(timed(lambda: reconcile(self._engine, self._now, Report(self._now))))
            sent = self._ours.taken()
            raw.append(timed(lambda sent=sent: replay(self._url, sent)))  # type: ignore[misc]
        return [Row(FLOOR, raw, len(sent)), Row(BOT, ours, len(sent))]

    def _cycle(self) -> None:
        report = cycle(self._engine, self._now)
        if report.unreachable or report.troubles or report.said:
            raise SystemExit(f"not the cycle that was meant: {report}")

    def _script(self, name: str, jql: str) -> None:
        """What a script on the `jira` package does each poll: search with changelog, and comments of what changed."""
        seen = self._seen[name]
        for issue in self._peer.search_issues(jql, expand="changelog", maxResults=False):
            if seen.get(issue.id) != issue.fields.updated:
                seen[issue.id] = issue.fields.updated
                self._peer.comments(issue.id)

    def _let_change(self, changed: int) -> None:
        """Let a minute pass, in which tier 2 comments on so many tickets; for none, time stands still."""
        if changed == 0:
            return
        self._now += _MINUTE_S
        _ask(self._url, "PUT", "/sandbox/clock", {"now_ms": self._now * 1000})
        for _ in range(changed):
            self._acts = (self._acts + 7) % len(self._ids)
            _ask(self._url, "POST", f"/rest/api/2/issue/{self._ids[self._acts]}/comment", {"body": "Vaatan järele."})


@contextmanager
def bench(tickets: int) -> Iterator[Bench]:
    """Start a sandbox of so many tickets in a process of its own, and the bot on it."""
    script = Path(__file__).with_name("jira_process.py")
    words = [sys.executable, str(script), str(tickets)]
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
    ):
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            with closing(Bench(url, Path(folder))) as made:
                yield made
        finally:
            process.communicate("")


def replay(url: str, sent: Sequence[Sent]) -> None:
    """Send the same requests over one bare connection, and read the answers as bytes."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
    for each in sent:
        connection.request(each.method, each.path, each.body, dict(each.headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"{each.method} {each.path}: {answer.status} on being sent again")
    connection.close()


def _ask(url: str, method: str, path: str, body: Mapping[str, Any]) -> None:
    who = b64encode(b"it1@sandbox.example:it1-token").decode()
    answer = requests.request(method, url + path, json=body, headers={"Authorization": f"Basic {who}"}, timeout=30)
    answer.raise_for_status()
