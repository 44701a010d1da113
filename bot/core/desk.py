"""What judging one ticket needs that crosses tickets: who is away, who is on duty, who has how much to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

from bot.core.ticket import Moment, Ticket


class Absence(msgspec.Struct, frozen=True):
    """A person who is away from the first local date to the last, both included; never why.

    `deputies` stand in, the first who is there; after them those that the rulebook names.
    """

    person: str
    first: date
    last: date
    deputies: tuple[str, ...] = ()


class Shift(msgspec.Struct, frozen=True):
    """A person on duty by a roster, from one moment until another."""

    roster: str
    person: str
    from_at: Moment
    until_at: Moment


class Linked(msgspec.Struct, frozen=True):
    """A ticket that others are tied to, as far as it is known.

    `outside` tells whether it is in none of the desk's projects. `because` says why it cannot be read, since
    `since_at`; `ticket` is then how it was last seen, None where it never was.
    """

    key: str
    ticket: Ticket | None
    outside: bool = False
    because: str | None = None
    since_at: Moment = 0


class Burst(msgspec.Struct, frozen=True):
    """Tickets of one category that came within minutes of each other, as a rule of `incidents` counts them.

    `tickets` are their ids and keys, oldest first; `minutes` is in how many `at` was reached, when it became a burst.
    `on` is the id of the one of them on which it is told.
    """

    rule: str
    category: str | None
    minutes: int
    tickets: tuple[tuple[str, str], ...]
    at: Moment
    on: str


@dataclass(frozen=True, slots=True)
class Desk:
    """A frozen picture of the desk at a moment; as it is made by default nobody is away and nothing is known.

    `loads` is how many open tickets each person has, `last` whom the bot gave a ticket last in each queue. `alike`
    are the keys of earlier open tickets that tell of the same as a ticket, by its id. `linked` are the tickets that
    others are tied to, by their ids, and `tied` those that are tied to a ticket, by its id. `bursts` are tickets that
    came close upon each other, by the id of the one on which that is told.
    """

    absences: tuple[Absence, ...] = ()
    shifts: tuple[Shift, ...] = ()
    loads: Mapping[str, int] = field(default_factory=dict)
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    last: Mapping[str, str] = field(default_factory=dict)
    linked: Mapping[str, Linked] = field(default_factory=dict)
    tied: Mapping[str, tuple[Ticket, ...]] = field(default_factory=dict)
    bursts: Mapping[str, tuple[Burst, ...]] = field(default_factory=dict)
    _away: Mapping[str, tuple[Absence, ...]] = field(init=False, repr=False, compare=False)
    _on_duty: Mapping[str, tuple[Shift, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        away: dict[str, tuple[Absence, ...]] = {}
        for absence in self.absences:
            away[absence.person] = (*away.get(absence.person, ()), absence)
        on_duty: dict[str, tuple[Shift, ...]] = {}
        for shift in sorted(self.shifts, key=lambda shift: shift.from_at):
            on_duty[shift.roster] = (*on_duty.get(shift.roster, ()), shift)
        object.__setattr__(self, "_away", away)
        object.__setattr__(self, "_on_duty", on_duty)

    def absences_of(self, person: str) -> tuple[Absence, ...]:
        """The absences of a person, in the order in which they were given."""
        return self._away.get(person, ())

    def shifts_of(self, roster: str) -> tuple[Shift, ...]:
        """The shifts of a roster by their beginning; those that begin together in the order given."""
        return self._on_duty.get(roster, ())


QUIET = Desk()
"""A desk of which nothing is known that crosses tickets."""
