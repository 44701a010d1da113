"""How long a command takes to begin: whole processes, from start to end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
