"""`piletibot describe`: a rulebook told in sentences, in the terminal or in a file; asks no Jira."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from bot.core.phrases import PHRASED
from bot.describe.document import describe as told
from bot.settings import Misconfigured
from bot.start import read_desk


def describe(folder: Path, language: str | None, out: Path | None, on: date | None, console: Console) -> int:
    """Tell the rulebook of a folder, in the desk's own language where none is named; return 0.

    `out` ends in `.md` or `.html`; none is the terminal. Raises Misconfigured and OSError.
    """
    if out is not None and out.suffix not in (".md", ".html"):
        raise Misconfigured(f"--out {out}: write a name that ends in .md or .html")
    desk = read_desk(folder, "")
    own = desk.book.entries.language
    spoken = language or (own if own in PHRASED else PHRASED[-1])
    text = told(desk.book, desk.messages, spoken, on)
    if out is None:
        console.print(Markdown(text))
        return 0
    if out.suffix == ".html":
        from bot.describe.page import html

        text = html(text, spoken)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, "utf-8")
    print(out)
    return 0
