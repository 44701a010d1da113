"""The words that start, stop and pause clocks: one entry per word, in `MOMENTS` and `WHILES`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from bot.core.entries import Entries
from bot.core.flaws import PERSONAL, PERSONAL_DATA, is_meant
from bot.core.history import UNSEEN, Situation, Turn
from bot.core.phrases import Phrase, turn_of
from bot.core.remarks import INTERIM, QUESTION
from bot.core.returns import is_return

Test = Callable[[Turn], bool]
"""Whether a turn is a moment."""


class MomentWord(NamedTuple):
    """Gives the test for such a moment, by what follows the word; `says` is its row in the reference.

    `phrase` is said after "when" and "after", in Estonian after "kui".
    """

    test: Callable[[str], Test]
    says: str
    phrase: Phrase


class WhileWord(NamedTuple):
    """Whether a ticket stands so, given what follows the word; `says` is its row in the reference.

    `phrase` is said after "while", in Estonian after "kui".
    """

    test: Callable[[Situation, str], bool]
    says: str
    phrase: Phrase


def _bare(test: Test) -> Callable[[str], Test]:
    return lambda _: test


def _changes(test: Callable[[Situation | None, Situation], bool]) -> Test:
    """A test of the situations before and after a turn, of which most leave them as they are."""
    return lambda turn: turn.before is not turn.after and test(turn.before, turn.after)


def _enters(read: Callable[[Situation], object]) -> Callable[[str], Test]:
    return lambda word: _changes(
        lambda before, after: str(read(after)) == word and (before is None or str(read(before)) != word)
    )


def _leaves(read: Callable[[Situation], object]) -> Callable[[str], Test]:
    return lambda word: _changes(
        lambda before, after: before is not None and str(read(before)) == word and str(read(after)) != word
    )


def _answered(turn: Turn) -> bool:
    return turn.what == "message" and not turn.bot and not turn.asker


def _taken(turn: Turn) -> bool:
    """Tier 2 did something with a ticket that was there: coming to it alone is not being taken."""
    if turn.before is None or turn.bot or turn.asker or turn.after.tier != 2:
        return False
    moved = turn.before.tier == 2 and (turn.before.state != turn.after.state or _moved_elsewhere(turn))
    return moved or "owner" in turn.sets or _answered(turn)


def _moved_elsewhere(turn: Turn) -> bool:
    return turn.elsewhere and turn.what == "state"


def _told(word: str) -> Test:
    return lambda turn: turn.command is not None and turn.command.word == word


def _replied(turn: Turn) -> bool:
    """Tier 2 said something that may be the solution: no question, and no word that work goes on."""
    return _answered(turn) and (turn.after.tier, turn.after.ball) == (2, "tier 2") and not turn.findings & _NO_REPLY


def _added(turn: Turn) -> bool:
    if turn.bot or not turn.asker or turn.before is None:
        return False
    return turn.what == "message" or (turn.what in turn.sets and turn.what not in _NO_ADDITION)


def _noted(note: str) -> Test:
    field, told = NOTES[note], _told(note)
    return lambda turn: told(turn) or (field in turn.sets and turn.before is not None and not turn.bot)


def _is_unrouted(situation: Situation) -> bool:
    return (situation.standing, situation.tier, situation.queue) == ("open", 2, None)


def _done(standing: str) -> bool:
    return standing in ("solved", "closed")


NOTES: Mapping[str, str] = {
    "attempted": "attempted",
    "asked again": "asked_again",
    "informed": "informed",
    "waived": "waived",
}
"""Moments that a person notes on the ticket: by a command of this word, or in the field that `fields` call so."""

TOLD: Mapping[str, str] = {"acknowledged": "acknowledge", **{note: note for note in NOTES}}
"""Moments at which a person tells the bot something, each with its command."""

_NO_REPLY = frozenset((QUESTION, INTERIM))
_MOVES = frozenset(("state", "owner", "queue"))
_NO_ADDITION = _MOVES.union(("labels", "priority", "due", "category", "forwarder", "delivered"), NOTES.values())


def is_substantive(turn: Turn) -> bool:
    """Whether a person did something with the ticket: neither thanks nor a field that tells nothing of it."""
    if turn.bot or turn.what == "thanks":
        return False
    if turn.what in ("created", "message", "delivered") or turn.what in _MOVES or _added(turn):
        return True
    return turn.what in NOTES.values() or (turn.command is not None and turn.command.word in NOTES)


MOMENTS: Mapping[str, MomentWord] = {
    "created": MomentWord(
        _bare(lambda turn: turn.before is None),
        "the ticket came into being",
        {"et": "pilet on loodud", "en": "the ticket is created"},
    ),
    "solved": MomentWord(
        _bare(_changes(lambda before, after: _done(after.standing) and not (before and _done(before.standing)))),
        "it came into a state of standing solved or closed from another",
        {"et": "pilet on lahendatud", "en": "the ticket is solved"},
    ),
    "reopened": MomentWord(
        _bare(
            _changes(lambda before, after: before is not None and _done(before.standing) and after.standing == "open")
        ),
        "it came from a state of standing solved or closed into an open one",
        {"et": "pilet on uuesti avatud", "en": "the ticket is reopened"},
    ),
    "closed": MomentWord(
        _bare(
            _changes(
                lambda before, after: after.standing == "closed" and not (before and before.standing == "closed")
            )
        ),
        "it came into a state of standing closed",
        {"et": "pilet on suletud", "en": "the ticket is closed"},
    ),
    "delivered": MomentWord(
        _bare(_changes(lambda before, after: after.delivered and not (before and before.delivered))),
        "a person noted that the solution has reached the customer",
        {
            "et": "piletile on märgitud, et lahendus on kliendini jõudnud",
            "en": "it is noted on the ticket that the solution has reached the customer",
        },
    ),
    "answered": MomentWord(
        _bare(_answered),
        "anybody but the bot, the forwarder and the reporter wrote a comment that is more than thanks; at tier 2 "
        "nobody of tier 1 either, but for the owner",
        {"et": "piletile on sisuliselt vastatud", "en": "the ticket gets an answer"},
    ),
    "taken": MomentWord(
        _bare(_taken),
        "at tier 2 anybody but these gave it an owner, answered, or moved it to another state of tier 2",
        {"et": "II tase on pileti enda kätte võtnud", "en": "tier II takes up the ticket"},
    ),
    "movement": MomentWord(
        _bare(lambda turn: not turn.bot and (turn.what == "created" or turn.what in _MOVES or _answered(turn))),
        "it was created, answered, or a person changed its state, owner or queue",
        {"et": "piletiga on viimati tegeletud", "en": "somebody last worked on the ticket"},
    ),
    "unseen": MomentWord(
        _bare(lambda turn: turn.what == UNSEEN),
        "the ticket in which tier 2 works on it could no longer be read",
        {
            "et": "seotud piletit, milles II tase töötab, ei saa enam lugeda",
            "en": "the ticket tied to it, in which tier II works, can no longer be read",
        },
    ),
    "acknowledged": MomentWord(
        _bare(_told(TOLD["acknowledged"])),
        "a person told the bot that they know of it",
        {"et": "teade on teadmiseks võetud", "en": "it is acknowledged"},
    ),
    "replied": MomentWord(
        _bare(_replied),
        "at tier 2, on its turn, anybody but the bot and those who ask wrote a comment that may be the solution: "
        "more than thanks, no question, and not only word that work goes on",
        {"et": "II tase on sisuliselt vastanud", "en": "tier II replies in substance"},
    ),
    "asked": MomentWord(
        _bare(lambda turn: _answered(turn) and turn.after.tier == 2 and QUESTION in turn.findings),
        "at tier 2 anybody but the bot and those who ask wrote a comment with a question",
        {"et": "II tase on kommentaaris midagi küsinud", "en": "tier II asks something in a comment"},
    ),
    "added": MomentWord(
        _bare(_added),
        "the forwarder, the reporter, or another of tier 1 while it is at tier 2, wrote a comment that is more than "
        "thanks; or the forwarder or the reporter filled in a field that tells of the matter, or added a file",
        {"et": "piletile on lisatud andmeid", "en": "information is added to the ticket"},
    ),
    "attempted": MomentWord(
        _bare(_noted("attempted")),
        "a person noted that the customer was not reached with the solution: told the bot, or filled in or "
        "changed the field `attempted`",
        {
            "et": "on märgitud, et lahendust ei õnnestunud kliendile edastada",
            "en": "it is noted that the customer was not reached with the solution",
        },
    ),
    "asked again": MomentWord(
        _bare(_noted("asked again")),
        "a person noted that the customer asked again: told the bot, or filled in or changed the field `asked_again`",
        {"et": "on märgitud, et klient küsis uuesti", "en": "it is noted that the customer asked again"},
    ),
    "informed": MomentWord(
        _bare(_noted("informed")),
        "a person noted that the customer was told how the matter stands: told the bot, or filled in or changed the "
        "field `informed`",
        {
            "et": "on märgitud, et kliendile on antud vaheteade",
            "en": "it is noted that the customer was given an interim message",
        },
    ),
    "waived": MomentWord(
        _bare(_noted("waived")),
        "a person noted that it may be closed though the solution did not reach the customer: told the bot, or "
        "filled in or changed the field `waived`",
        {
            "et": "on märgitud, et pileti võib sulgeda lahendust edastamata",
            "en": "it is noted that the ticket may be closed undelivered",
        },
    ),
    PERSONAL_DATA: MomentWord(
        _bare(lambda turn: not turn.elsewhere and any(is_meant(PERSONAL, finding) for finding in turn.findings)),
        "personal data were written into its title, its description or a comment and still stand there; for the "
        "title and the description when one of them was last changed",
        {"et": "piletisse on kirjutatud isikuandmeid", "en": "personal data are written into the ticket"},
    ),
    "unrouted": MomentWord(
        _bare(_changes(lambda before, after: _is_unrouted(after) and not (before and _is_unrouted(before)))),
        "it came to tier 2 without a queue, or lost the one that it had there",
        {"et": "pilet on II tasemel järjekorrata", "en": "the ticket stands at tier II without a queue"},
    ),
    "returned": MomentWord(
        _bare(is_return),
        "a person other than the forwarder and the reporter sent it from tier 2 to tier 1, or from one queue of "
        "tier 2 to another, while it was open",
        {"et": "II tase on pileti tagastanud", "en": "tier II returns the ticket"},
    ),
    "enters tier": MomentWord(
        _enters(lambda situation: situation.tier),
        "it came to this tier",
        {
            "et": {"1": "pilet on jõudnud I tasemele", "2": "pilet on jõudnud II tasemele"},
            "en": {"1": "the ticket comes to tier I", "2": "the ticket comes to tier II"},
        },
    ),
    "leaves tier": MomentWord(
        _leaves(lambda situation: situation.tier),
        "it left this tier",
        {
            "et": {"1": "pilet on I tasemelt lahkunud", "2": "pilet on II tasemelt lahkunud"},
            "en": {"1": "the ticket leaves tier I", "2": "the ticket leaves tier II"},
        },
    ),
    "enters queue": MomentWord(
        _enters(lambda situation: situation.queue),
        "it came into this queue",
        {"et": "pilet on jõudnud järjekorda {value}", "en": "the ticket comes into the queue {value}"},
    ),
    "leaves queue": MomentWord(
        _leaves(lambda situation: situation.queue),
        "it left this queue",
        {"et": "pilet on lahkunud järjekorrast {value}", "en": "the ticket leaves the queue {value}"},
    ),
    "sets": MomentWord(
        lambda word: lambda turn: word in turn.sets,
        "this field was filled in, or given another value; also by creating it",
        {"et": "on täidetud või muudetud väli {value}", "en": "the field {value} is filled in or changed"},
    ),
    "ball is": MomentWord(
        _enters(lambda situation: situation.ball),
        "it became this one's turn",
        {
            "et": turn_of("et", "järg on läinud {whose} kätte", "järg ei ole enam kellegi käes"),
            "en": turn_of("en", "it becomes {whose} turn", "it is nobody's turn any more"),
        },
    ),
    "state is": MomentWord(
        _enters(lambda situation: situation.state),
        "it came into this state",
        {"et": "pilet on jõudnud olekusse {value}", "en": "the ticket comes into the state {value}"},
    ),
}
"""Words for moments. What follows the word is its argument, as in `enters tier 2`."""

WHILES: Mapping[str, WhileWord] = {
    "ball is": WhileWord(
        lambda situation, word: situation.ball == word,
        "it is this one's turn",
        {
            "et": turn_of("et", "järg on {whose} käes", "järg ei ole kellegi käes"),
            "en": turn_of("en", "it is {whose} turn", "it is nobody's turn"),
        },
    ),
    "state is": WhileWord(
        lambda situation, word: situation.state == word,
        "the ticket is in this state",
        {"et": "pilet on olekus {value}", "en": "the ticket is in the state {value}"},
    ),
    "tier is": WhileWord(
        lambda situation, word: str(situation.tier) == word,
        "the ticket is at this tier",
        {
            "et": {"1": "pilet on I tasemel", "2": "pilet on II tasemel"},
            "en": {"1": "the ticket is at tier I", "2": "the ticket is at tier II"},
        },
    ),
    "queue is": WhileWord(
        lambda situation, word: situation.queue == word,
        "the ticket is in this queue",
        {"et": "pilet on järjekorras {value}", "en": "the ticket is in the queue {value}"},
    ),
    "label is": WhileWord(
        lambda situation, word: word in situation.labels,
        "the ticket has this label",
        {"et": "piletil on silt {value}", "en": "the ticket has the label {value}"},
    ),
}
"""Words for stretches of time, during which a clock pauses."""


_FREE = frozenset(("label is",))
"""Words that anything without spaces may follow; what `_arguments` gives for them is an example."""


def split(text: str, words: Mapping[str, object]) -> tuple[str, str] | None:
    """Part a moment or a stretch of time into its word and what follows it; None when it is neither."""
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
def moment(text: str) -> Test:
    """The test for a moment as a rulebook writes it. Raises ValueError for words that are none."""
    found = split(text, MOMENTS)
    if found is None:
        raise ValueError(f"{text!r} is no moment")
    return MOMENTS[found[0]].test(found[1])


@lru_cache(1024)
def during(text: str) -> Callable[[Situation], bool]:
    """The test for a stretch of time as a rulebook writes it. Raises ValueError for words that are none."""
    found = split(text, WHILES)
    if found is None:
        raise ValueError(f"{text!r} is no stretch of time")
    test, argument = WHILES[found[0]].test, found[1]
    return lambda situation: test(situation, argument)


def bare() -> tuple[str, ...]:
    """Give the moments that nothing follows, and that are somebody's doing."""
    return tuple(word for word in MOMENTS if word != UNSEEN and not _arguments(word, None))


def forms(words: Mapping[str, object]) -> Iterator[tuple[str, tuple[str, ...] | None]]:
    """Each word with what may follow it: nothing, certain words, or None for words of the rulebook's own."""
    for word in words:
        arguments = _arguments(word, None)
        yield word, None if arguments == ("?",) or word in _FREE else arguments


def moment_problem(text: str, entries: Entries) -> tuple[str, list[str]] | None:
    """What is wrong with a moment, and all that may be written there; None when it is fine."""
    return _problem(text, MOMENTS, entries, "a moment")


def while_problem(text: str, entries: Entries) -> tuple[str, list[str]] | None:
    """What is wrong with a stretch of time, and all that may be written there; None when it is fine."""
    return _problem(text, WHILES, entries, "a stretch of time")


def _problem(text: str, words: Mapping[str, object], entries: Entries, kind: str) -> tuple[str, list[str]] | None:
    allowed: list[str] = []
    found = split(text, words)
    if found is not None and found[0] in _FREE and len(found[1].split()) == 1:
        return None
    for word in words:
        arguments = _arguments(word, entries)
        allowed += [f"{word} {argument}" for argument in arguments] if _arguments(word, None) else [word]
    return None if text in allowed else (f"{text!r} is not {kind}", allowed)
