"""The pacing of an account whose requests come from several threads, and from processes that share its limit."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.jira.pacing import Call, Pacing, Patience, Turn


@dataclass
class SharedPacing(Pacing):
    """As `Pacing`, for several threads at once; `share` tells among how many processes the limit is divided."""

    _lock: threading.RLock = field(default_factory=threading.RLock)
    _processes: int = 1
    _whole: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._whole = self.per_minute

    def share(self, processes: int) -> None:
        """Keep to a part of the limit from now on, the same for each of so many processes."""
        with self._lock:
            if self._whole is not None and processes != self._processes:
                self._processes = processes
                self.bound(max(1, self._whole // processes))

    def turn(self, call: Call, now: float) -> Turn:
        """As `Pacing.turn`."""
        with self._lock:
            return super().turn(call, now)

    def count(self, call: Call, at: float) -> None:
        """As `Pacing.count`."""
        with self._lock:
            super().count(call, at)

    def slow_down(self, about: str, now: float, gap_s: float) -> None:
        """As `Pacing.slow_down`."""
        with self._lock:
            super().slow_down(about, now, gap_s)

    def ask(self, patience: Patience) -> bool:
        """As `Pacing.ask`."""
        with self._lock:
            return super().ask(patience)

    def to_remember(self, now: float) -> list[Patience]:
        """As `Pacing.to_remember`."""
        with self._lock:
            return super().to_remember(now)

    def recall(self, remembered: Iterable[Patience]) -> None:
        """As `Pacing.recall`, but nothing that is known is forgotten for less."""
        with self._lock:
            for each in remembered:
                self.ask(each)
