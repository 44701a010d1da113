"""A digest as a workbook. Texts are written as texts: no cell begins a formula, whatever a ticket holds."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from bot.core.kpi.figure import Measure
from bot.core.ticket import Moment
from bot.report.digest import Digest
from bot.report.page import Page
from bot.report.records import IndicatorRecord, figures_as_of, indicators
from bot.report.report import Report
from bot.report.tell import Tell

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula when somebody edits the cell."""

_NUMBERS: Mapping[Measure, tuple[str, float]] = {
    "share": ("0.0%", 1),
    "time": ("#,##0.0", 3600),
    "days": ("#,##0.0", 1),
    "mean": ("0.00", 1),
    "count": ("#,##0", 1),
    "spans": ("#,##0.0", 3600),
}
"""How the numbers of a measure are shown, and what they are divided by: times are in hours."""

_NARROW, _WIDE, _TEXT = 12, 26, 60


class _Book:
    """A workbook that is being written, with the formats that it uses."""

    def __init__(self, file: io.BytesIO, tell: Tell) -> None:
        safe = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": False}
        self.workbook = Workbook(file, safe)
        self.tell = tell
        self._formats: dict[tuple[tuple[str, object], ...], Format] = {}

    def format(self, **given: object) -> Format:
        """Give the format with these properties, one for each use of them."""
        which = tuple(sorted(given.items()))
        if which not in self._formats:
            self._formats[which] = self.workbook.add_format({"valign": "top", **given})
        return self._formats[which]

    def sheet(self, title: str, head: Sequence[str], widths: Sequence[int]) -> Worksheet:
        """Begin a sheet whose first row stays in sight, with a filter upon it."""
        sheet = self.workbook.add_worksheet(_titled(title))
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for column, (name, width) in enumerate(zip(head, widths, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, name, self.format(bold=True, bottom=1, text_wrap=True))
        return sheet

    def text(self, sheet: Worksheet, row: int, column: int, text: str, href: str = "") -> None:
        """Write a text as a text, with an address behind it where there is one."""
        form = self.format(text_wrap=True, quote_prefix=text.startswith(_FORMULA))
        if href:
            sheet.write_url(row, column, href, self.format(font_color="#174a8b", underline=1), string=text)
        else:
            sheet.write_string(row, column, text, form)

    def number(self, sheet: Worksheet, row: int, column: int, value: float | None, measure: Measure) -> None:
        """Write a number as its measure is shown; a dash, as a text, for none."""
        form, by = _NUMBERS[measure]
        if value is None:
            sheet.write_string(row, column, "—", self.format(align="right"))
        else:
            sheet.write_number(row, column, value / by, self.format(num_format=form))

    def moment(self, sheet: Worksheet, row: int, column: int, at: Moment) -> None:
        """Write a moment in the desk's zone."""
        zone = ZoneInfo(str(self.tell.book.calendar.timezone))
        local = datetime.fromtimestamp(at, zone).replace(tzinfo=None)
        sheet.write_datetime(row, column, local, self.format(num_format="dd.mm.yyyy hh:mm", align="left"))


def workbook(digest: Digest, page: Page, tell: Tell) -> bytes:
    """Write a digest as a workbook: what to do today, tickets, figures, their definitions, and the data's quality."""
    file = io.BytesIO()
    book = _Book(file, tell)
    book.workbook.set_properties(
        {"title": page.title, "comments": page.period, "created": datetime.fromtimestamp(digest.report.as_of, UTC)}
    )
    shown = list(indicators(digest, tell))
    _today(book, page)
    _figures(book, shown)
    _tickets(book, digest.report)
    _definitions(book, shown, page)
    _quality(book, digest, page)
    book.workbook.close()
    return file.getvalue()


def _today(book: _Book, page: Page) -> None:
    words = page.words
    head = [words[word] for word in ("today", "ticket", "matter", "queue", "who_does", "do")]
    sheet = book.sheet(words["today"], head, (_WIDE, 14, 44, _WIDE, _WIDE, 44))
    row = 1
    for alarm in page.alarms:
        row = _written(book, sheet, row, [words["group_bot"], "", alarm])
    for block in page.blocks:
        for line in block.lines:
            cells = [block.title, line.key, line.what, line.queue, line.who, line.do]
            row = _written(book, sheet, row, cells, {1: line.href})
        if block.more or not block.lines:
            row = _written(book, sheet, row, [block.title, "", block.more or block.none])
    for waiting in () if page.waits is None else page.waits.rows:
        who, what, n, longest, do = waiting.cells
        row = _written(book, sheet, row, [words["group_waits"], longest, f"{what}: {n}", "", who, do])
    if row == 1:
        _written(book, sheet, row, [words["nothing"]])


def _figures(book: _Book, shown: Iterable[IndicatorRecord]) -> None:
    words = book.tell.words
    numbers = ("value", "numerator", "denominator", "p90", "previous", "change")
    head = [words["indicator"], words["group"], words["unit"], *(words[each] for each in numbers)]
    head += [words[each] for each in ("target", "verdict", "excluded", "beside")]
    sheet = book.sheet(words["figures"], head, (50, _WIDE, 14, *[_NARROW] * 6, 16, 14, 40, 40))
    row = 0
    for indicator in shown:
        measure = indicator.measure
        for figure in indicator.figures:
            row += 1
            book.text(sheet, row, 0, indicator.title)
            book.text(sheet, row, 1, figure.group_title)
            book.text(sheet, row, 2, words[f"unit_{measure}"])
            if figure.hidden:
                book.text(sheet, row, 3, words["hidden"])
                continue
            of = {"numerator": "count" if measure == "share" else measure, "denominator": "count"}
            for column, name in enumerate(numbers, 3):
                book.number(sheet, row, column, getattr(figure, name), of.get(name, measure))
            if figure.target is not None:
                sign = "≥" if figure.target.how == "at least" else "≤"
                book.text(sheet, row, 9, f"{sign} {book.tell.measured(figure.target.value, measure)}")
                met = figure.target.met
                book.text(sheet, row, 10, "" if met is None else words["target_met" if met else "target_missed"])
            book.text(sheet, row, 11, _counted(figure.excluded, book.tell))
            book.text(sheet, row, 12, _counted(figure.marks, book.tell))
    sheet.autofilter(0, 0, max(row, 1), len(head) - 1)


def _counted(counts: Mapping[str, int], tell: Tell) -> str:
    return "; ".join(f"{tell.reason(word)} {tell.n(n)}" for word, n in counts.items())


def _tickets(book: _Book, report: Report) -> None:
    """All tickets of all sections, one row of each: what is due and when, and what must be done, in order."""
    tell, words = book.tell, book.tell.words
    head = [
        words[word] for word in ("section", "ticket", "queue", "state", "at", "hours", "policy", "missing", "who")
    ]
    sheet = book.sheet(words["tickets"], head, (_WIDE, 14, _WIDE, _WIDE, 18, _NARROW, _WIDE, 36, _WIDE))
    row = 0
    for owed in report.statutory:
        row += 1
        state = tell.name("state", owed.state) if owed.state else ""
        hours = owed.distance.seconds / 3600
        cells = [words["statutory"], owed.key, tell.name("queue", owed.queue), state]
        _written(book, sheet, row, cells, {1: tell.href(owed.key)})
        book.moment(sheet, row, 4, owed.due_at - 1)
        sheet.write_number(row, 5, -hours if owed.over else hours, book.format(num_format="#,##0.0"))
        _written(book, sheet, row, [owed.basis, "", words[f"role_{owed.act}"]], first=6)
    for name, rows in report.sections.items():
        for each in rows:
            row += 1
            cells = [words[name], each.key, tell.name("queue", each.queue), tell.name("state", each.state)]
            _written(book, sheet, row, cells, {1: tell.href(each.key)})
            book.moment(sheet, row, 4, each.at)
            if each.amount is not None:
                sheet.write_number(row, 5, each.amount.seconds / 3600, book.format(num_format="#,##0.0"))
            cells = [tell.name("policy", each.policy), tell.titles(each.missing), words[f"role_{each.act}"]]
            _written(book, sheet, row, cells, first=6)
    sheet.autofilter(0, 0, max(row, 1), len(head) - 1)
    if any(n != 0 for n in report.unlisted.values()):
        _written(book, sheet, row + 2, [words["not_listed_all"]])


def _definitions(book: _Book, shown: Iterable[IndicatorRecord], page: Page) -> None:
    words = page.words
    head = [words[each] for each in ("indicator", "definition", "source", "definition_version")]
    sheet = book.sheet(words["definitions"], head, (50, 100, 18, 14))
    for row, each in enumerate(shown, 1):
        _written(book, sheet, row, [each.title, each.definition, each.source])
        sheet.write_number(row, 3, each.definition_version, book.format())


def _quality(book: _Book, digest: Digest, page: Page) -> None:
    words, report = page.words, digest.report
    sheet = book.sheet(words["quality"], ["", ""], (_TEXT, _TEXT))
    row = 1
    for label, at in ((words["as_of"], report.as_of), (words["kept_at"], figures_as_of(report))):
        book.text(sheet, row, 0, label)
        book.moment(sheet, row, 1, at)
        row += 1
    told = [(words["period"], page.period), (words["rulebook"], page.version), *page.quality]
    told += [] if page.laid_aside is None else [(r.cells[0], r.cells[1]) for r in page.laid_aside.rows]
    told += [(words["findings"], finding) for finding in page.findings]
    for label, value in told:
        row = _written(book, sheet, row, [label, value])


def _written(
    book: _Book,
    sheet: Worksheet,
    row: int,
    cells: Sequence[str],
    hrefs: Mapping[int, str] = MappingProxyType({}),
    first: int = 0,
) -> int:
    """Write a row of texts, from this column on; returns the number of the next."""
    for column, cell in enumerate(cells, first):
        if cell:
            book.text(sheet, row, column, cell, hrefs.get(column, ""))
    return row + 1


def _titled(title: str) -> str:
    """A sheet's title as spreadsheets take it: 31 letters, none of a kind that means something in addresses."""
    return re.sub(r"[\[\]:*?/\\\\]", " ", title)[:31].strip("' ")
