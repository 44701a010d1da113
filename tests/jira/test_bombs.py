"""Answers that would fill the memory or never end: what is read of them is bounded, and costs one ticket at most."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from jira_worlds import client_of
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from bot.engine.tracker import Doubtful
from bot.jira.answers import Failing
from bot.jira.client import LARGEST_ANSWER, LONGEST_ANSWER_S, Client
from bot.jira.fetch import MOST_COMMENTS, MOST_ENTRIES, comments, fetch

ROOT = Path(__file__).parents[2]
Json = Any


class Endless(io.RawIOBase):
    """A body that goes on, a zero after the other; `ticks` is told of each part."""

    def __init__(self, length: int, ticks: Any = lambda: None) -> None:
        self.left, self.given, self.ticks = length, 0, ticks

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.ticks()
        n = min(len(buffer), self.left)
        buffer[:n] = b"0" * n
        self.left, self.given = self.left - n, self.given + n
        return n


class Says(BaseAdapter):
    """Answers everything with one body."""

    def __init__(self, body: Any, headers: Mapping[str, str] = {}) -> None:
        super().__init__()
        self.body, self.headers = body, headers

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer.request, answer.url = 200, request, request.url or ""
        answer.headers.update(self.headers)
        answer.raw = HTTPResponse(body=self.body, headers=self.headers, status=200, preload_content=False)
        return answer

    def close(self) -> None:
        """Nothing is open."""


def client(body: Any, headers: Mapping[str, str] = {}, **more: Any) -> Client:
    return client_of("https://jira.example", "dc", transport=Says(body, headers), **more)


def test_an_answer_that_is_too_large_is_not_read_on() -> None:
    body = Endless(10 * LARGEST_ANSWER)
    with pytest.raises(Failing, match="answered with more than 100 MB"):
        client(body).read("2/field", msgspec.Raw)
    assert body.given < LARGEST_ANSWER + (1 << 20)
    with pytest.raises(Doubtful):
        client(Endless(10 * LARGEST_ANSWER)).write("POST", "2/issue/{id}/comment", {}, msgspec.Raw, at={"id": "7"})


def test_a_small_answer_that_unpacks_to_a_large_one_is_not_unpacked() -> None:
    packed = gzip.compress(b"0" * (LARGEST_ANSWER + 10_000_000), 1)
    assert len(packed) < 1_000_000
    with pytest.raises(Failing, match="answered with more than 100 MB"):
        client(io.BytesIO(packed), {"Content-Encoding": "gzip"}).read("2/field", msgspec.Raw)


def test_an_answer_that_drips_is_given_up() -> None:
    now = 0.0

    def tick() -> None:
        nonlocal now
        now += 29.0

    with pytest.raises(Failing, match="still answering after 3"):
        client(Endless(1 << 40, tick), clock=lambda: now).read("2/field", msgspec.Raw)
    assert now < LONGEST_ANSWER_S + 60


def test_an_answer_nested_too_deeply_costs_no_more_than_itself() -> None:
    with pytest.raises(Failing, match="nested too deeply"):
        client(io.BytesIO(b"[" * 100_000 + b"]" * 100_000)).read("2/field", msgspec.Raw)


class Pages:
    """A client that gives page after page."""

    def __init__(self, pages: Iterator[Json]) -> None:
        self.pages = pages

    def read(self, path: str, into: Any, **_: Any) -> Any:
        return msgspec.convert(next(self.pages), into) if "bulkfetch" not in path else self._bulk(path, into)

    def _bulk(self, path: str, into: Any) -> Any:
        found = {"issues": [{"id": "1", "key": "KKA-1", "fields": {}}]} if "issue/" in path else next(self.pages)
        return msgspec.json.decode(json.dumps(found).encode(), type=into)


def logs(entries: int, same: bool) -> Iterator[Json]:
    page = [{"id": str(i)} for i in range(entries)]
    for number in range(10_000):
        yield {"issueChangeLogs": [{"issueId": "1", "changeHistories": page}],
               "nextPageToken": "a" if same else str(number)}  # fmt: skip


@pytest.mark.parametrize(("entries", "same"), [(20_000, False), (10, True)])
def test_a_history_without_end_is_one_tickets_trouble(entries: int, same: bool) -> None:
    pages: Any = Pages(logs(entries, same))
    (batch,) = fetch(pages, "cloud", ["1"], ["status"])
    assert [(trouble.ticket_id, trouble.what) for trouble in batch.troubles] == [
        ("1", f"a history has more than {MOST_ENTRIES} entries, or does not come to an end")
    ]
    assert (batch.issues, batch.histories) == ([], {})


def test_comments_without_end_are_one_tickets_trouble() -> None:
    pages = ({"comments": [{"id": str(1000 * n + i)} for i in range(1000)], "total": 10**9} for n in range(10**6))
    endless: Any = Pages(pages)
    with pytest.raises(Exception, match=f"more than {MOST_COMMENTS} comments"):
        comments(endless, "2", "1")


MILLION = """
import json, resource, sys, time
resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))
from fuzz.readers import bound
from bot.jira.reader import decode_issue, read_ticket
item = '{"field": "status", "fieldId": "status", "from": "10001", "to": "10002", "fromString": "a", "toString": "b"}'
author = '"author": {"accountId": "acc-it1"}'
entry = '{"id": "%d", "created": "2026-11-16T10:00:00.000+0200", ' + author + ', "items": [' + item
histories = ",".join(entry % i + "]}" for i in range(400_000))
fields = '{"created": "2026-11-16T10:00:00.000+0200", "status": {"id": "10001"}}'
raw = ('{"id": "1", "key": "KKA-1", "fields": %s, "changelog": {"histories": [%s]}}' % (fields, histories)).encode()
assert 80_000_000 < len(raw), len(raw)
began = time.process_time()
issue = decode_issue(raw)
ticket = read_ticket(issue, issue.histories, (), bound("cloud"))
assert len(ticket.changes) == 400_000
print(time.process_time() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.soak
def test_the_longest_history_that_an_answer_can_hold_is_read_within_bounds() -> None:
    """An answer holds some 400,000 entries at most: a million would be more than `LARGEST_ANSWER`."""
    path = f"{ROOT}:{ROOT / 'tests'}"
    run = subprocess.run([sys.executable, "-c", MILLION], capture_output=True, text=True, env={"PYTHONPATH": path})
    assert run.returncode == 0, run.stderr[-2000:]
    seconds, megabytes = map(float, run.stdout.split())
    assert seconds < 60
    assert megabytes < 2500
