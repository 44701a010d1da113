"""A daemon in a process of its own, as a service runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def running(config: Path) -> Iterator[subprocess.Popen[str]]:
    """A daemon in a process of its own, which is told to stop at the end if it is still there."""
    command = [sys.executable, "-c", "from bot.cli import main; main()", "run", "--config", str(config)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as daemon:
        try:
            yield daemon
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.stderr is not None
            daemon.stderr.read()


def until(daemon: subprocess.Popen[str], said: str) -> None:
    """Wait for a line of its log."""
    assert any(said in line for line in daemon.stderr or ())
