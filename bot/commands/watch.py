"""What machines ask of the daemon, served for as long as it runs: whether it lives, is ready, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from bot.core.ticket import Moment
from bot.engine.engine import Engine
from bot.engine.tally import Tally
from bot.settings import metrics_token_of
from bot.store.scratch import looking
from bot.web.metrics import Watched
from bot.web.server import Server, listening, serving
from bot.web.settings import Metrics
from bot.web.watch import Token, Watch


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
        self,
        engine: Engine,
        store_url: str,
        tally: Tally,
        now: Callable[[], Moment],
        refused: Mapping[str, Callable[[], bool]],
    ) -> Iterator[tuple[Watch, Server | None]]:
        """Watch an engine; what answers, and the server of its own address. Raises StoreError as `looking` does."""
        with looking(store_url) as store:
            watch = Watch(self._metrics, Watched(engine, store, tally, now, refused), self._token)
            if self._taken is None:
                yield watch, None
                return
            with serving(watch, self._taken) as server:
                yield watch, server
