"""The summary of the morning: to each person the tickets that they answer for, by what is to be done. Pure.

A forwarder has the tickets that they handed to tier 2, an owner those whose turn is tier 2's, a coordinator those of
the desk or the queue. A ticket stands once in each of these parts, in the first of its sections that it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import NamedTuple

from bot.core.clock import due_at, is_paused, is_running
from bot.core.clocks import since_cycle
from bot.core.deadline import is_over, shown
from bot.core.deputies import is_away
from bot.core.desk import Desk
from bot.core.judge import Judged, look
from bot.core.ledger import Entry, is_untold
from bot.core.letters import Letter, Line, Section, Told, letter_key
from bot.core.moments import moment
from bot.core.overview import Row, row_of, rows_of, soon_until
from bot.core.people import ROLES, addressees, instead_of, present
from bot.core.rulebook import Rulebook
from bot.core.steps import At, Because, Count, Day, Name, Several, Value
from bot.core.ticket import UNKNOWN, Moment, Ticket
from bot.core.view import View

KIND = "summary"
LISTED = 15
"""How many tickets a section lists; of the others it tells how many they are."""

FORWARDED = ("undelivered", "to_close", "pass_on", "returned", "customer", "incomplete", "overdue", "at_risk",
             "still", "moved", "rest")  # fmt: skip
OWNED = ("overdue", "at_risk", "still", "rest")
DESK = ("unrouted", "unassigned", "absent", "to_confirm", "incomplete", "at_risk", "overdue", "still", "customer",
        "undelivered")  # fmt: skip
PARTS: Mapping[str, tuple[str, ...]] = {
    "forwarded": FORWARDED,
    "owned": OWNED,
    "stood_in": FORWARDED,
    "desk": DESK,
    "untold": ("held",),
}
"""The parts of a summary with their sections, in order."""

_NO_TASK = frozenset(("moved", "rest"))
_COUNTED = frozenset(("rest",))


class _Listed(NamedTuple):
    """A ticket as it stands in a section: sorted by `at`, then by its number."""

    at: Moment
    line: Line


_Part = dict[str, list[_Listed]]


@dataclass(slots=True)
class _Mine:
    """What one person is told: the tickets of each section of each part."""

    parts: dict[str, _Part] = field(default_factory=lambda: {part: {} for part in PARTS})

    def put(self, part: str, title: str, listed: _Listed) -> None:
        self.parts[part].setdefault(title, []).append(listed)

    @property
    def tasks(self) -> int:
        """How many tickets something is to be done about."""
        keys = {
            listed.line.ticket_key
            for sections in self.parts.values()
            for title, found in sections.items()
            if title not in _NO_TASK
            for listed in found
        }
        return len(keys)

    @property
    def says_something(self) -> bool:
        return any(title not in _COUNTED for sections in self.parts.values() for title in sections)


def summary_letters(
    tickets: Callable[[], Iterable[Ticket]], told: Told, book: Rulebook, desk: Desk, now: Moment
) -> Iterator[Letter]:
    """The letters of the morning to the people of `told`; none to somebody of whom nothing can be said.

    Who is away today gets none: their tickets are in that of who stands in for them. A ticket of restricted access,
    or one that a person silenced, is counted under the rest, and not listed. What was not told separately is told of
    tickets that can be looked at alone: to those who are not spared them meanwhile.
    """
    mine = {person: _Mine() for person in told.mornings if not is_away(person, desk, book, now)}
    today = book.calendar.day_of(now)
    before = _last_working_day(book, today)
    held = _by_ticket(told.held)
    for ticket in chain(tickets(), told.closed):
        judged = look(ticket, book, now, desk)
        for person, part, title, listed in _places(judged, before):
            if person in mine:
                mine[person].put(part, title, listed)
        for person in mine if ticket.id in held else ():
            for listed in _untold(person, held[ticket.id], judged.view):
                mine[person].put("untold", "held", listed)
    for person, found in mine.items():
        if found.says_something or book.entries.manners.summary_empty:
            yield _letter(person, found, told, book, now)


def _letter(person: str, found: _Mine, told: Told, book: Rulebook, now: Moment) -> Letter:
    today = book.calendar.day_of(now)
    values: dict[str, Value] = {"date": Day(today), "at": At(now)}
    if found.tasks:
        values["n"] = Count(found.tasks)
    unsure = sum(row.to == person for row in told.doubtful)
    if unsure:
        values["unsure"] = Count(unsure)
    return Letter(
        key=letter_key(book.site, KIND, person, today.isoformat()),
        rule=KIND,
        say=KIND,
        to=person,
        due_at=told.mornings[person],
        because=Because(KIND),
        values=values,
        sections=tuple(_sections(found)),
    )


def _sections(found: _Mine) -> Iterator[Section]:
    for part, titles in PARTS.items():
        for title in titles:
            listed = sorted(found.parts[part].get(title, ()), key=lambda each: (each.at, _number(each.line)))
            if title in _COUNTED and listed:
                yield Section(title, (), len(listed), part)
            elif listed:
                lines = tuple(each.line for each in listed[:LISTED])
                yield Section(title, lines, len(listed) - len(lines), part)


def _number(line: Line) -> tuple[int, str]:
    number = line.ticket_key.rpartition("-")[2]
    return (int(number) if number.isdecimal() else 0, line.ticket_key)


def _last_working_day(book: Rulebook, today: date) -> Moment:
    return book.calendar.start_of_day(book.calendar.add_working_days(today, -1))


# Where a ticket stands


def _places(judged: Judged, before: Moment) -> Iterator[tuple[str, str, str, _Listed]]:
    """Each person whose summary the ticket is in, with the part and the section in which it stands there.

    Who is spared a ticket, as it is about them, finds nothing of it.
    """
    view = judged.view
    after = view.happened[-1].after
    if after.standing not in ("open", "solved"):
        return
    wants = _wants(judged)
    forwarder = ROLES["forwarder"].person(view)
    was_handed_over = since_cycle("enters tier 2", view) is not None
    if forwarder is not None and (was_handed_over or after.standing == "solved"):
        wants |= _moved(judged, forwarder, before)
        if (person := _who(forwarder, view)) is not None:
            part = "forwarded" if person == forwarder else "stood_in"
            yield person, part, *_first(judged, wants, FORWARDED)
    owner = view.ticket.owner if after.standing == "open" and after.ball == "tier 2" else None
    if owner is not None and owner != forwarder and (person := _who(owner, view)) is not None:
        yield person, "owned" if person == owner else "stood_in", *_first(judged, wants, OWNED)
    title, listed = _first(judged, wants, DESK)
    if title in DESK:
        for person in addressees(("coordinator", "queue"), view):
            yield person, "desk", title, listed


def _who(person: str, view: View) -> str | None:
    """Who has a ticket of theirs in the summary today: they, or their deputy; nobody where they are spared it."""
    return present(person, view) if instead_of(person, view) == person else None


def _first(judged: Judged, wants: Mapping[str, Row], sections: tuple[str, ...]) -> tuple[str, _Listed]:
    """The first of the sections that a ticket belongs to, and how it stands there; `rest` where it is in none."""
    ticket, book = judged.view.ticket, judged.view.book
    hidden = ticket.secured or book.entries.manners.hold in ticket.labels
    title = next((title for title in sections if title in wants), "rest")
    if hidden or title == "rest":
        return "rest", _Listed(ticket.created_at, Line(ticket.key))
    row = wants[title]
    return title, _Listed(row.at, Line(ticket.key, dict(_values(judged, title, row))))


def _wants(judged: Judged) -> dict[str, Row]:
    """All that a ticket is in want of, by the titles of sections."""
    view, now = judged.view, judged.view.now
    after, book = view.happened[-1].after, view.book
    wants: dict[str, Row] = {}
    for name, row in rows_of(judged, now, _followed(book)):
        waits = row.amount.seconds if row.amount else 0
        if name == "customer" and waits < book.entries.digest.waiting.working_s(book.calendar.day_s):
            continue
        wants[{"solved": "undelivered", "due_soon": "at_risk"}.get(name, name)] = row
    if after.standing == "solved":
        return wants
    for deadline in judged.deadlines:
        at = row_of(judged, deadline.due_at)
        if is_over(deadline, now):
            if not deadline.period:  # a season's dates are the customer's to keep
                wants.setdefault("overdue", at)
        elif deadline.due_at <= soon_until(book, now):
            wants.setdefault("at_risk", at)
    if "overdue" in wants:
        wants.pop("at_risk", None)
    return wants


def _moved(judged: Judged, person: str, before: Moment) -> dict[str, Row]:
    """Whether anybody else did something with the ticket since the last working day began."""
    view, moved = judged.view, moment("movement")
    turn = next((turn for turn in reversed(view.happened) if moved(turn) and turn.who != person), None)
    if turn is None or turn.at < before or turn.before is None:
        return {}
    return {"moved": Row(view.ticket.key, view.ticket.queue, turn.after.state, turn.at)}


def _values(judged: Judged, title: str, row: Row) -> Iterator[tuple[str, Value]]:
    """What a line tells of its ticket: its queue and state, what is missing, since when, and when it is due."""
    view, moved = judged.view, moment("movement")
    if row.queue not in (None, UNKNOWN):
        yield "queue", Name("queue", str(row.queue))
    yield "state", Name("state", view.state)
    if title == "incomplete":
        yield "missing", Several(tuple(Name("title", word) for word in row.missing))
    if title in ("undelivered", "to_close", "customer", "pass_on", "returned", "to_confirm"):
        yield "since", At(row.at)
    else:
        yield "last", At(next(turn.at for turn in reversed(view.happened) if moved(turn)))
    due = min(dues(judged), key=lambda each: each[0], default=None)
    if due is not None:
        yield "due", due[1]


def dues(judged: Judged) -> Iterator[tuple[Moment, Value]]:
    """When an open ticket's clocks that a ladder is on run out, and its deadlines end."""
    view = judged.view
    followed = _followed(view.book)
    if view.happened[-1].after.standing != "open":
        return
    for cycle in (cycles[-1] for name, cycles in judged.clocks.items() if cycles and name in followed):
        due = due_at(cycle, view.now) if is_running(cycle) and not is_paused(cycle) else None
        if due is not None:
            yield due, At(due)
    for deadline in judged.deadlines:
        at = deadline.due_at - deadline.by_day
        yield deadline.due_at, shown(at, view.book.calendar, by_day=deadline.by_day)


def _followed(book: Rulebook) -> frozenset[str]:
    """The clocks that a ladder is on: others measure, and people are not reminded of what nobody asks of them."""
    return frozenset(ladder.clock for ladder in book.entries.ladders)


def _by_ticket(held: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in held:
        found.setdefault(entry.ticket_id, []).append(entry)
    return found


def _untold(person: str, held: Iterable[Entry], view: View) -> Iterator[_Listed]:
    """The ticket, where a person was to be told of it and was not, once, with the rule's reason.

    Nothing where they are spared it today: since they were to be told, it may have become a ticket about them.
    """
    entry = next((entry for entry in held if is_untold(entry, person)), None)
    if entry is not None and instead_of(person, view) == person:
        yield _Listed(entry.due_at, Line(entry.ticket_key, {"reason": Name("why", entry.rule)}))
