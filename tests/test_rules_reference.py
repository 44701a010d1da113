"""The reference of the rule language: its tables are those of the code, and its example is a rulebook that works."""

from __future__ import annotations

import io
import os
import re
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel, BeforeValidator
from rich.console import Console

from bot.core import entries as words
from bot.core import entries_report, written
from bot.core import entry as kinds
from bot.core.commands import ORDERS
from bot.core.commands import shown as written_out
from bot.core.completeness import FACTS
from bot.core.flaws import FAMILIES, FLAWS
from bot.core.formats import KINDS
from bot.core.kpi.registry import INDICATORS
from bot.core.letter_kinds import LETTERS
from bot.core.letters import SECTIONS
from bot.core.moments import MOMENTS, WHILES, moment_problem, while_problem
from bot.core.people import ROLES
from bot.core.ruletest_words import Case, Expectations, Happened
from bot.core.words import WORDS
from bot.report.digest import PARTS
from bot.ruletests import run
from bot.schema import meanings
from bot.shipped import rules_folder
from bot.start import read_desk
from bot.texts import VALUES, load_messages

REFERENCE = Path(__file__).resolve().parents[1] / "docs" / "rules.md"
TABLE = re.compile(r"(<!-- table: (\w+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)
SHIPPED = rules_folder()

TYPES: list[tuple[Any, str]] = [
    (kinds.Word, "name"),
    (kinds.Why, "text, or texts by language"),
    (kinds.Names, "texts by language"),
    (written.Length, "duration"),
    (written.Share, "share"),
    (written.Level, "share or number"),
    (written.Working, "duration"),
    (written.WorkingDays, "duration"),
    (written.CalendarDays, "duration"),
    (tuple[written.Ahead, ...], "list of durations"),
    (written.Elapsed, "duration"),
    (written.Span, "duration"),
    (written.DayLength, "duration"),
    (written.AtRisk, "share or duration"),
    (written.Conditions, "conditions"),
    (dict[kinds.Word, written.Conditions], "conditions by name"),
    (written.Date, "date"),
    (written.TimeOfDay, "time of day"),
    (written.Week, "texts by name or `24x7`"),
    (dict[str, str], "texts by name"),
    (dict[str, kinds.Names], "texts by language, by name"),
    (dict[str, written.Listed], "lists of texts by name"),
    (dict[written.CalendarDate, written.Week], "hours by date"),
    (tuple[str, ...], "list of texts"),
    (tuple[entries_report.Part, ...], "list of parts"),
    (tuple[entries_report.Way, ...], "list of `mail`, `folder`, `page`, `ticket`"),
    (tuple[entries_report.Format, ...], "list of `html`, `text`, `json`, `xlsx`, `csv`"),
    (tuple[entries_report.Role, ...], "list of roles"),
    (Expectations, "list of expectations"),
    (dict[written.WallTime, Expectations], "list of expectations by time"),
    (written.WallTime, "time"),
    (Happened, "`true`"),
    (bool, "`true` or `false`"),
    (int, "whole number"),
    (str, "text"),
    (date, "date"),
    (words.Day, "day"),
]
"""How a type is written in the tables; any other is made of these."""


def models(kind):
    """The models that a type is made of, itself first."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        yield kind
        for inner in get_type_hints(kind).values():
            yield from models(inner)
    for inner in get_args(kind):
        yield from models(inner)


MODELS = {model.__name__: model for model in (*models(words.Entries), *models(Case))}


def shown(kind):
    for known, name in TYPES:
        if kind == known:
            return name
    if kind in MODELS.values():
        return "mapping"
    inner = [arg for arg in get_args(kind) if arg is not type(None)]
    match get_origin(kind):
        case origin if origin in (Union, UnionType):
            return " or ".join(map(shown, inner))
        case origin if origin is Literal:
            return ", ".join(f"`{word}`" for word in inner)
        case origin if origin is tuple:
            return f"list of {shown(inner[0])}s"
        case origin if origin is dict:
            values = shown(inner[1])
            many = values.replace("list of", "lists of") if values.startswith("list of") else f"{values}s"
            return f"{many} by {'name' if inner[0] is str else shown(inner[0])}"
    listed = get_origin(inner[0]) is tuple and any(isinstance(one, BeforeValidator) for one in kind.__metadata__)
    return ("text or " if listed else "") + shown(inner[0])


def model_rows(model):
    yield "key", "type", "default", "meaning"
    kinds, means = get_type_hints(model, include_extras=True), meanings(model)
    for key, field in model.model_fields.items():
        default = "required" if field.is_required() else said(field.default)
        yield f"`{key}`", shown(kinds[key]), default, means[key]


def said(default):
    if default in (None, (), {}) or isinstance(default, BaseModel):
        return ""
    if isinstance(default, tuple):
        return ", ".join(map(said, default))
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def argument_rows(registry, problem):
    """Rows of words that something may follow, each with an example from the shipped rulebook."""
    entries = read_desk(SHIPPED / "keskkonnaamet", "test").book.entries
    allowed = problem("?", entries)[1]
    yield "word", "for example", "meaning"
    for word, entry in registry.items():
        example = next(one for one in allowed if one == word or one.startswith(word + " "))
        yield f"`{word}`" + (" …" if example != word else ""), f"`{example}`", entry.says


def condition_rows():
    yield "word", "meaning", "values", "needs under `fields`"
    for word, entry in WORDS.items():
        values = FORMS[entry.form].format(values=listed(entry.values), names=listed(getattr(entry, "names", ())))
        yield f"`{word}`", entry.says, values, f"`{entry.needs}`" if entry.needs else ""


FORMS = {
    "one of": "{values}",
    "number": "a number, a list of them, or `{{over: 1}}`, `{{under: 5}}`",
    "duration": "`{{over: 3wd}}`, `{{under: 15cd}}`",
    "by name": "{names}; each with {values}",
}


def listed(values):
    if values is None:
        return "any text"
    return "those of the rulebook" if callable(values) else ", ".join(map(said, values))


def role_rows():
    yield "role", "meaning"
    for word, entry in ROLES.items():
        yield f"`{word}`", entry.says


def fact_rows():
    yield "word", "is", "needs under `fields`"
    for word, entry in FACTS.items():
        yield f"`{word}`", entry.says, f"`{entry.needs}`" if entry.needs else ""


def part_rows():
    yield "part", "shows"
    for part, says in PARTS.items():
        yield f"`{part}`", says


def indicator_rows():
    yield "indicator", "title", "figure", "by", "definition"
    kinds = {"time": "median of working time", "days": "median of days", "spans": "time, each second once"}
    for name, each in INDICATORS.items():
        yield f"`{name}`", each.title["en"], kinds.get(each.measure, each.measure), each.by, each.definition["en"]


def letter_rows():
    yield "kind", "when", "what"
    for name, kind in LETTERS.items():
        yield f"`{name}`", "each working morning" if kind.morning else "whenever there is one", kind.says


def section_rows():
    yield "word", "Eesti", "English", "Русский"
    for word, names in SECTIONS.items():
        yield f"`{word}`", names["et"], names["en"], names["ru"]


def message_rows():
    messages = load_messages([SHIPPED / "common" / "messages"])
    yield "message", "languages", "cannot do without"
    for name in sorted(messages.names()):
        needed = ", ".join(f"`{value}`" for value in sorted(messages.required_values(name)))
        yield f"`{name}`", ", ".join(messages.languages(name)), needed


def finding_rows():
    yield "finding", "made when", "asked as"
    for word, flaw in FLAWS.items():
        yield f"`{word}`", flaw.says, flaw.asks["en"].format(tongue="the desk's language")
    for family, says in FAMILIES.items():
        yield f"`{family}`, `{family}:…`", says, ""


def kind_rows():
    yield "kind", "is"
    for word, kind in KINDS.items():
        yield f"`{word}`", kind.says


def order_rows():
    rows = [("command", "also understood", "its author may", "what it does")]
    for word, order in ORDERS.items():
        canonical = " · ".join(f"`{written_out(word, None, language)}`" for language in order.words)
        others = " · ".join(f"`{phrase}`" for phrases in order.words.values() for phrase in phrases[1:])
        may = ", ".join(order.permissions) + ("; coordinator" if order.of_coordinator else "")
        rows.append((canonical, others, may, order.says))
    return rows


TABLES = {name: lambda model=model: model_rows(model) for name, model in MODELS.items()} | {
    "WORDS": condition_rows,
    "MOMENTS": lambda: argument_rows(MOMENTS, moment_problem),
    "WHILES": lambda: argument_rows(WHILES, while_problem),
    "ROLES": role_rows,
    "ORDERS": order_rows,
    "FACTS": fact_rows,
    "FINDINGS": finding_rows,
    "KINDS": kind_rows,
    "PARTS": part_rows,
    "INDICATORS": indicator_rows,
    "LETTERS": letter_rows,
    "SECTIONS": section_rows,
    "MESSAGES": message_rows,
}


def table(rows):
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "".join("|" + "|".join(f" {cell.replace('|', chr(92) + '|')} " for cell in line) + "|\n" for line in lines)


def test_the_tables_are_those_of_the_code():
    text = REFERENCE.read_text("utf-8")
    made = TABLE.sub(lambda found: found[1] + table(TABLES[found[2]]()) + found[4], text)
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        REFERENCE.write_text(made, "utf-8")
    assert REFERENCE.read_text("utf-8") == made


def test_everything_has_its_table():
    assert sorted(found[2] for found in TABLE.finditer(REFERENCE.read_text("utf-8"))) == sorted(TABLES)


@pytest.mark.parametrize("name", MODELS)
def test_every_key_says_what_it_means(name):
    means = meanings(MODELS[name])
    assert [key for key in MODELS[name].model_fields if not means.get(key, "").endswith(".")] == []


def test_every_value_of_a_message_has_its_row():
    text = REFERENCE.read_text("utf-8")
    rows = text[text.index("| value | is |") :].split("\n\n")[0]
    named = "".join(re.findall(r"^\| (`\w+`(?:, `\w+`)*) \|", rows, re.MULTILINE))
    assert sorted(re.findall(r"`(\w+)`", named)) == sorted(VALUES)


def test_the_example_works_and_each_of_its_rules_is_tested(tmp_path):
    for name, content in re.findall(r"```yaml\n# (\S+)\n(.*?)```", REFERENCE.read_text("utf-8"), re.DOTALL):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    console = Console(file=io.StringIO(), width=200)
    assert (run([tmp_path], console), console.file.getvalue()) == (
        0,
        f"{tmp_path}: 4 tests, 0 not as expected; 3 of 3 rules, 4 of 4 rungs, 0 of 0 deadlines speak in a test\n",
    )
