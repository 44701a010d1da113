"""A ticket's history as turns: what happened, who did it, and how the ticket stood before and after.

The words that start, stop and pause clocks are those of `bot.core.moments`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bot.core.entries import Queue, State
from bot.core.rulebook import Rulebook
from bot.core.ticket import UNKNOWN, Change, Command, Message, Moment, Ticket


class Situation(NamedTuple):
    """How a ticket stands at a moment. What its state means is not known when the state is unknown."""

    state: str
    standing: str
    tier: int | None
    ball: str
    queue: str | None
    delivered: bool
    labels: frozenset[str] = frozenset()


class Turn(NamedTuple):
    """One thing that happened.

    `what` is `created`, `message`, `thanks`, `command`, or the word of the field that changed. `asker` tells whether
    the forwarder or the reporter did it, or whether another of tier 1 wrote it while the ticket was at tier 2: what
    they write is no answer and no movement. `sets` are the fields that got a value with it: those the ticket was
    created with, or the one that changed. `command` is what a person told the bot with it and was granted; a comment
    that says no more than a command is itself no `message`. `findings` are what the bot found in what was written
    with it, as far as that still stands there.
    `elsewhere` tells whether it happened in another ticket, in which tier 2 works on this one.
    """

    at: Moment
    what: str
    who: str | None
    bot: bool
    before: Situation | None
    after: Situation
    asker: bool = False
    sets: frozenset[str] = frozenset()
    command: Command | None = None
    findings: frozenset[str] = frozenset()
    elsewhere: bool = False


class Askers(NamedTuple):
    """Those who ask tier 2: `own` are the forwarder and the reporter, `desk` those who work at tier 1 alone."""

    own: frozenset[str]
    desk: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Whole:
    """All turns of a ticket, of which a view may know only the first; `found` keeps what rules make of all of them.

    A look at many moments of one ticket works that out once.
    """

    turns: tuple[Turn, ...]
    found: dict[object, Any] = field(default_factory=dict)


TEXT = "text"
"""The word of the changes of a title or a description, of which only the moment is kept."""

UNSEEN = "unseen"
"""What happened to a ticket when the one in which tier 2 works on it could no longer be read."""

_SITUATED = frozenset(("state", "queue", "delivered", "labels"))
_LAST_OF_A_SECOND = {"state": 1, "owner": 2, "message": 3}


def turns(ticket: Ticket, book: Rulebook) -> tuple[Turn, ...]:
    """The ticket's whole history, oldest first, beginning with its creation."""
    happened = raw_turns(ticket, book)
    return asked(happened, askers(ticket, happened, book))


def raw_turns(ticket: Ticket, book: Rulebook, states: Mapping[str, State] | None = None) -> tuple[Turn, ...]:
    """The ticket's history before it is known who asks: `asker` is False throughout.

    `states` are those that it can be in, where these are not the rulebook's.

    A history that does not join up is taken as it is: each change counts for what it says the field became,
    except that the last change of a field made it what it is now. In which order changes of different fields
    arrived within one second does not matter: the state changes after other fields, so that what was set on the way
    into a state is there when it comes, then the owner, who is thus given to the ticket in that state, and comments
    come last. What was noted as delivered is no longer so when the ticket is reopened: another solution is to come,
    which has to reach the customer too.
    """
    states = book.states if states is None else states
    present = _present(ticket, book)
    last = {change.field: i for i, change in enumerate(ticket.changes)}
    values = present | {change.field: change.was for change in reversed(ticket.changes)}
    filled = frozenset(word for word, value in values.items() if value is not None)
    now = _situation(values, book, states)
    edited = last.get(TEXT)
    written = ticket.findings if edited is None else frozenset[str]()
    happened = [Turn(ticket.created_at, "created", ticket.reporter, False, None, now, sets=filled, findings=written)]
    for at, _, word, i in sorted(_events(ticket)):
        event, before = (ticket.messages if word == "message" else ticket.changes)[i], now
        sets: frozenset[str] = frozenset()
        found: frozenset[str] = frozenset()
        command = None
        if isinstance(event, Message):
            command = event.command if event.command is not None and event.command.granted else None
            word, found = _kind(event), event.findings
        else:
            found = ticket.findings if word == TEXT and i == edited else found
            values[word] = present.get(word, event.now) if last[word] == i else event.now
            sets = frozenset((word,)) if values[word] is not None else sets
            now = _situation(values, book, states) if word in _SITUATED else now
            if now.delivered and before.standing in ("solved", "closed") and now.standing == "open":
                values["delivered"] = None
                now = now._replace(delivered=False)
        at = max(at, ticket.created_at)
        happened.append(Turn(at, word, event.who, event.bot, before, now, False, sets, command, found))
    return tuple(happened)


