"""The signs, words and lines of an explanation: a word beside every sign, as colour alone says nothing to many."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from bot.core.clock import Standing
from bot.core.explanation import Condition, Did, Explanation, Outcome, Reach
from bot.core.rulebook import Rulebook
from bot.core.ticket import Moment
from bot.wording import clean


class Sign(NamedTuple):
    """How an outcome is shown; `whole` tells whether the rule is shown with all that decided."""

    sign: str
    words: str
    style: str
    whole: bool


OUTCOMES: Mapping[Outcome, Sign] = {
    "say": Sign("»", "would be said now", "green", True),
    "observe": Sign("o", "would only be recorded (observe)", "cyan", True),
    "hold": Sign("=", "held back", "yellow", True),
    "adopt": Sign("+", "would count as done", "cyan", True),
    "done": Sign("✓", "done", "green", True),
    "not yet": Sign("…", "not yet", "", True),
    "hushed": Sign("=", "hushed by a command", "", True),
    "paused": Sign("=", "paused", "", True),
    "no clock": Sign("–", "no clock runs", "dim", False),
    "conditions": Sign("✗", "its conditions do not hold", "dim", False),
    "another route": Sign("–", "another route", "dim", False),
    "nothing to route": Sign("–", "nothing to route", "dim", False),
    "complete": Sign("✓", "complete", "green", False),
    "not handed over": Sign("–", "not asked for", "dim", False),
    "no incident": Sign("–", "no incident", "dim", False),
    "unknown state": Sign("?", "nothing", "dim", False),
}

STATES: Mapping[str, tuple[str, str, str]] = {
    "said": ("✓", "said", "green"),
    "intended": ("»", "is just saying", "green"),
    "doubtful": ("?", "may have said", "yellow"),
    "observed": ("o", "recorded (observe)", "cyan"),
    "adopted": ("+", "counted as done", "cyan"),
    "held": ("=", "held back", "yellow"),
    "batched": ("=", "kept in a batch over the ceiling", "yellow"),
    "released": ("»", "may say, a person released it", "green"),
    "withdrawn": ("–", "withdrew", "dim"),
}
"""A row's state: its sign, what the bot did, and its style."""

ACTS: Mapping[Did, tuple[str, str]] = {
    "starts": (">", "green"),
    "starts anew": (">", "green"),
    "pauses": ("=", "yellow"),
    "goes on": (">", "green"),
    "stops": ("|", "dim"),
}

REACHED: Mapping[Reach, str] = {
    "due": "due since",
    "reached": "reached",
    "passed over": "passed over, since a higher one was reached; reached",
    "next": "next, at",
    "later": "later, at",
    "not running": "no moment, as its clock does not run towards it",
}

_STANDS: Mapping[Standing, tuple[str, str]] = {
    "on track": ("·", "green"),
    "at risk": ("!", "yellow"),
    "breached": ("‼", "red"),
    "met": ("✓", "green"),
    "missed": ("✗", "red"),
    "paused": ("=", "yellow"),
}


def stands(standing: Standing) -> tuple[str, str]:
    """The sign and the style of a clock's standing."""
    return _STANDS[standing]


class Telling:
    """What the lines of a page are written with: the desk's zone, and its names for states and queues."""

    def __init__(self, found: Explanation, book: Rulebook) -> None:
        self.zone = ZoneInfo(found.timezone)
        self.book = book
        self.version = found.version
        self.now = found.asked_at

    def at(self, moment: Moment) -> str:
        """Write a moment in the desk's zone."""
        return f"{datetime.fromtimestamp(moment, self.zone):%a %Y-%m-%d %H:%M}"

    def till(self, moment: Moment, since: Moment) -> str:
        """Write a moment without its date, where that is the date of `since`."""
        same = self.at(moment)[:14] == self.at(since)[:14]
        return self.at(moment)[15:] if same else self.at(moment)

    def name(self, word: str, value: str | None) -> str:
        """Write the value of a word: a state or a queue by its name in the desk's language and by its word."""
        if value is None:
            return "–"
        if word not in ("state", "queue"):
            return clean(value)
        called = self.book.name(word, value, self.book.entries.language)
        return clean(value if called == value else f"{called} ({value})")


def title(text: str) -> Text:
    """A heading."""
    return Text(f"\n{text.upper()}", style="bold")


def indented(what: RenderableType, by: int = 2) -> Padding:
    """The same, so many columns from the left."""
    return Padding(what, (0, 0, 0, by))


def grid(rows: Iterable[tuple[str, RenderableType]], indent: int = 2) -> Padding:
    """Two columns: what stands on the left never wraps."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column()
    for left, right in rows:
        grid.add_row(left, right)
    return indented(grid, indent)


def conditions(tree: Iterable[Condition], told: Telling, indent: int) -> Iterator[RenderableType]:
    """Tell each condition with what was found, and with what was wanted where that is something else."""
    for one in tree:
        sign, style = ("✓", "green") if one.holds else ("✗", "red")
        line = Text.assemble((f"{sign} {one.word}", style))
        if not one.among:
            wanted = "" if one.holds and one.found in one.wanted else f", wanted {' or '.join(one.wanted)}"
            line.append(f": {clean(one.found)}{clean(wanted)}")
            if one.changes_at is not None:
                line.append(f"; may change {told.at(one.changes_at)}")
        yield indented(line, indent)
        yield from conditions(one.among, told, indent + 2)


def amount(seconds: int) -> str:
    """Write an amount of time in hours and minutes, less than a minute in seconds."""
    hours, minutes = divmod(seconds // 60, 60)
    if seconds < 60:
        return f"{seconds} s" if seconds else "0 h"
    return f"{hours} h {minutes:02} min" if hours and minutes else f"{hours} h" if hours else f"{minutes} min"
