"""What befalls the bot's own database and process: a full disk, a lock, an old copy put back, a second process."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from simulation.events import Event, Scene, Value, kind
from simulation.network import DAY, HOUR, MINUTE, SEAMS, lasts, rules_change
from simulation.second import Second, is_writing
from simulation.sim import emptied

if TYPE_CHECKING:
    from simulation.sim import Simulation

_PAGES = 1_073_741_823
"""How many pages SQLite lets a database have unless told otherwise."""


def _engine(sim: Simulation) -> Engine:
    found: Engine = sim.store._engine
    return found


@kind("disk full", 0.4, lasts(MINUTE, 12 * HOUR))
def disk_full(sim: Simulation, event: Event) -> None:
    """The database cannot grow."""
    driver = sim.driver
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    driver.execute(f"PRAGMA max_page_count = {pages}")
    sim.lasting(event.for_s or HOUR, lambda: driver.execute(f"PRAGMA max_page_count = {_PAGES}") and None)


@kind("disk read only", 0.3, lasts(MINUTE, 12 * HOUR))
def disk_read_only(sim: Simulation, event: Event) -> None:
    """Nothing can be written to the database."""
    driver = sim.driver
    driver.execute("PRAGMA query_only = 1")
    sim.lasting(event.for_s or HOUR, lambda: driver.execute("PRAGMA query_only = 0") and None)


@kind(
    "database locked",
    0.7,
    lambda scene: {
        "n": scene.chance.choice((1, 1, 2, 5, 1000)),
        "for_s": scene.seconds(10, 2 * HOUR),
        "during": scene.chance.choice(SEAMS),
        "skip": int(scene.chance.paretovariate(1)) - 1,
    },
)
def database_locked(sim: Simulation, event: Event) -> None:
    """Another program holds the lock while the bot would begin its next `n` transactions that write."""
    left, engine = [event.n or 1], _engine(sim)

    def begin(connection: Connection) -> None:
        if left[0] > 0 and connection.get_execution_options().get("writing", False):
            left[0] -= 1
            raise sqlite3.OperationalError("database is locked")

    sa.event.listen(engine, "begin", begin, insert=True)
    sim.lasting(event.for_s or MINUTE, lambda: sa.event.remove(engine, "begin", begin))


@kind("backup", 7)
def backup(sim: Simulation, event: Event) -> None:
    """A copy of the database is taken."""
    sim.backups = [*sim.backups[-2:], (sim.now, sim.driver.serialize())]


def _at_work(scene: Scene) -> Mapping[str, Value]:
    return {"during": scene.chance.choice(SEAMS), "skip": int(scene.chance.paretovariate(1)) - 1}


@kind("restored", 0.25)
def restored(sim: Simulation, event: Event) -> None:
    """The bot is stopped, yesterday's copy of the database put back, and the bot started again."""
    old = [data for at, data in sim.backups if at <= sim.now - 12 * HOUR]
    if old:
        _put_back(sim, lambda: _copied(old[-1], sim.driver))


def _copied(data: bytes, into: sqlite3.Connection) -> None:
    """Copied page by page, as `deserialize` pulls the schema from under a connection at work: `json_each` crashes."""
    with closing(sqlite3.connect(":memory:")) as old:
        old.deserialize(data)
        old.backup(into)


@kind("database lost", 0.1)
def database_lost(sim: Simulation, event: Event) -> None:
    """The bot is stopped, its database thrown away, and the bot started again."""
    _put_back(sim, lambda: emptied(sim.store))


def _put_back(sim: Simulation, what: Callable[[], object]) -> None:
    if not is_writing(sim):
        sim.lost_at = sim.now
        sim.output.database(sim.store)
        what()
        sim.die(10 * MINUTE)


@kind("stopped", 2, lambda scene: {**_at_work(scene), "for_s": scene.seconds(10, 6 * HOUR)})
def stopped(sim: Simulation, event: Event) -> None:
    """The process stands still for a while in the midst of its work, and goes on as if nothing had been."""
    if not sim.in_cycle:
        return
    before = sum(each.cycles for each in sim.seconds)
    sim.pass_ms((event.for_s or MINUTE) * 1000)
    if event.during == "request" and sim.wire is not None and sim.wire.writing:
        sim.stood = True
        sim.overtaken |= sum(each.cycles for each in sim.seconds) > before


@kind("second daemon", 0.5, lasts(10 * MINUTE, DAY))
def second_daemon(sim: Simulation, event: Event) -> None:
    """A second process is started by mistake, with the same configuration, on the same database."""
    other = Second(sim)
    sim.seconds.append(other)
    sim.at(sim.now, other.again)
    sim.lasting(event.for_s or HOUR, other.end)


@kind("rules change at work", 0.3, lambda scene: {**_at_work(scene), "n": scene.chance.randrange(1, 13)})
def rules_change_at_work(sim: Simulation, event: Event) -> None:
    """The rules are changed while the bot is in the midst of a cycle."""
    rules_change(sim, event)
