"""The whole bot lives through seeded schedules of acts and faults, and no invariant is broken.

A few seeds here; `make soak` runs as many as one likes (`docs/simulation.md`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from simulation import runs
from simulation.__main__ import soak
from simulation.events import Schedule
from simulation.schedules import schedule

HERE = Path(__file__).parent
KEPT = list(runs.kept(HERE))


@cache
def lived(seed: int) -> runs.Outcome:
    return runs.run(schedule(seed, 1))


@pytest.mark.parametrize("seed", [5, 10])
def test_no_law_is_broken(seed: int) -> None:
    outcome = lived(seed)
    assert outcome.failed is None, "\n".join(outcome.lines[-20:])
    assert outcome.said > 10


@pytest.mark.parametrize(("found", "told"), [each[1:] for each in KEPT], ids=[each[0] for each in KEPT])
def test_what_once_failed_does_so_no_more(found: str, told: Schedule) -> None:
    outcome = runs.run(told)
    assert outcome.failed is None, f"{found}\n" + "\n".join(outcome.lines[-20:])


_HASH = "from simulation import runs, schedules; print(runs.run(schedules.schedule(5, 1)).trace_hash)"


def test_a_seed_gives_the_same_run_in_every_process() -> None:
    path = os.pathsep.join((str(HERE.parents[1]), str(HERE.parent)))
    env = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": path, "TZ": "America/Lima"}
    other = subprocess.run([sys.executable, "-c", _HASH], env=env, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == lived(5).trace_hash


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_as_many_days_as_one_likes() -> None:
    """10,000 desk days, or as many as told, or as many minutes; what this version has run is not run again."""
    days, asked = 19, os.environ
    wanted = int(asked.get("PILETIBOT_SIMULATED_DAYS", "10000")) // (days + 1)
    minutes = asked.get("PILETIBOT_SIMULATED_MINUTES")
    assert soak(range(max(wanted, 1)), days, float(minutes) if minutes else None) == 0
