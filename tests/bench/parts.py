"""All that `make bench` measures, part by part; each is measured in a process of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import cycling
from asking import searches
from backtesting import LARGER, SMALLER, backtests, by_the_hour
from charting import drawings, memory, told
from comparing import show_alike
from day import show_day
from desk import NOW_S, bound, loaded, observing
from digesting import digests
from growing import show_growth
from judging import judgements
from loading import large, loads
from measure import children_s, show
from reading import readings, real, ticket
from starting import daemon_starts, starts
from stepping import steps
from tickets import issues
from working import show_workers

from bot.core.ticket import Ticket
from bot.jira.binding import Binding
from bot.start import Desk

Blocks = Mapping[str, str] | None
"""Blocks of a part that stand elsewhere than its own, by name."""

ENTRIES = ("people", "queues", "routes", "completeness", "policies", "deadlines", "ladders")
ROUNDS = 5


class Given(NamedTuple):
    """What a part is given: a folder for large files, and the share of its size that is measured, 1 but to try it."""

    data: Path
    share: float

    def of(self, count: int) -> int:
        """So many, or the share of them."""
        return max(min(count, 20), round(count * self.share))

    def rounds(self, many: int) -> int:
        """So many rounds, or one to try it."""
        return many if self.share == 1 else min(many, 1)


class Part(NamedTuple):
    """What measures and prints, and how many seconds that takes on a quiet machine.

    `alone` is for what wants all cores or no noise, `is_long` for what is measured only where it is asked for.
    """

    measure: Callable[[Given], Blocks]
    takes_s: int
    alone: bool = False
    is_long: bool = False


def _starts(given: Given) -> None:
    show("Whole processes, processor time", starts(given.rounds(9), children_s))
    show("Whole processes, time", starts(given.rounds(9), time.perf_counter))
    print("\n### The daemon until its first request (aim 1 s)\n")
    print("| | median | least to most |")
    print("|---|---:|---:|")
    for row in daemon_starts(given.rounds(7)):
        print(row.line())


def _reading(given: Given) -> None:
    raw, (_, binding) = _raw(given.of(500)), _bound()
    show(f"One of {len(raw)} issues, {_kilobytes(raw)} each", readings(raw, binding, given.rounds(5)), len(raw))
    if found := real(given.of(2114)):
        show(
            f"One of {len(found):,} real issues, {_kilobytes(found)} each",
            readings(found, binding, given.rounds(3)),
            len(found),
        )


def _loading(given: Given) -> None:
    with TemporaryDirectory() as folder:
        entries = large(Path(folder) / "rules").book.entries
        amount = sum(len(getattr(entries, name)) for name in ENTRIES)
        show(f"A rulebook of {amount} entries", loads(Path(folder) / "rules", given.rounds(9)))


def _judging(given: Given) -> None:
    desk, tickets = _read(given.of(1000))
    rows = judgements(tickets, desk.book, NOW_S, given.rounds(ROUNDS))
    show(f"One of {len(tickets):,} tickets", rows, len(tickets))


def _steps(given: Given) -> None:
    (desk, binding), raw = _bound(), _raw(given.of(300))
    show(f"One ticket of {len(raw)}, step by step", steps(raw, binding, desk.book, given.rounds(7)), len(raw))
    show("One search that finds nothing", searches(50, given.rounds(9)), 50)


def _digest(given: Given) -> None:
    desk, mirrored = _read(given.of(10_000))
    show(
        f"The digest of {len(mirrored):,} tickets of two years", digests(mirrored, desk.book, NOW_S, given.rounds(3))
    )
    show("Its charts, in a process of their own", drawings(given.rounds(3)))
    print(told(memory()))


def _hours(given: Given) -> None:
    from hours import working_time  # with peers that are large packages

    working_time()


def _clocks(given: Given) -> None:
    from ticking import open_clocks, standings

    count = given.of(100_000)
    show(f"{count:,} open clocks brought up to date", standings(open_clocks(count), given.rounds(ROUNDS)))


def _cycle(flavour: str, count: int, rounds: int, peer_rounds: int, also: str = "") -> Callable[[Given], Blocks]:
    def measured(given: Given) -> Blocks:
        found = cycling.measure(flavour, given.of(count), given.rounds(rounds), given.rounds(peer_rounds))
        cycling.show(found)
        return {also: cycling.a_thousand_desks(found)} if also else None

    return measured


def _growth(given: Given) -> None:
    desk, tickets = _read(given.of(2000))
    show_growth(tickets, desk.book, 100_000)


def _raw(count: int) -> list[bytes]:
    return [json.dumps(each, ensure_ascii=False).encode() for each in issues(count)]


def _kilobytes(raw: list[bytes]) -> str:
    return f"{sum(map(len, raw)) / len(raw) / 1024:.0f} KB with history and comments"


def _bound() -> tuple[Desk, Binding]:
    with TemporaryDirectory() as folder:
        return bound(observing(Path(folder)), loaded(()))


def _read(count: int) -> tuple[Desk, list[Ticket]]:
    desk, binding = _bound()
    return desk, [ticket(each, binding) for each in _raw(count)]


def _backtest(count: int, *names: str) -> Callable[[Given], None]:
    return lambda given: backtests(given.of(count), names, given.data)


PARTS: dict[str, Part] = {
    "start": Part(_starts, 40, alone=True),
    "cycle-1000": Part(_cycle("cloud", 1000, 9, 3), 40, alone=True),
    "cycle-10000": Part(_cycle("cloud", 10_000, 7, 1, "a-thousand-desks"), 120, alone=True),
    "cycle-100000": Part(_cycle("cloud", 100_000, 5, 0), 360),
    "cycle-100000-dc": Part(_cycle("dc", 100_000, 5, 0), 360),
    "cycle-10000-dc": Part(_cycle("dc", 10_000, 7, 0), 60),
    "backtest": Part(_backtest(100_000, SMALLER, LARGER), 180, alone=True),
    "million": Part(_backtest(1_000_000, SMALLER), 620, alone=True, is_long=True),
    "workers": Part(
        lambda given: show_workers((1, 2, 4)[: given.rounds(3)], each=given.of(20)), 170, alone=True, is_long=True
    ),
    "steps": Part(_steps, 15),
    "reading": Part(_reading, 40),
    "judging": Part(_judging, 15),
    "loading": Part(_loading, 15),
    "alike": Part(lambda given: show_alike(given.of(100_000), 1000), 20),
    "digest": Part(_digest, 90),
    "clocks": Part(_clocks, 20),
    "hours": Part(_hours, 60),
    "growth": Part(_growth, 60),
    "by-the-hour": Part(lambda given: by_the_hour(20), 20),
    "day": Part(lambda given: show_day(given.of(10_000)), 120),
    "million-larger": Part(_backtest(1_000_000, LARGER), 900, alone=True, is_long=True),
    "large-day": Part(lambda given: show_day(given.of(100_000)), 600, is_long=True),
}
"""In the order in which they are measured, so that what only tells something on a quiet machine comes first."""
