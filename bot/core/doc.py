"""A message as a tree: written once, rendered to every markup. Values are text nodes, never markup."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A run of characters, shown as they are."""

    text: str
    strong: bool = False
    em: bool = False
    code: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link that the message's author wrote; `href` is http(s)."""

    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A person word; the tracker turns it into a mention that reaches the person."""

    person: str


@dataclass(frozen=True, slots=True)
class Break:
    """A line break inside a paragraph."""


Inline = Text | Link | Mention | Break


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A block of running text."""

    inlines: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list; every item is one line of inlines."""

    items: tuple[tuple[Inline, ...], ...]


Block = Paragraph | Bullets


@dataclass(frozen=True, slots=True)
class Doc:
    """A whole message."""

    blocks: tuple[Block, ...]
