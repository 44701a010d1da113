"""Timing contenders side by side: every round runs each of them once, so that a noisy machine is noisy for all."""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
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


def machine() -> str:
    """Say what this was measured on: processor, cores, load, Python, packages."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text("utf-8").splitlines()
        cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), cpu)
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    load = f"{os.getloadavg()[0]:.1f}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores, load {load} at the start; {platform.system()}; {python}; {packages}"


def amount(seconds: float) -> str:
    """Write a time as people read it."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.{0 if seconds >= 1e-5 else 2}f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
