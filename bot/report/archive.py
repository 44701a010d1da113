"""The reports of the archive: a period that is over keeps the figures that it had when it was first reported on."""

from __future__ import annotations

import msgspec
import structlog
from msgspec.structs import replace

from bot.core.desk import Desk
from bot.core.kpi.period import Period
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.report.gather import NOTHING, Beside, gather
from bot.report.report import Report, counts_of, past, read, sealed, written
from bot.store.store import ReportHead, ReportRow, Store

log = structlog.get_logger()

SERIES = 12
"""How many earlier periods a digest looks back upon."""


def keep(store: Store, report: Report, *, anew: bool = False) -> bool:
    """Keep a report on a period that is over; returns whether it is kept now.

    The first one stays, unless one is to be kept `anew`. Nothing
    is kept of a period after whose end the tracker has not yet been read: what happened in it may be missing. Raises
    StoreError.
    """
    polled_at = store.polled_at()
    if polled_at is None or polled_at < report.period.until_at or report.as_of < report.period.until_at:
        return False
    head = ReportHead(report.period.kind, report.period.first, report.as_of, report.version)
    return store.keep_report(ReportRow(head, report.definitions, written(report)), anew=anew)


def report_on(
    store: Store,
    book: Rulebook,
    desk: Desk,
    period: Period,
    now: Moment,
    beside: Beside = NOTHING,
    *,
    anew: bool = False,
) -> Report:
    """Give the report on a period with the desk as it stands at `now`.

    Of a period that is over the figures and counts are those kept, and are kept now where none were, or where they
    are to be kept `anew`. Raises StoreError.
    """
    report = gather(store, book, desk, period, now, beside)
    if keep(store, report, anew=anew):
        return report
    first = kept(store, period) if period.until_at <= now else None
    return report if first is None else settled(report, first)


def settled(report: Report, first: Report) -> Report:
    """Give a report with the figures and counts of the period as the first one on it has them."""
    if first.as_of == report.as_of and first.version == report.version:
        return first
    pieces = (
        *(each for each in report.pieces if each.what == "open"),
        *(each for each in first.pieces if each.what != "open"),
    )
    return replace(
        report,
        pieces=pieces,
        counts=counts_of(pieces, ((band.low, band.high) for band in report.counts.backlog)),
        facts=first.facts,
        definitions=first.definitions,
        observed=first.observed,
        kept_at=first.as_of,
        kept_version=first.version,
    )


def kept(store: Store, period: Period) -> Report | None:
    """Give the report kept on a period; None where there is none that can be read. Raises StoreError.

    Tickets that have got a security level since, or are gone, are told as such.
    """
    row = store.report_of(period.kind, period.first)
    report = None if row is None else _read(row)
    return None if report is None else sealed(report, store.sealed())


def earlier(store: Store, period: Period, many: int = SERIES) -> tuple[Report, ...]:
    """Give the last `many` reports kept on periods before this one, the oldest first, as `past` leaves them.

    Raises StoreError.
    """
    found = map(_read, store.reports_before(period.kind, period.first, many))
    return tuple(past(report) for report in found if report is not None)


def _read(row: ReportRow) -> Report | None:
    """A report as it was kept; None, with a line in the log, where a version kept it that this one cannot read."""
    try:
        return read(row.body)
    except msgspec.DecodeError:
        log.warning("kept report not readable", period=row.head.kind, first=row.head.first.isoformat())
        return None
