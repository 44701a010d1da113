"""Tables (CSV) that other systems write, read row by row: what cannot be read is told with its place, and left out.

No finding quotes what stands in a cell: that may be a telephone number, or what a customer wrote.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from bot.core.findings import nearest

T = TypeVar("T")

LARGEST_FILE = 64_000_000
"""Bytes; a larger table is refused."""

MOST_FINDINGS = 20
"""How many findings of a table are told one by one."""

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "no file": {
        "et": "faili ei ole või seda ei saa lugeda",
        "en": "there is no such file, or it cannot be read",
        "ru": "файла нет или его нельзя прочитать",
    },
    "outside": {
        "et": "fail on väljaspool reeglistikku; pange fail reeglistiku kausta või nimetage see failis config.toml",
        "en": "the file is outside the rulebook; put it into its folder, or name it in config.toml",
        "ru": "файл вне правил; положите его в их папку или укажите в config.toml",
    },
    "too large": {"et": "fail on liiga suur", "en": "the file is too large", "ru": "файл слишком большой"},
    "no text": {
        "et": "see ei ole tekst; salvestage tabel CSV-failina (UTF-8 või Windows-1257)",
        "en": "this is no text; save the table as CSV (UTF-8 or Windows-1257)",
        "ru": "это не текст; сохраните таблицу как CSV (UTF-8 или Windows-1257)",
    },
    "no column": {
        "et": "puudub veerg „{column}“; olemas on: {known}",
        "en": "the column '{column}' is missing; there are: {known}",
        "ru": "нет столбца «{column}»; есть: {known}",
    },
    "meant": {
        "et": "puudub veerg „{column}“; kas see on „{known}“?",
        "en": "the column '{column}' is missing; did you mean '{known}'?",
        "ru": "нет столбца «{column}»; может быть, «{known}»?",
    },
    "two columns": {
        "et": "veerge nimega „{column}“ on mitu",
        "en": "there is more than one column '{column}'",
        "ru": "столбцов «{column}» несколько",
    },
    "no row": {
        "et": "see ei ole tabeli rida; kontrollige jutumärke",
        "en": "this is no row of a table; check its quotes",
        "ru": "это не строка таблицы; проверьте кавычки",
    },
    "empty": {
        "et": "veerg „{column}“ on tühi",
        "en": "the column '{column}' is empty",
        "ru": "столбец «{column}» пуст",
    },
    "no moment": {
        "et": "veerus „{column}“ ei ole kuupäeva ja kellaaega; kirjutage näiteks 2026-11-16 09:00:05",
        "en": "the column '{column}' holds no date and time; write for example 2026-11-16 09:00:05",
        "ru": "в столбце «{column}» нет даты и времени; пишите, например, 2026-11-16 09:00:05",
    },
    "no such time": {
        "et": "veeru „{column}“ kellaaega sellel päeval ei ole: kell keeratakse siis edasi",
        "en": "the time in the column '{column}' does not exist on that day: the clocks go forward then",
        "ru": "времени из столбца «{column}» в этот день нет: часы переводят вперёд",
    },
    "no length": {
        "et": "veerus „{column}“ ei ole kestust; kirjutage sekundid või näiteks 0:23",
        "en": "the column '{column}' holds no length of time; write seconds, or for example 0:23",
        "ru": "в столбце «{column}» нет длительности; пишите секунды или, например, 0:23",
    },
    "no number": {
        "et": "veerus „{column}“ ei ole arvu",
        "en": "the column '{column}' holds no number",
        "ru": "в столбце «{column}» нет числа",
    },
    "no answer": {
        "et": "veerg „{column}“ ei ütle, kas kõnele vastati; oodatud: {known}",
        "en": "the column '{column}' does not say whether the call was answered; expected: {known}",
        "ru": "столбец «{column}» не говорит, ответили ли на звонок; ожидается: {known}",
    },
    "doubled": {
        "et": "korduvaid ridu on {n}; iga kõne on arvestatud üks kord",
        "en": "rows that repeat: {n}; each call is counted once",
        "ru": "повторяющихся строк: {n}; каждый звонок учтён один раз",
    },
    "ambiguous": {
        "et": "kellaaegu, mis sellel päeval korduvad, on {n}; arvestatud on esimest",
        "en": "times that come twice on that day: {n}; the first is taken",
        "ru": "повторяющихся в этот день времён: {n}; принято первое",
    },
    "more": {
        "et": "lisaks on ridu, mida ei saanud lugeda: {n}",
        "en": "further rows that could not be read: {n}",
        "ru": "ещё строк, которые не удалось прочитать: {n}",
    },
}


class UnreadableCellError(Exception):
    """A cell that cannot be read; `problem` is the word of what is wrong, `known` what was expected."""

    def __init__(self, problem: str, known: str = "") -> None:
        super().__init__(problem)
        self.problem, self.known = problem, known


@dataclass(slots=True)
class Findings:
    """What is wrong with a table, in a language: each with file, line and the number of the column.

    `is_broken` tells that its rows could not be read to the end.
    """

    path: Path
    language: str
    told: list[str] = field(default_factory=list)
    untold: int = 0
    is_broken: bool = False

    def add(self, problem: str, line: int = 0, nth: int = 0, **values: object) -> None:
        """Tell of something on a line, in the nth column; of too many only how many there are."""
        if len(self.told) >= MOST_FINDINGS:
            self.untold += 1
            return
        place = ":".join(str(part) for part in (self.path.name, line, nth) if part)
        self.told.append(f"{place}: {_TEXTS[problem][self.language].format(**values)}")

    def all(self) -> list[str]:
        """Give all of them, the number of those that were not told at the end."""
        more = _TEXTS["more"][self.language].format(n=self.untold)
        return [*self.told, *([f"{self.path.name}: {more}"] if self.untold else [])]


@dataclass(frozen=True, slots=True)
class Row:
    """A row's cells by the words of their columns, its line, and what each column is called and where it stands."""

    line: int
    cells: Mapping[str, str]
    headings: Mapping[str, str]
    places: Mapping[str, int]
    findings: Findings

    def read(self, word: str, reading: Callable[[str], T]) -> T | None:
        """Read a cell; None, and a finding, where that raises UnreadableCellError."""
        try:
            return reading(self.cells[word])
        except UnreadableCellError as error:
            heading = self.headings[word]
            self.findings.add(error.problem, self.line, self.places[word], column=heading, known=error.known)
            return None


