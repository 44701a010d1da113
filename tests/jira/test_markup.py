"""Jira's two markups: what is meant as markup becomes markup, and nothing else does."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from bot.core.doc import Break, Bullets, Doc, Inline, Link, Mention, Paragraph, Text
from bot.jira.markup import adf, wiki
from bot.wording import clean

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / ".." / "shared" / "jira" / "spec" / "adf-schema.json"


def line(*inlines: Inline) -> Doc:
    return Doc((Paragraph(inlines),))


def read(wiki_text: str) -> str:
    """The characters a reader of the wiki text sees."""
    return re.sub(r"&#([0-9]+);", lambda found: chr(int(found[1])), wiki_text)


# What Jira's renderer takes for markup, after atlassian-renderer's components and its help page.
_START, _END = r"(?<![^\W_\\])", r"(?![^\W_])"
LIVE = {
    "macro": r"\{[^}\n]+\}",
    "monospaced": r"\{\{",
    "link or mention": r"\[",
    "image": r"![^\s!][^!\n]*!",
    "address": r"(?i)(https?|ftps?|nntp|news|irc|file|mailto|skype|callto|git|svn|tel|xmpp|smb):[^\s]",
    "any scheme": r"(?<![0-9]{2}):[\w/\\]|:[^\W0-9]|:[/\\]",
    "emoticon": r":-?[()]|:[DPp](?![0-9A-Za-z])|;-?\)|\((y|n|i|/|x|!|\+|-|\?|on|off|\*[rgby]?|flag|flagoff)\)",
    "heading": r"(?im)^\s*h[1-6]\.",
    "quotation": r"(?im)^\s*bq\.",
    "list": r"(?m)^\s*[*#-]+\s",
    "rule": r"-{2,}",
    "table": r"\|",
    "forced break": r"\\",
    "citation": r"\?\?",
    "html": r"[<>]",
} | {
    f"phrase {mark}": rf"{_START}{re.escape(mark)}[^\s{re.escape(mark)}].*?{re.escape(mark)}{_END}"
    for mark in "*_-+^~"
}


def live(wiki_text: str) -> list[str]:
    return [what for what, pattern in LIVE.items() if re.search(pattern, wiki_text)]


# Wiki


@pytest.mark.parametrize(
    ("doc", "expected"),
    [
        (line(Text("Järjekord: IT-tugi. Olek: L2_IT!")), "Järjekord: IT-tugi. Olek: L2_IT!"),
        (line(Text("16.11.2026 kell 14.30; „a“ – 9–16, 92,5%")), "16.11.2026 kell 14.30; „a“ – 9–16, 92,5%"),
        (line(Text("a"), Break(), Text("b")), "a\nb"),
        (Doc((Paragraph((Text("a"),)), Paragraph((Text("b"),)))), "a\n\nb"),
        (Doc((Bullets(((Text("a"), Break(), Text("b")), (Text("c"),))),)), "* a \\\\ b\n* c"),
        (line(Mention("mari"), Text(", "), Mention("jaan")), "[~MARI], [~JAAN]"),
        (line(Text("vaata!"), Mention("mari")), "vaata&#33;[~MARI]"),
        (line(Link("juhend", "https://e.ee/?a=1|2]")), "[juhend|https://e.ee/?a=1%7C2%5D]"),
        (line(Link("[x|y]", "https://e.ee/")), "[&#91;x&#124;y&#93;|https://e.ee/]"),
        (line(Text("a", strong=True), Text("b", em=True), Text("c", code=True)), "{*}a{*}{_}b{_}{{c}}"),
        (line(Text(" a_b ", strong=True, em=True)), " {*}{_}a&#95;b{_}{*} "),
        (line(Text("  ", strong=True)), "  "),
        (line(Text("h1. x")), "h1&#46; x"),
        (line(Text("h"), Text("2", strong=False), Text(". x")), "h2&#46; x"),
        (line(Text("a"), Break(), Text(" BQ. x")), "a\n BQ&#46; x"),
        (Doc((Bullets(((Text("h3. x"),),)),)), "* h3&#46; x"),
        (line(Text("- a")), "&#45; a"),
        (line(Text("# a")), "&#35; a"),
        (line(Text("---- x")), "&#45;&#45;&#45;&#45; x"),
        (line(Text("http://e.ee")), "http&#58;/&#47;e.ee"),
        (line(Text(":) (y)")), "&#58;&#41; &#40;y)"),
        (line(Text("&#42;")), "&#38;&#35;42;"),
        (line(Text("a@b.ee @x@ a;b")), "a&#64;b.ee &#64;x&#64; a&#59;b"),
        (line(Text("mis?? jah")), "mis&#63;? jah"),
        (line(Text("at 14:30, a:30, 14:a 1:30")), "at 14:30, a&#58;30, 14&#58;a 1&#58;30"),
        (line(Text("(juhend 3.1) (y) (-) a)")), "(juhend 3.1) &#40;y) &#40;&#45;&#41; a)"),
        (line(Text("("), Text("x y", strong=True)), "&#40;{*}x y{*}"),
        (line(Text("a\tb\nc\x00")), "a b c "),
    ],
)  # fmt: skip
def test_wiki(doc: Doc, expected: str) -> None:
    assert wiki(doc, str.upper) == expected


@pytest.mark.parametrize("name", ["a]b", "a|b", "a\nb", "{x}", "a[b", "a\\b"])
def test_a_user_name_that_no_mention_can_hold_is_text(name: str) -> None:
    text = wiki(line(Mention("a")), lambda _: name)
    assert not live(text)
    assert read(text) == f"@{clean(name)}"


NASTY = [
    "*paks* _kald_ -maha- +all+ ^üles^ ~alla~ ??viide??",
    "{*}paks{*} {code}x{code} {{mono}} {color:red}x{color} {noformat}",
    "[x|http://evil.example] [~admin] [^fail.pdf] [#ankur] [http://evil.example]",
    "!pilt.png! !http://evil.example/x.png|width=1!",
    "http://evil.example https://e.ee ftp://e.ee mailto:a@b.ee file:///c x:y",
    "//evil.example/x \\\\server\\share",
    ":) :( :D :P ;) (y) (n) (i) (/) (x) (!) (+) (-) (?) (on) (off) (*) (*r) (*b) (flag)",
    "h1. x",
    "  h6. x",
    "bq. x",
    "* a", "** a", "# a", "- a", "#* a",
    "----", "a -- b --- c",
    "||a||b||", "|a|b|",
    "a\\", "\\*a\\*", "\\{a\\}",
    "&#42;a&#42; &lt;b&gt; &amp; &copy;",
    "<b>x</b> <script>",
    "@param@ @admin",
    "²-x-² ½_y_½",
    "a!\u00a0b!",
    "õ-ü_ä *-*",
]  # fmt: skip


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize(
    "after", [(), (Break(),), (Mention("m"),), (Text("paks", strong=True),), (Link("l", "http://e"),)]
)
def test_no_text_is_live_in_wiki(text: str, after: tuple[Inline, ...]) -> None:
    whole = wiki(line(Text(text), *after), str)
    own = whole.removesuffix(wiki(line(*after), str))
    assert live(own) == []
    assert read(own) == clean(text)


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))))
def test_any_text_reads_the_same_in_wiki(text: str) -> None:
    shown = wiki(line(Text(text)), str)
    assert read(shown) == text.replace("\ufffc", "")
    assert live(shown) == []


MARKED = st.text(st.sampled_from("ab1 õ-_*+^~?!|#:;@&\\{}[]()<>/.hPDxyiq\n\t"), max_size=30)


@given(MARKED)
def test_any_text_of_marks_is_not_live_in_wiki(text: str) -> None:
    shown = wiki(line(Text(text)), str)
    assert read(shown) == clean(text)
    assert live(shown) == []


@given(st.lists(MARKED, max_size=4))
def test_texts_side_by_side_are_not_live_in_wiki(texts: list[str]) -> None:
    shown = wiki(line(*map(Text, texts)), str)
    assert read(shown) == clean("".join(texts))
    assert live(shown) == []


@given(MARKED, st.booleans(), st.booleans(), st.booleans())
def test_marks_around_any_text_are_the_only_ones(text: str, strong: bool, em: bool, code: bool) -> None:
    shown = wiki(line(Text(text, strong, em, code)), str)
    bare = re.sub(r"\{[*_]\}|\{\{|\}\}", "", shown)
    assert read(bare) == clean(text)
    assert set(re.findall(r"[{}*\[\]|~^+\\]", bare)) == set()


# ADF


@pytest.fixture(scope="module")
def schema() -> Draft4Validator:
    if not SCHEMA.exists():
        pytest.skip("the shared material with the ADF schema is not beside the checkout")
    return Draft4Validator(json.loads(SCHEMA.read_text("utf-8")))


def account(person: str) -> tuple[str, str | None]:
    return f"5b10:{person}", None if person.startswith("~") else f"@{person.title()}"


def paragraph(*content: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "type": "doc", "content": [{"type": "paragraph", "content": list(content)}]}


ADF = [
    (line(Text("a")), paragraph({"type": "text", "text": "a"})),
    (line(Text(""), Text("\u200b")), paragraph()),
    (
        line(Text("a", strong=True, em=True), Break(), Text("b", strong=True, code=True)),
        paragraph(
            {"type": "text", "text": "a", "marks": [{"type": "strong"}, {"type": "em"}]},
            {"type": "hardBreak"},
            {"type": "text", "text": "b", "marks": [{"type": "code"}]},
        ),
    ),
    (
        line(Mention("mari"), Mention("~x")),
        paragraph(
            {"type": "mention", "attrs": {"id": "5b10:mari", "text": "@Mari"}},
            {"type": "mention", "attrs": {"id": "5b10:~x"}},
        ),
    ),
    (
        line(Link("juhend", "https://e.ee/")),
        paragraph(
            {"type": "text", "text": "juhend", "marks": [{"type": "link", "attrs": {"href": "https://e.ee/"}}]}
        ),
    ),
    (
        Doc((Bullets(((Text("a"),), ())),)),
        {
            "version": 1,
            "type": "doc",
            "content": [
                {
                    "type": "bulletList",
                    "content": [
                        {"type": "listItem", "content": [{"type": "paragraph", "content": content}]}
                        for content in ([{"type": "text", "text": "a"}], [])
                    ],
                }
            ],
        },
    ),
    (Doc(()), {"version": 1, "type": "doc", "content": []}),
]


@pytest.mark.parametrize(("doc", "expected"), ADF)
def test_adf(doc: Doc, expected: dict[str, Any]) -> None:
    assert adf(doc, account) == expected


@pytest.mark.shared
@pytest.mark.parametrize("doc", [doc for doc, _ in ADF])
def test_adf_keeps_the_schema(doc: Doc, schema: Draft4Validator) -> None:
    schema.validate(adf(doc, account))


@pytest.mark.shared
@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "golden" / "messages").glob("*.adf.json")), ids=lambda p: p.name
)
def test_every_reviewed_message_keeps_the_schema(path: Path, schema: Draft4Validator) -> None:
    for document in json.loads(path.read_text("utf-8")).values():
        schema.validate(document)


@pytest.mark.parametrize("text", NASTY)
def test_no_text_is_live_in_adf(text: str) -> None:
    assert adf(line(Text(text)), account) == paragraph({"type": "text", "text": text})


@given(st.text(min_size=1))
def test_any_text_reads_the_same_in_adf(text: str) -> None:
    expected = [{"type": "text", "text": clean(text)}] if clean(text) else []
    assert adf(line(Text(text)), account) == paragraph(*expected)
    assert not set("\x00\x1b\n\r\u2028\u202e\ue000") & set(clean(text))
