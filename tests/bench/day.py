"""A day of a large desk in fast time: 1,440 cycles, 1 % of the tickets changed an hour, sweeps, purge and digest.

Run as a script it lives that day in a process of its own and prints what it took as JSON: so its memory is the bot's.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
from big_desk import ASKED, COMMENT, TAKEN, BigDesk
from desk import NOW_S, bound, loaded
from measure import amount
from reading import ticket
from tickets import SEED, issues

from bot import logs
from bot.core.retention import Retention
from bot.core.rulebook import Rulebook
from bot.engine.cycle import cycle
from bot.engine.engine import Engine, Post
from bot.engine.mailer import Mail
from bot.engine.poll import reconcile_due
from bot.report.compose import DigestComposer
from bot.shipped import rules_folder
from bot.store.store import open_store

CYCLES, MINUTE_S, PATTERNS = 1440, 60, 200
SHARE = 0.01
"""How much of the desk changes in an hour."""

_MIB = 1 << 20
_STATM_PAGE = 4096


class Kind(NamedTuple):
    """What cycles of a kind took: how many, processor seconds in the middle and at most, and bytes at most."""

    count: int
    median_s: float
    most_s: float
    peak: int


class Day(NamedTuple):
    """A day: its cycles by kind, memory at its hours, and how fast it grew in its second half, in bytes an hour.

    By then there was a cycle of every kind.
    """

    kinds: dict[str, Kind]
    hours: list[int]
    growth: float
    changed: int
    judged: int
    said: int
    digests: int
    store: int


class _Discarding:
    """A mail server that takes every letter and keeps none."""

    def __init__(self) -> None:
        self.taken = 0

    def send(self, mail: Mail) -> None:
        """Take a letter."""
        self.taken += 1

    def close(self) -> None:
        """Nothing is open."""


def rulebook_of_today(book: Rulebook) -> Rulebook:
    """The rulebook gone live with the first cycle, for a desk of this size: what was due before counts as done."""
    entries, live = book.entries, {"since": book.calendar.day_of(NOW_S)}
    return replace(
        book,
        entries=entries.model_copy(
            update={
                "manners": entries.manners.model_copy(update={"budget": 10**6, "ceiling": 10**6}),
                "routes": tuple(each.model_copy(update=live) for each in entries.routes),
                "completeness": tuple(each.model_copy(update=live) for each in entries.completeness),
                "ladders": tuple(each.model_copy(update=live) for each in entries.ladders),
            }
        ),
    )


def lived(count: int, cycles: int = CYCLES) -> Day:
    """Live a day of a desk with so many open tickets in this process."""
    logs.configure("error", "text")
    desk, binding = bound(rules_folder() / "keskkonnaamet", loaded(()))
    book = rulebook_of_today(desk.book)
    patterns = [ticket(msgspec.json.encode(each), binding) for each in issues(PATTERNS)]
    patterns = [each for each in patterns if book.states[each.state].standing == "open"]
    tracker, mailer, chance = BigDesk(patterns, count), _Discarding(), random.Random(SEED)
    calendar = book.calendar
    start = calendar.end_of_day(calendar.next_working_day(calendar.day_of(NOW_S)) - timedelta(days=1))
    post = Post(
        mailer, {person: f"{person}@example.ee" for person in book.languages}, composer=DigestComposer("", 10**8)
    )
    samples: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    memory: list[int] = []
    totals = dict.fromkeys(("changed", "judged", "said", "digests"), 0)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "day.db"
        with closing(open_store(f"sqlite:///{file}")) as store:
            engine = Engine(
                tracker, store, book, desk.messages, binding.fingerprint, post=post, retention=Retention()
            )
            for n in range(-1, cycles):
                now = tracker.now = start + n * MINUTE_S
                changes = 0 if n < 0 else int((n + 1) * count * SHARE / 60) - int(n * count * SHARE / 60)
                for _ in range(changes):
                    tracker.act(chance.randrange(count), chance.choice((COMMENT, COMMENT, TAKEN, ASKED)))
                kind = (
                    "the first: all read and judged"
                    if n < 0
                    else "with a sweep"
                    if reconcile_due(engine, now)
                    else "others"
                )
                _forget_peak()
                began = time.process_time()
                report = cycle(engine, now)
                took = time.process_time() - began
                if report.unreachable or report.troubles or report.failing or report.batched:
                    raise SystemExit(f"not the day that was meant: {report}")
                kind = "with a digest" if report.digests else kind
                samples[kind].append((took, _peak()))
                memory.append(_resident())
                totals["changed"] += report.changed
                totals["judged"] += report.judged
                totals["said"] += len(report.said)
                totals["digests"] += len(report.digests)
        size = file.stat().st_size
    late = memory[len(memory) // 2 :]
    growth = linear_regression(range(len(late)), late).slope * 60 if len(late) > 1 else 0.0
    return Day({kind: _summed(those) for kind, those in samples.items()}, memory[::60], growth, **totals, store=size)


def _summed(those: Sequence[tuple[float, int]]) -> Kind:
    seconds = sorted(took for took, _ in those)
    return Kind(len(those), seconds[len(seconds) // 2], seconds[-1], max(peak for _, peak in those))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * _STATM_PAGE


def _peak() -> int:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _forget_peak() -> None:
    """Have the kernel's figure of most memory begin anew with what is held now."""
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def days(count: int, cycles: int = CYCLES) -> Day:
    """Live the day in a process of its own."""
    words = [sys.executable, __file__, str(count), str(cycles)]
    done = subprocess.run(words, stdout=subprocess.PIPE, check=True)
    return msgspec.json.decode(done.stdout, type=Day)


def show_day(count: int, cycles: int = CYCLES) -> None:
    """Print what a day of a desk with so many open tickets takes."""
    day = days(count, cycles)
    print(f"\n### A day of a desk of {count:,} open tickets: {cycles:,} cycles, 1 % changed an hour\n")
    print("| cycles | how many | processor time, median | most | memory at most |")
    print("|---|---:|---:|---:|---:|")
    for kind, taken in day.kinds.items():
        most = f"{amount(taken.median_s)} | {amount(taken.most_s)} | {taken.peak / _MIB:.0f} MiB"
        print(f"| {kind} | {taken.count} | {most} |")
    hours = ", ".join(f"{each / _MIB:.0f}" for each in day.hours[:: max(1, len(day.hours) // 12)])
    print(f"\nMemory after the first cycle and then through the day, in MiB: {hours}.")
    print(f"Growth in the second half of the day: {day.growth / 1024:+.0f} KiB an hour.")
    acts = f"{day.changed:,} tickets read, {day.judged:,} judged, {day.said:,} comments, {day.digests} digests"
    print(f"{acts}; the database had {day.store / _MIB:.0f} MiB at the end.")


if __name__ == "__main__":
    sys.stdout.buffer.write(msgspec.json.encode(lived(int(sys.argv[1]), int(sys.argv[2]))))
