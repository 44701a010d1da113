"""A digest put into words: what all of its forms show, in the language of its reader."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bot.core.laid_aside import told
from bot.report import page_figures, page_tickets
from bot.report.digest import Digest
from bot.report.page_figures import Definition
from bot.report.page_today import Block, alarms, blocks, glance, load, waits_table
from bot.report.report import Report, Trouble
from bot.report.tell import Row, Table, Tell


@dataclass(frozen=True, slots=True)
class Page:
    """All that is read of a digest, in the order in which it is read; `words` are the rest of its language.

    `glance` tells each group of the first screen by its word, its title and how many tickets it holds; `scope` of
    what the reader reads, where that is not all.
    """

    language: str
    words: Mapping[str, str]
    title: str
    period: str
    as_of: str
    scope: str
    is_quiet: bool
    glance: tuple[tuple[str, str, str], ...]
    blocks: tuple[Block, ...]
    waits: Table | None
    alarms: tuple[str, ...]
    load: tuple[str, ...]
    counts: Table
    figures: tuple[Table, ...]
    tables: tuple[Table, ...]
    definitions: tuple[Definition, ...]
    quality: tuple[tuple[str, str], ...]
    laid_aside: Table | None
    findings: tuple[str, ...]
    version: str


def page(digest: Digest, tell: Tell) -> Page:
    """Put a digest into words."""
    report = digest.report
    return Page(
        language=tell.language,
        words=tell.words,
        title=title(report, tell),
        period=_period(report, tell),
        as_of=tell.at(report.as_of),
        scope=_scope(report, tell),
        is_quiet=digest.is_quiet,
        glance=tuple(glance(digest, tell)),
        blocks=tuple(blocks(digest, tell)),
        waits=waits_table(digest, tell),
        alarms=tuple(alarms(digest, tell)),
        load=tuple(load(digest, tell)),
        counts=page_figures.counts_table(digest, tell),
        figures=tuple(page_figures.tables(digest, tell)),
        tables=tuple(page_tickets.tables(digest, tell)),
        definitions=tuple(page_figures.definitions(digest, tell)),
        quality=tuple(_quality(report, tell)),
        laid_aside=_laid_aside(report, tell),
        findings=report.findings,
        version=report.version,
    )


def title(report: Report, tell: Tell) -> str:
    """What the digest is called: by its period for the team, as statistics of a unit or the desk for others."""
    words, reader = tell.words, report.reader
    titles = tell.book.entries.digest.title
    own = " ".join(tell.said(titles).split()) if tell.language in titles else ""
    if reader is None or (reader.team and reader.queues is None and reader.categories is None):
        return own or words[f"title_{report.period.kind}"]
    scope = _scope(report, tell)
    if not scope:
        return words["title_outside"]
    return words["title_scope" if reader.team else "title_unit"].format(unit=scope)


def _scope(report: Report, tell: Tell) -> str:
    reader = report.reader
    if reader is None:
        return ""
    return ", ".join([*(tell.name("queue", each) for each in reader.queues or ()), *(reader.categories or ())])


def _period(report: Report, tell: Tell) -> str:
    period = report.period
    said = f"{tell.words[f'period_{period.kind}']} {tell.period(period)}"
    return said if period.until_at <= report.as_of else f"{said}, {tell.words['running']}"


def _quality(report: Report, tell: Tell) -> Iterator[tuple[str, str]]:
    """As of when the figures are where that is earlier; what is only counted, and what is not counted at all."""
    if report.kept_at is not None:
        yield tell.words["kept_at"], tell.at(report.kept_at)
    counts = {
        "unknown": report.unknown,
        "observed": report.observed,
        "batched": sum(report.batches.values()),
        "troubles": len(report.troubles),
    }
    yield from ((tell.words[word], tell.n(n)) for word, n in counts.items() if n)


def _laid_aside(report: Report, tell: Tell) -> Table | None:
    if not report.troubles:
        return None
    head = tuple(tell.words[word] for word in ("ticket", "because", "laid_since", "tries", "tried_again"))
    rows = tuple(Row(_trouble(each, tell), tell.href(each.ticket)) for each in report.troubles)
    return Table("laid_aside", tell.words["laid_aside"], head, rows, numeric=frozenset({3}))


def _trouble(trouble: Trouble, tell: Tell) -> tuple[str, ...]:
    because = ": ".join(part for part in told(trouble.because, tell.language) if part)
    tries = tell.n(trouble.tries) if trouble.tries else ""
    since, again = ("" if at is None else tell.at(at) for at in (trouble.since_at, trouble.again_at))
    return trouble.ticket, because, since, tries, again