def _kind(message: Message) -> str:
    if message.command is not None and not message.command.more:
        return "command"
    return "thanks" if message.thanks else "message"


def askers(ticket: Ticket, happened: Sequence[Turn], book: Rulebook) -> Askers:
    """Those whose comments are no answers: the forwarder, the reporter, and at tier 2 those of tier 1.

    Who has the ticket, or works at tier 2 too, is none of tier 1 here.
    """
    own = frozenset(who for who in (forwarder(ticket, happened, book), ticket.reporter) if who is not None)
    return Askers(own, book.tier1_alone - {ticket.owner})


def asked(happened: Iterable[Turn], who: Askers) -> tuple[Turn, ...]:
    """The same turns, with `asker` true for what these people did."""
    own, desk = who
    return tuple(
        turn._replace(asker=True)
        if turn.who in own or (turn.who in desk and turn.what == "message" and turn.after.tier == 2)
        else turn
        for turn in happened
    )


def is_bounce(turn: Turn) -> bool:
    """Whether a person sent the ticket back from tier 2 to tier 1 while it was open."""
    if turn.before is None or turn.bot or turn.after.tier != 1 or turn.before.tier != 2:
        return False
    return turn.before.standing == turn.after.standing == "open"


def events(ticket: Ticket) -> list[Change | Message]:
    """What happened to a ticket after its creation, in the order that its turns are in."""
    return [
        (ticket.messages if word == "message" else ticket.changes)[i] for _, _, word, i in sorted(_events(ticket))
    ]


def _events(ticket: Ticket) -> Iterator[tuple[Moment, int, str, int]]:
    """Changes and messages as they are sorted: when, which of a second's, what, and the number of it."""
    for i, change in enumerate(ticket.changes):
        yield change.at, _LAST_OF_A_SECOND.get(change.field, 0), change.field, i
    for i, message in enumerate(ticket.messages):
        yield message.at, _LAST_OF_A_SECOND["message"], "message", i


def _present(ticket: Ticket, book: Rulebook) -> dict[str, str | None]:
    return {word: ticket.fields.get(word) for word in book.entries.fields} | {
        "state": ticket.state,
        "owner": ticket.owner,
        "queue": ticket.queue,
        "category": ticket.category,
        "forwarder": ticket.forwarder,
        "delivered": None if ticket.delivered_at is None else "yes",
        "labels": " ".join(ticket.labels) or None,
    }


def _situation(values: Mapping[str, str | None], book: Rulebook, states: Mapping[str, State]) -> Situation:
    state = states.get(values["state"] or UNKNOWN)
    queue, delivered = values["queue"], values["delivered"] is not None
    labels = frozenset((values["labels"] or "").split())
    if state is None:
        return Situation(UNKNOWN, UNKNOWN, None, "nobody", queue, delivered, labels)
    return situation(state, queue, book.queues, delivered=delivered, labels=labels)


def situation(
    state: State,
    queue: str | None,
    queues: Mapping[str, Queue],
    *,
    delivered: bool,
    labels: frozenset[str] = frozenset(),
) -> Situation:
    """How a ticket in a state stands: an open one is at the tier of its queue, where the state names none."""
    tier = state.tier
    if tier is None and queue in queues and state.standing == "open":
        tier = queues[queue or ""].tier
    return Situation(state.state, state.standing, tier, state.ball, queue, delivered, labels)


def forwarder(ticket: Ticket, happened: Sequence[Turn], book: Rulebook) -> str | None:
    """Who answers for the ticket: the field, else who first handed it to tier 2, else the reporter.

    A reporter whom the rulebook does not name may be the customer, and is not taken for one of the desk.
    """
    if ticket.forwarder:
        return ticket.forwarder
    for turn in happened:
        if turn.elsewhere or turn.bot:
            continue
        if turn.after.tier == 2 and turn.who and turn.before and turn.before.tier != 2:
            return turn.who
    return ticket.reporter if ticket.reporter in book.languages else None
