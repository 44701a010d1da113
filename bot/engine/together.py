"""What is said together: one letter to each person about all tickets, in place of a comment on each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.core.ledger import decided, row, turned
from bot.core.letters import Letter, LetterRow, Line, Section, letter_key
from bot.core.people import calendar_of
from bot.core.reminders import KIND
from bot.core.steps import Because, Count, Day, Name, Step, Value
from bot.core.ticket import Moment
from bot.engine.engine import Engine, Report
from bot.engine.sending import has_way, send, settle_letters

_GONE = frozenset(("said", "doubtful"))
_NO_WAY = frozenset(("refused", "adopted", "observed"))


def by_ticket(steps: Sequence[Step]) -> list[tuple[Step, ...]]:
    """The steps ticket by ticket, each as one comment's."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        found.setdefault(step.ticket_id, []).append(step)
    return [tuple(each) for each in found.values()]


def send_together(
    engine: Engine, steps: Sequence[Step], now: Moment, report: Report
) -> tuple[list[Step], dict[str, tuple[str, int]]]:
    """Send steps that are still wished, of several tickets, as one letter to each person addressed.

    A step is said when the letter to whom it asks has left, or may have. Gives those that no letter can carry, which
    are to be said as comments; and those whose letter waits, by their keys, each with why and for how many seconds.
    Raises what the tracker raises when it is away, for letters that are comments.
    """
    if len(by_ticket(steps)) < 2 or not has_way(engine):
        return list(steps), {}
    settle_letters(engine, now, report)
    people = dict.fromkeys(person for step in steps for person in step.to)
    letters = {person: _letter(person, steps, engine, now) for person in people}
    rows = send(engine, list(letters.values()), now, report)
    calendar = engine.book.calendar
    left: list[Step] = []
    waits: dict[str, tuple[str, int]] = {}
    said: list[Step] = []
    for step in steps:
        sent = rows.get(letters[step.to[0]].key)
        if sent is not None and sent.state in _GONE and step.due_at > sent.due_at:
            tomorrow = calendar.next_opening(calendar.end_of_day(calendar.day_of(now)))  # it left without this one
            waits[step.key] = ("today's message about several tickets has gone to whom it asks", tomorrow - now)
        elif sent is not None and sent.state in _GONE:
            said.append(step)
        elif sent is None or sent.state in _NO_WAY or not _waits_for_a_moment(sent, engine):
            left.append(step)
        else:
            waits[step.key] = (sent.because, max(0, (sent.not_before or now) - now))
    entries = [row(step, "said", decided(step), now, engine.book.version) for step in said]
    engine.store.write_entries([turned(entry, "said", f"{entry.because}; by letter", now) for entry in entries])
    return left, waits


def _waits_for_a_moment(sent: LetterRow, engine: Engine) -> bool:
    """Whether a letter that has not left will leave today, or is to be released by a person."""
    if sent.state == "batched":
        return True
    calendar = calendar_of(sent.to, engine.book)
    return sent.not_before is None or sent.not_before < calendar.end_of_day(calendar.day_of(sent.at))


def _letter(person: str, steps: Sequence[Step], engine: Engine, now: Moment) -> Letter:
    """The letter of a day to one person: to whom something asks once a day, to others whenever there is something."""
    calendar = calendar_of(person, engine.book)
    day = calendar.day_of(now)
    is_asked = any(step.to[0] == person for step in steps)
    concerning = [step for step in steps if person in step.to]
    return Letter(
        key=letter_key(engine.book.site, KIND, person, day.isoformat() if is_asked else str(now)),
        rule=KIND,
        say=KIND,
        to=person,
        due_at=now,
        because=Because(KIND),
        values={"date": Day(day), "n": Count(len({step.ticket_id for step in concerning}))},
        sections=tuple(_sections(concerning)),
    )


def _sections(steps: Sequence[Step]) -> Iterator[Section]:
    late = [step for step in steps if "over" in step.values]
    for title, found in (("overdue", late), ("at_risk", [step for step in steps if step not in late])):
        if found:
            yield Section(title, tuple(Line(step.ticket_key, _values(step)) for step in found))


def _values(step: Step) -> dict[str, Value]:
    shown = {word: step.values[word] for word in ("due", "state") if word in step.values}
    return {**shown, "reason": Name("why", step.rule)}
