"""What the desk keeps of what it promised, and of what the law sets: verdicts on clocks, and answers in time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.core.deadline import Deadline, read_start
from bot.core.deadlines import MET, considered
from bot.core.entries import DeadlineEntry
from bot.core.kpi.case import Case, Indicator
from bot.core.kpi.course import solutions, uncounted
from bot.core.kpi.fact import Fact
from bot.core.ticket import Moment
from bot.core.verdict import Verdict
from bot.core.view import View


def _promise(case: Case) -> Iterator[Fact]:
    return (_of_verdict(case, "promise", each, int(each.standing == "met")) for each in _ended(case))


def _promise_time(case: Case) -> Iterator[Fact]:
    return (_of_verdict(case, "promise_time", each, each.elapsed_s) for each in _ended(case))


def _ended(case: Case) -> Iterator[Verdict]:
    return (each for each in case.verdicts if case.period.holds(each.stopped_at))


def _of_verdict(case: Case, name: str, verdict: Verdict, value: float) -> Fact:
    ticket = case.view.ticket
    return Fact(
        name,
        ticket.key,
        value=value,
        group=verdict.policy,
        marks=("rejudged",) if verdict.rejudged else (),
        secured=ticket.secured,
        queue=ticket.queue or "",
        at=verdict.stopped_at,
    )


def _statutory(case: Case) -> Iterator[Fact]:
    """The answers that the law wanted within the period, each counted by its own last day."""
    view, ticket = case.view, case.view.ticket
    if ticket.created_at >= case.period.until_at or not _may_have_any(view):
        return
    for entry, deadline in _counted(view):
        last = deadline.due_at - deadline.by_day
        if not case.period.holds(last):
            continue
        ended_at = _met_at(entry, case)
        late = ended_at is None and view.now > last
        waits = "" if ended_at is not None or late else "not due yet"
        marks = [
            *(["extended"] if deadline.extended else []),
            *(["provisional"] if deadline.provisional else []),
            *(["overdue"] if late else []),
        ]
        yield Fact(
            "statutory",
            ticket.key,
            value=int(ended_at is not None and ended_at <= last),
            group=entry.name,
            excluded=uncounted(view) or waits,
            marks=tuple(marks),
            secured=ticket.secured,
            queue=ticket.queue or "",
            at=last,
        )


def _may_have_any(view: View) -> bool:
    """Whether its category allows for any deadline that the law sets: most tickets are told apart by that alone."""
    entries = view.book.entries.deadlines
    return any(_allows(entry.when, view.ticket.category) for entry in entries if entry.within is not None)


def _allows(when: Mapping[str, object], category: str | None) -> bool:
    """Whether conditions may hold of a ticket of this category, as far as they look at that."""
    wanted, others = when.get("category"), when.get("any")
    if wanted is not None:
        return category == wanted or (isinstance(wanted, list) and category in wanted)
    return not isinstance(others, list) or any(_allows(each, category) for each in others)


def _counted(view: View) -> list[tuple[DeadlineEntry, Deadline]]:
    """The deadlines that the law sets, met or not."""
    found = list(considered(view))
    ending = {entry.met_by for entry, _, because in found if because.startswith(MET)}
    if ending:
        fields = {word: value for word, value in view.ticket.fields.items() if word not in ending}
        unmet = considered(view, fields)
        found = [other if each[2].startswith(MET) else each for each, other in zip(found, unmet, strict=True)]
    return [(entry, deadline) for entry, deadline, _ in found if deadline is not None and entry.within is not None]


def _met_at(entry: DeadlineEntry, case: Case) -> Moment | None:
    """When the answer was given: when its field says, or was filled in, else when the ticket was solved for good."""
    view = case.view
    calendar = view.book.calendars[entry.calendar] if entry.calendar else view.book.calendar
    if entry.met_by is not None and (written := view.ticket.fields.get(entry.met_by)) is not None:
        told = read_start(written, calendar)
        if told is not None and told.at <= view.now:
            return told.at
        set_at = [change.at for change in view.ticket.changes if change.field == entry.met_by and change.now]
        return set_at[-1] if set_at else view.ticket.created_at
    if view.happened[-1].after.standing not in ("solved", "closed"):
        return None
    solved = solutions(view)
    return view.happened[solved[-1].first].at if solved else None


PROMISES: tuple[Indicator, ...] = (
    Indicator(
        "promise",
        "share",
        title={
            "et": "Tähtajaks täidetud lubaduste osakaal",
            "en": "Share of promises kept in time",
            "ru": "Доля обещаний, выполненных в срок",
        },
        definition={
            "et": "Perioodil peatunud kellade seas need, mille lubatud aeg ei saanud täis, eraldi iga lubaduse "
            "(esmane vastus, lahendamine) kohta. Ootel oldud aega ei arvestata. Otsus jääb selle reeglistiku "
            "järgi, mis kehtis kella peatumisel; hilisema järgi hinnatud on eraldi välja toodud.",
            "en": "Of the clocks that stopped within the period, those whose target was not used up, for each "
            "promise by itself (first response, resolution). Time spent waiting does not count. The verdict stays "
            "that of the rulebook in force when the clock stopped; those judged by a later one are told beside it.",
            "ru": "Среди отсчётов, остановленных за период, те, у которых обещанное время не истекло, отдельно по "
            "каждому обещанию (первый ответ, решение). Время ожидания не учитывается. Оценка остаётся по правилам, "
            "действовавшим при остановке; оценённые позже показаны отдельно.",
        },
        facts=_promise,
        by="policy",
        whole=False,
        more_is_better=True,
        source="KA-PM 3.5.1; SM 3.5",
    ),
    Indicator(
        "promise_time",
        "time",
        title={
            "et": "Lubaduse täitmiseks kulunud aeg",
            "en": "Time taken to keep a promise",
            "ru": "Время выполнения обещания",
        },
        definition={
            "et": "Perioodil peatunud kellade käidud tööaeg: mediaan ja 90. protsentiil, eraldi iga lubaduse kohta. "
            "Ootel oldud aega ei arvestata.",
            "en": "The working time that clocks which stopped within the period had run: median and 90th percentile, "
            "for each promise by itself. Time spent waiting does not count.",
            "ru": "Рабочее время отсчётов, остановленных за период: медиана и 90-й процентиль, отдельно по каждому "
            "обещанию. Время ожидания не учитывается.",
        },
        facts=_promise_time,
        by="policy",
        whole=False,
        more_is_better=False,
        source="KA-PM 3.5.1; SM 3.5",
    ),
    Indicator(
        "statutory",
        "share",
        title={
            "et": "Seadusega määratud ajaks antud vastuste osakaal",
            "en": "Share of answers given by their statutory day",
            "ru": "Доля ответов, данных в установленный законом срок",
        },
        definition={
            "et": "Vastused, mille seadusjärgne viimane päev (pikendamisest õigel ajal teatamise korral pikendatud "
            "päev) on perioodis; neist need, mis anti hiljemalt sel päeval. Vastamata ja üle tähtaja pilet on "
            "täitmata. Vastus on antud, kui seda märgib oma väli või kui pilet on lahendatud.",
            "en": "The answers whose last day by law is in the period (the extended one where the extension was told "
            "in time); of these the ones given on that day at the latest. What is open and overdue counts as not "
            "met. An answer is given when its field says so, or when the ticket is solved.",
            "ru": "Ответы, последний день которых по закону приходится на период (продлённый, если о продлении "
            "сообщено вовремя); из них данные не позднее этого дня. Просроченные без ответа считаются "
            "невыполненными. Ответ дан, когда это отмечено в поле или заявка решена.",
        },
        facts=_statutory,
        by="deadline",
        more_is_better=True,
        source="KA-PM 2.4.5, 2.4.6; VI 3.2",
    ),
)
