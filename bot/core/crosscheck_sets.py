"""Whether what rungs set can be set, and whether nothing closes a ticket that must stay a person's to close."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.entries import Entries, Ladder
from bot.core.findings import KEY, Finding, Path, known
from bot.core.sets import labelled

_OWN = ("owner", "priority", "labels", "state", "resolution")
"""Words that can be set besides those under `fields`."""

_NEVER = ("category", "forwarder", "attempted", "asked_again", "waived")
"""Words under `fields` that only people say: the bot would count what it did itself."""


def sets(entries: Entries) -> Iterator[Finding]:
    """What is wrong with what rungs set."""
    for i, ladder in enumerate(entries.ladders):
        for k, rung in enumerate(ladder.rungs):
            path: Path = ("ladders", i, "rungs", k, "sets")
            for word, value in rung.sets.items():
                yield from _value(path, word, value, entries)
            if rung.sets and rung.every is not None:
                yield Finding((*path, KEY), "what is said again sets nothing; leave `every` out")
            if "resolution" in rung.sets and "state" not in rung.sets:
                yield Finding((*path, "resolution", KEY), "a resolution is set with the state that closes the ticket")
            if "state" in rung.sets:
                yield from _state(path, ladder, k, entries)


def _value(path: Path, word: str, value: str, entries: Entries) -> Iterator[Finding]:
    settable = [*_OWN, *(each for each in entries.fields if each not in _NEVER)]
    yield from known((*path, word, KEY), "field that the bot sets", word, settable)
    match word:
        case "owner":
            yield from known((*path, word), "person", value, [person.person for person in entries.people])
        case "priority":
            yield from known((*path, word), "priority", value, entries.priorities)
        case "queue":
            yield from known((*path, word), "queue", value, [queue.queue for queue in entries.queues])
        case "state":
            yield from known((*path, word), "state", value, [state.state for state in entries.states])
        case "labels":
            try:
                labelled(value)
            except ValueError as error:
                yield Finding((*path, word), str(error))


def _state(path: Path, ladder: Ladder, k: int, entries: Entries) -> Iterator[Finding]:
    """Only what has reached the customer, or was waived, is closed; on no statutory ticket; and after a notice."""
    rung = ladder.rungs[k]
    if rung.after is None:
        yield Finding((*path, "state", KEY), "the state is set a time after something happened: write `after`")
    standing = next((state.standing for state in entries.states if state.state == rung.sets["state"]), None)
    if standing not in ("solved", "closed"):
        return
    if ladder.when.get("statutory") is not False:
        text = "a ticket for which the law sets a date is closed by a person; add `statutory: false` to `when`"
        yield Finding((*path, "state"), text)
    waived = ladder.when.get("waived") is True
    if ladder.when.get("delivered") is not True and not waived:
        text = "only what has reached the customer is closed: add `delivered: true` to `when`, or `waived: true`"
        yield Finding((*path, "state"), text)
    if k == 0 and not waived:
        yield Finding((*path, "state"), "closing needs a notice before it: put a rung that says so above this one")
    if ladder.when.get("standing") != "solved":
        yield Finding((*path, "state"), "the bot closes what is solved: add `standing: solved` to `when`")
