"""A digest as plain text: in lines of 76 columns at most, tables aligned where they fit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Protocol

from bot.report.page import Page
from bot.report.page_today import Block
from bot.report.tell import Table

WIDTH = 76
_GAP = "  "


class Pictured(Protocol):
    """A picture, of which a text can only tell."""

    @property
    def title(self) -> str:
        """Its title."""

    @property
    def alt(self) -> str:
        """What it shows, in numbers."""


def plain(page: Page, pictures: Sequence[Pictured] = (), notes: Sequence[str] = ()) -> str:
    """Write the whole digest."""
    return "\n".join(line.rstrip() for line in _lines(page, pictures, notes)) + "\n"


def _lines(page: Page, pictures: Sequence[Pictured], notes: Sequence[str]) -> Iterator[str]:
    words = page.words
    yield from _title(page.title, "=")
    yield from _wrapped(f"{words['as_of']}: {page.as_of}")
    yield from _wrapped(f"{words['period']}: {page.period}")
    if page.scope:
        yield from _wrapped(f"{words['scope']}: {page.scope}")
    for note in notes:
        yield ""
        yield from _wrapped(note)
    yield from _today(page)
    yield from _title(words["figures"])
    for picture in pictures:
        yield from _wrapped(f"{picture.title}. {picture.alt}")
        yield ""
    for table in (page.counts, *(each for each in page.figures if each.word in ("figures", "sample"))):
        yield from _table(table)
    if page.tables:
        yield from _title(words["detail"])
    for table in page.tables:
        yield from _table(table)
    yield from _quality(page)
    yield ""
    yield "-" * WIDTH
    yield from _wrapped(words["signature"])
    yield from _wrapped(f"{words['rulebook']}: {page.version}")


def _today(page: Page) -> Iterator[str]:
    words = page.words
    if page.is_quiet:
        yield from _title(words["nothing"])
        return
    yield from _title(words["today"])
    width = max(len(n) for _, _, n in page.glance)
    for _, title, n in page.glance:
        yield f"{n:>{width}}  {title}"
    if page.alarms:
        yield ""
        yield f"{words['group_bot']}:"
        for alarm in page.alarms:
            yield from _wrapped(alarm, "- ", "  ")
    for block in page.blocks:
        yield from _block(block)
    yield ""
    yield words["group_waits"]
    for row in () if page.waits is None else page.waits.rows:
        who, what, n, longest, do = row.cells
        yield from _wrapped(f"{n}  {who}: {what}", "  ", " " * 6)
        yield from _wrapped(f"→ {do} ({words['longest']}: {longest})", " " * 6, " " * 8)
    if page.waits is None:
        yield from _wrapped(words["none_waits"], "  ")
    if page.load:
        yield ""
        yield f"{words['workload']}:"
    for each in page.load:
        yield from _wrapped(each, "- ", "  ")


def _block(block: Block) -> Iterator[str]:
    yield ""
    yield f"{block.title} ({block.n})"
    for line in block.lines:
        yield from _wrapped(f"{line.key}  {line.what}", "  ", " " * 6)
        yield from _wrapped(f"{line.queue} → {line.who}: {line.do}", " " * 6, " " * 8)
        if line.href:
            yield f"      {line.href}"
    if block.more:
        yield from _wrapped(block.more, "  ")
    elif not block.lines:
        yield from _wrapped(block.none, "  ")


def _quality(page: Page) -> Iterator[str]:
    words = page.words
    yield from _title(words["quality"])
    for label, value in page.quality:
        yield from _wrapped(f"{label}: {value}")
    if not page.quality:
        yield from _wrapped(words["none"])
    if page.laid_aside is not None:
        yield from _table(page.laid_aside)
    for finding in page.findings:
        yield from _wrapped(finding, "- ", "  ")
    if page.definitions:
        yield ""
        yield f"{words['definitions']}:"
    for each in page.definitions:
        yield ""
        yield from _wrapped(each.title)
        yield from _wrapped(each.text, "  ")
        for note in each.notes:
            yield from _wrapped(note, "  - ", "    ")


def _title(title: str, rule: str = "-") -> Iterator[str]:
    yield ""
    yield from _wrapped(title)
    yield rule * min(len(title), WIDTH)


def _wrapped(text: str, first: str = "", rest: str | None = None) -> list[str]:
    indent = first if rest is None else rest
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False) or [""]


def _table(table: Table) -> Iterator[str]:
    yield ""
    yield from _wrapped(f"{table.title} ({table.n})" if table.n else table.title)
    columns = [[table.head[i], *(row.cells[i] for row in table.rows)] for i in range(len(table.head))]
    widths = [max(map(len, column)) for column in columns]
    if sum(widths) + len(_GAP) * (len(widths) - 1) <= WIDTH - 2:
        for n, cells in enumerate(zip(*columns, strict=True)):
            yield "  " + _GAP.join(
                cell.rjust(width) if i in table.numeric else cell.ljust(width)
                for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
            )
            if n == 0:
                yield "  " + "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
    else:
        for row in table.rows:
            yield from _wrapped(row.cells[0], "  ", "    ")
            said = [f"{head}: {cell}" for head, cell in zip(table.head[1:], row.cells[1:], strict=True) if cell]
            yield from _wrapped("; ".join(said), "      ", "      ")
    if table.note:
        yield from _wrapped(table.note, "  ")
