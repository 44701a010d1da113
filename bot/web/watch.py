"""What machines ask of the bot: whether it lives, whether it is ready, and its figures."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from anyio import to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from bot.engine.tally import Tally
from bot.secret import Secret
from bot.web.guard import Guard
from bot.web.settings import Metrics, address, is_loopback

if TYPE_CHECKING:  # the figures' library is imported when they are asked for first
    from bot.web.metrics import Watched

READINESS = ("database", "jira", "lease", "rulebook")
"""What a bot is ready with, each in a word."""

_AT_ONCE = 2
_LOOPBACK = ("127.0.0.0/8", "::1")
_SAID = {
    401: "401: the token is missing or wrong\n",
    403: "403: not for this address; see `allow` under [metrics]\n",
    404: "404: there are /livez, /readyz and /metrics\n",
    405: "405: only GET and HEAD\n",
    421: "421: not by this name\n",
    500: "500: a mistake in the bot; its log has the kind\n",
}


@dataclass
class Token:
    """What whoever asks for figures must bear; None where nothing is asked for. It may change while it is asked."""

    value: Secret | None = None

    def set(self, value: Secret | None) -> None:
        """Have another one count from now on."""
        self.value = value


@dataclass(frozen=True)
class Watch:
    """Answers machines, at an address of its own or beside the pages, by what the configuration says of `metrics`.

    `watched` are the desks of the process, one or more; `process` counted what is no desk's. While the process is
    `waiting` for one more desk, which is not among them, as neither its configuration nor its database could be used
    so far, nothing of that one is as it should be.

    The process counts as dead when no cycle has ended for `live_s` seconds. `token` is what whoever asks for figures
    must bear.
    """

    metrics: Metrics
    watched: Sequence[Watched]
    process: Tally
    token: Token = field(default_factory=Token)
    waiting: Callable[[], bool] = lambda: False

    def routes(self) -> Sequence[Route]:
        """Give the paths that there are."""
        return [
            Route("/livez", self._live),
            Route("/readyz", self._ready),
            *([Route("/metrics", self._figures)] if self.metrics.listen or self.token.value else []),
        ]

    @property
    def name(self) -> str:
        """What its listener is called."""
        return "metrics"

    def app(self) -> ASGIApp:
        """Make the application of a listener of its own."""
        host, _ = address(self.metrics.listen or "127.0.0.1:0")
        hosts = frozenset({"127.0.0.1", "localhost", "::1", host}) if is_loopback(host) else None
        inner = Router(list(self.routes()), default=_plain(404), redirect_slashes=False)
        return Guard(inner, hosts, frozenset(), lambda request, status: _plain(status))

    def stop(self) -> None:
        """Nothing goes on by itself here."""

    def close(self) -> None:
        """Nothing is left open here."""

    # Answers

    async def _live(self, request: Request) -> Response:
        is_live = self.process.idle_s <= self.metrics.live_s
        return _answer(is_live, {"live": is_live})

    async def _ready(self, request: Request) -> Response:
        found = await self._looked(self._found)
        is_ready = all(found.values())
        return _answer(is_ready, {"ready": is_ready, **found})

    def _found(self) -> Mapping[str, bool]:
        """What is as it should be with every desk."""
        desks = [each.ready(self.metrics.ready_s) for each in list(self.watched)]
        is_whole = bool(desks) and not self.waiting()
        return {what: is_whole and all(desk[what] for desk in desks) for what in READINESS}

    async def _figures(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        from prometheus_client.exposition import choose_encoder

        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(await self._looked(encode, self._registry), media_type=None, headers={"Content-Type": kind})

    @cached_property
    def _registry(self) -> Any:
        from bot.web.metrics import registry_of

        return registry_of(self.watched, self.process)

    async def _looked(self, ask: Any, *given: Any) -> Any:
        """Ask the database, in a thread that waits for it."""
        to_thread.current_default_thread_limiter().total_tokens = _AT_ONCE
        return await run_in_threadpool(ask, *given)

    def _refused(self, request: Request) -> Response | None:
        """Why figures are not for whoever asks; None where they are."""
        networks = self.metrics.allow or (() if self.token.value else _LOOPBACK)
        if networks and not _is_of(request.client.host if request.client else "", networks):
            return _plain(403)
        if (token := self.token.value) is None:
            return None
        scheme, _, borne = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(
            borne.strip().encode(), token.get_secret_value().encode()
        ):
            return None
        refusal = _plain(401)
        refusal.headers["WWW-Authenticate"] = "Bearer"
        return refusal


def _is_of(peer: str, networks: Sequence[str]) -> bool:
    """Whether an address is of one of the networks; one of IPv4 that came by IPv6 is the same."""
    try:
        found = ip_address(peer)
    except ValueError:
        return False
    bare = getattr(found, "ipv4_mapped", None) or found
    return any(bare in ip_network(each) for each in networks)


def _answer(is_well: bool, said: Mapping[str, bool]) -> Response:
    return JSONResponse(dict(said), 200 if is_well else 503)


def _plain(status: int) -> Response:
    return PlainTextResponse(_SAID.get(status, f"{status}\n"), status)
