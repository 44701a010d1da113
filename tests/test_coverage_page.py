"""docs/coverage.md claims only what is there: rules, tests, and tickets of the demo on which those rules speak."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.main import get_command

from bot.cli import app
from bot.core.commands import ORDERS
from bot.core.entries import Entries
from bot.core.kpi.registry import INDICATORS
from bot.core.letter_kinds import LETTERS
from bot.shipped import rules_folder
from bot.start import read_desk

ROOT = Path(__file__).parents[1]
DESKS = ("keskkonnaamet", "viimsi", "smit")
SPEAKING = ("routes", "completeness", "ladders", "incidents")
NAMES = ("name", "route")
SILENT = ("policies", "deadlines", "excludes")


class Row(NamedTuple):
    """A row of the page: its mark, and what it names as rule, as test and in the demo."""

    mark: str
    rule: str
    test: str
    demo: str

    @property
    def is_core(self) -> bool:
        return self.mark.startswith("C")

    @property
    def is_of_figures(self) -> bool:
        return self.rule.startswith("*Figures.*")


def rows() -> list[Row]:
    lines = (ROOT / "docs" / "coverage.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| [CA]\d", line)]
    assert all(len(each) == 6 for each in cells)
    return [Row(each[0], *each[3:]) for each in cells]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def by_desk(text: str) -> Iterator[tuple[str, str]]:
    """The parts of a cell, from one desk's name with a colon to the next one's; without a desk before the first."""
    parts = re.split(rf"\b({'|'.join(DESKS)}): ", text)
    yield "", parts[0]
    yield from zip(parts[1::2], parts[2::2], strict=True)


@cache
def entries_of(desk: str) -> Entries:
    return read_desk(rules_folder() / desk, "demo").book.entries


@cache
def rules_of(desk: str, sections: tuple[str, ...] = (*SPEAKING, *SILENT)) -> frozenset[str]:
    """The names of a desk's rules in these sections, each as its kind calls it."""
    rules = [rule for section in sections for rule in getattr(entries_of(desk), section)]
    return frozenset(str(getattr(rule, word)) for rule in rules for word in NAMES if hasattr(rule, word))


@cache
def language() -> frozenset[str]:
    """The words of the rule language: keys and values of its schema."""
    found: set[str] = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            found.update(node.get("properties", {}), map(str, node.get("enum", ())), [str(node.get("const"))])
            for each in node.values():
                walk(each)
        elif isinstance(node, list):
            for each in node:
                walk(each)

    walk(json.loads((rules_folder() / "rulebook.schema.json").read_text("utf-8")))
    return frozenset(found)


@cache
def words() -> frozenset[str]:
    commands = {f"piletibot {name}" for name in get_command(app).commands}  # type: ignore[attr-defined]
    return language() | INDICATORS.keys() | LETTERS.keys() | ORDERS.keys() | commands


@cache
def files(named: str) -> list[Path]:
    path = named.partition("::")[0]
    return sorted(ROOT.glob(path))


@cache
def weeks_of(desk: str) -> str:
    return (ROOT / "tests" / "golden" / "demos" / f"{desk}.txt").read_text("utf-8")


def spoken_on(desk: str, ticket: str) -> str:
    """The lines of what the bot says on a ticket in the demo's weeks."""
    return "\n".join(line for line in weeks_of(desk).splitlines() if re.search(rf"\b{ticket}  bot ", line))


def test_the_page_has_every_clause_of_the_core() -> None:
    marks = [row.mark for row in rows() if row.is_core]
    assert marks == [*(f"C{n}" for n in range(1, 24)), "C24–C29", "C30", "C31", "C32"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.mark)
def test_every_name_of_a_row_is_there(row: Row) -> None:
    for desk, part in by_desk(row.rule):
        rules = rules_of(desk) if desk else frozenset().union(*map(rules_of, DESKS))
        unknown = [name for name in quoted(part) if "/" not in name and name not in rules | words()]
        assert unknown == [], f"{desk or 'no desk'} has no such rule, and the rule language no such word"
    named = [name for name in (*quoted(row.rule), *quoted(row.test)) if "/" in name]
    assert [name for name in named if not files(name)] == []
    assert all("/" in name for name in quoted(row.test)), "tests are named by their files"
    for name in (name for name in named if "::" in name):
        [path] = files(name)
        assert f"def {name.partition('::')[2]}(" in path.read_text("utf-8"), name


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.mark)
def test_a_row_names_a_rule_a_test_and_where_it_is_seen_or_whose_it_is(row: Row) -> None:
    assert row.rule not in ("", "–")
    assert quoted(row.test)
    assert row.demo
    if row.is_core and not row.is_of_figures:
        assert quoted(row.rule)
        assert re.search(r"\b[A-Z]\d\d\b", row.demo), "a place in the demo"


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.mark)
def test_each_rule_of_a_row_is_in_one_of_its_tests(row: Row) -> None:
    paths = [path for name in quoted(row.test) for path in files(name) if path.is_file()]
    for desk, part in by_desk(row.rule):
        rules = frozenset().union(*(rules_of(each, SPEAKING) for each in DESKS if desk in ("", each)))
        other = {f"rules/{each}/" for each in DESKS if desk and each != desk}
        text = "\n".join(
            path.read_text("utf-8") for path in paths if not any(each in path.as_posix() for each in other)
        )
        told = [name for name in quoted(part) if name in rules]
        assert [name for name in told if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)] == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.mark)
def test_each_ticket_of_a_row_is_spoken_on_by_a_rule_of_it(row: Row) -> None:
    for desk, part in by_desk(row.demo):
        tickets, letters = re.findall(r"\b[A-Z]\d\d\b", part), quoted(part)
        assert desk or not (tickets or letters), "tickets and letters are those of a desk"
        if not desk:
            continue
        lines = (rules_folder() / desk / "demo" / "tickets.jsonl").read_text("utf-8").splitlines()
        known = {json.loads(line)["id"] for line in lines}
        assert [ticket for ticket in tickets if ticket not in known] == []
        assert [kind for kind in letters if f"× {kind} " not in weeks_of(desk)] == []
        if "recorded" not in part and not letters:
            named = [name for name in quoted(row.rule) if name in rules_of(desk)]
            silent = [t for t in tickets if not any(f" {name} (" in spoken_on(desk, t) for name in named)]
            assert silent == []
