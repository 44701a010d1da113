"""The laws hold, too, where processes hand parts of their cycles to others: those stand still, and are fenced off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from simulation import runs
from simulation.events import Event, Schedule
from simulation.schedules import schedule
from simulation.workers import HandLease, Workers

HOUR = 3600


def with_stops(told: Schedule) -> Schedule:
    """The same, and each hour whoever is about to write stands still for longer than a lease."""
    hours = range(1, 9)
    stops = [
        Event(told.setting.starts_at + n * HOUR, "stopped", during="before write", for_s=HOUR // 2) for n in hours
    ]
    return msgspec.structs.replace(told, events=tuple(sorted((*told.events, *stops), key=lambda each: each.at)))


def lived(kind: type[Workers]) -> tuple[runs.Outcome, Workers]:
    made: list[Any] = []

    def make(*given: Any) -> Workers:
        made.append(kind(*given))
        return made[-1]

    return runs.run(with_stops(schedule(8, 1)), kind=make), made[-1]  # type: ignore[arg-type]


def test_the_laws_hold_where_parts_are_done_by_others() -> None:
    outcome, sim = lived(Workers)
    assert outcome.failed is None, "\n".join(outcome.lines[-20:])
    assert min(hand.parts for hand in sim.hands) > 5
    assert any(line.endswith("hand 1001: Fenced") for line in outcome.lines), (
        "one woke up in a part that was not its own"
    )


class Unasked(HandLease):
    """A lease that is taken and never asked again."""

    def check(self) -> None:
        """Nothing is asked."""

    def guard(self) -> Callable[[Any], None]:
        return lambda connection: None


class Careless(Workers):
    """Processes that wake up late and go on."""

    lease = Unasked


def test_who_goes_on_without_asking_breaks_them() -> None:
    outcome, _ = lived(Careless)
    assert "after it was read" in (outcome.failed or "")
