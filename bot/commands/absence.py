"""`piletibot absence`: who is away, told by command. Why is never asked."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from pathlib import Path

from bot import logs
from bot.core.desk import Absence
from bot.core.rulebook import Rulebook
from bot.engine.desk import absence_problem, absent, present
from bot.settings import Misconfigured, load_settings
from bot.start import read_desk
from bot.store.store import Store, open_store


def add(config: Path, person: str, first: str, last: str, deputies: Sequence[str]) -> int:
    """Keep that a person is away from one day to another. Raises Misconfigured for what cannot be."""
    store, book = _opened(config)
    with closing(store):
        absence = _absence(person, first, last, deputies, book)
        absent(store, absence.person, absence.first, absence.last, absence.deputies, int(time.time()))
    print(_told(absence, book))
    return 0


def remove(config: Path, person: str, first: str, last: str) -> int:
    """Take an absence back that was told for these days. Raises Misconfigured where there is none."""
    store, _ = _opened(config)
    with closing(store):
        days = _day(first), _day(last)
        if not present(store, person, *days, int(time.time())):
            given = [f"{each.person} {each.first} {each.last}" for each in store.absences()]
            raise Misconfigured(
                f"no such absence was told by command; there are: {', '.join(given) or 'none'}. Absences of the "
                "rulebook are removed from its files"
            )
    print(f"{person} is there from {days[0]} to {days[1]}.")
    return 0


def show(config: Path, *, over: bool = False) -> int:
    """Print the absences of the rulebook, its files and the commands, by day; those that are over where asked."""
    store, book = _opened(config)
    with closing(store):
        told, left = store.absences(), store.leavers()
    today = book.calendar.day_of(int(time.time()))
    listed = [(absence, "rulebook") for absence in book.absences] + [(absence, "command") for absence in told]
    listed = [(absence, source) for absence, source in listed if over or absence.last >= today]
    for absence, source in sorted(listed, key=lambda each: (each[0].first, each[0].person)):
        print(f"{_told(absence, book)}  ({source})")
    for person, day in left.items():
        print(f"{_shown(person, book)}: the account is no longer active, noticed {day}")
    if not listed and not left:
        print("Nobody is away.")
    return 0


def _opened(config: Path) -> tuple[Store, Rulebook]:
    settings = load_settings(config)
    logs.configure("error", settings.log.format)
    book = read_desk(settings.rules.folder, settings.site).book
    return open_store(settings.store.url.get_secret_value()), book


def _absence(person: str, first: str, last: str, deputies: Sequence[str], book: Rulebook) -> Absence:
    absence = Absence(person, _day(first), _day(last), tuple(dict.fromkeys(deputies)))
    if wrong := absence_problem(absence.person, absence.first, absence.last, absence.deputies, book):
        raise Misconfigured(f"{person} {first} {last}: {wrong}")
    return absence


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"{text}: this is no date; write for example 2026-12-21") from None


def _told(absence: Absence, book: Rulebook) -> str:
    deputies = (*absence.deputies, *(each for each in book.deputies.get(absence.person, ())))
    named = ", ".join(dict.fromkeys(deputies))
    return f"{absence.person}: {absence.first} to {absence.last}, {f'deputy: {named}' if named else 'no deputy'}"


def _shown(person: str, book: Rulebook) -> str:
    return person if person in book.languages else "somebody whom the rulebook does not name"
