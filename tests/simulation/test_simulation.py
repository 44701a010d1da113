"""The whole bot lives through seeded schedules of acts and faults, and no invariant is broken.

A few seeds here; `make soak` runs as many as one likes (`docs/simulation.md`).
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

import pytest
from canaries import PERSONAL, PROSE, SECRETS, STAFF

from simulation import runs
from simulation.__main__ import soak
from simulation.events import Schedule
from simulation.laws import Invariants
from simulation.output import Output
from simulation.schedules import schedule

HERE = Path(__file__).parent
KEPT = list(runs.kept(HERE))
UNSHOWN = partial(Invariants, off=frozenset({"_shown"}))


@cache
def lived(seed: int) -> runs.Outcome:
    return runs.run(schedule(seed, 1))


@pytest.mark.parametrize("seed", [5, 10])
def test_no_law_is_broken(seed: int) -> None:
    outcome = lived(seed)
    assert outcome.failed is None, "\n".join(outcome.lines[-20:])
    assert outcome.said > 10


def test_all_that_is_put_out_is_looked_through() -> None:
    looked = lived(10).looked | lived(5).looked
    assert looked.keys() == {
        "comments", "database", "digests", "engine", "errors", "files", "letters", "log", "pages", "requests", "trace"
    }  # fmt: skip
    assert min(looked.values()) > 1000


def test_what_gets_out_is_found(tmp_path: Path) -> None:
    output = Output()
    output.put("comments", PERSONAL[STAFF[0]].encode())
    output.put("log", b"as it should be")
    assert output.leaks() == []
    output.put("letters", PERSONAL[STAFF[0]].encode())
    output.put("comments", SECRETS["Jira's token"].encode())
    output.write(f"a line with {PROSE}")
    (tmp_path / "digests").mkdir()
    (tmp_path / "digests" / "day.html").write_text(PERSONAL[STAFF[0]])
    output.files(tmp_path)
    found = output.leaks()
    assert found[0] == "Jira's token in comments"
    assert f"{STAFF[0]} in letters" in found
    assert f"{STAFF[0]} in files" in found
    assert len([each for each in found if each.endswith(" in log")]) == len(PERSONAL) - 2


@pytest.mark.parametrize(("found", "told"), [each[1:] for each in KEPT], ids=[each[0] for each in KEPT])
def test_what_once_failed_does_so_no_more(found: str, told: Schedule) -> None:
    outcome = runs.run(told, UNSHOWN)
    assert outcome.failed is None, f"{found}\n" + "\n".join(outcome.lines[-20:])


_HASH = """
from simulation import laws, runs, schedules
print(runs.run(schedules.schedule(5, 1), lambda: laws.Invariants(off=frozenset({"_shown"}))).trace_hash)
"""


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
