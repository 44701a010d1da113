"""The fixed sentences of a process description, from a file for each language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def words_of(language: str, table: str = "sentences") -> Mapping[str, str]:
    """The sentences of a language, or what it calls the values of messages (`values`).

    Every language has the same ones. Raises OSError for a language in which nothing is described.
    """
    words: Mapping[str, str] = tomllib.loads((_FOLDER / f"{language}.toml").read_text("utf-8"))[table]
    return words
