"""The JSON Schema says what the loader says, as far as one file tells, for a file as an editor's parser sees it."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from command_line import piletibot
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import TypeAdapter, ValidationError
from test_rulebook_fuzz import ODD, WHOLE, nodes
from test_rulefiles import BASE, CASES, changed

from bot.core.entries import Entries
from bot.core.ruletest_words import Case
from bot.rulefiles import RulebookError, load_rulebook
from bot.schema import RULEBOOK, TESTS, named, rulebook_schema, text_of
from bot.schema import tests_schema as schema_of_tests
from bot.shipped import rules_folder
from bot.yaml_positions import read_yaml

RULES = rules_folder()
GOLDEN = Path(__file__).parent / "golden" / "schema" / "unseen.txt"
SCHEMAS = {RULEBOOK: rulebook_schema(), TESTS: schema_of_tests()}
FILES = sorted([*RULES.glob("*/*.yaml"), *RULES.glob("*/tests/*.yaml")])


class Editor(yaml.SafeLoader):
    """YAML 1.2 with its core schema, as editors parse it: dates and times are text, and so are yes and no."""

    yaml_implicit_resolvers: dict = {}  # noqa: RUF012

    def construct_mapping(self, node, deep=False):
        """Keys are told apart as their text, and none may be said twice."""
        keys = [key.value for key, _ in node.value]
        if len(set(map(str, keys))) < len(keys):
            raise yaml.constructor.ConstructorError(problem="keys must be unique", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep=deep)


for tag, pattern, first in [
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
]:
    Editor.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), [*first, ""])


def in_editor(text: str) -> object:
    """The file as an editor holds it against a schema; a key is always text there."""
    return json.loads(json.dumps(yaml.load(text, Editor)))


def mistakes(name: str, value: object) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator(name).iter_errors(value)]


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[name], format_checker=FormatChecker())


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_shipped_schema_is_the_one_that_the_command_prints(name, capsys):
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert piletibot("schema", *(["--tests"] if name == TESTS else [])) == 0
    printed = capsys.readouterr().out
    assert printed == text_of(SCHEMAS[name])
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        (RULES / name).write_text(printed, "utf-8")
    assert (RULES / name).read_text("utf-8") == printed


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(RULES)))
def test_a_shipped_file_names_its_schema_and_keeps_it(file):
    text = file.read_text("utf-8")
    line = text.splitlines(keepends=True)[0]
    schema = (file.parent / line.split("$schema=")[1].strip()).resolve()
    is_test = file.parent.name == "tests"
    assert line == (named(TESTS, 2) if is_test else named(RULEBOOK, 1))
    assert schema == RULES / (TESTS if is_test else RULEBOOK)
    assert mistakes(schema.name, in_editor(text)) == []


@pytest.mark.parametrize("name", [key for schema in SCHEMAS.values() for key in schema["$defs"]])
def test_whatever_can_be_written_is_explained_where_it_is_written(name):
    """Editors show the description of what the pointer is on."""
    for schema in SCHEMAS.values():
        keys = schema["$defs"].get(name, {}).get("properties", {})
        assert [key for key, said in keys.items() if not said.get("description")] == []


def seen(case: dict) -> bool:
    """Whether an editor marks one of the files of a broken rulebook."""
    return any(marked(text) for name, text in changed(case["change"]).items() if name.endswith(".yaml"))


@cache
def marked(text: str) -> bool:
    """Whether an editor marks a file; of a broken rulebook most are as they were."""
    try:
        value = in_editor(text)
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        return True
    return value is not None and mistakes(RULEBOOK, value) != []


def wrong_in_form(case: dict) -> bool:
    """Whether one of the files is refused without a look at any other, or at what its names mean."""
    files = [text for name, text in changed(case["change"]).items() if name.endswith(".yaml")]
    return not all(map(keeps_its_form, files))


@cache
def keeps_its_form(text: str) -> bool:
    root, problems = read_yaml(text, "")
    return not problems and well_formed(root.plain())


def well_formed(value: object) -> bool:
    try:
        Entries.model_validate(value)
    except ValidationError as error:
        return all(detail["type"] == "missing" and len(detail["loc"]) == 1 for detail in error.errors())
    return True


BEYOND = ["a tag", "characters that nobody sees", "a half of a surrogate pair"]
"""What YAML has and the loader does not read: an editor's parser is content with it."""


