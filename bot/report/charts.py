"""The charts of a digest: what each shows, in words and numbers of its reader's language. Drawn elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from math import ceil, floor

from babel.dates import format_date

from bot.core.kpi.period import Kind
from bot.core.kpi.registry import INDICATORS
from bot.report.digest import Compared, Digest
from bot.report.page_tickets import ages
from bot.report.pictures import Bar, Bars, Chart, Line, Trend
from bot.report.report import Band, Report
from bot.report.tell import Tell

ROWS = 6
"""How many lines a chart has at most."""


def charts_of(digest: Digest, tell: Tell) -> tuple[Chart, ...]:
    """Give the charts of a digest; one that has nothing to show, or may not be shown to its reader, is left out."""
    parts = tell.book.entries.digest.parts
    found = [_trend(digest, tell), _waits(digest, tell)]
    found += [_backlog(digest.report, tell)] if "backlog" in parts else []
    found += [_promises(digest.report, tell)] if "promises" in parts else []
    return tuple(chart for chart in found if chart is not None)


def _trend(digest: Digest, tell: Tell) -> Trend | None:
    """Those that have a target first: the shares of at least two periods."""
    words = tell.words
    shares = [each for each in digest.figures if _is_drawn(each)]
    shares.sort(key=lambda each: each.target is None)
    if not shares:
        return None
    many = max(_since_known(each) for each in shares[:ROWS])
    lines = tuple(_line(each, many, tell) for each in shares[:ROWS])
    periods = tuple(_short(digest.report.period.kind, each.first, tell.language) for each in digest.periods[-many:])
    alt = "; ".join(_told(each, tell) for each in shares[:ROWS])
    met, missed = words["target_met"].lstrip("✓ "), words["target_missed"].lstrip("✗ ")
    target = words["target"].lower()
    return Trend("trend", words["chart_trend"], f"{alt}.", periods, lines, target, met, missed)


def _is_drawn(each: Compared) -> bool:
    known = [value for value in each.series if value is not None]
    is_share = INDICATORS[each.figure.indicator].measure == "share"
    return is_share and not each.figure.group and each.figure.value is not None and len(known) > 1


def _since_known(each: Compared) -> int:
    """How many periods it is since the first of which the figure is known, with that one."""
    return len(each.series) - next(n for n, value in enumerate(each.series) if value is not None)


def _line(each: Compared, many: int, tell: Tell) -> Line:
    target, figure = each.target, each.figure
    reach = [value for value in each.series if value is not None]
    reach += [] if target is None else [target.value]
    low, high = floor(min(reach) * 20) / 20, ceil(max(reach) * 20) / 20
    if low == high:
        low, high = max(low - 0.05, 0.0), min(high + 0.05, 1.0)
    title = tell.said(INDICATORS[figure.indicator].title)
    if target is not None:
        sign = "≥" if target.how == "at least" else "≤"
        title = f"{title} ({tell.words['target'].lower()} {sign} {_percent(target.value, tell)})"
    return Line(
        title=title,
        told=tell.measured(figure.value, "share"),
        points=each.series[-many:],
        low=low,
        high=high,
        low_told=_percent(low, tell),
        high_told=_percent(high, tell),
        target=None if target is None else target.value,
        at_least=target is None or target.how == "at least",
    )


def _percent(share: float, tell: Tell) -> str:
    """A share in whole per cent where it is one."""
    told = tell.measured(share, "share")
    return told.replace(",0", "").replace(".0", "") if abs(share * 100 - round(share * 100)) < 1e-9 else told


def _told(each: Compared, tell: Tell) -> str:
    values = [tell.measured(value, "share") for value in each.series[-2:]]
    return f"{tell.said(INDICATORS[each.figure.indicator].title)}: {' → '.join(values)}"


def _short(kind: Kind, first: date, language: str) -> str:
    """A period by as little as tells it from those beside it: its first day, its month, its quarter, its year."""
    match kind:
        case "month":
            return str(format_date(first, "LLL", locale=language))
        case "quarter":
            return f"{('I', 'II', 'III', 'IV')[(first.month - 1) // 3]} {first:%y}"
        case "year":
            return str(first.year)
        case _:
            return str(format_date(first, "d MMM" if language == "en" else "d.MM", locale=language))


def _waits(digest: Digest, tell: Tell) -> Bars | None:
    words = tell.words
    waits = [(wait, wait.n) for wait in digest.waits if wait.n is not None]
    if not waits or len(waits) < len(digest.waits):
        return None
    named = [(f"{words[wait.section]} ({words[f'waits_{wait.who}']})", n) for wait, n in waits]
    bars = tuple(Bar(f"{title}: {tell.n(n)}", (n,)) for title, n in named)
    return Bars("waits", words["group_waits"], _sentence([bar.title for bar in bars]), ("",), bars)


def _backlog(report: Report, tell: Tell) -> Bars | None:
    words, bands = tell.words, report.counts.backlog
    if not report.counts.open or any(n is None for band in bands for n in band.by_tier.values()):
        return None
    tiers = sorted({tier for band in bands for tier in band.by_tier})
    parts = tuple(words.get(f"at_tier_{tier}", words["tier_unknown"]) for tier in tiers)
    bars = tuple(_band(band, tiers, tell) for band in bands)
    told = [f"{bar.title} ({_parted(parts, bar.parts, tell)})" if sum(bar.parts) else bar.title for bar in bars]
    return Bars("backlog", words["backlog"], _sentence(told), parts, bars)


def _band(band: Band, tiers: Sequence[str], tell: Tell) -> Bar:
    counts = tuple(band.by_tier.get(tier, 0) or 0 for tier in tiers)
    return Bar(f"{ages(band, tell)}: {tell.n(sum(counts))}", counts)


def _promises(report: Report, tell: Tell) -> Bars | None:
    words, promises = tell.words, report.counts.promises
    if any(kept.met is None or kept.missed is None for kept in promises.values()):
        return None
    counted = {policy: (kept.met or 0, kept.missed or 0) for policy, kept in promises.items()}
    bars = tuple(
        Bar(f"{tell.name('policy', policy)}: {tell.measured(counts[0] / sum(counts), 'share')}", counts)
        for policy, counts in counted.items()
        if sum(counts)
    )
    if not bars:
        return None
    parts = (words["met"], words["missed"])
    told = [f"{bar.title} ({_parted(parts, bar.parts, tell)})" for bar in bars]
    title = words["promises" if report.period.kind == "day" else "promises_period"]
    return Bars("promises", title, _sentence(told), parts, bars, whole=True)


def _parted(parts: Sequence[str], counts: Sequence[int], tell: Tell) -> str:
    return ", ".join(f"{part} {tell.n(n)}" for part, n in zip(parts, counts, strict=True))


def _sentence(told: Sequence[str]) -> str:
    return f"{'; '.join(told)}."
