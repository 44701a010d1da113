"""The ticket that a rule test describes, as it stands at a moment: what the description leaves out is filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from msgspec import structs

from bot.core.commands import UNKNOWN_WORD, Listening, command_in, shown
from bot.core.completeness import required_fields
from bot.core.desk import QUIET, Absence, Desk, Shift
from bot.core.remarks import INTERIM, QUESTION
from bot.core.rulebook import Rulebook
from bot.core.ruletest_words import Case, Happening
from bot.core.ticket import Change, Command, Message, Moment, Ticket

BOT = "bot"
"""Who the bot is in a rule test."""

_BEFORE_S = 60
_EPOCH = date(1970, 1, 1)
_COMES = ("forwarded", "reopened", "solved", "closed")
_SETS = ("state", "queue", "owner", "category", "priority", "forwarder")


def moment(time: str, book: Rulebook) -> Moment:
    """The moment that a test writes by the desk's wall clock. Raises ValueError for one that the clock leaves out."""
    return book.calendar.moment(datetime.fromisoformat(time))


def created_at(case: Case, book: Rulebook) -> Moment:
    """When the ticket was created: as written, else a minute before its history, else at the first moment asked."""
    if case.ticket.created is not None:
        return moment(case.ticket.created, book)
    if case.ticket.history:
        return min(moment(happening.at, book) for happening in case.ticket.history) - _BEFORE_S
    return min(moment(time, book) for time in case.asked)


def desk_at(case: Case, book: Rulebook, now: Moment) -> Desk:
    """The desk with those away and on duty whom the test names, and nobody else."""
    if not case.absent and not case.on_duty:
        return QUIET
    day = book.calendar.day_of(now)
    return Desk(
        tuple(Absence(person, day, day, deputies) for person, deputies in case.absent.items()),
        tuple(Shift(roster, person, now, now + _BEFORE_S) for roster, person in case.on_duty.items()),
    )


def ticket_at(case: Case, book: Rulebook, now: Moment) -> Ticket:
    """The ticket with all that has happened to it by `now`. Raises ValueError for what cannot happen."""
    story = _begun(case, book)
    for happening in case.ticket.history:
        at = moment(happening.at, book)
        if at <= now:
            _happen(story, happening, at)
    words, values, created = case.ticket, story.values, created_at(case, book)
    project = words.project or book.entries.projects[0]
    last_at = max([created, *(change.at for change in story.changes), *(one.at for one in story.messages)])
    return Ticket(
        id=words.id,
        key=f"{project}-1",
        project=project,
        created_at=created,
        updated_ms=last_at * 1000,
        state=story.state,
        priority=values["priority"],
        owner=values["owner"],
        reporter=words.reporter or words.forwarder,
        forwarder=values["forwarder"],
        category=values["category"],
        queue=values["queue"],
        delivered_at=story.delivered_at,
        due_at=None if words.due is None else (words.due - _EPOCH).days * 86_400,
        labels=story.labels,
        fields=story.fields,
        changes=tuple(story.changes),
        messages=tuple(story.messages),
        patterns=frozenset(words.text),
        findings=frozenset(words.findings),
    )


@dataclass(slots=True)
class _Story:
    """A ticket while it is told. `states` are all it has been in, `values` what its other fields hold."""

    book: Rulebook
    states: list[str]
    values: dict[str, str | None]
    labels: frozenset[str]
    fields: dict[str, str]
    delivered_at: Moment | None = None
    changes: list[Change] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)

    @property
    def state(self) -> str:
        return self.states[-1]


def _begun(case: Case, book: Rulebook) -> _Story:
    words = case.ticket
    values = {word: getattr(words, word) for word in _SETS}
    given = dict.fromkeys(sorted(required_fields(book.entries)), "set") if words.complete else {}
    fields = given | words.fields
    story = _Story(book, [], values, frozenset(words.labels), fields)
    open_states = [name for name, state in book.states.items() if state.standing == "open"]
    tier1 = [name for name in open_states if book.states[name].tier == 1]
    story.states.append(words.state or (tier1 or open_states)[0])
    return story


def _happen(story: _Story, happening: Happening, at: Moment) -> None:
    bot = happening.by == BOT
    who = None if bot else happening.by

    def change(word: str, was: str | None, now: str) -> None:
        story.changes.append(Change(at, word, was, now, who, bot))

    for word in _COMES:
        if getattr(happening, word):
            for state in _comes_into(story, word):
                change("state", story.state, state)
                story.states.append(state)
    if happening.delivered:
        change("delivered", None if story.delivered_at is None else "yes", "yes")
        story.delivered_at = at
    for word in _SETS:
        value = getattr(happening, word)
        if value is not None and word == "state":
            change("state", story.state, value)
            story.states.append(value)
        elif value is not None:
            change(word, story.values[word], value)
            story.values[word] = value
    if happening.labels is not None:
        change("labels", " ".join(sorted(story.labels)), " ".join(sorted(happening.labels)))
        story.labels = frozenset(happening.labels)
    for word, value in happening.fields.items():
        change(word, story.fields.get(word), value)
        story.fields[word] = value
    if happening.command is not None:
        command = command_of(happening.command, story.book, at)
        story.messages.append(Message(at, str(len(story.messages) + 1), who, command=command))
    if happening.message is not None:
        by_bot = happening.message == BOT
        number = str(len(story.messages) + 1)
        found, said = frozenset((*happening.findings, *_kinds(happening))), frozenset(happening.text)
        who = None if by_bot else happening.message
        story.messages.append(Message(at, number, who, by_bot, happening.kind == "thanks", said, found))


def _kinds(happening: Happening) -> tuple[str, ...]:
    return (happening.kind,) if happening.kind in (QUESTION, INTERIM) else ()


def command_of(said: str, book: Rulebook, at: Moment) -> Command:
    """What is told the bot so, granted. Raises ValueError for what is no command."""
    queues = {queue.casefold(): queue for queue in book.queues}
    manners, calendar = book.entries.manners, book.calendar
    listening = Listening((manners.name,), queues=queues, timezone=calendar.timezone)
    command = command_in(f"{manners.name} {said}", listening, calendar.day_of(at))
    if command is None or command.word == UNKNOWN_WORD:
        meant = f"; did you mean {shown(command.value, None, 'en')!r}?" if command and command.value else ""
        raise ValueError(f"{said!r} is no command{meant}")
    return structs.replace(command, granted=True)


def _comes_into(story: _Story, word: str) -> list[str]:
    """The states it comes into, one after the other, when `word` happens. Raises ValueError if it cannot."""
    states = story.book.entries.states
    tier2 = [one.state for one in states if (one.standing, one.tier, one.ball) == ("open", 2, "tier 2")]
    now = story.book.states.get(story.state)
    match word:
        case "forwarded":
            return _first(tier2, "no state of this rulebook is at tier 2 with the ball there; write `state:`")
        case "reopened":
            if now is None or now.standing == "open":
                raise ValueError("it is neither solved nor closed then")
            been = [story.book.states[name] for name in story.states[::-1] if name in story.book.states]
            return _first([one.state for one in been if one.standing == "open"], "it was never open before")
        case "solved":
            solved = [one.state for one in states if one.standing == "solved"]
            been_there = any(one.tier == 2 for one in states if one.state in story.states)
            first = [] if been_there else tier2[:1]
            return first + _first(solved, "no state of this rulebook has the standing solved; write `state:`")
        case _:
            return [one.state for one in states if one.standing == "closed"][:1]


def _first(states: list[str], otherwise: str) -> list[str]:
    if not states:
        raise ValueError(otherwise)
    return states[:1]
