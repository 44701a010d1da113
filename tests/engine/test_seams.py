"""Every point at which the process may be killed has a name in one table, and every name is passed somewhere."""

from __future__ import annotations

import ast
from pathlib import Path

from bot.engine.seams import NAMES, SEAMS

BOT = Path(__file__).resolve().parents[2] / "bot"


def passed() -> set[str]:
    """The names with which the code calls a seam, be it the engine's or the store's."""
    names: set[str] = set()
    for file in BOT.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("seam", "['seam']")):
                (name,) = node.args
                names.add(ast.literal_eval(name))
    return names


def test_each_seam_is_passed_and_each_point_is_named() -> None:
    assert passed() == set(NAMES)


def test_names_are_unique_and_tell_what_happened() -> None:
    assert len(set(NAMES)) == len(SEAMS)
    assert len({seam.by_then for seam in SEAMS}) == len(SEAMS)
