"""Cutting a report for its reader: what they read of, and what of it they may see. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence

from msgspec.structs import replace

from bot.core.audience import Audience
from bot.core.kpi.fact import Fact
from bot.core.kpi.registry import INDICATORS
from bot.core.overview import Row
from bot.core.people import ANYBODY
from bot.engine.restraint import Restraint
from bot.report.report import TOLD, Owed, Reader, Report, counts_of, shown


def cut(report: Report, audience: Audience) -> Report:
    """Give the report as this audience may see it.

    Tickets outside what they read of are left out. Those with a security level are only counted unless `secured`,
    and all are for who is not of the team: no key is listed to them, no fact names its ticket, and no count of one
    to four is told. Of a ticket that is about the reader they find no more than that it counts. Figures about single
    people are left to the coordinator and the lead. What is about the desk and the bot as a whole is left to the team
    who read of all of it. Figures that rest on too few are for the digest to hide.
    """
    whole = audience.team and audience.queues is None and audience.categories is None
    reader = Reader(
        team=audience.team,
        personal=audience.team and not audience.roles.isdisjoint(TOLD),
        secured=audience.team and audience.secured,
        queues=_sorted(audience.queues),
        categories=_sorted(audience.categories),
    )
    unlisted: Counter[str] = Counter()
    hidden = frozenset(key for key, about in report.spared.items() if _is_kept_from(audience, about))
    sections = {name: _listed(name, rows, audience, hidden, unlisted) for name, rows in report.sections.items()}
    statutory = _owed(report, audience, hidden, unlisted)
    pieces = tuple(each for each in report.pieces if audience.reads_of(each.queue, each.category))
    spans = ((band.low, band.high) for band in report.counts.backlog)
    return replace(
        report,
        counts=counts_of(pieces, spans, team=audience.team),
        pieces=pieces if audience.team else (),
        sections=sections,
        statutory=statutory,
        unlisted={name: shown(n, team=audience.team) for name, n in unlisted.items()},
        observed=report.observed if whole else 0,
        batches=report.batches if whole else {},
        unknown=report.unknown if whole else 0,
        troubles=tuple(
            each
            for each in report.troubles
            if whole and (reader.secured or not each.secured) and each.ticket not in hidden
        ),
        findings=report.findings if whole else (),
        failures=report.failures if whole else (),
        silences=report.silences if whole else (),
        audit=report.audit if whole else (),
        restraint=report.restraint if whole else Restraint(),
        facts=tuple(_facts(report.facts, audience, reader, hidden, whole=whole)),
        spared={},
        reader=reader,
    )


def _is_kept_from(audience: Audience, about: Container[str]) -> bool:
    """Whether a ticket is about the reader; where it cannot be known whom it is about, the lead alone finds it."""
    return audience.person in about or (ANYBODY in about and "lead" not in audience.roles)


def _sorted(words: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if words is None else tuple(sorted(words))


def _listed(
    name: str, rows: Sequence[Row], audience: Audience, hidden: Container[str], unlisted: Counter[str]
) -> tuple[Row, ...]:
    theirs = [row for row in rows if row.key not in hidden and audience.reads_of(row.queue, row.category)]
    listed = tuple(row for row in theirs if _is_listed(row, audience))
    unlisted[name] += len(theirs) - len(listed)
    return listed


def _owed(report: Report, audience: Audience, hidden: Container[str], unlisted: Counter[str]) -> tuple[Owed, ...]:
    theirs = [
        owed for owed in report.statutory if owed.key not in hidden and audience.reads_of(owed.queue, owed.category)
    ]
    for owed in theirs:
        if not _is_listed(owed, audience):
            unlisted["statutory"] += 1
            unlisted["statutory_over"] += owed.over
            unlisted["statutory_soon"] += owed.soon
    return tuple(owed for owed in theirs if _is_listed(owed, audience))


def _is_listed(row: Row | Owed, audience: Audience) -> bool:
    return audience.team and (audience.secured or not row.secured)


def _facts(
    facts: Iterable[Fact], audience: Audience, reader: Reader, hidden: Container[str], *, whole: bool
) -> Iterator[Fact]:
    for fact in facts:
        indicator = INDICATORS.get(fact.indicator)
        if indicator is not None and indicator.personal and not reader.personal:
            continue
        if not audience.reads_of(fact.queue, fact.category) if fact.ticket else not audience.is_told(fact):
            continue
        if indicator is not None and indicator.by == "cost" and not whole:
            continue
        named = audience.team and (audience.secured or not fact.secured) and fact.ticket not in hidden
        yield fact if named or not fact.ticket else replace(fact, ticket="")
