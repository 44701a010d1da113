"""Patterns: what is found in which texts, what is refused, and what blows up other engines."""

from __future__ import annotations

import pytest

from bot.core.entries import PatternEntry
from bot.core.patterns import LONGEST_TEXT, found_in, places, plain, wrong

NFD_ROOM = "ro\u0303o\u0303m"


def sought(pattern: str, *where: str) -> dict[str, PatternEntry]:
    return {"it": PatternEntry.model_validate({"pattern": pattern} | ({"where": list(where)} if where else {}))}


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("ei avane", "Leht EI AVANE üldse", True),
        ("rõõm", "Suur RÕÕM", True),
        ("rõõm", NFD_ROOM, True),
        (NFD_ROOM, "rõõm", True),
        ("ошибка", "ОШИБКА входа", True),
        ("(?-i)VIGA", "viga", False),
        ("(?-i)VIGA", "VIGA 500", True),
        ("parool", "paro\u00adol ja pa\u200brool", True),
        ("ei avane", "ei\u00a0avane", True),
        ("ei avane", "ei\x00avane", True),
        ("a\\nb", "a\r\nb", True),
        ("a\\nb", "a\u2028b", True),
        ("^teine", "esimene\nteine", False),
        ("(?m)^teine", "esimene\nteine", True),
        ("a.b", "a\ufffdb", True),
        ("c.d", "c\ud800d", True),
        ("(^|\\PL)öö(\\PL|$)", "hea öö", True),
        ("(^|\\PL)öö(\\PL|$)", "ööbik", False),
        ("lõpp$", "x" * (LONGEST_TEXT - 4) + "lõpp", True),
        ("lõpp", "x" * (LONGEST_TEXT - 3) + "lõpp", False),
        ("x", "", False),
    ],
)
def test_what_is_found(pattern: str, text: str, is_found: bool) -> None:
    assert wrong(pattern) is None
    assert bool(found_in(sought(pattern), "title", text)) is is_found


def test_a_pattern_looks_where_it_says() -> None:
    assert [found_in(sought("x"), place, "x") for place in ("title", "description", "comments")] == [
        {"it"},
        {"it"},
        set(),
    ]
    assert found_in(sought("x", "comments"), "comments", "x") == {"it"}
    assert places(sought("x", "comments").values()) == {"comments"}


def test_what_nobody_sees_is_no_part_of_a_text() -> None:
    assert plain("\ufeffa\u200d\u2066b\x07c\td\x85e") == "ab c d\ne"


BLOW_UP = [
    "(a+)+$",
    "(a|a)*!$",
    "(a|aa)+$",
    "(a*)*c",
    "(.*a){20}c",
    "(.*)*(.*)*(.*)*x$",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "(a?){30}a{30}b",
    "(\\pL+\\s?)+!$",
    "([a-zA-Z0-9])(([\\-.]|[_]+)?([a-zA-Z0-9]+))*(@){1}[a-z0-9]+[.]{1}(([a-z]{2,3})|([a-z]{2,3}[.]{1}[a-z]{2,3}))$",
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("pattern", BLOW_UP)
@pytest.mark.parametrize("text", ["a" * LONGEST_TEXT + "!", "a!" * (LONGEST_TEXT // 2), "ä" * LONGEST_TEXT])
def test_a_pattern_that_blows_up_other_engines_answers_on_the_longest_text(pattern: str, text: str) -> None:
    assert wrong(pattern) is None
    assert found_in(sought(pattern), "title", text + "?") <= {"it"}


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=x)y", "RE2 cannot read it at character 1: invalid perl operator: (?=; RE2 has no look-around"),
        ("y(?<!x)", "RE2 cannot read it at character 2: invalid perl operator: (?<!; RE2 has no look-around"),
        ("(a)\\1", "RE2 cannot read it at character 4: invalid escape sequence: \\1; RE2 has no backreferences"),
        ("(?P=n)", "RE2 cannot read it at character 1: invalid perl operator: (?P; RE2 has no backreferences"),
        (
            "a++",
            "RE2 cannot read it at character 2: bad repetition operator: ++; RE2 has no atomic groups and no "
            "possessive repetition, and needs none",
        ),
        (
            "(?>a)",
            "RE2 cannot read it at character 1: invalid perl operator: (?>; RE2 has no atomic groups and no "
            "possessive repetition, and needs none",
        ),
        ("(?x)a b", "RE2 cannot read it at character 1: invalid perl operator: (?x; RE2 has no verbose patterns"),
        (
            "lõpp\\Z",
            "RE2 cannot read it at character 5: invalid escape sequence: \\Z; write \\z for the end of the text",
        ),
        ("a(b", "RE2 cannot read it: missing ): a(b"),
        ("õ[b", "RE2 cannot read it at character 2: missing ]: [b"),
        ("*a", "RE2 cannot read it at character 1: no argument for repetition operator: *"),
        ("a{1001}", "RE2 cannot read it at character 2: invalid repetition size: {1001}"),
        ("a\\", "RE2 cannot read it: trailing \\"),
        (
            "\\pL{9}\\pL{9}",
            "it is too large, of more than 5000 instructions; repeat less, and fewer kinds of letters",
        ),
        ("a*", "it is found in every text, even in an empty one"),
        ("(|x)", "it is found in every text, even in an empty one"),
        ("ei avane\n", "a pattern is a single line; in a block of YAML, end the block with `|-`"),
        (
            "\\böö\\b",
            "`\\bö` at character 1: \\b knows the edges of ASCII words alone; write (^|\\PL) before a word, "
            "(\\PL|$) after it",
        ),
    ],
)
def test_what_cannot_be_used(pattern: str, said: str) -> None:
    assert wrong(pattern) == said
