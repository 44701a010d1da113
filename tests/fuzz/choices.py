"""Bytes taken as a row of choices, and what is done with a good input by them: the same bytes, the same input."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

Json = Any

ODD_TEXTS: Sequence[str] = (
    *("", " ", "\n", "\x00", "\x1b[31m", "\u200b", "\u202e", "\ufeff", "\ud800", "😀", "\r\n", "\t", "a" * 300),
    *("=1+1", "@SUM(A1)", "{{7*7}}", "[~it1]", "{code}", "<b>", "&amp;", "../..", "%s", "\\", '"', "'", "`", "|"),
    *("0", "-1", "1e999", "NaN", "9" * 30, "null", "true", "2026-02-30", "0001-01-01", "9999-12-31T23:59:59+23:59"),
    *("2026-11-16T10:00:00.000+0200", "2026-11-16T10:00", "24:00", "P1D", "FREQ=SECONDLY", "20270301", "1:2:3:4"),
    *("piletibot", "Piletibot, sulge", "[~accountid:acc-piletibot] sulge", "oota kuni ", "31.2", "10001", "²", "١"),
)  # fmt: skip
ODD_VALUES: Sequence[Json] = (
    *(None, True, False, 0, -1, 1.5, 1e300, 2**31, 2**63, 2**70, -(2**70), [], {}, [[]], [{}], {"": ""}, [None]),
    *({"id": 1}, {"id": "10001"}, {"value": "x"}, {"type": "doc"}, {"type": "doc", "content": [{}]}, ["a", 1]),
)
_MOST_CHANGES, _MOST_ITEMS, _DEEP = 4, 60, 150


class Choices:
    """Reads bytes as choices; when they are used up, every further choice is the first."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def below(self, n: int) -> int:
        """A number from 0 up to n - 1."""
        if n <= 256:
            return self._take(1)[0] % max(n, 1)
        return int.from_bytes(self._take(3), "little") % n

    def text(self) -> str:
        """An odd text, or one of the bytes themselves."""
        n = self.below(len(ODD_TEXTS) + 12)
        if n < len(ODD_TEXTS):
            return ODD_TEXTS[n]
        return self._take(self.below(24)).decode("utf-8", "replace")

    def rest(self) -> bytes:
        """All that is left."""
        rest, self._at = self._data[self._at :], len(self._data)
        return rest

    def _take(self, n: int) -> bytes:
        taken = self._data[self._at : self._at + n]
        self._at += n
        return taken.ljust(n, b"\0")


def changed_json(choices: Choices, good: Json) -> Json:
    """A copy of a value with up to four changes somewhere in it."""
    value = json.loads(json.dumps(good))
    for _ in range(1 + choices.below(_MOST_CHANGES)):
        value = _changed(choices, value, good)
    return value


def _changed(choices: Choices, value: Json, good: Json) -> Json:
    descends = choices.below(8) > 0
    if isinstance(value, dict) and value and descends:
        key = list(value)[choices.below(len(value))]
        match choices.below(10):
            case 0:
                del value[key]
            case 1:
                return {**value, choices.text(): value[key]}
            case _:
                return {**value, key: _changed(choices, value[key], good)}
        return value
    if isinstance(value, list) and value and descends:
        i = choices.below(len(value))
        match choices.below(10):
            case 0:
                del value[i]
            case 1:
                value.insert(i, value[i])
            case 2:
                return (value * (1 + choices.below(30)))[:_MOST_ITEMS]
            case _:
                return [*value[:i], _changed(choices, value[i], good), *value[i + 1 :]]
        return value
    match choices.below(8):
        case 0 | 1 | 2:
            return choices.text()
        case 3:
            return choices.text() + str(value) if isinstance(value, str) else [value]
        case 4:
            return _part(choices, good)
        case 5 if choices.below(4) == 0:
            return _nested(value, choices.below(_DEEP))
        case _:
            return ODD_VALUES[choices.below(len(ODD_VALUES))]


def _part(choices: Choices, value: Json) -> Json:
    """Something out of a good value, to stand in another place."""
    while isinstance(value, dict | list) and value and choices.below(6):
        parts = list(value.values()) if isinstance(value, dict) else value
        value = parts[choices.below(len(parts))]
    return value


def _nested(value: Json, levels: int) -> Json:
    for level in range(levels):
        value = {"type": "doc", "content": [value]} if level % 2 else [value]
    return value


def changed_text(choices: Choices, good: Sequence[str]) -> str:
    """One of some good texts with up to four changes in its lines."""
    text = good[choices.below(len(good))]
    ends = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(ends)
    for _ in range(1 + choices.below(_MOST_CHANGES)):
        i = choices.below(len(lines)) if lines else 0
        line = lines[i] if lines else ""
        at = choices.below(len(line) + 1)
        match choices.below(9):
            case 0:
                del lines[i : i + 1]
            case 1:
                lines[i:i] = [line] * (1 + choices.below(40))
            case 2:
                other = good[choices.below(len(good))].split(ends)
                lines.insert(i, other[choices.below(len(other))])
            case 3:
                lines[i : i + 1] = [line[:at] + choices.text()]
            case 4:
                lines[i : i + 1] = [line[:at] + choices.text() + line[at:]]
            case 5:
                lines[i : i + 1] = [line[:at] + choices.text() + line[at + 1 + choices.below(8) :]]
            case 6:
                lines[i : i + 1] = [" " * choices.below(9) + line.lstrip()]
            case 7:
                j = choices.below(len(lines)) if lines else 0
                if lines:
                    lines[i], lines[j] = lines[j], lines[i]
            case _:
                word = line[at : at + 1 + choices.below(12)]
                lines[i : i + 1] = [line.replace(word, word * choices.below(60), 1) if word else choices.text()]
    return ends.join(lines)
