"""What `piletibot doctor` says: one line for each thing that it looked at."""

from __future__ import annotations

from typing import Literal, NamedTuple

Status = Literal["ok", "note", "finding", "mistake", "unreachable"]
"""Whether all is well; what is only to be known; what is not well; a mistake in files or Jira; what is away."""


class Line(NamedTuple):
    """What was looked at, how it is, what was found, and what to do about it; empty where there is nothing to do."""

    check: str
    status: Status
    text: str
    do: str = ""
