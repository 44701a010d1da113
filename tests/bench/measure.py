"""Timing contenders side by side: every round runs each of them once, so that a noisy machine is noisy for all."""

from __future__ import annotations

import gc
import os
import platform
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryFile
from typing import NamedTuple

PACKAGES = (
    *("jira", "requests", "msgspec", "python-dateutil", "SQLAlchemy", "pydantic", "typer", "holidays"),
    *("businesstimedelta", "business-duration", "pandas"),
)


class Row(NamedTuple):
    """One contender's seconds, round by round, and the requests of a round (the median) where it sends any."""

    name: str
    seconds: Sequence[float]
    requests: int | None = None

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)


def timed(work: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Run once, and return how many seconds it took; garbage of others is collected before, not meanwhile."""
    gc.collect()
    began = clock()
    work()
    return clock() - began


def race(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    within_s: float = float("inf"),
) -> list[Row]:
    """Time the contenders in turns after one round that does not count; the first of them is the floor.

    No further round begins once `within_s` seconds have gone by.
    """
    until = time.monotonic() + within_s
    for work in contenders.values():
        work()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        if turn and time.monotonic() > until:
            break
        for name, work in contenders.items():
            seconds[name].append(timed(work, clock))
    return [Row(name, seconds[name]) for name in contenders]


def show(title: str, rows: Sequence[Row]) -> None:
    """Print a table: median, least and most, and how many times the first row's median."""
    print(f"\n### {title}\n")
    counted = any(row.requests is not None for row in rows)
    print("| what | " + ("requests | " if counted else "") + "median | least to most | times the floor |")
    print("|---|" + ("---:|" if counted else "") + "---:|---:|---:|")
    for row in rows:
        requests = f"{row.requests} | " if counted else ""
        spread = f"{amount(min(row.seconds))} to {amount(max(row.seconds))}"
        print(f"| {row.name} | {requests}{amount(row.median)} | {spread} | {row.median / rows[0].median:.1f} |")


class Used(NamedTuple):
    """What a program took with all of its processes: seconds, processors' seconds, bytes of its largest, of all.

    Memory that processes share is shared out in the sum; it was looked at twice a second.
    """

    seconds: float
    processor_s: float
    largest: int
    together: int


def used(command: Sequence[str], out: Path, codes: Sequence[int] = (0,)) -> Used:
    """Run a program to its end, what it prints into a file. Raises RuntimeError with what it complained of."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    together = 0
    with out.open("wb") as told, TemporaryFile() as complaint:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=told, stderr=complaint)
        while process.poll() is None:
            together = max(together, sum(map(_held, _family(process.pid))))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
        took = time.perf_counter() - began
        if process.returncode not in codes:
            complaint.seek(0)
            raise RuntimeError(complaint.read().decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Used(took, processor_s, after.ru_maxrss * 1024, together)


def _family(pid: int) -> Iterator[int]:
    """A process and all that it began, one after the other; nobody where it has ended."""
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                yield from _family(int(child))


def _held(pid: int) -> int:
    """The bytes of memory that a process holds, of what it shares its part; 0 for one that has ended."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
    return 0


def machine() -> str:
    """Say what this was measured on: processor, cores, load, Python, packages."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text("utf-8").splitlines()
        cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), cpu)
    packages = ", ".join(filter(None, map(_installed, PACKAGES)))
    load = f"{os.getloadavg()[0]:.1f}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores, load {load} at the start; {platform.system()}; {python}; {packages}"


def _installed(name: str) -> str | None:
    with suppress(PackageNotFoundError):
        return f"{name} {version(name)}"
    return None


def amount(seconds: float) -> str:
    """Write a time as people read it."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.{0 if seconds >= 1e-5 else 2}f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
