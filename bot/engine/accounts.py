"""What tying a rulebook to its tracker found out about the accounts of its people."""

from __future__ import annotations

from typing import NamedTuple

ACCOUNTS = "accounts known"
"""The note that holds, as the tracker writes it, which accounts the last tie found."""


class Accounts(NamedTuple):
    """The note's new value, the people whose accounts were known and are gone, and what is told of them.

    `told` has a line for each account that is not found as the rulebook names it, with its file and line; it names
    people by their words.
    """

    noted: str
    gone: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
