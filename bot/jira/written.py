"""Texts to be looked at and let go: Data Center's wiki text, or Cloud's document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

LONGEST = 6000
"""Bytes of JSON; no text is made of a longer body."""

_MS_DIGITS = 15
_LINES = ("paragraph", "hardBreak")
_SILENT = ("mention", "emoji", "blockquote")
_UNSAID = ("code", "strike")
_INLINE = ("text", "emoji", "inlineCard", "date", "status", "mediaInline", "doc")
_MENTION = re.compile(r"\[~[^\]\n]{1,80}\]")
_SHOWN = ("media", "mediaInline", "inlineCard", "blockCard", "embedCard", "mention", "date", "status")
_PLAIN = ("doc", "text", *_LINES)


def written(body: msgspec.Raw) -> str:
    """Give the text of a comment's body; nothing for a long one, or one with more in it than words and who is meant.

    A document's format is Atlassian's (developer.atlassian.com/cloud/jira/platform/apis/document/structure).
    """
    if not 0 < len(memoryview(body)) <= LONGEST:
        return ""
    try:
        value = msgspec.json.decode(body)
        parts = list(_parts(value)) if isinstance(value, dict) else []
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(value, str):
        return value
    return "" if None in parts else "".join(part for part in parts if part is not None)


def first_line(body: msgspec.Raw) -> tuple[str, bool]:
    """Give the first line of a comment with anything on it, and whether more follows; nothing of a quotation.

    Who is mentioned stands as `[~accountid:ID]`, as in Data Center's wiki text, a date of a document as ISO, and what
    is marked as code or struck out as one sign.
    """
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "", False
    if isinstance(value, str):
        lines = [line for line in value.splitlines() if line.strip()]
        return (lines[0].strip(), len(lines) > 1) if lines else ("", False)
    content = value.get("content") if isinstance(value, dict) else None
    blocks = [block for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    for i, block in enumerate(blocks):
        if not says_something(block):
            continue
        if block.get("type") != "paragraph":
            return "", False
        lines = [line for line in _inline_text(block).splitlines() if line.strip()]
        return (lines[0].strip() if lines else ""), len(lines) > 1 or any(map(says_something, blocks[i + 1 :]))
    return "", False


def _inline_text(paragraph: dict[str, Any]) -> str:
    """The words of a paragraph of a document, with its line breaks."""
    inlines = paragraph.get("content")
    return "".join(map(_inline, inlines)) if isinstance(inlines, list) else ""


def _inline(node: object) -> str:
    attributes = node.get("attrs") if isinstance(node, dict) else None
    match node, attributes:
        case {"type": "text", "text": str(text)}, _:
            return "`" if _is_marked(node) else text
        case {"type": "hardBreak"}, _:
            return "\n"
        case {"type": "mention"}, {"id": str(account)}:
            return f"[~accountid:{account}]"
        case {"type": "date"}, {"timestamp": str(ms)} if ms.isascii() and ms.isdigit() and len(ms) < _MS_DIGITS:
            return f"{datetime.fromtimestamp(int(ms) / 1000, UTC):%Y-%m-%d}"
    return " "


def _is_marked(text: object) -> bool:
    """Whether a text stands as code or is struck out, so that it is shown and not said."""
    marks = text.get("marks") if isinstance(text, dict) else None
    return isinstance(marks, list) and any(isinstance(mark, dict) and mark.get("type") in _UNSAID for mark in marks)


def whole_text(value: object, longest: int) -> str:
    """Give the words of a description or comment of any length, whatever else is in it, up to `longest` characters.

    Each block of a document ends its line. Who is mentioned is left out; a link shown as a card is its address.
    """
    if isinstance(value, str):
        return _MENTION.sub(" ", value[:longest])
    parts: list[str] = []
    length = 0
    # Not by recursion: documents may nest deeper than Python goes. What ends a line waits below its contents.
    waiting: list[object] = [value]
    while waiting and length < longest:
        node = waiting.pop()
        if isinstance(node, str):
            parts.append(node)
            length += len(node)
        elif isinstance(node, list):
            waiting += reversed([one for one in node if isinstance(one, dict)])
        elif isinstance(node, dict):
            waiting += reversed(_contents(node))
    return "".join(parts)[:longest]


def _contents(node: dict[str, Any]) -> list[object]:
    """What a node of a document stands for, in order: texts, and further nodes."""
    kind, text, attributes = node.get("type"), node.get("text"), node.get("attrs")
    if kind == "mention":
        return [" "]
    address = attributes.get("url") if isinstance(attributes, dict) else None
    texts = [one for one in (text, address) if isinstance(one, str)]
    ends = [] if kind in _INLINE else ["\n"]
    return [*texts, *([node["content"]] if isinstance(node.get("content"), list) else []), *ends]


def is_document(value: object) -> bool:
    """Whether a field's value is a text in Cloud's form."""
    return isinstance(value, dict) and value.get("type") == "doc"


def says_something(value: object) -> bool:
    """Whether a value holds a letter, a figure or a file: a dash or an empty paragraph says nothing."""
    match value:
        case str():
            return any(c.isalnum() for c in value)
        case list():
            return any(map(says_something, value))
        case {"type": str(kind), **more}:
            return kind in _SHOWN or says_something([more.get("text"), more.get("content")])
    return value is not None


def _parts(node: dict[str, Any]) -> Iterator[str | None]:
    """The texts of a document's nodes, quotations left out; None for what is no text."""
    kind, text, content = node.get("type"), node.get("text", ""), node.get("content", [])
    if kind in _SILENT:
        yield " "
        return
    if kind not in _PLAIN or not isinstance(text, str) or not isinstance(content, list):
        yield None
        return
    yield text
    for inner in content:
        yield from _parts(inner) if isinstance(inner, dict) else (None,)
    if kind in _LINES:
        yield "\n"
