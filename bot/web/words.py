"""The words of the pages: each key once, in a file beside its page, in every language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("et", "en", "ru")
"""The languages of the pages."""

COMMON = Path(__file__).with_name("common.toml")
"""What more than one page says."""


@cache
def read(file: Path) -> Mapping[str, Mapping[str, str]]:
    """Read a file of words: by key, then by language."""
    return tomllib.loads(file.read_text("utf-8"))


def words_of(file: Path, language: str) -> dict[str, str]:
    """The words of a page in a language, the common ones under them."""
    return {key: said[language] for each in (COMMON, file) for key, said in read(each).items()}


def language_of(asked: str | None, kept: str | None, accepted: str, own: str) -> str:
    """The language to answer in: the one asked for, else the one kept, else the most wanted that there is."""
    for each in (asked, kept):
        if each in LANGUAGES:
            return str(each)
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        language = name.strip().partition("-")[0].lower()
        if language in LANGUAGES:
            try:
                wanted.append((-float(weight or 1), place, language))
            except ValueError:
                continue
    return min(wanted)[2] if wanted else own
