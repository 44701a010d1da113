"""Whether what stands under a `when:` holds, and what is wrong with it. The words are those of `bot.core.words`.

Every word under one `when:` must hold; a list of values means any of them. `any:`, `all:` and `not:` nest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from bot.core.entries import Entries
from bot.core.findings import KEY, Path
from bot.core.forms import Problem, Tested, Word
from bot.core.ticket import Moment
from bot.core.view import View
from bot.core.words import NESTING, NOT_IN_PROMISES, WORDS, field_word


def holds(
    when: Mapping[str, Any], view: View, tested: Tested | None = None, changes: list[Moment] | None = None
) -> bool:
    """Whether every word under `when` holds; what was looked at is appended to `tested`.

    To `changes` are appended the moments at which what decided may be otherwise, if nothing happens to the ticket:
    until the first of them `when` stays as it is. What time has no part in is looked at first, so that it is
    not asked when it will change what cannot hold.
    """
    known = _known.get(id(when))
    timeless, timed = _parted(when) if known is None else known[1]
    for word, wanted, entry in timeless:
        if entry is None:
            if not _nested(word, wanted, view, tested, changes):
                return False
            continue
        if tested is not None:
            tested += entry.shown(word, wanted, view)
        if not entry.holds(wanted, view):
            return False
    for word, wanted in timed:  # noqa: SIM110 - a generator takes longer to make than most of these to ask
        if not _timed_holds(word, wanted, view, tested, changes):
            return False
    return True


class _Parted(NamedTuple):
    """The words under a `when` in which time has no part, each with its entry unless it nests, and the others."""

    timeless: tuple[tuple[str, Any, Word | None], ...]
    timed: tuple[tuple[str, Any], ...]


_MANY = 10_000
_known: dict[int, tuple[Mapping[str, Any], _Parted]] = {}
"""What was parted before, by its identity: it is kept with it, so that nothing else can have that."""


def _parted(when: Mapping[str, Any]) -> _Parted:
    timeless: list[tuple[str, Any, Word | None]] = []
    timed: list[tuple[str, Any]] = []
    for word, wanted in when.items():
        asked = _static_first(wanted) if word in ("any", "all") else wanted
        if _is_timed(word, wanted):
            timed.append((word, asked))
        else:
            timeless.append((word, asked, None if word in NESTING else WORDS.get(word) or field_word(word)))
    if len(_known) >= _MANY:
        _known.clear()
    found = _Parted(tuple(timeless), tuple(timed))
    _known[id(when)] = when, found
    return found


def _is_timed(word: str, wanted: Any) -> bool:
    if word in NESTING:
        inner = [wanted] if word == "not" else wanted
        return any(_is_timed(*each) for when in inner for each in when.items())
    return word in WORDS and WORDS[word].changes is not None


def _nested(word: str, wanted: Any, view: View, tested: Tested | None, changes: list[Moment] | None) -> bool:
    match word:
        case "any":
            return any(holds(one, view, tested, changes) for one in wanted)
        case "all":
            return all(holds(one, view, tested, changes) for one in wanted)
        case _:
            return not holds(wanted, view, tested, changes)


def _static_first(wanted: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(wanted, key=lambda when: _is_timed("not", when))


def _timed_holds(word: str, wanted: Any, view: View, tested: Tested | None, changes: list[Moment] | None) -> bool:
    if word in NESTING:
        return _nested(word, wanted, view, tested, changes)
    entry = WORDS[word]
    if tested is not None:
        tested += entry.shown(word, wanted, view)
    if changes is not None and entry.changes is not None and (at := entry.changes(view, wanted)) is not None:
        changes.append(at)
    return entry.holds(wanted, view)


def problems(when: Any, entries: Entries, path: Path = (), *, in_promise: bool = False) -> Iterator[Problem]:
    """Everything wrong with a `when:`: unknown words, values no ticket can have, fields that are not mapped.

    Under a target or a deadline, `in_promise`, stand only words that say something of a ticket from the start.
    """
    if not isinstance(when, Mapping):
        yield path, "write conditions as `word: value`", ()
        return
    for word, wanted in when.items():
        here = (*path, word)
        if word in ("any", "all"):
            if not isinstance(wanted, list) or not wanted:
                yield here, f"`{word}` takes a list of conditions", ()
                continue
            for i, one in enumerate(wanted):
                yield from problems(one, entries, (*here, i), in_promise=in_promise)
        elif word == "not":
            yield from problems(wanted, entries, here, in_promise=in_promise)
        elif in_promise and word in NOT_IN_PROMISES:
            yield (
                (*here, KEY),
                f"`{word}` cannot stand here: what is decided here must not change as time goes by",
                (),
            )
        elif word in WORDS or word in entries.fields:
            yield from _value_problems(word, wanted, entries, here)
        else:
            yield (*here, KEY), f"unknown condition {word!r}", [*WORDS, *NESTING, *entries.fields]


def _value_problems(word: str, wanted: Any, entries: Entries, path: Path) -> Iterator[Problem]:
    entry = WORDS.get(word) or field_word(word)
    if entry.needs and entry.needs not in entries.fields:
        text = f"the field `{entry.needs}` is not mapped; name the tracker's field under `fields:`"
        yield (*path, KEY), text, ()
    yield from entry.problems(wanted, entries, path)
