"""The outcome of rule tests as JUnit XML: whatever is in the texts, a CI server can read it."""

from __future__ import annotations

import io
import re
import shutil
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot import junit_report
from bot.core.ruletest import Covered, Difference, Outcome
from bot.core.ruletest_words import Case
from bot.ruletests import Ran, Written, run
from bot.settings import Misconfigured
from bot.shipped import rules_folder
from bot.yaml_positions import Spot

SHIPPED = rules_folder() / "keskkonnaamet"

# What Jenkins' junit-10.xsd lets stand where: each element's attributes (those with ! must be there) and children.
SCHEMA = {
    "testsuites": ("name time tests failures disabled errors", "testsuite"),
    "testsuite": (
        "name! tests! failures errors group time skipped timestamp hostname id package file log url version",
        "properties testcase system-out system-err",
    ),
    "testcase": ("name! classname assertions time status", "skipped error failure system-out system-err"),
    "failure": ("message type", ""),
    "error": ("message type", ""),
}


def checked(file):
    """The report's root, when it is as the schema says and its counts are right."""
    root = ElementTree.parse(file).getroot()
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = (words.split() for words in SCHEMA[element.tag])
        assert {word.rstrip("!") for word in attributes} >= set(element.attrib)
        assert {word[:-1] for word in attributes if word.endswith("!")} <= set(element.attrib)
        assert {child.tag for child in element} <= set(children)
        assert re.fullmatch(r"[0-9]+\.[0-9]{3}", element.get("time", "0.000"))
    for suite in root:
        counts = {tag: len(suite.findall(f"testcase/{tag}")) for tag in ("failure", "error")}
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert (suite.get("failures"), suite.get("errors")) == (str(counts["failure"]), str(counts["error"]))
    return root


def reported(folder, **options):
    file = folder / "out" / "report.xml"
    code = run([folder], Console(file=io.StringIO()), junit=file, **options)
    return code, checked(file)


@pytest.fixture
def rulebook(tmp_path):
    shutil.copytree(SHIPPED, tmp_path / "desk", ignore=shutil.ignore_patterns("demo"))
    return tmp_path / "desk"


def test_a_case_for_each_test_and_for_each_kind_of_what_speaks(rulebook):
    code, root = reported(rulebook)
    cases = root.findall("testsuite/testcase")
    assert code == 0
    assert root.find("testsuite").get("name") == str(rulebook)
    assert len(cases) > 70
    assert {case.get("classname") for case in cases} == {
        str(rulebook),
        *map(str, (rulebook / "tests").glob("*.yaml")),
    }
    assert [case.get("name") for case in cases[-3:]] == [
        f"a test makes all {kind} speak" for kind in ("rules", "rungs", "deadlines")
    ]
    assert root.findall(".//failure") == []


def test_a_failure_tells_what_the_report_for_people_tells(rulebook):
    ladders = rulebook / "ladders.yaml"
    ladders.write_text(ladders.read_text().replace("after: 1h", "after: 2h", 1))
    (rulebook / "tests" / "surveys.yaml").unlink()
    code, root = reported(rulebook)
    failing = [case for case in root.findall(".//testcase") if case.find("failure") is not None]
    texts = {case.get("name"): case.find("failure").text for case in failing}
    begun_anew = next(
        text for name, text in texts.items() if name.startswith("asks no more once the ticket is reopened")
    )
    assert code == 1
    place, *lines = begun_anew.splitlines()
    assert re.fullmatch(rf"{rulebook}/tests/closure\.yaml:[0-9]+:3", place)
    assert lines == [
        "    at 2026-11-16 11:00",
        "        expected: the message closure_prompt",
        "        said:     nothing, since its rung 'ask' is not reached before 2026-11-16 12:00",
        "    at 2026-11-17 11:00",
        "        expected: the message closure_prompt",
        "        said:     nothing, since its rung 'ask' is not reached before 2026-11-17 12:00",
    ]
    assert texts["a test makes all rungs speak"] == "no test makes these speak: survey (ask)"


def test_what_cannot_be_read_is_an_error(rulebook):
    (rulebook / "tests" / "zz.yaml").write_text("- it: x\n")
    file = rulebook / "report.xml"
    with pytest.raises(Misconfigured):
        run([rulebook], Console(file=io.StringIO()), junit=file)
    [error] = checked(file).findall(".//error")
    assert error.text == f"{rulebook}/tests/zz.yaml:1:3: the key 'ticket' is missing"


@given(st.text(st.characters(codec=None), max_size=30), st.text(st.characters(codec=None), max_size=30))
def test_any_text_is_well_formed(tmp_path_factory, name, text):
    file = tmp_path_factory.getbasetemp() / "any.xml"
    case = Case.model_construct(it=name)
    outcome = Outcome(case, (), (Difference(text, name, text, name),))
    ran = Ran(file, [Written(case, Spot(text, 1, 1))], [outcome], [0.1], [Covered(name, (text,), 2)])
    junit_report.write(file, [ran], [f"{name}: {text}"])
    root = checked(file)
    shown = root.find("testsuite/testcase").get("name")
    assert shown == re.sub("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", name)
