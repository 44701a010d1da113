"""`piletibot store copy` beside a daemon in a process of its own: to PostgreSQL, with nothing said again."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import ALWAYS_OPEN, open_sandbox, piletibot, user_of, write_desk
from running import running, until
from test_run_database import forwarded, next_cycle, told

from bot.store.tables import metadata

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

SHORT = {"config.toml": ("timeout_s = 5\n", "timeout_s = 1\n\n[mail]\ntimeout_s = 1\n")}
"""A copying waits twice as long as a request takes at most."""


def test_a_running_bot_is_moved_to_postgresql_and_goes_on_there(
    tmp_path: Path, postgres: Callable[[], str], capsys: pytest.CaptureFixture[str]
) -> None:
    server = postgres()
    with open_sandbox("cloud") as sandbox:
        config = write_desk(tmp_path, sandbox.url, {**ALWAYS_OPEN, **SHORT}, user=user_of("cloud"))
        before = forwarded(sandbox)
        with running(config) as daemon:
            until(daemon, "1 comments written")
            desk = ("--namespace", "desk")
            assert piletibot("store", "copy", server, *desk, "--config", config, "--dry-run") == 0
            assert "A bot runs on it." in capsys.readouterr().out
            assert piletibot("store", "copy", server, *desk, "--config", config, "--json") == 0
            told_of = capsys.readouterr()
            assert "waiting 2 s for what the bot that runs on it may have been sending" in told_of.err
            meanwhile = forwarded(sandbox)
            next_cycle(daemon, "this database was left on ")
            assert daemon.wait() == 2
        assert len(told(sandbox, before)) == 1
        assert told(sandbox, meanwhile) == []
        *tables, whole = map(json.loads, told_of.out.splitlines())
        assert [line["table"] for line in tables] == [table.name for table in metadata.sorted_tables]
        assert {len(line["sha256"]) for line in tables} == {64}
        assert whole["rows"] == sum(line["rows"] for line in tables) > 0
        assert (whole["v"], whole["from"], whole["dry_run"]) == (1, str(tmp_path / "piletibot.db"), False)
        assert piletibot("release", "--config", config) == 2
        assert "this database was left on " in capsys.readouterr().err
        config.write_text(config.read_text() + f'\n[store]\nurl = "{server}"\nnamespace = "desk"\n')
        assert piletibot("once", "--config", config) == 0
        assert "1 comments written" in capsys.readouterr().out
        assert [len(told(sandbox, each)) for each in (before, meanwhile)] == [1, 1]


@pytest.mark.parametrize(
    ("url", "status", "why"),
    [
        ("oracle://db/piletibot", 2, "oracle: only sqlite:///FILE and postgresql://... are supported"),
        ("sqlite:///new.db", 3, "piletibot.db: there is no such file"),
        ("sqlite:///new.db --namespace desk", 2, "--namespace desk: it names a schema of PostgreSQL"),
    ],
)
def test_what_cannot_be_is_said_in_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], url: str, status: int, why: str
) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=None)
    assert piletibot("store", "copy", *url.split(), "--config", config) == status
    assert why in capsys.readouterr().err
    assert list(tmp_path.glob("new.db*")) == []
