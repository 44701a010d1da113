"""The figures of a digest as CSV for spreadsheets: one row for each figure and group."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from bot.report.digest import Digest
from bot.report.records import FigureRecord, IndicatorRecord, figures_as_of, indicators, written_at
from bot.report.tell import Tell

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What spreadsheets take for the beginning of a formula."""

_COMMA = ("et", "ru")
"""The languages whose spreadsheets read a decimal comma."""

HEAD = (
    *("desk", "period", "first", "last", "indicator", "title", "group", "group_title", "unit", "value"),
    *("numerator", "denominator", "p90", "hidden", "excluded", "marks", "previous", "change", "redefined"),
    *("target_how", "target", "target_met", "definition_version", "figures_as_of", "figures_rulebook"),
)
"""The columns, by permanent words in every language."""


def rows(digest: Digest, tell: Tell) -> bytes:
    """Write the figures: UTF-8 with its mark, semicolons, and decimal commas where the language has them."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEAD)
    report = digest.report
    about = {
        "desk": report.desk,
        "period": report.period.kind,
        "first": report.period.first.isoformat(),
        "last": report.period.last.isoformat(),
        "figures_as_of": written_at(figures_as_of(report)),
        "figures_rulebook": report.kept_version or report.version,
    }
    for indicator in indicators(digest, tell):
        for figure in indicator.figures:
            row = {**about, **dict(_cells(indicator, figure))}
            writer.writerow([_cell(row[column], tell.language) for column in HEAD])
    return file.getvalue().encode("utf-8-sig")


def _cells(indicator: IndicatorRecord, figure: FigureRecord) -> Iterator[tuple[str, object]]:
    for name in ("indicator", "title", "unit", "definition_version"):
        yield name, getattr(indicator, name)
    for name in ("group", "group_title", "value", "numerator", "denominator", "p90", "hidden", "previous", "change"):
        yield name, getattr(figure, name)
    yield "redefined", figure.redefined
    yield "excluded", _counted(figure.excluded)
    yield "marks", _counted(figure.marks)
    target = figure.target
    yield "target_how", None if target is None else target.how
    yield "target", None if target is None else target.value
    yield "target_met", None if target is None else target.met


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{word}: {n}" for word, n in counts.items())


def _cell(value: object, language: str) -> str:
    """A value as a spreadsheet reads it; a text that would be a formula is made a text by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float)):
        written = f"{value:.6f}".rstrip("0").rstrip(".")
        return written.replace(".", ",") if language in _COMMA else written
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
