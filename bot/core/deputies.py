"""Who is away, and who stands in for them: deputies in order, else those who coordinate, else the lead. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta

from bot.core.desk import Absence, Desk
from bot.core.entries import Entries
from bot.core.hours import LAST_YEAR
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment

FOR_GOOD = date(LAST_YEAR, 12, 31)
"""The last day of an absence that does not end: its person has left."""

LONGEST_SHIFT_S = 14 * 86_400
"""Nobody is on duty for longer than this at a stretch."""


def is_away(person: str, desk: Desk, book: Rulebook, now: Moment) -> bool:
    """Whether a person is absent on the local day of `now`."""
    absences = desk.absences_of(person)
    return bool(absences) and _is_away(absences, book.calendar.day_of(now))


def _is_away(absences: Iterable[Absence], day: date) -> bool:
    return any(absence.first <= day <= absence.last for absence in absences)


def absence_on(person: str, desk: Desk, day: date) -> Absence | None:
    """The stretch of days around `day` on which a person is away; None where they are there on it.

    Absences that follow one another without a day between them are one; its deputies are those of all, in order.
    """
    own = sorted(desk.absences_of(person), key=lambda absence: absence.first)
    joined: Absence | None = None
    for each in own:
        if joined is not None and each.first <= joined.last + timedelta(days=1 if joined.last < FOR_GOOD else 0):
            deputies = tuple(dict.fromkeys((*joined.deputies, *each.deputies)))
            joined = Absence(person, joined.first, max(joined.last, each.last), deputies)
        elif joined is not None and joined.first <= day <= joined.last:
            return joined
        else:
            joined = each
    return joined if joined is not None and joined.first <= day <= joined.last else None


def meant(
    person: str,
    desk: Desk,
    book: Rulebook,
    now: Moment,
    queue: str | None = None,
    changes: list[Moment] | None = None,
    spared: Collection[str] = (),
) -> str:
    """Who is meant today by a person: they, or the first who is there of those who stand in for them.

    `queue` is that of the ticket, whose coordinator stands in for an owner who works in none; who is `spared` stands
    in for nobody. To `changes` is appended when somebody else may be meant, if nobody changes their plans. Where
    everybody concerned is away, it is the desk's coordinator.
    """
    if not desk.absences:
        return person
    day = book.calendar.day_of(now)
    for candidate in standing_in(person, desk, book, day, queue):
        if candidate in spared:
            continue
        absences = desk.absences_of(candidate)
        if changes is not None:
            changes.extend(_turns(absences, book, now))
        if not _is_away(absences, day):
            return candidate
    return book.entries.roles.coordinator


def _turns(absences: Iterable[Absence], book: Rulebook, now: Moment) -> Iterator[Moment]:
    """The next moments at which absences begin or end."""
    for absence in absences:
        if absence.last >= FOR_GOOD and absence.first <= book.calendar.day_of(now):
            continue
        begins_at = book.calendar.start_of_day(absence.first)
        if begins_at > now:
            yield begins_at
        elif (ends_at := book.calendar.end_of_day(absence.last)) > now:
            yield ends_at


def standing_in(person: str, desk: Desk, book: Rulebook, day: date, queue: str | None = None) -> Iterator[str]:
    """The person, then everybody who may stand in for them on a day, in order, each once, there or not.

    Their deputies come first, then the deputies of these; then whoever coordinates the person's queues (or the
    ticket's `queue` if they neither work in one nor coordinate), the desk's coordinator, and the lead, each with
    their own deputies.
    """
    seen: set[str] = set()
    homes = [each for each in book.entries.queues if person in each.members]
    of_ticket = [each for each in book.entries.queues if each.queue == queue]
    around = homes or ([] if _heads(person, book.entries) else of_ticket)
    roles = book.entries.roles
    coordinators = [each.coordinator for each in around if each.coordinator]
    for head in (person, *coordinators, roles.coordinator, roles.lead):
        yield from _chain(head, desk, book, day, seen)


def _chain(head: str, desk: Desk, book: Rulebook, day: date, seen: set[str]) -> Iterator[str]:
    waiting = [head]
    while waiting:
        person = waiting.pop(0)
        if person in seen:
            continue
        seen.add(person)
        yield person
        waiting += (each for each in deputies_of(person, desk, book, day) if may_stand_in(each, head, book.entries))


def is_deputy(who: str, person: str, desk: Desk, book: Rulebook, day: date) -> bool:
    """Whether somebody is named to stand in for a person on a day, by them or by a deputy of theirs."""
    return who != person and who in _chain(person, desk, book, day, set())


def deputies_of(person: str, desk: Desk, book: Rulebook, day: date) -> tuple[str, ...]:
    """The deputies of a person on a day, in order: those given with an absence, then those of the rulebook."""
    given = (each.deputies for each in desk.absences_of(person) if each.first <= day <= each.last)
    return tuple(dict.fromkeys((*(each for those in given for each in those), *book.deputies.get(person, ()))))


def may_stand_in(deputy: str, person: str, entries: Entries) -> bool:
    """Whether a deputy may do a person's work: one of their tier, or one who coordinates or leads.

    Whom somebody who coordinates or leads names, and one who works in no queue, may.
    """
    if _heads(person, entries) or _heads(deputy, entries):
        return True
    tiers = _tiers(person, entries)
    return not tiers or not tiers.isdisjoint(_tiers(deputy, entries))


def _tiers(person: str, entries: Entries) -> set[int]:
    return {queue.tier for queue in entries.queues if person in queue.members}


def _heads(person: str, entries: Entries) -> bool:
    roles = (entries.roles.coordinator, entries.roles.lead, *(queue.coordinator for queue in entries.queues))
    return person in roles


def on_duty(roster: str, desk: Desk, book: Rulebook, now: Moment, changes: list[Moment] | None = None) -> str | None:
    """Who is on duty by a roster: of several the first who is there; None in a gap.

    To `changes` is appended when the roster next says otherwise.
    """
    found: str | None = None
    shifts = desk.shifts_of(roster)
    for shift in shifts[bisect_left(shifts, now - LONGEST_SHIFT_S, key=lambda shift: shift.from_at) :]:
        if shift.from_at > now:
            if changes is not None:
                changes.append(shift.from_at)
            break
        if shift.until_at <= now:
            continue
        if changes is not None:
            changes.append(shift.until_at)
        if found is None or (is_away(found, desk, book, now) and not is_away(shift.person, desk, book, now)):
            found = shift.person
    return found
