"""The circuit breaker: a Jira that is away is asked ever more rarely, by one request at a time. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

from bot.engine.restraint import Circuit

FAILURES = 6
"""So many requests in a row that nobody answered open it: more than the tries of one read."""

OVER_S = 60.0
"""If the first of them is at least so long ago, in seconds: a Jira that restarts is no outage."""

FIRST_S = 60.0
LONGEST_S = 600.0
"""How long it stays open at first and at most, in seconds; each vain try doubles it."""


@dataclass
class Breaker:
    """Its state changes by what became of requests; `jitter(low, high)` shortens its waits by up to three tenths.

    `circuit` is what others see of it.
    """

    jitter: Callable[[float, float], float]
    circuit: Circuit = field(default_factory=Circuit)
    _failures: int = 0
    _first_at: float = 0.0

    def lets_through(self, now: float, *, writes: bool) -> bool:
        """Whether a request may go now. When it is time to try again, one that only reads may, and no other."""
        circuit = self.circuit
        if circuit.state == "closed":
            return True
        is_time = now >= circuit.again_at or circuit.again_at - now > LONGEST_S + 1  # or the clock was set back
        if writes or not is_time:
            return False
        self.circuit = Circuit("half-open", circuit.since_at, circuit.because, circuit.again_at, circuit.tries)
        return True

    def succeeded(self, now: float) -> None:
        """Heed an answer of Jira's, whatever it said."""
        self._failures = 0
        if self.circuit.state != "closed":
            self.circuit = Circuit("closed", ceil(now))

    def failed(self, now: float, because: str) -> None:
        """Heed a request to which no answer came, or none of Jira's, or that it cannot answer now."""
        if self._failures == 0 or now < self._first_at:
            self._first_at = now
        self._failures += 1
        circuit = self.circuit
        if circuit.state == "half-open":
            self._open(circuit.since_at, because, now, circuit.tries + 1)
        elif circuit.state == "closed" and self._failures >= FAILURES and now - self._first_at >= OVER_S:
            self._open(ceil(self._first_at), because, now, 0)

    def _open(self, since_at: int, because: str, now: float, tries: int) -> None:
        wait_s = min(LONGEST_S, FIRST_S * 2.0 ** min(tries, 16)) * self.jitter(0.7, 1.0)
        self.circuit = Circuit("open", since_at, because, ceil(now + wait_s), tries)
