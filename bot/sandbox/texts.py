"""Texts in the two markups, converted crudely: what v3 wrote is read on v2 as wiki text, and the other way round.

Source of the document's form: the JSON schema of the Atlassian Document Format.
"""

from __future__ import annotations

import re
from typing import Any

Json = Any

_INLINE = re.compile(
    r"\[~(?P<who>[^\]\n]+)\]|\[(?P<label>[^|\]\n]+)\|(?P<href>https?://[^\]\s]+)\]|\{\{(?P<code>[^{}\n]+)\}\}"
    r"|(?<!\w)\*(?P<strong>[^*\n]+)\*(?!\w)|(?<!\w)_(?P<em>[^_\n]+)_(?!\w)"
)


def is_document(body: Json) -> bool:
    """Tell whether `body` looks like an ADF document as Jira accepts it: `doc`, version 1, sound nodes."""
    if not isinstance(body, dict) or body.get("type") != "doc" or body.get("version") != 1:
        return False
    return isinstance(body.get("content"), list) and all(_sound(node) for node in body["content"])


def _sound(node: Json) -> bool:
    if not isinstance(node, dict) or not isinstance(node.get("type"), str):
        return False
    match node["type"]:
        case "text":
            return isinstance(node.get("text"), str) and node["text"] != ""
        case "mention":
            return isinstance(node.get("attrs"), dict) and isinstance(node["attrs"].get("id"), str)
        case "doc":
            return False
    children = node.get("content", [])
    return isinstance(children, list) and all(_sound(child) for child in children)


def plain(body: Json) -> str:
    """Return a text's wiki form, whichever markup it was given in; empty for none."""
    if body is None:
        return ""
    if isinstance(body, dict):
        return "\n\n".join(filter(None, (_block(node) for node in body.get("content", ()))))
    return str(body)


def _block(node: Json, depth: int = 1) -> str:
    children = node.get("content", ())
    match node.get("type"):
        case "paragraph" | "heading":
            return "".join(_inline(child) for child in children)
        case "bulletList" | "orderedList":
            mark = ("*" if node["type"] == "bulletList" else "#") * depth
            return "\n".join(
                f"{mark} " + "\n".join(_block(part, depth + 1) for part in entry.get("content", ()))
                for entry in children
            )
        case "codeBlock":
            return "{code}\n" + "".join(_inline(child) for child in children) + "\n{code}"
        case "rule":
            return "----"
    return "\n".join(_block(child, depth) if "content" in child else _inline(child) for child in children)


def _inline(node: Json) -> str:
    match node.get("type"):
        case "hardBreak":
            return "\n"
        case "mention":
            return f"[~accountid:{node['attrs']['id']}]"
    text = str(node.get("text") or node.get("attrs", {}).get("text", ""))
    for mark in node.get("marks", ()):
        match mark.get("type"):
            case "link":
                text = f"[{text}|{mark['attrs']['href']}]"
            case "strong":
                text = f"*{text}*"
            case "em":
                text = f"_{text}_"
            case "code":
                text = "{{" + text + "}}"
    return text


def document(body: Json) -> Json:
    """Return a text as an ADF document, whichever markup it was given in; None for none."""
    if body is None or isinstance(body, dict):
        return body
    blocks: list[Json] = []
    for part in re.split(r"\n\s*\n", str(body).replace("\r\n", "\n")):
        lines = part.split("\n")
        if lines and all(line.lstrip().startswith("* ") for line in lines):
            entries = [_paragraph(line.lstrip()[2:]) for line in lines]
            blocks.append(
                {"type": "bulletList", "content": [{"type": "listItem", "content": [each]} for each in entries]}
            )
        elif part:
            blocks.append(_paragraph(part))
    return {"type": "doc", "version": 1, "content": blocks}


def _paragraph(text: str) -> Json:
    nodes: list[Json] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            nodes.append({"type": "hardBreak"})
        nodes += _nodes(line)
    return {"type": "paragraph", "content": nodes}


def _nodes(line: str) -> list[Json]:
    nodes: list[Json] = []
    at = 0
    for found in _INLINE.finditer(line):
        nodes += _text(line[at : found.start()])
        at = found.end()
        match found.lastgroup:
            case "who":
                who = found["who"].removeprefix("accountid:")
                nodes.append({"type": "mention", "attrs": {"id": who, "text": f"@{who}"}})
            case "href":
                mark = {"type": "link", "attrs": {"href": found["href"]}}
                nodes.append({"type": "text", "text": found["label"], "marks": [mark]})
            case str(kind):
                nodes.append({"type": "text", "text": found[kind], "marks": [{"type": kind}]})
    return nodes + _text(line[at:])


def _text(text: str) -> list[Json]:
    return [{"type": "text", "text": text}] if text else []
