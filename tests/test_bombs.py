"""Small files that would be large, deep or endless to read: each is refused with a clear error, within a second."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from hand_counted import rules
from test_closed_days import START, calendar, event

from bot import tables
from bot.closed_days import LARGEST_FILE as LARGEST_CALENDAR
from bot.closed_days import MOST_EVENTS, UnreadableError, closed_days
from bot.core import patterns
from bot.core.kpi.period import period_of
from bot.imports import Sources, read_imports
from bot.jira.export import look_through
from bot.jsonlines import LONGEST_LINE
from bot.rulefiles import LARGEST_FILE as LARGEST_RULES
from bot.rulefiles import MOST_FILES, RulebookError, load_rulebook, read_file
from bot.settings import Misconfigured, load_settings
from bot.texts import DEEPEST, MessagesError, load_messages
from bot.texts import LARGEST_FILE as LARGEST_MESSAGE

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join(f'*{a}' for _ in range(9))}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@contextmanager
def within_a_second() -> Iterator[None]:
    """The second is the processor's, which a machine that is busy otherwise does not stretch."""
    began = time.process_time()
    yield
    assert time.process_time() - began < 1


def yaml(tmp_path: Path, content: str) -> list[str]:
    (file := tmp_path / "rules.yaml").write_text(content)
    return [str(problem) for problem in read_file(file)[1]]


def message(tmp_path: Path, content: str) -> list[str]:
    (tmp_path / "et").mkdir()
    (tmp_path / "et" / "said.md").write_text(content)
    try:
        load_messages([tmp_path])
    except MessagesError as error:
        return list(error.errors)
    return []


def config(tmp_path: Path, content: str) -> list[str]:
    (file := tmp_path / "config.toml").write_text(content)
    try:
        load_settings(file)
    except Misconfigured as error:
        return list(error.problems)
    return []


def closed(tmp_path: Path, content: str) -> list[str]:
    (file := tmp_path / "closed.ics").write_text(content)
    try:
        closed_days(file)
    except UnreadableError as error:
        return [str(error)]
    return []


def calls(tmp_path: Path, content: str) -> list[str]:
    columns = {"id": "Kõne", "at": "Algus", "line": "Liin", "wait": "Ooteaeg", "answered": "Vastatud"}
    book = rules(calls={"file": "calls.csv", "columns": columns, "lines": {"1247": 30}})
    (tmp_path / "calls.csv").write_text(content)
    return list(read_imports(book, Sources(tmp_path), period_of("week", date(2026, 11, 18), book.calendar)).findings)


def pattern(_: Path, content: str) -> list[str]:
    return list(filter(None, [patterns.wrong(content)]))


HEADER = "Kõne;Algus;Liin;Ooteaeg;Vastatud\n"
IFS = "{% if to is defined %}"
BOMBS: list[tuple[str, Callable[[Path, str], list[str]], str, str]] = [
    ("aliases of aliases", yaml, LAUGHS, "the anchor '&a' is not read"),
    ("lists in lists", yaml, "a: " + "[" * 5000 + "]" * 5000, "nested deeper than 40 levels"),
    ("many values", yaml, "a: [" + "1," * 30_000 + "1]", "more than 20000 values"),
    ("a large file of rules", yaml, "a: " + "x" * LARGEST_RULES, "larger than 1 MB"),
    ("a large file of rule tests", yaml, "- it: " + "x" * LARGEST_RULES, "larger than 1 MB"),
    ("tables in tables", config, "a = " + "[" * 5000 + "]" * 5000, "nested too deeply"),
    ("conditions in conditions", message, IFS * 200 + "x" + "{% endif %}" * 200, f"deeper than {DEEPEST} levels"),
    ("conditions without end", message, IFS * 1500 + "x" + "{% endif %}" * 1500, "deep"),
    ("a loop", message, "{% for i in range(999999999) %}x{% endfor %}", "write only {{ value }}"),
    ("a power", message, "{{ 9 ** 9 ** 9 }}", "write only {{ value }}"),
    ("a long text made of a short one", message, "{{ to * 999999999 }}", "write only {{ value }}"),
    ("a way out of the sandbox", message, "{{ to.__class__.__mro__ }}", "write only {{ value }}"),
    ("a large message", message, "x" * (LARGEST_MESSAGE + 1), "no larger than 64 kB"),
    ("many events", closed, calendar(*([event(START)] * (MOST_EVENTS + 1))), f"more than {MOST_EVENTS} events"),
    ("a large calendar", closed, calendar(event(f"X-A:{'x' * LARGEST_CALENDAR}")), "larger than 256 kB"),
    ("a repetition for ever", closed, calendar(event(START, "RRULE:FREQ=SECONDLY")), "cannot be followed"),
    ("a long cell", calls, HEADER + "x" * 200_000, "no row of a table"),
    ("a quote without end", calls, HEADER + '"' + "x\n" * 200_000, "no row of a table"),
    ("a pattern of many steps", pattern, "(((a{1,30}){1,30}){1,30})b", "RE2 cannot read it"),
    ("a pattern of all letters", pattern, r"(\pL{1,100}){1,9}", "too large"),
]


@pytest.mark.parametrize(("read", "content", "said"), [row[1:] for row in BOMBS], ids=[row[0] for row in BOMBS])
def test_a_bomb_is_refused(tmp_path: Path, read: Callable[[Path, str], list[str]], content: str, said: str) -> None:
    with within_a_second():
        found = read(tmp_path, content)
    assert any(said in each for each in found), [each[:300] for each in found[:5]]
    assert all(len(each) < 600 for each in found)


@pytest.mark.parametrize(
    ("files", "content", "said"),
    [
        (MOST_FILES + 1, "a: 1", "more than 300 files of rules"),
        (11, "# " + "x" * 990_000, "larger than 10 MB together"),
    ],
)
def test_more_rules_than_anybody_wrote_are_not_read(tmp_path: Path, files: int, content: str, said: str) -> None:
    for number in range(files):
        (tmp_path / f"{number}.yaml").write_text(content)
    with within_a_second(), pytest.raises(RulebookError, match=said):
        load_rulebook(tmp_path, site="x")


def test_a_table_that_is_too_large_is_not_opened(tmp_path: Path) -> None:
    with (tmp_path / "calls.csv").open("wb") as file:
        file.truncate(tables.LARGEST_FILE + 1)  # a hole, which takes no room
    book = rules(calls={"file": "calls.csv", "columns": {"id": "Kõne"}, "lines": {"1247": 30}})
    with within_a_second():
        found = read_imports(book, Sources(tmp_path), period_of("week", date(2026, 11, 18), book.calendar))
    assert found.findings == ("calls.csv: the file is too large",)


def test_a_line_that_unpacks_to_more_than_a_ticket_can_be_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "export.jsonl.gz"
    with gzip.open(file, "wb", 1) as packed:
        for _ in range(LONGEST_LINE // 1_000_000 + 20):
            packed.write(b"0" * 1_000_000)
        packed.write(b'\n{"id": "1", "key": "KKA-1", "fields": {}}\n')
    assert file.stat().st_size < 1_000_000
    export = look_through(file)
    assert (export.count, export.unread) == (1, [(1, "it is longer than 64 MB")])
