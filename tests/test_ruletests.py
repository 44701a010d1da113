"""Files of rule tests: every mistake with its place, and what is told of tests that fail and rules without one."""

from __future__ import annotations

import io
import shutil

import pytest
from command_line import piletibot
from rich.console import Console

from bot.ruletests import run
from bot.settings import Misconfigured
from bot.shipped import rules_folder

SHIPPED = rules_folder() / "keskkonnaamet"
SOLVED = "ticket: {forwarder: spetsialist1, history: [{at: 2026-11-16 10:00, solved: true}]}"
GOOD = f"- it: asks\n  now: 2026-11-16 11:05\n  {SOLVED}\n  expect: [closure_prompt]\n"


@pytest.fixture
def rulebook(tmp_path):
    folder = tmp_path / "desk"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("tests", "demo"))
    (folder / "tests").mkdir()
    return folder


def told(*paths):
    """The exit code, and what is printed, with paths relative to the rulebook."""
    console = Console(file=io.StringIO(), width=60)
    code = run(paths, console)
    folder = paths[0] if paths[0].is_dir() else paths[0].parent.parent
    return code, console.file.getvalue().replace(f"{folder}/", "").replace(str(folder), ".").splitlines()


def refused(folder):
    with pytest.raises(Misconfigured) as caught:
        run([folder], Console(file=io.StringIO()))
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_a_failing_test_is_told_with_its_place_and_each_difference(rulebook):
    file = rulebook / "tests" / "a.yaml"
    file.write_text(GOOD + GOOD.replace("asks", "is silent").replace("[closure_prompt]", "[]"))
    assert told(file) == (
        1,
        [
            "tests/a.yaml:5:3: is silent",
            "    at 2026-11-16 11:05",
            "        expected: nothing of this",
            "        said:     solution-reached-customer: rung ask, say closure_prompt, to [spetsialist1]",
            "tests/a.yaml: 2 tests, 1 not as expected",
        ],
    )


def test_a_file_is_judged_by_itself_and_a_folder_by_what_it_leaves_untested_too(rulebook):
    (rulebook / "tests" / "a.yaml").write_text(GOOD)
    assert told(rulebook / "tests" / "a.yaml") == (0, ["tests/a.yaml: 1 test, 0 not as expected"])
    code, [summary, rules, rungs, deadlines] = told(rulebook)
    assert code == 1
    assert summary.startswith(".: 1 test, 0 not as expected; 1 of ")
    assert rules.startswith(".: no test makes these speak: rules: challenges, document-system, access-first, ")
    assert ", solution-reached-customer (remind), solution-reached-customer (tell), " in rungs
    assert deadlines.startswith(".: no test makes these speak: deadlines: ")


def test_a_rule_that_loses_its_only_test_is_told_by_name(rulebook):
    shutil.copytree(SHIPPED / "tests", rulebook / "tests", dirs_exist_ok=True)
    assert told(rulebook)[0] == 0
    (rulebook / "tests" / "surveys.yaml").unlink()
    code, [_, rules, rungs] = told(rulebook)
    assert (code, rules) == (1, ".: no test makes these speak: rules: survey")
    assert rungs == ".: no test makes these speak: rungs: survey (ask)"


def test_a_changed_rule_fails_its_tests(rulebook):
    shutil.copytree(SHIPPED / "tests", rulebook / "tests", dirs_exist_ok=True)
    ladders = rulebook / "ladders.yaml"
    assert "after: 1h" in ladders.read_text()
    ladders.write_text(ladders.read_text().replace("after: 1h", "after: 2h"))
    code, lines = told(rulebook)
    assert code == 1
    assert "        said:     nothing, since its rung 'ask' is not reached before 2026-11-16 12:00" in lines


