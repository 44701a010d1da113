"""What the pages look at: the store, read only, the rulebook in force and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.store.store import Store
from bot.texts import Messages


@dataclass(frozen=True)
class Source:
    """What the pages look at. `browse` is the address before a key that opens a ticket in the tracker.

    `book` and `messages` give the rulebook in force and its texts, which a reload changes, and `now` the moment,
    which in a demo is of its own.
    """

    store: Store
    book: Callable[[], Rulebook]
    messages: Callable[[], Messages]
    now: Callable[[], Moment]
    browse: str = ""
