"""Files that no editor of ours would write: bombs, other encodings, things that are no files. None may hurt."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from test_rulefiles import BASE, loaded, mistakes, written

from bot.rulefiles import LARGEST_FILE

LAUGHS = "a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol]\n" + "".join(
    f"{new}: &{new} [{','.join(['*' + old] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)
FULL = LARGEST_FILE - 1000
MANY = "more than 20000 values stand in this file; write the rest into another"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LAUGHS, "z.yaml:2:4: the anchor '&b' is not read; remove it"),
        ("comments: " + "[" * 10_000 + "]" * 10_000, "z.yaml:1:51: nested deeper than 40 levels"),
        ("- " * (FULL // 2), "z.yaml:1:83: nested deeper than 40 levels"),
        ("? " * (FULL // 2), "z.yaml:1:83: nested deeper than 40 levels"),
        ("{a: " * 10_000, "z.yaml:1:162: nested deeper than 40 levels"),
        ("\n".join(" " * i + "a:" for i in range(1300)), "z.yaml:41:41: nested deeper than 40 levels"),
        ("# x\n" * 500_000, "z.yaml: it is larger than 1 MB"),
        ("# y\n" * 2_500_000, ".: the files of rules are larger than 10 MB together"),
        ("desk: " + "x" * FULL, "z.yaml:1:1: 'desk' is said twice, first at desk.yaml:1:1"),
        ("desk: |\n" + "  x\n" * (FULL // 4), "z.yaml:1:1: 'desk' is said twice, first at desk.yaml:1:1"),
        ("x" * FULL + ": 1", f"z.yaml:1:{FULL + 1}: no key can stand here"),
        ("a: " * (FULL // 3), "z.yaml:1:5: no key can stand here"),
        ("projects: [" + "a, " * (FULL // 3), f"z.yaml:1:60003: {MANY}"),
        ("fields: {" + "".join(f"k{i}: v, " for i in range(FULL // 11)), MANY),
        ("fields: {" + "k: v, " * (FULL // 6), "z.yaml:1:16: 'k' is said twice here, first on line 1"),
        ("people:\n" + "- \n" * (FULL // 3), f"z.yaml:19999:2: {MANY}"),
        ("people:\n" + "- {persn: a}\n" * 6_600, "z.yaml:2:4: unknown key 'persn'; did you mean 'person'?"),
        ("people:\n" + "- {persn: a}\n" * 6_600, ".: 19800 mistakes; told are the first 1000"),
        ("people:\n" + "- {person: a, account: b}\n" * 3_900, "z.yaml:3:12: there is already a person 'a'"),
        (
            "routes:\n" + "- {route: a, why: Nobody knows this., queue: permitz}\n" * 2_800,
            "there is already a rule 'a'",
        ),
        ('desk: "' + "\\x41" * (FULL // 4) + '"', "z.yaml:1:1: 'desk' is said twice, first at desk.yaml:1:1"),
        ("a" * 900_000 + "\ufeff", "z.yaml:1:900001: an invisible character (U+FEFF) cannot stand in a rulebook"),
    ],
    ids=lambda text: text[:20].encode("unicode_escape").decode(),
)
def test_a_file_made_to_hurt_is_refused_within_a_second(text, says, tmp_path):
    folder = written(tmp_path / "x", BASE | {"z.yaml": text})
    began = time.process_time()
    found = mistakes(folder)
    assert time.process_time() - began < 1
    assert any(says in each for each in found), found[:5]
    assert max(map(len, found)) < 400


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("desk: Töö".encode("latin-1"), "z.yaml:1:8: this is not UTF-8; save the file in UTF-8"),
        (b"a: \xc3\xb5\r\nb: 2\r\nc: \xff", "z.yaml:3:4: this is not UTF-8; save the file in UTF-8"),
        (b"a: 1\rb: 2\rc: \xc3\xb5\xff", "z.yaml:3:5: this is not UTF-8; save the file in UTF-8"),
        (b"a: \xed\xa0\x80", "z.yaml:1:4: this is not UTF-8; save the file in UTF-8"),
        *(
            ("a: õ".encode(encoding), "z.yaml:1:1: this is UTF-16 or UTF-32; save the file in UTF-8")
            for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be")
        ),
        (b"a: 1\rb: [2\rc: x", "z.yaml:2:4: in this list a comma or the closing ']' is missing"),
        (b"a: 1\r\nb: [2\r\nc: x", "z.yaml:2:4: in this list a comma or the closing ']' is missing"),
        (b"a: 1\rb: 2\rc: \x07", "z.yaml:3:4: an invisible character (U+0007) cannot stand in a rulebook"),
        (b"\xef\xbb\xbf\xef\xbb\xbfa: 1", "z.yaml:1:1: an invisible character (U+FEFF) cannot stand in a rulebook"),
        ("a: 1\u0085b".encode(), "z.yaml:1:5: an invisible character (U+0085) cannot stand in a rulebook"),
        (
            "a: 1\u200b\nb:\u00a02".encode(),
            "z.yaml:1:5: an invisible character (U+200B) cannot stand in a rulebook\n"
            "z.yaml:2:3: this space is not the ordinary one (U+00A0); write it anew",
        ),
    ],
)
def test_what_other_programs_write_is_refused_with_its_place(content, says, tmp_path):
    assert mistakes(written(tmp_path / "x", BASE | {"z.yaml": content})) == says.splitlines()


@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"], ids=["Unix", "Windows", "old Mac"])
def test_whatever_ends_lines_the_rulebook_is_the_same(start, end, tmp_path):
    files = {name: start + text.encode().replace(b"\n", end) for name, text in BASE.items()}
    assert loaded(written(tmp_path / "x", files)).entries == loaded(written(tmp_path / "y", BASE)).entries
    files["rules.yaml"] = files["rules.yaml"].replace(b"after: 1h", b"afer: 1h")
    assert mistakes(written(tmp_path / "x", files)) == ["rules.yaml:32:21: unknown key 'afer'; did you mean 'after'?"]


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n", b"# nothing yet\n", b"---\n"])
def test_a_file_that_says_nothing_changes_nothing(content, tmp_path):
    assert loaded(written(tmp_path / "x", BASE | {"z.yaml": content})).entries.desk == "abi"


def test_a_name_is_the_same_however_its_letters_are_composed(tmp_path):
    """macOS writes õ as an o and a tilde of its own, everybody else as one letter."""
    whole, parts = "l\u00f5iv", "lo\u0303iv"
    files = BASE | {
        "people.yaml": BASE["people.yaml"].replace("queue: fees", f"queue: {parts}"),
        "rules.yaml": BASE["rules.yaml"].replace("[permits, fees]", f"[permits, {whole}]"),
    }
    book = loaded(written(tmp_path / "x", files))
    assert list(book.queues) == ["permits", whole]
    assert book.entries.routes[-1].ask == ("permits", whole)


def test_a_file_of_closed_days_is_found_however_its_name_is_composed(tmp_path):
    files = BASE | {
        "desk.yaml": BASE["desk.yaml"].replace("shortened: EE", "closed: p\u00fchad.ics"),
        "pu\u0308had.ics": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20270106\nEND:VEVENT\nEND:VCALENDAR\n",
    }
    book = loaded(written(tmp_path / "x", files))
    wednesday = 1799193600  # 2027-01-06 00:00 UTC
    assert book.calendar.between(wednesday, wednesday + 80_000) == 0


def folder(path: Path) -> None:
    path.mkdir()


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path)


def dangling(path: Path) -> None:
    path.symlink_to(path.parent / "nowhere.yaml")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (folder, "z.yaml: this is not a file"),
        (pipe, "z.yaml: this is not a file"),
        (device, "z.yaml: this is not a file"),
        (loop, "z.yaml: it cannot be read: Too many levels of symbolic links"),
        (dangling, "z.yaml: it cannot be read: No such file or directory"),
    ],
)
def test_what_is_no_file_is_told_and_never_waited_for(make, says, tmp_path):
    here = written(tmp_path / "x", BASE)
    make(here / "z.yaml")
    assert mistakes(here) == [says]


def test_a_file_that_may_not_be_read(tmp_path):
    here = written(tmp_path / "x", BASE)
    (here / "desk.yaml").chmod(0)
    if os.access(here / "desk.yaml", os.R_OK):
        pytest.skip("who runs this may read everything")
    assert mistakes(here) == ["desk.yaml: it cannot be read: Permission denied"]


def test_a_rulebook_may_be_linked_to(tmp_path):
    """As where a mounted folder changes whole: its files lead into one beneath."""
    here = written(tmp_path / "x", BASE)
    (here / "..data").mkdir()
    (here / "rules.yaml").rename(here / "..data" / "rules.yaml")
    (here / "rules.yaml").symlink_to(here / "..data" / "rules.yaml")
    (tmp_path / "y").symlink_to(here)
    assert loaded(tmp_path / "y").entries.desk == "abi"


def test_a_file_whose_name_is_no_text_has_a_version_too(tmp_path):
    here = written(tmp_path / "x", BASE)
    (here / "rules.yaml").rename(os.fsdecode(bytes(here) + b"/\xff.yaml"))
    assert len(loaded(here).version) == 12
