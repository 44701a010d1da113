"""How tickets come to those who solve them: hand-overs, waits, what is sent back, and what is complete at once."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.completeness import gaps
from bot.core.conditions import holds
from bot.core.deadline import read_start
from bot.core.kpi.case import Case, Indicator
from bot.core.kpi.course import ends_at, hand_overs, is_open, not_counted, stays, undone
from bot.core.kpi.fact import Fact
from bot.core.moments import moment
from bot.core.past import as_of
from bot.core.rulebook import QUEUE
from bot.core.ticket import UNKNOWN, Moment
from bot.core.view import View

_taken = moment("taken")


def _handoff_wait(case: Case) -> Iterator[Fact]:
    view, ticket = case.view, case.view.ticket
    over = view.happened[-1].at < case.period.from_at and not is_open(case)
    if over or ticket.created_at >= case.period.until_at:
        return
    for i in hand_overs(view):
        since = view.happened[i].at
        taken, by_tier_2 = _ends(view, i)
        end = None if taken is None else view.happened[taken].at
        if since >= case.period.until_at or (end is not None and end < case.period.from_at):
            continue
        situation = view.happened[i if taken is None else taken - 1].after
        queue = situation.queue or ""
        waits = end is None or end >= case.period.until_at
        if waits:
            yield _fact(case, "handoff_wait", queue, ends_at(case) - 1, excluded="still waiting")
        elif not by_tier_2:
            yield _fact(case, "handoff_wait", queue, end or 0, excluded="taken back")
        else:
            value = view.book.calendar_of(QUEUE, queue).between(since, end or since)
            yield _fact(case, "handoff_wait", queue, end or 0, value)


def _ends(view: View, i: int) -> tuple[int | None, bool]:
    """The turn with which a wait after a hand-over ends, None where it goes on; and whether tier 2 ended it."""
    happened, taken_back = view.happened, undone(view)
    for k in range(i + 1, len(happened)):
        turn = happened[k]
        if k in taken_back:
            continue
        if _taken(turn):
            return k, True
        if turn.after.tier != 2:
            return k, not (turn.bot or turn.asker)
    return None, False


def _fact(case: Case, name: str, queue: str, at: Moment, value: float = 0, **more: object) -> Fact:
    ticket = case.view.ticket
    return Fact(
        name,
        ticket.key,
        value=value,
        group=queue or UNKNOWN,
        secured=ticket.secured,
        queue=queue,
        at=at,
        **more,  # type: ignore[arg-type]
    )


def _executor_time(case: Case) -> Iterator[Fact]:
    view, ticket = case.view, case.view.ticket
    if ticket.created_at >= case.period.until_at:
        return
    given = next((turn for turn in view.happened if "owner" in turn.sets), None)
    if given is None or given.at >= case.period.until_at:
        if is_open(case):
            yield _fact(case, "executor_time", ticket.queue or "", ends_at(case) - 1, excluded="no executor")
    elif given.at >= case.period.from_at:
        queue = given.after.queue or ""
        value = view.book.calendar_of(QUEUE, queue).between(min(_registered_at(view), given.at), given.at)
        yield _fact(case, "executor_time", queue, given.at, value)


def _registered_at(view: View) -> Moment:
    """When it was registered, by its field; of what was only on a day, or is in no field, not before its creation."""
    ticket, book = view.ticket, view.book
    word = book.entries.indicators.registered
    written = read_start(ticket.fields.get(word, ""), book.calendar) if word is not None else None
    if written is None:
        return ticket.created_at
    if written.exact or book.calendar.day_of(written.at) != book.calendar.day_of(ticket.created_at):
        return written.at
    return ticket.created_at


def _bounces(case: Case) -> Iterator[Fact]:
    view = case.view
    if view.ticket.created_at >= case.period.until_at or view.happened[-1].at < case.period.from_at:
        return
    for stay in stays(view):
        at = view.happened[stay.first].at
        if not case.period.holds(at):
            continue
        judged = {True: "justified", False: "not justified", None: "pending"}[stay.justified]
        marks = (judged,) if stay.returned else ()
        yield _fact(case, "bounces", stay.team, at, int(stay.returned), marks=marks)


def _complete_first(case: Case) -> Iterator[Fact]:
    view, ticket, period = case.view, case.view.ticket, case.period
    rules = [rule for rule in view.book.entries.completeness if not rule.observe]
    if not rules or ticket.created_at >= period.until_at or view.happened[-1].at < period.from_at:
        return
    first = next(iter(hand_overs(view)), None)
    if first is None or not period.holds(view.happened[first].at):
        return
    at = view.happened[first].at
    then = as_of(ticket, at)
    if then is None:
        return
    seen = View(then, view.happened[: first + 1], view.book, at, view.whole, desk=view.desk)
    lacks = [
        found
        for found in gaps(seen)
        if not found.rule.observe and at >= view.book.live_at(found.rule.since) and (found.missing or found.malformed)
    ]
    applies = lacks or any(at >= view.book.live_at(rule.since) and holds(rule.when, seen) for rule in rules)
    queue = then.queue or ticket.queue or ""
    excluded = not_counted(view) or ("" if applies else "nothing required")
    words = dict.fromkeys(word for found in lacks for word in (*found.missing, *found.malformed))
    marks = () if excluded else tuple(words)
    yield _fact(case, "complete_first", queue, at, int(not lacks and bool(applies)), marks=marks, excluded=excluded)


FLOW: tuple[Indicator, ...] = (
    Indicator(
        "handoff_wait",
        "time",
        title={
            "et": "Ooteaeg edastamisest II taseme esimese tegevuseni",
            "en": "Wait from hand-over to tier II's first act",
            "ru": "Ожидание от передачи до первого действия II уровня",
        },
        definition={
            "et": "Tööaeg järjekorra kalendri järgi sellest, kui I tase pileti edastas, kuni II tase määras täitja, "
            "vastas, muutis olekut või pileti tagastas: mediaan ja 90. protsentiil perioodil lõppenud ootamistest. "
            "Kümne minuti jooksul tagasi võetud edastamist ei arvestata; veel ootavad piletid on eraldi.",
            "en": "Working time by the queue's calendar from when tier I handed a ticket over until tier II gave it "
            "an assignee, answered, changed its state or sent it back: median and 90th percentile of the waits that "
            "ended within the period. A hand-over taken back within ten minutes is none; what waits yet is told "
            "apart.",
            "ru": "Рабочее время по календарю очереди от передачи заявки I уровнем до назначения исполнителя, "
            "ответа, смены состояния или возврата II уровнем: медиана и 90-й процентиль ожиданий, закончившихся за "
            "период. Передача, отменённая в течение десяти минут, не учитывается; ещё ожидающие показаны отдельно.",
        },
        facts=_handoff_wait,
        by="queue",
        more_is_better=False,
        source="KA-SP 3.1.7, 3.1.8",
    ),
    Indicator(
        "executor_time",
        "time",
        title={
            "et": "Aeg registreerimisest täitja määramiseni",
            "en": "Time from registration to assignee",
            "ru": "Время от регистрации до назначения исполнителя",
        },
        definition={
            "et": "Tööaeg registreerimisest (kui see on teadmata, pileti loomisest) esimese täitja määramiseni: "
            "mediaan ja 90. protsentiil perioodil täitja saanud piletitest. Täitjata piletid on eraldi.",
            "en": "Working time from registration (from the ticket's creation where that is not known) to its first "
            "assignee: median and 90th percentile of the tickets that got one within the period. Open tickets "
            "without one are told apart.",
            "ru": "Рабочее время от регистрации (если неизвестно, от создания заявки) до первого исполнителя: "
            "медиана и 90-й процентиль заявок, получивших исполнителя за период. Заявки без исполнителя показаны "
            "отдельно.",
        },
        facts=_executor_time,
        by="queue",
        more_is_better=False,
        source="VI 2.1, 3.1",
    ),
    Indicator(
        "bounces",
        "share",
        title={
            "et": "Tagastatud edastamiste osakaal",
            "en": "Share of hand-overs sent back",
            "ru": "Доля возвращённых передач",
        },
        definition={
            "et": "Perioodil II taseme järjekorda jõudnud edastamised; neist need, mille see järjekord saatis tagasi "
            "või põhjust märkides või tööd tegemata teise järjekorda. Oma osa teinud järjekorra edasisaatmine, "
            "edastaja enda tagasivõtt ja kümne minuti jooksul tagasi võetu ei ole tagastamine.",
            "en": "The hand-overs that reached a tier II queue within the period; of these the ones that the queue "
            "sent back, or on to another with a reason or without having worked on them. Handing on what is done, "
            "what tier I itself takes back and what is taken back within ten minutes is no return.",
            "ru": "Передачи, поступившие в очередь II уровня за период; из них те, которые очередь вернула или "
            "направила другой с указанием причины либо без работы. Передача дальше после своей части, отзыв самим "
            "передавшим и отмена в течение десяти минут возвратом не считаются.",
        },
        facts=_bounces,
        by="queue",
        more_is_better=False,
        source="KA-SP 3.1.7; SM 2.3.6",
    ),
    Indicator(
        "complete_first",
        "share",
        title={
            "et": "Kohe piisavate andmetega esitatud piletite osakaal",
            "en": "Share of tickets complete at first submission",
            "ru": "Доля заявок, полных с первого раза",
        },
        definition={
            "et": "Perioodil esimest korda II tasemele edastatud piletid, millelt reeglid andmeid nõuavad; neist "
            "need, millel edastamise hetkel ei puudunud midagi ja väljad olid nõutud kujul. Vaatlusel reeglid ei "
            "loe. Kõrval on, mida puudus.",
            "en": "The tickets first handed to tier II within the period of which rules require something; of these "
            "the ones that lacked nothing at that moment, with fields in the form required. Rules on observe do not "
            "count. Beside it stands what was missing.",
            "ru": "Заявки, впервые переданные II уровню за период, от которых правила требуют данных; из них те, "
            "где в момент передачи ничего не отсутствовало и поля были в нужном виде. Правила под наблюдением не "
            "учитываются. Рядом показано, чего не хватало.",
        },
        facts=_complete_first,
        by="queue",
        more_is_better=True,
        source="KA-SP 3.1.7",
    ),
)
