"""What judging one ticket needs that crosses tickets: who is away, who is on duty, who has how much to do. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import msgspec

from bot.core.ticket import Moment


class Absence(msgspec.Struct, frozen=True):
    """A person who is away from the first local date to the last, both included; never why.

    `deputies` stand in, the first who is there; without any, those that the rulebook names do.
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


@dataclass(frozen=True, slots=True)
class Desk:
    """A frozen picture of the desk at a moment; as it is made by default nobody is away and nothing is known.

    `loads` is how many open tickets each person has. `alike` are the keys of earlier open tickets that tell of the
    same as a ticket, by its id.
    """

    absences: tuple[Absence, ...] = ()
    shifts: tuple[Shift, ...] = ()
    loads: Mapping[str, int] = field(default_factory=dict)
    alike: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


QUIET = Desk()
"""A desk of which nothing is known that crosses tickets."""
