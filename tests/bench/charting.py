"""A digest's charts: how long drawing them takes, how much memory, and that none of it is the bot's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import msgspec
from measure import Row, children_s, held, race

from bot.report.drawing import draw
from bot.report.pictures import Bar, Bars, Chart, Line, Trend

_CHILD = """
import sys
from bot.report.altair_charts import main
main()
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1], file=sys.stderr)
"""


def charts() -> tuple[Chart, ...]:
    """The charts of a desk as there are at most: six shares over thirteen periods, three times six bars."""
    points = tuple(0.8 + n % 5 / 50 for n in range(13))
    lines = tuple(Line(f"Näitaja {n}", "84,0%", points, 0.8, 0.9, "80%", "90%", 0.85) for n in range(6))
    trend = Trend("trend", "Osakaalud", "", tuple(map(str, range(13))), lines, "siht", "täidetud", "täitmata")
    bars = tuple(Bar(f"Rida {n}", (n, 10 - n)) for n in range(6))
    return (trend, *(Bars(name, name, "", ("I", "II"), bars) for name in ("waits", "backlog", "promises")))


def drawings(rounds: int) -> list[Row]:
    """Time drawing all charts of a digest; the floor is a Python that starts and does nothing."""
    given = charts()
    contenders = {
        "floor: a process that does nothing": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
        "**Piletibot, four charts as SVG and PNG**": lambda: draw(given),
    }
    return race(contenders, rounds, clock=children_s)


def memory() -> tuple[int, int, int]:
    """The memory of this process before and after charts are drawn, and of the child at most, in MiB."""
    given, before = charts(), held()
    draw(given)
    after = held()
    done = subprocess.run(
        [sys.executable, "-c", _CHILD], input=msgspec.json.encode(given), capture_output=True, check=True
    )
    return before >> 20, after >> 20, int(done.stderr) // 1024


def told(found: Sequence[int]) -> str:
    """What `memory` found, in a sentence."""
    return f"\nDrawing took {found[2]} MiB in the child; this process had {found[0]} MiB before and {found[1]} after."
