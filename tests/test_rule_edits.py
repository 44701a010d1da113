"""Going live changes two keys in a rule's file, and nothing else of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rule_edits import Edited, adopt, live_sections, write
from bot.settings import Misconfigured
from bot.yaml_positions import read_yaml

DAY = date(2027, 1, 4)

CASES = {
    "observe becomes since, its comment stays": (
        "ladders:\n  - name: a   # õ\n    observe: true  # until it is proven\n    clock: since solved\n",
        "ladders:\n  - name: a   # õ\n    since: 2027-01-04  # until it is proven\n    clock: since solved\n",
    ),
    "neither is there: after the name": (
        "ladders:\n  - why: Öö on pikk.\n    name: a # x\n    # of rungs\n    rungs: []\n  - name: b\n",
        "ladders:\n  - why: Öö on pikk.\n    name: a # x\n    since: 2027-01-04\n    # of rungs\n"
        "    rungs: []\n  - name: b\n",
    ),
    "both are there": (
        "routes:\n- route: a\n  observe: true\n  since: 2026-01-01 # first try\n  queue: q\n",
        "routes:\n- route: a\n  since: 2027-01-04 # first try\n  queue: q\n",
    ),
    "both are there, and observe has a comment": (
        "routes:\n- route: a\n  observe: true # why\n  since: '2026-01-01'\n",
        "routes:\n- route: a\n  # why\n  since: 2027-01-04\n",
    ),
    "both are there, and observe comes first": (
        "routes:\n- observe: true\n  route: a\n  since: 2026-01-01\n  queue: q\n",
        "routes:\n- since: 2027-01-04\n  route: a\n  queue: q\n",
    ),
    "observe is false": (
        "routes:\n  - {route: a, observe: false}\n",
        "routes:\n  - {route: a, since: 2027-01-04, observe: false}\n",
    ),
    "in braces": (
        "ladders: [{name: a, observe: true, why: Ülo}, {name: b}]\n",
        "ladders: [{name: a, since: 2027-01-04, why: Ülo}, {name: b}]\n",
    ),
    "in braces, both": (
        "ladders: [{since: 2026-01-01, why: Ülo, name: a, observe: true}]\n",
        "ladders: [{since: 2027-01-04, why: Ülo, name: a}]\n",
    ),
    "in braces over lines, both, observe first": (
        'ladders:\n  - {observe: true,\n     name: "a",\n     since: 2026-01-01}\n',
        'ladders:\n  - {name: "a",\n     since: 2027-01-04}\n',
    ),
    "keys in quotes": (
        'ladders:\n  - "name": "a"\n    "observe": true\n',
        'ladders:\n  - "name": "a"\n    since: 2027-01-04\n',
    ),
    "the file's end has no line break": (
        "ladders:\n  - rungs: []\n    name: a",
        "ladders:\n  - rungs: []\n    name: a\n    since: 2027-01-04",
    ),
    "observe is last and has no line break": (
        "ladders:\n  - name: a\n    since: 2026-01-01\n    observe: true",
        "ladders:\n  - name: a\n    since: 2027-01-04\n",
    ),
    "since alone is moved": (
        'completeness:\n  - name: a\n    since: "2026-01-01"\n',
        "completeness:\n  - name: a\n    since: 2027-01-04\n",
    ),
    "a policy of the same name is another thing": (
        "policies:\n  - name: a\nladders:\n  - {name: a}\n",
        "policies:\n  - name: a\nladders:\n  - {name: a, since: 2027-01-04}\n",
    ),
}


def lived(home: Path, text: bytes, *names: str) -> bytes:
    path = home / "rules.yaml"
    path.write_bytes(text)
    write(adopt(home, names or ("a",), DAY))
    return path.read_bytes()


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["unix", "windows"])
@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
@pytest.mark.parametrize("case", CASES)
def test_what_is_changed_and_what_stays(tmp_path: Path, case: str, mark: str, ends: str) -> None:
    before, after = ((mark + text.replace("\n", ends)).encode() for text in CASES[case])
    assert lived(tmp_path, before) == after
    assert lived(tmp_path, after) == after, "done twice is done once"
    assert [path.name for path in tmp_path.iterdir()] == ["rules.yaml"]


def test_several_rules_of_several_files(tmp_path: Path) -> None:
    (tmp_path / "more.yaml").write_text("routes:\n  - route: c\n    observe: true\n")
    text = b"ladders:\n  - name: a\n  - {name: b, observe: true}\n  - name: d\n    observe: true\n"
    assert lived(tmp_path, text, "a", "b", "c") == (
        b"ladders:\n  - name: a\n    since: 2027-01-04\n  - {name: b, since: 2027-01-04}\n"
        b"  - name: d\n    observe: true\n"
    )
    assert (tmp_path / "more.yaml").read_text() == "routes:\n  - route: c\n    since: 2027-01-04\n"


@pytest.mark.parametrize(
    "text",
    [
        "ladders:\n  - name: >-\n      a\n    why: x\n",
        "ladders:\n  - name: a\n    observe: true\n    since: |\n      2026-01-01\n",
        "ladders:\n  - ? name\n    : a\n",
    ],
)
def test_what_cannot_be_changed_safely_is_left_to_a_person(tmp_path: Path, text: str) -> None:
    (tmp_path / "before.yaml").write_text("routes:\n  - {route: b}\n")
    with pytest.raises(Misconfigured) as refused:
        lived(tmp_path, text.encode(), "a", "b")
    assert str(refused.value) == (
        f"{tmp_path}/rules.yaml:2:5: 'a' cannot be changed here, and nothing is written; "
        "write `since: 2027-01-04` and take `observe: true` away by hand"
    )
    assert (tmp_path / "rules.yaml").read_text() == text
    assert (tmp_path / "before.yaml").read_text() == "routes:\n  - {route: b}\n"


def test_a_file_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("ladders: []\n")
    with pytest.raises(Misconfigured, match="changed meanwhile"):
        write([Edited(path, "ladders:\n", "x\n")])
    assert path.read_text() == "ladders: []\n"


def test_a_link_stays_a_link_and_the_rights_stay(tmp_path: Path) -> None:
    real = tmp_path / "elsewhere"
    real.write_text("ladders:\n  - name: a\n")
    real.chmod(0o640)
    home = tmp_path / "rules"
    home.mkdir()
    (home / "rules.yaml").symlink_to(real)
    write(adopt(home, ["a"], DAY))
    assert (home / "rules.yaml").is_symlink()
    assert real.read_text() == "ladders:\n  - name: a\n    since: 2027-01-04\n"
    assert real.stat().st_mode & 0o777 == 0o640


def test_which_rules_go_live() -> None:
    sections = {"routes": "route", "completeness": "name", "incidents": "name", "ladders": "name"}
    assert live_sections() == sections


KEYS = st.lists(
    st.sampled_from(
        ["why: Õ # x", "since: 2026-01-01", 'since: "2026-02-02"', "observe: true", "observe: false", "clock: c"]
    ),
    unique_by=lambda line: line.partition(":")[0],
)


@given(above=KEYS, below=KEYS, flow=st.booleans(), ends=st.sampled_from(["\n", "\r\n"]), mark=st.booleans())
def test_whatever_the_rule_looks_like_only_two_keys_differ(
    tmp_path_factory: pytest.TempPathFactory, above: list[str], below: list[str], flow: bool, ends: str, mark: bool
) -> None:
    taken = {line.partition(":")[0] for line in above}
    lines = [*above, "name: a", *(line for line in below if line.partition(":")[0] not in taken)]
    if flow:
        rule = "  - {" + ", ".join(line.partition(" #")[0] for line in lines) + "}"
    else:
        rule = "  - " + "\n    ".join(lines)
    text = f"ladders:\n{rule}\n  - name: b\n    observe: true # b\n".replace("\n", ends)
    before = ("\ufeff" + text if mark else text).encode()
    after = lived(tmp_path_factory.mktemp("rules"), before)
    was, now = (read_yaml(each.decode(), "")[0].plain()["ladders"] for each in (before, after))  # type: ignore[index,union-attr]
    assert now[1] == was[1]
    assert now[0] == {
        **{key: value for key, value in was[0].items() if not (key == "observe" and value is True)},
        "since": "2027-01-04",
    }
    assert after.count(b"#") == before.count(b"#")
    assert after.count(b"\r\n") == after.count(b"\n") or ends == "\n"
