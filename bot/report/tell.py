"""How a digest is told: dates, amounts, names and counts in its reader's language, and the tables it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from babel.dates import format_date

from bot.core.entry import Names
from bot.core.kpi.figure import Measure
from bot.core.kpi.period import Period
from bot.core.kpi.registry import WORDS
from bot.core.kpi.statute_words import REASON
from bot.core.rulebook import Rulebook
from bot.core.steps import Amount, At, Day, Name, Several, Value
from bot.core.ticket import UNKNOWN, Moment
from bot.report.report import Cell
from bot.report.words import headings
from bot.wording import number, percent, plural, show

NOTHING = "—"
"""What stands where nothing is known, or nothing could be counted."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table; `href` opens what its first cell names, `child` tells that it is a part of the one above."""

    cells: tuple[str, ...]
    href: str = ""
    child: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its title; `numeric` are the numbers of its columns of figures.

    `word` is what it shows, permanently; `n` how many rows belong in it, `note` what is to be said below it.
    """

    word: str
    title: str
    head: tuple[str, ...]
    rows: tuple[Row, ...]
    numeric: frozenset[int] = frozenset()
    n: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Tell:
    """One reader's language, with the rulebook that names things. `browse` is the address before a ticket's key."""

    language: str
    book: Rulebook
    browse: str = ""
    words: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", headings(self.language, self.book.entries.digest))

    def value(self, value: Value | None) -> str:
        """A value as messages show it; nothing for None."""
        return "" if value is None else show(value, self.language, self.book.name, self.book.calendar.timezone)

    def at(self, moment: Moment) -> str:
        """A moment in the desk's zone."""
        return self.value(At(moment))

    def day(self, day: date) -> str:
        """A local day."""
        return self.value(Day(day))

    def due(self, due_at: Moment, *, by_day: bool) -> str:
        """The last day, or the last moment, of a deadline."""
        return self.day(self.book.calendar.day_of(due_at - 1)) if by_day else self.at(due_at)

    def brief(self, amount: Amount | None) -> str:
        """An amount as the first screen has it: from two working days on in whole days, else in hours and minutes."""
        if amount is None or amount.day_s is None or amount.seconds < 2 * amount.day_s:
            return self.value(amount)
        return self.value(Amount(amount.seconds // amount.day_s * amount.day_s, amount.day_s))

    def name(self, kind: str, word: str | None) -> str:
        """What the rulebook calls something; a dash for nothing, a question mark for what it does not know."""
        if not word:
            return "–"
        return "?" if word == UNKNOWN and kind != "state" else self.value(Name(kind, word))

    def titles(self, words: tuple[str, ...]) -> str:
        """The titles of fields, one after the other."""
        return self.value(Several(tuple(Name("title", word) for word in words)))

    def said(self, names: Names) -> str:
        """A text that is there by language; in the desk's, or any, where it is not there in this one."""
        texts = {str(language): text for language, text in names.items()}
        return texts.get(self.language) or texts.get(self.book.entries.language) or next(iter(texts.values()), "")

    def href(self, key: str) -> str:
        """The address that opens a ticket; empty where none is known."""
        return f"{self.browse}{key}" if self.browse else ""

    def n(self, cell: Cell) -> str:
        """A count, or that it is one of few."""
        return self.words["few"] if cell is None else number(cell, self.language, 0)

    def some(self, word: str, n: int) -> str:
        """The form of a word that goes with a number, of those apart by `|`, with the number in place of {n}."""
        return plural(n, self.words[word].split("|"), self.language).format(n=number(n, self.language, 0))

    def measured(self, value: float | None, measure: Measure) -> str:
        """A figure as its measure has it: a share in per cent, a time as working time, a number."""
        if value is None:
            return NOTHING
        match measure:
            case "share":
                return percent(value, self.language)
            case "time":
                day_s = self.book.calendar.day_s
                return self.value(Amount(round(value / 3600) * 3600 if value >= day_s else round(value), day_s))
            case "spans":
                return self.value(Amount(round(value), None))
            case "days":
                return f"{number(value, self.language)} {self._days(value)}"
            case _:
                return number(value, self.language, 2 if measure == "mean" else 1)

    def changed(self, change: float, measure: Measure) -> str:
        """A change with its sign: of a share in percentage points."""
        if measure == "share":
            size = f"{number(abs(change) * 100, self.language)} {self.words['points']}"
        else:
            size = self.measured(abs(change), measure)
        return size if change == 0 else f"{'+' if change > 0 else '−'}{size}"

    def _days(self, value: float) -> str:
        n = round(value) if value == round(value) else 2
        return plural(n, self.words["days"].split("|"), self.language)

    def period(self, period: Period) -> str:
        """A period by its name: a day, the days of a week, a month, a quarter, a year."""
        first, last = period.first, period.last
        match period.kind:
            case "month":
                return str(format_date(first, "LLLL yyyy", locale=self.language))
            case "quarter":
                return self.words["quarter"].format(
                    n=("I", "II", "III", "IV")[(first.month - 1) // 3], year=first.year
                )
            case "year":
                return str(first.year)
            case "day" if (last - first) < timedelta(days=1):
                return self.day(first)
            case _:
                return f"{self.day(first)} – {self.day(last)}"

    def reason(self, word: str) -> str:
        """What a reason, a mark or a group of an indicator is called; the word itself where it has no name."""
        if word.startswith(REASON):
            return self.said(WORDS[REASON]) + word.removeprefix(REASON)
        if word == UNKNOWN:
            return "?"
        if word in WORDS:
            return self.said(WORDS[word])
        if word in self.book.titles:
            return self.value(Name("title", word))
        return word

    def unit(self, word: str) -> str:
        """What a structural unit is called, or that there is none."""
        units = self.book.entries.indicators.units
        return next((self.said(unit.title) for unit in units if unit.unit == word), self.reason(word))
