"""What can happen in a simulation, as data: a schedule of events, and the one place in which each kind is entered.

A kind is a function of the simulation and of what its events hold, with how often it happens and what it is then
about: adding an act of people or a fault is one function with `@kind` above it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment

if TYPE_CHECKING:
    from simulation.sim import Simulation

Value = str | int | float | bool | None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something of a kind that happens at a moment of true time.

    With `during` it waits until the bot next passes that seam (or sends a `request`), and `skip` more times. Where
    that does not come within `PATIENCE_S`, it happens then. `ticket` is the number of the event's ticket among those
    that people open; what is about a ticket that is not there, happens to nobody.
    """

    at: Moment
    do: str
    ticket: int | None = None
    who: str | None = None
    what: str | None = None
    for_s: int | None = None
    n: int | None = None
    during: str | None = None
    skip: int = 0


PATIENCE_S = 6 * 3600


class Setting(msgspec.Struct, frozen=True):
    """Under what a schedule runs: the shipped desk, the kind of Jira, the first moment, how many days.

    `manners` are those of the rulebook that are otherwise than shipped, and with `together` every ladder speaks so;
    with `digest` the digests are sent. Cycles are `poll_s` seconds apart, and come where there is something to find;
    they judge at most `page` tickets at once. What the bot keeps lives for `keeps_days`, or for ever with 0.
    After the days comes a calm stretch, in which nobody acts and nothing fails.
    """

    desk: str
    flavour: str
    starts_at: Moment
    days: int
    manners: dict[str, Value] = {}
    control: bool = False
    mail: bool = True
    poll_s: int = 300
    together: bool = False
    digest: bool = False
    page: int = 1000
    keeps_days: int = 0


class Schedule(msgspec.Struct, frozen=True):
    """A setting with its events in order of time; together they say all that happens."""

    setting: Setting
    events: tuple[Event, ...]


@dataclass
class Scene:
    """What an event is made from: chance, the desk, and the tickets and people that are there at the moment."""

    chance: Random
    setting: Setting
    book: Rulebook
    at: Moment
    tickets: list[int] = field(default_factory=list)

    @property
    def people(self) -> list[str]:
        return [person.person for person in self.book.entries.people]

    def somebody(self) -> str:
        return self.chance.choice(self.people)

    def seconds(self, low: float, high: float) -> int:
        """A stretch between two, short ones as likely as long ones in each order of magnitude."""
        return int(low * (high / low) ** self.chance.random())


Make = Callable[[Scene], Mapping[str, Value] | None]


class Kind(NamedTuple):
    """A kind of events: what it does, how often it happens in a week, and what its events hold."""

    do: Callable[[Simulation, Event], None]
    per_week: float
    make: Make
    working: bool


KINDS: dict[str, Kind] = {}


def kind(
    name: str, per_week: float = 0.0, make: Make = lambda scene: {}, *, working: bool = False
) -> Callable[[Callable[[Simulation, Event], Any]], Callable[[Simulation, Event], Any]]:
    """Enter a kind of events. Those that are `working` happen in the desk's hours most often; `make` may decline."""

    def enter(do: Callable[[Simulation, Event], Any]) -> Callable[[Simulation, Event], Any]:
        assert name not in KINDS, name
        KINDS[name] = Kind(do, per_week, make, working)
        return do

    return enter
