"""Whether the words that a rulebook adds to its conditions can be used: fields, seasons."""

from __future__ import annotations

from collections.abc import Iterator

from bot.core.entries import Entries
from bot.core.findings import KEY, Finding
from bot.core.moments import NOTES
from bot.core.seasons import wrong
from bot.core.words import NESTING, WORDS

_OWN = ("created", "due", "labels", "message", "thanks")
"""Words by which a ticket's history tells what the bot reads of every ticket."""


def words(entries: Entries) -> Iterator[Finding]:
    """What is wrong with the words under `fields` and with the seasons."""
    for word in entries.fields:
        counted = word in NOTES.values()
        if word in NESTING or (word in WORDS and WORDS[word].needs != word and not counted):
            yield Finding(("fields", word, KEY), f"'{word}' is a condition of its own; give the field another word")
        elif word in _OWN:
            yield Finding(("fields", word, KEY), f"'{word}' is the bot's own word; give the field another")
    for name, season in entries.seasons.items():
        for i, stretch in enumerate(season):
            if text := wrong(stretch):
                yield Finding(("seasons", name, i, "last"), text)
