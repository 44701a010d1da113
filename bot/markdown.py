"""The Markdown of a message into blocks, with values put in after parsing; and what it may not hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.core.doc import Block, Break, Bullets, Inline, Link, Paragraph, Text

_SLOT = re.compile("\ue000([0-9]+)\ue001")
_WEB = re.compile(r"https?://[^/]", re.IGNORECASE)
_BLOCK_TOKENS = frozenset(
    f"{block}{end}" for block in ("paragraph", "bullet_list", "list_item") for end in ("_open", "_close")
) | {"inline"}
_INLINE_TOKENS = frozenset(f"{inline}{end}" for inline in ("strong", "em", "link") for end in ("_open", "_close")) | {
    "text",
    "softbreak",
    "hardbreak",
    "code_inline",
}
_MARKUP = "a message holds paragraphs, breaks, simple lists, strong, em, code and links only"


def placeholder(slot: int) -> str:
    """Make what stands in the Markdown for the value of this slot: its number in private-use characters."""
    return f"\ue000{slot}\ue001"


def _parser(preset: str) -> MarkdownIt:
    parser = MarkdownIt(preset)
    normalized = parser.normalizeLink
    parser.normalizeLink = lambda url: "" if _SLOT.search(url) else normalized(url)  # type: ignore[method-assign]
    return parser


_MESSAGE = _parser("zero").enable(["list", "backticks", "emphasis", "escape", "link", "autolink", "newline"])
"""Knows only what a message may hold; the rest stays the characters it is."""
_MESSAGE.validateLink = lambda url: _WEB.match(url) is not None  # type: ignore[method-assign]

_COMMONMARK = _parser("commonmark").disable(["reference", "entity"])
"""Knows what an author may have meant, to tell them what a message may not hold."""
_COMMONMARK.validateLink = lambda url: True  # type: ignore[method-assign]


def blocks(source: str, slots: Sequence[tuple[Inline, ...]]) -> Iterator[Block]:
    """Parse a message into blocks, each placeholder replaced by its slot's inlines in the style around it."""
    items: list[tuple[Inline, ...]] | None = None
    for token in _MESSAGE.parse(source):
        if token.type.endswith("_list_open") and items is None:
            items = []
        elif token.type.endswith("_list_close") and token.level == 0:
            yield Bullets(tuple(items or ()))
            items = None
        elif token.type == "inline":
            line = _joined(_inlines(token.children or (), slots))
            if items is None:
                yield Paragraph(line)
            else:
                items.append(line)


def _inlines(tokens: Iterable[Token], slots: Sequence[tuple[Inline, ...]]) -> Iterator[Inline]:
    style = Text("")
    link: tuple[str, list[str]] | None = None
    for token in tokens:
        match token.type:
            case "strong_open" | "strong_close":
                style = replace(style, strong=token.nesting == 1)
            case "em_open" | "em_close":
                style = replace(style, em=token.nesting == 1)
            case "link_open":
                link = str(token.attrs["href"]), []
            case "link_close" if link is not None:
                yield Link("".join(link[1]), link[0])
                link = None
            case "hardbreak":
                yield Break()
            case _:
                text = " " if token.type == "softbreak" else token.content
                filled = _filled(text, slots, replace(style, code=token.type == "code_inline"))
                if link is None:
                    yield from filled
                else:
                    link[1].extend(inline.text for inline in filled if isinstance(inline, Text))


def _filled(text: str, slots: Sequence[tuple[Inline, ...]], style: Text) -> Iterator[Inline]:
    """Put the values in their places."""
    for i, piece in enumerate(_SLOT.split(text)):
        for inline in slots[int(piece)] if i % 2 else (Text(piece),):
            yield replace(style, text=inline.text) if isinstance(inline, Text) else inline


def _joined(inlines: Iterable[Inline]) -> tuple[Inline, ...]:
    """Make neighbours of one style one, and leave empty ones out."""
    line: list[Inline] = []
    for inline in inlines:
        last = line[-1] if line else None
        if not isinstance(inline, Text):
            line.append(inline)
        elif isinstance(last, Text) and replace(last, text="") == replace(inline, text=""):
            line[-1] = replace(last, text=last.text + inline.text)
        elif inline.text:
            line.append(inline)
    return tuple(line)


def faults(source: str) -> Iterator[tuple[int, str]]:
    """Find what a message may not hold, as pairs of line and text; placeholders stand for its values."""
    tokens = _COMMONMARK.parse(source)
    if not tokens:
        yield 1, "the message is empty"
    line = 1
    for before, token in pairwise((tokens[0], *tokens) if tokens else ()):
        line = token.map[0] + 1 if token.map else line
        nested = token.type == "bullet_list_open" and token.level > 0
        second = token.type == "paragraph_open" and token.level > 0 and before.type == "paragraph_close"
        if nested or second or (token.type not in _BLOCK_TOKENS and token.nesting != -1):
            yield line, f"{token.type.removesuffix('_open').replace('_', ' ')}: {_MARKUP}"
        in_link = False
        for child in token.children or ():
            in_link = in_link if not child.type.startswith("link_") else child.type == "link_open"
            yield from ((line, fault) for fault in _inline_faults(child, in_link))
            line += child.type in ("softbreak", "hardbreak")


def _inline_faults(token: Token, in_link: bool) -> Iterator[str]:
    if token.type not in _INLINE_TOKENS:
        yield f"{token.type.replace('_', ' ')}: {_MARKUP}"
    if token.type == "link_open" and not _WEB.match(str(token.attrs["href"])):
        yield "a link leads to a fixed http or https address"
    if in_link and token.type != "link_open" and (token.type != "text" or _SLOT.search(token.content)):
        yield "a link's text is fixed and plain"
