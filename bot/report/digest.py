"""The digest: what a report says to its reader, worked out but not yet worded. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from bot.core.kpi.fact import Fact
from bot.core.kpi.figure import FEW, Figure, hidden, hide_few, is_few
from bot.core.kpi.period import Period
from bot.core.kpi.registry import INDICATORS, figures
from bot.core.kpi.statute import RATED
from bot.core.overview import Row
from bot.core.rounding import rounded
from bot.core.rulebook import Rulebook
from bot.report.report import Cell, Owed, Report

Trend = Literal["better", "worse", "up", "down", "same", ""]
"""What a change is to the reader: `up` and `down` where nobody says what is better, empty where none is known."""

GROUPS: Mapping[str, tuple[str, ...]] = {
    "burns": ("statutory_over", "overdue"),
    "soon": ("statutory_soon", "due_soon"),
    "decide": ("unrouted", "unassigned", "to_confirm", "absent"),
}
"""The first screen's groups of single tickets, each with its sections in order: what the law sets is first."""

WAITS: Mapping[str, tuple[str, ...]] = {
    "forwarder": ("pass_on", "solved", "incomplete", "returned", "to_close"),
    "owner": ("still",),
    "customer": ("customer",),
}
"""Who keeps others waiting, each with the sections in which that is."""

PARTS: Mapping[str, str] = {
    "statutory": "the answers owed by law, each with its basis, what is left, and what was promised beside it",
    "overdue": "open tickets with a policy's target behind them, the longest ago first",
    "due_soon": "those whose target ends soon, within `soon`",
    "unrouted": "tickets at tier 2 without a queue",
    "unassigned": "tickets at tier 2 that are in a queue and have no owner",
    "to_confirm": "tickets that tier 2 sent back, as long as nobody said whether it had reason to",
    "absent": "tickets whose owner is away with nobody named to stand in",
    "pass_on": "tickets with a question of tier 2's that the forwarder is to pass on to the customer",
    "solved": "tickets that are solved, their solution not known to have reached the customer",
    "incomplete": "tickets at tier 2 that lack something, by the completeness rules that are not on observe",
    "returned": "tickets that tier 2 sent back to tier 1, and that are there since",
    "still": "those whose turn is tier 2's, and on which nothing was done for `still`",
    "customer": "tickets that wait for the customer",
    "to_close": "tickets whose solution has reached the customer, and that nobody has closed",
    "figures": "the indicators with the period before, their change and their target",
    "backlog": "how many open tickets there are of each of the `ages`, by tier",
    "promises": "how many promises were kept and broken, by policy: of a day's digest within `promises`, of another "
    "within its period",
    "bot": "how many messages the bot has written within the period, by rule and rung",
}
"""What a digest can show; each part's row in the reference."""

_SHOWN = 6
"""How many tickets of a group the first screen lists; of the others it tells how many they are."""


class Task(msgspec.Struct, frozen=True):
    """A ticket about which something is to be done today: the first of its group's sections in which it stands.

    `do` is the section whose phrase says what: one in which somebody has to decide goes before.
    """

    section: str
    do: str
    row: Row | Owed


class Group(msgspec.Struct, frozen=True):
    """What one heading of the first screen lists, of `n` tickets, and how many `more` there are.

    Those that are listed under a heading `above` are counted and not listed again, but what the law sets is.
    `unlisted` of those that are more are not shown to this reader.
    """

    name: str
    tasks: tuple[Task, ...]
    n: Cell
    more: Cell
    unlisted: Cell
    above: int = 0


class Wait(msgspec.Struct, frozen=True):
    """How many tickets wait for somebody in a section, and the one that has waited longest."""

    who: str
    section: str
    n: Cell
    longest: Row | None


class Target(msgspec.Struct, frozen=True):
    """What a figure is to reach: `at least`, or `at most`."""

    how: Literal["at least", "at most"]
    value: float


