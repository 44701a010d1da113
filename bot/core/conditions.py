"""The words under `when:`. One entry in `WORDS` per word: how to read it off a ticket, and what it is compared with.

Any other word that is mapped under `fields:` is a condition too: what the field holds, as people see it.
Every word under one `when:` must hold; a list of values means any of them. `any:`, `all:` and `not:` nest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.core.entries import Entries
from bot.core.history import Turn, Whole
from bot.core.phrases import Phrase, turn_of
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment, Ticket


@dataclass(frozen=True, slots=True)
class View:
    """What a condition can see: the ticket, its turns and the rulebook, at a moment.

    `whole` is the ticket's history of which `happened` are the first turns.
    """

    ticket: Ticket
    happened: tuple[Turn, ...]
    book: Rulebook
    now: Moment
    whole: Whole | None = None


@dataclass(frozen=True, slots=True)
class Word:
    """One word: `read` gives its values on a ticket, `allowed` all that a rule may compare with (None: any text).

    `says` is its row in the reference, `phrase` how a process description says it, after "when" (Estonian: "kui");
    `needs` a word that must be mapped under `fields:`.
    """

    says: str
    phrase: Phrase
    read: Callable[[View], frozenset[object]]
    allowed: Callable[[Entries], list[object] | None]
    needs: str | None = None


def _one(value: object) -> frozenset[object]:
    return frozenset() if value is None else frozenset((value,))


WORDS: Mapping[str, Word] = {
    "category": Word(
        "what the ticket is about",
        {"et": "kategooria on {value}", "en": "the category is {value}"},
        lambda view: _one(view.ticket.category),
        lambda entries: list(entries.categories) or None,
        "category",
    ),
    "queue": Word(
        "the queue it is in",
        {"et": "pilet on järjekorras {value}", "en": "the ticket is in the queue {value}"},
        lambda view: _one(view.ticket.queue),
        lambda entries: [q.queue for q in entries.queues],
        "queue",
    ),
    "priority": Word(
        "how pressing it is",
        {"et": "prioriteet on {value}", "en": "the priority is {value}"},
        lambda view: _one(view.ticket.priority),
        lambda entries: list(entries.priorities),
    ),
    "label": Word(
        "a label on it",
        {"et": "piletil on silt {value}", "en": "the ticket has the label {value}"},
        lambda view: frozenset(view.ticket.labels),
        lambda entries: None,
    ),
    "project": Word(
        "the project it is in",
        {"et": "pilet on projektis {value}", "en": "the ticket is in the project {value}"},
        lambda view: _one(view.ticket.project),
        lambda entries: list(entries.projects),
    ),
    "state": Word(
        "the state it is in",
        {"et": "pilet on olekus {value}", "en": "the ticket is in the state {value}"},
        lambda view: _one(view.happened[-1].after.state),
        lambda entries: [s.state for s in entries.states],
    ),
    "standing": Word(
        "whether work on it goes on",
        {
            "et": {"open": "pilet on avatud", "solved": "pilet on lahendatud", "closed": "pilet on suletud"},
            "en": {"open": "the ticket is open", "solved": "the ticket is solved", "closed": "the ticket is closed"},
        },
        lambda view: _one(view.happened[-1].after.standing),
        lambda entries: ["open", "solved", "closed"],
    ),
    "tier": Word(
        "the tier it is at",
        {
            "et": {"1": "pilet on I tasemel", "2": "pilet on II tasemel"},
            "en": {"1": "the ticket is at tier I", "2": "the ticket is at tier II"},
        },
        lambda view: _one(view.happened[-1].after.tier),
        lambda entries: [1, 2],
    ),
    "ball": Word(
        "whose turn it is",
        {
            "et": turn_of("et", "järg on {whose} käes", "järg ei ole kellegi käes"),
            "en": turn_of("en", "it is {whose} turn", "it is nobody's turn"),
        },
        lambda view: _one(view.happened[-1].after.ball),
        lambda entries: ["tier 1", "tier 2", "customer", "third party", "nobody"],
    ),
    "delivered": Word(
        "whether a person noted that the solution has reached the customer: the field is filled in, and not with a "
        "no (`ei`, `no`, `нет`, `false`, `0`, `-`)",
        {
            "et": {
                "true": "on märgitud, et lahendus on kliendini jõudnud",
                "false": "ei ole märgitud, et lahendus on kliendini jõudnud",
            },
            "en": {
                "true": "it is noted that the solution has reached the customer",
                "false": "it is not noted that the solution has reached the customer",
            },
        },
        lambda view: _one(view.happened[-1].after.delivered),
        lambda entries: [True, False],
        "delivered",
    ),
    "forwarder": Word(
        "who is entered as its forwarder",
        {"et": "edastajaks on märgitud {value}", "en": "the forwarder entered is {value}"},
        lambda view: _one(view.ticket.forwarder),
        lambda entries: [person.person for person in entries.people],
        "forwarder",
    ),
    "assigned": Word(
        "whether it has an owner",
        {
            "et": {"true": "piletil on täitja", "false": "piletil ei ole täitjat"},
            "en": {"true": "the ticket has an owner", "false": "the ticket has no owner"},
        },
        lambda view: _one(view.ticket.owner is not None),
        lambda entries: [True, False],
    ),
}


def _word(word: str) -> Word:
    return WORDS.get(word) or Word("", {}, lambda view: _one(view.ticket.fields.get(word)), lambda entries: None)


_NESTING = ("any", "all", "not")

Tested = list[tuple[str, str]]
"""Words with the values that decided, for a step's because."""


