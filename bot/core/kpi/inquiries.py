"""What people turned to the desk with, mapped to structural units; and which solved tickets are looked at closely."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from bot.core.kpi.case import Case, Indicator, Records
from bot.core.kpi.course import not_counted, solutions, uncounted
from bot.core.kpi.fact import Fact
from bot.core.kpi.first_tier import inquiry_since
from bot.core.kpi.period import Period
from bot.core.kpi.words import UNMAPPED
from bot.core.ticket import UNKNOWN, Moment


def _inquiries(case: Case) -> Iterator[Fact]:
    since = _since(case)
    if since is not None:
        category = case.view.ticket.category or UNKNOWN
        units = case.view.book.entries.indicators.units
        unit = next((each.unit for each in units if category in each.categories), UNMAPPED)
        yield _fact(case, "inquiries", since, unit, (category,))


def _unmapped(records: Records) -> Iterator[Fact]:
    """Nothing, in the row of what no unit has: it is shown though all is mapped."""
    yield Fact("inquiries", weight=0, group=UNMAPPED, at=min(records.period.until_at, records.as_of + 1) - 1)


def _categories(case: Case) -> Iterator[Fact]:
    since = _since(case)
    if since is not None:
        yield _fact(case, "categories", since, case.view.ticket.category or UNKNOWN)


def _since(case: Case) -> Moment | None:
    """When the ticket became an inquiry, where that was within the period."""
    ticket, period = case.view.ticket, case.period
    if ticket.created_at >= period.until_at or case.view.happened[-1].at < period.from_at:
        return None
    since = inquiry_since(case.view)
    return since if period.holds(since) else None


def _sample(case: Case) -> Iterator[Fact]:
    view, period = case.view, case.period
    if view.happened[-1].at < period.from_at:
        return
    at = next((at for each in solutions(view) if period.holds(at := view.happened[each.first].at)), None)
    if at is not None:
        excluded = "security level" if view.ticket.secured else not_counted(view)
        yield _fact(case, "sample", at, "", excluded=excluded, value=1)


def sampled(facts: Iterable[Fact], desk: str, period: Period, count: int) -> list[str]:
    """Draw the keys of the tickets to look at: the same of the same tickets, whoever asks, whenever they do.

    A ticket's place in the draw rests on nothing but the desk, the period and its key.
    """
    keys = {fact.ticket for fact in facts if fact.indicator == "sample" and not fact.excluded and fact.ticket}
    seed = f"{desk}|{period.kind}|{period.first.isoformat()}"
    return sorted(keys, key=lambda key: sha256(f"{seed}|{key}".encode()).digest())[:count]


def _fact(
    case: Case,
    name: str,
    at: Moment,
    group: str,
    marks: tuple[str, ...] = (),
    excluded: str = "",
    value: float = 1,
) -> Fact:
    ticket = case.view.ticket
    return Fact(
        name,
        ticket.key,
        value=value,
        group=group,
        excluded=excluded or uncounted(case.view),
        marks=marks,
        secured=ticket.secured,
        queue=ticket.queue or "",
        at=at,
    )


INQUIRIES: tuple[Indicator, ...] = (
    Indicator(
        "inquiries",
        "count",
        title={
            "et": "Pöördumised struktuuriüksuste kaupa",
            "en": "Inquiries by structural unit",
            "ru": "Обращения по структурным подразделениям",
        },
        definition={
            "et": "Perioodil saabunud pöördumised selle struktuuriüksuse all, kelle kategooria neil on; kõrval "
            "kategooriad. Ühegi üksusega sidumata kategooriad on omal real. Seiresündmus loeb siis, kui sellest saab "
            "pöördumine.",
            "en": "The inquiries that came within the period, under the structural unit that has their category; "
            "beside it the categories. What no unit has stands in a row of its own. A monitoring event counts when "
            "it becomes an inquiry.",
            "ru": "Обращения, поступившие за период, по подразделению, к которому относится их категория; рядом "
            "категории. Категории без подразделения показаны отдельной строкой. Событие мониторинга учитывается, "
            "когда становится обращением.",
        },
        facts=_inquiries,
        desk_facts=_unmapped,
        by="unit",
        source="KA-VS 3.8; VI 3.8",
    ),
    Indicator(
        "categories",
        "count",
        title={
            "et": "Pöördumised kategooriate kaupa",
            "en": "Inquiries by category",
            "ru": "Обращения по категориям",
        },
        definition={
            "et": "Perioodil saabunud pöördumised kategooriate kaupa, nagu need on ülevaate koostamise ajal.",
            "en": "The inquiries that came within the period, by the category that they have at the time of the "
            "report.",
            "ru": "Обращения, поступившие за период, по категории на момент отчёта.",
        },
        facts=_categories,
        by="category",
        source="KA-VS 3.8; VI 3.8",
    ),
    Indicator(
        "sample",
        "count",
        title={"et": "Kvaliteedivalim", "en": "Quality sample", "ru": "Выборка для проверки качества"},
        definition={
            "et": "Perioodil lahendatud piletid, mille hulgast valim võetakse; turvatasemega pileteid valimis ei "
            "ole. Sama perioodi valim on alati sama.",
            "en": "The tickets solved within the period, of which the sample is drawn; none with a security level is "
            "in it. The sample of a period is always the same.",
            "ru": "Заявки, решённые за период, из которых берётся выборка; заявок с уровнем защиты в ней нет. "
            "Выборка за один период всегда одна и та же.",
        },
        facts=_sample,
        source="KA-VS 3.6, 3.7",
    ),
)
