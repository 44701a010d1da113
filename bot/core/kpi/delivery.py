"""What becomes of a solution: whether and how soon it reaches the customer, and whether it is opened again."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.kpi.case import Case, Indicator
from bot.core.kpi.course import Solution, not_counted, solutions
from bot.core.kpi.fact import Fact
from bot.core.moments import moment
from bot.core.returns import UNDO_S
from bot.core.ticket import UNKNOWN, Moment
from bot.core.view import View

_waived, _asked_again, _closed = moment("waived"), moment("asked again"), moment("closed")


def _delivery_time(case: Case) -> Iterator[Fact]:
    view, period = case.view, case.period
    if view.happened[-1].at < period.from_at:
        return
    for solution in solutions(view):
        if solution.delivered is None:
            continue
        solved_at, at = view.happened[solution.first].at, view.happened[solution.delivered].at
        if period.holds(at):
            yield _fact(case, "delivery_time", solution, at, view.book.calendar.between(solved_at, at))


def _delivered(case: Case) -> Iterator[Fact]:
    if (solution := _last_of(case)) is not None and "delivered" in case.view.book.entries.fields:
        reached = solution.delivered is not None
        excluded = not_counted(case.view) or ("" if reached else _why_not(case, solution))
        at = case.view.happened[solution.first].at
        yield _fact(case, "delivered", solution, at, int(reached), excluded)


def _delivered_in_time(case: Case) -> Iterator[Fact]:
    view = case.view
    solution = _last_of(case)
    if solution is None or "delivered" not in view.book.entries.fields:
        return
    calendar, at = view.book.calendar, view.happened[solution.first].at
    last = calendar.add(at, view.book.entries.indicators.delivery.working_s(calendar.day_s))
    excluded, in_time = not_counted(view), False
    if solution.delivered is None:
        excluded = excluded or _why_not(case, solution) or ("" if view.now > last else "not due yet")
    else:
        in_time = view.happened[solution.delivered].at <= last
    yield _fact(case, "delivered_in_time", solution, at, int(in_time), excluded)


def _reopened(case: Case) -> Iterator[Fact]:
    """The ticket's first solution within the period that was not reopened for thanks; reopened by now or not."""
    view = case.view
    those = _within(case)
    if not those:
        return
    first, at = those[0], view.happened[those[0].first].at
    if excluded := not_counted(view):
        yield _fact(case, "reopened", first, at, 0, excluded)
        return
    again = [(each, _why(view, each)) for each in those if each.reopened is not None]
    counted = [why for each, why in again if why != "thanks" and not _closed_by_bot(view, each)]
    if not counted and any(why != "thanks" for _, why in again):
        yield _fact(case, "reopened", first, at, 0, "closed by the bot")
        return
    marks = tuple(dict.fromkeys(why for _, why in again))
    yield _fact(case, "reopened", first, at, int(bool(counted)), marks=marks)


def _reopenings(case: Case) -> Iterator[Fact]:
    view = case.view
    if view.happened[-1].at < case.period.from_at:
        return
    for solution in solutions(view):
        if solution.reopened is None or not case.period.holds(at := view.happened[solution.reopened].at):
            continue
        why = _why(view, solution)
        excluded = why if why == "thanks" else "closed by the bot" if _closed_by_bot(view, solution) else ""
        yield _fact(case, "reopenings", solution, at, 1, excluded, () if why == "thanks" else (why,))


def _within(case: Case) -> list[Solution]:
    """The times that the ticket was solved within the period."""
    view, period = case.view, case.period
    if view.happened[-1].at < period.from_at or view.ticket.created_at >= period.until_at:
        return []
    return [each for each in solutions(view) if period.holds(view.happened[each.first].at)]


def _last_of(case: Case) -> Solution | None:
    """How it was last solved within the period, unless it was reopened within it."""
    those = _within(case)
    last = those[-1] if those else None
    if last is None or last.reopened is None or not case.period.holds(case.view.happened[last.reopened].at):
        return last
    return None


def _why_not(case: Case, solution: Solution) -> str:
    """Why a solution need not have reached the customer; empty where it must."""
    view = case.view
    turn = view.happened[solution.first]
    if turn.before is not None and turn.before.ball == "customer" and turn.after.standing == "closed":
        return "no answer"
    until = len(view.happened) if solution.reopened is None else solution.reopened
    return "waived" if any(_waived(each) for each in view.happened[solution.first : until]) else ""


def _why(view: View, solution: Solution) -> str:
    """For what a ticket was reopened, as far as its history tells."""
    i = solution.reopened or 0
    at, earliest = view.happened[i].at, solution.first
    near = [each for each in view.happened[earliest + 1 :] if at - UNDO_S <= each.at <= at and not each.bot]
    said = [each.what for each in near if each.what in ("thanks", "message")]
    if said and all(what == "thanks" for what in said) and (view.happened[i].bot or _is_thankful(view, i)):
        return "thanks"
    if any(_asked_again(each) for each in (*view.happened[earliest + 1 : i], *near)):
        return "asked again"
    return "other reason" if solution.delivered is not None else "not delivered"


def _is_thankful(view: View, i: int) -> bool:
    """Whether who reopened it is one who gave thanks then."""
    who, at = view.happened[i].who, view.happened[i].at
    return who is None or any(
        each.who == who and each.what == "thanks" and abs(each.at - at) <= UNDO_S for each in view.happened
    )


def _closed_by_bot(view: View, solution: Solution) -> bool:
    """Whether the bot had closed it before it was reopened."""
    until = len(view.happened) if solution.reopened is None else solution.reopened
    return any(each.bot and _closed(each) for each in view.happened[solution.first : until])


