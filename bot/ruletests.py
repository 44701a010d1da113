"""Rule tests on disk: `<rulebook>/tests/*.yaml` read with every mistake's place, run, and their outcome told."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from bot import rule_errors, rulefiles
from bot.core.rulebook import Rulebook
from bot.core.ruletest import Covered, Outcome, coverage, run_tests
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
    nothing = list(rulefiles.left_out(root))
    try:
        cases = _CASES.validate_python(root.plain())
    except ValidationError as error:
        return [], rulefiles.joined(nothing, rule_errors.schema_problems(error, root, _Cases))
    if nothing:
        return [], nothing
    written = [Written(case, node.spot) for case, node in zip(cases, root.value, strict=True)]
    return written, [rule_errors.placed(finding, root) for finding in problems(cases, book)]


def files_of(rulebook: Path) -> list[Path]:
    """The files with a rulebook's tests, in order of their names."""
    return sorted(path for path in (rulebook / TESTS).glob("*.yaml") if path.name[0] != ".")


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a rulebook's tests, or of a file's, and how long each took.

    `covered` is empty for a part of a rulebook's tests, which need not make every rule speak.
    """

    path: Path
    tests: Sequence[Written]
    outcomes: Sequence[Outcome]
    seconds: Sequence[float]
    covered: Sequence[Covered]

    @property
    def silent(self) -> list[str]:
        """What no test makes speak, each with what it is, as `rungs: …`."""
        return [f"{covered.kind}: {', '.join(covered.silent)}" for covered in self.covered if covered.silent]


def run(paths: Sequence[Path], console: Console, *, junit: Path | None = None, only: str = "") -> int:
    """Run the tests of rulebooks (folders), or single files of tests, and tell what became of them.

    Those `only` whose sentence holds this text. Gives 0 when all is as expected and each rule of a folder has a test
    that makes it speak, else 1. Writes a report for machines into `junit` where that is given, also of what cannot be
    read. Raises Misconfigured for that.
    """
    from bot import junit_report

    ran: list[Ran] = []
    try:
        missing = [f"{path}: there is no such file or folder" for path in paths if not path.exists()]
        if missing:
            raise Misconfigured(*missing)
        for path in paths:
            ran.append(_run(path, only))
            _tell(ran[-1], console)
    except Misconfigured as error:
        if junit is not None:
            junit_report.write(junit, ran, error.problems)
        raise
    if junit is not None:
        junit_report.write(junit, ran)
    return 1 if any(one.silent or any(each.differences for each in one.outcomes) for one in ran) else 0


def _run(path: Path, only: str) -> Ran:
    whole = path.is_dir()
    folder = path if whole else path.resolve().parent.parent
    book = read_desk(folder, "test").book
    files = files_of(folder) if whole else [path]
    if strays := [] if files or not (folder / TESTS).is_dir() else [*rulefiles.otherwise_named(folder / TESTS)]:
        raise Misconfigured(*map(str, strays))
    tests = [one for one in read_tests(files, book) if only in one.case.it]
    outcomes, seconds = [], []
    for one in tests:
        began = time.perf_counter()
        outcomes += run_tests(book, [one.case])
        seconds.append(time.perf_counter() - began)
    return Ran(path, tests, outcomes, seconds, coverage(book, outcomes) if whole and not only else [])


def _tell(ran: Ran, console: Console) -> None:
    for one, outcome in zip(ran.tests, ran.outcomes, strict=True):
        if outcome.differences:
            _say(console, f"{one.spot}: {one.case.it}", *told(outcome))
    failed = sum(bool(outcome.differences) for outcome in ran.outcomes)
    rules = "; " + ", ".join(map(str, ran.covered)) + " speak in a test" if ran.covered else ""
    tests = f"{len(ran.outcomes)} test{'s' * (len(ran.outcomes) != 1)}"
    _say(console, f"{ran.path}: {tests}, {failed} not as expected{rules}")
    for silent in ran.silent:
        _say(console, f"{ran.path}: no test makes these speak: {silent}")


def told(outcome: Outcome) -> list[str]:
    """The lines that tell what is not as expected, each moment once."""
    lines: list[str] = []
    for difference in outcome.differences:
        at, *rest = (f"    {line}" for line in difference.lines())
        lines += rest if at in lines else [at, *rest]
    return lines


def _say(console: Console, *lines: str) -> None:
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
