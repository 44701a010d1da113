"""`piletibot hours` as a person calls it, and files of cases held against the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import piletibot
from sla_material import cases_file, oracle_module

from bot.hours_cases import LARGEST_FILE
from bot.shipped import rules_folder

ROOT = Path(__file__).resolve().parents[1]
RULES = ("--rules", rules_folder() / "keskkonnaamet")

pytestmark = pytest.mark.usefixtures("at_home")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("add", "kontor", "2026-11-16 11:05", "4h"),
         "Mon 2026-11-16 15:05:00 Europe/Tallinn = 2026-11-16T13:05:00Z"),
        (("add", "kontor", "2026-11-16 11:05", "-30m"),
         "Mon 2026-11-16 10:35:00 Europe/Tallinn = 2026-11-16T08:35:00Z"),
        (("add", "kontor", "2026-11-16 11:05", "-4h"),
         "Fri 2026-11-13 16:05:00 Europe/Tallinn = 2026-11-13T14:05:00Z"),
        (("add", "kontor", "2026-11-16 11:05", "2wd"),
         "Wed 2026-11-18 09:05:00 Europe/Tallinn = 2026-11-18T07:05:00Z"),
        (("add", "kontor", "2026-11-16 16:59:30", "1m"),
         "Tue 2026-11-17 08:00:30 Europe/Tallinn = 2026-11-17T06:00:30Z"),
        (("add", "kontor", "2026-11-16", "0h"), "Mon 2026-11-16 00:00:00 Europe/Tallinn = 2026-11-15T22:00:00Z"),
        (("add", "kontor", "2026-06-22 13:00", "2h"),
         "Thu 2026-06-25 09:00:00 Europe/Tallinn = 2026-06-25T06:00:00Z"),
        (("add", "kontor", "2026-11-13 17:30", "72h clock"),
         "Mon 2026-11-16 17:30:00 Europe/Tallinn = 2026-11-16T15:30:00Z"),
        (("add", "kontor", "2026-11-16", "15cd"),
         "Tue 2026-12-01, which ends at Wed 2026-12-02 00:00:00 Europe/Tallinn = 2026-12-01T22:00:00Z"),
        (("add", "kontor", "2026-12-31 12:00", "2mo"),  # the 28th of February is a Sunday
         "Mon 2027-03-01, which ends at Tue 2027-03-02 00:00:00 Europe/Tallinn = 2027-03-01T22:00:00Z"),
        (("between", "kontor", "2026-11-16 11:05", "2026-11-17 08:00:01"),
         "21301 s = 5:55:01 = 0wd 5:55:01, where 1wd is 8:00:00"),
        (("between", "kontor", "2026-11-16T09:05Z", "2026-11-20T12:00+02:00"),
         "132900 s = 36:55:00 = 4wd 4:55:00, where 1wd is 8:00:00"),
        (("between", "telefon", "2026-11-21", "2026-11-23"), "0 s = 0:00:00 = 0wd 0:00:00, where 1wd is 7:00:00"),
        (("next", "telefon", "2026-11-14 11:05"), "Mon 2026-11-16 09:00:00 Europe/Tallinn = 2026-11-16T07:00:00Z"),
        (("next", "telefon", "2026-11-16 11:05:07"), "Mon 2026-11-16 11:05:07 Europe/Tallinn = 2026-11-16T09:05:07Z"),
    ],
)  # fmt: skip
def test_working_time_at_the_prompt(asked, said, capsys):
    command, *rest = asked
    assert piletibot("hours", command, *rest, *RULES) == 0
    assert capsys.readouterr().out == f"{said}\n"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("add", "kontr", "2026-11-16", "4h"), "there is no calendar 'kontr'; did you mean 'kontor'?"),
        (("next", "xyz", "2026-11-16"), "there is no calendar 'xyz'; known: kontor, telefon"),
        (("next", "kontor", "tomorrow"), "'tomorrow' is not a moment; write for example '2026-11-16 11:05'"),
        (("next", "kontor", "2026-11-16 11:05:00.5"), "moments are counted in whole seconds"),
        (("next", "kontor", "2026-03-29 03:30"), "the clocks of Europe/Tallinn never show 2026-03-29 03:30"),
        (("next", "kontor", "1950-01-01"), "working time is counted from 1970 to 2199 only"),
        (("next", "kontor", "9999-12-31T23:59:59-12:00"), "working time is counted from 1970 to 2199 only"),
        (("add", "kontor", "2026-11-16", "4 hours"), "'4 hours' is not a duration; write for example 30m, 4h"),
        (("add", "kontor", "2026-11-16", "--4h"), "'-4h' is not a duration"),
        (("add", "kontor", "2026-11-16", "999999h"), "take more than 50 years"),
        (("add", "kontor", "2026-11-16", "-15cd"), "-15cd: calendar days and months are counted forwards only"),
        (("add", "kontor", "2026-11-16", "999999mo"), "out of range"),
        (("between", "kontor", "2026-11-16", "2026-11-15"), "the end is before the start"),
    ],
)
def test_what_cannot_be_answered(asked, said, capsys):
    command, *rest = asked
    assert piletibot("hours", command, *rest, *RULES) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert said in shown.err


def test_the_configured_rulebook_is_asked(tmp_path, capsys):
    config = tmp_path / "config.toml"
    config.write_text(
        f'site = "here"\n[jira]\nurl = "http://127.0.0.1:1"\ntoken_file = "t"\n[rules]\nfolder = "{RULES[1]}"\n'
    )
    (tmp_path / "t").write_text("x")
    (tmp_path / "t").chmod(0o600)
    assert piletibot("hours", "next", "kontor", "2026-11-16 11:05", "--config", config) == 0
    assert capsys.readouterr().out.startswith("Mon 2026-11-16 11:05:00 ")
    assert piletibot("hours", "next", "kontor", "2026-11-16 11:05", "--config", tmp_path / "none") == 2
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "x.yaml").write_text("calendars: {k: {timezone: UTC, hours: always}}\n")
    assert piletibot("hours", "next", "k", "2026-11-16", "--rules", tmp_path / "rules") == 2
    assert "x.yaml:1:39: 'always': it must be a mapping (key: value) or 24x7" in capsys.readouterr().err


# Files of cases.

OFFICE = {
    "tz": "Europe/Tallinn",
    "weekly": {day: [["08:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
}
MONDAY = "2026-11-16T10:00:00+02:00"


def add_case(**changes):
    case = {"id": "a", "calendar": OFFICE, "op": "add", "start": MONDAY, "amount_s": 3600}
    return case | {"expected": "2026-11-16T11:00:00+02:00"} | changes


def clock_case(events, expected, **changes):
    case = {"id": "c", "calendar": OFFICE, "op": "clock", "target_s": 3600}
    return (
        case
        | {"events": [dict(zip(("at", "do"), event, strict=True)) for event in events], "expected": expected}
        | changes
    )


@pytest.fixture
def verified(tmp_path, capsys):
    """Holds cases; the exit code, and what was printed: objects."""

    def held(cases):
        file = tmp_path / "cases.json"
        file.write_text(cases if isinstance(cases, str) else json.dumps(cases))
        code = piletibot("hours", "verify", file, "--json")
        return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return held


def without(case, *keys):
    return {key: value for key, value in case.items() if key not in keys}


NEXT = {"id": "n", "op": "next", "calendar": OFFICE, "start": "2026-11-14T12:00:00Z"}
BETWEEN = {"id": "b", "op": "between", "calendar": OFFICE, "start": MONDAY, "end": "2026-11-17T10:00:00+02:00"}
DAYS = {"id": "d", "op": "add_days", "calendar": OFFICE, "start": MONDAY, "days": 1}
STARTED = [("2026-11-16T10:00:00+02:00", "start")]


@pytest.mark.parametrize(
    ("case", "got"),
    [
        (add_case(), "2026-11-16T11:00:00+02:00"),
        (add_case(amount_s=-7201, expected="2026-11-13T16:59:59+02:00"), "2026-11-13T16:59:59+02:00"),
        (add_case(expected="2026-11-16T09:00:00Z", note="more", tags=[]), "2026-11-16T11:00:00+02:00"),
        (add_case(amount_s=10**12, expected=None), None),
        (NEXT | {"expected": "2026-11-16T06:00:00Z"}, "2026-11-16T08:00:00+02:00"),
        (BETWEEN | {"expected": 32400}, 32400),
        (BETWEEN | {"start": BETWEEN["end"], "end": MONDAY, "expected": -32400}, -32400),
        (DAYS | {"expected": "2026-11-17T10:00:00+02:00"}, "2026-11-17T10:00:00+02:00"),
        (DAYS | {"days": 2, "end_of_working_day": True, "expected": "2026-11-18T17:00:00+02:00"},
         "2026-11-18T17:00:00+02:00"),
        (DAYS | {"start": "2026-11-16T08:00+02:00", "end_of_working_day": True, "expected": "2026-11-16T15:00Z"},
         "2026-11-16T17:00:00+02:00"),
        (clock_case(STARTED, {"due": "2026-11-16T09:00:00Z", "state": "running"}),
         {"state": "running", "due": "2026-11-16T11:00:00+02:00"}),
        (clock_case(STARTED, {"elapsed_s": 60, "elapsed_min": 1, "remaining_s": 3540, "breached": False},
                    now="2026-11-16T10:01:00+02:00"),
         {"elapsed_s": 60, "elapsed_min": 1, "remaining_s": 3540, "breached": False}),
        (clock_case([*STARTED, ("2026-11-16T12:00:00+02:00", "pause")], {"state": "paused", "breached": True}),
         {"state": "paused", "breached": True}),
        (clock_case([("2026-11-16T12:00:00+02:00", "stop")], {"state": "idle", "elapsed_s": 0, "due": None}),
         {"state": "idle", "elapsed_s": 0, "due": None}),
        (clock_case(STARTED, {"due": None, "breached": None, "remaining_s": None}, target_s=None),
         {"remaining_s": None, "breached": None, "due": None}),
    ],
)  # fmt: skip
def test_a_case_that_agrees(case, got, verified):
    expected = {"v": 1, "id": case["id"], "op": case["op"], "expected": case["expected"], "got": got, "agrees": True}
    assert verified([case]) == (0, [expected])
    assert verified({"cases": [case], "title": "x"}) == (0, [expected])


def test_targets_and_calendars_that_change_act_on_the_whole_history(verified):
    case = clock_case(
        [*STARTED, ("2026-11-16T11:00:00+02:00", "target"), ("2026-11-16T11:30:00+02:00", "calendar")], {}
    )
    case["events"][1]["target_s"] = 7200
    case["events"][2]["calendar"] = OFFICE | {"weekly": {"mon": [["10:00", "11:00"]]}}
    case["expected"] = {"due": "2026-11-23T09:00:00Z", "elapsed_s": 3600, "remaining_s": 3600}
    assert verified([case])[0] == 0


@pytest.mark.parametrize(
    "case",
    [
        add_case(expected="2026-11-16T11:00:01+02:00"),
        add_case(expected=None),
        add_case(amount_s=10**12),
        BETWEEN | {"expected": 32401},
        NEXT | {"expected": "2026-11-16T08:00:00Z"},
        clock_case(STARTED, {"state": "running", "elapsed_s": 1}),
        clock_case(STARTED, {"due": None}),
    ],
)
def test_a_case_that_differs(case, verified):
    code, [held] = verified([case])
    assert (code, held["agrees"], held["expected"]) == (1, False, case["expected"])


@pytest.mark.parametrize(
    ("case", "wrong"),
    [
        ([], "Expected `object`, got `array`"),
        ({}, "Object missing required field `op`"),
        (add_case(op="subtract"), "Invalid value 'subtract' - at `$.op`"),
        (without(add_case(), "id"), "Object missing required field `id`"),
        (without(add_case(), "amount_s"), "Object missing required field `amount_s`"),
        (add_case(amount_s="3600"), "Expected `int`, got `str` - at `$.amount_s`"),
        (add_case(start="2026-11-16T10:00:00"), "Expected a moment with an offset - at `$.start`"),
        (add_case(start=5), "Expected a moment in ISO 8601 - at `$.start`"),
        (add_case(start="noon"), "Invalid isoformat string: 'noon' - at `$.start`"),
        (add_case(calendar=OFFICE | {"tz": "Europe/Tallin"}),
         "'Europe/Tallin' is not a time zone; write for example Europe/Tallinn - at `$.calendar`"),
        (add_case(calendar=OFFICE | {"weekly": {}}), "it is never open - at `$.calendar`"),
        (add_case(calendar=OFFICE | {"weekly": {"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}}),
         "'08:00-12:00, 11:00-13:00' overlaps or is not in order - at `$.calendar`"),
        (add_case(calendar=OFFICE | {"weekly": {"monday": []}}),
         "Invalid enum value 'monday' - at `key` in `$.calendar.weekly`"),
        (add_case(calendar=OFFICE | {"special_days": {"2026-02-30": []}}),
         "Invalid RFC3339 encoded date - at `key` in `$.calendar.special_days`"),
        (clock_case([("2026-11-16T10:00:00Z", "begin")], {}), "Invalid enum value 'begin' - at `$.events[0].do`"),
        (clock_case([("2026-11-16T10:00:00Z", "target")], {}),
         "Object missing required field - at `$.events[0].target_s`"),
        (clock_case([("2026-11-16T10:00:00Z", "calendar")], {}),
         "Object missing required field - at `$.events[0].calendar`"),
        (clock_case([], {}), "Expected `array` of length >= 1 - at `$.events`"),
        (clock_case(STARTED, {"duration": 5}), "Object contains unknown field `duration` - at `$.expected`"),
    ],
)  # fmt: skip
def test_a_malformed_case_is_reported_with_its_place_and_the_others_are_held(case, wrong, verified):
    code, held = verified([add_case(), case, add_case(expected=None)])
    assert (code, [one["agrees"] for one in held]) == (2, [True, False, False])
    assert [one.get("wrong") for one in held] == [None, wrong, None]


def test_what_a_person_reads(tmp_path, capsys):
    file = tmp_path / "cases.json"
    cases = [
        add_case(),
        BETWEEN | {"expected": 1},
        add_case(id="x", start="noon"),
        clock_case(STARTED, {"due": None}),
    ]
    file.write_text(json.dumps(cases))
    assert piletibot("hours", "verify", file) == 2
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "agrees  a  add  expected 2026-11-16T11:00:00+02:00  got 2026-11-16T11:00:00+02:00",
        "differs b  between  expected 1  got 32400",
        "differs c  clock  expected due=-  got due=2026-11-16T11:00:00+02:00",
        "4 cases: 1 agree, 2 differ, 1 cannot be read",
    ]
    assert shown.err == f"{file}: case 3 'x': Invalid isoformat string: 'noon' - at `$.start`\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "this is not JSON: Input data was truncated"),
        ("[{]", "this is not JSON: "),
        ("[" * 100_000, "this is not JSON: "),
        ("5", "it is neither a list of cases nor an object whose `cases` is one"),
        ("{}", "it is neither a list of cases nor an object whose `cases` is one"),
        ("[]", "it holds no case"),
    ],
)
def test_a_file_that_holds_no_cases(content, said, tmp_path, capsys):
    file = tmp_path / "cases.json"
    file.write_text(content)
    for path, text in ((file, said), (tmp_path / "none.json", "it cannot be read: No such file or directory")):
        assert piletibot("hours", "verify", path) == 2
        assert f"{path}: {text}" in capsys.readouterr().err


def test_a_file_of_cases_that_is_too_large_is_not_opened(tmp_path, capsys):
    with (tmp_path / "cases.json").open("wb") as file:
        file.truncate(LARGEST_FILE + 1)  # a hole, which takes no room
    assert piletibot("hours", "verify", tmp_path / "cases.json") == 2
    assert "cases.json: it is larger than 100 MB" in capsys.readouterr().err


# The shared material.


@pytest.mark.shared
def test_all_shared_cases_agree(capsys):
    assert piletibot("hours", "verify", cases_file()) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last == "600 cases: 600 agree, 0 differ, 0 cannot be read"


def fresh(count, seed, file):
    file.write_text(json.dumps(oracle_module().random_cases(count, seed)))
    return file


@pytest.mark.shared
def test_fresh_cases_of_the_oracle_agree(tmp_path, capsys):
    assert piletibot("hours", "verify", fresh(60, 3, tmp_path / "cases.json")) == 0
    assert "60 cases: 60 agree" in capsys.readouterr().out


@pytest.mark.shared
@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_a_thousand_fresh_cases_of_the_oracle_agree(seed, tmp_path, capsys):
    assert piletibot("hours", "verify", fresh(1000, seed, tmp_path / "cases.json")) == 0
    assert "1000 cases: 1000 agree" in capsys.readouterr().out


@pytest.mark.shared
def test_wherever_the_machine_stands_the_cases_agree(tmp_path):
    """In a process of its own, whose zone is set before it starts."""
    file = fresh(40, 5, tmp_path / "cases.json")
    command = [sys.executable, "-c", "from bot.cli import main; main()", "hours", "verify", str(file), "--json"]
    outputs = {
        subprocess.run(command, env=os.environ | {"TZ": zone}, cwd=ROOT, capture_output=True, check=True).stdout
        for zone in ("UTC", "America/St_Johns", "Pacific/Kiritimati")
    }
    assert len(outputs) == 1
    assert outputs.pop().count(b'"agrees":true') == 40
