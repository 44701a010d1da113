"""The summary of the morning: to each specialist the tickets that they answer for, by what is to be done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from bot.core.desk import Desk
from bot.core.judge import look
from bot.core.letters import Letter, Line, Section, Told, letter_key
from bot.core.people import ROLES
from bot.core.rulebook import Rulebook
from bot.core.steps import Because, Count, Day, Name
from bot.core.ticket import Moment, Ticket

KIND = "summary"


def summary_letters(
    tickets: Callable[[], Iterable[Ticket]], told: Told, book: Rulebook, desk: Desk, now: Moment
) -> Iterator[Letter]:
    """The letters of the morning to the people of `told`; none to somebody who has nothing to do."""
    found: dict[str, dict[str, list[Line]]] = {person: {} for person in told.mornings}
    for ticket in tickets():
        view = look(ticket, book, now, desk).view
        person = ROLES["forwarder"].person(view)
        after = view.happened[-1].after
        if person in found and after.standing == "solved":
            title = "to_close" if after.delivered else "undelivered"
            line = Line(ticket.key, {"state": Name("state", after.state)})
            found[person].setdefault(title, []).append(line)
    for person, sections in found.items():
        if sections:
            day = book.calendar.day_of(now)
            yield Letter(
                key=letter_key(book.site, KIND, person, day.isoformat()),
                rule=KIND,
                say="summary",
                to=person,
                due_at=told.mornings[person],
                because=Because(KIND),
                values={"date": Day(day), "n": Count(sum(map(len, sections.values())))},
                sections=tuple(
                    Section(title, tuple(lines), part="forwarded") for title, lines in sorted(sections.items())
                ),
            )
