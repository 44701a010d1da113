"""What the house rules promise of every file, so that nobody has to remember it."""

from __future__ import annotations

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "bot").rglob("*.py"))
CORE = [file for file in FILES if file.is_relative_to(ROOT / "bot" / "core")]
OUTSIDE_JIRA = [
    file
    for file in FILES
    if not file.is_relative_to(ROOT / "bot" / "jira") and not file.is_relative_to(ROOT / "bot" / "sandbox")
]

CORE_MAY_IMPORT = {"msgspec", "pydantic", "re2", "stdnum"}
CORE_MAY_NOT_ASK = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "localtime", "gmtime", "sleep"},
}
DOES_IO = {
    "socket",
    "http",
    "urllib",
    "subprocess",
    "os",
    "shutil",
    "random",
    "secrets",
    "threading",
    "asyncio",
    "time",
}
JIRA_WORD = re.compile(r"(?<![a-z])issues?(?![a-z])", re.IGNORECASE)
FORBIDDEN_NAME = re.compile(r"(Manager|Helper|Base|Utils?|Service)$")


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@cache
def nodes(file: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(file.read_text("utf-8"))))


def imported(file: Path) -> Iterator[str]:
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(file)}: relative import"
            yield node.module or ""


@pytest.mark.parametrize("file", CORE, ids=name_of)
def test_the_core_imports_nothing_that_acts(file: Path) -> None:
    strange = {
        module
        for module in imported(file)
        if module.partition(".")[0] not in CORE_MAY_IMPORT | sys.stdlib_module_names
        and not (module == "bot.core" or module.startswith("bot.core."))
    }
    acting = {module for module in imported(file) if module.partition(".")[0] in DOES_IO}
    assert strange | acting == set()


@pytest.mark.parametrize("file", CORE, ids=name_of)
def test_the_core_never_asks_the_time_and_opens_nothing(file: Path) -> None:
    asked = []
    for node in nodes(file):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=asks)):
                if asks in CORE_MAY_NOT_ASK.get(owner, ()):
                    asked.append(f"line {node.lineno}: {owner}.{asks}")
            case ast.Call(func=ast.Name(id="open" | "print" | "input" as asks)):
                asked.append(f"line {node.lineno}: {asks}")
    assert asked == []


@pytest.mark.parametrize("file", OUTSIDE_JIRA, ids=name_of)
def test_a_ticket_is_an_issue_only_where_jira_is_known(file: Path) -> None:
    """Names and texts say ticket; only a file that Jira itself wrote is said to hold Jira issues."""
    said = []
    with tokenize.open(file) as source:
        for token in tokenize.generate_tokens(source.readline):
            if JIRA_WORD.search(token.string.replace("Jira issues", "")):
                said.append(f"line {token.start[0]}: {token.string[:60]}")
    assert said == []


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_no_class_is_named_for_nothing(file: Path) -> None:
    named = [node.name for node in nodes(file) if isinstance(node, ast.ClassDef)]
    assert [name for name in named if FORBIDDEN_NAME.search(name)] == []


def test_the_parts_do_not_know_those_above_them() -> None:
    """Jira and the store know the engine's seam, not its cycle; nothing below the commands knows a command."""
    above = {
        "jira": {"bot.commands", "bot.web", "bot.store", "bot.sandbox", "bot.report", "bot.start", "bot.settings"},
        "store": {"bot.commands", "bot.web", "bot.jira", "bot.sandbox", "bot.report", "bot.start", "bot.settings"},
        "engine": {"bot.commands", "bot.web", "bot.jira", "bot.sandbox", "bot.report", "bot.start", "bot.settings"},
        "web": {"bot.commands", "bot.jira", "bot.sandbox", "bot.start"},
        "sandbox": {"bot.commands", "bot.jira", "bot.store", "bot.engine", "bot.start", "bot.settings"},
    }
    known = [
        f"{name_of(file)} imports {module}"
        for part, forbidden in above.items()
        for file in FILES
        if file.is_relative_to(ROOT / "bot" / part)
        for module in imported(file)
        if any(module == name or module.startswith(f"{name}.") for name in forbidden)
    ]
    assert known == []
