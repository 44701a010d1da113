"""What strangers wrote is shown and never read: terminal, log and page take no orders from it."""

from __future__ import annotations

import io
import json
import logging
import re
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog
from command_line import open_sandbox, piletibot, user_of, write_desk
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from rich.console import Console
from web_desk import LEAD, TICKETS, as_, client, filled

from bot import logs
from bot.commands.audit import _table
from bot.report.audit import Record
from bot.visible import on_one_line, visible

EVIL = "\x1b[2J\x1b]0;owned\x07[red]x[/red]\x9b31m\u202egnol\r\nok  all is well"
DRIVES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@given(st.text())
def test_nothing_visible_drives_a_terminal(text: str) -> None:
    shown = visible(text)
    assert not DRIVES.search(shown)
    assert visible(shown) == shown
    assert shown.count("\n") == text.count("\n")
    assert not re.search(r"[\n\t]", on_one_line(text))
    if not DRIVES.search(text):
        assert shown == text


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("library", [False, True])
def test_a_line_of_the_log_is_one_line_whatever_is_in_it(
    form: str, library: bool, capsys: pytest.CaptureFixture[str], fresh_logs: None
) -> None:
    logs.configure("info", form)  # type: ignore[arg-type]
    if library:
        logging.getLogger("urllib3").warning("%s", EVIL)
    else:
        structlog.get_logger().warning(EVIL, ticket=EVIL, reason=f"KKA-1\n{EVIL}")
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert not DRIVES.search(said.removesuffix("\n"))
    if form == "json":
        assert "owned" in json.loads(said)["event"]


def test_the_audit_shows_what_was_written() -> None:
    file = io.StringIO()
    record = Record(
        at=0, kind="set", state="set", ticket=EVIL, rule=EVIL, because=EVIL, field=EVIL, was=EVIL, who=EVIL
    )
    console = Console(file=file, force_terminal=True, color_system="truecolor", width=400, highlight=False)
    console.print(_table([record], ZoneInfo("Europe/Tallinn")))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())
    assert not DRIVES.search(shown)
    assert "[red]x[/red]" in shown


def test_what_a_jira_calls_its_things_never_drives_the_terminal(
    tmp_path: Path, at_home: None, fresh_logs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_sandbox("dc") as sandbox:
        world = sandbox.world
        world.person("piletibot").display_name = EVIL
        world.statuses["666"] = {"id": "666", "name": EVIL, "statusCategory": {"key": "new"}}
        config = write_desk(tmp_path, sandbox.url, user=user_of("dc"))
        piletibot("check", "--config", config)
    said = capsys.readouterr()
    assert "owned" in said.out
    assert not DRIVES.search(said.out + said.err)


MARKUP = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}\'"'


def test_what_a_ticket_holds_is_never_markup_of_a_page() -> None:
    tickets = [
        structs.replace(each, category=MARKUP, owner=f"~{MARKUP}", queue=MARKUP, labels=frozenset((MARKUP,)))
        for each in TICKETS
    ]
    with filled(tickets) as store:
        browser = client(store)
        asked = ("/", "/tickets/ABC-1", "/load", "/rules", "/health", f"/?queue={MARKUP}", f"/tickets/{MARKUP}")
        shown = [browser.get(path, headers=as_(LEAD)) for path in (*asked, f"/login?next=/{MARKUP}")]
    assert {answer.status_code for answer in shown} <= {200, 404}
    assert any("&lt;script&gt;" in answer.text for answer in shown)
    for answer in shown:
        assert "<script" not in answer.text
        assert "<img src=x" not in answer.text
        assert "49" not in re.findall(r"&#34;&gt;.{0,90}", answer.text)
