"""`piletibot backtest`: rules tried on the past, from an export or from the live Jira."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from bot import logs
from bot.backtest.difference import Difference, difference
from bot.backtest.facts import Backtest, Run
from bot.backtest.lines import line
from bot.backtest.opened import Opening, book_of
from bot.backtest.progress import Show, bars
from bot.backtest.run import GARBAGE, Found, backtest
from bot.backtest.sources import Source, exported, live
from bot.backtest.summary import summary
from bot.backtest.tally import Tally
from bot.commands.failures import FOUND
from bot.core.calendar import Calendar
from bot.core.outcome import Outcome
from bot.core.replay import Grid, Span
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.settings import Misconfigured, Settings, load_settings

_SITE = "backtest"
_POLL_S = 60
_EARLIEST, _LATEST = date(1971, 1, 1), date(2149, 12, 31)


@dataclass(frozen=True)
class Asked:
    """What was asked for on the command line; see `piletibot backtest --help`."""

    config: Path
    rules: Path | None
    against: Path | None
    export: Path | None
    start: str | None
    end: str | None
    poll_s: int | None
    lag_s: int
    bot: str | None
    as_if_live: bool
    as_json: bool
    out: Path | None
    workers: int | None


def run(asked: Asked) -> int:
    """Try the rules on the past and print what they would have done; return 0, or 1 when tickets had to be left out.

    Raises Misconfigured, OSError for files, and what reading the live Jira raises.
    """
    gc.set_threshold(GARBAGE)
    settings = _settings(asked)
    logs.configure("error", settings.log.format if settings else "text")
    site = settings.site if settings else _SITE
    folder = asked.rules or (settings.rules.folder if settings else None)
    if folder is None:
        raise Misconfigured("name a rulebook with --rules, or a configuration with --config")
    folders = [folder, *([asked.against] if asked.against else [])]
    books = [book_of(each, site, as_if_live=asked.as_if_live) for each in folders]
    poll_s = asked.poll_s or (settings.engine.poll_s if settings else _POLL_S)
    grid = Grid(poll_s, asked.lag_s)
    with ExitStack() as held:
        show = held.enter_context(bars())
        if asked.export:
            source = exported(asked.export, books, asked.bot, show("", None))
        else:
            source = held.enter_context(_live(asked, settings, books, folders, show))
        for finding in source.findings:
            print(finding, file=sys.stderr)
        span = _span(asked, books[0].calendar, source)
        openings = [
            Opening(each, site, read, asked.as_if_live) for each, read in zip(folders, source.reads, strict=True)
        ]
        runs = [
            Run(_named(each), Tally(book, span), Found(), notes)
            for each, book, notes in zip(folders, books, source.notes_of, strict=True)
        ]
        result = Backtest(
            source=source.name,
            span=span,
            grid=grid,
            as_if_live=asked.as_if_live,
            bot=asked.bot is not None,
            tried=runs[0],
            notes=source.notes,
            against=runs[1] if asked.against else None,
        )
        workers = asked.workers or os.cpu_count() or 1
        streams = [
            backtest(
                source.sources(),
                opening,
                span,
                grid,
                workers=workers,
                found=one.found,
                progress=show(_title(one, runs), source.count),
            )
            for opening, one in zip(openings, runs, strict=True)
        ]
        for outcome, found in _counted(result, streams, summed=not asked.as_json or asked.out is not None):
            if asked.as_json:
                sys.stdout.buffer.write(line(outcome, found) + b"\n")
    if not asked.as_json:
        print("\n".join(summary(result)))
    out = asked.out
    if out is not None:
        from bot.backtest.page import write

        write(result, out)
        print(out, file=sys.stderr if asked.as_json else sys.stdout)
    in_trouble = any(one.found.troubles for one in runs)
    return FOUND if source.findings or in_trouble else 0


def _counted(
    result: Backtest, streams: Sequence[Iterator[Outcome]], *, summed: bool
) -> Iterator[tuple[Outcome, Difference | None]]:
    """Give every outcome, with what differs between two rulebooks; add it to the sums where these are wanted."""
    tried, against = result.tried, result.against
    if against is None:
        for outcome in streams[0]:
            if summed:
                tried.tally.add(outcome)
            yield outcome, None
        return
    for after, before in _paired(*streams):
        found = None
        if before is not None and summed:
            against.tally.add(before)
        if after is not None:
            if summed:
                tried.tally.add(after)
            if before is not None:
                found = difference(before, after)
                result.differences.add(found)
            yield after, found


def _paired(tried: Iterator[Outcome], against: Iterator[Outcome]) -> Iterator[tuple[Outcome | None, Outcome | None]]:
    """The outcomes of each ticket side by side.

    One that a rulebook cannot read stands alone where the other read that it was not there in the span.
    """
    after, before = next(tried, None), next(against, None)
    while after is not None or before is not None:
        if after is not None and before is not None and after.id == before.id:
            yield after, before
            after, before = next(tried, None), next(against, None)
        elif before is None or (after is not None and after.trouble is not None):
            yield after, None
            after = next(tried, None)
        else:
            yield None, before
            before = next(against, None)


def _live(
    asked: Asked, settings: Settings | None, books: Sequence[Rulebook], folders: Sequence[Path], show: Show
) -> AbstractContextManager[Source]:
    if asked.start is None or settings is None:
        raise Misconfigured("say what to replay: an export with --export, or a span of the live Jira with --from")
    since = _moment(books[0].calendar, "--from", asked.start, ends=False)
    return live(settings.jira, books, folders, since, show("", None))


def _settings(asked: Asked) -> Settings | None:
    """The configuration, where it is needed or there is one."""
    needed = asked.rules is None or asked.export is None
    return load_settings(asked.config) if needed or asked.config.exists() else None


def _span(asked: Asked, calendar: Calendar, source: Source) -> Span:
    """The span asked for; of an export by default all of it, to the end of the day after its last change."""
    start_at = _moment(calendar, "--from", asked.start, ends=False) if asked.start else None
    end_at = _moment(calendar, "--to", asked.end, ends=True) if asked.end else None
    if start_at is None:
        if source.first_at is None:
            raise Misconfigured("no ticket has a moment of creation; name the span with --from and --to")
        start_at = calendar.start_of_day(max(_EARLIEST, calendar.day_of(source.first_at)))
    if end_at is None:
        last = start_at if source.last_at is None else source.last_at
        end_at = calendar.end_of_day(min(_LATEST, calendar.day_of(last) + timedelta(days=1)))
    if end_at <= start_at:
        raise Misconfigured("--to must be after --from")
    return Span(start_at, end_at)


def _moment(calendar: Calendar, option: str, text: str, *, ends: bool) -> Moment:
    """A date's first second, or the end of it where it `ends` the span; or a moment on the calendar's clock."""
    try:
        if len(text) == len("2026-11-16"):
            day = date.fromisoformat(text)
            return calendar.end_of_day(day) if ends else calendar.start_of_day(day)
        at = datetime.fromisoformat(text)
        return int(at.timestamp()) if at.tzinfo else calendar.moment(at)
    except (ValueError, OverflowError):
        example = "2026-11-16, '2026-11-16 11:05' by the desk's clock, or 2026-11-16T11:05+02:00"
        raise Misconfigured(f"{option} {text!r} is not a date; write for example {example}") from None


def _named(folder: Path) -> str:
    return folder.resolve().name


def _title(one: Run, runs: Sequence[Run]) -> str:
    return one.name if len(runs) > 1 else ""
