"""A rulebook told in sentences: golden texts of the shipped desk, and every rule of every rulebook in its place."""

from __future__ import annotations

import os
import re
import string
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from command_line import piletibot
from markdown_it import MarkdownIt

from bot.core.conditions import problems
from bot.core.duration import parse_duration
from bot.core.phrases import PHRASED
from bot.describe import amounts
from bot.describe.document import describe
from bot.describe.page import html
from bot.describe.voice import Voice, plain_text
from bot.describe.words import words_of
from bot.shipped import rules_folder
from bot.start import read_desk
from bot.texts import VALUES

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden" / "describe"
RULEBOOKS = sorted(path.parent for path in rules_folder().glob("*/desk.yaml"))
EVERYTHING = read_desk(HERE / "desk", "test")
BOOK, MESSAGES = EVERYTHING.book, EVERYTHING.messages


@pytest.mark.parametrize("language", PHRASED)
@pytest.mark.parametrize("folder", [rules_folder() / "keskkonnaamet", HERE / "desk"], ids=lambda folder: folder.name)
def test_golden(folder, language):
    desk = read_desk(folder, "test")
    text = describe(replace(desk.book, version="0123456789ab"), desk.messages, language, date(2026, 11, 21))
    golden = GOLDEN / f"{folder.name}.{language}.md"
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN"):
        golden.write_text(text, "utf-8")
    assert golden.read_text("utf-8") == text


@pytest.mark.parametrize("language", PHRASED)
@pytest.mark.parametrize("folder", [*RULEBOOKS, HERE / "desk"], ids=lambda folder: folder.name)
def test_every_rule_is_there_with_its_reason_and_every_step_with_its_message(folder, language):
    desk = read_desk(folder, "test")
    text, entries = describe(desk.book, desk.messages, language), desk.book.entries
    rules = [*entries.completeness, *entries.policies, *entries.deadlines, *entries.ladders]
    named = [*((route.route, route.why) for route in entries.routes), *((rule.name, rule.why) for rule in rules)]
    voice = Voice(desk.book, desk.messages, language)
    assert [name for name, why in named if f"`{name}`" not in text or voice.why(why)[:-1] not in text] == []
    for ladder in entries.ladders:
        after = text.rpartition(f" `{ladder.name}`\n")[2]
        steps = re.findall(r"^\d+\. (.*)$", after.split("\n#")[0], re.MULTILINE)
        assert all(f"`{rung.say}`" in step for rung, step in zip(ladder.rungs, steps, strict=True))


def test_both_languages_say_the_same_sentences_with_the_same_values():
    def holes(language, table):
        return {
            name: sorted({hole for _, hole, _, _ in string.Formatter().parse(said) if hole} - {"sent"})
            for name, said in words_of(language, table).items()
        }

    assert holes("et", "sentences") == holes("en", "sentences")
    assert words_of("et", "values").keys() == words_of("en", "values").keys() <= VALUES


@pytest.mark.parametrize("language", PHRASED)
@pytest.mark.parametrize("folder", RULEBOOKS, ids=lambda folder: folder.name)
def test_whatever_the_shipped_rules_may_say_is_told_in_a_few_words(folder, language):
    desk = read_desk(folder, "test")
    said = {"routed", "route_unsure"} | {rule.say for rule in desk.book.entries.completeness}
    said |= {rung.say for ladder in desk.book.entries.ladders for rung in ladder.rungs}
    assert [name for name in sorted(said) if not desk.messages.gist(name, language)] == []


CLAUSES = yaml.load((HERE / "clauses.yaml").read_text("utf-8"), yaml.CSafeLoader)


@pytest.mark.parametrize("case", CLAUSES, ids=lambda case: case["et"])
def test_conditions_are_clauses(case):
    assert list(problems(case["when"], BOOK.entries)) == []
    assert {language: Voice(BOOK, MESSAGES, language).conditions(case["when"]) for language in PHRASED} == {
        language: case[language] for language in PHRASED
    }


