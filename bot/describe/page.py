"""A process description as one self-contained page, to be read on a screen or printed and signed."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, StrictUndefined
from markdown_it import MarkdownIt

_TEMPLATE = Path(__file__).with_name("page.html")


def html(text: str, language: str) -> str:
    """Render a description's Markdown; what stands in names is text there and stays text here."""
    parser = MarkdownIt("commonmark", {"html": False})
    tokens = parser.parse(text)
    sections: list[tuple[str, str]] = []
    title, first = "", len(tokens)
    for i, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag in ("h1", "h2"):
            shown = "".join(child.content for child in tokens[i + 1].children or ())
            if token.tag == "h1":
                title = shown
                continue
            first = min(first, i)
            sections.append((f"s{len(sections) + 1}", shown))
            token.attrSet("id", sections[-1][0])
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_TEMPLATE.read_text("utf-8")).render(
        language=language,
        title=title,
        sections=sections,
        before=parser.renderer.render(tokens[:first], parser.options, {}),
        after=parser.renderer.render(tokens[first:], parser.options, {}),
    )
