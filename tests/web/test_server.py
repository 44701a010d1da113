"""The server beside the bot: its thread starts and ends with it, and a taken port is told at once."""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import ExitStack

import httpx
import pytest
from web_desk import NOW, RULES, TEXTS, filled

from bot.settings import Misconfigured
from bot.web.app import site_of
from bot.web.server import MOST_AT_ONCE, listening, serving
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


def asked(server: str, *parts: bytes, pause_s: float = 0.0, wait_s: float = 5.0) -> tuple[bytes, float]:
    """What is answered to bytes that are sent part by part, and how long the connection was kept."""
    port = int(server.rpartition(":")[2])
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=wait_s) as wire:
        answer = b""
        try:
            for part in parts:
                wire.sendall(part)
                time.sleep(pause_s)
            while found := wire.recv(65_536):
                answer += found
        except (TimeoutError, ConnectionError):
            pass
        return answer, time.monotonic() - began


WHOLE = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "pause_s", "begins"),
    [
        ([], 0.0, b""),
        ([b"GET / HTTP/1.1\r\n", b"Host: 127.0.0.1\r\n", b"X: y\r\n", b"Z: y\r\n"], 0.15, b""),
        ([b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n", b"t"], 0.0, b""),
        ([b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"x" * 20_000], 0.0, b"HTTP/1.1 400"),
        ([b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"], 0.0, b"HTTP/1.1 4"),
        ([b"nonsense\r\n\r\n"], 0.0, b"HTTP/1.1 400"),
        ([b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"], 0.0, b"HTTP/1.1 400"),
        ([WHOLE], 0.0, b"HTTP/1.1 200"),
        ([WHOLE[:20], WHOLE[20:]], 0.1, b"HTTP/1.1 200"),
    ],
)  # fmt: skip
def test_who_does_not_come_to_the_point_is_not_waited_for(parts: list[bytes], pause_s: float, begins: bytes) -> None:
    with filled() as store:
        site = site_of(WEB, Source(store, lambda: RULES, lambda: TEXTS, lambda: NOW), "small", {})
        with serving(site, listening(WEB.listen), within_s=0.4) as server:
            answer, took_s = asked(server.url, *parts, pause_s=pause_s)
    assert answer[: len(begins)] == begins
    assert begins or answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert took_s < 3


def test_of_more_connections_than_there_may_be_the_further_one_is_sent_away() -> None:
    with filled() as store, ExitStack() as idle:
        site = site_of(WEB, Source(store, lambda: RULES, lambda: TEXTS, lambda: NOW), "small", {})
        server = idle.enter_context(serving(site, listening(WEB.listen)))
        where = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        held = [idle.enter_context(socket.create_connection(where)) for _ in range(MOST_AT_ONCE)]
        assert asked(server.url, WHOLE)[0].startswith(b"HTTP/1.1 503")
        held[0].close()
        until = time.monotonic() + 5
        while not (answer := asked(server.url, WHOLE)[0]).startswith(b"HTTP/1.1 200") and time.monotonic() < until:
            time.sleep(0.02)
        assert answer.startswith(b"HTTP/1.1 200"), "with one fewer there is room for it"
