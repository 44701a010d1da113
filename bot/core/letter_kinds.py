"""The kinds of letters there are: one entry per kind, in `LETTERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bot.core.desk import Desk
from bot.core.entries import Names
from bot.core.letters import Letter, Told
from bot.core.rulebook import Rulebook
from bot.core.summary import summary_letters
from bot.core.ticket import Moment, Ticket

Tickets = Callable[[], Iterable[Ticket]]
"""Gives every ticket that is not closed, anew each time, from the mirror; a kind that needs none does not ask."""


class LetterKind(NamedTuple):
    """Who writes the letters of a kind; `says` is its row in the reference, `why` is told in the letter.

    A kind of the `morning` is asked when a person's working day begins, until its letter is sent or nothing is to be
    said, and writes to the people of `Told.mornings` only. Any other is asked in every cycle, so that it must be
    cheap. The same letter again, by its key, is not sent again.
    """

    write: Callable[[Tickets, Told, Rulebook, Desk, Moment], Iterable[Letter]]
    says: str
    why: Names
    morning: bool = True


LETTERS: Mapping[str, LetterKind] = {
    "summary": LetterKind(
        summary_letters,
        "to each person whose working day begins: the tickets they forwarded, work on or coordinate, by what is to "
        "be done, and what they were not told separately",
        {
            "et": "Kokkuvõte tuleb iga tööpäeva hommikul sellele, kes pileteid edastab, täidab või koordineerib.",
            "en": "The summary comes each working morning to those who forward, work on or coordinate tickets.",
            "ru": "Сводка приходит утром каждого рабочего дня тем, кто передаёт, исполняет или координирует заявки.",
        },
    ),
}
