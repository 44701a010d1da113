"""The kinds of letters there are: one entry per kind, in `LETTERS`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from bot.core.ceiling import ceiling_letters
from bot.core.desk import Desk
from bot.core.entry import Names
from bot.core.follow_up import follow_up_letters
from bot.core.handover import back_letters, handover_letters, leaver_letters, no_deputy_letters
from bot.core.ledger import CEILING
from bot.core.letters import Letter, Told
from bot.core.reminders import reminder_letters
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
            "et": "Kokkuvõte tuleb igal tööpäeval neile, kes pileteid edastavad, lahendavad või koordineerivad.",
            "en": "The summary comes each working morning to those who forward, work on or coordinate tickets.",
            "ru": "Сводка приходит утром каждого рабочего дня тем, кто передаёт, исполняет или координирует заявки.",
        },
    ),
    "handover": LetterKind(
        handover_letters,
        "to who begins to stand in for somebody: the open tickets of the person who is away; once an absence",
        {
            "et": "Asendaja saab asendatava avatud piletite loendi, kui asendamine algab.",
            "en": "Who stands in for somebody gets the list of that person's open tickets as the absence begins.",
            "ru": "Замещающий получает список открытых заявок отсутствующего, когда замещение начинается.",
        },
    ),
    "back": LetterKind(
        back_letters,
        "to who is back from an absence, on the first working day: their own open tickets as they stand",
        {
            "et": "Eemalt tagasi tulnud inimene saab oma avatud piletite loendi.",
            "en": "Who is back from an absence gets the list of their own open tickets.",
            "ru": "Вернувшийся сотрудник получает список своих открытых заявок.",
        },
    ),
    "no_deputy": LetterKind(
        no_deputy_letters,
        "to who coordinates, when somebody with open tickets is away and nobody named is there to stand in; once an "
        "absence",
        {
            "et": "Koordinaator saab teada, kui eemalolijal on avatud pileteid ja asendajat ei ole.",
            "en": "Who coordinates is told when somebody who is away has open tickets and no deputy.",
            "ru": "Координатору сообщают, если у отсутствующего есть открытые заявки, но нет замещающего.",
        },
    ),
    "leaver": LetterKind(
        leaver_letters,
        "to the coordinator: the open tickets of somebody whose account is no longer active, once",
        {
            "et": "Koordinaator saab loendi piletitest, mille täitja või edastaja konto on suletud.",
            "en": "The coordinator gets the list of tickets whose assignee or forwarder has a closed account.",
            "ru": "Координатор получает список заявок, у исполнителя или передавшего которых закрыта учётная запись.",
        },
    ),
    CEILING: LetterKind(
        ceiling_letters,
        "to the lead: that a batch over the ceiling waits to be released; only on a desk without a control ticket",
        {
            "et": "Korraga oleks saadetud rohkem teateid, kui reeglistik lubab (manners.ceiling).",
            "en": "More messages would have been sent at once than the rulebook allows (manners.ceiling).",
            "ru": "Сразу было бы отправлено больше сообщений, чем допускает свод правил (manners.ceiling).",
        },
        morning=False,
    ),
    "reminders": LetterKind(
        reminder_letters,
        "to each person whom rules that speak `together` ask about several tickets on a day: one letter for all of "
        "them, in place of a comment on each; and one to each of those who are told of it",
        {
            "et": "Meeldetuletused mitme pileti kohta tulevad ühe kirjana, kord päevas.",
            "en": "Reminders about several tickets come as one letter, once a day.",
            "ru": "Напоминания о нескольких заявках приходят одним письмом, раз в день.",
        },
        morning=False,
    ),
    "follow_up": LetterKind(
        follow_up_letters,
        "to each who forwarded tickets of a period that is over, and all of them to the coordinator: what of these "
        "is not solved, not delivered, or came again; once a period, where the deadline has a `control`",
        {
            "et": "Pärast perioodi lõppu kontrollitakse üle piletid, mille inimene selle kohta edastas.",
            "en": "Once a period is over, the tickets that a person forwarded in it are checked.",
            "ru": "После окончания периода проверяются заявки, переданные сотрудником.",
        },
    ),
}
