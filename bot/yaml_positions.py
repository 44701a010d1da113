"""YAML in which every value remembers where it stands, and in which one thing has one spelling.

Only `true` and `false` are booleans (YAML 1.2, core schema); `NO`, `on`, `08:00`, `0755` and `2026-12-30` are
text. Keys are text as written. Texts are in Unicode's composed form (NFC), so that a letter is the same however it
was typed. Tags, anchors, aliases and second documents are refused, so that a file is as large as it looks, and so
are characters that nobody sees. Parsed by events, not composed: libyaml's composer overflows the stack on deep
nesting.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 40
_MOST_VALUES = 20_000
_LONGEST_SHOWN = 80
_INT = re.compile(r"-?(?:0|[1-9][0-9]{0,14})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}")
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)
_OTHER_SPACE = re.compile("[\xa0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_LINE_END = re.compile("\r\n|\r|\n")

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
    "found invalid Unicode character": "this escape is no character; write the text in single quotes",
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
    """A problem at a place. Its text begins with what is written there, unless that is in it anyway; in brief."""
    if offending:
        shown = _brief(offending)
        is_told = offending.casefold() in text.casefold()
        text = text.replace(offending, shown) if is_told else f"'{shown}': {text}"
        if suggestion and (strange := _of_another_alphabet(offending)):
            text = f"{text}, of which {', '.join(strange)} {'is' if len(strange) == 1 else 'are'} not Latin"
    return Problem(spot.file, spot.line, spot.column, text, offending, suggestion)


def _of_another_alphabet(word: str) -> list[str]:
    """The Cyrillic and Greek letters of a word that is Latin otherwise."""
    scripts = {letter: unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha()}
    if "LATIN" not in scripts.values():
        return []
    return [f"'{letter}'" for letter, script in scripts.items() if script in ("CYRILLIC", "GREEK")]


def _brief(written: str) -> str:
    line = " ".join(written.split()) if "\n" in written else written
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"


def spot_in(text: str, at: int, file: str) -> Spot:
    """The place of a text's character, whatever ends its lines."""
    lines = _LINE_END.split(text[:at])
    return Spot(file, len(lines), len(lines[-1]) + 1)


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


@lru_cache(maxsize=64)
def read_yaml(text: str, file: str) -> tuple[Node | None, tuple[Problem, ...]]:
    """Read one document; None when it is empty or cannot be read. Never raises: what is wrong is in the problems.

    The same text is not read twice, as when one file of many has changed: leave the nodes as they are.
    """
    text = text.removeprefix("\ufeff")
    unread = tuple(
        problem_at(spot_in(text, found.start(), file), said)
        for pattern in (_INVISIBLE, _OTHER_SPACE)
        if (found := pattern.search(text)) and (said := _unseen(found[0]))
    )
    if unread:
        return None, tuple(sorted(unread))
    reader = _Reader(file, yaml.parse(text, Loader=_Loader), [])
    try:
        return reader.document(), tuple(reader.problems)
    except yaml.MarkedYAMLError as error:
        return None, (*reader.problems, _syntax(error, text, file))
    except _Unreadable as error:
        return None, (*reader.problems, *error.args)


def _unseen(text: str) -> str | None:
    """What is wrong with a text that holds what nobody sees."""
    if found := _INVISIBLE.search(text):
        return f"an invisible character (U+{ord(found[0]):04X}) cannot stand in a rulebook"
    if found := _OTHER_SPACE.search(text):
        return f"this space is not the ordinary one (U+{ord(found[0]):04X}); write it anew"
    return None


class _Unreadable(Exception):
    """Reading stops here; the only argument is the problem."""


@dataclass(slots=True)
class _Reader:
    file: str
    events: Iterator[yaml.Event]
    problems: list[Problem]
    values: int = 0

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
        self.values += 1
        if self.values > _MOST_VALUES:
            text = f"more than {_MOST_VALUES} values stand in this file; write the rest into another"
            raise _Unreadable(problem_at(spot, text))
        if isinstance(event, yaml.AliasEvent):
            self.problems.append(problem_at(spot, f"the alias '*{event.anchor}' is not read; write the value out"))
            return Node(spot, None, written="")
        begins = yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent
        assert isinstance(event, begins)  # noqa: S101 - for mypy
        if event.anchor is not None:
            self.problems.append(problem_at(spot, f"the anchor '&{event.anchor}' is not read; remove it"))
        if event.tag is not None:
            self.problems.append(problem_at(spot, "tags (!name) are not read; remove it"))
        match event:
            case yaml.ScalarEvent():
                return self.scalar(event, spot)
            case yaml.SequenceStartEvent():
                return Node(spot, list(self.items(depth)))
            case _:
                return self.mapping(spot, depth)

    def scalar(self, event: yaml.ScalarEvent, spot: Spot) -> Node:
        """A scalar; what nobody sees may have got into it as an escape."""
        text = unicodedata.normalize("NFC", event.value)
        if event.style == '"' and (unseen := _unseen(text)):
            self.problems.append(problem_at(spot, unseen))
        return Node(spot, _scalar(text) if event.implicit[0] else text, written=text)

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


def _scalar(text: str) -> Scalar:
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