def holds(when: Mapping[str, Any], view: View, tested: Tested | None = None) -> bool:
    """Whether every word under `when` holds; what was looked at is appended to `tested`."""
    return all(_word_holds(word, wanted, view, tested) for word, wanted in when.items())


def _word_holds(word: str, wanted: Any, view: View, tested: Tested | None) -> bool:
    match word:
        case "any":
            return any(holds(one, view, tested) for one in wanted)
        case "all":
            return all(holds(one, view, tested) for one in wanted)
        case "not":
            return not holds(wanted, view, tested)
        case _:
            found = _word(word).read(view)
            if tested is not None:
                tested.append((word, ", ".join(sorted(map(str, found))) or "-"))
            return any(value in found for value in (wanted if isinstance(wanted, list) else [wanted]))


Finding = tuple[tuple[str | int, ...], str, list[str]]
"""Where under `when` (a path), what is wrong, and what may be written there."""


def problems(when: Any, entries: Entries, path: tuple[str | int, ...] = ()) -> Iterator[Finding]:
    """Everything wrong with a `when:`: unknown words, values no ticket can have, fields that are not mapped."""
    if not isinstance(when, Mapping):
        yield path, "write conditions as `word: value`", []
        return
    for word, wanted in when.items():
        here = (*path, word)
        if word in ("any", "all"):
            if not isinstance(wanted, list) or not wanted:
                yield here, f"`{word}` takes a list of conditions", []
                continue
            for i, one in enumerate(wanted):
                yield from problems(one, entries, (*here, i))
        elif word == "not":
            yield from problems(wanted, entries, here)
        elif word in WORDS or word in entries.fields:
            yield from _value_problems(_word(word), wanted, entries, here)
        else:
            yield here, f"unknown condition {word!r}", [*WORDS, *_NESTING, *entries.fields]


def _value_problems(word: Word, wanted: Any, entries: Entries, path: tuple[str | int, ...]) -> Iterator[Finding]:
    if word.needs and word.needs not in entries.fields:
        yield path, f"the field `{word.needs}` is not mapped; name the tracker's field under `fields:`", []
    allowed = word.allowed(entries)
    for i, value in enumerate(wanted if isinstance(wanted, list) else [wanted]):
        here = (*path, i) if isinstance(wanted, list) else path
        if allowed is not None and not any(value == one and type(value) is type(one) for one in allowed):
            yield here, f"{value!r} is not a value of `{path[-1]}`", [str(one) for one in allowed]
        elif allowed is None and not isinstance(value, str):
            yield here, f"{value!r} is not a text", []