class Compared(msgspec.Struct, frozen=True):
    """A figure beside that of the period before.

    `before` is None where nothing is kept of that, `change` too where one of the two is not known; `redefined` tells
    that the definition has changed since. `met` tells whether the target is reached; None where there is none, or no
    figure. `series` are its values in the periods kept, oldest first, the present one the last.
    """

    figure: Figure
    before: Figure | None = None
    change: float | None = None
    trend: Trend = ""
    redefined: bool = False
    target: Target | None = None
    met: bool | None = None
    series: tuple[float | None, ...] = ()


class Digest(msgspec.Struct, frozen=True):
    """What a report says: the first screen, the figures with what became of them, and the report itself.

    `before` is the report of the period just before, as far as it is kept; `periods` those of the figures' series.
    """

    report: Report
    groups: tuple[Group, ...]
    waits: tuple[Wait, ...]
    figures: tuple[Compared, ...]
    before: Report | None = None
    periods: tuple[Period, ...] = ()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is to be done today."""
        report = self.report
        told = self.waits or report.batches or report.failures or report.silences or report.audit
        return not (told or report.restraint.keeps_quiet or any(group.n != 0 for group in self.groups))


def digest_of(report: Report, previous: Sequence[Report], book: Rulebook) -> Digest:
    """Work out what a report says, beside earlier ones of the same kind of period, oldest first.

    All of them are cut for the same reader. Only the one whose period ends where this one begins is compared with.
    """
    earlier = [each for each in previous if each.period.until_at <= report.period.from_at]
    before = next((each for each in reversed(earlier) if each.period.until_at == report.period.from_at), None)
    parts = book.entries.digest.parts
    return Digest(
        report=report,
        groups=tuple(_groups(report, parts)),
        waits=tuple(_waits(report, parts)),
        figures=tuple(_compared(report, before, earlier, book)) if "figures" in parts else (),
        before=before,
        periods=(*(each.period for each in earlier), report.period),
    )


def rows_in(report: Report, section: str) -> Sequence[Row | Owed]:
    """The rows of a section, of those by law, too: `statutory_over` and `statutory_soon`."""
    if section == "statutory_over":
        return [owed for owed in report.statutory if owed.over]
    if section == "statutory_soon":
        return [owed for owed in report.statutory if owed.soon]
    return report.sections.get(section, ())


def count_in(report: Report, section: str) -> Cell:
    """How many tickets a section holds, listed or not."""
    unlisted = report.unlisted.get(section, 0)
    return None if unlisted is None else len(rows_in(report, section)) + unlisted


def part_of(section: str) -> str:
    """The part of a digest in which a section stands."""
    return "statutory" if section.startswith("statutory") else section


def _groups(report: Report, parts: Container[str]) -> Iterator[Group]:
    """The groups with what is shown: what is not does not ask for attention either."""
    seen: set[str] = set()
    decided = {row.key: name for name in reversed(GROUPS["decide"]) if name in parts for row in rows_in(report, name)}
    for name, every in GROUPS.items():
        sections = [section for section in every if part_of(section) in parts]
        tasks, own = [], set[str]()
        for section in sections:
            for row in rows_in(report, section):
                if isinstance(row, Owed) or not (row.key in seen or row.key in own):
                    tasks.append(Task(section, decided.get(row.key, section), row))
                own.add(row.key)
        above = len((own & seen) - {task.row.key for task in tasks})
        seen |= {task.row.key for task in tasks[:_SHOWN]}
        unlisted = _sum([report.unlisted.get(section, 0) for section in sections])
        more = None if unlisted is None else max(len(tasks) - _SHOWN, 0) + unlisted
        n = None if unlisted is None else len(tasks) + above + unlisted
        yield Group(name, tuple(tasks[:_SHOWN]), n, more, unlisted, above)


def _sum(cells: Sequence[Cell]) -> Cell:
    known = [cell for cell in cells if cell is not None]
    return sum(known) if len(known) == len(cells) else None


def _waits(report: Report, parts: Container[str]) -> Iterator[Wait]:
    for who, sections in WAITS.items():
        for section in sections:
            n = count_in(report, section)
            if n != 0 and section in parts:
                yield Wait(who, section, n, next(iter(report.sections.get(section, ())), None))


def _compared(report: Report, before: Report | None, earlier: Sequence[Report], book: Rulebook) -> Iterator[Compared]:
    then = _figures(before, book) if before is not None else {}
    past = [_figures(each, book) for each in earlier]
    for which, figure in _figures(report, book).items():
        name, group = which
        was = then.get(which)
        redefined = before is not None and before.definitions.get(name) != report.definitions.get(name)
        change = None
        if was is not None and not redefined and figure.value is not None and was.value is not None:
            change = figure.value - was.value
        series = tuple(found[which].value if which in found else None for found in past)
        target = _target(name, report, book) if not group else None
        yield Compared(
            figure=figure,
            before=was,
            change=change,
            trend=_trend(name, change),
            redefined=redefined,
            target=target,
            met=_is_met(name, figure.value, target),
            series=(*series, figure.value),
        )


_Figures = dict[tuple[str, str], Figure]


def _figures(report: Report, book: Rulebook) -> _Figures:
    """All figures as this reader may see them, by indicator and group.

    Those about single people are there where they agree to that now, and the reader may see them. Outside the team,
    where a hidden group could be worked out from the others and their whole, the smallest of these is hidden with it.
    So it is with what customers gave for anybody.
    """
    reader = report.reader
    found = {(each.indicator, each.group): each for each in figures(report.facts)}
    people = book.entries.indicators.consents if reader is None or reader.personal else {}
    found = {
        which: each
        for which, each in found.items()
        if not INDICATORS[which[0]].personal or (each.group in people and each.denominator)
    }
    if reader is None or reader.team:
        rated = _without_few({which: each for which, each in found.items() if which[0] in RATED}, report.facts)
        return found | {which: each for which, each in rated.items() if each.hidden}
    return _without_few(found, report.facts)


def _without_few(found: _Figures, facts: Iterable[Fact]) -> _Figures:
    """The figures as they are told outside the team.

    Of a figure that divides tickets by something else, such as people, the tickets are no few either.
    """
    divided = Counter(
        (each.indicator, group)
        for each in facts
        if not each.excluded and not each.weight and each.value
        for group in ("", each.group)
    )
    sizes = {which: divided[which] or each.denominator or 0 for which, each in found.items()}
    told = {which: hidden(each) if is_few(divided[which]) else hide_few(each) for which, each in found.items()}
    for name in dict.fromkeys(name for name, _ in found):
        whole = told.get((name, ""))
        groups = sorted(
            (which for which in found if which[0] == name and which[1]), key=lambda each: (sizes[each], each)
        )
        if whole is None or whole.hidden:
            continue
        for least in [which for which in groups if not told[which].hidden and sizes[which]]:
            if not _can_be_worked_out([sizes[which] for which in groups if told[which].hidden]):
                break
            told[least] = hidden(found[least])
    return told


def _can_be_worked_out(sizes: Sequence[int]) -> bool:
    """Whether what hidden groups come to together tells of any of them: it is known from the whole and the others."""
    many = len(sizes)
    return many == 1 or (many > 1 and (sum(sizes) < FEW or sizes == [1] * many or sizes == [FEW - 1] * many))


def _trend(name: str, change: float | None) -> Trend:
    if change is None:
        return ""
    if abs(change) < 0.0005:
        return "same"
    more = INDICATORS[name].more_is_better
    if more is None:
        return "up" if change > 0 else "down"
    return "better" if (change > 0) == more else "worse"


def _target(name: str, report: Report, book: Rulebook) -> Target | None:
    """What the rulebook wants of an indicator in a period: the first of its targets valid on its first day."""
    for each in book.entries.indicators.targets:
        if each.indicator != name or not each.is_valid(report.period.first):
            continue
        if each.at_least is not None:
            return Target("at least", each.at_least)
        if each.at_most is not None:
            return Target("at most", each.at_most)
        if each.within is not None:
            return Target("at most", each.within.working_s(book.calendar.day_s))
    return None


def _is_met(name: str, value: float | None, target: Target | None) -> bool | None:
    """Whether a target is reached; by a share as it is told, to 0.1 %."""
    if value is None or target is None:
        return None
    value = rounded(value, 3) if INDICATORS[name].measure == "share" else value
    return value >= target.value if target.how == "at least" else value <= target.value
