"""Wiki text and documents, converted crudely into each other."""

from __future__ import annotations

import pytest

from bot.sandbox.texts import document, is_document, plain


def doc(*blocks):
    return {"type": "doc", "version": 1, "content": list(blocks)}


def p(*inlines):
    return {
        "type": "paragraph",
        "content": [{"type": "text", "text": i} if isinstance(i, str) else i for i in inlines],
    }


def marked(text, kind, **attrs):
    return {"type": "text", "text": text, "marks": [{"type": kind, **({"attrs": attrs} if attrs else {})}]}


def bullets(*items):
    return {"type": "bulletList", "content": [{"type": "listItem", "content": [each]} for each in items]}


BREAK = {"type": "hardBreak"}
WHO = {"type": "mention", "attrs": {"id": "712020:a", "text": "@712020:a"}}


@pytest.mark.parametrize(
    ("wiki", "tree"),
    [
        ("Tere", doc(p("Tere"))),
        ("üks\n\nkaks\nkolm", doc(p("üks"), p("kaks", BREAK, "kolm"))),
        ("Tere, [~accountid:712020:a]!", doc(p("Tere, ", WHO, "!"))),
        (
            "*tugev* ja _rõhk_ ja {{kood}}",
            doc(p(marked("tugev", "strong"), " ja ", marked("rõhk", "em"), " ja ", marked("kood", "code"))),
        ),
        ("[siin|https://a.example/b]", doc(p(marked("siin", "link", href="https://a.example/b")))),
        ("* a\n* b", doc(bullets(p("a"), p("b")))),
        ("2*3*4 ja a_b_c", doc(p("2*3*4 ja a_b_c"))),
        ("", doc()),
    ],
)
def test_wiki_text_and_its_document(wiki, tree):
    assert document(wiki) == tree
    assert plain(tree) == wiki
    assert is_document(tree)


@pytest.mark.parametrize(
    ("tree", "wiki"),
    [
        (
            doc({"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Pealkiri"}]}),
            "Pealkiri",
        ),
        (
            doc({"type": "orderedList", "content": [{"type": "listItem", "content": [p("a"), bullets(p("b"))]}]}),
            "# a\n** b",
        ),
        (doc({"type": "codeBlock", "content": [{"type": "text", "text": "x = 1"}]}), "{code}\nx = 1\n{code}"),
        (doc(p("a"), {"type": "rule"}, p("b")), "a\n\n----\n\nb"),
        (doc({"type": "panel", "content": [p("a"), p("b")]}), "a\nb"),
        (doc(p({"type": "emoji", "attrs": {"shortName": ":a:", "text": "🙂"}})), "🙂"),
    ],
)
def test_what_only_a_document_can_say(tree, wiki):
    assert plain(tree) == wiki


def test_no_text_stays_none():
    assert document(None) is None
    assert plain(None) == ""


@pytest.mark.parametrize(
    "body",
    [
        None,
        "Tere",
        [],
        {},
        {"type": "doc", "version": 2, "content": []},
        {"type": "doc", "version": 1},
        doc("Tere"),
        doc(doc()),
    ],
)
def test_what_is_no_document(body):
    assert not is_document(body)
