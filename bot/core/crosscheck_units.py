"""Whether what is said of the desk's indicators fits the rest of the rulebook."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.crosscheck_digest import length_problem
from bot.core.crosscheck_links import NAMED
from bot.core.entries import Entries
from bot.core.entries_report import UnitEntry
from bot.core.findings import KEY, Finding, Path, known, once
from bot.core.kpi.words import UNMAPPED


def units(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the units, with who agreed to figures of their own, and with the field of registration."""
    said = entries.indicators
    yield from known(("indicators", "registered"), "field word", said.registered, entries.fields)
    if said.registered in NAMED:
        text = f"'{said.registered}' has a meaning of its own; take a field that holds a date"
        yield Finding(("indicators", "registered"), text)
    yield from length_problem(("indicators", "delivery"), said.delivery, "days", "working")
    people = dict.fromkeys(person.person for person in entries.people)
    for person in said.consents:
        yield from known(("indicators", "consents", person, KEY), "person", person, people)
    those: list[tuple[Path, UnitEntry]] = [(("indicators", "units", i), unit) for i, unit in enumerate(said.units)]
    yield from once("unit", (((*path, "unit"), unit.unit) for path, unit in those))
    places: list[tuple[Path, str]] = [
        ((*path, "categories", k), word) for path, unit in those for k, word in enumerate(unit.categories)
    ]
    yield from once("unit with the category", places)
    for path, word in places:
        yield from known(path, "category", word, entries.categories)
    for path, unit in those:
        if unit.unit == UNMAPPED:
            yield Finding((*path, "unit"), f"'{UNMAPPED}' stands for what no unit has; give the unit another name")
        if entries.language not in unit.title:
            yield Finding((*path, "title"), f"a title in the desk's language '{entries.language}' is missing")
