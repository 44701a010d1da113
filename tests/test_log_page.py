"""docs/log.md tells of every event that the code logs, with its level and fields, and of nothing else."""

from __future__ import annotations

import ast
import json
import logging
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog
from made_parts import hold

from bot import logs

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "log.md"
WORDS = ROOT / "tests" / "log_words.toml"
LEVELS = ("debug", "info", "warning", "error", "critical", "exception")
OF_EVERY_LINE = {"timestamp", "level", "event", "logger"}


class Logged(NamedTuple):
    """A call that logs, as it is written."""

    event: str
    level: str
    fields: tuple[str, ...]
    place: str


def calls(source: str, place: str) -> Iterator[Logged]:
    """The calls that log in a file. What has no fixed name or fields fails here."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(value=logger, attr=level)) if level in LEVELS and is_log(logger):
                where = f"{place}:{node.lineno}"
                match node.args:
                    case [ast.Constant(value=str(event))]:
                        pass
                    case _:
                        raise AssertionError(f"{where}: an event is a text that is written there")
                assert level not in ("critical", "exception"), f"{where}: a traceback may quote a ticket"
                fields = tuple(keyword.arg or "**" for keyword in node.keywords)
                assert "**" not in fields, f"{where}: fields are written out"
                yield Logged(event, level, fields, where)


def is_log(node: ast.expr) -> bool:
    """Whether an expression is the bot's log."""
    match node:
        case ast.Name(id="log" | "_log"):
            return True
        case ast.Call(func=ast.Attribute(value=ast.Name(id="structlog"), attr="get_logger")):
            return True
    return False


def other_logs(source: str) -> Iterator[int]:
    """The lines on which the log gets a name by which it would not be found here."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Assign(targets=[ast.Name(id="log" | "_log")]):
                continue
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = zip(names, values, strict=False)
                for name, value in pairs:
                    if is_log(value) and not is_log(name):
                        yield node.lineno
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if value is not None and is_log(value):
                yield node.lineno


@cache
def logged() -> tuple[Logged, ...]:
    found = []
    for file in sorted((ROOT / "bot").rglob("*.py")):
        source = file.read_text("utf-8")
        if "log" in source:
            found += calls(source, str(file.relative_to(ROOT)))
            assert list(other_logs(source)) == [], file
    return tuple(found)


@cache
def words() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(WORDS.read_text("utf-8"))


def parts() -> dict[str, dict[str, dict[str, str]]]:
    return {part: events for part, events in words().items() if part != "fields"}  # type: ignore[misc]


def test_every_event_is_told_of_and_none_that_is_no_more() -> None:
    told = [event for events in parts().values() for event in events]
    assert len(told) == len(set(told))
    assert sorted({each.event for each in logged()} ^ set(told)) == []


def test_an_event_has_one_level_and_one_set_of_fields_wherever_it_is_logged() -> None:
    first: dict[str, Logged] = {}
    for each in logged():
        known = first.setdefault(each.event, each)
        assert (set(each.fields), each.level) == (set(known.fields), known.level), f"{known.place}, {each.place}"


def test_every_field_is_told_of_and_none_that_is_no_more() -> None:
    used = {field for each in logged() for field in each.fields}
    assert used & OF_EVERY_LINE == set()
    assert sorted(used ^ set(words()["fields"])) == []


def test_an_error_says_what_to_do() -> None:
    level = {each.event: each.level for each in logged()}
    entries = {event: entry for events in parts().values() for event, entry in events.items()}
    assert all(set(entry) <= {"means", "do"} and entry["means"] for entry in entries.values())
    assert [event for event, entry in entries.items() if level[event] == "error" and not entry.get("do")] == []


def fields_table() -> str:
    rows = ["| field | |", "|---|---|"]
    rows += [f"| `{field}` | {told} |" for field, told in sorted(words()["fields"].items())]
    return "\n".join(rows)


def events_tables() -> str:
    found = {each.event: each for each in logged()}
    tables = []
    for part, events in parts().items():
        rows = ["| event | level | fields | what it means | what to do |", "|---|---|---|---|---|"]
        for event, entry in events.items():
            each = found[event]
            fields = ", ".join(f"`{field}`" for field in each.fields) or "–"
            rows.append(f"| `{event}` | {each.level} | {fields} | {entry['means']} | {entry.get('do') or '–'} |")
        tables.append("\n".join([f"## {part}", "", *rows]))
    return "\n\n".join(tables)


@pytest.mark.parametrize("name", ["fields", "events"])
def test_the_page_is_what_they_tell(name: str) -> None:
    hold(PAGE, name, {"fields": fields_table, "events": events_tables}[name]())


WRONG = [
    ("log.info(text)", "an event is a text"),
    ('log.info(f"said {n}")', "an event is a text"),
    ('log.info("said", **fields)', "fields are written out"),
    ('structlog.get_logger().exception("said")', "a traceback"),
]


@pytest.mark.parametrize(("source", "wrong"), WRONG)
def test_what_is_no_fixed_event_is_found(source: str, wrong: str) -> None:
    with pytest.raises(AssertionError, match=wrong):
        list(calls(source, "here"))


def test_a_log_by_another_name_is_found() -> None:
    assert list(other_logs("import structlog\nmine = structlog.get_logger()\nlog = structlog.get_logger()")) == [2]


@pytest.mark.usefixtures("fresh_logs")
def test_a_line_as_json_is_as_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []
    logs.configure("info", "json", heard.append)
    structlog.get_logger().info("said", ticket="KKA-1", rules=["no-movement"], reason=None)
    structlog.get_logger().debug("request")
    logging.getLogger("urllib3.connection").warning("of its own")
    own, library = map(json.loads, capsys.readouterr().err.splitlines())
    assert own == {"ticket": "KKA-1", "rules": ["no-movement"], "event": "said", "level": "info"} | {
        "timestamp": own["timestamp"]
    }
    assert library.keys() == OF_EVERY_LINE
    assert (library["logger"], library["event"]) == ("urllib3.connection", "of its own")
    assert heard == ["info", "warning"]
