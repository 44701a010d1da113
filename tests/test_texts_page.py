"""docs/texts.md: everything the bot says, in its three languages, on one page for native speakers to read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from test_texts import EVERYTHING, PEOPLE, TALLINN
from test_texts import names as example_names

from bot.core import privacy
from bot.core.commands import CHANNELS, ORDERS, shown
from bot.core.doc import Doc
from bot.core.entries import Entries
from bot.core.flaws import FLAWS, asked
from bot.core.letter_kinds import LETTERS
from bot.core.letters import LABELS, SECTIONS
from bot.core.rulebook import NOT_KNOWN, TITLES, Rulebook
from bot.core.steps import Value
from bot.report.words import words_of
from bot.shipped import rules_folder
from bot.start import read_desk
from bot.texts import Messages, load_messages, plain
from bot.wording import WORDINGS

PAGE = Path(__file__).parents[1] / "docs" / "texts.md"
LANGUAGES = tuple(WORDINGS)
DESKS = ("keskkonnaamet", "viimsi", "smit")
INTRODUCTION = """\
# All texts on one page

For reading by native speakers: every text that a person can meet in a ticket, a letter or the digest, in Estonian,
English and Russian. The style is impersonal or plural *you* (et *teie*, ru *вы*), no value is inflected, and no text
quotes a ticket. To change a text, edit the file named beside it; this page is written by
`PILETIBOT_UPDATE_GOLDEN=1 python -m pytest tests/test_texts_page.py`, and compared in the suite.

