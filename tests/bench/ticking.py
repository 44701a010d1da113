"""Many open clocks brought up to date: what each has run, and how it stands."""

from __future__ import annotations

import gc
import random

from desk import NOW_S
from hours import NIGHT, OFFICE, SEED, calendar_of
from measure import Row, race

from bot.core.clock import Cycle, Tick, cycles, elapsed_of, elapsed_s, standing, standings_of

_DAY_S, _HOUR_S = 86_400, 3600


def open_clocks(count: int) -> list[Cycle]:
    """Start so many in the last 60 days, on two calendars; they paused up to three times, one in four still does."""
    chance = random.Random(SEED)
    calendars = calendar_of(OFFICE), calendar_of(NIGHT)

    def one() -> Cycle:
        started_at = chance.randrange(NOW_S - 60 * _DAY_S, NOW_S)
        moments = sorted(
            chance.choices(range(started_at, NOW_S), k=2 * chance.randrange(4) + (chance.random() < 0.25))
        )
        turns = [Tick(at, "resume" if n % 2 else "pause") for n, at in enumerate(moments)]
        target_s = chance.randrange(4, 160) * _HOUR_S
        return cycles("bench", [Tick(started_at, "start"), *turns], chance.choice(calendars), target_s)[0]

    return [one() for _ in range(count)]


def standings(clocks: list[Cycle], rounds: int) -> list[Row]:
    """Time bringing all of them up to date; the floor only looks at each."""
    at_risk_s = [2 * _HOUR_S] * len(clocks)
    gc.freeze()  # the clocks need not be looked through before every round
    rows = race(
        {
            "floor: look at each clock": lambda: [clock.ran_s for clock in clocks],
            "**Piletibot**, what each has run": lambda: elapsed_of(clocks, NOW_S),
            "**Piletibot**, and how each stands": lambda: standings_of(clocks, elapsed_of(clocks, NOW_S), at_risk_s),
            "one by one, what each has run": lambda: [elapsed_s(clock, NOW_S) for clock in clocks],
            "one by one, how each stands": lambda: [standing(clock, NOW_S, 2 * _HOUR_S) for clock in clocks],
        },
        rounds,
    )
    gc.unfreeze()
    return rows
