"""How long a command takes to begin: whole processes, from start to end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from contender import configure
from cycling import jira_of
from measure import Row, race


def starts(rounds: int) -> list[Row]:
    """Time `--help`; the floor is an interpreter that does nothing."""
    command = Path(sys.executable).with_name("piletibot")

    def run(*words: str | Path) -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

    return race(
        {
            "floor: python -c pass": lambda: run(sys.executable, "-c", "pass"),
            "**piletibot --help**": lambda: run(command, "--help"),
            'python -c "import jira"': lambda: run(sys.executable, "-c", "import jira"),
        },
        rounds,
    )


def daemon_starts(rounds: int) -> list[Row]:
    """Start `piletibot run` on a database that is there already, and see when its first request comes.

    Processor time is looked at every few milliseconds.
    """
    command = Path(sys.executable).with_name("piletibot")
    cpu_s: list[float] = []
    taken_s: list[float] = []
    with TemporaryDirectory() as folder:
        for turn in range(rounds + 1):
            with jira_of("cloud", 10) as jira:
                config = configure(jira.url, "cloud", Path(folder))
                began = time.monotonic()
                quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                process = subprocess.Popen([command, "run", "--config", config], **quiet)
                while not (first_at := float(jira.tell("count")["first_at"])):
                    time.sleep(0.02)
                used_s = _processor_s(process.pid)
                process.terminate()
                process.wait()
            if turn:  # the first makes the database
                cpu_s.append(used_s)
                taken_s.append(first_at - began)
    return [Row("processor time", cpu_s), Row("time", taken_s)]


def _processor_s(pid: int) -> float:
    told = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
