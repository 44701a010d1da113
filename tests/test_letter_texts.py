"""Every kind of letter as its reader finds it, in every language, as text and as HTML: reviewed as golden files."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from bot.core.letter_kinds import LETTERS
from bot.core.letters import LABELS, SECTIONS, Letter, Line, Section
from bot.core.rulebook import Rulebook
from bot.core.steps import At, Because, Count, Day, Name, Several, Value
from bot.core.summary import PARTS
from bot.letter_texts import Writing
from bot.shipped import rules_folder
from bot.start import Desk, read_desk
from bot.texts import VALUES

GOLDEN = Path(__file__).parent / "golden" / "letters"
LANGUAGES = ("et", "en", "ru")
NOW = 1_794_897_000  # 2026-11-17 08:30 in Tallinn
SAYS = {"handover": "substitution", "back": "handover_back", "ceiling": "ceiling_reached"}
"""What the kinds say whose message is called otherwise than they are."""

TYPED: dict[str, Value] = {
    "n": Count(5), "unsure": Count(1), "more": Count(2), "at": At(NOW), "date": Day(date(2026, 11, 17)),
    "due": At(NOW + 86_400), "from_day": Day(date(2026, 11, 16)), "until_day": Day(date(2026, 11, 20)),
    "deputy": "spetsialist2", "person": "spetsialist1",
}  # fmt: skip


@cache
def desk() -> Desk:
    return read_desk(rules_folder() / "keskkonnaamet", "demo")


def in_language(language: str) -> Rulebook:
    book = desk().book
    return replace(book, languages={"spetsialist1": language})  # type: ignore[dict-item]


def line(number: int, **more: Value) -> Line:
    values: dict[str, Value] = {"queue": Name("queue", "L2_IT"), "state": Name("state", "solved")}
    return Line(f"KKA-{number}", values | {"since": At(NOW - 86_400), "due": At(NOW + 86_400)} | more)


def sections() -> tuple[Section, ...]:
    missing = Several((Name("title", "registry_code"), Name("title", "permit")))
    found = [Section("undelivered", (line(1), line(22)), 0, "forwarded")]
    found += [Section("incomplete", (line(3, missing=missing),), 0, "forwarded")]
    found += [Section("overdue", (line(4),), 3, "forwarded"), Section("rest", (), 21, "forwarded")]
    return (*found, Section("held", (Line("KKA-9", {"reason": Name("why", "no-movement")}),), 0, "untold"))


def letter(kind: str) -> Letter:
    say = SAYS.get(kind, kind)
    messages = desk().messages
    said = [name for name in (say, f"{say}_subject") if name in messages.names()]
    needed = frozenset[str]().union(*map(messages.required_values, said))
    values = {word: TYPED.get(word, f"<{word}>") for word in {*needed, "n", "until_day"}}
    listed = {"ceiling": (), "summary": sections()}.get(kind, sections()[:1])
    return Letter(f"demo/letter/{kind}/x/1", kind, say, "spetsialist1", NOW, Because(kind), values, listed)


def writing(kind: str, language: str) -> Writing:
    return Writing(letter(kind), desk().messages, in_language(language), "https://jira.example.ee/browse/")


def held_to(name: str, text: str) -> None:
    golden = GOLDEN / name
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_letter_reads_as_reviewed(language: str) -> None:
    texts = ((kind, writing(kind, language)) for kind in sorted(LETTERS))
    held_to(f"{language}.txt", "\n".join(f"=== {kind}: {made.subject}\n\n{made.plain}" for kind, made in texts))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_looks_as_reviewed(language: str) -> None:
    held_to(f"summary.{language}.html", writing("summary", language).html)


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_letter_loads_nothing_and_its_only_links_are_tickets() -> None:
    page = Page()
    page.feed(writing("summary", "et").html)
    assert page.links == [f"https://jira.example.ee/browse/KKA-{n}" for n in (1, 22, 3, 4, 9)]
    assert not {"script", "img", "style", "link", "form", "iframe"} & set(page.tags)


def test_a_value_is_text_and_never_markup() -> None:
    nasty = "<script>alert(1)</script> [x](http://evil.example) *b*"
    made = replace(
        writing("summary", "et"),
        letter=Letter(
            "demo/letter/summary/x/1", "summary", "summary", "spetsialist1", NOW, Because("summary"),
            {"at": At(NOW), "date": Day(date(2026, 11, 17))},
            (Section("held", (Line("KKA-1", {"reason": nasty}),), 0, "untold"),),
        ),
    )  # fmt: skip
    page = Page()
    page.feed(made.html)
    assert nasty in page.text
    assert "script" not in page.tags
    assert page.links == ["https://jira.example.ee/browse/KKA-1"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_section_and_value_of_a_summary_can_be_written(language: str) -> None:
    titles = tuple(
        Section(title, (Line("KKA-1", dict.fromkeys(LABELS, "x")),), 1, part)
        for part, among in PARTS.items()
        for title in among
    )
    whole = replace(writing("summary", language), letter=replace_sections(titles))
    for title in SECTIONS:
        if title in {each.title for each in titles} | set(PARTS):
            name = next(text for spoken, text in SECTIONS[title].items() if spoken == language)
            assert name in whole.plain


def replace_sections(titles: tuple[Section, ...]) -> Letter:
    base = letter("summary")
    return Letter(base.key, base.rule, base.say, base.to, base.due_at, base.because, base.values, titles)


def test_what_is_not_named_in_a_subject_is_a_ticket() -> None:
    assert all("KKA" not in writing(kind, language).subject for kind in LETTERS for language in LANGUAGES)
    assert set(TYPED) <= VALUES
