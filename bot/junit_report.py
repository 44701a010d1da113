"""What became of rule tests as JUnit XML, the form in which CI servers take the results of tests."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

if TYPE_CHECKING:
    from bot.ruletests import Ran

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(file: Path, ran: Sequence[Ran], problems: Sequence[str] = ()) -> None:
    """Write a suite for each rulebook or file of tests, and one with the `problems` that kept others from running.

    A case is named as its test is, and its class is the file it stands in. That no test makes something speak is a
    case of its own, which fails. Folders on the way to the file are made. Raises OSError.
    """
    root = Element("testsuites")
    for one in ran:
        _suite(root, one)
    if problems:
        suite = _element(root, "testsuite", name="what cannot be read", tests=len(problems), errors=len(problems))
        suite.attrib |= {"failures": "0", "skipped": "0", "time": "0.000"}
        for problem in problems:
            place, _, text = problem.partition(": ")
            case = _element(suite, "testcase", classname=place, name=text or place, time="0.000")
            _element(case, "error", message=text or place, type="Misconfigured").text = _clean(problem)
    indent(root)
    file.parent.mkdir(parents=True, exist_ok=True)
    ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _suite(root: Element, ran: Ran) -> None:
    from bot.ruletests import told

    failed = sum(bool(outcome.differences) for outcome in ran.outcomes)
    suite = _element(
        root,
        "testsuite",
        name=ran.path,
        tests=len(ran.tests) + len(ran.covered),
        failures=failed + len(ran.silent),
        errors=0,
        skipped=0,
        time=f"{sum(ran.seconds):.3f}",
    )
    for one, outcome, seconds in zip(ran.tests, ran.outcomes, ran.seconds, strict=True):
        case = _element(suite, "testcase", classname=one.spot.file, name=one.case.it, time=f"{seconds:.3f}")
        if outcome.differences:
            message = f"{len(outcome.differences)} not as expected"
            _element(case, "failure", message=message, type="difference").text = _clean(
                "\n".join([str(one.spot), *told(outcome)])
            )
    for covered in ran.covered:
        name = f"a test makes all {covered.kind} speak"
        case = _element(suite, "testcase", classname=ran.path, name=name, time="0.000")
        if covered.silent:
            text = f"no test makes these speak: {', '.join(covered.silent)}"
            _element(case, "failure", message=str(covered), type="untested").text = _clean(text)


def _element(parent: Element, tag: str, **attributes: object) -> Element:
    return SubElement(parent, tag, {name: _clean(str(value)) for name, value in attributes.items()})


def _clean(text: str) -> str:
    """The text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
