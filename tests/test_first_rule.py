"""docs/first-rule.md is followed to the letter: its edits are made, its commands run, and they print what it says."""

from __future__ import annotations

import gzip
import re
import shlex
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import piletibot

from bot.sandbox.clock import Clock
from bot.sandbox.desk import staff
from bot.sandbox.loading import load
from bot.sandbox.server import serve

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "first-rule.md"
REAL = ROOT / ".." / "shared" / "data" / "jira-issues.jsonl.gz"
DATE = re.compile(r"20\d\d-\d\d-\d\d")
PART = re.compile(
    r"<!-- (?P<act>append to|put right in) (?P<file>\S+) -->\n"
    r"(?:```yaml\n(?P<text>.*?)```|(?P<table>(?:\|[^\n]*\n)+))"
    r"|<!-- the beginning of what it prints -->\n```text\n(?P<printed>.*?)```"
    r"|```console\n\$ (?P<command>[^\n]*)\n(?P<says>.*?)```",
    re.DOTALL,
)
WHO = ("712020:0443cfbb-7ba8-5833-a3f2-9a053a785550", "712020:9e086a21-a1d7-5737-a012-1c35d8537b02")


@pytest.fixture
def desk(at_home: None) -> Iterator[None]:
    """What `piletibot init` writes on a Jira with these tickets, which is there to be asked."""
    if not REAL.is_file():
        pytest.skip("../shared is not beside this checkout, and with it the tickets that the page tells of")
    with gzip.open(REAL, "rt", encoding="utf-8") as lines:
        tickets = [line for line in lines if '"key": "REP-' in line or '"key":"REP-' in line]
    Path("rep.jsonl").write_text("".join(tickets), "utf-8")
    world = staff("cloud", Clock(int(time.time()) * 1000))
    load(world, tickets)
    with serve(world) as sandbox:
        asked = ["--url", sandbox.url, "--user", "piletibot@sandbox.example", "--token", "sandbox-token"]
        people = ["--coordinator", WHO[0], "--lead", WHO[1]]
        assert piletibot("init", *asked, "--project", "REP", "--language", "en", *people, "--yes") == 0
        yield


@pytest.mark.timeout(240)
def test_the_page_can_be_followed(desk: None, capsys: pytest.CaptureFixture[str]) -> None:
    commands = 0
    printed: list[str] = []
    capsys.readouterr()
    for part in PART.finditer(PAGE.read_text("utf-8")):
        if part["act"]:
            edit(Path(part["file"]), part["text"], part["table"])
        elif part["printed"]:
            told(part["printed"], printed)
        else:
            printed = run(part["command"], capsys)
            told(part["says"], printed)
            commands += 1
    assert commands == 10


def edit(file: Path, text: str | None, table: str | None) -> None:
    """Append a text, or make the replacements of a table."""
    content = file.read_text("utf-8")
    if text is not None:
        file.write_text(content + text, "utf-8")
        return
    for row in (table or "").splitlines()[2:]:
        was, now, *below = re.findall(r"`([^`]*)`", row)
        assert content.count(was) >= 1, was
        content = content.replace(was, "\n".join((now, *below)), 1)
    file.write_text(content, "utf-8")


def run(command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Run one of the page's commands; returns the lines that it prints, with places relative to the desk's folder."""
    program, *arguments = shlex.split(command)
    if program == "cp":
        shutil.copytree(arguments[1], arguments[2])
        return []
    one_process = ["--workers", "1"] if arguments[0] == "backtest" else []
    piletibot(*arguments, *one_process)
    said = capsys.readouterr()
    return (said.out + said.err).replace(f"{Path.cwd()}/", "").splitlines()


def told(expected: str, printed: list[str]) -> None:
    """See that the lines are printed, in their order and one after the other, whatever the date and the version."""
    wanted = [plain(line) for line in expected.splitlines()]
    found = [plain(line) for line in printed]
    assert any(found[i : i + len(wanted)] == wanted for i in range(len(found) - len(wanted) + 1)), found


def plain(line: str) -> str:
    """A line without what differs from day to day."""
    if line.startswith(("+    since:", "649 tickets; due now")):
        line = DATE.sub("DATE", line)
    return re.sub(r"version \w+", "version", line).rstrip()
