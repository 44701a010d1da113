"""What a page is: its path, for whom it is, and what it shows to somebody who asks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import Response

from bot.core.audience import Audience
from bot.core.rulebook import Rulebook
from bot.core.steps import Amount, At, Value
from bot.core.ticket import UNKNOWN, Moment
from bot.web.snapshot import Snapshot
from bot.web.source import Source
from bot.wording import clean, show

_ONLY_DAYS = 3
_ID = re.compile(r"customfield_[0-9]+|[0-9]+")

FOLDER = Path(__file__).with_name("pages")


class NotShown(Exception):
    """There is no such thing, or it is not theirs to see: which of both is not told."""


@dataclass(frozen=True)
class Asked:
    """What somebody asks of a page, and what it is answered with.

    `given` are the parts of the path, `query` what stands behind it. `words` are the page's in its language.
    """

    audience: Audience
    source: Source
    snapshot: Snapshot
    book: Rulebook
    now: Moment
    language: str
    words: Mapping[str, str]
    query: QueryParams = field(default_factory=QueryParams)
    given: Mapping[str, str] = field(default_factory=dict)

    def at(self, moment: Moment | None) -> str:
        """Write a moment as the reader's language does, in the desk's zone; a dash for none."""
        return "–" if moment is None else self.shown(At(moment))

    def brief(self, moment: Moment | None) -> str:
        """Write a moment for a narrow column; its year only where that is not this one."""
        if moment is None:
            return "–"
        local = self.local(moment)
        return f"{local:%d.%m %H:%M}" if local.year == self.local(self.now).year else f"{local:%d.%m.%Y %H:%M}"

    def iso(self, moment: Moment) -> str:
        """Write a moment for machines."""
        return self.local(moment).isoformat()

    def amount(self, seconds: int, day_s: int | None = None) -> str:
        """Write an amount of time, in working days where `day_s` says how long one is; the more, the rounder."""
        seconds = abs(seconds)
        days = seconds // day_s if day_s else 0
        round_s = day_s if day_s and days >= _ONLY_DAYS else 3600 if days else 60 if seconds >= 60 else 1
        return self.shown(Amount(seconds - seconds % round_s, day_s))

    def shown(self, value: Value) -> str:
        """Write a value as the reader's language does."""
        return show(value, self.language, self.book.name, self.book.calendar.timezone)

    def local(self, moment: Moment) -> datetime:
        """A moment in the desk's zone."""
        return self.book.calendar.local(moment)

    def name(self, kind: str, word: str | None) -> str:
        """What a word of the rulebook is called in the reader's language; a dash for none."""
        if word is None:
            return "–"
        if word == UNKNOWN and kind != "state":
            return self.words["unknown"]
        return clean(self.book.name(kind, word, self.language))

    def title(self, word: str) -> str:
        """What a field is called: by the rulebook, else in the tracker; its word where that has a number only."""
        title = self.name("title", word)
        mapped = self.book.entries.fields.get(word, word)
        return clean(mapped) if title == word and not _ID.fullmatch(mapped) else title

    def choice(self, word: str, value: str | None) -> str:
        """A `category` or `priority` as the tracker calls it; its word where that has but a number for it."""
        if value is None or value == UNKNOWN:
            return "–" if value is None else self.words["unknown"]
        entries = self.book.entries
        mapped = (entries.categories if word == "category" else entries.priorities).get(value, value)
        return value if _ID.fullmatch(mapped) else clean(mapped)

    def gist(self, message: str) -> tuple[str, str]:
        """What a message is, in a few words, and the language that these are in; its name where it has none."""
        texts = self.source.messages()
        for language in (self.language, self.book.entries.language, "en"):
            if message in texts.names() and (gist := texts.gist(message, language)):
                return gist, language
        return message, ""

    def who(self, person: str | None) -> str:
        """A person by their word in the rulebook; nobody else is named."""
        if person is None:
            return self.words["nobody"]
        return person if person in self.book.languages else self.words["somebody"]


@dataclass(frozen=True)
class Page:
    """A page at `path`, for those who hold one of the `roles`.

    `name` is that of its template and its words, in which `title` is what it is called. `show` gives what its
    template is filled with, or an answer that is whole already, and raises NotShown. `place` orders the menu, if it
    is in there.
    """

    name: str
    path: str
    roles: frozenset[str]
    show: Callable[[Asked], Mapping[str, Any] | Response]
    place: int = 100
    in_menu: bool = True

    @property
    def words(self) -> Path:
        """The file of its words."""
        return FOLDER / f"{self.name}.toml"
