"""Whose comment it is and what it tells the bot, where somebody would have it look otherwise."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fuzz.readers import bound

from bot.core.ticket import Command
from bot.jira.reader import decode_issue, read_ticket

Json = Any
SULGE = "piletibot sulge"
CLOSE = Command("close")


def user(word: str, flavour: str = "cloud") -> Json:
    shown = {"displayName": "Mari Mets", "active": True}
    return shown | ({"accountId": f"acc-{word}"} if flavour == "cloud" else {"key": f"KEY-{word}", "name": word})


def doc(*content: Json) -> Json:
    return {"type": "doc", "version": 1, "content": list(content)}


def paragraph(*content: Json) -> Json:
    return {"type": "paragraph", "content": list(content)}


def text(said: str, *marks: str) -> Json:
    return {"type": "text", "text": said} | ({"marks": [{"type": mark} for mark in marks]} if marks else {})


def block(kind: str, *content: Json) -> Json:
    return {"type": kind, "content": list(content)}


SAID = paragraph(text(SULGE))
BOT = {"type": "mention", "attrs": {"id": "acc-piletibot", "text": "@Piletibot"}}
LIKE_BOT = {"type": "mention", "attrs": {"id": "acc-stranger", "text": "@Piletibot"}}
BODIES: list[tuple[str, Json, Command | None]] = [
    ("said", doc(SAID), CLOSE),
    ("said to its account", doc(paragraph(BOT, text(" sulge"))), CLOSE),
    ("in bold", doc(paragraph(text("piletibot", "strong"), text(" sulge"))), CLOSE),
    ("to somebody called as the bot is", doc(paragraph(LIKE_BOT, text(" sulge"))), None),
    ("quoted", doc(block("blockquote", SAID)), None),
    ("quoted, and answered", doc(block("blockquote", SAID), paragraph(text("ei"))), None),
    ("in a code block", doc(block("codeBlock", text(SULGE))), None),
    ("as code", doc(paragraph(text(SULGE, "code"))), None),
    ("struck out", doc(paragraph(text(SULGE, "strike"))), None),
    ("in a panel", doc(block("panel", SAID)), None),
    ("folded away", doc(block("expand", SAID)), None),
    ("in a list", doc(block("bulletList", block("listItem", SAID))), None),
    ("as a heading", doc(block("heading", text(SULGE))), None),
    ("in a table", doc(block("table", block("tableRow", SAID))), None),
    ("under a picture", doc(block("mediaSingle", {"type": "media"}), SAID), None),
    ("further down", doc(paragraph(text("Tere!")), SAID), None),
    ("after a link to it", doc(paragraph({"type": "inlineCard", "attrs": {"url": "x"}}, text(SULGE))), CLOSE),
    ("a document in a text", json.dumps(doc(SAID)), None),
    ("wiki, in a code block", "{code}\npiletibot sulge\n{code}", None),
    ("wiki, in a quotation", "{quote}\npiletibot sulge\n{quote}", None),
    ("wiki, as code", "{{piletibot sulge}}", None),
    ("wiki, a mail quoted", "> piletibot sulge\nei", None),
]  # fmt: skip


def told(author: Json, body: Json = SULGE, **more: Json) -> list[tuple[str | None, bool, Command | None]]:
    """Who wrote a comment, whether that is the bot, and what it tells."""
    flavour = "cloud" if author is None or "accountId" in author else "dc"
    at = "2026-11-16T10:00:00.000+0200"
    comment = {"id": "5", "created": at, "author": author, "body": body, **more}
    fields = {"created": at, "comment": {"comments": [comment], "total": 1}}
    found = decode_issue(json.dumps({"id": "10000", "key": "KKA-1", "fields": fields}).encode())
    ticket = read_ticket(found, (), found.comments.comments, bound(flavour))
    return [(message.who, message.bot, message.command) for message in ticket.messages]


@pytest.mark.parametrize(("body", "command"), [row[1:] for row in BODIES], ids=[row[0] for row in BODIES])
def test_only_what_is_said_on_the_first_line_tells_something(body: Json, command: Command | None) -> None:
    (message,) = told(user("spetsialist1"), body)
    assert message == ("spetsialist1", False, command)


IT1, BY_IT1 = user("it1"), ("it1", False, CLOSE)
AUTHORS: list[tuple[str, Json, tuple[str | None, bool, Command | None]]] = [
    ("somebody of the desk", IT1, BY_IT1),
    ("staff's account, as Cloud says", IT1 | {"accountType": "atlassian"}, BY_IT1),
    ("a customer of the portal", user("mari") | {"accountType": "customer"}, ("~acc-mari", False, None)),
    ("a customer with the account of staff", IT1 | {"accountType": "customer"}, ("it1", False, None)),
    ("an app", user("robot") | {"accountType": "app"}, ("~acc-robot", False, None)),
    ("nobody", None, (None, False, None)),
    ("nobody by an empty id", {"accountId": "", "displayName": "Piletibot"}, (None, False, None)),
    ("called as the bot is", user("mari") | {"displayName": "Piletibot"}, ("~acc-mari", False, CLOSE)),
    ("called as one of the desk is", user("mari") | {"displayName": "it1"}, ("~acc-mari", False, CLOSE)),
    ("the bot", user("piletibot"), ("~acc-piletibot", True, None)),
    # Data Center: names are given away again when people are renamed; what counts is the key.
    ("one of the desk", user("it1", "dc"), BY_IT1),
    ("renamed", {"key": "KEY-it1", "name": "it1.new"}, BY_IT1),
    ("an old server's, without keys", {"name": "it1"}, BY_IT1),
    ("with the name that one of the desk had", {"key": "KEY-x", "name": "it1"}, ("~KEY-x", False, CLOSE)),
    ("named as the key of one of the desk", {"key": "KEY-x", "name": "KEY-it1"}, ("~KEY-x", False, CLOSE)),
    ("whose old key is a name of the desk", {"key": "it1", "name": "x"}, ("~it1", False, CLOSE)),
    ("the bot here", user("piletibot", "dc"), ("~KEY-piletibot", True, None)),
    ("the bot, renamed", {"key": "KEY-piletibot", "name": "x"}, ("~KEY-piletibot", True, None)),
    ("with the name that the bot had", {"key": "KEY-x", "name": "piletibot"}, ("~KEY-x", False, CLOSE)),
    ("named as the bot's key", {"key": "KEY-x", "name": "KEY-piletibot"}, ("~KEY-x", False, CLOSE)),
]  # fmt: skip


@pytest.mark.parametrize(("author", "expected"), [row[1:] for row in AUTHORS], ids=[row[0] for row in AUTHORS])
def test_whose_comment_it_is(author: Json, expected: tuple[str | None, bool, Command | None]) -> None:
    assert told(author) == [expected]


@pytest.mark.parametrize(
    ("editor", "command"),
    [
        (user("it1"), CLOSE),
        (None, CLOSE),
        (user("spetsialist1"), None),
        (user("piletibot"), None),
        ({"accountId": "", "displayName": "it1"}, None),
        ("it1", None),
        ([], None),
    ],
)
def test_words_put_into_somebodys_mouth_tell_nothing(editor: Json, command: Command | None) -> None:
    (message,) = told(user("it1"), updateAuthor=editor)
    assert message[2] == command
