"""What befalls the database, the process and the account takes effect in a run, and breaks no law."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from bot.engine.engine import Report
from simulation import runs
from simulation.events import Event, Schedule
from simulation.laws import Invariants
from simulation.protections import small
from simulation.sim import Simulation

HOUR = 3600
BEFALLS = (
    (1, Event(at=0, do="second daemon", for_s=90 * 60)),
    (8, Event(at=0, do="disk full", for_s=HOUR)),
    (9, Event(at=0, do="backup")),
    (10, Event(at=0, do="disk read only", for_s=HOUR)),
    (12, Event(at=0, do="database locked", n=3, for_s=HOUR, during="before intent")),
    (14, Event(at=0, do="account off", for_s=HOUR)),
    (16, Event(at=0, do="archive", ticket=3, who="juht1", for_s=2 * HOUR)),
    (17, Event(at=0, do="right lost", what="BROWSE_PROJECTS", for_s=HOUR)),
    (22, Event(at=0, do="restored")),
    (30, Event(at=0, do="database lost")),
)
"""What happens, each with the hours after the beginning."""


@dataclass
class Noted(Invariants):
    """The laws, which note beside why cycles came to nothing and how often the database was lost."""

    failed: set[str] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    others: int = 0

    def after_cycle(self, sim: Simulation, report: Report | None) -> None:
        self.failed.update(
            line.partition(": ")[2] for line in sim.lines[-2:] if " failed: " in line or " ended: " in line
        )
        self.lost.update(() if sim.lost_at is None else (sim.lost_at,))
        self.others = sum(each.cycles for each in sim.seconds)
        super().after_cycle(sim, report)


def test_what_befalls_the_database_the_process_and_the_account_takes_effect_and_breaks_no_law() -> None:
    quiet = small("quiet hours", 1, 2)
    begins = quiet.setting.starts_at
    events = [each for each in quiet.events if (each.ticket or 0) <= 4]
    events += [msgspec.structs.replace(each, at=begins + hours * HOUR) for hours, each in BEFALLS]
    noted = Noted()
    setting = msgspec.structs.replace(quiet.setting, poll_s=3600)
    told = Schedule(setting, tuple(sorted(events, key=lambda event: event.at)))
    outcome = runs.run(told, lambda: noted)
    assert outcome.failed is None, "\n".join(outcome.lines[-20:])
    assert noted.failed >= {"Fenced", "StoreError", "Denied"}
    assert len(noted.lost) == 2
    assert noted.others > 50
