"""What a search that finds nothing takes, by the barest connection, by the usual package, and by the bot's client."""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import msgspec
import requests
from account import TOKEN, USER
from cycling import jira_of
from desk import NOW_S, configure
from measure import Row, race

from bot.settings import load_settings
from bot.start import client_of

_PATH = "3/search/jql"
_BODY = {
    "jql": f"project in (KKA) AND updated >= {NOW_S * 1000} ORDER BY updated",
    "fields": ["id"],
    "maxResults": 50,
}


def searches(each: int, rounds: int) -> list[Row]:
    """Take the processor time of so many searches each; whatever is found is decoded, and the connection is kept."""
    with TemporaryDirectory() as folder, jira_of("cloud", 20) as jira:
        settings = load_settings(configure(jira.url, "cloud", Path(folder)))
        with closing(client_of(settings.jira)) as client, requests.Session() as session:
            session.auth = (USER, TOKEN)
            parts = urlsplit(jira.url)
            bare = http.client.HTTPConnection(parts.hostname or "", parts.port)
            who = b64encode(f"{USER}:{TOKEN}".encode()).decode()
            headers = {"Authorization": f"Basic {who}", "Content-Type": "application/json"}

            def barely() -> None:
                bare.request("POST", f"/rest/api/{_PATH}", json.dumps(_BODY), headers)
                msgspec.json.decode(bare.getresponse().read())

            ways: dict[str, Callable[[], object]] = {
                "floor: `http.client`": barely,
                "`requests.Session.post`": lambda: session.post(f"{jira.url}/rest/api/{_PATH}", json=_BODY).json(),
                "**Piletibot's client**": lambda: client.read(_PATH, dict, body=_BODY),
            }
            return race({name: lambda way=way: _often(way, each) for name, way in ways.items()}, rounds)


def _often(way: Callable[[], object], each: int) -> None:
    for _ in range(each):
        way()
