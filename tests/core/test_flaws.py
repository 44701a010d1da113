"""Findings: which are sought, what they mean to rules, when personal data came, and how people are asked."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs
from small_desk import at, book, ticket, view

from bot.core.completeness import asked_in, missing_in
from bot.core.desk import Desk
from bot.core.flaws import FAMILIES, FLAWS, alike_on, is_meant, known_words, sought_by
from bot.core.history import TEXT
from bot.core.judge import judge
from bot.core.moments import moment
from bot.core.ticket import Link

ON = "mon 09:00 ann state handed-on"
CODE = {"name": "code", "why": "Who the customer is matters.", "requires": ["code"]}
WORDS = {"name": "words", "why": "Tier 2 must understand it.", "asks": ["vague-title", "tier1", "duplicate"]}
PATTERNS = {"expired": {"pattern": "expired", "hint": {"en": "renewing it"}}, "other": {"pattern": "other"}}


def rules(*completeness: dict[str, Any], **sections: Any):
    more: dict[str, Any] = {
        "fields": {"code": "Code"},
        "titles": {"code": {"en": "code"}},
        "formats": {"code": {"kind": "registry code"}},
        "patterns": PATTERNS,
        "routes": [],
        "policies": [],
        "ladders": [],
    }
    return book(completeness=list(completeness), **(more | sections))


@pytest.mark.parametrize(
    ("facts", "alike", "missing", "asked"),
    [
        ({"findings": {"vague-title"}}, (), ("code",), ("vague-title",)),
        ({"fields": {"code": "set"}, "findings": {"format:code"}}, (), None, ("format:code",)),
        ({"findings": {"format:code"}}, (), ("code",), None),  # a field that is empty by now
        ({"fields": {"code": "set"}, "patterns": {"expired", "other"}}, (), None, ("tier1:expired",)),
        ({"fields": {"code": "set"}}, ("ABC-1",), None, ("duplicate",)),
        ({"fields": {"code": "set"}, "findings": {"short-description"}}, (), None, None),
        ({"fields": {"code": "set"}}, (), None, None),
    ],
)
def test_one_comment_tells_what_is_missing_and_asks_what_was_found(
    facts: dict[str, Any], alike: tuple[str, ...], missing: tuple[str, ...] | None, asked: tuple[str, ...] | None
) -> None:
    facts = facts | {word: frozenset(facts[word]) for word in ("findings", "patterns") if word in facts}
    desk = Desk(alike={"7": alike})
    steps = judge(ticket(ON, **facts), rules(CODE, WORDS), at("mon 09:00"), desk).steps
    assert [(missing_in(step), asked_in(step)) for step in steps] == ([(missing, asked)] if missing or asked else [])
    assert [step.values.get("others") for step in steps if asked == ("duplicate",)] == ["ABC-1"] * bool(alike)


def test_the_comments_key_does_not_hang_on_what_was_found() -> None:
    keys = {
        step.key
        for found in ((), ("vague-title",), ("format:code",))
        for step in judge(ticket(ON, findings=frozenset(found)), rules(CODE, WORDS), at("mon 09:00")).steps
    }
    assert len(keys) == 1


def test_a_ticket_that_is_tied_to_the_other_is_not_asked_about() -> None:
    seen = view(ticket(ON, links=(Link("duplicate", "1", "ABC-1", outward=True),)), rules=rules(WORDS))
    assert alike_on(seen) == ()
    seen = structs.replace(seen, desk=Desk(alike={"7": ("ABC-1", "ABC-2")}))
    assert alike_on(seen) == ("ABC-2",)


@pytest.mark.parametrize(
    ("acts", "in_texts", "in_comment", "came"),
    [
        ([], {"personal:phone"}, (), ["mon 08:00"]),
        ([f"mon 10:00 ann {TEXT} x"], {"personal:phone"}, (), ["mon 10:00"]),
        ([f"mon 10:00 ann {TEXT} x", f"mon 11:00 ann {TEXT} y"], {"personal:phone"}, (), ["mon 11:00"]),
        (["mon 10:00 bob says"], {"vague-title"}, {"personal:name"}, ["mon 10:00"]),
        (["mon 10:00 bob says"], {"personal:phone"}, {"personal:name"}, ["mon 08:00", "mon 10:00"]),
        (["mon 10:00 bob says"], (), (), []),
    ],
)
def test_when_personal_data_came(acts: list[str], in_texts: Any, in_comment: Any, came: list[str]) -> None:
    told = ticket(*acts, findings=frozenset(in_texts))
    messages = tuple(_with(message, frozenset(in_comment)) for message in told.messages)
    seen = view(_with_messages(told, messages), rules=rules())
    test = moment("personal data")
    assert [turn.at for turn in seen.happened if test(turn)] == [at(when) for when in came]


def _with(message: Any, findings: frozenset[str]) -> Any:
    return type(message)(message.at, message.id, message.who, message.bot, findings=findings)


def _with_messages(told: Any, messages: Any) -> Any:
    return type(told)(**{word: getattr(told, word) for word in told.__struct_fields__} | {"messages": messages})


LADDER = {
    "name": "away",
    "why": "Personal data do not belong there.",
    "clock": "since personal data",
    "rungs": [{"rung": "ask", "after": "0h", "say": "a", "to": "lead"}],
}


NESTED = {"any": [{"not": {"finding": "personal:phone"}}]}


@pytest.mark.parametrize(
    ("sections", "words", "formats"),
    [
        ({}, set(), set()),
        ({"completeness": [CODE]}, set(), {"code"}),
        ({"completeness": [WORDS]}, {"vague-title", "duplicate"}, set()),
        ({"ladders": [LADDER]}, {"personal"}, set()),
        ({"ladders": [LADDER | {"clock": "since created", "when": NESTED}]}, {"personal"}, set()),
        ({"completeness": [WORDS | {"asks": ["format:code"]}]}, set(), {"code"}),
        ({"completeness": [WORDS | {"asks": ["format"]}]}, set(), {"code"}),
    ],
)
def test_only_what_rules_ask_about_is_sought(sections: dict[str, Any], words: set[str], formats: set[str]) -> None:
    others = {word: section for word, section in sections.items() if word != "completeness"}
    sought = sought_by(rules(*sections.get("completeness", []), **others).entries)
    assert (sought.words, set(sought.formats)) == (words, formats)


@pytest.mark.parametrize(
    ("word", "finding", "meant"),
    [
        ("personal", "personal:phone", True),
        ("personal:phone", "personal:phone", True),
        ("personal:phone", "personal:phones", False),
        ("person", "personal:phone", False),
        ("vague-title", "vague-title", True),
    ],
)
def test_a_family_means_any_of_it(word: str, finding: str, meant: bool) -> None:
    assert is_meant(word, finding) is meant


@pytest.mark.parametrize("language", ["et", "en", "ru"])
def test_every_finding_is_put_into_words_in_every_language(language: str) -> None:
    made = rules(CODE, WORDS)
    words = [word for word in known_words(made.entries) if word not in FAMILIES]
    said = [made.name("finding", word, language) for word in words]
    assert len(words) == len(set(said))
    assert not set(words) & set(said)
    assert all(text.endswith(("?", ".")) for word, text in zip(words, said, strict=True) if word in FLAWS)
    assert not [text for text in said if "{" in text]
