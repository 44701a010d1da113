"""The lead's path without a terminal: rules are edited beside the running daemon, and the control ticket is read."""

from __future__ import annotations

import signal
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest
import requests
from command_line import ALWAYS_OPEN, open_sandbox, user_of, write_desk
from living import edit

from bot.sandbox import acts
from bot.sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")


def read_by_a_person(sandbox: Sandbox, key: str) -> list[str]:
    """The comments of a ticket, asked for over HTTP by somebody who may only look."""
    cloud = sandbox.world.flavour == "cloud"
    answer = requests.get(
        f"{sandbox.url}/rest/api/2/issue/{key}/comment",
        auth=("vaatleja@sandbox.example", "browse-token") if cloud else None,
        headers={} if cloud else {"Authorization": "Bearer browse-token"},
        timeout=10,
    )
    return [unescape(comment["body"]) for comment in answer.json()["comments"]]


@pytest.mark.parametrize("flavour", ["cloud", "dc"])
def test_what_the_lead_reads_when_the_rules_are_edited(flavour: str, tmp_path: Path) -> None:
    with open_sandbox(flavour) as sandbox:
        world = sandbox.world
        values = {"summary": "Piletibot", "issuetype": world.issue_types["10100"]}
        control = acts.create(world, world.person("juht1"), world.projects["KKA"], values)
        config = write_desk(tmp_path, sandbox.url, ALWAYS_OPEN, user=user_of(flavour))
        rules = tmp_path / "rules"
        edit(rules, "desk.yaml", "  # control: KKA-1 ", f"  control: {control.key} ")
        command = [sys.executable, "-c", "from bot.cli import main; main()", "run", "--config", str(config)]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as daemon:
            log = daemon.stderr
            assert log is not None
            try:
                assert any("judged" in line for line in log)
                edit(rules, "ladders.yaml", "- name: no-movement", "- nam: no-movement")
                daemon.send_signal(signal.SIGHUP)
                assert any("rulebook refused" in line for line in log)
                assert any("1 comments written" in line for line in log)
                edit(rules, "ladders.yaml", "- nam: no-movement", "- name: stands-still")
                daemon.send_signal(signal.SIGHUP)
                assert any("rulebook in force" in line for line in log)
                assert any("1 comments written" in line for line in log)
            finally:
                daemon.send_signal(signal.SIGTERM)
                log.read()
            assert daemon.wait(timeout=30) == 0
        refused, changed = read_by_a_person(sandbox, control.key)
    assert "ladders.yaml:14:5: unknown key 'nam'; did you mean 'name'?" in refused
    assert "nimi on muutunud (no-movement → stands-still)" in changed
    assert "kehtib nüüd" in changed
