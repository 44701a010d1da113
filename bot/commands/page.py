"""The lead's page beside the bot: served for as long as the daemon or the demo runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from socket import socket
from typing import Protocol

from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.settings import Misconfigured
from bot.store.scratch import looking
from bot.texts import Messages
from bot.web.app import site_of
from bot.web.server import Server, listening, serving
from bot.web.settings import Web
from bot.web.sign_in import strangers, tokens_of
from bot.web.source import Source
from bot.web.watch import Watch


class Shows(Protocol):
    """What the pages are told of an engine: the rulebook in force, and its texts."""

    @property
    def book(self) -> Rulebook:
        """The rulebook."""

    @property
    def messages(self) -> Messages:
        """Its texts."""


class Place:
    """An address that was taken, and who may log in there; nobody is answered before `serving`.

    Made before anything else is done, so that what is wrong with them is told at once. Raises Misconfigured.
    """

    def __init__(self, web: Web) -> None:
        self._web = web
        self._tokens = tokens_of(web)
        self._taken: socket = listening(web.listen)

    def prepare(self, book: Rulebook) -> Callable[[], None]:
        """Read the tokens anew; gives what has them count. Raises Misconfigured as at the start."""
        tokens = tokens_of(self._web)
        if unknown := list(strangers(self._web, tokens, book)):
            raise Misconfigured(*unknown)

        def put_in_force() -> None:
            self._tokens.update(tokens)
            for person in self._tokens.keys() - tokens.keys():
                del self._tokens[person]

        return put_in_force

    def close(self) -> None:
        """Let the address go."""
        self._taken.close()

    @contextmanager
    def serving(
        self, engine: Shows, store_url: str, now: Callable[[], Moment], browse: str, watch: Watch | None = None
    ) -> Iterator[Server]:
        """Serve the pages of an engine's desk, which shares with them no more than the rulebook in force.

        What `watch` answers to machines stands beside them.

        Raises Misconfigured where the configuration speaks of somebody whom the rulebook does not name, StoreError
        for a store that cannot be looked into from here, such as one in memory.
        """
        if unknown := list(strangers(self._web, self._tokens, engine.book)):
            raise Misconfigured(*unknown)
        with looking(store_url) as store:
            source = Source(store, lambda: engine.book, lambda: engine.messages, now, browse)
            with serving(site_of(self._web, source, engine.book.site, self._tokens, watch), self._taken) as server:
                yield server
