"""The server of the pages: a thread of its own beside the bot's, with its own way into the store."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn

from bot.settings import Misconfigured
from bot.web.app import Site
from bot.web.settings import address

log = structlog.get_logger()

_STOP_S = 1.2


def listening(listen: str) -> socket.socket:
    """Take the address that pages are served at. Raises Misconfigured where it cannot be had."""
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
        raise Misconfigured(f"web.listen {listen}: {why}") from None
    return taken


class Server(threading.Thread):
    """Serves pages until it is told to stop; what fails in it is logged, and never reaches the bot."""

    def __init__(self, site: Site, taken: socket.socket) -> None:
        super().__init__(name="web", daemon=True)
        self._site = site
        self._taken = taken
        host, port, *_ = taken.getsockname()
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                site.app(),
                http="h11",
                ws="none",
                loop="asyncio",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=64,
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
            log.error("the page stopped", error=type(error).__name__)
        finally:
            self._taken.close()

    def stop(self) -> None:
        """Answer what is under way, and no more; returns within two seconds, as the daemon must within ten."""
        self._server.should_exit = True
        self._site.snapshot.stopping = True
        self.join(_STOP_S)
        self._site.snapshot.close()


@contextmanager
def serving(site: Site, taken: socket.socket) -> Iterator[Server]:
    """Serve the pages at an address that was taken, as long as the block lasts."""
    server = Server(site, taken)
    server.start()
    try:
        yield server
    finally:
        server.stop()
