"""A ticket's history as turns: what happened, who did it, and how the ticket stood before and after.

The words that start, stop and pause clocks live here: one entry per word, in `MOMENTS` and `WHILES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from bot.core.entries import Entries, Queue, State
from bot.core.rulebook import Rulebook
from bot.core.ticket import UNKNOWN, Message, Moment, Ticket


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
    """One thing that happened. `what` is `created`, `message`, `thanks`, or the word of the field that changed.

    `asker` tells whether the forwarder or the reporter did it: what they write is no answer and no movement.
    `sets` are the fields that got a value with it: those the ticket was created with, or the one that changed.
    """

    at: Moment
    what: str
    who: str | None
    bot: bool
    before: Situation | None
    after: Situation
    asker: bool = False
    sets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Whole:
    """All turns of a ticket, of which a view may know only the first; `found` keeps what rules make of all of them.

    A look at many moments of one ticket works that out once.
    """

    turns: tuple[Turn, ...]
    found: dict[str, Any] = field(default_factory=dict)


_SITUATED = frozenset(("state", "queue", "delivered", "labels"))
_LAST_OF_A_SECOND = {"state": 1, "owner": 2, "message": 3}


def turns(ticket: Ticket, book: Rulebook) -> tuple[Turn, ...]:
    """The ticket's whole history, oldest first, beginning with its creation."""
    happened = raw_turns(ticket, book)
    return asked(happened, askers(ticket, happened, book))


def raw_turns(ticket: Ticket, book: Rulebook) -> tuple[Turn, ...]:
    """The ticket's history before it is known who asks: `asker` is False throughout.

    A history that does not join up is taken as it is: each change counts for what it says the field became,
    except that the last change of a field made it what it is now. In which order changes of different fields
    arrived within one second does not matter: the state changes after other fields, so that what was set on the way
    into a state is there when it comes, then the owner, who is thus given to the ticket in that state, and comments
    come last.
    """
    present = _present(ticket, book)
    last = {change.field: i for i, change in enumerate(ticket.changes)}
    values = present | {change.field: change.was for change in reversed(ticket.changes)}
    sets = frozenset(word for word, value in values.items() if value is not None)
    now = _situation(values, book)
    happened = [Turn(ticket.created_at, "created", ticket.reporter, False, None, now, sets=sets)]
    for at, _, word, i in sorted(_events(ticket)):
        event, before, sets = (ticket.messages if word == "message" else ticket.changes)[i], now, frozenset()
        if isinstance(event, Message):
            word = "thanks" if event.thanks else word
        else:
            values[word] = present.get(word, event.now) if last[word] == i else event.now
            sets = frozenset((word,)) if values[word] is not None else sets
            now = _situation(values, book) if word in _SITUATED else now
        happened.append(Turn(max(at, ticket.created_at), word, event.who, event.bot, before, now, sets=sets))
    return tuple(happened)


def askers(ticket: Ticket, happened: Sequence[Turn], book: Rulebook) -> frozenset[str]:
    """Those whose comments are no answers: the forwarder and the reporter."""
    return frozenset(who for who in (forwarder(ticket, happened, book), ticket.reporter) if who is not None)


def asked(happened: Iterable[Turn], who: frozenset[str]) -> tuple[Turn, ...]:
    """The same turns, with `asker` true for what these people did."""
    return tuple(turn._replace(asker=True) if turn.who in who else turn for turn in happened)


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


def _situation(values: Mapping[str, str | None], book: Rulebook) -> Situation:
    state = book.states.get(values["state"] or UNKNOWN)
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
        if turn.after.tier == 2 and not turn.bot and turn.who and turn.before and turn.before.tier != 2:
            return turn.who
    return ticket.reporter if ticket.reporter in book.languages else None


class MomentWord(NamedTuple):
    """Whether a turn is such a moment, given what follows the word; `says` is its row in the reference."""

    test: Callable[[Turn, str], bool]
    says: str


class WhileWord(NamedTuple):
    """Whether a ticket stands so, given what follows the word; `says` is its row in the reference."""

    test: Callable[[Situation, str], bool]
    says: str


def _enters(read: Callable[[Situation], object]) -> Callable[[Turn, str], bool]:
    return lambda turn, word: (
        str(read(turn.after)) == word and (turn.before is None or str(read(turn.before)) != word)
    )


def _leaves(read: Callable[[Situation], object]) -> Callable[[Turn, str], bool]:
    return lambda turn, word: (
        turn.before is not None and str(read(turn.before)) == word and str(read(turn.after)) != word
    )


def _answered(turn: Turn) -> bool:
    return turn.what == "message" and not turn.bot and not turn.asker


def _taken(turn: Turn) -> bool:
    """Tier 2 did something with a ticket that was there: coming to it alone is not being taken."""
    if turn.before is None or turn.bot or turn.asker or turn.after.tier != 2:
        return False
    moved = turn.before.tier == 2 and turn.before.state != turn.after.state
    return moved or "owner" in turn.sets or _answered(turn)


def _done(standing: str) -> bool:
    return standing in ("solved", "closed")


