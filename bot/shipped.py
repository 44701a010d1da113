"""Where the rulebooks that come with the bot are."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def rules_folder() -> Path:
    """The folder of the shipped rulebooks: `rules/` beside the package in a checkout, else inside the wheel."""
    checkout = _PACKAGE.parent / "rules"
    inside_a_checkout = (_PACKAGE.parent / "pyproject.toml").is_file() and checkout.is_dir()
    return checkout if inside_a_checkout else _PACKAGE / "rules"
