from __future__ import annotations

import json
import os
import re
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from bot.rulefiles import MESSAGES, RulebookError, load_rulebook
from bot.shipped import rules_folder
from bot.texts import load_messages

DATA = Path(__file__).parent / "broken_rulebooks"
BASE = {path.name: path.read_text() for path in sorted((DATA / "base").glob("*.yaml"))}
CASES = yaml.load((DATA / "cases.yaml").read_text(), yaml.CSafeLoader)
TEXTS = {
    "routed": frozenset(("queue",)),
    "route_unsure": frozenset(()),
    "warning": frozenset(("due",)),
    "breach": frozenset(("due", "over")),
    "ask": frozenset(("date",)),
    "needs_left": frozenset(("left",)),
}


def written(folder, files):
    """A folder with these files and no others."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def loaded(folder, **options):
    return load_rulebook(folder, site="here", **options)


def mistakes(folder, **options):
    """What is printed for a broken rulebook, with file names relative to its folder."""
    with pytest.raises(RulebookError) as caught:
        loaded(folder, **options)
    return [str(problem).replace(f"{folder}/", "").replace(str(folder), ".") for problem in caught.value.problems]


def changed(change):
    files = dict(BASE)
    for one in change:
        before = files.get(one["file"])
        assert before is None or before.count(one["was"]) >= 1
        files[one["file"]] = one["now"] if before is None else before.replace(one["was"], one["now"], 1)
    return files


def said_of(case, folder):
    return mistakes(written(folder, changed(case["change"])), messages=TEXTS)


@pytest.mark.parametrize("case", CASES, ids=[case["it"] for case in CASES])
def test_a_broken_rulebook_says_what_is_wrong_where_and_what_was_meant(case, tmp_path):
    assert said_of(case, tmp_path / "x") == case["says"]


@pytest.mark.skipif("PILETIBOT_UPDATE_GOLDEN" not in os.environ, reason="writes what is said into the cases")
def test_what_is_said_is_written_into_the_cases(tmp_path):
    head, *written_as = re.split(r"(?m)^(?=- it: )", (DATA / "cases.yaml").read_text())
    for i, case in enumerate(CASES):
        said = [f"    - {json.dumps(line, ensure_ascii=False)}\n" for line in said_of(case, tmp_path / "x")]
        before, rest = written_as[i].split("  says:\n")
        after = re.sub(r"^(?:    - .*\n)+", "", rest)
        written_as[i] = f"{before}  says:\n{''.join(said)}{after}"
    (DATA / "cases.yaml").write_text(head + "".join(written_as))


def test_the_corpus_is_as_large_as_was_promised():
    assert len(CASES) == len({case["it"] for case in CASES}) >= 160
    assert all(case["says"] for case in CASES)


def test_a_problem_has_its_parts(tmp_path):
    files = changed([{"file": "rules.yaml", "was": "after: 1h", "now": "afer: 1h"}])
    with pytest.raises(RulebookError) as caught:
        loaded(written(tmp_path / "x", files))
    [problem] = caught.value.problems
    assert (problem.line, problem.column, problem.offending, problem.suggestion) == (32, 21, "afer", "after")
    assert str(caught.value) == str(problem)


def test_a_good_rulebook_is_what_its_files_say(tmp_path):
    book = loaded(written(tmp_path / "x", BASE), messages=TEXTS)
    assert (book.site, book.entries.desk, book.entries.projects) == ("here", "abi", ("ABI",))
    assert book.entries.states[1].status == ("II tasemel", "10001")
    assert book.entries.calendars["kontor"].exceptions == {date(2026, 12, 30): "closed"}
    assert [rung.to for rung in book.entries.ladders[0].rungs] == [("owner",), ("owner", "queue"), ("lead",)]
    noon = 1767175200  # 2025-12-31 10:00 UTC: a shortened day, and after it a holiday
    assert book.calendar.between(noon, noon + 86400) == 2 * 3600
    assert book.name("queue", "permits", "ru") == "Load"


@pytest.mark.parametrize(
    ("start", "end"),
    [(b"\xef\xbb\xbf", b"\n"), (b"", b"\r\n"), (b"\xef\xbb\xbf", b"\r\n")],
    ids=["BOM", "CRLF", "both"],
)
def test_what_windows_editors_write_is_read(start, end, tmp_path):
    files = {name: start + text.encode().replace(b"\n", end) for name, text in BASE.items()}
    book = loaded(written(tmp_path / "windows", files))
    assert book.entries == loaded(written(tmp_path / "unix", BASE)).entries


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({}, [".: there is no rulebook here: no *.yaml file says anything"]),
        ({"a.yaml": "# nothing yet\n"}, [".: there is no rulebook here: no *.yaml file says anything"]),
        ({"a.yml": "desk: x\n"}, ["a.yml: this is not read; call it a.yaml"]),
        ({"a.yaml": "desk: Töö".encode("latin-1")}, ["a.yaml:1:8: this is not UTF-8; save the file in UTF-8"]),
        (
            {"a.yaml": "desk: x\nn: Töö".encode("utf-16")},
            ["a.yaml:1:1: this is UTF-16 or UTF-32; save the file in UTF-8"],
        ),
        ({"a.yaml": b"desk: \x00"}, ["a.yaml:1:7: an invisible character (U+0000) cannot stand in a rulebook"]),
        ({"a.yaml": b"#" * 1_000_001}, ["a.yaml: it is larger than 1 MB"]),
        ({"a.yaml": "desk: " + "[" * 5000}, ["a.yaml:1:47: nested deeper than 40 levels"]),
        ({"a.yaml": "- desk"}, ["a.yaml:1:1: a rulebook's file holds sections, such as `ladders:`"]),
    ],
)
def test_files_that_hold_no_rulebook(files, says, tmp_path):
    assert mistakes(written(tmp_path / "x", files)) == says


def test_a_folder_that_is_not_there(tmp_path):
    assert mistakes(tmp_path / "x") == [".: no such folder"]
    here = written(tmp_path / "here", BASE)
    assert mistakes(here, common=tmp_path / "common") == [f"{tmp_path / 'common'}: no such folder"]


def test_only_the_folder_s_own_yaml_files_are_rules(tmp_path):
    others = {f"{folder}/x.yaml": "broken: [" for folder in ("tests", "messages", "demo", ".folder.yaml")}
    book = loaded(written(tmp_path / "x", BASE | others | {".#desk.yaml": "broken: [", "notes.md": "broken: ["}))
    assert book.entries.desk == "abi"


def test_common_files_come_first_and_count(tmp_path):
    kontor, rest = BASE["desk.yaml"].split("calendars:\n")[1].split("manners:")
    common = written(tmp_path / "common", {"calendars.yaml": f"calendars:\n{kontor}"})
    files = BASE | {"desk.yaml": BASE["desk.yaml"].split("calendars:")[0] + "manners:" + rest}
    folder = written(tmp_path / "x", files)
    assert set(loaded(folder, common=common).calendars) == {"kontor"}
    assert mistakes(folder) == [".: no file has the section 'calendars'"]
    assert mistakes(written(tmp_path / "y", BASE), common=common) == [
        f"desk.yaml:13:3: 'kontor' is said twice, first at {common}/calendars.yaml:2:3"
    ]


def test_lists_of_two_files_are_one_list(tmp_path):
    more = "ladders:\n" + BASE["rules.yaml"].split("ladders:\n")[1].replace("name: ", "name: more-")
    book = loaded(written(tmp_path / "x", BASE | {"zz.yaml": more}))
    assert [ladder.name for ladder in book.entries.ladders] == [
        "deadline",
        "closure",
        "more-deadline",
        "more-closure",
    ]


def version(folder, files, common=None):
    return loaded(written(folder, files), common=common).version


def test_the_version_follows_rules_and_messages_and_nothing_else(tmp_path):
    base = version(tmp_path / "x", BASE)
    assert len(base) == 12
    assert set(base) <= set("0123456789abcdef")
    renamed = {("z" + name if name == "rules.yaml" else name): text for name, text in BASE.items()}
    common = written(tmp_path / "common", {"messages/et/ask.md": "Tere"})
    others = {
        version(tmp_path / "x", BASE | {"rules.yaml": BASE["rules.yaml"] + "# a word\n"}),
        version(tmp_path / "x", BASE | {"messages/et/ask.md": "Tere"}),
        version(tmp_path / "x", BASE | {"messages/et/ask.md": "Tere!"}),
        version(tmp_path / "x", BASE | {"messages/en/ask.md": "Tere"}),
        version(tmp_path / "x", renamed),
        version(tmp_path / "x", BASE, common),
    }
    assert len(others - {base}) == 6
    assert version(tmp_path / "elsewhere", BASE | {"tests/a.yaml": "- x", "README.md": "x"}) == base


def test_three_hundred_entries_are_all_there(tmp_path):
    routes = "".join(
        f"  - {{route: r{i}, why: This is route number {i}., when: {{label: l{i}}}, queue: permits}}\n"
        for i in range(150)
    )
    ladder = BASE["rules.yaml"].split("  - name: closure")[1]
    many = "ladders:\n" + "".join(f"  - name: closure{i}{ladder}" for i in range(150))
    files = BASE | {"a.yaml": f"routes:\n{routes}", "z.yaml": many}
    book = loaded(written(tmp_path / "x", files), messages=TEXTS)
    assert [route.route for route in book.entries.routes] == [*(f"r{i}" for i in range(150)), "permits", "others"]
    assert len(book.entries.ladders) == 152
    files["z.yaml"] = many.replace("after: 1h", "afer: 1h").replace("to: forwarder}", "to: forwarder, say: x}")
    assert len(mistakes(written(tmp_path / "x", files), messages=TEXTS)) == 300


@pytest.mark.parametrize("desk", sorted({path.parent.name for path in rules_folder().glob("*/desk.yaml")}))
def test_the_shipped_rulebooks_load(desk):
    common, folder = rules_folder() / "common", rules_folder() / desk
    texts = load_messages([each / MESSAGES for each in (common, folder) if (each / MESSAGES).is_dir()])
    messages = {name: texts.required_values(name) for name in texts.names()}
    assert loaded(folder, common=common, messages=messages).entries.desk == desk


def test_the_shipped_rulebooks_are_found_in_a_checkout_and_in_a_wheel(tmp_path):
    assert (rules_folder() / "keskkonnaamet" / "desk.yaml").is_file()
    assert rules_folder(tmp_path / "bot") == tmp_path / "bot" / "rules"
    (tmp_path / "rules").mkdir()
    assert rules_folder(tmp_path / "bot") == tmp_path / "bot" / "rules"
    (tmp_path / "pyproject.toml").touch()
    assert rules_folder(tmp_path / "bot") == tmp_path / "rules"
