"""What does not fit in a rulebook, before anybody knows in which file it stands."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

Path = tuple[str | int, ...]

KEY = "[key]"
"""At the end of a path: the mapping's key itself is meant, not the value under it."""


_LONGEST_WORD = 200


class Finding(NamedTuple):
    """One thing that does not fit: where in `Entries`, what, and what was probably meant."""

    path: Path
    text: str
    suggestion: str | None = None


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """The allowed word that was probably meant, if any is near."""
    if len(word) > _LONGEST_WORD:
        return None
    return next(iter(difflib.get_close_matches(word, list(allowed), 1, 0.6)), None)


def known(path: Path, kind: str, word: str | None, allowed: Collection[str]) -> Iterator[Finding]:
    """A finding when `word` is given and is not one of `allowed`, best a mapping, as each word is looked up in it."""
    if word is not None and word not in allowed:
        words = list(dict.fromkeys(allowed))
        meant = nearest(word, words)
        listed = f"; known: {', '.join(words)}" if words and not meant and len(words) <= 8 else ""
        yield Finding(path, f"there is no {kind} '{word}'{listed}", meant)


def once(kind: str, named: Iterable[tuple[Path, str]]) -> Iterator[Finding]:
    """A finding for every name that was given before."""
    seen: set[str] = set()
    for path, name in named:
        if name in seen:
            yield Finding(path, f"there is already a {kind} '{name}'")
        seen.add(name)
