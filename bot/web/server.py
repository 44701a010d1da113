"""The server of pages and figures: a thread of its own beside the bot's, with its own way into the store."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import h11
import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bot.settings import Misconfigured
from bot.web.settings import address

log = structlog.get_logger()

ASKED_WITHIN_S = 10.0
"""Seconds within which a request must have come whole."""

LARGEST_REQUEST = 16_384
"""Bytes of a request's first line and headers."""

MOST_AT_ONCE = 64
"""How many connections there may be at once; a further one is answered with 503."""

_STOP_S = 1.2


class Served(Protocol):
    """What a server serves, and what ends with it."""

    @property
    def name(self) -> str:
        """What its thread is called."""

    def app(self) -> ASGIApp:
        """Make the application."""

    def stop(self) -> None:
        """Begin nothing any more."""

    def close(self) -> None:
        """End, once nothing is asked any more."""


def listening(listen: str, key: str = "web.listen") -> socket.socket:
    """Take the address that `key` of the configuration names. Raises Misconfigured where it cannot be had."""
    host, port = address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((host, port))
        taken.listen(64)
    except OSError as error:
        taken.close()
        why = {
            errno.EADDRINUSE: "another program listens there already; stop it, or name another port",
            errno.EADDRNOTAVAIL: "this machine has no such address",
            errno.EACCES: "ports under 1024 are not for everybody; name another one",
        }.get(error.errno or 0, error.strerror or "it cannot be had")
        raise Misconfigured(f"{key} {listen}: {why}") from None
    return taken


class Impatient(H11Protocol):
    """Hangs up on who does not say what they want `within_s`, be it that they say it letter by letter.

    Uvicorn itself waits for a first request for ever, and so few idle connections would keep everybody else out.
    """

    within_s = ASKED_WITHIN_S
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._stop_waiting()
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """Heed what came; who has asked whole is waited for no longer, who asks again anew."""
        super().handle_events()
        if self.conn.their_state in (h11.DONE, h11.MUST_CLOSE, h11.CLOSED):
            self._stop_waiting()
        elif self._late is None:
            self._wait()

    def _wait(self) -> None:
        self._late = self.loop.call_later(self.within_s, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class Server(threading.Thread):
    """Serves pages until it is told to stop; what fails in it is logged, and never reaches the bot."""

    def __init__(self, served: Served, taken: socket.socket, within_s: float = ASKED_WITHIN_S) -> None:
        super().__init__(name=served.name, daemon=True)
        self._served = served
        self._taken = taken
        host, port, *_ = taken.getsockname()
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                served.app(),
                http=type("Impatient", (Impatient,), {"within_s": within_s}),
                h11_max_incomplete_event_size=LARGEST_REQUEST,
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=MOST_AT_ONCE + 1,  # it counts the one that asks, too
                timeout_keep_alive=5,
                timeout_graceful_shutdown=1,
            )
        )

    def run(self) -> None:
        """Serve."""
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        try:
            self._server.run(sockets=[self._taken])
        except Exception as error:
            log.error("a listener stopped", listener=self.name, error=type(error).__name__)
        finally:
            self._taken.close()

    def stop(self) -> None:
        """Answer what is under way, and no more; returns within two seconds, as the daemon must within ten."""
        self._server.should_exit = True
        self._served.stop()
        self.join(_STOP_S)
        self._served.close()


@contextmanager
def serving(served: Served, taken: socket.socket, within_s: float = ASKED_WITHIN_S) -> Iterator[Server]:
    """Serve something at an address that was taken, as long as the block lasts; a request must come `within_s`."""
    server = Server(served, taken, within_s)
    server.start()
    try:
        yield server
    finally:
        server.stop()
