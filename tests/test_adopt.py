"""`piletibot adopt`: from watching to speaking, on a desk with a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from command_line import ALWAYS_OPEN, open_sandbox, piletibot, solved_issue, user_of, write_desk
from living import edit

from bot.sandbox import acts
from bot.sandbox.server import Sandbox
from bot.settings import load_settings
from bot.store.store import open_store

RULE = "solution-reached-customer"

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox("cloud") as running:
        yield running


def tomorrow() -> str:
    """The desk's next day, asked for shortly before the command is."""
    return f"{datetime.now(UTC).astimezone(ZoneInfo('Europe/Tallinn')).date() + timedelta(days=1)}"


def watching(home: Path, sandbox: Sandbox) -> Path:
    """The shipped desk, of which one rule and no other is on observe."""
    config = write_desk(home, sandbox.url, ALWAYS_OPEN, user=user_of("cloud"))
    for path in (home / "rules").glob("*.yaml"):
        path.write_text(path.read_text("utf-8").replace("    observe: true\n", ""), "utf-8")
    name = f"  - name: {RULE}\n"
    edit(home / "rules", "ladders.yaml", name, f"{name}    observe: true  # until proven\n")
    return config


def test_from_watching_to_speaking(sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    solved_issue(sandbox, hours_ago=5)
    config = watching(tmp_path, sandbox)
    assert piletibot("once", "--config", config) == 0
    held = solved_issue(sandbox, hours_ago=4)
    person = sandbox.world.person("juht1")
    acts.edit(sandbox.world, held, person, {"labels": ["bot-vait"]})
    assert piletibot("once", "--config", config) == 0
    capsys.readouterr()
    assert piletibot("adopt", "--config", config) == 0
    listed = capsys.readouterr().out
    assert listed.startswith(f"    1  {RULE}, since 20")
    before = (tmp_path / "rules" / "ladders.yaml").read_text("utf-8")
    day = tomorrow()
    assert piletibot("adopt", RULE, "--config", config) == 0
    said = capsys.readouterr().out
    assert "-    observe: true  # until proven\n" in said
    assert f"+    since: {day}  # until proven\n" in said
    assert f"2 tickets; due now, and counted as done before {day}: 1 steps\n     1  {RULE}\n" in said
    assert f"due when the desk opens, {day} 00:00, if nothing happens meanwhile: 0 steps" in said
    after = (tmp_path / "rules" / "ladders.yaml").read_text("utf-8")
    assert after == before.replace("    observe: true  # until proven\n", f"    since: {day}  # until proven\n")
    acts.edit(sandbox.world, held, person, {"labels": []})
    assert piletibot("once", "--config", config) == 0
    assert "1 counted as done" in capsys.readouterr().out
    assert [comment for issue in sandbox.world.issues.values() for comment in issue.comments] == []
    assert piletibot("adopt", "--config", config) == 0
    assert capsys.readouterr().out == "No rule is on observe.\n"
    assert piletibot("adopt", RULE, "--config", config) == 0
    assert capsys.readouterr().out == "Nothing to change.\n"


def test_on_a_day_of_ones_own_everything_that_watches(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = watching(tmp_path, sandbox)
    assert piletibot("adopt", "--all", "--on", "2031-01-06", "--config", config) == 0
    said = capsys.readouterr().out
    assert said.count("+    since: 2031-01-06") == 1
    assert "The database knows no ticket yet" in said
    assert piletibot("adopt", "--all", "--config", config) == 0
    assert "there is no such rule on observe" in capsys.readouterr().out


def test_where_the_whole_desk_watches_it_says_what_else_is_to_be_done(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = watching(tmp_path, sandbox)
    edit(tmp_path / "rules", "desk.yaml", "observe: false", "observe: true")
    assert piletibot("adopt", RULE, "no-movement", "--config", config) == 0
    said = capsys.readouterr().out
    assert ":12: 'true': the whole desk is on observe" in said
    assert "These go live with it: challenges, document-system, access-first," in said
    assert "no-movement," not in said.partition("go live with it")[2]
    assert piletibot("adopt", "--config", config) == 0
    listed = capsys.readouterr().out
    assert "    0  it-support\n" in listed
    assert "the whole desk is on observe" in listed


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-movment",), "no-movment: there is no such rule that can be on observe; did you mean 'no-movement'?"),
        (
            ("tier2-resolution", "xyz"),
            "xyz: there is no such rule that can be on observe; there are: challenges, document-system, access-first",
        ),
        ((RULE, "--on", "tomorrow"), "--on tomorrow: write a date, such as 2027-01-04"),
        ((RULE, "--on", "9999-12-31"), "--on 9999-12-31: write a date of the years 1971 to 2149"),
        ((RULE, "--on", "0001-01-01"), "--on 0001-01-01: write a date of the years 1971 to 2149"),
    ],
)
def test_mistakes_change_nothing(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    config = watching(tmp_path, sandbox)
    before = {path: path.read_bytes() for path in (tmp_path / "rules").rglob("*.yaml")}
    assert piletibot("adopt", *arguments, "--config", config) == 2
    assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (tmp_path / "rules").rglob("*.yaml")} == before


def test_a_ticket_that_cannot_be_judged_does_not_stop_it(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solved_issue(sandbox, hours_ago=5)
    config = watching(tmp_path, sandbox)
    assert piletibot("once", "--config", config) == 0
    with closing(open_store(load_settings(config).store.url.get_secret_value())) as store:
        (ticket,) = store.open_tickets()
        beyond = 300 * 365 * 86_400
        bad = msgspec.structs.replace(ticket, id="999", key="KKA-999", created_at=beyond, changes=(), messages=())
        store.put_tickets([bad], "", beyond)
    assert piletibot("adopt", RULE, "--config", config) == 0
    assert "2 tickets; due now, and counted as done before" in capsys.readouterr().out


def test_a_broken_rulebook_is_mended_first(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = watching(tmp_path, sandbox)
    edit(tmp_path / "rules", "ladders.yaml", "- name: no-movement", "- nam: no-movement")
    before = (tmp_path / "rules" / "ladders.yaml").read_bytes()
    assert piletibot("adopt", RULE, "--config", config) == 2
    assert "unknown key 'nam'" in capsys.readouterr().err
    assert (tmp_path / "rules" / "ladders.yaml").read_bytes() == before
