"""Drawing a digest's charts, in a child process: what draws needs much memory, and none of it is the daemon's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import msgspec
import structlog

from bot.report.charts import charts_of
from bot.report.digest import Digest
from bot.report.pictures import Chart, Drawn
from bot.report.tell import Tell

log = structlog.get_logger()

TIMEOUT_S = 60.0
"""How long the child process may take."""

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "FONTCONFIG_FILE", "FONTCONFIG_PATH")
"""What of the environment the child is given: no setting, and no secret, is among it."""


class NotDrawn(Exception):
    """The charts could not be drawn; its text says why."""


def draw(charts: Sequence[Chart], timeout_s: float = TIMEOUT_S) -> tuple[Drawn, ...]:
    """Draw charts in a child process. Raises NotDrawn where it fails, or takes longer than `timeout_s`."""
    if not charts:
        return ()
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    path = os.pathsep.join(each for each in sys.path if each)
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "bot.report.altair_charts"],
            input=msgspec.json.encode(charts),
            capture_output=True,
            timeout=timeout_s,
            check=False,
            env={**kept, "PYTHONPATH": path},
        )
        if done.returncode:
            raise NotDrawn(f"the program that draws ended with {done.returncode}")
        return msgspec.json.decode(done.stdout, type=tuple[Drawn, ...])
    except subprocess.TimeoutExpired:
        raise NotDrawn(f"drawing took longer than {timeout_s:g} s") from None
    except OSError as error:
        raise NotDrawn(f"the program that draws could not be started: {error.strerror}") from None
    except msgspec.DecodeError:
        raise NotDrawn("what was drawn could not be read") from None


def drawn(digest: Digest, tell: Tell, timeout_s: float = TIMEOUT_S) -> tuple[tuple[Drawn, ...], tuple[str, ...]]:
    """Give a digest's charts, drawn, and notes for its reader: one where they could not be drawn."""
    try:
        return draw(charts_of(digest, tell), timeout_s), ()
    except NotDrawn as error:
        log.warning("charts not drawn", reason=str(error))
        return (), (tell.words["no_charts"],)
