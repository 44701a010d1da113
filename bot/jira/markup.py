r"""Messages in Jira's two markups: wiki text (Data Center) and the Atlassian Document Format (Cloud).

Wiki text is escaped with numeric character references. Jira's renderer keeps them as they are, while its
backslash escape knows only some characters and hands `\{` and `\[` on to be read as markup after all
(atlassian-renderer: BackslashEscapeRendererComponent, HtmlEscaper, RenderMode.F_PRESERVE_ENTITIES).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import quote

from bot.core.doc import Block, Break, Doc, Inline, Link, Mention, Paragraph, Text
from bot.wording import clean

_LETTER = "0-9A-Za-zÀ-ÖØ-öø-ɏЀ-ҁҊ-ӿ"
_ALWAYS = r"\\{}\[\]*+^~#@|&<>"
_SPECIAL = re.compile(rf"[{_ALWAYS}()_\-:;!?]|(?<=/)/")
"""Every character that can be part of markup, in words and out of them."""
_SPECIAL_IN_TEXT = re.compile(
    rf"""[{_ALWAYS}] | (?<=/)/
    | (?<![{_LETTER}])[_-] | [_-](?![{_LETTER}])         # but IT-tugi, L2_IT
    | [;!?](?!\ |\Z)                                     # but an end of a sentence
    | :(?!\ |\Z|[0-9]{{2}}) | (?<![0-9]{{2}}):(?!\ |\Z)  # but a colon before a space, 14:30
    | \((?![{_LETTER}]+\ ) | (?<![{_LETTER}])\)          # but (two words); (y) would be a picture
    """,
    re.VERBOSE,
)
"""The same, but where Jira reads no markup in them: the text stays legible where it is shown raw."""
_BLOCK_START = re.compile(r"^(\s*(?:h[1-6]|bq))\.", re.MULTILINE | re.IGNORECASE)
_NO_USER_NAME = re.compile(r"[\[\]{}|\\\n]")
_NOT_IN_HREF = re.compile(r"[\[\]{}|\\\s^]")


def wiki(doc: Doc, mention: Callable[[str], str]) -> str:
    """Render as Jira wiki text; `mention` gives the user name of a person word, as in `[~name]`.

    No text of the message is read as markup. A user name that no mention can hold is shown as text.
    """
    return "\n\n".join(
        _wiki_line(block.inlines, "\n", mention)
        if isinstance(block, Paragraph)
        else "\n".join("* " + _wiki_line(item, r" \\ ", mention) for item in block.items)
        for block in doc.blocks
    )


def _wiki_line(inlines: Iterable[Inline], line_break: str, mention: Callable[[str], str]) -> str:
    line = list(inlines)
    shown = []
    for inline, after in zip(line, [*line[1:], Break()], strict=False):
        match inline:
            case Text(strong=False, em=False, code=False):
                shown.append(_escaped_text(clean(inline.text), isinstance(after, Break)))
            case Text():
                shown.append(_styled(inline))
            case Link(text, href):
                address = _NOT_IN_HREF.sub(lambda found: quote(found[0]), href)
                shown.append(f"[{_escaped(clean(text) or href)}|{address}]")
            case Mention(person):
                name = mention(person)
                shown.append(f"[~{name}]" if not _NO_USER_NAME.search(name) else _escaped(clean(f"@{name}")))
            case Break():
                shown.append(line_break)
    return _BLOCK_START.sub(r"\1&#46;", "".join(shown))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(_reference, text)


def _escaped_text(text: str, ends_line: bool) -> str:
    shown = _SPECIAL_IN_TEXT.sub(_reference, text)
    if not ends_line and text.endswith((":", ";", "!", "?")):  # before a mark, a link or a mention
        return shown[:-1] + _reference_to(shown[-1])
    return shown


def _reference(found: re.Match[str]) -> str:
    return _reference_to(found[0])


def _reference_to(character: str) -> str:
    return f"&#{ord(character)};"


def _styled(inline: Text) -> str:
    """Put marks around the text, in braces so that they also hold inside a word, and spaces outside them."""
    text = clean(inline.text)
    core = text.strip()
    if not core:
        return text
    marks = ("{*}" if inline.strong else "") + ("{_}" if inline.em else "")
    body = "{{" + _escaped(core) + "}}" if inline.code else _escaped(core)
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{marks}{body}{'{_}' if inline.em else ''}{'{*}' if inline.strong else ''}{after}"


def adf(doc: Doc, mention: Callable[[str], tuple[str, str | None]]) -> dict[str, Any]:
    """Render as an ADF document (version 1); `mention` gives a person word's account id and, if known, name."""
    return {"version": 1, "type": "doc", "content": [_adf_block(block, mention) for block in doc.blocks]}


def _adf_block(block: Block, mention: Callable[[str], tuple[str, str | None]]) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        return _adf_paragraph(block.inlines, mention)
    items = [{"type": "listItem", "content": [_adf_paragraph(item, mention)]} for item in block.items]
    return {"type": "bulletList", "content": items}


def _adf_paragraph(inlines: Iterable[Inline], mention: Callable[[str], tuple[str, str | None]]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(_adf_inlines(inlines, mention))}


def _adf_inlines(
    inlines: Iterable[Inline], mention: Callable[[str], tuple[str, str | None]]
) -> Iterator[dict[str, Any]]:
    for inline in inlines:
        match inline:
            case Text(text, strong, em, code):
                # the format lets code stand with no other of these marks
                marks = ["code"] if code else ["strong"] * strong + ["em"] * em
                yield from _adf_text(text, [{"type": mark} for mark in marks])
            case Link(text, href):
                yield from _adf_text(text or href, [{"type": "link", "attrs": {"href": href}}])
            case Mention(person):
                account, name = mention(person)
                yield {
                    "type": "mention",
                    "attrs": {"id": account} | ({"text": clean(name)} if name is not None else {}),
                }
            case Break():
                yield {"type": "hardBreak"}


def _adf_text(text: str, marks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Make a text node, or none of an empty text: the format refuses those."""
    cleaned = clean(text)
    if cleaned:
        yield {"type": "text", "text": cleaned} | ({"marks": marks} if marks else {})
