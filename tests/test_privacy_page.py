"""The page on personal data lists each column that there is, once, and each kind with the days that it is kept."""

from __future__ import annotations

import re
from pathlib import Path

from bot.core.retention import SINCE, Retention
from bot.settings import Settings
from bot.store.tables import VERSION_TABLE, metadata

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "privacy.md").read_text("utf-8")
ESTONIAN = (ROOT / "docs" / "et" / "andmekaitse.md").read_text("utf-8")


def rows(page: str = PAGE) -> list[list[str]]:
    """The cells of all rows of the page's tables."""
    lines = [line for line in page.splitlines() if line.startswith("|") and not line.startswith("|-")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def columns() -> list[str]:
    """The rows that are about a column, by its name."""
    return [found[1] for row in rows() if (found := re.match(r"`(\w+\.\w+)`", row[0]))]


def test_each_column_stands_there_once_and_nothing_more() -> None:
    there = {f"{table.name}.{column.name}" for table in metadata.sorted_tables for column in table.columns}
    assert sorted(columns()) == sorted(there | {f"{VERSION_TABLE}.version_num"})


def test_each_column_says_what_why_and_how_long() -> None:
    for row in rows():
        if re.match(r"`\w+\.\w+`", row[0]):
            assert len(row) == 4, row[0]
            assert row[1], row[0]
            assert row[3], row[0]
            assert set(re.findall(r"`(\w+)`", row[3])) <= {*SINCE, "gone", "hidden"}, row[0]


def test_columns_with_people_in_json_are_marked() -> None:
    people = {"ledger.to", "ledger.left", "letters.to", "absences.person", "absences.deputies", "leavers.person"}
    marked = {row[0].strip("` †") for row in rows() if len(row) == 4 and "**P**" in row[1]}
    assert people | {"tickets.body", "linked.body", "archive.body", "notes.value"} <= marked


def test_each_kind_stands_there_with_its_days() -> None:
    kinds = {row[0].strip("`"): int(row[1]) for row in rows() if len(row) == 3 and row[1].isdigit()}
    assert kinds == {word: getattr(Retention(), f"{word}_days") for word in SINCE}
    assert set(Retention.model_fields) == {f"{word}_days" for word in SINCE}


def test_the_example_of_a_configuration_has_the_defaults() -> None:
    text = (ROOT / "config.example.toml").read_text("utf-8")
    written = dict(re.findall(r"^(\w+_days) = (\d+)", text, re.MULTILINE))
    assert {name: int(days) for name, days in written.items()} == Retention().model_dump()
    assert "retention" in Settings.model_fields


def test_the_estonian_page_says_the_same_days() -> None:
    kinds = {row[0].strip("`"): int(row[1]) for row in rows(ESTONIAN) if len(row) == 3 and row[1].isdigit()}
    assert kinds == Retention().model_dump()
