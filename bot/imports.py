"""What files of other systems add to the indicators: the exchange's calls (2.3.5) and customers' ratings (2.3.3).

They are read when a report is gathered. A file that cannot be used is a finding of the report and stops nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from bot.core.calendar import Calendar
from bot.core.entries_indicators import CallsEntry, RatingsEntry
from bot.core.kpi.fact import Fact
from bot.core.kpi.period import Period
from bot.core.returns import fold
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.settings import Settings
from bot.tables import Clock, Findings, Row, UnreadableCellError, number, rows_of, seconds

_LISTED = 8


@dataclass(frozen=True, slots=True)
class Sources:
    """Where files of other systems are: the rulebook's `folder`, and what the configuration names in their place."""

    folder: Path
    calls: Path | None = None
    ratings: Path | None = None


def sources_of(settings: Settings) -> Sources:
    """Give the sources of a configuration."""
    return Sources(settings.rules.folder, settings.imports.calls, settings.imports.ratings)


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read: facts of the indicator `calls`, None where there are no data; and ratings by tickets' keys.

    `findings` tell what could not be read, in the language of the digest.
    """

    calls: Sequence[Fact] | None = None
    ratings: Mapping[str, tuple[Moment, float]] = field(default_factory=dict)
    findings: tuple[str, ...] = ()


def read_imports(book: Rulebook, sources: Sources, period: Period) -> Imported:
    """Read the files that the rulebook names, or those that stand in their place. Never raises.

    Ratings are those that count for what was closed in the period.
    """
    said, language = book.entries.indicators, book.entries.digest.language or book.entries.language
    found: tuple[Fact, ...] | None = None
    given: Mapping[str, tuple[Moment, float]] = {}
    findings: list[str] = []
    if (path := sources.calls or _beside(sources.folder, said.calls.file)) is not None:
        told = Findings(path, language)
        if _is_ours(path, sources, told):
            found = _calls(path, said.calls, period, book.calendar, told)
        findings += told.all()
    if (path := sources.ratings or _beside(sources.folder, said.ratings.file)) is not None:
        told = Findings(path, language)
        if _is_ours(path, sources, told):
            given = _ratings(path, said.ratings, period, book.calendar, told)
        findings += told.all()
    return Imported(found, given, tuple(findings))


def _beside(folder: Path, name: str | None) -> Path | None:
    return None if name is None else folder / name


def _is_ours(path: Path, sources: Sources, told: Findings) -> bool:
    """Whether a table may be read: one that the rulebook names lies beside it, one of the configuration anywhere."""
    if path in (sources.calls, sources.ratings) or path.resolve().is_relative_to(sources.folder.resolve()):
        return True
    told.add("outside")
    return False


# Calls


class _Leg(NamedTuple):
    """A row of the table of calls: a call, or a part of one that was passed on."""

    at: Moment
    line: str
    wait_s: float
    answered: bool
    kind: str


def _calls(
    path: Path, said: CallsEntry, period: Period, calendar: Calendar, findings: Findings
) -> tuple[Fact, ...] | None:
    headings = {word: heading for word, heading in said.columns if heading is not None}
    rows = rows_of(path, headings, findings)
    if rows is None:
        return None
    clock = Clock(calendar.timezone)
    legs: dict[str, list[_Leg]] = defaultdict(list)
    doubled: list[int] = []
    for row in rows:
        read = _leg(row, said, clock)
        if read is None:
            continue
        call, leg = read
        if leg in legs[call]:
            doubled.append(row.line)
        else:
            legs[call].append(leg)
    for problem, lines in (("doubled", doubled), ("ambiguous", clock.twice)):
        if lines:
            findings.add(problem, lines[0], n=len(lines))
    return None if findings.is_broken else tuple(_facts(map(sorted, legs.values()), said, period, calendar))


def _leg(row: Row, said: CallsEntry, clock: Clock) -> tuple[str, _Leg] | None:
    """The number of a row's call, and what the row tells of it; None where something in it cannot be read."""
    call = row.read("id", _filled)
    at = row.read("at", lambda written: clock.moment(written, row.line))
    line = row.read("line", _filled)
    answered = row.read("answered", lambda written: _answered(written, said))
    wait_s = row.read("wait", seconds)
    if call is None or at is None or line is None or wait_s is None or answered is None:
        return None
    return call, _Leg(at, line, wait_s, answered, _kind(row.cells.get("kind"), said))


