"""Whatever becomes of a rulebook's files: reading ends in a rulebook or in problems with places, within a second.

The second is the processor's, which a machine that is busy otherwise does not stretch; a load takes some 20 ms of it.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from test_rulefiles import BASE, TEXTS, written

from bot.core.entries import Entries
from bot.core.ruletest import run_tests
from bot.rulefiles import MESSAGES, RulebookError, load_rulebook
from bot.ruletests import TESTS, read_tests
from bot.settings import Misconfigured
from bot.shipped import rules_folder
from bot.texts import load_messages
from bot.yaml_positions import read_yaml

COMMON = rules_folder() / "common"
DESKS = {
    folder.name: {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.yaml"))}
    for folder in sorted(rules_folder().iterdir())
    if (folder / "desk.yaml").is_file()
}
ODD_TEXTS = [
    *("", "\n", "  ", "\t", ":", ": ", "- ", "{", "}", "[", "]", "'", '"', "&a ", "*a", "!x ", "|", ">", "#", ","),
    *("5", "é", "\r", "\r\n", "\x00", "\x1b", "\u2028", "\u00a0", "\u200b", "\ufeff", "\ud7ff", "😀", "%", "@", "`"),
    *("~", "? ", "---\n", "...\n", "<<: ", "\\", "\\x00", '"\\', "null", "NO", "on", "010", "08:00", "1e9", ".inf"),
    *("9" * 30, "0m", "999999wd", "75%", "since ", "24x7", "2026-02-30", "~a", "a/b", "x" * 500, "õ", "o\u0303", "р"),
]  # fmt: skip


@pytest.fixture(scope="module")
def texts():
    """What the messages of the shipped desks need."""
    found = {}
    for name in DESKS:
        own = rules_folder() / name / MESSAGES
        messages = load_messages([COMMON / MESSAGES, *([own] if own.is_dir() else [])])
        found[name] = {each: messages.required_values(each) for each in messages.names()}
    return found


@contextmanager
def within_a_second():
    began = time.process_time()
    yield
    assert time.process_time() - began < 1


def problems_of(folder, **options):
    """What is wrong with the files of a folder, each with its place; nothing when they load."""
    found = None
    with within_a_second():
        try:
            load_rulebook(folder, site="here", **options)
        except RulebookError as error:
            found = error.problems
    if found is None:
        return []
    assert found
    for problem in map(str, found):
        assert problem.startswith(f"{folder}")
        assert "\n" not in problem
    return found


def placed(problems, file, text):
    """Whether every problem that has a line in a file has one that is there."""
    lines = len(re.split("\r\n|\r|\n", text))
    return all(problem.line <= lines and problem.column >= 0 for problem in problems if problem.file == str(file))


def lines_changed(data, text):
    """Lose, repeat, swap and indent lines, as hands and merges do, and put odd things into them."""
    lines = text.splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        i, k = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        at = data.draw(st.integers(0, len(lines[i])))
        match data.draw(st.sampled_from(["lose", "repeat", "swap", "indent", "outdent", "insert", "cut", "value"])):
            case "lose" if len(lines) > 1:
                del lines[i]
            case "repeat":
                lines.insert(k, lines[i])
            case "swap":
                lines[i], lines[k] = lines[k], lines[i]
            case "indent":
                lines[i] = " " * data.draw(st.integers(1, 4)) + lines[i]
            case "outdent":
                lines[i] = lines[i][min(at, 2) :]
            case "insert":
                lines[i] = lines[i][:at] + data.draw(st.sampled_from(ODD_TEXTS)) + lines[i][at:]
            case "cut":
                lines[i] = lines[i][:at]
            case _:
                before, colon, _ = lines[i].partition(": ")
                lines[i] = f"{before}{colon}{data.draw(st.sampled_from(ODD_TEXTS))}\n"
    return "".join(lines)


@pytest.mark.parametrize("desk", DESKS)
@given(st.data())
def test_a_shipped_rulebook_whose_lines_were_changed(tmp_path_factory, texts, desk, data):
    files = DESKS[desk]
    name = data.draw(st.sampled_from(sorted(files)))
    text = lines_changed(data, files[name])
    folder = written(tmp_path_factory.getbasetemp() / f"lines-{desk}", files | {name: text})
    assert placed(problems_of(folder, common=COMMON, messages=texts[desk]), folder / name, text)


@given(st.sampled_from(sorted(BASE)), st.data())
def test_text_in_which_anything_stands_anywhere(tmp_path_factory, name, data):
    text = BASE[name]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        text = text[:start] + data.draw(st.sampled_from(ODD_TEXTS)) + text[end:]
    folder = written(tmp_path_factory.getbasetemp() / "mangled", BASE | {name: text})
    assert placed(problems_of(folder, messages=TEXTS), folder / name, text)


@given(st.sampled_from(sorted(BASE)), st.data())
def test_bytes_that_were_changed(tmp_path_factory, name, data):
    content = bytearray(BASE[name].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    folder = written(tmp_path_factory.getbasetemp() / "bytes", BASE | {name: bytes(content)})
    problems_of(folder, messages=TEXTS)


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([text for text in ODD_TEXTS if "\ud7ff" not in text]),
    st.sampled_from(
        [[], {}, [[]], [{}], {"": ""}, {"any": []}, {"not": {"tier": []}}, ["a", "a"], [None], {"cloud": "x"}]
    ),
)


def nodes(value, path=()):
    """The paths of all values inside a value."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from nodes(child, (*path, key))