Each message stands here with all the values it may have, taken from an example, so that sentences stand together
which are never sent together (*Jäänud* and *Ületatud*, or all reasons of a refusal); what it says instead where a
value is missing follows under it. Around each stand who is addressed, why (the reasons stand at the end), and
the signature.
"""

Variant = tuple[str, ...]


def escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|])", r"\\\1", text)


def cell(text: str) -> str:
    return escaped(text).replace("\n", "<br>")


def table(head: str, rows: Iterable[tuple[str, Mapping[str, str]]]) -> Iterator[str]:
    """A table of short texts, a row each, the languages side by side; a text that is not there is a dash."""
    yield f"| {head} | {' | '.join(LANGUAGES)} |"
    yield "|---" * (len(LANGUAGES) + 1) + "|"
    for title, texts in rows:
        yield f"| {title} | {' | '.join(cell(texts.get(language, '')) or '–' for language in LANGUAGES)} |"
    yield ""


def said(messages: Messages, name: str, language: str, values: Mapping[str, Value]) -> Doc:
    return messages.doc(name, language, values, to=["spetsialist1"], names=example_names, zone=TALLINN)


def bare(doc: Doc) -> str:
    return plain(doc, lambda person: f"@{PEOPLE[person]}")


def sentences(text: str) -> Variant:
    return tuple(part for block in text.split("\n") for part in re.split(r"(?<=[.?!])\s+(?=[^\W\d_])", block) if part)


def otherwise(messages: Messages, name: str, language: str, path: Path) -> Variant:
    """The sentences that a message has only where some value is missing: without each one, and with it alone."""
    full = bare(said(messages, name, language, EVERYTHING))
    least = {word: EVERYTHING[word] for word in messages.required_values(name)}
    free = sorted(set(re.findall(r"(\w+) is (?:not )?defined", path.read_text("utf-8"))) & EVERYTHING.keys())
    without = ({word: value for word, value in EVERYTHING.items() if word != left} for left in free)
    alone = (least | {word: EVERYTHING[word]} for word in free)
    known, more = set(sentences(full)), dict[str, None]()
    for values in (least, *without, *alone) if free else ():
        for sentence in sentences(bare(said(messages, name, language, values))):
            if sentence not in known:
                more[sentence] = None
    return tuple(more)


def message(messages: Messages, name: str, folder: str) -> Iterator[str]:
    gist = messages.gist(name, "en") or "the subject of a letter" * name.endswith("_subject")
    yield f"### {name}{f': {gist}' if gist else ''}"
    yield ""
    for language in LANGUAGES:
        yield f"**{language}** ([file](../rules/{folder}/messages/{language}/{name}.md))"
        yield ""
        for line in bare(said(messages, name, language, EVERYTHING)).splitlines():
            yield f"> {'- ' + escaped(line[2:]) if line.startswith('- ') else escaped(line)}".rstrip()
        yield ""
        path = rules_folder() / folder / "messages" / language / f"{name}.md"
        if more := otherwise(messages, name, language, path):
            yield f"> *otherwise:* {' / '.join(map(escaped, more))}"
            yield ""


def spoken(texts: Mapping[str, str] | Mapping[object, str]) -> dict[str, str]:
    return {str(language): text for language, text in texts.items()}


def in_each(word: str, entries: Entries | None = None) -> dict[str, str]:
    """A finding as people are asked about it."""
    return {
        language: asked(word, language, entries or Entries.model_construct(language="et"), {})
        for language in LANGUAGES
    }


def around() -> Iterator[str]:
    yield "## The fixed words"
    yield ""
    fixed = ("informed", "instead", "reminder", "under_a_minute", "signature")
    rows = [(part, {language: getattr(WORDINGS[language], part) for language in LANGUAGES}) for part in fixed]
    forms = ("day", "whole_day", "hour", "minute")
    rows += [
        (part, {language: ", ".join(getattr(WORDINGS[language], part)) for language in LANGUAGES}) for part in forms
    ]
    yield from table("around a message", rows)
    yield from table(
        "what is called so, unless a rulebook says otherwise", ((w, spoken(t)) for w, t in TITLES.items())
    )
    yield from table("the state that nobody knows", [("unknown", spoken(NOT_KNOWN))])
    yield from table("what is asked about a ticket", ((word, in_each(word)) for word in FLAWS))
    yield from table("kinds of personal data", ((word, spoken(title)) for word, title in privacy.TITLES.items()))
    yield "## Commands"
    yield ""
    told = ((word, {each: shown(word, None, each) for each in LANGUAGES}) for word in ORDERS)
    yield from table("what is shown", told)
    yield from table("what it does", ((word, spoken(order.tells)) for word, order in ORDERS.items()))
    also = (
        (word, {language: ", ".join(words) for language, words in order.words.items()})
        for word, order in ORDERS.items()
    )
    yield from table("all that is understood", also)
    channels = (
        (word, {language: ", ".join(words) for language, words in each.items()}) for word, each in CHANNELS.items()
    )
    yield from table("channels", channels)
    yield "## Letters"
    yield ""
    yield from table("titles of sections", ((word, spoken(title)) for word, title in SECTIONS.items()))
    yield from table("what a line tells", ((word, spoken(title)) for word, title in LABELS.items()))
    yield from table("why the letter comes", ((word, spoken(kind.why)) for word, kind in LETTERS.items()))
    yield "## The digest"
    yield ""
    words = {language: words_of(language) for language in LANGUAGES}
    yield from table("word", ((word, {each: words[each][word] for each in LANGUAGES}) for word in words["et"]))


def of_desk(name: str, book: Rulebook) -> Iterator[str]:
    yield f"## {name}: its names and reasons"
    yield ""
    yield from table("state", ((word, spoken(state.name)) for word, state in book.states.items()))
    yield from table("queue", ((word, spoken(queue.name)) for word, queue in book.queues.items()))
    yield from table("field", ((word, spoken(title)) for word, title in book.titles.items() if word not in TITLES))
    hints = [
        (word, in_each(f"tier1:{word}", book.entries)) for word, each in book.entries.patterns.items() if each.hint
    ]
    if hints:
        yield from table("what tier I could solve", hints)
    yield from table("why a rule is there", ((rule, spoken(why)) for rule, why in book.whys.items()))


@cache
def page() -> str:
    rules = rules_folder()
    lines = [INTRODUCTION, "## Messages of all desks", ""]
    common = load_messages([rules / "common" / "messages"])
    for name in sorted(common.names()):
        lines += message(common, name, "common")
    for desk in DESKS:
        folder = rules / desk / "messages"
        if folder.is_dir():
            lines += [f"## {desk}: its own messages", ""]
            own = load_messages([folder])
            for name in sorted(own.names()):
                lines += message(own, name, desk)
    lines += around()
    for desk in DESKS:
        lines += of_desk(desk, read_desk(rules / desk, "demo").book)
    return "\n".join(lines).rstrip("\n") + "\n"


def test_the_page_holds_every_text() -> None:
    made = page()
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        PAGE.write_text(made, "utf-8")
    assert made == PAGE.read_text("utf-8")


def test_every_text_of_the_page_is_there_in_every_language() -> None:
    """A dash stands where a text is missing."""
    assert [row for row in page().splitlines() if row.startswith("| ") and " – |" in row] == []


def test_every_message_file_has_its_place() -> None:
    text = PAGE.read_text("utf-8")
    files = sorted(path.relative_to(rules_folder()).as_posix() for path in rules_folder().glob("*/messages/*/*.md"))
    assert [name for name in files if f"](../rules/{name})" not in text] == []
