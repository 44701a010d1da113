"""A simulation in which each process hands the parts of its cycles to two others, as several machines do.

All laws are asked of it. Whatever can happen happens to the others, too: they are killed in the midst of a part, or
stand still until its lease has ended. Who hands out waits meanwhile; that all work at the same time is tried with
real processes, in `tests/engine/test_joint.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.ticket import Moment
from bot.engine.engine import Engine
from bot.engine.parts import HandingOut, read_order, work
from bot.engine.tracker import TrackerError
from bot.settings import Misconfigured
from bot.store.lease import PartLease, name_of
from bot.store.store import StoreError
from simulation.sim import Killed, Simulation, _holder
from simulation.wire import Wire

_PAUSE_S = 5


@dataclass
class Hand:
    """A process that does parts; its engine is None until it has begun. It runs no cycles."""

    number: int
    engine: Engine | None = None
    wire: Wire | None = None
    parts: int = 0
    cycles: int = 0
    is_dead: bool = False


class HandLease(PartLease):
    """A lease that a process gives back which was not killed meanwhile."""

    hand: Hand

    def give_back(self) -> None:
        if not self.hand.is_dead:
            super().give_back()


class Workers(Simulation):
    """Lives through a schedule as processes that work together do; these take projects by a `lease` of a kind."""

    lease: type[HandLease] = HandLease

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.hands = [Hand(1001), Hand(1002)]
        self.seconds += self.hands  # type: ignore[arg-type]
        self.hand: Hand | None = None
        self._turn = 0

    def made(self, wire: Wire, seam: Callable[[str], None], clock: Callable[[], Moment]) -> Engine:
        """As a simulation has it; one that keeps the desk has others do the parts of its cycles."""
        engine = super().made(wire, seam, clock)
        if self.hand is None:
            engine.hands = HandingOut(
                lambda parts: self._hand_out(engine, parts),
                _holder(self.processes + 500),
                sleep=lambda seconds: self.pass_ms(_PAUSE_S * 1000),
                few=1,
                passed=lambda: self.clock() / 1000,
                clock=lambda: self.now,
            )
        return engine

    def die(self, restart_s: int = 30) -> None:
        """In the midst of a part it is the process that does it which dies, unless the database is gone, too."""
        if self.hand is not None:
            self.hand.is_dead = True
        if self.hand is None or self.lost_at == self.now:
            super().die(restart_s)
            return
        self.kills += 1
        self.killed[f"{self.passed}, in a part"] += 1
        self.trace(f"hand {self.hand.number} killed")
        raise Killed

    def _hand_out(self, keeper: Engine, parts: Sequence[tuple[str, str]]) -> None:
        for part, _ in parts:
            self._turn += 1
            hand, before = self.hands[self._turn % len(self.hands)], self.wire
            self.hand = hand
            try:
                self._do(hand, keeper, part)
                hand.parts += 1
            except Killed:
                hand.engine, hand.is_dead = None, False
                if self.engine is None:
                    raise
            except (StoreError, TrackerError, Misconfigured) as error:  # what nobody does, who hands out does
                self.output.failed(error)
                self.trace(f"hand {hand.number}: {type(error).__name__}")
            finally:
                self.hand, self.wire = None, before

    def _do(self, hand: Hand, keeper: Engine, part_id: str) -> None:
        part = self.store.part(part_id)
        if part is None or part.state != "open":
            return
        if hand.engine is None or hand.engine.facts != keeper.facts:
            hand.engine = self.start()
            hand.wire = self.wire
        self.wire, hand.engine.book = hand.wire, keeper.book
        order = read_order(part)
        own = _holder(hand.number + 1000 * self.kills)
        lease = self.lease(
            self.store,
            own,
            order.over,
            name=name_of(part.project),
            length_s=180,
            grace_s=60,
            clock=lambda: self.now,
        )
        lease.hand = hand
        work(hand.engine, part, order, lease)
