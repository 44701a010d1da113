"""`python -m simulation` in tests/: seeds lived through, for as long as one likes; what fails is made small."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import msgspec
import yaml

from simulation import runs
from simulation.events import Schedule
from simulation.schedules import schedule
from simulation.workers import Workers

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".simulation"
"""Where what was run is kept; Git ignores it."""


class Row(msgspec.Struct):
    """What is kept of a run: by which version, of which seed and days, and what came of it."""

    version: str
    seed: int
    days: int
    hash: str
    cpu_s: float
    counts: dict[str, int] = {}
    faults: dict[str, int] = {}
    failed: str | None = None
    killed: dict[str, int] = {}


def version() -> str:
    """The fingerprint of all that a run depends on: the bot, the rules, and the simulation without its own tests."""
    found = sha256()
    places = (ROOT / "bot", ROOT / "rules", Path(__file__).parent)
    files = (path for place in places for path in place.rglob("*") if path.suffix in _READ)
    for path in sorted(path for path in files if not path.name.startswith(_TESTS)):
        found.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return found.hexdigest()[:12]


_READ = frozenset((".py", ".yaml", ".jsonl", ".md", ".csv", ".ics"))
_TESTS = ("test_", "seeds.", "protections.")


def main(arguments: list[str]) -> int:
    """Run what is asked for; 1 when a law was broken."""
    parser = argparse.ArgumentParser(prog="simulation", description=__doc__)
    parser.add_argument("--seeds", default="0:10", help="FROM:TO, without TO")
    parser.add_argument("--days", type=int, default=10, help="days of each seed, and a calm one after them")
    parser.add_argument("--minutes", type=float, help="begin no other seed after so many minutes")
    parser.add_argument("--told", action="store_true", help="only tell what came of all that this version has run")
    parser.add_argument("--again", action="store_true", help="run seeds that this version has run, too")
    parser.add_argument("--replay", metavar="FILE", help="a schedule as a failure left it")
    parser.add_argument("--lines", type=int, default=10, help="lines of what happened last, where a law was broken")
    parser.add_argument("--shrink", type=float, default=60, help="seconds to make a failure smaller in; 0 not at all")
    parser.add_argument("--workers", action="store_true", help="each process hands the parts of its cycles to others")
    asked = parser.parse_args(arguments)
    live = with_workers if asked.workers else runs.run
    gc.set_threshold(50_000, 20, 10)
    if asked.replay:
        told = runs.read(yaml.safe_load(Path(asked.replay).read_text("utf-8")))
        return _told(live(told), asked.lines)
    if asked.told:
        _sum_up(mark := _mark(live), list(_done(mark, asked.days)), [])
        return 0
    first, last = map(int, asked.seeds.split(":"))
    return soak(
        range(first, last),
        asked.days,
        asked.minutes,
        again=asked.again,
        lines=asked.lines,
        shrink_s=asked.shrink,
        live=live,
    )


def with_workers(schedule: Schedule) -> runs.Outcome:
    """Live through a schedule as processes that work together."""
    return runs.run(schedule, kind=Workers)


Live = Callable[[Schedule], runs.Outcome]


def _mark(live: Live) -> str:
    """The version, and which kind of simulation it is lived through in."""
    return f"{version()} with workers" if live is with_workers else version()


def soak(
    seeds: range,
    days: int,
    minutes: float | None,
    *,
    again: bool = False,
    lines: int = 20,
    shrink_s: float = 60.0,
    live: Live = runs.run,
) -> int:
    """Run seeds that this version of the code has not run yet, and tell what came of them."""
    FOLDER.mkdir(exist_ok=True)
    mark, began, ends = _mark(live), time.monotonic(), None if minutes is None else minutes * 60
    before = [] if again else list(_done(mark, days))
    done = {each.seed for each in before}
    rows: list[Row] = []
    for seed in seeds:
        if seed in done:
            continue
        if ends is not None and time.monotonic() - began > ends:
            break
        outcome = live(schedule(seed, days))
        rows.append(_row(mark, seed, days, outcome))
        with (FOLDER / "done.jsonl").open("ab") as file:
            file.write(msgspec.json.encode(rows[-1]) + b"\n")
        if outcome.failed is not None:
            print(f"seed {seed}: {outcome.failed}", flush=True)
            _keep(seed, outcome, lines, shrink_s, live)
    _sum_up(mark, before, rows)
    return 1 if any(row.failed for row in (*before, *rows)) else 0


def _row(mark: str, seed: int, days: int, outcome: runs.Outcome) -> Row:
    counts = {
        "events": len(outcome.schedule.events),
        "cycles": outcome.cycles,
        "steps": outcome.said,
        "writes": outcome.wrote,
        "letters": outcome.mails,
        "kills": sum(outcome.killed.values()),
        "bytes looked through": sum(outcome.looked.values()),
    }
    return Row(
        mark, seed, days, outcome.trace_hash, outcome.cpu_s, counts, outcome.faults, outcome.failed, outcome.killed
    )


def _sum_up(mark: str, before: list[Row], rows: list[Row]) -> None:
    """Tell what came of all that this version has run, now and before."""
    every = [*before, *rows]
    total: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    killed: Counter[str] = Counter()
    for row in every:
        total.update(row.counts)
        killed.update(row.killed)
        faults.update(row.faults)
    days = sum(row.days + 1 for row in every)
    print(f"version {mark}: {len(every)} seeds, {len(rows)} of them now; {days} desk days")
    print(", ".join(f"{number} {name}" for name, number in total.items()))
    print("faults met: " + ", ".join(f"{number} {name}" for name, number in sorted(faults.items())))
    print("killed after passing: " + ", ".join(f"{number} {name}" for name, number in sorted(killed.items())))
    print(f"{sum(row.cpu_s for row in every):.0f} s of processor time")
    broken = [row.seed for row in every if row.failed]
    print(f"laws broken: {len(broken)}{f', by the seeds {broken}' if broken else ''}")


def _done(mark: str, days: int) -> Iterator[Row]:
    path = FOLDER / "done.jsonl"
    for line in path.read_bytes().splitlines() if path.exists() else ():
        row = msgspec.json.decode(line, type=Row)
        if (row.version, row.days) == (mark, days):
            yield row


def _keep(seed: int, outcome: runs.Outcome, lines: int, shrink_s: float, live: Live) -> None:
    small = runs.shrunk(outcome, shrink_s, live)
    path = FOLDER / f"seed-{seed}.yaml"
    path.write_text(runs.written(small.schedule), "utf-8")
    print(f"  {len(small.schedule.events)} of {len(outcome.schedule.events)} events are enough: {small.failed}")
    print(f"  cd tests; python -m simulation{' --workers' * (live is with_workers)} --replay {path}")
    for line in small.lines[-lines:]:
        print("   ", line[:300])


def _told(outcome: runs.Outcome, lines: int) -> int:
    for line in outcome.lines[-lines:]:
        print(line)
    print(f"{outcome.trace_hash} {outcome.failed or 'all laws hold'}")
    return 1 if outcome.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
