"""Every rulebook that comes with the bot loads, keeps its own tests, and has one for everything it can say."""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from rich.console import Console

from bot.core.doc import Bullets, Mention
from bot.core.ruletest import run_tests
from bot.ruletests import files_of, read_tests, run
from bot.shipped import rules_folder
from bot.start import read_desk
from bot.texts import plain
from bot.wording import WORDINGS

GOLDEN = Path(__file__).parent / "golden" / "desks"
PAGE = Path(__file__).parents[1] / "docs" / "desks.md"
RULEBOOKS = sorted(path.parent for path in rules_folder().glob("*/desk.yaml"))
NAMES = [folder.name for folder in RULEBOOKS]


@pytest.fixture(scope="module")
def desks():
    """Each shipped desk, with all that its rule tests make it say."""
    found = {}
    for folder in RULEBOOKS:
        desk = read_desk(folder, "test")
        cases = [written.case for written in read_tests(files_of(folder), desk.book)]
        found[folder.name] = desk, [step for outcome in run_tests(desk.book, cases) for step in outcome.said]
    return found


def test_there_are_rulebooks_to_test():
    assert NAMES == ["keskkonnaamet", "smit", "viimsi"]


@pytest.mark.parametrize("folder", RULEBOOKS, ids=NAMES)
def test_a_rulebook_is_as_its_tests_say_and_has_one_for_each_rule_and_rung(folder):
    console = Console(file=io.StringIO(), width=200)
    assert run([folder], console) == 0, console.file.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_every_message_is_written_in_every_language(desks, name):
    desk, said = desks[name]
    assert {step.say: desk.messages.languages(step.say) for step in said} == {
        step.say: tuple(WORDINGS) for step in said
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_has_its_reason_in_estonian_and_english(desks, name):
    entries = desks[name][0].book.entries
    assert [
        rule for rule in (*entries.routes, *entries.policies, *entries.ladders) if not {"et", "en"} <= {*rule.why}
    ] == []


@pytest.mark.parametrize("folder", RULEBOOKS, ids=NAMES)
def test_no_message_of_its_own_is_left_unsaid(desks, folder):
    own = {path.stem for path in folder.glob("messages/*/*.md")}
    assert own - {step.say for step in desks[folder.name][1]} == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_page_about_the_desks_names_rules_that_are_there(desks, name):
    entries = desks[name][0].book.entries
    rules = {rule.name for rule in (*entries.policies, *entries.ladders)}
    [about] = re.findall(rf"^## {name}\n(.*?)^## ", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"(?<!\*)\*([^*\s]+)\*(?!\*)", about))
    assert len(named) >= 5
    assert named - rules == set()


@pytest.mark.parametrize("language", WORDINGS)
@pytest.mark.parametrize("folder", RULEBOOKS, ids=NAMES)
def test_what_is_its_own_reads_as_reviewed(desks, folder, language):
    """The desk's own messages as its rule tests first have them said by each rung."""
    desk, said = desks[folder.name]
    own = {path.stem for path in folder.glob("messages/*/*.md")}
    shown = {}
    for step in said:
        if step.say in own:
            name, zone = desk.book.name, desk.book.calendar.timezone
            doc = desk.messages.doc(step.say, language, step.values, to=step.to, names=name, zone=zone)
            shown.setdefault(f"=== {step.rule}, {step.occasion.rung}", plain(doc, lambda person: f"@{person}"))
    text = "\n\n".join(f"{title}\n{body}" for title, body in sorted(shown.items()))
    golden = GOLDEN / f"{folder.name}.{language}.txt"
    if os.environ.get("PILETIBOT_UPDATE_GOLDEN") and text:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(f"{text}\n", "utf-8")
    assert not text or golden.read_text("utf-8") == f"{text}\n"


@pytest.mark.parametrize("language", WORDINGS)
@pytest.mark.parametrize("name", NAMES)
def test_every_step_can_be_said_in_every_language(desks, name, language):
    desk, said = desks[name]
    for step in said:
        doc = desk.messages.comment(
            [(step.say, step.values)],
            language,
            to=step.to,
            why=[(step.rule, desk.book.name("why", step.rule, language))],
            names=desk.book.name,
            zone=desk.book.calendar.timezone,
        )
        assert [inline.person for inline in doc.blocks[0].inlines if isinstance(inline, Mention)] == list(step.to)
        assert desk.book.name("why", step.rule, language) in plain(doc, lambda person: f"@{person}")
        assert all(isinstance(block, Bullets) or block.inlines for block in doc.blocks)


@pytest.mark.parametrize("name", NAMES)
def test_every_value_that_is_a_word_has_a_name_in_the_desks_language(desks, name):
    """A queue's or a state's permanent name is for the rules; people read what it is called."""
    desk, said = desks[name]
    words = {(value.kind, value.word) for step in said for value in step.values.values() if hasattr(value, "kind")}
    assert words
    assert [word for word in words if desk.book.name(*word, desk.book.entries.language) == word[1]] == []
