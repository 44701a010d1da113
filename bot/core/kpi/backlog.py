"""How the desk stood as a period ended: what was open, how old it was, what did not move; and what was down."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.kpi.case import Case, Indicator
from bot.core.kpi.course import at_the_end, ends_at, is_open, until
from bot.core.kpi.fact import Fact
from bot.core.moments import moment
from bot.core.outages import spans_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import UNKNOWN

_movement = moment("movement")


def _backlog(case: Case) -> Iterator[Fact]:
    stood = at_the_end(case)
    if stood is not None and stood.standing == "open":
        tier = "no tier" if stood.tier is None else f"tier {stood.tier}"
        yield _fact(case, "backlog", 1, band(_age(case), case.view.book), (tier,))


def _backlog_queue(case: Case) -> Iterator[Fact]:
    stood = at_the_end(case)
    if stood is not None and stood.standing == "open":
        yield _fact(case, "backlog_queue", 1, stood.queue or UNKNOWN)


def _age_of(case: Case) -> Iterator[Fact]:
    stood = at_the_end(case)
    if stood is not None and stood.standing == "open":
        yield _fact(case, "age", _age(case), stood.queue or UNKNOWN)


def _still(case: Case) -> Iterator[Fact]:
    stood = at_the_end(case)
    if stood is None or stood.standing != "open" or stood.ball != "tier 2" or case.view.is_unseen:
        return
    view, end = case.view, ends_at(case)
    known = view.happened[: until(view.happened, case.period.until_at)]
    moved = next((turn.at for turn in reversed(known) if _movement(turn)), view.ticket.created_at)
    calendar = view.book.calendar
    if calendar.between(moved, max(end, moved)) >= view.book.entries.digest.still.working_s(calendar.day_s):
        yield _fact(case, "still", 1, stood.queue or UNKNOWN)


def _outage(case: Case) -> Iterator[Fact]:
    view, period = case.view, case.period
    ticket = view.ticket
    if view.book.entries.outages is None or ticket.created_at >= period.until_at:
        return
    end = ends_at(case)
    if not is_open(case) and view.happened[-1].at < period.from_at:
        return
    for service, begin, over in spans_of(view):
        start, stop = max(begin, period.from_at), end if over is None else min(over, end)
        if start < stop:
            marks = ("down",) if over is None or over >= end else ()
            yield Fact(
                "outage",
                ticket.key,
                value=stop - start,
                group=service,
                marks=marks,
                secured=ticket.secured,
                queue=ticket.queue or "",
                at=start,
            )


def _age(case: Case) -> int:
    """Whole calendar days from the ticket's creation to the last day of the period."""
    calendar = case.view.book.calendar
    return max((calendar.day_of(ends_at(case) - 1) - calendar.day_of(case.view.ticket.created_at)).days, 0)


def band(age: int, book: Rulebook) -> str:
    """The word of the band that an age in days belongs to: `0-9`, `10-30`, `31-`, by the ages that the digest has."""
    ages = [each.amount for each in book.entries.digest.ages]
    lows = [0, *ages[:-1], ages[-1] + 1]
    highs = [*(low - 1 for low in lows[1:]), None]
    low, high = next((low, high) for low, high in zip(reversed(lows), reversed(highs), strict=True) if low <= age)
    return f"{low}-" if high is None else f"{low}-{high}"


def _fact(case: Case, name: str, value: float, group: str, marks: tuple[str, ...] = ()) -> Fact:
    ticket = case.view.ticket
    stood = at_the_end(case)
    return Fact(
        name,
        ticket.key,
        value=value,
        group=group,
        marks=marks,
        secured=ticket.secured,
        queue=(stood.queue if stood is not None else None) or "",
        at=ends_at(case) - 1,
    )