AMOUNTS = [
    ("30m", "30 minutit", "30 minuti", "30 minuti", "30 working minutes", "30 working minutes"),
    ("1h", "1 töötund", "1 töötunni", "töötunni", "1 working hour", "working hour"),
    ("4h", "4 töötundi", "4 töötunni", "4 töötunni", "4 working hours", "4 working hours"),
    ("90m", "90 minutit", "90 minuti", "90 minuti", "90 working minutes", "90 working minutes"),
    ("1wd", "1 tööpäev", "1 tööpäeva", "tööpäeva", "1 working day", "working day"),
    ("2wd", "2 tööpäeva", "2 tööpäeva", "2 tööpäeva", "2 working days", "2 working days"),
    ("15cd", "15 kalendripäeva", "15 kalendripäeva", "15 kalendripäeva", "15 calendar days", "15 calendar days"),
    ("1mo", "1 kuu", "1 kuu", "kuu", "1 month", "month"),
    ("2mo", "2 kuud", "2 kuu", "2 kuu", "2 months", "2 months"),
    ("72h clock", "72 tundi", "72 tunni", "72 tunni", "72 hours", "72 hours"),
]


@pytest.mark.parametrize(("written", "et", "during", "every", "en", "every_en"), AMOUNTS, ids=[a[0] for a in AMOUNTS])
def test_amounts_stand_in_the_case_of_their_sentence(written, et, during, every, en, every_en):
    length = parse_duration(written)
    assert (amounts.amount(length, "et"), amounts.during(length, "et"), amounts.every(length, "et")) == (
        et,
        during,
        every,
    )
    assert (amounts.amount(length, "en"), amounts.during(length, "en"), amounts.every(length, "en")) == (
        en,
        en,
        every_en,
    )


NASTY = "<b>x</b> *y* _z_ a_b [k](http://x) `c` &amp; \\* #1"


def test_names_are_never_markup():
    queue = BOOK.entries.queues[0].model_copy(update={"name": {"et": NASTY}})
    route = BOOK.entries.routes[0].model_copy(update={"why": NASTY})
    entries = BOOK.entries.model_copy(update={"queues": (queue,), "routes": (route,)})
    page = html(describe(replace(BOOK, entries=entries, queues={queue.queue: queue}), MESSAGES, "en"), "en")
    shown = "&lt;b&gt;x&lt;/b&gt; *y* _z_ a_b [k](http://x) `c` &amp;amp; \\* #1"
    assert f"<strong>{shown}</strong> (tier II)" in page
    assert f"<em>{shown}</em>" in page
    assert "<b>" not in page
    assert MarkdownIt().renderInline(plain_text(NASTY)) == shown


def test_a_page_needs_nothing_else_and_its_contents_lead_somewhere():
    page = html(describe(BOOK, MESSAGES, "et"), "et")
    assert re.findall(r'(?:src|href)="(?!#)[^"]*"|<script|@import|url\(', page) == []
    assert re.findall(r'href="#(\w+)"', page) == re.findall(r'<h2 id="(\w+)"', page)
    assert '<html lang="et">' in page
    assert "<title>Piletite käsitlemise kord: abi</title>" in page


def test_the_command_writes_a_file_of_the_kind_its_name_says(tmp_path, capsys):
    desk = RULEBOOKS[0]
    assert piletibot("describe", desk, "--out", tmp_path / "a" / "k.html", "--date", "2026-11-21") == 0
    assert "Seisuga 21.11.2026" in (tmp_path / "a" / "k.html").read_text("utf-8")
    assert piletibot("describe", desk, "--language", "en", "--out", tmp_path / "k.md") == 0
    assert (tmp_path / "k.md").read_text("utf-8").startswith("# How tickets are handled: ")
    assert capsys.readouterr().out.split() == [str(tmp_path / "a" / "k.html"), str(tmp_path / "k.md")]
    assert piletibot("describe", desk) == 0
    assert "Piletite käsitlemise kord" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--out", "k.txt"), "--out k.txt: write a name that ends in .md or .html"),
        (("--language", "ru"), "'ru' is not one of 'et', 'en'"),
        (("--date", "21.11.2026"), "does not match the format"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(args, said, capsys):
    assert piletibot("describe", RULEBOOKS[0], *args) == 2
    assert said in capsys.readouterr().err


def test_a_desk_that_speaks_russian_is_described_in_english(tmp_path, capsys):
    for file in RULEBOOKS[0].glob("*.*"):
        (tmp_path / file.name).write_text(
            file.read_text("utf-8").replace("language: et\n", "language: ru\n"), "utf-8"
        )
    assert piletibot("describe", tmp_path) == 0
    assert "How tickets are handled" in capsys.readouterr().out
