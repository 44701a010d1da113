"""What facts come to: shares, times and counts over a period, with what they rest on. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from bot.core.kpi.fact import Fact

Measure = Literal["share", "time", "days", "mean", "count", "spans"]
"""`share` is of the weights, 0 to 1; `time` a median of working seconds, `days` of calendar days; `mean` of values.

`count` is their sum; `spans` the seconds that pass in stretches which begin at each fact's `at` and last for its
`value`: where these overlap, each second counts once.
"""

FEW = 5
"""Cells of fewer are not shown outside the team (domain 1.4: a person could be told from them)."""


class Figure(msgspec.Struct, frozen=True):
    """What an indicator comes to, as a whole (`group` empty) or in one of its groups.

    `value` is None where the denominator is 0: shown as "—", never as 0 or 100 %. `numerator` and `denominator` are
    those of a share, and otherwise the sum of the values and their number. `p90` is the 90th percentile of a time, or
    of days, by nearest rank. `excluded` counts what was left out by its reason, `marks` what is told beside the
    figure.
    `hidden` tells that it rests on too few to be shown to this reader; then its numbers are None and empty.
    """

    indicator: str
    group: str
    value: float | None
    numerator: float | None
    denominator: int | None
    p90: float | None = None
    excluded: Mapping[str, int] = {}
    marks: Mapping[str, int] = {}
    hidden: bool = False


def figure(measure: Measure, name: str, group: str, facts: Sequence[Fact]) -> Figure:
    """Work out what these facts of an indicator come to."""
    counted = [fact for fact in facts if not fact.excluded]
    excluded = Counter(fact.excluded for fact in facts if fact.excluded)
    marks = Counter(mark for fact in facts for mark in fact.marks)
    total, weight = sum(fact.value for fact in counted), sum(fact.weight for fact in counted)
    value, p90 = _MEASURED[measure](counted, total, weight)
    return Figure(name, group, value, total, weight, p90, dict(sorted(excluded.items())), dict(sorted(marks.items())))


def by_group(facts: Iterable[Fact]) -> Iterator[tuple[str, list[Fact]]]:
    """Give the facts of each group, in alphabetical order."""
    groups: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.group].append(fact)
    for group in sorted(groups):
        yield group, groups[group]


def hide_few(figure: Figure) -> Figure:
    """Give the figure as it is shown outside the team: nothing of one that rests on one to four.

    What is told beside it is left out where any of its counts is of so few, and of groups in any case: what one
    count does not tell, the difference between others would.
    """
    if is_few(figure.denominator):
        return hidden(figure)
    excluded, marks = (_told(figure, counts) for counts in (figure.excluded, figure.marks))
    return msgspec.structs.replace(figure, excluded=excluded, marks=marks)


def hidden(figure: Figure) -> Figure:
    """Give nothing of a figure but that it is not shown."""
    return Figure(figure.indicator, figure.group, None, None, None, hidden=True)


def is_few(n: float | None) -> bool:
    """Whether a count is of one to four."""
    return n is not None and 0 < n < FEW


def _told(figure: Figure, counts: Mapping[str, int]) -> Mapping[str, int]:
    return {} if figure.group or any(map(is_few, counts.values())) else counts


def median(values: Sequence[float]) -> float | None:
    """Give the middle of values, of an even number the mean of the two; None of none."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(values: Sequence[float], share: int) -> float | None:
    """Give the least value that `share` percent of the values do not exceed (nearest rank); None of none."""
    return float(sorted(values)[-(-len(values) * share // 100) - 1]) if values else None


_Measured = tuple[float | None, float | None]


def _share(_: Sequence[Fact], total: float, weight: int) -> _Measured:
    return (total / weight if weight else None), None


def _time(counted: Sequence[Fact], _: float, __: int) -> _Measured:
    values = [fact.value for fact in counted]
    return median(values), percentile(values, 90)


def _count(_: Sequence[Fact], total: float, __: int) -> _Measured:
    return total, None


def _spans(counted: Sequence[Fact], _: float, __: int) -> _Measured:
    seconds, over_at = 0.0, 0.0
    for at, until_at in sorted((fact.at, fact.at + fact.value) for fact in counted):
        seconds += max(until_at - max(at, over_at), 0)
        over_at = max(over_at, until_at)
    return seconds, None


_MEASURED: Mapping[Measure, Callable[[Sequence[Fact], float, int], _Measured]] = {
    "share": _share,
    "time": _time,
    "days": _time,
    "mean": _share,
    "count": _count,
    "spans": _spans,
}