BACKLOG: tuple[Indicator, ...] = (
    Indicator(
        "backlog",
        "count",
        title={"et": "Avatud piletid vanuse järgi", "en": "Open tickets by age", "ru": "Открытые заявки по возрасту"},
        definition={
            "et": "Perioodi lõpus avatud piletid vanuserühmade kaupa, vanus kalendripäevades pileti loomisest; "
            "kõrval tasemed.",
            "en": "The tickets that were open as the period ended, by age in calendar days from their creation; "
            "beside it the tiers.",
            "ru": "Заявки, открытые на конец периода, по возрасту в календарных днях от создания; рядом уровни.",
        },
        facts=_backlog,
        by="age",
        more_is_better=False,
        source="KA-VS 3.9",
    ),
    Indicator(
        "backlog_queue",
        "count",
        title={
            "et": "Avatud piletid järjekordade kaupa",
            "en": "Open tickets by queue",
            "ru": "Открытые заявки по очередям",
        },
        definition={
            "et": "Perioodi lõpus avatud piletid selle järjekorra all, milles need siis olid.",
            "en": "The tickets that were open as the period ended, under the queue that they were in then.",
            "ru": "Заявки, открытые на конец периода, по очереди, в которой они тогда находились.",
        },
        facts=_backlog_queue,
        by="queue",
        more_is_better=False,
        source="KA-VS 3.9",
    ),
    Indicator(
        "age",
        "days",
        title={
            "et": "Avatud piletite vanus (mediaan, 90. protsentiil)",
            "en": "Age of open tickets (median, 90th percentile)",
            "ru": "Возраст открытых заявок (медиана, 90-й процентиль)",
        },
        definition={
            "et": "Perioodi lõpus avatud piletite vanus kalendripäevades pileti loomisest.",
            "en": "The age, in calendar days from their creation, of the tickets that were open as the period ended.",
            "ru": "Возраст заявок, открытых на конец периода, в календарных днях от создания.",
        },
        facts=_age_of,
        by="queue",
        more_is_better=False,
        source="KA-VS 3.9",
    ),
    Indicator(
        "still",
        "count",
        title={"et": "Liikumiseta piletid", "en": "Tickets without movement", "ru": "Заявки без движения"},
        definition={
            "et": "Perioodi lõpus avatud piletid, mille järg on II taseme käes ja millega ei olnud reeglistikus "
            "määratud tööaja jooksul (digest.still) keegi tegelenud: ei vastust ega uut olekut, täitjat või "
            "järjekorda.",
            "en": "The open tickets on tier II's turn as the period ended with which nobody had done anything for "
            "the working time that the rulebook sets (digest.still): no answer, no other state, assignee or queue.",
            "ru": "Открытые на конец периода заявки в ведении II уровня, с которыми никто не работал в течение "
            "заданного правилами рабочего времени (digest.still): ни ответа, ни смены состояния, исполнителя или "
            "очереди.",
        },
        facts=_still,
        by="queue",
        more_is_better=False,
        source="KA-SP 3.1.8",
    ),
    Indicator(
        "outage",
        "spans",
        title={"et": "Katkestuste kestus", "en": "Outage time", "ru": "Длительность сбоев"},
        definition={
            "et": "Kui kaua teenus perioodil katkestuste ja seire piletite järgi ei töötanud, teenuste kaupa; "
            "kattuvate piletite aeg loeb üks kord, öösel ja puhkepäeval samuti. Algus on pileti väljal märgitu, "
            "muidu loomine.",
            "en": "How long a service was down within the period, as outage and monitoring tickets tell, by service; "
            "where tickets overlap the time counts once, by night and on days off too. It begins when the ticket's "
            "field says, else with its creation.",
            "ru": "Сколько услуга не работала за период по заявкам о сбоях и мониторинге, по услугам; время "
            "перекрывающихся заявок считается один раз, ночью и в выходные тоже. Начало указано в поле заявки, иначе "
            "её создание.",
        },
        facts=_outage,
        by="service",
        whole=False,
        more_is_better=False,
        source="SM 2.2.2",
    ),
)