def _fact(
    case: Case,
    name: str,
    solution: Solution,
    at: Moment,
    value: float = 0,
    excluded: str = "",
    marks: tuple[str, ...] = (),
) -> Fact:
    ticket = case.view.ticket
    queue = case.view.happened[solution.first].after.queue or ""
    return Fact(
        name,
        ticket.key,
        value=value,
        group=queue or UNKNOWN,
        excluded=excluded,
        marks=marks,
        secured=ticket.secured,
        queue=queue,
        at=at,
    )


DELIVERY: tuple[Indicator, ...] = (
    Indicator(
        "delivery_time",
        "time",
        title={
            "et": "Aeg lahendusest kliendile edastamiseni",
            "en": "Time from solution to delivery",
            "ru": "Время от решения до передачи клиенту",
        },
        definition={
            "et": "Tööaeg pileti lahendamisest kuni märkeni, et lahendus on kliendini jõudnud: mediaan ja "
            "90. protsentiil perioodil kliendini jõudnud lahendustest. Pärast uuesti avamist loeb uus lahendus.",
            "en": "Working time from the ticket being solved until it is noted that the solution has reached the "
            "customer: median and 90th percentile of the solutions that reached the customer within the period. "
            "After a reopening the new solution counts.",
            "ru": "Рабочее время от решения заявки до отметки, что решение дошло до клиента: медиана и 90-й "
            "процентиль решений, дошедших за период. После повторного открытия считается новое решение.",
        },
        facts=_delivery_time,
        by="queue",
        more_is_better=False,
        source="KA-SP 3.1.8",
    ),
    Indicator(
        "delivered",
        "share",
        title={
            "et": "Kliendini jõudnud lahenduste osakaal",
            "en": "Share of solutions delivered to the customer",
            "ru": "Доля решений, дошедших до клиента",
        },
        definition={
            "et": "Perioodil lahendatud ja lahendatuks jäänud piletid; neist need, mille lahendus on märgitud "
            "kliendini jõudnuks ülevaate koostamise ajaks. Välja jäävad kliendi vastuse ootel suletud ja need, mille "
            "võis sulgeda edastamata.",
            "en": "The tickets solved within the period and not reopened in it; of these the ones whose solution was "
            "noted as delivered by the time of the report. Left out are those closed waiting for the customer and "
            "those that were allowed to be closed undelivered.",
            "ru": "Заявки, решённые за период и не открытые в нём повторно; из них те, решение которых к моменту "
            "отчёта отмечено как дошедшее до клиента. Исключены закрытые в ожидании ответа клиента и те, которые "
            "разрешено закрыть без передачи.",
        },
        facts=_delivered,
        by="queue",
        more_is_better=True,
        source="KA-SP 3.1.8",
    ),
    Indicator(
        "delivered_in_time",
        "share",
        title={
            "et": "Õigel ajal kliendini jõudnud lahenduste osakaal",
            "en": "Share of solutions delivered in time",
            "ru": "Доля решений, вовремя дошедших до клиента",
        },
        definition={
            "et": "Samad piletid; neist need, mille lahendus jõudis kliendini reeglistikus määratud tööaja jooksul "
            "(indicators.delivery). Veel edastamata lahendus, mille aeg ei ole täis, jääb välja.",
            "en": "The same tickets; of these the ones whose solution reached the customer within the working time "
            "that the rulebook sets (indicators.delivery). What is not delivered yet, but not due either, is left "
            "out.",
            "ru": "Те же заявки; из них те, решение которых дошло до клиента в рабочее время, заданное правилами "
            "(indicators.delivery). Ещё не переданные, срок которых не наступил, исключены.",
        },
        facts=_delivered_in_time,
        by="queue",
        more_is_better=True,
        source="KA-SP 3.1.8",
    ),
    Indicator(
        "reopened",
        "share",
        title={
            "et": "Uuesti avatud piletite osakaal",
            "en": "Reopen rate",
            "ru": "Доля повторно открытых заявок",
        },
        definition={
            "et": "Perioodil lahendatud piletid; neist need, mis on ülevaate koostamise ajaks uuesti avatud. Tänu "
            "peale avamine ja kümne minuti jooksul tagasi võetu ei loe; roboti suletud ja uuesti avatud piletid on "
            "eraldi. Kõrval on põhjused.",
            "en": "The tickets solved within the period; of these the ones reopened by the time of the report. A "
            "reopening for a thank-you, and what is taken back within ten minutes, is none; tickets that the bot "
            "closed and that were reopened are told apart. Beside it stand the reasons.",
            "ru": "Заявки, решённые за период; из них открытые повторно к моменту отчёта. Открытие из-за "
            "благодарности и отменённое в течение десяти минут не учитываются; закрытые ботом и открытые повторно "
            "показаны отдельно. Рядом указаны причины.",
        },
        facts=_reopened,
        by="queue",
        more_is_better=False,
        source="KA-VS 3.6",
    ),
    Indicator(
        "reopenings",
        "count",
        title={
            "et": "Uuesti avamiste arv",
            "en": "Number of reopenings",
            "ru": "Число повторных открытий",
        },
        definition={
            "et": "Kui mitu korda perioodil lahendatud või suletud pilet uuesti avati, olenemata sellest, millal see "
            "lahendati; põhjuste kaupa. Tänu peale avatud ja roboti suletud piletid on eraldi.",
            "en": "How often within the period a solved or closed ticket was opened again, whenever it had been "
            "solved; by reason. Those reopened for a thank-you and those that the bot had closed are told apart.",
            "ru": "Сколько раз за период решённая или закрытая заявка открыта повторно, когда бы она ни была решена; "
            "по причинам. Открытые из-за благодарности и закрытые ботом показаны отдельно.",
        },
        facts=_reopenings,
        by="queue",
        more_is_better=False,
        source="KA-VS 3.6",
    ),
)
