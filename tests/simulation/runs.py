"""Running schedules: what came of each, and of one that fails the fewest events that still fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import yaml

from bot.engine.engine import Engine
from simulation.events import Event, Schedule
from simulation.laws import Invariants
from simulation.output import logged
from simulation.sim import Simulation, Violation


@dataclass
class Outcome:
    """What came of a run: `failed` says which law was broken at which event; None where all hold."""

    schedule: Schedule
    failed: str | None
    trace_hash: str
    cycles: int
    said: int
    wrote: int
    killed: dict[str, int]
    mails: int
    faults: dict[str, int]
    cpu_s: float
    looked: dict[str, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str | None:
        """What failed, without the keys and numbers of just this run."""
        return None if self.failed is None else "".join(c for c in self.failed.partition(": ")[2] if c.isalpha())


def run(
    schedule: Schedule,
    laws: Callable[[], Invariants] = Invariants,
    wrap: Callable[[Engine], Engine] = lambda engine: engine,
    kind: type[Simulation] = Simulation,
) -> Outcome:
    """Live through a schedule, in a simulation of a kind; `wrap` may change each engine that starts."""
    began = time.process_time()
    simulation = kind(schedule, laws(), wrap)
    failed = None
    try:
        with logged(simulation.output):
            simulation.run()
    except Violation as violation:
        failed = f"event {simulation.number}: {violation}"
    finally:
        simulation.let_go()
    if simulation.wire is not None:
        simulation.faults.update(simulation.wire.faults)
    return Outcome(
        schedule=schedule,
        failed=failed,
        trace_hash=simulation.trace_hash,
        cycles=simulation.reports,
        said=simulation.said,
        wrote=len(simulation.written),
        killed=dict(sorted(simulation.killed.items())),
        mails=len(simulation.post.arrived),
        faults=dict(sorted(simulation.faults.items())),
        cpu_s=time.process_time() - began,
        looked=dict(simulation.output.looked),
        lines=simulation.lines,
    )


def shrunk(outcome: Outcome, most_s: float = 60.0, live: Callable[[Schedule], Outcome] | None = None) -> Outcome:
    """The same failure with fewer events: the prefix up to it, then without those that it does not need."""
    live = live or run
    began = time.process_time()
    best = outcome

    def fails(events: Sequence[Event]) -> bool:
        nonlocal best
        if time.process_time() - began > most_s:
            return False
        tried = live(msgspec.structs.replace(best.schedule, events=tuple(events)))
        if tried.kind == outcome.kind:
            best = tried
            return True
        return False

    number = int((outcome.failed or "event 0:").split()[1].rstrip(":"))
    fails(outcome.schedule.events[: number + 1])
    size = len(best.schedule.events) // 2
    while size >= 1:
        start = 0
        while start < len(best.schedule.events):
            events = best.schedule.events
            if not fails((*events[:start], *events[start + size :])):
                start += size
        size //= 2
    return best


def written(schedule: Schedule) -> str:
    """A schedule as YAML, such as `read` reads."""
    lines = ["setting: " + _flow(msgspec.to_builtins(schedule.setting)), "events:"]
    return "\n".join([*lines, *("  - " + _flow(msgspec.to_builtins(each)) for each in schedule.events)]) + "\n"


def read(given: Any) -> Schedule:
    """A schedule from what YAML says."""
    return msgspec.convert(given, Schedule)


def _flow(values: Any) -> str:
    return yaml.safe_dump(values, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True).strip()


def kept(folder: Path) -> Iterator[tuple[str, str, Schedule]]:
    """The schedules that once failed: a name, what it found, and the schedule."""
    for entry in yaml.safe_load((folder / "seeds.yaml").read_text("utf-8")) or []:
        yield entry["name"], entry["found"], read({"setting": entry["setting"], "events": entry["events"]})
