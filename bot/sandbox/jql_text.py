"""The text queries of `~`: words that must all be there, phrases, OR, a leading minus, the wildcards * and ?.

Source: Atlassian, "Search syntax for text fields". Words are compared whole and without case, not by stems.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_TERM = re.compile(r'([-+]?)(?:"([^"]*)"|(\S+))')


def prose_test(query: str) -> Callable[[str], bool] | None:
    """Compile a text query to a test of one text; None when it cannot be read."""
    ways: list[list[tuple[bool, re.Pattern[str]]]] = [[]]
    for sign, phrase, word in _TERM.findall(query):
        if word == "OR":
            ways.append([])
        elif word not in ("AND", "NOT") and (pattern := _pattern(phrase or word)):
            ways[-1].append((sign != "-", pattern))
    if not all(ways):
        return None
    return lambda text: any(
        all((pattern.search(text) is not None) is wanted for wanted, pattern in way) for way in ways
    )


def _pattern(term: str) -> re.Pattern[str] | None:
    """Read a term; one with marks inside, such as `e-mail`, is its words one after the other."""
    words = [re.sub(r"\*+", r"\\w*", word.replace("?", r"\w")) for word in re.findall(r"[\w*?]+", term)]
    if not words:
        return None
    phrase = r"\W+".join(words)
    return re.compile(rf"(?<!\w){phrase}(?!\w)", re.IGNORECASE)
