"""The forms in which a digest is written: one entry each, in `FORMATS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bot.core.rulebook import Rulebook
from bot.report import csv_rows
from bot.report.digest import Digest
from bot.report.page import Page, page
from bot.report.pictures import Picture
from bot.report.plain import plain
from bot.report.records import record
from bot.report.tell import Tell


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form is written from: the digest, put into words as well, and the pictures that go with it.

    `notes` are what the reader is to know of this copy before they read it.
    """

    digest: Digest
    page: Page
    tell: Tell
    pictures: Sequence[Picture] = ()
    notes: Sequence[str] = ()


class Form(NamedTuple):
    """A form: how it is written, what its files are called behind the point, and its type."""

    write: Callable[[Shown], bytes]
    suffix: str
    type: str


def render(
    digest: Digest,
    form: str,
    language: str,
    book: Rulebook,
    browse: str = "",
    pictures: Sequence[Picture] = (),
    notes: Sequence[str] = (),
) -> bytes:
    """Write a digest in a form of `FORMATS`. `browse` is the address before a key that opens a ticket."""
    tell = Tell(language, book, browse)
    return FORMATS[form].write(Shown(digest, page(digest, tell), tell, pictures, notes))


def html(shown: Shown) -> bytes:
    """Write one self-contained page without scripts."""
    return _filled("digest.html", shown).encode()


def mail(shown: Shown) -> bytes:
    """Write the page for a mail program: laid out in tables, all of its style in its tags."""
    import css_inline

    return css_inline.inline(
        _filled("digest_mail.html", shown), keep_style_tags=True, load_remote_stylesheets=False
    ).encode()


def text(shown: Shown) -> bytes:
    """Write it as plain text, in lines of 76 columns at most."""
    return plain(shown.page, shown.pictures, shown.notes).encode()


def json(shown: Shown) -> bytes:
    """Write it for other programs: one JSON object, as docs/digest.md has it."""
    written = msgspec.json.encode(record(shown.digest, shown.page.title, shown.tell))
    return msgspec.json.format(written, indent=2) + b"\n"


def xlsx(shown: Shown) -> bytes:
    """Write it as a workbook."""
    from bot.report.sheets import workbook

    return workbook(shown.digest, shown.page, shown.tell)


def csv(shown: Shown) -> bytes:
    """Write its figures as CSV."""
    return csv_rows.rows(shown.digest, shown.tell)


FORMATS: Mapping[str, Form] = {
    "html": Form(html, "html", "text/html"),
    "mail": Form(mail, "html", "text/html"),
    "text": Form(text, "txt", "text/plain"),
    "json": Form(json, "json", "application/json"),
    "xlsx": Form(xlsx, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "csv": Form(csv, "csv", "text/csv"),
}
"""The forms by the words under which one asks for them; adding one costs one place."""


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _filled(name: str, shown: Shown) -> str:
    page = shown.page
    return _template(name).render(page=page, pictures=shown.pictures, words=page.words, notes=shown.notes)


def _template(name: str) -> Template:
    return _environment().get_template(name)
