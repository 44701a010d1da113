"""Text of strangers where it is shown to somebody: no character of it drives a terminal or begins a line of a log."""

from __future__ import annotations

import re

_DRIVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile(r"[\n\t]")


def visible(text: str) -> str:
    r"""Write out what would drive a terminal, or turn the direction of writing, as `\x1b`; lines stay lines."""
    return _DRIVES.sub(_written_out, text)


def on_one_line(text: str) -> str:
    r"""The same, with ends of lines and tabs as `\x0a` too."""
    return _BREAKS.sub(_written_out, visible(text))


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
