"""The rulebooks of a backtest, opened anew in every process that lives tickets again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bot.backtest.run import Opened, Read
from bot.core.rulebook import Rulebook
from bot.start import read_desk


@dataclass(frozen=True)
class Opening:
    """Opens a folder's rulebook with what reads tickets in its words; `as_if_live` switches its rules on."""

    folder: Path
    site: str
    read: Read
    as_if_live: bool = False

    def __call__(self) -> Opened:
        """Open it. Raises Misconfigured."""
        return Opened(book_of(self.folder, self.site, as_if_live=self.as_if_live), self.read)


def book_of(folder: Path, site: str, *, as_if_live: bool) -> Rulebook:
    """Read a rulebook, and where asked for take all of its rules as live all along. Raises Misconfigured."""
    book = read_desk(folder, site).book
    return live(book) if as_if_live else book


def live(book: Rulebook) -> Rulebook:
    """Give the rulebook with no rule on observe, and none that went live only on some day."""
    entries, switched_on = book.entries, {"observe": False, "since": None}
    rules = {
        "manners": entries.manners.model_copy(update={"observe": False}),
        "routes": tuple(route.model_copy(update=switched_on) for route in entries.routes),
        "completeness": tuple(rule.model_copy(update=switched_on) for rule in entries.completeness),
        "ladders": tuple(ladder.model_copy(update=switched_on) for ladder in entries.ladders),
    }
    return replace(book, entries=entries.model_copy(update=rules))