def test_only_some_tests_are_run_and_then_none_is_missed(rulebook):
    (rulebook / "tests" / "a.yaml").write_text(
        GOOD + GOOD.replace("asks", "is silent").replace("[closure_prompt]", "[]")
    )
    console = Console(file=io.StringIO(), width=60)
    assert run([rulebook], console, only="asks") == 0
    assert console.file.getvalue() == f"{rulebook}: 1 test, 0 not as expected\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("it: x\n", ["tests/a.yaml:1:1: a file of rule tests holds a list, each test beginning with `- it:`"]),
        ("- x\n", ["tests/a.yaml:1:3: 'x': it must be a mapping (key: value)"]),
        ("- it: [x\n", ["tests/a.yaml:1:7: in this list a comma or the closing ']' is missing"]),
        ("- it: x\n", ["tests/a.yaml:1:3: the key 'ticket' is missing"]),
        (GOOD.replace("expect:", "expects:"), ["tests/a.yaml:4:3: unknown key 'expects'; did you mean 'expect'?"]),
        (
            GOOD.replace("solved:", "solvd:"),
            ["tests/a.yaml:3:70: unknown key 'solvd'; did you mean 'solved'?"],
        ),
        (GOOD.replace("solved: true", "solved: false"), ["tests/a.yaml:3:78: 'false': write true, or leave it out"]),
        (
            GOOD.replace("11:05", "25:05"),
            ["tests/a.yaml:2:8: '2026-11-16 25:05' is not a moment; write for example 2026-11-16 11:05"],
        ),
        (
            GOOD.replace("2026-11-16 11:05", "2526-11-16 11:05"),
            ["tests/a.yaml:2:8: '2526-11-16 11:05' is not a moment; write for example 2026-11-16 11:05"],
        ),
        (
            GOOD.replace("forwarder: spetsialist1", "forwarder: spetsialst1"),
            ["tests/a.yaml:3:23: there is no person 'spetsialst1'; did you mean 'spetsialist1'?"],
        ),
        (
            GOOD.replace("solved: true", "state: in-wrok"),
            ["tests/a.yaml:3:77: there is no state 'in-wrok'; did you mean 'in-work'?"],
        ),
        (
            GOOD.replace("[closure_prompt]", "[{rule: no-movment}]"),
            ["tests/a.yaml:4:19: there is no rule 'no-movment'; did you mean 'no-movement'?"],
        ),
        (
            f'- it: x\n  {SOLVED}\n  expect_at:\n    "2026-11-16 25:00": []\n    "2026-11-15 10:00": []\n',
            ["tests/a.yaml:4:5: '2026-11-16 25:00' is not a moment; write for example 2026-11-16 11:05"],
        ),
        (
            f'- it: x\n  {SOLVED}\n  expect_at:\n    "2026-11-16 12:00": []\n    "2026-11-15 10:00": []\n',
            ["tests/a.yaml:5:5: '2026-11-15 10:00': the ticket was not yet created then"],
        ),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_meant(rulebook, text, says):
    (rulebook / "tests" / "a.yaml").write_text(text)
    assert refused(rulebook) == says


def test_the_mistakes_of_all_files_are_told_at_once(rulebook):
    (rulebook / "tests" / "a.yaml").write_text("- x\n")
    (rulebook / "tests" / "b.yaml").write_bytes(b"- it: \xff\n")
    (rulebook / "tests" / "c.yaml").write_text("")
    assert refused(rulebook) == [
        "tests/a.yaml:1:3: 'x': it must be a mapping (key: value)",
        "tests/b.yaml:1:7: this is not UTF-8; save the file in UTF-8",
    ]


@pytest.mark.parametrize("others", [(), ("b.yaml",)])
def test_files_that_are_not_read_for_their_names_are_told(rulebook, others):
    for name in ("a.yml", *others):
        (rulebook / "tests" / name).write_text(GOOD)
    assert refused(rulebook) == ["tests/a.yml: this is not read; call it a.yaml"]


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(Misconfigured, match="nowhere: there is no such file or folder"):
        run([tmp_path / "nowhere"], Console(file=io.StringIO()))


@pytest.mark.usefixtures("fresh_logs", "at_home")
def test_the_command_ends_with_0_1_or_2(rulebook, tmp_path, capsys):
    file = rulebook / "tests" / "a.yaml"
    report = tmp_path / "out" / "report.xml"
    file.write_text(GOOD)
    assert piletibot("test", file, "--junit", report) == 0
    assert report.read_text("utf-8").count("<testcase") == 1
    assert piletibot("test", rulebook) == 1  # what no test makes speak
    assert piletibot("test", rulebook, "-k", "asks") == 0
    file.write_text(GOOD.replace("[closure_prompt]", "[]"))
    assert piletibot("test", file, "--junit", report) == 1
    assert "expected: nothing of this" in report.read_text("utf-8")
    file.write_text(GOOD.replace("ticket:", "tikket:"))
    capsys.readouterr()
    assert piletibot("test", file, "--junit", report) == 2
    assert "unknown key 'tikket'; did you mean 'ticket'?" in capsys.readouterr().err
    assert report.read_text("utf-8").count("<error") == 2
    file.write_text(GOOD)
    assert piletibot("test", file, "--junit", file / "report.xml") == 2
    assert capsys.readouterr().err == f"{file}: File exists\n"
