"""What is measured as blocks of text, each between its name's markers, and the pages that have a place for it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from made_parts import write_part

_BLOCK = re.compile(r"^<!-- (?P<name>[\w-]+) -->\n(?P<text>.*?)\n<!-- /(?P=name) -->$", re.MULTILINE | re.DOTALL)


def block(name: str, text: str) -> str:
    """A block of this name."""
    return f"<!-- {name} -->\n{text}\n<!-- /{name} -->"


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """The names and texts of all blocks in a text."""
    return ((found["name"], found["text"]) for found in _BLOCK.finditer(text))


def fill(folder: Path, name: str, text: str) -> bool:
    """Write a block into every page of a folder that has a place for it; whether there is one."""
    return any(write_part(page, name, text) for page in sorted(folder.glob("*.md")))
