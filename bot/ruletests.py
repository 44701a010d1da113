"""Rule tests on disk: `<rulebook>/tests/*.yaml` read with every mistake's place, run, and their outcome told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from bot import rule_errors, rulefiles
from bot.core.rulebook import Rulebook
from bot.core.ruletest import Outcome, run_tests, untested
from bot.core.ruletest_check import problems
from bot.core.ruletest_words import Case
from bot.settings import Misconfigured
from bot.start import read_desk
from bot.yaml_positions import Problem, Spot, problem_at

TESTS = "tests"
"""The subfolder with a rulebook's tests."""

_Cases = tuple[Case, ...]
_CASES = TypeAdapter(_Cases)


@dataclass(frozen=True, slots=True)
class Written:
    """A rule test and where it stands."""

    case: Case
    spot: Spot


def read_tests(files: Sequence[Path], book: Rulebook) -> list[Written]:
    """Read the tests in these files. Raises Misconfigured with every mistake of every file."""
    written: list[Written] = []
    wrong = [problem for folder in {path.parent for path in files} for problem in rulefiles.otherwise_named(folder)]
    for path in files:
        read, found = _read(path, book)
        written += read
        wrong += found
    if wrong:
        raise Misconfigured(*map(str, sorted(set(wrong))))
    return written


def _read(path: Path, book: Rulebook) -> tuple[list[Written], list[Problem]]:
    root, unread = rulefiles.read_file(path)
    if root is None or unread:
        return [], list(unread)
    if not isinstance(root.value, list):
        return [], [problem_at(root.spot, "a file of rule tests holds a list, each test beginning with `- it:`")]
    try:
        cases = _CASES.validate_python(root.plain())
    except ValidationError as error:
        return [], rule_errors.schema_problems(error, root, _Cases)
    written = [Written(case, node.spot) for case, node in zip(cases, root.value, strict=True)]
    return written, [rule_errors.placed(finding, root) for finding in problems(cases, book)]


def files_of(rulebook: Path) -> list[Path]:
    """The files with a rulebook's tests, in order of their names."""
    return sorted(path for path in (rulebook / TESTS).glob("*.yaml") if path.name[0] != ".")


def run(paths: Sequence[Path], console: Console) -> int:
    """Run the tests of rulebooks (folders), or single files of tests, and tell what became of them.

    Gives 0 when all is as expected and each rule of a folder has a test that makes it speak, else 1.
    Raises Misconfigured for what cannot be read.
    """
    missing = [f"{path}: there is no such file or folder" for path in paths if not path.exists()]
    if missing:
        raise Misconfigured(*missing)
    return max((_run(path, console) for path in paths), default=0)


def _run(path: Path, console: Console) -> int:
    whole = path.is_dir()
    folder = path if whole else path.resolve().parent.parent
    book = read_desk(folder, "test").book
    written = read_tests(files_of(folder) if whole else [path], book)
    outcomes = run_tests(book, [one.case for one in written])
    for one, outcome in zip(written, outcomes, strict=True):
        if outcome.differences:
            _say(console, f"{one.spot}: {one.case.it}", *(f"    {text}" for text in outcome.differences))
    return _summary(path, outcomes, untested(book, outcomes) if whole else [], console)


def _summary(path: Path, outcomes: Sequence[Outcome], silent: Sequence[str], console: Console) -> int:
    failed = sum(bool(outcome.differences) for outcome in outcomes)
    _say(console, f"{path}: {len(outcomes)} test{'s' * (len(outcomes) != 1)}, {failed} not as expected")
    if silent:
        _say(console, f"{path}: no test makes these speak: {', '.join(silent)}")
    return 1 if failed or silent else 0


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
