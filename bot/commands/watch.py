"""What machines ask of the daemon, served for as long as it runs: whether it lives, is ready, and its figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bot.core.ticket import Moment
from bot.engine.engine import Engine
from bot.engine.tally import Tally
from bot.settings import metrics_token_of
from bot.store.store import Store
from bot.web.metrics import Watched
from bot.web.server import Server, listening, serving
from bot.web.settings import Metrics
from bot.web.watch import Token, Watch

if TYPE_CHECKING:
    from bot.commands.station import Station


class Lookout:
    """The address that was taken for figures, if they have one of their own, and the token that they ask for.

    Made before anything else is done, so that what is wrong with them is told at once. Raises Misconfigured.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._token = Token(metrics_token_of(metrics))
        self._taken = None if metrics.listen is None else listening(metrics.listen, "metrics.listen")

    def prepare(self) -> Callable[[], None]:
        """Read the token anew; gives what has it count. Raises Misconfigured as at the start."""
        token = metrics_token_of(self._metrics)
        return lambda: self._token.set(token)

    def close(self) -> None:
        """Let the address go."""
        if self._taken is not None:
            self._taken.close()

    @contextmanager
    def watching(
        self, watched: Sequence[Watched], process: Tally, waiting: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Watch, Server | None]]:
        """Watch desks, of which there become more while it is `waiting`; what answers, and its own server."""
        watch = Watch(self._metrics, watched, process, self._token, waiting)
        if self._taken is None:
            yield watch, None
            return
        with serving(watch, self._taken) as server:
            yield watch, server


def watched(engine: Engine, store: Store, tally: Tally, refused: Mapping[str, Callable[[], bool]]) -> Watched:
    """What is told of the desk of an engine that one process works on; `store` is opened for reading alone."""
    return Watched(engine.book.site, store, tally, now, lambda: engine, lambda: engine.store.turned, refused)


def watched_together(station: Station, store: Store, tally: Tally) -> Watched:
    """What is told of a desk that several processes work on, as this one has it."""
    refused = {"rulebook": lambda: station.is_refusing}
    engine, turned = (lambda: station.engine), (lambda: station.turned)
    return Watched(station.name, store, tally, now, engine, turned, refused, together=True)


def now() -> Moment:
    """Give the moment."""
    return int(time.time())