def rows_of(path: Path, headings: Mapping[str, str], findings: Findings) -> Iterator[Row] | None:
    """Give the rows of a table whose columns are headed so, empty ones left out; None where it is no such table.

    The cells stand between semicolons, commas or tabs, by the first line; capital letters of headings do not matter.
    """
    text = _text(path, findings)
    if text is None:
        return None
    first = text.split("\n", 1)[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(";,\t", key=first.count), strict=True)
    try:
        header = [each.strip() for each in next(reader, [])]
    except csv.Error:
        findings.add("no row", 1)
        return None
    folded, places = [each.casefold() for each in header], {}
    for word, heading in headings.items():
        found = [i for i, each in enumerate(folded) if each == heading.strip().casefold()]
        if len(found) == 1:
            places[word] = found[0] + 1
        elif found:
            findings.add("two columns", 1, found[1] + 1, column=heading)
        elif meant := nearest(heading, header):
            findings.add("meant", 1, column=heading, known=meant)
        else:
            findings.add("no column", 1, column=heading, known=", ".join(header[:12]))
    return _rows(reader, headings, places, findings) if len(places) == len(headings) else None


def _rows(
    reader: Iterator[list[str]], headings: Mapping[str, str], places: Mapping[str, int], findings: Findings
) -> Iterator[Row]:
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error:
            findings.add("no row", line + 1)
            findings.is_broken = True
            return
        if cells is None:
            return
        line = reader.line_num  # type: ignore[attr-defined]
        held = {word: cells[i - 1].strip() if i <= len(cells) else "" for word, i in places.items()}
        if any(held.values()):
            yield Row(line, held, headings, places, findings)


def _text(path: Path, findings: Findings) -> str | None:
    try:
        if path.stat().st_size > LARGEST_FILE:
            findings.add("too large")
            return None
        content = path.read_bytes()
    except OSError:
        findings.add("no file")
        return None
    if b"\0" in content:
        findings.add("no text")
        return None
    for encoding in ("utf-8-sig", "cp1257"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    findings.add("no text")
    return None


@dataclass(slots=True)
class Clock:
    """The clock on the wall by which a table tells the time; it keeps the lines whose times came twice."""

    timezone: str
    twice: list[int] = field(default_factory=list)

    def moment(self, written: str, line: int) -> int:
        """Read a moment, or a day as its first; of a time that comes twice the first. Raises UnreadableCellError."""
        if not written:
            raise UnreadableCellError("empty")
        at = _datetime(written)
        if at.tzinfo is not None:
            return int(at.timestamp())
        zone = ZoneInfo(self.timezone)
        first, second = (at.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        moment = int(first.timestamp())
        if datetime.fromtimestamp(moment, zone).replace(tzinfo=None) != at.replace(microsecond=0):
            raise UnreadableCellError("no such time")
        if first.utcoffset() != second.utcoffset():
            self.twice.append(line)
        return moment


_LOCAL = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y")


def _datetime(written: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        pass
    for form in _LOCAL:
        try:
            return datetime.strptime(written, form)
        except ValueError:
            continue
    raise UnreadableCellError("no moment")


def seconds(written: str) -> float:
    """Read a length of time: seconds, or `m:ss`, or `h:mm:ss`. Raises UnreadableCellError."""
    parts = written.replace(",", ".").split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        raise UnreadableCellError("no length" if written else "empty") from None
    if len(numbers) > 3 or any(not 0 <= each < float("inf") for each in numbers) or any(n >= 60 for n in numbers[1:]):
        raise UnreadableCellError("no length")
    total = 0.0
    for number in numbers:
        total = total * 60 + number
    return total


def number(written: str) -> float:
    """Read a number. Raises UnreadableCellError."""
    try:
        found = float(written.replace(",", "."))
    except ValueError:
        raise UnreadableCellError("no number") from None
    if not abs(found) < float("inf"):
        raise UnreadableCellError("no number")
    return found
