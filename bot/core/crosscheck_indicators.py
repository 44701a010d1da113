"""Whether what is said of the indicators fits together."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.crosscheck_rules import conditions
from bot.core.duration import LONGEST
from bot.core.entries import Entries
from bot.core.findings import Finding, Path, known
from bot.core.kpi.agreed import DUE
from bot.core.kpi.registry import INDICATORS


def indicators(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the indicators."""
    said, path = entries.indicators, ("indicators",)
    for i, event in enumerate(said.events):
        yield from known((*path, "events", i), "category", event, entries.categories)
    for reason, when in said.uncounted.items():
        yield from conditions((*path, "uncounted", reason), when, entries, in_promise=True)
        if not when:
            yield Finding((*path, "uncounted", reason), "this leaves every ticket out; give it conditions")
    for i, name in enumerate(said.subtasks):
        yield from known((*path, "subtasks", i), "indicator", name, INDICATORS)
    yield from known((*path, "agreed"), "field", said.agreed, {DUE: "", **entries.fields})
    for key in ("complaints", "repeats"):
        for i, link in enumerate(getattr(said.quality, key)):
            yield from known((*path, "quality", key, i), "link", link, entries.links)
    yield from conditions((*path, "first_tier", "unsolved"), said.first_tier.unsolved, entries, in_promise=True)
    yield from conditions((*path, "ratings", "surveyed"), said.ratings.surveyed, entries, in_promise=True)
    if said.ratings.lowest >= said.ratings.highest:
        yield Finding((*path, "ratings", "highest"), "the best rating must be more than the lowest")
    if said.calls.file is not None and not said.calls.lines:
        yield Finding((*path, "calls"), "name the lines under the agreement, each with its seconds, under `lines`")
    days = {
        ("mature",): said.mature,
        ("quality", "window"): said.quality.window,
        ("ratings", "within"): said.ratings.within,
    }
    for place, length in days.items():
        if not 0 < length.amount <= LONGEST[length.kind]:
            yield Finding((*path, *place), "it must be more than nothing, and less than ten years")
    yield from _targets((*path, "targets"), entries)


def _targets(path: Path, entries: Entries) -> Iterator[Finding]:
    for i, target in enumerate(entries.indicators.targets):
        here = (*path, i)
        yield from known((*here, "indicator"), "indicator", target.indicator, INDICATORS)
        given = [key for key in ("at_least", "at_most", "within") if getattr(target, key) is not None]
        if len(given) != 1:
            yield Finding(here, "a target has one of `at_least`, `at_most` and `within`")
            continue
        indicator = INDICATORS.get(target.indicator)
        level = target.at_least if target.at_least is not None else target.at_most
        if indicator is not None and (given == ["within"]) != (indicator.measure == "time"):
            yield Finding((*here, given[0]), "`within` is for times, `at_least` and `at_most` for all else")
        elif indicator is not None and indicator.measure == "share" and level is not None and level > 1:
            yield Finding((*here, given[0]), "a share is at most 100%; write it as a percentage, for example 95%")
        if target.valid_from and target.valid_to and target.valid_from > target.valid_to:
            yield Finding((*here, "valid_to"), "this is before `valid_from`")
