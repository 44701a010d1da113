"""`piletibot check` says which files anybody on the machine could change, and so have the bot say what they like."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import piletibot, write_desk

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")


def test_what_everybody_may_change_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=None)
    rules = tmp_path / "rules"
    for path, mode in ((config, 0o644), (rules, 0o755), (rules / "jira.yaml", 0o644)):
        path.chmod(mode)
    piletibot("check", "--config", config, "--offline")
    assert "everybody on this machine may change" not in capsys.readouterr().out
    for path, mode in ((config, 0o666), (rules, 0o777), (rules / "jira.yaml", 0o646)):
        path.chmod(mode)
    piletibot("check", "--config", config, "--offline")
    told = [line for line in capsys.readouterr().out.splitlines() if "everybody on this machine may change" in line]
    assert [line.rpartition(" ")[2] for line in told] == [str(config), str(rules), str(rules / "jira.yaml")]
