r"""Patterns that conditions look for in texts, in RE2, whose work grows with the text and no faster.

The syntax is that of https://github.com/google/re2/wiki/Syntax; `\w`, `\d` and `\b` know ASCII alone there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import re2

from bot.core.entries import Entries, PatternEntry
from bot.core.findings import Finding
from bot.core.written import Place

LONGEST_TEXT = 100_000
"""Characters of a title, a description or a comment that are looked at."""

_LARGEST = 5000
_MAX_MEM = 8 << 20

_LEFT_OUT = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF])
_SPACES = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), 0xA0, 0x2007, 0x202F], " ")
_BREAKS = dict.fromkeys([0x0A, 0x85, 0x2028, 0x2029], "\n")
_PLAIN: Mapping[int, str | None] = {**_LEFT_OUT, **_SPACES, **_BREAKS}
_NOT_PLAIN = re.compile(f"[{''.join(re.escape(chr(code)) for code, to in _PLAIN.items() if to != chr(code))}]")

_HINTS = (
    (re.compile(r"\(\?(=|!|<=|<!)"), "RE2 has no look-around"),
    (re.compile(r"\\([1-9]|k)|\(\?P(=|$)"), "RE2 has no backreferences"),
    (re.compile(r"\(\?>|[*+?}]\+"), "RE2 has no atomic groups and no possessive repetition, and needs none"),
    (re.compile(r"\(\?[a-zA-Z-]*x"), "RE2 has no verbose patterns"),
    (re.compile(r"\\Z"), "write \\z for the end of the text"),
)
_EDGE = re.compile(r"\\b[^\x00-\x7f]|[^\x00-\x7f]\\b")


def plain(text: str) -> str:
    """The text as patterns see it: cut to `LONGEST_TEXT`, letters composed, without what nobody sees.

    Zero-width characters are left out, control characters and odd spaces are spaces, and lines end in one way.
    """
    if text.isascii() and text.isprintable():
        return text[:LONGEST_TEXT]
    lines = text[:LONGEST_TEXT].replace("\r\n", "\n").replace("\r", "\n")
    composed = unicodedata.normalize("NFC", lines)
    return composed.translate(_PLAIN) if _NOT_PLAIN.search(composed) else composed


def found_in(patterns: Mapping[str, PatternEntry], place: Place, text: str) -> frozenset[str]:
    """The names of the patterns that look in this place and are found in its text."""
    sought = [(name, entry.pattern) for name, entry in patterns.items() if place in entry.where]
    if not sought or not text:
        return frozenset()
    encoded = plain(text).encode("utf-8", "replace")
    return frozenset(name for name, pattern in sought if _compiled(pattern).search(encoded))


def found_whole(pattern: str, text: str) -> bool:
    """Whether a text is like a pattern from beginning to end."""
    return bool(_compiled(pattern).fullmatch(plain(text).encode("utf-8", "replace")))


def places(patterns: Iterable[PatternEntry]) -> frozenset[Place]:
    """Where these patterns look."""
    return frozenset(place for entry in patterns for place in entry.where)


def wrong(pattern: str) -> str | None:
    """What is wrong with a pattern, and where in it; None when it can be used."""
    if "\n" in pattern:
        return "a pattern is a single line; in a block of YAML, end the block with `|-`"
    try:
        compiled = _compiled(pattern)
    except re2.error as error:
        return _said(error, pattern)
    if max(compiled.programsize, compiled.reverseprogramsize) > _LARGEST:
        return f"it is too large, of more than {_LARGEST} instructions; repeat less, and fewer kinds of letters"
    if compiled.search(b""):
        return "it is found in every text, even in an empty one"
    if edge := _EDGE.search(pattern):
        at = f"`{edge[0]}` at character {edge.start() + 1}"
        return f"{at}: \\b knows the edges of ASCII words alone; write (^|\\PL) before a word, (\\PL|$) after it"
    return None


def problems(entries: Entries) -> Iterator[Finding]:
    """What is wrong with a rulebook's patterns, and the examples that they do not keep."""
    for name, entry in entries.patterns.items():
        if text := wrong(entry.pattern):
            yield Finding(("patterns", name, "pattern"), text)
            continue
        compiled = _compiled(entry.pattern)
        for key, wanted, said in (("matches", True, "is not"), ("misses", False, "is")):
            for i, example in enumerate(getattr(entry, key)):
                if bool(compiled.search(plain(example).encode("utf-8", "replace"))) is not wanted:
                    yield Finding(("patterns", name, key, i), f"the pattern {said} found in this text")


@lru_cache(1024)
def _compiled(pattern: str) -> Any:
    """The pattern, compiled; raises re2.error."""
    options = re2.Options()
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    options.max_mem = _MAX_MEM
    return re2.compile(unicodedata.normalize("NFC", pattern).encode("utf-8", "replace"), options)


def _said(error: Exception, pattern: str) -> str:
    """What RE2 said, where in the pattern that is, and what to do about what other engines read."""
    told = error.args[0]
    text = told.decode("utf-8", "replace") if isinstance(told, bytes) else str(told)
    _, _, piece = text.partition(": ")
    at = pattern.find(piece) if piece else -1
    where = f" at character {at + 1}" if at >= 0 and piece != pattern else ""
    hint = next((hint for sought, hint in _HINTS if sought.search(piece or pattern)), None)
    return f"RE2 cannot read it{where}: {text}" + (f"; {hint}" if hint else "")
