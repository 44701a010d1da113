"""Whether what is said of the digest fits together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from bot.core.duration import LONGEST, Duration, Kind
from bot.core.entries import Entries
from bot.core.findings import Finding, Path, once

_UNITS = {"days": "wd", "working": "h", "calendar days": "cd"}


def digest(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the digest."""
    said = entries.digest
    yield from once("part", ((("digest", "parts", i), part) for i, part in enumerate(said.parts)))
    language = said.language or entries.language
    if said.title and language not in said.title:
        yield Finding(("digest", "title"), f"a title in the digest's language '{language}' is missing")
    yield from length_problem(("digest", "soon"), said.soon, "days")
    yield from length_problem(("digest", "still"), said.still, "days", "working")
    yield from length_problem(("digest", "waiting"), said.waiting, "days", "working")
    yield from length_problem(("digest", "promises"), said.promises, "calendar days")
    for i, age in enumerate(said.ages):
        yield from length_problem(("digest", "ages", i), age, "calendar days")
    for i, (before, after) in enumerate(pairwise(said.ages), 1):
        if before.kind == after.kind and 0 < after.amount <= before.amount:
            yield Finding(("digest", "ages", i), "this is not more than the age before it")


def length_problem(path: Path, length: Duration, *kinds: Kind) -> Iterator[Finding]:
    """A finding for an amount of time that is not of these kinds, none at all, or more than ten years."""
    if length.kind not in kinds:
        yield Finding(path, f"count it in {' or '.join(_UNITS[kind] for kind in kinds)} here")
    elif length.amount < 1:
        yield Finding(path, "it must be more than nothing")
    elif length.amount > LONGEST[length.kind]:
        yield Finding(path, "this is more than ten years")
