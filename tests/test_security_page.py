"""docs/security.md claims only what a test shows, and its tables are made from what they tell of."""

from __future__ import annotations

import ast
import importlib
import json
import re
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from fuzz.counted import table
from fuzz.readers import READERS
from made_parts import hold

from bot.cli import main

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "security.md"
MEASURED = ROOT / "tests" / "fuzz" / "measured.json"


class Limit(NamedTuple):
    """What is bounded, where its number stands, how it is written, and the test."""

    what: str
    place: str
    written: str
    test: str


_JIRA, _FILES = "tests/jira/test_bombs.py", "tests/test_bombs.py::test_a_bomb_is_refused"
LIMITS = (
    Limit("an answer of Jira, unpacked", "bot.jira.client:LARGEST_ANSWER", "{mb:.0f} MB",
          f"{_JIRA}::test_a_small_answer_that_unpacks_to_a_large_one_is_not_unpacked"),
    Limit("the time of an answer", "bot.jira.client:LONGEST_ANSWER_S", "{n:.0f} s",
          f"{_JIRA}::test_an_answer_that_drips_is_given_up"),
    Limit("a history that is fetched by itself", "bot.jira.fetch:MOST_ENTRIES", "{n:,} entries",
          f"{_JIRA}::test_a_history_without_end_is_one_tickets_trouble"),
    Limit("a ticket's comments", "bot.jira.fetch:MOST_COMMENTS", "{n:,}",
          f"{_JIRA}::test_comments_without_end_are_one_tickets_trouble"),
    Limit("a comment's first line, as a command", "bot.core.commands:LONGEST", "{n} characters",
          "tests/core/test_commands.py::test_a_line_is_for_the_bot_or_not"),
    Limit("a text in which patterns look", "bot.core.patterns:LONGEST_TEXT", "{n:,} characters",
          "tests/core/test_patterns.py::test_what_is_found"),
    Limit("a file of rules or of rule tests", "bot.rulefiles:LARGEST_FILE", "{mb:.0f} MB", _FILES),
    Limit("files of rules in a folder", "bot.rulefiles:MOST_FILES", "{n}",
          "tests/test_bombs.py::test_more_rules_than_anybody_wrote_are_not_read"),
    Limit("files of rules together", "bot.rulefiles:LARGEST_FOLDER", "{mb:.0f} MB",
          "tests/test_bombs.py::test_more_rules_than_anybody_wrote_are_not_read"),
    Limit("the depth of one", "bot.yaml_positions:_DEEPEST", "{n} levels", _FILES),
    Limit("the values of one", "bot.yaml_positions:_MOST_VALUES", "{n:,}", _FILES),
    Limit("a pattern", "bot.core.patterns:_LARGEST", "{n:,} instructions", _FILES),
    Limit("a message's file", "bot.texts:LARGEST_FILE", "{kb:.0f} kB", _FILES),
    Limit("conditions in each other there", "bot.texts:DEEPEST", "{n} levels", _FILES),
    Limit("a calendar file", "bot.closed_days:LARGEST_FILE", "{kb:.0f} kB", _FILES),
    Limit("its events", "bot.closed_days:MOST_EVENTS", "{n:,}", _FILES),
    Limit("following its repetitions", "bot.closed_days:LONGEST_S", "{n:.0f} s of the processor", _FILES),
    Limit("a table of absences or shifts", "bot.people_files:MOST_ROWS", "{n:,} rows",
          "tests/test_people_files.py::test_a_table_of_more_rows_than_anybody_fills_in_is_not_read_on"),
    Limit("a table of calls or ratings", "bot.tables:LARGEST_FILE", "{mb:.0f} MB",
          "tests/test_bombs.py::test_a_table_that_is_too_large_is_not_opened"),
    Limit("a line of an export, unpacked", "bot.jsonlines:LONGEST_LINE", "{mb:.0f} MB",
          "tests/test_bombs.py::test_a_line_that_unpacks_to_more_than_a_ticket_can_be_is_left_out"),
    Limit("a file of working-time cases", "bot.hours_cases:LARGEST_FILE", "{mb:.0f} MB",
          "tests/test_hours.py::test_a_file_of_cases_that_is_too_large_is_not_opened"),
    Limit("a request's head at the page", "bot.web.server:LARGEST_REQUEST", "{n:,} bytes",
          "tests/web/test_server.py::test_who_does_not_come_to_the_point_is_not_waited_for"),
    Limit("the time for a request to come", "bot.web.server:ASKED_WITHIN_S", "{n:.0f} s",
          "tests/web/test_server.py::test_who_does_not_come_to_the_point_is_not_waited_for"),
    Limit("connections to the page at once", "bot.web.server:MOST_AT_ONCE", "{n}",
          "tests/web/test_server.py::test_of_more_connections_than_there_may_be_the_further_one_is_sent_away"),
    Limit("wrong tokens from one address", "bot.web.sign_in:TRIES", "{n} in 5 minutes",
          "tests/web/test_sign_in.py::test_guesses_are_few"),
)  # fmt: skip


def limits() -> str:
    rows = ["| what | most | test |", "|---|--:|---|"]
    for limit in LIMITS:
        module, _, name = limit.place.partition(":")
        n = getattr(importlib.import_module(module), name)
        rows.append(f"| {limit.what} | {limit.written.format(n=n, mb=n / 1e6, kb=n / 1e3)} | `{limit.test}` |")
    return "\n".join(rows)


def fuzzing() -> str:
    """What one whole run counted, which `make fuzz` leaves in its folder and prints so."""
    return table(json.loads(MEASURED.read_text("utf-8")))


@pytest.mark.parametrize("name", ["limits", "fuzzing"])
def test_its_tables_are_what_they_tell_of(name: str) -> None:
    hold(PAGE, name, {"limits": limits, "fuzzing": fuzzing}[name]())


def test_a_million_inputs_were_counted() -> None:
    measured = json.loads(MEASURED.read_text("utf-8"))
    assert measured.keys() == {reader.name for reader in READERS}
    assert sum(run["inputs"] for run in measured.values() if run) >= 1_000_000


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_every_test_that_it_names_is_there() -> None:
    named = re.findall(r"`(tests/[^`]*?\.py)(?:::)?([^`]*)`", PAGE.read_text("utf-8"))
    assert len(named) > 50
    missing = [
        f"{file}::{test}" for file, test in named if not (ROOT / file).is_file() or test not in functions_of(file)
    ]
    assert missing == []


def test_every_exception_from_the_security_rules_has_its_reason() -> None:
    bare = [
        f"{file.relative_to(ROOT)}: {line.strip()}"
        for file in sorted((ROOT / "bot").rglob("*.py"))
        for line in file.read_text("utf-8").splitlines()
        if re.search(r"# noqa: S[0-9]+(, \w+)*\s*$", line)
    ]
    assert bare == []


def test_a_crash_leaves_no_memory_behind(fresh_logs: None) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    if hard == 0:
        pytest.skip("this machine allows no core dump anyway")
    with pytest.raises(SystemExit):
        main(["--version"])
    assert resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


@pytest.mark.soak
def test_the_bill_of_materials_tells_of_no_machine(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / ".ci" / "sbom", sys.executable, tmp_path / "sbom.json"]
    subprocess.run(command, check=True, capture_output=True)
    written = (tmp_path / "sbom.json").read_text("utf-8")
    assert json.loads(written)["specVersion"] == "1.6"
    assert str(ROOT) not in written
    assert str(Path(sys.prefix)) not in written
    assert not re.search(r"file:|https?://(?!cyclonedx\.org)", written)
