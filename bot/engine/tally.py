"""What one process counts of its own work since it began, for whoever watches it: counts that only go up."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from bot.core.ticket import Moment
from bot.engine.engine import Report

Outcome = Literal["through", "slowed", "unreachable", "denied", "fenced", "database", "failed"]
"""How a cycle ended: it came through; some kinds of requests were to wait; the tracker was away; the account was not
let in; another process had the lease; the database could not be used; or by a mistake in the bot."""

OUTCOMES: tuple[Outcome, ...] = ("through", "slowed", "unreachable", "denied", "fenced", "database", "failed")

CYCLE_S = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
REQUEST_S = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


@dataclass
class Spread:
    """How many amounts of seconds were at most each of the `bounds`, and beyond the last; and their sum."""

    bounds: tuple[float, ...]
    sum_s: float = 0.0
    counts: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def add(self, seconds: float) -> None:
        """Count one."""
        self.counts[bisect_left(self.bounds, seconds)] += 1
        self.sum_s += seconds


@dataclass
class Tally:
    """Cycles by how they ended, what they did, and the requests that they sent.

    `requests` are counted by the site asked, the kind of request and what became of it; `request_s` by the site.
    `through_at` is when the last cycle ended that came through. `lines` are the warnings and errors logged, by their
    level. `clock` gives seconds that nobody can set.
    """

    clock: Callable[[], float] = time.monotonic
    cycles: Counter[Outcome] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    requests: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    cycle_s: Spread = field(default_factory=lambda: Spread(CYCLE_S))
    request_s: dict[str, Spread] = field(default_factory=dict)
    through_at: Moment = 0
    _ended_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._ended_s = self.clock()

    @property
    def idle_s(self) -> float:
        """For how many seconds no cycle has ended, nor the process begun or been alive otherwise."""
        return self.clock() - self._ended_s

    def cycle(self, outcome: Outcome, at: Moment, seconds: float, report: Report | None = None) -> None:
        """Count a cycle that ended at a moment, after so many seconds; `report` is there where it could begin."""
        self.cycles[outcome] += 1
        self.cycle_s.add(seconds)
        self._ended_s = self.clock()
        if outcome in ("through", "slowed"):
            self.through_at = at
        if report is not None:
            self.done.update(
                changed=report.changed,
                judged=report.judged,
                comments=len(report.said),
                amended=len(report.amended),
                letters=len(report.letters),
                digests=len(report.digests),
                gone=report.gone,
                removed=report.removed,
            )

    def request(self, site: str, kind: str, outcome: str, seconds: float) -> None:
        """Count a request that was sent, and how long its answer took."""
        self.requests[site, kind, outcome] += 1
        self.request_s.setdefault(site, Spread(REQUEST_S)).add(seconds)

    def alive(self) -> None:
        """Know that the process goes on, though no cycle of its own ended: another has them all."""
        self._ended_s = self.clock()

    def line(self, level: str) -> None:
        """Count a line of the log."""
        self.lines[level] += 1


def outcome_of(report: Report) -> Outcome:
    """How a cycle ended that could begin."""
    if report.denied:
        return "denied"
    if report.unreachable is not None:
        return "unreachable"
    return "slowed" if report.slowed else "through"
