"""A second process of the bot, started by mistake with the same configuration, on the same database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.engine.cycle import cycle
from bot.engine.engine import Engine
from bot.engine.tracker import Denied, TrackerError
from bot.settings import Misconfigured
from bot.store.store import StoreError
from simulation.wire import Clocks, Wire

if TYPE_CHECKING:
    from simulation.sim import Simulation


def is_writing(sim: Simulation) -> bool:
    """Whether the bot is in the midst of a transaction, where another process of its own would have to wait."""
    return sim.store._mine.connection is not None


class Second:
    """The second process: it works at once and takes no time, whenever the first one's time passes."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.engine: Engine | None = None
        self.wire: Wire | None = None
        self.working = False
        self.ended = False
        self.cycles = 0
        self.passed = ""

    def again(self, every_s: int = 60) -> None:
        """Run a cycle now, and again each minute until it is ended."""
        if self.ended:
            return
        self.sim.at(self.sim.now + every_s, self.again)
        if self.working or is_writing(self.sim):
            return
        self.working = True
        try:
            if self.engine is None:
                self.engine = self._start()
            self.engine.book = self.sim.book
            report = cycle(self.engine, self.sim.bot_now)
            self.cycles += 1
            self.sim.trace_bot(f"second {[step.key for steps in report.said for step in steps]} {report.unreachable}")
        except (Denied, Misconfigured, TrackerError, StoreError) as error:
            self.sim.output.failed(error)
            self.sim.trace(f"second: {type(error).__name__}")
        finally:
            self.working = False

    def end(self) -> None:
        """End the process."""
        self.ended = True

    def _pass(self, seam: str) -> None:
        self.passed = seam

    def _start(self) -> Engine:
        sim = self.sim
        clocks = Clocks(
            request=lambda: None,
            passed=lambda ms: None,
            now=lambda: sim.now,
            bot=lambda: (sim.bot_now, sim.bot_now),
            seam=lambda: self.passed,
            silenced=lambda: sim.silenced,
            output=sim.output,
            skew_s=lambda: sim.skew_s,
            second=True,
        )
        self.wire = Wire(sim.site, clocks, sim.written)
        return sim.made(self.wire, self._pass, lambda: sim.bot_now)
