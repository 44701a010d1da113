"""`make bench`: how fast the bot is beside a floor and beside its peers, all in one run, as tables.

The floor is what nothing can go below: the same bytes only decoded, the same requests only sent. Peers are what
a script of one's own would do with the usual package. Ratios keep when the machine changes; seconds do not.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from backtesting import backtests
from charting import drawings, memory, told
from cycling import CHANGED, bench
from desk import NOW_S, bound, loaded, observing
from digesting import digests
from hours import working_time
from judging import judgements
from loading import large, loads
from measure import machine, show
from reading import readings, real, ticket
from starting import starts
from tickets import SEED, issues
from ticking import open_clocks, standings

from bot import logs

READ, JUDGED, CLOCKS, DIGESTED = 500, 1000, 100_000, 10_000
DESKS = ((1000, 1), (5000, 0))
"""Tickets on the desk, and the rounds of a script that asks for all of them though nothing changed."""

ENTRIES = ("people", "queues", "routes", "completeness", "policies", "deadlines", "ladders")
ROUNDS = 5
BACKTESTED, SAMPLE = 100_000, 20


def main() -> None:
    """Measure everything and print it."""
    began = time.monotonic()
    logs.configure("error", "text")
    print(machine())
    print(f"Synthetic issues from seed {SEED}.")
    show("Start: the whole process", starts(9))
    raw = [json.dumps(each, ensure_ascii=False).encode() for each in issues(JUDGED)]
    with TemporaryDirectory() as folder:
        desk, binding = bound(observing(Path(folder)), loaded(()))
    size = sum(map(len, raw[:READ])) / READ / 1024
    show(f"Reading {READ} issues, {size:.0f} KB each with history and comments", readings(raw[:READ], binding, 5))
    if real_ones := real():
        size = sum(map(len, real_ones)) / len(real_ones) / 1024
        show(f"Reading {len(real_ones)} real issues, {size:.0f} KB each", readings(real_ones, binding, 3))
    with TemporaryDirectory() as folder:
        entries = large(Path(folder) / "rules").book.entries
        amount = sum(len(getattr(entries, name)) for name in ENTRIES)
        show(f"Loading a rulebook of {amount} entries, processor time", loads(Path(folder) / "rules", 9))
    show(f"Judging {JUDGED} tickets", judgements([ticket(each, binding) for each in raw], desk.book, NOW_S, 5))
    mirrored = [ticket(json.dumps(each, ensure_ascii=False).encode(), binding) for each in issues(DIGESTED)]
    show(
        f"The digest of a desk of {DIGESTED:,} tickets in two years, processor time",
        digests(mirrored, desk.book, NOW_S, ROUNDS),
    )
    show("The charts of a digest, processor time of the child process", drawings(ROUNDS))
    print(told(memory()))
    working_time()
    show(f"{CLOCKS:,} open clocks brought up to date, processor time", standings(open_clocks(CLOCKS), ROUNDS))
    for size_, whole_rounds in DESKS:
        with bench(size_) as desk_:
            show(f"A desk of {size_} tickets: the first cycle reads it whole", desk_.first())
            show(f"A desk of {size_} tickets: nothing changed", desk_.poll(0, ROUNDS, whole_rounds))
            show(f"A desk of {size_} tickets: {CHANGED} changed", desk_.poll(CHANGED, ROUNDS, 1))
            show(f"A desk of {size_} tickets: the sweep", desk_.sweep(ROUNDS))
    backtests(BACKTESTED, SAMPLE)
    print(f"\nMeasured in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
