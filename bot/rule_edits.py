"""Changes to a rulebook's files that keep everything else in them: comments, order, style, line ends."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple, get_args

from bot.core.changes import rule_sections
from bot.core.entries import Entries
from bot.rulefiles import yaml_files
from bot.settings import Misconfigured
from bot.yaml_positions import Node, Plain, Spot, read_yaml

SINCE, OBSERVE = "since", "observe"

_BREAK = re.compile(r"\r\n|\r|\n")
_SCALAR = re.compile(r"\"[^\"\r\n]*\"|'[^'\r\n]*'|[^\s,{}\[\]#]+")
_NEXT_COMMA = re.compile(r"[ \t]*,(?=[ \t]*#)|[ \t]*,\s*")
_COMMA_BEFORE = re.compile(r",\s*$")
_BOM = "\ufeff"


class Edited(NamedTuple):
    """A file that is to be changed: what it holds, and what it is to hold."""

    path: Path
    before: str
    after: str


class _Unclear(Exception):
    """The text is not written in a way that can be changed safely."""


class _Edit(NamedTuple):
    start: int
    end: int
    text: str


def live_sections() -> Mapping[str, str]:
    """The sections whose rules may be on observe and go live, each with the key that names a rule."""
    kinds = {section: get_args(Entries.model_fields[section].annotation)[0] for section in rule_sections()}
    return {section: key for section, key in rule_sections().items() if SINCE in kinds[section].model_fields}


def adopt(folder: Path, names: Collection[str], day: date) -> list[Edited]:
    """Write `since: DAY` into the rules of these names, and take away their `observe: true`; nothing is written yet.

    Raises Misconfigured where a rule's text cannot be changed so that all else in its file stays as it is.
    """
    edited: list[Edited] = []
    problems: list[str] = []
    for path in yaml_files(folder):
        before = path.read_bytes().decode("utf-8")
        root, _ = read_yaml(before, str(path))
        edits: list[_Edit] = []
        wanted = root.plain() if root else None
        for rule, key, plain in _rules(root, wanted, names):
            try:
                edits += _Text(before).adopt(rule, key, day)
            except _Unclear:
                problems.append(_by_hand(rule, key, day))
            _go_live(plain, day)
        after = before
        for edit in sorted(edits, reverse=True):
            after = after[: edit.start] + edit.text + after[edit.end :]
        made, wrong = read_yaml(after, str(path))
        if edits and (wrong or made is None or made.plain() != wanted):
            problems += [_by_hand(rule, key, day) for rule, key, _ in _rules(root, wanted, names)]
        elif after != before:
            edited.append(Edited(path, before, after))
    if problems:
        raise Misconfigured(*dict.fromkeys(problems))
    return edited


def write(edited: Collection[Edited]) -> None:
    """Write these files, each at once or not at all. Raises Misconfigured when one has changed meanwhile, OSError."""
    changed = [each.path for each in edited if each.path.read_bytes() != each.before.encode()]
    if changed:
        raise Misconfigured(*(f"{path}: it was changed meanwhile, and nothing is written" for path in changed))
    for each in edited:
        _replace(each.path.resolve(), each.after.encode())


def _replace(path: Path, content: bytes) -> None:
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _rules(root: Node | None, wanted: Plain, names: Collection[str]) -> Iterator[tuple[Node, str, dict[str, Plain]]]:
    """The rules of these names in a file: the node, the key that names it, and its values without their places."""
    for section, key in live_sections().items():
        node = root.child(section) if root else None
        if node is None or not isinstance(node.value, list) or not isinstance(wanted, dict):
            continue
        plains = wanted[section]
        for rule, plain in zip(node.value, plains if isinstance(plains, list) else (), strict=True):
            if isinstance(plain, dict) and plain.get(key) in names:
                yield rule, key, plain


def _go_live(rule: dict[str, Plain], day: date) -> None:
    rule[SINCE] = day.isoformat()
    if rule.get(OBSERVE) is True:
        del rule[OBSERVE]


def _by_hand(rule: Node, key: str, day: date) -> str:
    name = rule.child(key)
    called = name.value if name else "?"
    wanted = f"write `{SINCE}: {day}` and take `{OBSERVE}: true` away by hand"
    return f"{rule.spot}: '{called}' cannot be changed here, and nothing is written; {wanted}"


class _Text:
    """A file's text, in which places are found by line and column."""

    def __init__(self, text: str) -> None:
        self._text = text
        first = len(_BOM) if text.startswith(_BOM) else 0
        self._starts = [first, *(found.end() for found in _BREAK.finditer(text))]

    def adopt(self, rule: Node, key: str, day: date) -> list[_Edit]:
        """Make a rule live from a day on."""
        flow = self._text.startswith("{", self._at(rule.spot))
        since, observe = rule.child(SINCE), rule.child(OBSERVE)
        live = f"{SINCE}: {day}"
        if observe is None or observe.value is not True:
            return [self._inserted(rule, key, live, flow=flow) if since is None else self._put(rule, SINCE, live)]
        if since is None:
            return [self._put(rule, OBSERVE, live)]
        kept, gone = (SINCE, OBSERVE) if flow or self._begins_its_line(rule, OBSERVE) else (OBSERVE, SINCE)
        return [self._put(rule, kept, live), self._removed(rule, gone, flow=flow)]

    def _put(self, rule: Node, key: str, text: str) -> _Edit:
        return _Edit(*self._span(rule, key), text)

    def _inserted(self, rule: Node, key: str, text: str, *, flow: bool) -> _Edit:
        """After the rule's name: in braces beside it, else on a line of its own."""
        _, end = self._span(rule, key)
        if flow:
            return _Edit(end, end, f", {text}")
        line_break = _BREAK.search(self._text, end)
        indent = " " * (rule.keys[key].column - 1)
        if line_break is None:
            end = len(self._text)
            return _Edit(end, end, f"{self._line_break()}{indent}{text}")
        at = line_break.end()
        return _Edit(at, at, f"{indent}{text}{line_break[0]}")

    def _removed(self, rule: Node, key: str, *, flow: bool) -> _Edit:
        start, end = self._span(rule, key)
        if flow:
            if comma := _NEXT_COMMA.match(self._text, end):
                return _Edit(start, comma.end(), "")
            before = _COMMA_BEFORE.search(self._text, 0, start)
            return _Edit(before.start() if before else start, end, "")
        line_break = _BREAK.search(self._text, end)
        rest = self._text[end : line_break.start() if line_break else len(self._text)]
        if rest.strip():  # a comment, which stays
            return _Edit(start, end + len(rest) - len(rest.lstrip()), "")
        line = self._starts[rule.keys[key].line - 1]
        return _Edit(line, line_break.end() if line_break else len(self._text), "")

    def _begins_its_line(self, rule: Node, key: str) -> bool:
        spot = rule.keys[key]
        return not self._text[self._starts[spot.line - 1] : self._at(spot)].strip()

    def _span(self, rule: Node, key: str) -> tuple[int, int]:
        """From where a key begins to where its value, a plain or quoted text on one line, ends."""
        value = rule.child(key)
        if value is None or value.written is None:
            raise _Unclear
        start = self._at(value.spot)
        if value.written and self._text.startswith(value.written, start):
            return self._at(rule.keys[key]), start + len(value.written)
        found = _SCALAR.match(self._text, start)
        if found is None or found[0][1:-1] != value.written:
            raise _Unclear
        return self._at(rule.keys[key]), found.end()

    def _at(self, spot: Spot) -> int:
        return self._starts[spot.line - 1] + spot.column - 1

    def _line_break(self) -> str:
        found = _BREAK.search(self._text)
        return found[0] if found else "\n"
