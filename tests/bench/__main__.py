"""`make bench`: how fast the bot is beside a floor and beside its peers, all in one run, as tables.

The floor is what nothing can go below: the same bytes only decoded, the same requests only sent. Peers are what
a script of one's own would do with the usual package. Ratios keep when the machine changes; seconds do not.
"""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cycling
from backtesting import backtests
from charting import drawings, memory, told
from day import show_day
from desk import NOW_S, bound, loaded, observing
from digesting import digests
from growing import show_growth
from judging import judgements
from loading import large, loads
from measure import machine, show
from reading import readings, real, ticket
from starting import daemon_starts, starts
from tickets import SEED, issues
from working import show_workers

from bot import logs
from bot.jira.binding import Binding
from bot.start import Desk

READ, JUDGED, CLOCKS, DIGESTED = 500, 1000, 100_000, 10_000
DESKS = (("cloud", 1000, 7, 3), ("cloud", 10_000, 7, 1), ("dc", 10_000, 7, 0), ("cloud", 100_000, 5, 0))
"""Kinds of Jira, open tickets, rounds, and those of the peer, which takes minutes for ten thousand tickets."""

ENTRIES = ("people", "queues", "routes", "completeness", "policies", "deadlines", "ladders")
ROUNDS = 5
BACKTESTED, SAMPLE = 100_000, 20


MILLION, MILLION_BYTES = 1_000_000, 25 * 10**9
DAY, LARGE_DAY = 10_000, 100_000
GREW, YEARLY = 2000, 100_000


def _starts() -> None:
    show("Start: the whole process", starts(9))
    show("Start of the daemon, until its first request: processor time, and time", daemon_starts(5))


def _reading() -> None:
    raw, (_, binding) = _raw(READ), _bound()
    size = sum(map(len, raw)) / READ / 1024
    show(f"Reading {READ} issues, {size:.0f} KB each with history and comments", readings(raw, binding, 5))
    if real_ones := real():
        size = sum(map(len, real_ones)) / len(real_ones) / 1024
        show(f"Reading {len(real_ones)} real issues, {size:.0f} KB each", readings(real_ones, binding, 3))


def _loading() -> None:
    with TemporaryDirectory() as folder:
        entries = large(Path(folder) / "rules").book.entries
        amount = sum(len(getattr(entries, name)) for name in ENTRIES)
        show(f"Loading a rulebook of {amount} entries, processor time", loads(Path(folder) / "rules", 9))


def _judging() -> None:
    desk, binding = _bound()
    tickets = [ticket(each, binding) for each in _raw(JUDGED)]
    show(f"Judging {JUDGED} tickets", judgements(tickets, desk.book, NOW_S, 5))


def _digest() -> None:
    desk, binding = _bound()
    mirrored = [ticket(each, binding) for each in _raw(DIGESTED)]
    rows = digests(mirrored, desk.book, NOW_S, ROUNDS)
    show(f"The digest of a desk of {DIGESTED:,} tickets in two years, processor time", rows)
    show("The charts of a digest, processor time of the child process", drawings(ROUNDS))
    print(told(memory()))


def _hours() -> None:
    from hours import working_time  # with peers that are large packages

    working_time()


def _clocks() -> None:
    from ticking import open_clocks, standings

    show(f"{CLOCKS:,} open clocks brought up to date, processor time", standings(open_clocks(CLOCKS), ROUNDS))


def _cycle() -> None:
    cycling.show([cycling.measure(*each) for each in DESKS])


def _growth() -> None:
    desk, binding = _bound()
    show_growth([ticket(each, binding) for each in _raw(GREW)], desk.book, YEARLY)


def _raw(count: int) -> list[bytes]:
    return [json.dumps(each, ensure_ascii=False).encode() for each in issues(count)]


def _bound() -> tuple[Desk, Binding]:
    with TemporaryDirectory() as folder:
        return bound(observing(Path(folder)), loaded(()))


PARTS: dict[str, Callable[[], None]] = {
    "start": _starts,
    "reading": _reading,
    "loading": _loading,
    "judging": _judging,
    "digest": _digest,
    "hours": _hours,
    "clocks": _clocks,
    "cycle": _cycle,
    "growth": _growth,
    "day": lambda: show_day(DAY),
    "backtest": lambda: backtests(BACKTESTED, SAMPLE),
}
LONG: dict[str, Callable[[], None]] = {
    "million": lambda: backtests(MILLION, SAMPLE, MILLION_BYTES),
    "large-day": lambda: show_day(LARGE_DAY),
    "workers": show_workers,
}
"""What takes longer than all the rest together: only where it is asked for by name."""


def main() -> None:
    """Measure what is asked for, or all but what is long, and print it."""
    parser = ArgumentParser(description=__doc__)
    names = [*PARTS, *LONG]
    parser.add_argument("--only", help=f"parts to measure, with commas between them: {', '.join(names)}")
    only = parser.parse_args().only
    wanted = list(PARTS) if only is None else only.split(",")
    if unknown := [name for name in wanted if name not in names]:
        parser.error(f"no such parts: {', '.join(unknown)}; there are {', '.join(names)}")
    began = time.monotonic()
    logs.configure("error", "text")
    print(machine())
    print(f"Synthetic issues from seed {SEED}.")
    for name in wanted:
        (PARTS | LONG)[name]()
    print(f"\nMeasured in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
