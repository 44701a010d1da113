"""`piletibot backtest` as a person calls it: its JSON, its summary, its page, and what it says of odd exports."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Iterable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from command_line import ALWAYS_OPEN, open_sandbox, piletibot, solved_issue, user_of, write_desk, written
from jsonschema import Draft202012Validator

from bot.backtest.words import words_of
from bot.shipped import rules_folder

HERE = Path(__file__).resolve().parent
RULES = HERE / "data" / "realdata_rulebook"
REAL = HERE / ".." / ".." / "shared" / "data" / "jira-issues.jsonl.gz"
GOLDEN = HERE / "golden" / "backtest"
UPDATE = bool(os.environ.get("PILETIBOT_UPDATE_GOLDEN"))
Json = dict[str, Any]

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

NEW = {"id": "1", "name": "New", "statusCategory": {"key": "new"}}
DOING = {"id": "2", "name": "Doing", "statusCategory": {"key": "indeterminate"}}
DONE = {"id": "3", "name": "Done", "statusCategory": {"key": "done"}}
SECRET = "Saladus Salajane"


def person(name: str) -> Json:
    return {"accountId": f"acc-{name}", "displayName": SECRET, "emailAddress": f"{name}@secret.example"}


def issue(number: int, *moves: tuple[str, Json], created: str = "2026-11-02T09:00:00.000+0200", **more: Any) -> Json:
    """An issue of REP that went through these statuses at these moments; a part given as `...` is left out."""
    histories, was = [], NEW
    for n, (at, status) in enumerate(moves):
        sides = {"from": was["id"], "fromString": was["name"], "to": status["id"], "toString": status["name"]}
        item = {"field": "status", "fieldId": "status", "fieldtype": "jira", **sides}
        histories.append({"id": str(number * 100 + n), "created": at, "author": person("doer"), "items": [item]})
        was = status
    fields = {
        "summary": SECRET,
        "description": SECRET,
        "project": {"id": "1", "key": "REP"},
        "status": was,
        "priority": {"id": "3", "name": "Medium"},
        "assignee": person("owner"),
        "reporter": person("asker"),
        "created": created,
        "updated": moves[-1][0] if moves else created,
        "labels": [],
        "comment": {"comments": [], "total": 0},
    }
    raw = {"id": str(number), "key": f"REP-{number}", "fields": fields, "changelog": {"histories": histories}} | more
    return {name: value for name, value in raw.items() if value is not ...}


STILL = issue(1, ("2026-11-02T10:00:00.000+0200", DOING))
SOLVED = issue(2, ("2026-11-03T10:00:00.000+0200", DOING), ("2026-11-04T10:00:00.000+0200", DONE))
LATE = issue(3, ("2026-11-16T10:00:00.000+0200", DOING), created="2026-11-16T09:00:00.000+0200")
THREE = (STILL, SOLVED, LATE)


def export(*rows: Json | bytes, name: str = "export.jsonl") -> Path:
    lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
    content = b"".join(line + b"\n" for line in lines)
    path = Path(name)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def rulebook(name: str, *edits: tuple[str, str]) -> Path:
    folder = Path(name)
    shutil.copytree(RULES, folder)
    file = folder / "desk.yaml"
    text = file.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    return folder


PROMISE = (
    "ladders:\n",
    "policies:\n  - {name: solve, why: What is asked is solved., starts: created, stops: solved,"
    " targets: [{within: 1wd}]}\n\nladders:\n",
)
LIVE = ("observe: true", "observe: false")
QUICKER = ("{rung: ask, after: 2wd", "{rung: ask, after: 1wd")


def run(*args: str | Path, export: Path) -> int:
    return piletibot("backtest", "--export", export, "--workers", "1", *args)


def rows(capsys: pytest.CaptureFixture[str], *args: str | Path, export: Path, code: int = 0) -> list[Json]:
    assert run("--json", *args, export=export) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# The JSON that others script against


MOMENT = {"type": ["string", "null"], "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
AMOUNT = {"type": "integer", "minimum": 0}
TEXT = {"type": ["string", "null"]}


def listed(**names: Json) -> Json:
    return {"type": "array", "items": {"type": "object", "properties": names, "required": list(names)}}


FOUND = {
    "clocks": listed(
        policy={"type": "string"},
        cycle={"type": "integer", "minimum": 1},
        started_at=MOMENT,
        stopped_at=MOMENT,
        paused_s=AMOUNT,
        elapsed_s=AMOUNT,
        due_at=MOMENT,
        breached_at=MOMENT,
        standing={"enum": ["on track", "at risk", "breached", "met", "missed", "paused"]},
    ),
    "deadlines": listed(
        name={"type": "string"}, starts_at=MOMENT, due_at=MOMENT, ended_at=MOMENT, breached_at=MOMENT
    ),
    "steps": listed(
        at=MOMENT,
        rule={"type": "string"},
        action={"enum": ["say", "observe", "hold", "adopt", "withdraw"]},
        to={"type": "array", "items": {"type": "string"}},
        because={"type": "string"},
        rung={"type": "string"},
        repeat=AMOUNT,
        say={"type": "string"},
        queue=TEXT,
        due_at=MOMENT,
        said_at=MOMENT,
        held=listed(at=MOMENT, by={"type": "string"}, because={"type": "string"}, until_at=MOMENT),
        key={"type": "string"},
    ),
}
DIFFERING = listed(key={"type": "string"}, change={"enum": ["added", "removed", "changed"]}, names={"type": "array"})
SAME: Json = {kind: [] for kind in FOUND}
SCHEMA = {
    "type": "object",
    "properties": {
        "v": {"const": 1},
        "key": {"type": "string"},
        "id": {"type": "string"},
        "trouble": TEXT,
        **FOUND,
        "against": {"type": "object", "properties": FOUND, "required": list(FOUND)},
        "difference": {
            "type": "object",
            "properties": dict.fromkeys(FOUND, DIFFERING),
            "required": list(FOUND),
        },
    },
    "required": ["v", "key", "id", "trouble", *FOUND],
}


def conforms(found: Iterable[Json]) -> None:
    validator = Draft202012Validator(SCHEMA)
    for one in found:
        validator.validate(one)


def test_json_has_the_names_that_others_rely_on(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "--rules", rulebook("new", PROMISE, LIVE), export=export(*THREE))
    conforms(found)
    assert [one["key"] for one in found] == ["REP-1", "REP-2", "REP-3"]
    (clock,) = found[1]["clocks"]
    assert clock == {
        "policy": "solve",
        "cycle": 1,
        "started_at": "2026-11-02T07:00:00Z",
        "stopped_at": "2026-11-04T08:00:00Z",
        "paused_s": 0,
        "elapsed_s": 19 * 3600,
        "due_at": "2026-11-02T15:00:00Z",
        "breached_at": "2026-11-02T15:00:00Z",
        "standing": "missed",
    }
    step = found[0]["steps"][0]
    assert list(step)[:5] == ["at", "rule", "action", "to", "because"]
    assert {name: step[name] for name in ("at", "rule", "rung", "action", "to", "due_at", "said_at")} == {
        "at": "2026-11-04T06:00:00Z",
        "rule": "no-movement",
        "rung": "ask",
        "action": "say",
        "to": ["~acc-owner"],
        "due_at": "2026-11-03T15:00:00Z",
        "said_at": "2026-11-04T06:00:00Z",
    }
    assert [held["by"] for held in step["held"]] == ["quiet hours"]
    assert not Path("backtest.html").exists(), "a page only where it is asked for"


def test_json_with_a_second_rulebook(capsys: pytest.CaptureFixture[str]) -> None:
    old, new = rulebook("old", PROMISE, LIVE), rulebook("new", LIVE, QUICKER)
    found = rows(capsys, "--rules", new, "--against", old, export=export(*THREE))
    conforms(found)
    first = found[0]
    assert [clock["policy"] for clock in first["against"]["clocks"]] == ["solve"]
    assert first["clocks"] == []
    assert first["difference"]["clocks"] == [{"key": "solve/1", "change": "removed", "names": []}]
    changed = {each["key"].split("/")[-2]: each["change"] for each in first["difference"]["steps"]}
    assert changed == {"ask": "changed"}


def test_a_rulebook_held_against_itself_differs_in_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    book = rulebook("new", PROMISE, LIVE)
    found = rows(capsys, "--rules", book, "--against", book, export=export(*THREE))
    assert [one["difference"] for one in found] == [SAME] * 3
    assert run("--rules", book, "--against", book, export=Path("export.jsonl")) == 0
    assert "0 of 3 tickets differ" in capsys.readouterr().out
    assert words_of("en")["same"] in Path("backtest.html").read_text("utf-8")


def test_what_only_one_rulebook_can_read_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    plain, mapped = rulebook("plain"), rulebook("mapped", ("states:\n", "fields: {own: customfield_1}\nstates:\n"))
    item = {"field": "Own", "fieldId": "customfield_1", "from": None, "fromString": {}, "to": None, "toString": "b"}
    history = {"id": "9", "created": "2026-11-17T10:00:00.000+0200", "author": person("doer"), "items": [item]}
    path = export(STILL, LATE | {"changelog": {"histories": [history]}}, SOLVED)
    for tried, against, keys in ((plain, mapped, [1, 2]), (mapped, plain, [1, 3, 2])):
        found = rows(capsys, "--rules", tried, "--against", against, "--to", "2026-11-10", export=path, code=1)
        assert [one["key"] for one in found] == [f"REP-{number}" for number in keys]
        assert [one["key"] for one in found if "difference" not in one] == [f"REP-{n}" for n in keys if n == 3]


# When and how it looks


@pytest.mark.parametrize(
    ("options", "tickets", "said"),
    [
        ([], 3, 4),
        (["--to", "2026-11-18"], 3, 5),
        (["--to", "2026-11-10"], 2, 4),
        (["--to", "2026-11-02 10:00"], 2, 0),
        (["--from", "2026-11-05"], 3, 2),
        (["--from", "2026-11-17"], 3, 0),
        (["--from", "2026-11-02T09:00+02:00", "--to", "2026-11-03"], 2, 0),
    ],
)
def test_the_span_is_what_was_asked_for(
    options: list[str], tickets: int, said: int, capsys: pytest.CaptureFixture[str]
) -> None:
    found = rows(capsys, "--rules", rulebook("new", LIVE), *options, export=export(*THREE))
    assert len(found) == tickets
    assert sum(step["action"] == "say" for one in found for step in one["steps"]) == said


def test_a_moment_due_is_the_same_however_often_it_looks(capsys: pytest.CaptureFixture[str]) -> None:
    book, file = rulebook("new", LIVE), export(*THREE)
    seen = {}
    for poll, lag in ((60, 0), (7200, 0), (60, 1800)):
        found = rows(capsys, "--rules", book, "--poll", str(poll), "--lag", str(lag), export=file)
        steps = [step for one in found for step in one["steps"] if step["action"] == "say"]
        seen[poll, lag] = {step["key"]: step["due_at"] for step in steps}, [step["said_at"] for step in steps]
    dues, _ = zip(*seen.values(), strict=True)
    assert dues[0] == dues[1] == dues[2]
    assert seen[60, 0][1] != seen[7200, 0][1]


def test_rules_on_observe_can_be_tried_as_if_they_were_live(capsys: pytest.CaptureFixture[str]) -> None:
    file = export(*THREE)
    actions = [
        {step["action"] for one in rows(capsys, "--rules", RULES, *more, export=file) for step in one["steps"]}
        for more in ([], ["--as-if-live"])
    ]
    assert actions == [{"observe", "hold"}, {"say", "hold"}]
    assert run("--rules", RULES, export=file) == 0
    assert "--as-if-live" in capsys.readouterr().out
    assert words_of("en")["on_observe"] in Path("backtest.html").read_text("utf-8")


def test_what_the_bot_did_counts_as_the_bots(capsys: pytest.CaptureFixture[str]) -> None:
    stirred = issue(1, ("2026-11-02T10:00:00.000+0200", DOING), ("2026-11-04T10:00:00.000+0200", NEW))
    book, file = rulebook("new", LIVE), export(stirred)
    by_people = rows(capsys, "--rules", book, export=file)
    by_bot = rows(capsys, "--rules", book, "--bot", "acc-doer", export=file)
    assert by_people[0]["steps"] != by_bot[0]["steps"]
    assert run("--rules", book, "--bot", "acc-nobody", export=file) == 0
    assert "The account named as the bot's never occurs\n" in capsys.readouterr().out


def test_two_processes_find_what_one_finds(capsys: pytest.CaptureFixture[str]) -> None:
    book, file = rulebook("new", PROMISE, LIVE), export(*THREE)
    one = rows(capsys, "--rules", book, export=file)
    assert rows(capsys, "--rules", book, "--workers", "2", export=file) == one


def test_the_configuration_names_the_site_and_the_rulebook(capsys: pytest.CaptureFixture[str]) -> None:
    write_desk(Path(), "https://jira.example", user=None)
    handed_on = issue(1, ("2026-11-02T10:00:00.000+0200", DOING | {"name": "II tasemel"})) | {"key": "KKA-1"}
    (found,) = rows(capsys, export=export(handed_on))
    assert "tier2-answer" in {clock["policy"] for clock in found["clocks"]}
    assert found["steps"][0]["key"].startswith("test/")


# What it says of odd exports


ODD: dict[str, tuple[list[Json | bytes], int, list[str], list[str]]] = {
    "a line that is not JSON": ([b"{oops", *THREE], 1, ["export.jsonl:1: it is not JSON"], []),
    "a list": ([json.dumps([STILL]).encode(), SOLVED], 1, ["export.jsonl:1: it is a list"], []),
    "blank lines": ([b"", STILL, b"  ", SOLVED], 0, [], []),
    "no creation": (
        [STILL, issue(9) | {"fields": {"status": NEW}}],
        1,
        [],
        ["REP-9: could not be read: it has no moment of creation"],
    ),
    "no changelog": ([issue(1, changelog=...), SOLVED], 0, [], ["without a changelog", ": 1"]),
    "the same ticket twice": ([STILL, STILL, SOLVED], 0, [], ["2 tickets", "Earlier versions"]),
    "another project": ([STILL, issue(5) | {"key": "ELSE-5"}], 0, [], ["2 tickets", "ELSE"]),
    "a status that no state places": (
        [STILL, issue(5, ("2026-11-03T10:00:00.000+0200", {"id": "77", "name": "Limbo"}))],
        0,
        [],
        ["Limbo (77)"],
    ),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_exports_are_told_of_and_the_rest_goes_on(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    lines, code, errors, told = ODD[what]
    assert run("--rules", RULES, export=export(*lines)) == code
    shown = capsys.readouterr()
    assert [line for line in errors if line not in shown.err] == []
    text = " ".join(shown.out.split())
    assert [line for line in told if line not in text] == []
    assert (shown.err == "") == (not errors)


def test_a_file_that_is_cut_short_is_replayed_as_far_as_it_goes(capsys: pytest.CaptureFixture[str]) -> None:
    path = export(*(issue(n, description=os.urandom(2000).hex()) for n in range(1, 200)), name="export.jsonl.gz")
    path.write_bytes(path.read_bytes()[:-1000])
    found = rows(capsys, "--rules", RULES, export=path, code=1)
    assert 100 < len(found) < 199


MISTAKES: dict[str, tuple[list[str], str]] = {
    "no such export": (["--rules", str(RULES), "--export", "none.jsonl"], "none.jsonl: No such file or directory"),
    "no such rulebook": (["--rules", "none", "--export", "export.jsonl"], "none: no such folder"),
    "an empty export": (
        ["--rules", str(RULES), "--export", "empty.jsonl"],
        "empty.jsonl: no line of it holds a Jira",
    ),
    "utf-16": (["--rules", str(RULES), "--export", "utf16.jsonl"], "utf16.jsonl: the file is in UTF-16"),
    "no date": (["--rules", str(RULES), "--export", "export.jsonl", "--from", "eile"], "--from 'eile' is not a date"),
    "backwards": (
        ["--rules", str(RULES), "--export", "export.jsonl", "--from", "2026-11-05", "--to", "2026-11-01"],
        "--to must be after --from",
    ),
    "neither export nor span": (["--rules", str(RULES)], "config.toml: there is no such configuration"),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_mistakes_are_told_in_words(what: str, capsys: pytest.CaptureFixture[str]) -> None:
    options, told = MISTAKES[what]
    export(*THREE)
    Path("empty.jsonl").write_text("\n")
    Path("utf16.jsonl").write_text(json.dumps(STILL), "utf-16")
    assert piletibot("backtest", *options) == 2
    assert capsys.readouterr().err.startswith(told)
    assert not Path("backtest.html").exists()


# What a person reads


def shown(path: str = "backtest.html") -> str:
    return Path(path).read_text("utf-8")


@pytest.mark.parametrize("language", ["en", "et", "ru"])
def test_the_page_stands_alone_and_names_nobody(language: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoken = [("language: en", f"language: {language}"), ("{en: ", f"{{{language}: ")]
    old, new = rulebook("old", PROMISE, LIVE, *spoken), rulebook("new", PROMISE, LIVE, QUICKER, *spoken)
    assert run("--rules", new, "--against", old, "--out", "here/report.html", export=export(*THREE)) == 0
    page, said = shown("here/report.html"), capsys.readouterr().out
    assert f'<html lang="{"en" if language == "ru" else language}">' in page
    assert words_of(language)["which_broke"] in page
    assert page.count("<svg") == 2 * 4 + 1, "four charts for two widths, and the textures"
    for text in (page, said):
        assert not re.search(r"https?:|//[a-z]|@import|url\((?!#s[1-6]\))", text)
        for secret in (SECRET, "secret.example", "acc-owner", "acc-doer", "acc-asker"):
            assert secret not in text
    assert Path("here/report.html").stat().st_mode & 0o077 == 0


def test_a_page_of_nothing_is_a_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--rules", RULES, "--to", "2026-11-02", export=export(STILL)) == 0
    assert words_of("en")["nobody"] in shown()
    assert words_of("en")["none_ran"] in shown()


def test_all_languages_have_the_same_words() -> None:
    assert words_of("et").keys() == words_of("en").keys()
    placeholders = re.compile(r"\{\w+\}")
    for word, text in words_of("en").items():
        assert sorted(placeholders.findall(text)) == sorted(placeholders.findall(words_of("et")[word])), word


def test_the_summary_of_a_small_desk_is_as_written(capsys: pytest.CaptureFixture[str]) -> None:
    old = rules_folder() / "keskkonnaamet"
    spec = spec_from_file_location("tickets", HERE / "bench" / "tickets.py")
    assert spec is not None
    assert spec.loader is not None
    tickets = module_from_spec(spec)
    spec.loader.exec_module(tickets)
    file = export(*tickets.issues(60))
    assert run("--rules", old, export=file) == 0
    text = re.sub(r"version [0-9a-f]{12}", "version …", capsys.readouterr().out)
    text = re.sub(r"judged \d+ times", "judged … times", text)
    golden = GOLDEN / "summary.txt"
    if UPDATE:
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")
    assert max(map(len, text.splitlines())) <= 80


# The real tickets


@pytest.mark.shared
@pytest.mark.skipif(not REAL.is_file(), reason="../shared is not beside the checkout, and with it the real tickets")
def test_real_tickets_run_through_whole(capsys: pytest.CaptureFixture[str]) -> None:
    found = rows(capsys, "--rules", RULES, "--as-if-live", "--out", "real.html", export=REAL)
    conforms(found)
    assert len(found) == len({one["key"] for one in found}) == 2114
    assert [one["trouble"] for one in found if one["trouble"]] == []
    assert sum(step["action"] == "say" for one in found for step in one["steps"]) > 5000
    keys = [step["key"] for one in found for step in one["steps"] if step["action"] == "say"]
    assert len(keys) == len(set(keys)), "said once"
    page = shown("real.html")
    assert not re.search(r"https?:|~[0-9a-f]", page)


# The live Jira


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_the_live_jira_is_read_over_a_span_and_not_written_to(
    flavour: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_sandbox(flavour) as sandbox:
        solved = solved_issue(sandbox, hours_ago=30 * 24)
        config = write_desk(Path(), sandbox.url, ALWAYS_OPEN, user=user_of(flavour))
        day = f"{solved.fields['created']:.10}" if isinstance(solved.fields.get("created"), str) else "2020-01-01"
        args = ["--from", day, "--config", config, "--workers", "1"]
        assert piletibot("backtest", *args, "--against", config.parent / "rules", "--json") == 0
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        conforms(found)
        assert solved.key in {one["key"] for one in found}
        assert [one["difference"] for one in found] == [SAME] * len(found)
        (mine,) = (one for one in found if one["key"] == solved.key)
        assert "closure_prompt" in {step["say"] for step in mine["steps"]}
        assert written(sandbox) == []
        later = ["--from", "2100-01-01", "--to", "2100-02-01", "--config", config, "--workers", "1", "--json"]
        assert piletibot("backtest", *later) == 0
        assert solved.key in capsys.readouterr().out, "solved, but not done by Jira's reckoning"


def test_a_jira_that_is_away_is_unreachable(capsys: pytest.CaptureFixture[str]) -> None:
    with open_sandbox("dc") as sandbox:
        config = write_desk(Path(), sandbox.url, user=None)
    assert piletibot("backtest", "--from", "2026-11-01", "--config", config) == 3
    assert capsys.readouterr().err.startswith("Jira is unreachable: ")
