"""A Jira that answers by a script, and a clock that only waiting moves: what the client's tests have in common."""

from __future__ import annotations

import msgspec

URL = "https://jira.example"
NOW = 1_794_816_000

Given = tuple[int, dict[str, str], str] | Exception
OK: Given = (200, {}, '{"id": "7"}')


class Thing(msgspec.Struct):
    id: str


class Waiting:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = float(NOW)
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept.append(round(seconds, 3))
