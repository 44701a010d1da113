"""The laws of letters that are comments on the desk's ticket: when they come, how many on a day, and to whom."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import NamedTuple

from bot.core.deputies import is_away
from bot.core.judge import judge
from bot.core.letter_kinds import LETTERS
from bot.core.people import calendar_of
from bot.core.readers import person_of
from bot.core.recipients import DIGEST, keys_of, may_go, owed
from bot.core.reminders import KIND as REMINDERS
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.sandbox.texts import plain
from bot.store.tied import with_others
from simulation.sim import Simulation, Violation
from simulation.wire import Written
from simulation.writing import RENAMED_S, Told, is_forgotten, people

_BY_ABSENCE = frozenset(("handover", "back", "no_deputy", "leaver"))


class _Told(NamedTuple):
    """A letter as its key tells of it: its kind, its recipient or the digest's name, and its occasion."""

    key: str
    kind: str
    name: str
    occasion: str

    @property
    def about(self) -> str:
        """What there is one of on a day: a kind, or, of a kind that tells of something, what it tells of."""
        if self.kind in _BY_ABSENCE:
            return self.occasion.rpartition(".")[0]
        if self.kind in (DIGEST, "summary") or self.day is not None:
            return self.name if self.kind == DIGEST else ""
        return self.occasion

    @property
    def day(self) -> str | None:
        """The day of which a letter is that comes once a day; None of one that comes whenever there is something."""
        return self.occasion if self.kind in ("summary", REMINDERS) and "-" in self.occasion else None


def _letters(written: Written, book: Rulebook) -> list[_Told]:
    start = f"{book.site}/letter/"
    return [_Told(key, *key.removeprefix(start).split("/", 2)) for key in written.keys if key.startswith(start)]


def _recipient(letter: _Told, book: Rulebook) -> str:
    entries = book.entries
    if letter.kind != DIGEST:
        return letter.name
    return next(person_of(each.to, entries) for each in entries.digest.recipients if each.name == letter.name)


def lettered(told: Told, sim: Simulation, written: Written) -> None:
    """A letter calls its recipient alone, when they may be told, and there is one of a kind on a day."""
    letters = _letters(written, sim.book)
    for letter in letters:
        _to_whom(letter, sim, written)
        (_as_a_digest if letter.kind == DIGEST else _in_hours)(letter, sim, written)
        _one_a_day(letter, told, sim, written)
    if any(letter.kind == REMINDERS for letter in letters):
        _concerned(letters[0].name, sim, written)


def _to_whom(letter: _Told, sim: Simulation, written: Written) -> None:
    person, names = _recipient(letter, sim.book), set(people(sim, written))
    if names - {person}:
        raise Violation(f"the letter {letter.key} calls {sorted(names - {person})}")
    is_renamed = sim.now - sim.renamed_at.get(person, -RENAMED_S) < RENAMED_S
    if not names and not is_renamed:
        raise Violation(f"the letter {letter.key} calls nobody")


def _as_a_digest(letter: _Told, sim: Simulation, written: Written) -> None:
    """A digest comes when it is due, on a working day of its recipient's and not before its time."""
    entry = next(each for each in sim.book.entries.digest.recipients if each.name == letter.name)
    due = owed(entry, sim.book, written.cycle_at)
    if due is None or letter.key not in keys_of(due, sim.book.site).values():
        raise Violation(f"the letter {letter.key} is not of the last period, at {written.cycle_at}")
    if not may_go(due, sim.book, written.cycle_at):
        raise Violation(f"the letter {letter.key} outside the hours of digests, at {written.cycle_at}")


def _in_hours(letter: _Told, sim: Simulation, written: Written) -> None:
    """Any other comes in its recipient's hours; in the morning on a day on which they are there, and at its time."""
    person, at = letter.name, written.cycle_at
    calendar = calendar_of(person, sim.book)
    today = calendar.day_of(at)
    if not calendar.is_open(written.bot_at):
        raise Violation(f"the letter {letter.key} outside their hours, at {written.bot_at}")
    if letter.day is not None and letter.day != today.isoformat():
        raise Violation(f"the letter {letter.key} is not of the day on which it comes, {today}")
    if letter.kind not in LETTERS or not LETTERS[letter.kind].morning:
        return
    if at < _morning(person, today, sim.book):
        raise Violation(f"the letter {letter.key} before its time, at {at}")
    if sim.engine is not None and is_away(person, sim.engine.desk(at), sim.book, at):
        raise Violation(f"the letter {letter.key} to somebody who is away on {today}")


def _morning(person: str, day: date, book: Rulebook) -> Moment:
    calendar, at = calendar_of(person, book), book.entries.manners.summary_at
    assert at is not None
    return calendar.moment(datetime.combine(day, at))


def _one_a_day(letter: _Told, told: Told, sim: Simulation, written: Written) -> None:
    person = _recipient(letter, sim.book)
    day = calendar_of(person, sim.book).day_of(written.cycle_at)
    came = told.letters[person, letter.kind, letter.about, day]
    came.append(written.at)
    again = [at for at in came if not is_forgotten(sim, at)]
    if len(again) > 1 and not sim.overtaken:
        raise Violation(f"{len(again)} letters of the kind {letter.kind} to {person} on {day}: {letter.key}")


def _concerned(person: str, sim: Simulation, written: Written) -> None:
    """A letter in place of comments tells of tickets on which the rulebook has something to say to its recipient."""
    assert written.comment is not None
    if sim.engine is None:
        return
    said = plain(written.comment.body)
    found = {f"{project}-{number}" for project, number in re.findall(r"\b([A-Z][A-Z0-9]+)-(\d+)\b", said)}
    issues = [each for each in sim.world.issues.values() if each.key in found]
    known = {str(each.id): each.updated_ms for each in issues}
    those = [each for each in sim.store.tickets(sorted(known)) if each.updated_ms == known[each.id]]
    desk = with_others(sim.engine.desk(written.bot_at), those, sim.store, sim.book, written.bot_at)
    for ticket in those:
        steps = judge(ticket, sim.book, written.cycle_at, desk).steps
        if not any(person in step.to for step in steps):
            raise Violation(f"{written.keys} tells {person} of {ticket.key}, of which nothing is for them")
