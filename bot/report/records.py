"""A digest as records for other programs, as docs/digest.md has it: permanent words, plain numbers, UTC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Literal

import msgspec

from bot.core.kpi.figure import Figure, Measure
from bot.core.kpi.period import Kind
from bot.core.kpi.registry import INDICATORS
from bot.core.overview import Row
from bot.core.ticket import Moment
from bot.report.digest import Compared, Digest, Group, Wait
from bot.report.page_figures import group_name
from bot.report.report import Cell, Counts, Owed, Reader, Report, Trouble
from bot.report.tell import Tell

VERSION = 1
"""The version of the records: it grows when a field is taken away, or means something else."""

Unit = Literal["share", "working seconds", "days", "number", "count", "seconds"]

UNITS: Mapping[Measure, Unit] = {
    "share": "share",
    "time": "working seconds",
    "days": "days",
    "mean": "number",
    "count": "count",
    "spans": "seconds",
}
"""What the numbers of a figure are in, by its measure; a share is of 1."""


class PeriodRecord(msgspec.Struct, frozen=True):
    """The period: its local days, both included, and its moments, from the first on and before the other."""

    kind: Kind
    first: date
    last: date
    from_at: str
    until_at: str
    is_over: bool


class TaskRecord(msgspec.Struct, frozen=True):
    """A ticket of the first screen, why it stands there, and what is to be done."""

    ticket: str
    section: str
    do: str


class GroupRecord(msgspec.Struct, frozen=True):
    """A heading of the first screen: how many tickets, the first of them, how many more, how many are not listed."""

    group: str
    title: str
    count: Cell
    tickets: tuple[TaskRecord, ...]
    more: Cell
    unlisted: Cell


class WaitRecord(msgspec.Struct, frozen=True):
    """How many tickets wait for somebody, and which the longest, since when."""

    who: str
    section: str
    count: Cell
    longest: str | None
    since_at: str | None


class TicketRecord(msgspec.Struct, frozen=True):
    """A ticket in a section: since when, or due when, it is so; its working seconds since, over or left."""

    ticket: str
    queue: str | None
    category: str | None
    state: str
    at: str
    seconds: int | None
    policy: str
    missing: tuple[str, ...]
    act: str
    secured: bool


class OwedRecord(msgspec.Struct, frozen=True):
    """An answer owed by law."""

    ticket: str
    queue: str | None
    category: str | None
    basis: str
    due_at: str
    by_day: bool
    over: bool
    soon: bool
    promised: date | None
    first: date | None
    extended: bool
    provisional: bool
    confirmed: bool
    act: str
    secured: bool


class TargetRecord(msgspec.Struct, frozen=True):
    """What a figure is to reach, in its own unit, and whether it does."""

    how: str
    value: float
    met: bool | None


class FigureRecord(msgspec.Struct, frozen=True):
    """A figure: what it comes to, what it rests on, what was left out, what it was before."""

    indicator: str
    group: str
    group_title: str
    unit: Unit
    value: float | None
    numerator: float | None
    denominator: int | None
    p90: float | None
    excluded: Mapping[str, int]
    marks: Mapping[str, int]
    hidden: bool
    previous: float | None
    change: float | None
    trend: str
    redefined: bool
    target: TargetRecord | None
    series: tuple[float | None, ...]


class IndicatorRecord(msgspec.Struct, frozen=True):
    """How an indicator is defined, and its figures: as a whole first, then by its groups."""

    indicator: str
    title: str
    definition: str
    definition_version: int
    source: str
    measure: Measure
    unit: Unit
    by: str
    more_is_better: bool | None
    figures: tuple[FigureRecord, ...]


class TroubleRecord(msgspec.Struct, frozen=True, array_like=True):
    """A ticket laid aside: why, since when, how often it was tried, when it is tried again; null where unknown."""

    ticket: str
    because: str
    since: str | None
    tries: int | None
    again: str | None


class QualityRecord(msgspec.Struct, frozen=True):
    """What is only counted, what is not counted at all, and what went wrong."""

    unknown: int
    observed: int
    batched: int
    unlisted: Mapping[str, Cell]
    troubles: tuple[TroubleRecord, ...]
    findings: tuple[str, ...]
    failures: tuple[tuple[str, str, str], ...]
    silences: tuple[tuple[str, str, str], ...]
    audit: tuple[tuple[str, int, bool], ...]
    away: tuple[str, str, str] | None
    pauses: tuple[tuple[str, str, str], ...]


class DigestRecord(msgspec.Struct, frozen=True):
    """A whole digest."""

    format: str
    version: int
    desk: str
    title: str
    language: str
    period: PeriodRecord
    as_of: str
    rulebook: str
    figures_as_of: str
    figures_rulebook: str
    reader: Reader | None
    today: tuple[GroupRecord, ...]
    waits: tuple[WaitRecord, ...]
    indicators: tuple[IndicatorRecord, ...]
    counts: Counts
    statutory: tuple[OwedRecord, ...]
    tickets: Mapping[str, tuple[TicketRecord, ...]]
    quality: QualityRecord


def record(digest: Digest, title: str, tell: Tell) -> DigestRecord:
    """Give a digest as its record."""
    report = digest.report
    return DigestRecord(
        format="piletibot digest",
        version=VERSION,
        desk=report.desk,
        title=title,
        language=tell.language,
        period=_period(report),
        as_of=written_at(report.as_of),
        rulebook=report.version,
        figures_as_of=written_at(figures_as_of(report)),
        figures_rulebook=report.kept_version or report.version,
        reader=report.reader,
        today=tuple(_group(each, tell) for each in digest.groups),
        waits=tuple(map(_wait, digest.waits)),
        indicators=tuple(indicators(digest, tell)),
        counts=report.counts,
        statutory=tuple(map(_owed, report.statutory)),
        tickets={name: tuple(map(_ticket, rows)) for name, rows in report.sections.items()},
        quality=_quality(report),
    )


def written_at(at: Moment) -> str:
    """A moment in UTC, as ISO 8601 writes it: `2026-12-16T10:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).isoformat().replace("+00:00", "Z")


def figures_as_of(report: Report) -> Moment:
    """As of when the figures of a report are: of those kept, when they were first worked out."""
    return report.as_of if report.kept_at is None else report.kept_at


def indicators(digest: Digest, tell: Tell) -> Iterator[IndicatorRecord]:
    """Give the indicators that a digest shows, each with its figures, in their usual order."""
    rank = {name: n for n, name in enumerate(INDICATORS)}
    ordered = sorted(digest.figures, key=lambda each: (rank[each.figure.indicator], each.figure.group))
    for name, those in groupby(ordered, key=lambda each: each.figure.indicator):
        indicator = INDICATORS[name]
        yield IndicatorRecord(
            indicator=name,
            title=tell.said(indicator.title),
            definition=tell.said(indicator.definition),
            definition_version=digest.report.definitions.get(name, indicator.version),
            source=indicator.source,
            measure=indicator.measure,
            unit=UNITS[indicator.measure],
            by=indicator.by,
            more_is_better=indicator.more_is_better,
            figures=tuple(_figure(each, indicator.by, UNITS[indicator.measure], tell) for each in those),
        )


def _figure(each: Compared, by: str, unit: Unit, tell: Tell) -> FigureRecord:
    figure: Figure = each.figure
    target = each.target
    return FigureRecord(
        indicator=figure.indicator,
        group=figure.group,
        group_title=group_name(by, figure.group, tell) if figure.group else "",
        unit=unit,
        value=figure.value,
        numerator=figure.numerator,
        denominator=figure.denominator,
        p90=figure.p90,
        excluded=figure.excluded,
        marks=figure.marks,
        hidden=figure.hidden,
        previous=None if each.before is None else each.before.value,
        change=each.change,
        trend=each.trend,
        redefined=each.redefined,
        target=None if target is None else TargetRecord(target.how, target.value, each.met),
        series=each.series,
    )


def _period(report: Report) -> PeriodRecord:
    period = report.period
    return PeriodRecord(
        kind=period.kind,
        first=period.first,
        last=period.last,
        from_at=written_at(period.from_at),
        until_at=written_at(period.until_at),
        is_over=period.until_at <= report.as_of,
    )


def _group(group: Group, tell: Tell) -> GroupRecord:
    tasks = tuple(TaskRecord(task.row.key, task.section, task.do) for task in group.tasks)
    return GroupRecord(group.name, tell.words[f"group_{group.name}"], group.n, tasks, group.more, group.unlisted)


def _wait(wait: Wait) -> WaitRecord:
    longest = wait.longest
    if longest is None:
        return WaitRecord(wait.who, wait.section, wait.n, None, None)
    return WaitRecord(wait.who, wait.section, wait.n, longest.key, written_at(longest.at))


def _ticket(row: Row) -> TicketRecord:
    return TicketRecord(
        ticket=row.key,
        queue=row.queue,
        category=row.category,
        state=row.state,
        at=written_at(row.at),
        seconds=None if row.amount is None else row.amount.seconds,
        policy=row.policy,
        missing=row.missing,
        act=row.act,
        secured=row.secured,
    )


def _owed(owed: Owed) -> OwedRecord:
    return OwedRecord(
        ticket=owed.key,
        queue=owed.queue,
        category=owed.category,
        basis=owed.basis,
        due_at=written_at(owed.due_at),
        by_day=owed.by_day,
        over=owed.over,
        soon=owed.soon,
        promised=owed.promised,
        first=owed.first,
        extended=owed.extended,
        provisional=owed.provisional,
        confirmed=owed.confirmed,
        act=owed.act,
        secured=owed.secured,
    )


def _trouble(trouble: Trouble) -> TroubleRecord:
    since, again = (None if at is None else written_at(at) for at in (trouble.since_at, trouble.again_at))
    return TroubleRecord(trouble.ticket, trouble.because, since, trouble.tries or None, again)


def _quality(report: Report) -> QualityRecord:
    circuit = report.restraint.circuit
    is_away = circuit.state != "closed"
    return QualityRecord(
        unknown=report.unknown,
        observed=report.observed,
        batched=sum(report.batches.values()),
        unlisted={name: n for name, n in report.unlisted.items() if n != 0},
        troubles=tuple(_trouble(each) for each in report.troubles),
        findings=report.findings,
        failures=tuple((written_at(each.at), each.way, each.because) for each in report.failures),
        audit=tuple((each.check, each.n, each.mended) for each in report.audit),
        silences=tuple((written_at(each.since_at), each.what, each.by) for each in report.silences),
        away=(written_at(circuit.since_at), circuit.because, written_at(circuit.again_at)) if is_away else None,
        pauses=tuple((written_at(each.until_at), each.about, each.because) for each in report.restraint.pauses),
    )
