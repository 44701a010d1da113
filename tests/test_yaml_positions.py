from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.yaml_positions import read_yaml


def places(node):
    """Every scalar of a tree as `line:column=what was written`."""
    match node.value:
        case dict():
            return [place for child in node.value.values() for place in places(child)]
        case list():
            return [place for child in node.value for place in places(child)]
        case _:
            return [f"{node.spot.line}:{node.spot.column}={node.written}"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("NO", "NO"),
        ("no", "no"),
        ("yes", "yes"),
        ("on", "on"),
        ("Off", "Off"),
        ("~", None),
        ("null", None),
        ("", None),
        ("Null", "Null"),
        ("0", 0),
        ("-5", -5),
        ("10001", 10001),
        ("0755", "0755"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("9" * 16, "9" * 16),
        ("1.5", 1.5),
        (".5", ".5"),
        (".inf", ".inf"),
        ("08:00", "08:00"),
        ("12:30:45", "12:30:45"),
        ("2026-12-30", "2026-12-30"),
        ("2026-12-30 10:00:00", "2026-12-30 10:00:00"),
        ("'5'", "5"),
        ('"true"', "true"),
        ('"~"', "~"),
        ("75%", "75%"),
        ("=", "="),
        ("õ", "õ"),
        ("|-\n  two\n  lines", "two\nlines"),
    ],
)
def test_one_thing_has_one_spelling(written, value):
    root, problems = read_yaml(f"key: {written}\n", "x.yaml")
    assert problems == ()
    assert root.plain() == {"key": value}
    assert type(root.plain()["key"]) is type(value)


def test_keys_are_text_as_written():
    root, problems = read_yaml("{10001: a, true: b, ~: c, 2026-12-30: d, 'x': e}", "x.yaml")
    assert problems == ()
    assert root.plain() == {"10001": "a", "true": "b", "~": "c", "2026-12-30": "d", "x": "e"}


@pytest.mark.parametrize("text", ["", "\n", "# nothing\n", "\ufeff", "---\n...\n"])
def test_an_empty_file_says_nothing(text):
    root, problems = read_yaml(text, "x.yaml")
    assert problems == ()
    assert root is None or root.value is None


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_places_are_an_editor_s_whatever_ends_the_lines(mark, end):
    root, problems = read_yaml(mark + end.join(["a: 1", "õäöü: {b: 2, c: [x, y]}", "d:", "  - z", ""]), "x.yaml")
    assert problems == ()
    assert places(root) == ["1:4=1", "2:11=2", "2:18=x", "2:21=y", "4:5=z"]
    assert {key: spot.line for key, spot in root.keys.items()} == {"a": 1, "õäöü": 2, "d": 3}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: [" + "[" * 60, "x.yaml:1:44: nested deeper than 40 levels"),
        ("- " * 50_000 + "a", "x.yaml:1:83: nested deeper than 40 levels"),
        ("[" * 500_000, "x.yaml:1:42: nested deeper than 40 levels"),
        ("a: x\x00y", "x.yaml:1:5: an invisible character (U+0000) cannot stand in a rulebook"),
        ("a: x\nb: \x1b[0m", "x.yaml:2:4: an invisible character (U+001B) cannot stand in a rulebook"),
        ("a: x\u2028b: y", "x.yaml:1:5: an invisible character (U+2028) cannot stand in a rulebook"),
        ("a: 1\n\ufeffb: 2", "x.yaml:2:1: an invisible character (U+FEFF) cannot stand in a rulebook"),
        ("a: %b", "x.yaml:1:4: a text cannot begin with '%'; put it in quotes"),
        ("%YAML 3.0\n---\na: 1", "x.yaml:1:1: this is not YAML: found incompatible YAML document"),
    ],
)
def test_what_could_hurt_is_refused(text, says):
    root, problems = read_yaml(text, "x.yaml")
    assert root is None
    assert list(map(str, problems)) == [says]


def test_an_alias_bomb_is_not_unfolded():
    lines = ["a: &a [x, x]"] + [
        f"{new}: &{new} [*{old}, *{old}]" for old, new in zip("abcdef", "bcdefg", strict=True)
    ]
    root, problems = read_yaml("\n".join(lines), "x.yaml")
    assert root.plain()["g"] == [None, None]
    assert len(problems) == 7 + 12


@given(st.text(st.sampled_from("ab:-,#&*!|>%@`'\"[]{}? \n\t\r\x00~0\u2028\ufeff")))
def test_any_text_is_read_or_refused_with_a_place(text):
    _, problems = read_yaml(text, "x.yaml")
    last = text.count("\n") + text.count("\r") + 1
    assert all(problem.column >= 1 and 1 <= problem.line <= last for problem in problems), problems
