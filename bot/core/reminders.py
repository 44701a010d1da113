"""The reminders of a day: what rules that speak together say to one person about several tickets."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bot.core.desk import Desk
from bot.core.letters import Letter, Told
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket

KIND = "reminders"


def reminder_letters(
    tickets: Callable[[], Iterable[Ticket]], told: Told, book: Rulebook, desk: Desk, now: Moment
) -> Iterable[Letter]:
    """None of its own accord: its letters are made of steps as these are delivered."""
    return ()
