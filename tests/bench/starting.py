"""How long a command takes to begin, and the daemon until its first request: whole processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from cycling import jira_of
from desk import configure
from measure import Row, race

PACKAGES = (
    "apscheduler.schedulers.background, babel, jinja2, markdown_it, msgspec, pydantic, pydantic_settings, requests, "
    "sqlalchemy, structlog, tenacity, typer, yaml"
)
COMMAND = Path(sys.executable).with_name("piletibot")


def starts(rounds: int, clock: Callable[[], float]) -> list[Row]:
    """Time `--help` from start to end; the floor is an interpreter that does nothing."""

    def run(*words: str | Path) -> None:
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)

    return race(
        {
            "floor: `python -c pass`": lambda: run(sys.executable, "-c", "pass"),
            "**`piletibot --help`**": lambda: run(COMMAND, "--help"),
            "the packages that the daemon imports, alone": lambda: run(sys.executable, "-c", f"import {PACKAGES}"),
            '`python -c "import jira"`': lambda: run(sys.executable, "-c", "import jira"),
        },
        rounds,
        clock,
    )


def daemon_starts(rounds: int) -> list[Row]:
    """Start `piletibot run` on a database that is there already: its time and processor time to its first request.

    The Jira looks at both when that request comes; the kernel counts processor time in hundredths of a second.
    """
    cpu_s: list[float] = []
    taken_s: list[float] = []
    with TemporaryDirectory() as folder, jira_of("cloud", 10) as jira:
        config = configure(jira.url, "cloud", Path(folder))
        for turn in range(rounds + 1):
            began = time.monotonic()
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            process = subprocess.Popen([COMMAND, "run", "--config", config], **quiet)
            jira.tell("await", pid=process.pid)
            while not (first := jira.tell("count"))["first_at"]:
                time.sleep(0.1)
                if process.poll() is not None:
                    raise SystemExit("the daemon ended before it asked anything")
            process.terminate()
            process.wait()
            if turn:  # the first makes the database
                cpu_s.append(first["first_cpu_s"])
                taken_s.append(first["first_at"] - began)
    return [Row("**processor time**", cpu_s), Row("**time**", taken_s)]