WHOLE = read_yaml("".join(BASE.values()), "all.yaml")[0].plain()
PATHS = [path for path in nodes(WHOLE) if path]
WORDS = sorted({part for path in PATHS for part in path if isinstance(part, str)} | set(Entries.model_fields))
ANYTHING = st.recursive(
    ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4),
    max_leaves=12,
)


def replaced(value, path, odd):
    if not path:
        return odd
    if isinstance(value, dict):
        return value | {path[0]: replaced(value[path[0]], path[1:], odd)}
    return [replaced(child, path[1:], odd) if i == path[0] else child for i, child in enumerate(value)]


@given(st.sampled_from(PATHS), ANYTHING)
def test_odd_values_anywhere(tmp_path_factory, path, odd):
    text = yaml.safe_dump(replaced(WHOLE, path, odd), allow_unicode=True)
    folder = written(tmp_path_factory.getbasetemp() / "odd", {"all.yaml": text})
    problems_of(folder, messages=TEXTS)


@given(st.dictionaries(st.sampled_from(sorted(Entries.model_fields)), ANYTHING, max_size=6))
def test_sections_made_up(tmp_path_factory, sections):
    text = yaml.safe_dump(sections, allow_unicode=True)
    folder = written(tmp_path_factory.getbasetemp() / "sections", {"all.yaml": text})
    assert problems_of(folder, messages=TEXTS)


RULE_TESTS = {
    name: {path.name: path.read_text("utf-8") for path in sorted((rules_folder() / name / TESTS).glob("*.yaml"))}
    for name in DESKS
}


@pytest.fixture(scope="module")
def books(texts):
    """The shipped desks, for their tests."""
    return {
        name: load_rulebook(rules_folder() / name, site="here", common=COMMON, messages=texts[name]) for name in DESKS
    }


@pytest.mark.parametrize("desk", DESKS)
@given(st.data())
def test_rule_tests_whose_lines_were_changed(tmp_path_factory, books, desk, data):
    """They are refused with places, or run and tell what is not as expected."""
    name = data.draw(st.sampled_from(sorted(RULE_TESTS[desk])))
    text = lines_changed(data, RULE_TESTS[desk][name])
    file = written(tmp_path_factory.getbasetemp() / f"tests-{desk}", {name: text}) / name
    tests, problems = [], []
    with within_a_second():
        try:
            tests = read_tests([file], books[desk])
        except Misconfigured as error:
            problems = error.problems
    assert all(problem.startswith(str(file)) for problem in problems)
    for outcome in run_tests(books[desk], [one.case for one in tests]):
        assert all(len(difference.lines()) == 3 for difference in outcome.differences)
