"""One of the contenders in a process of its own: does what its input says, and tells what that took.

Each line is JSON: what to do, and at which moment. The answer is a line of JSON with the processor time and the time
of it, and with the most memory that the process held since the last line.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

Json = Any


class Doing(NamedTuple):
    """What a contender does at a moment, each giving how many tickets it met: a cycle, and a sweep."""

    cycle: Callable[[int], int]
    sweep: Callable[[int], int]
    close: Callable[[], None]


def ours(url: str, flavour: str, folder: Path) -> Doing:
    """Start the bot as its daemon does, by the configuration in the folder (`desk.configure` writes one)."""
    from bot import logs
    from bot.engine.cycle import cycle
    from bot.engine.engine import Report
    from bot.engine.poll import reconcile
    from bot.settings import load_settings
    from bot.start import client_of, start
    from bot.store.holder import this_process
    from bot.store.lease import Lease, lengths
    from bot.store.store import open_store

    logs.configure("error", "json")
    settings = load_settings(folder / "config.toml")
    client = client_of(settings.jira)
    engine = start(settings, lambda: open_store(settings.store.url.get_secret_value()), client=client)
    engine.clock = None  # the moments are the parent's
    length_s, grace_s = lengths(settings.engine.poll_s, settings.jira.timeout_s)
    engine.lease = Lease(engine.store, this_process(""), length_s=length_s, grace_s=grace_s)

    def one(now: int) -> int:
        return _sound(cycle(engine, now))

    def sweep(now: int) -> int:
        report = Report(now)
        reconcile(engine, now, report)
        return _sound(report)

    def _sound(report: Report) -> int:
        if report.unreachable or report.troubles or report.slowed or report.said:
            raise SystemExit(f"not the cycle that was meant: {report}")
        return report.changed

    def close() -> None:
        engine.store.close()
        client.close()

    return Doing(one, sweep, close)


def floor(url: str, flavour: str, folder: Path) -> Doing:
    """Take what nothing can go below."""
    from floor import Floor

    made = Floor(url, flavour, folder)
    return Doing(made.cycle, made.cycle, made.close)


def peer(url: str, flavour: str, folder: Path) -> Doing:
    """Take the bot of an afternoon."""
    from peer import Peer

    made = Peer(url, flavour, folder)
    return Doing(made.cycle, made.cycle, made.close)


def main(name: str, url: str, flavour: str, folder: Path) -> None:
    """Answer line for line until the input ends."""
    doing = {"ours": ours, "floor": floor, "peer": peer}[name](url, flavour, folder)
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        _forget_peak()
        before, began = time.process_time(), time.perf_counter()
        changed = (doing.sweep if asked["do"] == "sweep" else doing.cycle)(asked["now"])
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - before
        print(json.dumps({"changed": changed, "s": took_s, "cpu_s": cpu_s, "peak_mib": _peak_mib()}), flush=True)
    doing.close()


def _forget_peak() -> None:
    if os.path.exists("/proc/self/clear_refs"):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_mib() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        return 0.0
    held = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(held.split()[1]) / 1024


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
