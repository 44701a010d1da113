"""Lengths as people write them: `30m`, `4h`, `2wd`, `15cd`, `2mo`, `72h clock`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

_WRITTEN = re.compile(r"(?P<n>[0-9]{1,6})(?P<unit>m|h|wd|cd|mo)(?P<clock> clock)?")

Kind = Literal["working", "days", "calendar days", "months", "clock"]

LONGEST: Mapping[Kind, int] = {
    "working": 3660 * 86_400,
    "days": 2600,
    "calendar days": 3660,
    "months": 120,
    "clock": 3660 * 86_400,
}
"""What is more than this is no sensible amount: about ten years of each kind."""


@dataclass(frozen=True, slots=True)
class Duration:
    """An amount and what it is counted in.

    `working`: seconds inside a calendar · `days`: working days (times the calendar's `day` on a clock) ·
    `calendar days` · `months` · `clock`: seconds of wall-clock time.
    """

    kind: Kind
    amount: int

    def working_s(self, day_s: int) -> int:
        """The seconds this is on a clock whose calendar counts `day_s` as a day. Raises ValueError for dates."""
        match self.kind:
            case "working":
                return self.amount
            case "days":
                return self.amount * day_s
            case _:
                raise ValueError("only m, h and wd can be counted on a working-time clock")


def written(length: Duration) -> str:
    """Write a length as rulebooks do: what `parse_duration` would read it from."""
    units = {"days": "wd", "calendar days": "cd", "months": "mo"}
    if length.kind in units:
        return f"{length.amount}{units[length.kind]}"
    n, unit = (length.amount // 60, "m") if length.amount % 3600 else (length.amount // 3600, "h")
    return f"{n}{unit}{' clock' if length.kind == 'clock' else ''}"


def parse_duration(text: str) -> Duration:
    """Read `30m`, `4h`, `2wd`, `15cd`, `2mo` or `72h clock`. Raises ValueError with what was expected."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a duration; write for example 30m, 4h, 2wd, 15cd, 2mo or 72h clock")
    n, unit, clock = int(found["n"]), found["unit"], found["clock"]
    seconds = {"m": 60, "h": 3600}.get(unit)
    if clock and seconds is None:
        raise ValueError(f"{text!r}: only hours and minutes can be counted by the wall clock")
    if seconds is not None:
        return Duration("clock" if clock else "working", n * seconds)
    kinds: dict[str, Kind] = {"wd": "days", "cd": "calendar days", "mo": "months"}
    return Duration(kinds[unit], n)
