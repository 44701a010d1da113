"""The words of the pages: each in every language, each used, none missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.web.page import FOLDER
from bot.web.pages import all_pages
from bot.web.words import COMMON, LANGUAGES, language_of, read

FILES = [COMMON, *(page.words for page in all_pages())]
WEB = FOLDER.parent


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_word_is_said_in_every_language(file: Path) -> None:
    for key, said in read(file).items():
        assert set(said) == set(LANGUAGES), key
        assert all(text.strip() == text and text for text in said.values()), key
        assert len({frozenset(re.findall(r"{\w+}", text)) for text in said.values()}) == 1, key


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_word_is_there_for_nothing(file: Path) -> None:
    """Words that a template names by what it shows begin with `kind_`."""
    beside = WEB.rglob("*.[hp]*") if file == COMMON else FOLDER.glob(f"{file.stem}.[hp]*")
    text = "".join(each.read_text("utf-8") for each in beside if each.suffix in (".html", ".py"))
    unused = [key for key in read(file) if "_" not in key and not re.search(rf"\bw\.{key}\b|\"{key}\"", text)]
    assert set(unused) <= {"title"}


@pytest.mark.parametrize("page", all_pages(), ids=lambda page: page.name)
def test_what_a_template_says_is_there(page) -> None:
    file = FOLDER / f"{page.name}.html"
    template = file.read_text("utf-8") if file.exists() else ""
    said = set(re.findall(r"\bw\.(\w+)", template)) | {"title"}
    assert said - set(read(page.words)) - set(read(COMMON)) == set()


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "language"),
    [
        (None, None, "", "et"),
        ("ru", "en", "et", "ru"),
        ("xx", "en", "et", "en"),
        (None, "xx", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        (None, None, "fi, en;q=0.5, ru;q=0.7", "ru"),
        (None, None, "de, fr;q=0.5", "et"),
        (None, None, "en;q=x, ru;q=0.1", "ru"),
        (None, None, ",;q=,*", "et"),
    ],
)
def test_the_language_to_answer_in(asked: str | None, kept: str | None, accepted: str, language: str) -> None:
    assert language_of(asked, kept, accepted, "et") == language
