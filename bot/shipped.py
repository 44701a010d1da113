"""Where the rulebooks that come with the bot are."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def rules_folder(package: Path = _PACKAGE) -> Path:
    """The folder of the shipped rulebooks: `rules/` beside the package in a checkout, else inside the wheel."""
    checkout = package.parent / "rules"
    in_a_checkout = (package.parent / "pyproject.toml").is_file() and checkout.is_dir()
    return checkout if in_a_checkout else package / "rules"
