"""The server beside the bot: its thread starts and ends with it, and a taken port is told at once."""

from __future__ import annotations

import re
import socket
import threading
import time

import httpx
import pytest
from web_desk import NOW, RULES, TEXTS, filled

from bot.settings import Misconfigured
from bot.web.app import site_of
from bot.web.server import listening, serving
from bot.web.settings import Web
from bot.web.source import Source

WEB = Web(listen="127.0.0.1:0", open_to="lead")


def test_it_serves_until_it_is_told_to_stop() -> None:
    with filled() as store:
        site = site_of(WEB, Source(store, lambda: RULES, lambda: TEXTS, lambda: NOW), "small", {})
        with serving(site, listening(WEB.listen)) as server, httpx.Client(base_url=server.url) as browser:
            answers = [browser.get("/"), browser.get("/tickets/ABC-1"), browser.get("/", headers={"Host": "evil"})]
            assert [answer.status_code for answer in answers] == [200, 200, 421]
            assert "server" not in answers[0].headers
            began = time.monotonic()
        assert time.monotonic() - began < 3, "a connection that is kept open does not hold it back"
        assert "web" not in [thread.name for thread in threading.enumerate()]
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url)


def test_a_port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        said = f"web.listen {listen}: another program listens there already"
        with pytest.raises(Misconfigured, match=re.escape(said)):
            listening(listen)


def test_an_address_of_another_machine() -> None:
    with pytest.raises(Misconfigured, match="this machine has no such address"):
        listening("192.0.2.1:8090")
