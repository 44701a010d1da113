"""The course of a simulation: its clock, what is to happen when, and what happened."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from typing import Any

from bot.core.ticket import Moment
from bot.sandbox.clock import Clock

_TRACED = 400


@dataclass(order=True)
class _Waiting:
    at: Moment
    number: int
    act: Callable[[], None] = field(compare=False)


class Course:
    """True time, which Jira's clock shows, and the bot's, which is `skew_s` ahead of it.

    `undo` is what lasts for now, and is undone in time.
    """

    def __init__(self, starts_at: Moment, poll_s: int) -> None:
        self.clock = Clock(starts_at * 1000)
        self.poll_s = poll_s
        self.skew_s = 0
        self.undo: dict[int, Callable[[], None]] = {}
        self._numbers = count()
        self._queue: list[_Waiting] = []
        self._wanted: list[Moment] = []
        self._hash = sha256()
        self._lines: deque[str] = deque(maxlen=_TRACED)

    @property
    def now(self) -> Moment:
        """True time, which Jira's clock shows."""
        return self.clock() // 1000

    @property
    def bot_now(self) -> Moment:
        """What the bot's clock shows."""
        return self.now + self.skew_s

    def at(self, moment: Moment, act: Callable[[], None]) -> None:
        """Have something happen at a moment; at once where that is past."""
        heapq.heappush(self._queue, _Waiting(moment, next(self._numbers), act))

    def lasting(self, for_s: int, undo: Callable[[], None]) -> None:
        """Have something undone after so many seconds, or when the calm comes, whichever is first."""
        number = next(self._numbers)

        def end() -> None:
            if self.undo.pop(number, None) is not None:
                undo()
                self.want(self.poll_s)

        self.undo[number] = undo
        self.at(self.now + for_s, end)

    def want(self, in_s: int) -> None:
        """Want a cycle so many seconds from now."""
        heapq.heappush(self._wanted, self.now + in_s)

    def pass_ms(self, ms: int) -> None:
        """Let time pass while the bot is at work; what is due meanwhile happens."""
        until = self.clock() + ms
        while self._queue and self._queue[0].at * 1000 <= until:
            waiting = heapq.heappop(self._queue)
            self.clock.set(max(self.clock(), waiting.at * 1000))
            waiting.act()
        self.clock.set(max(self.clock(), until))

    def trace(self, line: str) -> None:
        """Note what happens, for the hash of the run and for who reads of its failure."""
        told = f"{self.clock()} {line}"
        self._hash.update(told.encode() + b"\n")
        self._lines.append(told)

    def traced(self) -> Any:
        """The hash of all that was noted, to go on with."""
        return self._hash.copy()

    @property
    def lines(self) -> list[str]:
        """The last of what happened."""
        return list(self._lines)
