"""What stands before every page: names it is reached by, methods, and the headers that no answer goes without."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger()

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
"""What every answer says; a page or a file that says otherwise itself keeps its own."""

READS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Guard:
    """Lets through to the pages what is asked of one of the `hosts`, by a method that reads; posts to `posts` alone.

    Without `hosts` any name will do.

    Whatever fails in a page is an answer that `say` makes of a status, without a word of what went wrong; the log has
    the kind of the error alone, since its text may quote a ticket.
    """

    app: ASGIApp
    hosts: frozenset[str] | None
    posts: frozenset[str]
    say: Callable[[Request, int], Response]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        began = False

        async def answer(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                headers = MutableHeaders(raw=message["headers"])
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if message["status"] == 405:
                    headers.setdefault("Allow", self._allowed(scope["path"]))
            await send(message)

        request = Request(scope, receive)
        refused = self._refused(scope)
        try:
            await (self.app if refused is None else self.say(request, refused))(scope, receive, answer)
        except Exception as error:
            log.error("a page failed", path=_pattern(scope), error=type(error).__name__)
            if not began:
                await self.say(request, 500)(scope, receive, answer)

    def _allowed(self, path: str) -> str:
        """What an answer must say that refuses a method."""
        return "GET, HEAD, POST" if path in self.posts else "GET, HEAD"

    def _refused(self, scope: Scope) -> int | None:
        """The status of what is not let through."""
        if self.hosts is not None and host_of(Headers(scope=scope).getlist("host")) not in self.hosts:
            return 421
        if scope["method"] in READS or (scope["method"] == "POST" and scope["path"] in self.posts):
            return None
        return 405


def host_of(written: Iterable[str]) -> str | None:
    """The name in the one Host header, in small letters and without a port; None where there is not just one."""
    names = list(written)
    if len(names) != 1:
        return None
    name = names[0].strip().lower()
    if name.startswith("["):
        return name.partition("]")[0][1:]
    return name.partition(":")[0].rstrip(".")


def _pattern(scope: Scope) -> str:
    """The path for the log, without what was asked for in it."""
    return "/" + str(scope["path"]).lstrip("/").partition("/")[0][:40]
