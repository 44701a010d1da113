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
    """One contender's seconds, round by round."""

    name: str
    seconds: Sequence[float]

    @property
    def median(self) -> float:
        """The median, in seconds."""
        return statistics.median(self.seconds)

    def line(self, of: int = 1) -> str:
        """The row of a table, for one of so many: median, least and most."""
        spread = f"{amount(min(self.seconds) / of)} to {amount(max(self.seconds) / of)}"
        return f"| {self.name} | {amount(self.median / of)} | {spread} |"


def timed(work: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Run once, and return how many seconds it took; garbage of others is collected before, not meanwhile."""
    gc.collect()
    began = clock()
    work()
    return clock() - began


def race(
    contenders: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.process_time,
    within_s: float = float("inf"),
) -> list[Row]:
    """Time the contenders in turns after one round that does not count; the first of them is the floor.

    By the clock given, which is the processor's: what else the machine does tells little there.

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


def children_s() -> float:
    """The processor time of the processes that were waited for."""
    taken = resource.getrusage(resource.RUSAGE_CHILDREN)
    return taken.ru_utime + taken.ru_stime


class Beside:
    """What others do on the machine from now on: all processors' time but that of this process and its children."""

    def __init__(self) -> None:
        self._began, self._before = time.monotonic(), self._others_s()

    def share(self) -> float:
        """How much of the machine they had since; it counts for nobody what a process that still runs began."""
        return max(0.0, (self._others_s() - self._before) / (time.monotonic() - self._began) / (os.cpu_count() or 1))

    @staticmethod
    def _others_s() -> float:
        user, nice, system, _, _, *interrupts = map(
            int, Path("/proc/stat").read_text("ascii").split("\n")[0].split()[1:9]
        )
        busy_s = sum((user, nice, system, *interrupts)) / os.sysconf("SC_CLK_TCK")
        return busy_s - time.process_time() - children_s()


def show(title: str, rows: Sequence[Row], of: int = 1) -> None:
    """Print a table: median, least and most, of one of so many, and how many times the first row's median."""
    print(f"\n### {title}\n")
    print("| what | median | least to most | × floor |")
    print("|---|---:|---:|---:|")
    for row in rows:
        print(f"{row.line(of)} {row.median / rows[0].median:.1f} |")


class Used(NamedTuple):
    """What a program took with all of its processes: seconds, processors' seconds, bytes of its largest, of all.

    Memory was looked at twice a second: in the sum what processes share is shared out; the largest is the one that
    ever held most.
    """

    seconds: float
    processor_s: float
    largest: int
    together: int


def used(command: Sequence[str], out: Path, codes: Sequence[int] = (0,)) -> Used:
    """Run a program to its end, what it prints into a file. Raises RuntimeError with what it complained of."""
    before, largest, together = children_s(), 0, 0
    with out.open("wb") as told, TemporaryFile() as complaint:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=told, stderr=complaint)
        while process.poll() is None:
            family = list(_family(process.pid))
            together = max(together, sum(map(_shared_out, family)))
            largest = max(largest, *map(most, family))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.5)
        took = time.perf_counter() - began
        if process.returncode not in codes:
            complaint.seek(0)
            raise RuntimeError(complaint.read().decode())
    return Used(took, children_s() - before, largest, together)


def _family(pid: int) -> Iterator[int]:
    """A process and all that it began, one after the other; nobody where it has ended."""
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text("ascii").split():
                yield from _family(int(child))


def _shared_out(pid: int) -> int:
    """The bytes of memory that a process holds, of what it shares its part; 0 for one that has ended."""
    return _bytes_in(Path(f"/proc/{pid}/smaps_rollup"), "Pss:")


def held() -> int:
    """The bytes of memory that this process holds now."""
    return _bytes_in(Path("/proc/self/status"), "VmRSS:")


def most(pid: int) -> int:
    """The most bytes that a process ever held; the kernel's figure for ended children has their parent's in it."""
    return _bytes_in(Path(f"/proc/{pid}/status"), "VmHWM:")


def _bytes_in(file: Path, name: str) -> int:
    with suppress(OSError):
        lines = file.read_text("ascii", "replace").splitlines()
        return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)
    return 0


def processor_s(pid: int) -> float:
    """The processor time of a process until now, in hundredths of a second; 0 for none."""
    if not pid:
        return 0.0
    told = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def machine() -> str:
    """Say what this was measured on: processor, cores, Python, packages."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text("utf-8").splitlines()
        cpu = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), cpu)
    packages = ", ".join(filter(None, map(_installed, PACKAGES)))
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{cpu}, {os.cpu_count()} cores; {platform.system()}; {python}; {packages}."


def _installed(name: str) -> str | None:
    with suppress(PackageNotFoundError):
        return f"{name} {version(name)}"
    return None


def amount(seconds: float) -> str:
    """Write a time as people read it."""
    if seconds < 0.001:
        return f"{seconds * 1e6:.{0 if seconds >= 1e-5 else 2}f} µs"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"
