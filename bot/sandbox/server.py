"""The sandbox Jira on a loopback port."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from urllib.parse import parse_qs, unquote, urlsplit

from bot.sandbox.api import Site
from bot.sandbox.calls import Answer, Request
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet, staff
from bot.sandbox.loading import load_file
from bot.sandbox.world import Flavour, World


class Sandbox:
    """A running sandbox Jira: `url` to point a client at, `world` and `site` to look into; close it when done."""

    def __init__(self, world: World, port: int = 0) -> None:
        self.world = world
        self.site = Site(world)
        self._server = _Server(self.site, port)
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening; connections still open are cut."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(world: World, port: int = 0) -> Sandbox:
    """Serve the world on 127.0.0.1, on any free port when 0. Raises OSError, naming the port, when it is taken."""
    return Sandbox(world, port)


def run(flavour: Flavour, port: int, load: Path | None = None) -> Sandbox:
    """Serve in real time the Keskkonnaamet desk, or, with the same people, the issues of the file `load`.

    Raises OSError when the port is taken or the file cannot be read, ValueError when it holds no issues.
    """
    if load is None:
        return serve(keskkonnaamet(flavour, Clock()), port)
    world = staff(flavour, Clock())
    load_file(world, load)
    return serve(world, port)


def request_of(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Take a request apart: path unquoted, query with every value, header names in lower case."""
    parts = urlsplit(url)
    return Request(
        method=method,
        path=unquote(parts.path),
        query=parse_qs(parts.query, keep_blank_values=True),
        headers={name.lower(): value for name, value in headers.items()},
        body=body,
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, site: Site, port: int) -> None:
        self.site = site
        self._open: set[socket.socket] = set()
        try:
            super().__init__(("127.0.0.1", port), _Connection)
        except OSError as error:
            raise OSError(error.errno, error.strerror, f"port {port}") from None

    def process_request(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        if isinstance(request, socket.socket):
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for each in list(self._open):
            self.shutdown_request(each)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:  # the client hung up, or we did
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        return

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        answer = self.server.site.handle(request_of(self.command, self.path, dict(self.headers.items()), body))
        if answer.delay_s:
            time.sleep(answer.delay_s)
        if answer.dropped:
            self.close_connection = True
            return
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.cut is not None:
            self.close_connection = True
        self.wfile.write(answer.body[: answer.cut])

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - http.server calls them so
