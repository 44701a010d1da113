"""`piletibot absence` and `piletibot handover`, on a desk with a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ALWAYS_OPEN, open_sandbox, piletibot, solved_issue, user_of, write_desk, written

from bot.sandbox import acts
from bot.sandbox.server import Sandbox

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

Shown = pytest.CaptureFixture[str]


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox("cloud") as running:
        yield running


@pytest.fixture
def config(sandbox: Sandbox, tmp_path: Path) -> Path:
    return write_desk(tmp_path, sandbox.url, ALWAYS_OPEN, user=user_of("cloud"))


def test_an_absence_is_told_listed_and_taken_back(config: Path, capsys: Shown) -> None:
    days = ("2190-01-04", "2190-01-08")
    assert piletibot("absence", "add", "it1", *days, "--deputy", "it3", "--config", config) == 0
    assert capsys.readouterr().out == "it1: 2190-01-04 to 2190-01-08, deputy: it3, it2\n"
    assert piletibot("absence", "list", "--config", config) == 0
    assert "it1: 2190-01-04 to 2190-01-08, deputy: it3, it2  (command)\n" in capsys.readouterr().out
    assert piletibot("absence", "remove", "it1", *days, "--config", config) == 0
    assert piletibot("absence", "remove", "it1", *days, "--config", config) == 2
    assert "no such absence was told by command; there are: none" in capsys.readouterr().err


def test_an_absence_that_cannot_be(tmp_path: Path, capsys: Shown) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:9", user=user_of("cloud"))
    assert (
        piletibot("absence", "add", "it2", "2190-01-04", "2190-01-08", "--deputy", "spetsialist1", "--config", config)
        == 2
    )
    assert "it2 2190-01-04 2190-01-08: 'spetsialist1' neither works at the tier of 'it2'" in capsys.readouterr().err
    assert piletibot("absence", "add", "it2", "4.1.2190", "2190-01-08", "--config", config) == 2
    assert "4.1.2190: this is no date; write for example 2026-12-21" in capsys.readouterr().err


def test_the_tickets_of_one_are_given_to_another_ticket_by_ticket(
    sandbox: Sandbox, config: Path, capsys: Shown
) -> None:
    issues = [solved_issue(sandbox, hours_ago=hours) for hours in (5, 4, 3)]
    it1 = sandbox.world.person("it1")
    for issue in issues:
        acts.edit(sandbox.world, issue, it1, {"assignee": it1})
    keys = [issue.key for issue in issues]
    assert piletibot("once", "--config", config) == 0
    capsys.readouterr()
    before = len(written(sandbox))
    assert piletibot("handover", "it1", "--to", "it2", "--config", config) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed == [
        *(f"{key}: owner becomes it2" for key in keys), "3 tickets. Nothing is written; --yes writes it.",
    ]  # fmt: skip
    assert len(written(sandbox)) == before
    acts.edit(sandbox.world, sandbox.world.issues[issues[1].id], it1, {"assignee": sandbox.world.person("it3")})
    acts.delete(sandbox.world, sandbox.world.issues[issues[2].id])
    assert piletibot("handover", "it1", "--to", "it2", "--yes", "--config", config) == 1
    done = capsys.readouterr()
    assert done.out.splitlines() == [
        f"{keys[0]}: owner becomes it2", f"{keys[1]}: somebody else has it by now", "2 of 3 tickets given over.",
    ]  # fmt: skip
    assert f"{keys[2]}: it cannot be read" in done.err
    assert written(sandbox)[before:] == [f"PUT /rest/api/3/issue/{issues[0].id}"]


def test_who_forwarded_is_written_into_the_field(sandbox: Sandbox, config: Path, capsys: Shown) -> None:
    issue = solved_issue(sandbox, hours_ago=5)
    assert piletibot("once", "--config", config) == 0
    assert piletibot("handover", "spetsialist1", "--to", "spetsialist2", "--yes", "--config", config) == 0
    assert f"{issue.key}: forwarder becomes spetsialist2" in capsys.readouterr().out
    assert piletibot("handover", "spetsialist1", "--to", "spetsialist2", "--config", config) == 0


def test_a_handover_to_nobody(config: Path, capsys: Shown) -> None:
    assert piletibot("handover", "it1", "--to", "itt2", "--config", config) == 2
    assert "itt2: the rulebook names nobody so; did you mean 'it2'?" in capsys.readouterr().err
