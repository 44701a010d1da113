"""The bot's own record: whether people did something after its messages, and what it cost."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.history import Turn
from bot.core.kpi.case import Case, Indicator, Records
from bot.core.kpi.course import until
from bot.core.kpi.fact import Fact
from bot.core.ledger import COMMAND, NOTICES, Entry
from bot.core.moments import is_substantive
from bot.core.rulebook import Rulebook


def _reminders(case: Case) -> Iterator[Fact]:
    """Each message that the bot said on the ticket within the period; followed by an act in time or not."""
    view, ticket = case.view, case.view.ticket
    calendar = view.book.calendar
    for entry in case.said:
        if entry.state != "said" or not case.period.holds(entry.at) or entry.rule in NOTICES | {COMMAND}:
            continue
        last = calendar.add(entry.at, calendar.day_s)
        followed = _is_followed(case, entry, last)
        yield Fact(
            "reminders",
            ticket.key,
            value=int(followed),
            group=entry.rule,
            excluded="" if followed or view.now > last else "not due yet",
            secured=ticket.secured,
            queue=ticket.queue or "",
            at=entry.at,
        )


def _is_followed(case: Case, entry: Entry, last: int) -> bool:
    """Whether somebody of the side that was addressed did something on the ticket, by this moment."""
    view = case.view
    sides = frozenset(side for person in entry.to for side in _sides(person, view.book)) or _BOTH
    return any(
        turn.at <= last and _is_act(turn) and (turn.who in entry.to or sides & _sides_of(turn, view.book))
        for turn in view.happened[until(view.happened, entry.at + 1) :]
    )


def _is_act(turn: Turn) -> bool:
    """Whether a person did something: also what they told the bot, such as that they know of it; no thanks."""
    return is_substantive(turn) or (turn.command is not None and not turn.bot)


_BOTH = frozenset((1, 2))


def _sides(person: str, book: Rulebook) -> frozenset[int]:
    """The tiers that a person is of; both for who coordinates or leads the desk, and for anybody not of a queue."""
    roles = book.entries.roles
    if person in (roles.coordinator, roles.lead):
        return _BOTH
    tiers = frozenset(
        queue.tier for queue in book.entries.queues if person in queue.members or person == queue.coordinator
    )
    return tiers or _BOTH


def _sides_of(turn: Turn, book: Rulebook) -> frozenset[int]:
    """The tiers for which somebody acted: those they are of; of who is in no queue, as they asked or answered."""
    if turn.who is not None and turn.who in book.languages:
        return _sides(turn.who, book)
    return frozenset((1,)) if turn.asker else frozenset((2,))


def _cost(records: Records) -> Iterator[Fact]:
    for word, amount in sorted(records.costs.items()):
        yield Fact("cost", value=amount, group=word, at=min(records.period.until_at, records.as_of + 1) - 1)


BOT_ITSELF: tuple[Indicator, ...] = (
    Indicator(
        "reminders",
        "share",
        title={
            "et": "Meeldetuletused, millele järgnes tegevus",
            "en": "Reminders followed by an act",
            "ru": "Напоминания, за которыми последовало действие",
        },
        definition={
            "et": "Roboti perioodil öeldud teated reeglite kaupa; neist need, mille järel adressaat või keegi tema "
            "poolelt ühe tööpäeva jooksul piletiga midagi tegi (tänamine ja roboti enda tegevus ei loe). Näitab, mis "
            "järgnes, mitte seda, et teade seda põhjustas; reegleid võrdle ainult sarnaste piletite puhul. Teated, "
            "mille tööpäev ei ole täis, jäävad välja.",
            "en": "What the bot said within the period, by rule; of these the messages after which the addressee, or "
            "somebody of their side, did something with the ticket within a working day (thanks and the bot's own "
            "acts do not count). It shows what followed, and is no proof that the message caused it: compare rules "
            "on tickets of the same kind only. Messages whose working day is not over yet are left out.",
            "ru": "Сообщения бота за период по правилам; из них те, после которых адресат или кто-то с его стороны в "
            "течение рабочего дня что-то сделал с заявкой (благодарность и действия бота не считаются). Показывает, "
            "что последовало, и не доказывает причину: сравнивайте правила лишь на сходных заявках. Сообщения, "
            "рабочий день которых не истёк, исключены.",
        },
        facts=_reminders,
        by="rule",
        source="KA-PM 2.2.10",
    ),
    Indicator(
        "cost",
        "count",
        title={"et": "Roboti enda kulu", "en": "The bot's own cost", "ru": "Собственные затраты бота"},
        definition={
            "et": "Roboti perioodil tehtud päringud Jirasse, kirjutatud kommentaarid, saadetud kirjad ja ringid.",
            "en": "The bot's requests to Jira, its comments, letters and cycles within the period.",
            "ru": "Запросы бота к Jira, его комментарии, письма и циклы за период.",
        },
        desk_facts=_cost,
        by="cost",
        whole=False,
        more_is_better=False,
        source="KA-PM 2.2.10",
    ),
)