def _filled(written: str) -> str:
    if not written:
        raise UnreadableCellError("empty")
    return written


def _answered(written: str, said: CallsEntry) -> bool:
    if fold(written) in map(fold, said.answered):
        return True
    if fold(written) in map(fold, said.unanswered):
        return False
    expected = [word for word in (*said.answered, *said.unanswered) if word]
    raise UnreadableCellError("no answer", ", ".join(expected[:_LISTED]))


def _kind(written: str | None, said: CallsEntry) -> str:
    if written is None:
        return "incoming"
    kinds = {"incoming": said.incoming, "callback": said.callback, "internal": said.internal}
    return next((kind for kind, words in kinds.items() if fold(written) in map(fold, words)), "other")


def _facts(calls: Iterable[Sequence[_Leg]], said: CallsEntry, period: Period, calendar: Calendar) -> Iterator[Fact]:
    """The period's calls: those that count by line and day, each that is left out by itself."""
    counted: dict[tuple[str, date], list[tuple[Moment, bool, bool]]] = defaultdict(list)
    for legs in calls:
        first = legs[0]
        if not period.holds(first.at) or first.kind == "other":
            continue
        answer = next((leg for leg in legs if leg.answered), None)
        wait_s = first.wait_s if answer is None else max(0, answer.at - first.at) + answer.wait_s
        excluded = _excluded(first, said, is_short=answer is None and said.short is not None and wait_s < said.short)
        if excluded:
            yield Fact("calls", group=first.line, excluded=excluded, at=first.at)
        else:
            in_time = answer is not None and wait_s <= said.lines[first.line]
            counted[first.line, calendar.day_of(first.at)].append((first.at, in_time, answer is None))
    for (line, _), those in sorted(counted.items()):
        marks = ("abandoned",) * sum(given_up for _, _, given_up in those)
        met = sum(in_time for _, in_time, _ in those)
        yield Fact("calls", "", float(met), len(those), line, marks=marks, at=min(at for at, _, _ in those))


def _excluded(first: _Leg, said: CallsEntry, *, is_short: bool) -> str:
    """Why a call is left out; empty where it counts."""
    if first.kind == "callback" and not said.callbacks:
        return "callback"
    if first.kind == "internal" and not said.internals:
        return "internal call"
    if first.line not in said.lines:
        return "other line"
    return "short abandoned" if is_short else ""


# Ratings


def _ratings(
    path: Path, said: RatingsEntry, period: Period, calendar: Calendar, findings: Findings
) -> Mapping[str, tuple[Moment, float]]:
    """The last rating of each ticket that came in time; a row without one says that nobody answered."""
    rows = rows_of(path, dict(said.columns), findings)
    if rows is None:
        return {}
    clock = Clock(calendar.timezone)
    until = calendar.end_of_day(period.last + timedelta(days=said.within.amount)) - 1
    found: dict[str, tuple[Moment, float]] = {}
    for row in rows:
        if not row.cells["rating"]:
            continue
        ticket = row.read("ticket", _filled)
        at = row.read("at", lambda written, line=row.line: clock.moment(written, line))  # type: ignore[misc]
        given = row.read("rating", number)
        if ticket is None or at is None or given is None:
            continue
        if at <= until and at >= found.get(ticket, (at, 0))[0]:
            found[ticket] = at, given
    if clock.twice:
        findings.add("ambiguous", clock.twice[0], n=len(clock.twice))
    return found