MOMENTS: Mapping[str, MomentWord] = {
    "created": MomentWord(lambda turn, _: turn.before is None, "the ticket came into being"),
    "solved": MomentWord(
        lambda turn, _: _done(turn.after.standing) and (turn.before is None or not _done(turn.before.standing)),
        "it came into a state of standing solved or closed from another",
    ),
    "reopened": MomentWord(
        lambda turn, _: turn.after.standing == "open" and turn.before is not None and _done(turn.before.standing),
        "it came from a state of standing solved or closed into an open one",
    ),
    "closed": MomentWord(
        lambda turn, _: turn.after.standing == "closed" and (turn.before is None or turn.before.standing != "closed"),
        "it came into a state of standing closed",
    ),
    "delivered": MomentWord(
        lambda turn, _: turn.after.delivered and (turn.before is None or not turn.before.delivered),
        "a person noted that the solution has reached the customer",
    ),
    "answered": MomentWord(
        lambda turn, _: _answered(turn),
        "anybody but the bot, the forwarder and the reporter wrote a comment that is more than thanks",
    ),
    "taken": MomentWord(
        lambda turn, _: _taken(turn),
        "at tier 2 anybody but these gave it an owner, answered, or moved it to another state of tier 2",
    ),
    "movement": MomentWord(
        lambda turn, _: not turn.bot and (turn.what in ("created", "state", "owner", "queue") or _answered(turn)),
        "it was created, answered, or a person changed its state, owner or queue",
    ),
    "enters tier": MomentWord(_enters(lambda situation: situation.tier), "it came to this tier"),
    "leaves tier": MomentWord(_leaves(lambda situation: situation.tier), "it left this tier"),
    "enters queue": MomentWord(_enters(lambda situation: situation.queue), "it came into this queue"),
    "leaves queue": MomentWord(_leaves(lambda situation: situation.queue), "it left this queue"),
    "sets": MomentWord(
        lambda turn, word: word in turn.sets, "this field was filled in, or given another value; also by creating it"
    ),
    "ball is": MomentWord(_enters(lambda situation: situation.ball), "it became this one's turn"),
    "state is": MomentWord(_enters(lambda situation: situation.state), "it came into this state"),
}
"""Words for moments. What follows the word is its argument, as in `enters tier 2`."""

WHILES: Mapping[str, WhileWord] = {
    "ball is": WhileWord(lambda situation, word: situation.ball == word, "it is this one's turn"),
    "state is": WhileWord(lambda situation, word: situation.state == word, "the ticket is in this state"),
    "tier is": WhileWord(lambda situation, word: str(situation.tier) == word, "the ticket is at this tier"),
    "queue is": WhileWord(lambda situation, word: situation.queue == word, "the ticket is in this queue"),
    "label is": WhileWord(lambda situation, word: word in situation.labels, "the ticket has this label"),
}
"""Words for stretches of time, during which a clock pauses."""


_FREE = frozenset(("label is",))
"""Words that anything without spaces may follow; what `_arguments` gives for them is an example."""


def _split(text: str, words: Mapping[str, object]) -> tuple[str, str] | None:
    if text in words:
        return (text, "") if not _arguments(text, None) else None
    for word in words:
        if text.startswith(word + " ") and _arguments(word, None):
            return word, text[len(word) + 1 :]
    return None


def _arguments(word: str, entries: Entries | None) -> tuple[str, ...]:
    """What may follow a word: nothing for a bare word; with no entries, whether anything may."""
    match word.rpartition(" ")[2] if word.partition(" ")[0] in ("enters", "leaves") else word.partition(" ")[0]:
        case "tier":
            return ("1", "2")
        case "queue":
            return tuple(queue.queue for queue in entries.queues) if entries else ("?",)
        case "ball":
            return ("tier 1", "tier 2", "customer", "third party", "nobody")
        case "state":
            return tuple(state.state for state in entries.states) if entries else ("?",)
        case "sets":
            return tuple(entries.fields) if entries else ("?",)
        case "label":
            return ("urgent",)
        case _:
            return ()


@lru_cache(1024)
def moment(text: str) -> Callable[[Turn], bool]:
    """The test for a moment as a rulebook writes it. Raises ValueError for words that are none."""
    found = _split(text, MOMENTS)
    if found is None:
        raise ValueError(f"{text!r} is no moment")
    test, argument = MOMENTS[found[0]].test, found[1]
    return lambda turn: test(turn, argument)


@lru_cache(1024)
def during(text: str) -> Callable[[Situation], bool]:
    """The test for a stretch of time as a rulebook writes it. Raises ValueError for words that are none."""
    found = _split(text, WHILES)
    if found is None:
        raise ValueError(f"{text!r} is no stretch of time")
    test, argument = WHILES[found[0]].test, found[1]
    return lambda situation: test(situation, argument)


def moment_problem(text: str, entries: Entries) -> tuple[str, list[str]] | None:
    """What is wrong with a moment, and all that may be written there; None when it is fine."""
    return _problem(text, MOMENTS, entries, "a moment")


def while_problem(text: str, entries: Entries) -> tuple[str, list[str]] | None:
    """What is wrong with a stretch of time, and all that may be written there; None when it is fine."""
    return _problem(text, WHILES, entries, "a stretch of time")


def _problem(text: str, words: Mapping[str, object], entries: Entries, kind: str) -> tuple[str, list[str]] | None:
    allowed: list[str] = []
    found = _split(text, words)
    if found is not None and found[0] in _FREE and len(found[1].split()) == 1:
        return None
    for word in words:
        arguments = _arguments(word, entries)
        allowed += [f"{word} {argument}" for argument in arguments] if _arguments(word, None) else [word]
    return None if text in allowed else (f"{text!r} is not {kind}", allowed)