def test_a_good_rulebook_is_good_to_an_editor():
    assert [found for text in BASE.values() for found in mistakes(RULEBOOK, in_editor(text))] == []


@pytest.mark.parametrize("case", [case for case in CASES if wrong_in_form(case)], ids=lambda case: case["it"])
def test_what_is_wrong_in_form_is_wrong_to_an_editor(case):
    assert seen(case) != (case["it"] in BEYOND)


def test_what_takes_more_than_one_file_s_form_to_see_is_all_that_an_editor_does_not():
    """Golden: names that are not there, things said twice, amounts that do not fit, what can never happen."""
    unseen = [case["it"] for case in CASES if not seen(case)]
    text = "".join(f"{name}\n" for name in unseen)
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text, "utf-8")
    assert GOLDEN.read_text("utf-8") == text
    assert len(unseen) < len(CASES) / 2


CASE_LIST = read_yaml((RULES / "keskkonnaamet" / "tests" / "closure.yaml").read_text("utf-8"), "")[0].plain()
PLACES = {RULEBOOK: [path for path in nodes(WHOLE) if path], TESTS: [path for path in nodes(CASE_LIST) if path]}


def at(value, path):
    for part in path:
        value = value[part]
    return value


def replaced(value, path, other):
    if not path:
        return other
    if isinstance(value, dict):
        return value | {path[0]: replaced(value[path[0]], path[1:], other)}
    return [replaced(child, path[1:], other) if i == path[0] else child for i, child in enumerate(value)]


def without(value, path):
    if len(path) > 1:
        return replaced(value, path[:-1], without(at(value, path[:-1]), path[-1:]))
    if isinstance(value, dict):
        return {key: child for key, child in value.items() if key != path[0]}
    return [child for i, child in enumerate(value) if i != path[0]]


@st.composite
def mutated(draw, whole, places):
    """Something of the shipped desk with a value or two that stand elsewhere, are odd, or are left out."""
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from([path for path in places if is_there(whole, path)]))
        other = draw(st.one_of(ODD, st.sampled_from(places), st.just(...)))
        if isinstance(other, tuple):
            other = at(whole, other) if is_there(whole, other) else None
        whole = without(whole, path) if other is ... else replaced(whole, path, other)
    return whole


def is_there(value, path):
    try:
        at(value, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


@given(mutated(WHOLE, PLACES[RULEBOOK]))
def test_the_schema_accepts_no_more_than_the_models_and_no_less_than_the_loader(tmp_path_factory, book):
    folder = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    (folder / "all.yaml").write_text(json.dumps(book), "utf-8")
    root, unread = read_yaml(json.dumps(book), "")
    if root is None or unread:
        return
    book = root.plain()  # numbers as the loader reads them: a very long one is text
    found = mistakes(RULEBOOK, book)
    assert found or well_formed(book)
    try:
        load_rulebook(folder, site="test")
    except RulebookError:
        return
    assert found == []


CASES_OF_TESTS = TypeAdapter(tuple[Case, ...])


@given(mutated(CASE_LIST, PLACES[TESTS]))
def test_what_the_schema_of_tests_accepts_the_models_accept(cases):
    if mistakes(TESTS, cases) == []:
        CASES_OF_TESTS.validate_python(cases)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("ladders: [{clock: since solvd}]", "$.ladders[0].clock"),
        ("policies: [{starts: enters tier 3}]", "$.policies[0].starts"),
        ("routes: [{when: {standing: opened}}]", "$.routes[0].when.standing"),
        ("routes: [{when: {any: [{not: {tier: [1, 3]}}]}}]", "$.routes[0].when.any[0].not.tier"),
        ("manners: {observe: NO}", "$.manners.observe"),
        ("calendars: {a: {exceptions: {2026-02-30: closed}}}", "$.calendars.a.exceptions"),
        ("queues: [{tier: 1, name: {et: Q}, queue: a/b}]", "$.queues[0].queue"),
        ("ladders: [{rungs: [{rung: a, say: b, to: owner, after: 1h, share: 75%}]}]", "$.ladders[0].rungs[0]"),
        ("people: [{person: a, account: 5}]", "$.people[0].account"),
        ("deadlines: [{within: 5h}]", "$.deadlines[0].within"),
    ],
)
def test_an_editor_marks_the_place(text, where):
    assert where in [found.partition(": ")[0] for found in mistakes(RULEBOOK, in_editor(text))]
