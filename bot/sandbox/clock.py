"""The sandbox's clock: real time until somebody sets it, so that weeks can pass in seconds."""

from __future__ import annotations

import time


class Clock:
    """Tells UTC milliseconds when called; stands still once it was set, and moves only by `set` and `advance`.

    The bot may share it: hand the same object to both.
    """

    def __init__(self, now_ms: int | None = None) -> None:
        self._set_ms = now_ms

    def __call__(self) -> int:
        """Return now, in UTC milliseconds."""
        return time.time_ns() // 1_000_000 if self._set_ms is None else self._set_ms

    @property
    def real(self) -> bool:
        """Tell whether real time is shown."""
        return self._set_ms is None

    def set(self, now_ms: int | None) -> None:
        """Stand still at `now_ms` (UTC milliseconds), or follow real time again when None."""
        self._set_ms = now_ms

    def advance(self, by_ms: int) -> None:
        """Stand still `by_ms` milliseconds later than now."""
        self._set_ms = self() + by_ms
