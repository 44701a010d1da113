"""YAML in which every value remembers where it stands, and in which one thing has one spelling.

Only `true` and `false` are booleans (YAML 1.2, core schema); `NO`, `on`, `08:00`, `0755` and `2026-12-30` are
text. Keys are text as written. Tags, anchors, aliases and second documents are refused, so that a file is as
large as it looks. Parsed by events, not composed: libyaml's composer overflows the stack on deep nesting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 40
_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INVISIBLE = re.compile("[^\t\n\r -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

_TABS = "indent with spaces, not with tabs"
_SYNTAX: Mapping[str, str] = {
    "mapping values are not allowed": "no key can stand here; check the indentation, or put the text in quotes",
    "tab character": _TABS,
    "found unexpected end of stream": "this quote is never closed",
    "did not find expected ',' or ']'": "in this list a comma or the closing ']' is missing",
    "did not find expected ',' or '}'": "in this mapping a comma or the closing '}' is missing",
    "did not find expected key": "this does not fit the lines above; check the indentation",
    "did not find expected '-' indicator": "this does not fit the list above; check the indentation",
    "could not find expected ':'": "a key without its ':'",
    "found unexpected ':'": "a ':' needs a key before it and a space after it, or the text quotes around it",
    "found unknown escape character": "an unknown escape; write the text in single quotes",
    "did not find expected node content": "a value is missing here",
}
_AT_THE_OPENING = ("never closed", "closing")


@dataclass(frozen=True, slots=True, order=True)
class Spot:
    """A place in a file; line and column count from 1, and line 0 means the file or folder as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in a file: where, what, the text it is about, and what was probably meant."""

    file: str
    line: int
    column: int
    text: str
    offending: str | None = field(default=None, compare=False)
    suggestion: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        meant = f"; did you mean '{self.suggestion}'?" if self.suggestion else ""
        return f"{Spot(self.file, self.line, self.column)}: {self.text}{meant}"


def problem_at(spot: Spot, text: str, offending: str | None = None, suggestion: str | None = None) -> Problem:
    """A problem at a place."""
    return Problem(spot.file, spot.line, spot.column, text, offending, suggestion)


Scalar = bool | int | float | str | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]


@dataclass(slots=True)
class Node:
    """A value and its place. `keys` are the places of a mapping's keys, `written` a scalar as it was typed."""

    spot: Spot
    value: Scalar | list[Node] | dict[str, Node]
    keys: dict[str, Spot] = field(default_factory=dict)
    written: str | None = None

    def plain(self) -> Plain:
        """The value without its places."""
        match self.value:
            case dict():
                return {key: node.plain() for key, node in self.value.items()}
            case list():
                return [node.plain() for node in self.value]
            case scalar:
                return scalar

    def child(self, part: str | int) -> Node | None:
        """The value under a key or a list index, or None when there is none such."""
        match self.value:
            case dict() if isinstance(part, str):
                return self.value.get(part)
            case list() if isinstance(part, int) and 0 <= part < len(self.value):
                return self.value[part]
            case _:
                return None


def read_yaml(text: str, file: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """Read one document; None when it is empty or cannot be read. Never raises: what is wrong is in the problems."""
    text = text.removeprefix("\ufeff")
    odd = _INVISIBLE.search(text)
    if odd is not None:
        before = text[: odd.start()]
        spot = Spot(file, before.count("\n") + 1, odd.start() - before.rfind("\n"))
        return None, (problem_at(spot, f"an invisible character (U+{ord(odd[0]):04X}) cannot stand in a rulebook"),)
    reader = _Reader(file, yaml.parse(text, Loader=_Loader), [])
    try:
        return reader.document(), tuple(reader.problems)
    except yaml.MarkedYAMLError as error:
        return None, (*reader.problems, _syntax(error, text, file))
    except _Unreadable as error:
        return None, (*reader.problems, *error.args)


class _Unreadable(Exception):
    """Reading stops here; the only argument is the problem."""


@dataclass(slots=True)
class _Reader:
    file: str
    events: Iterator[yaml.Event]
    problems: list[Problem]

    def document(self) -> Node | None:
        root: Node | None = None
        for event in self.events:
            if isinstance(event, yaml.NodeEvent):
                if root is not None:
                    raise _Unreadable(problem_at(self.spot(event), "a second document in one file; remove the ---"))
                root = self.node(event, 0)
        return root

    def spot(self, event: yaml.Event) -> Spot:
        mark = event.start_mark
        return Spot(self.file, mark.line + 1, mark.column + 1) if mark else Spot(self.file)

    def node(self, event: yaml.Event, depth: int) -> Node:
        spot = self.spot(event)
        if depth > _DEEPEST:
            raise _Unreadable(problem_at(spot, f"nested deeper than {_DEEPEST} levels"))
        if isinstance(event, yaml.AliasEvent):
            self.problems.append(problem_at(spot, "aliases (*name) are not read; write the value out"))
            return Node(spot, None, written="")
        assert isinstance(event, yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent)  # noqa: S101
        if event.anchor is not None:
            self.problems.append(problem_at(spot, "anchors (&name) are not read; remove it"))
        if event.tag is not None:
            self.problems.append(problem_at(spot, "tags (!name) are not read; remove it"))
        match event:
            case yaml.ScalarEvent():
                return Node(spot, _scalar(event), written=event.value)
            case yaml.SequenceStartEvent():
                return Node(spot, list(self.items(depth)))
            case _:
                return self.mapping(spot, depth)

    def items(self, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            yield self.node(event, depth + 1)

    def mapping(self, spot: Spot, depth: int) -> Node:
        values: dict[str, Node] = {}
        keys: dict[str, Spot] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.node(event, depth + 1)
            value = self.node(next(self.events), depth + 1)
            if not isinstance(event, yaml.ScalarEvent) or key.written is None:
                self.problems.append(problem_at(key.spot, "a key must be text"))
            elif key.written in values:
                text = f"'{key.written}' is said twice here, first on line {keys[key.written].line}"
                self.problems.append(problem_at(key.spot, text, key.written))
            else:
                values[key.written], keys[key.written] = value, key.spot
        return Node(spot, values, keys)


def _scalar(event: yaml.ScalarEvent) -> Scalar:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _syntax(error: yaml.MarkedYAMLError, text: str, file: str) -> Problem:
    problem = error.problem or "it cannot be read"
    sentence = next((ours for theirs, ours in _SYNTAX.items() if theirs in problem), None)
    mark = error.problem_mark or error.context_mark
    if sentence and error.context_mark and any(word in sentence for word in _AT_THE_OPENING):
        mark = error.context_mark
    lines = text.splitlines() or [""]
    at_end = (len(lines) - 1, len(lines[-1]))
    line, column = min((mark.line, mark.column), at_end) if mark else at_end
    if "cannot start any token" in problem:
        char = lines[line][column : column + 1]
        sentence = _TABS if char == "\t" else f"a text cannot begin with '{char}'; put it in quotes"
    if sentence == _TABS:
        indented = (i for i in range(line, len(lines)) if lines[i].lstrip(" ").startswith("\t"))
        line = next(indented, line)
        column = max(0, lines[line].find("\t"))
    spot = Spot(file, line + 1, column + 1)
    return problem_at(spot, sentence or f"this is not YAML: {problem}")
