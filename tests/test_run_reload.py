"""The lead's path without a terminal: rules are edited beside the running daemon, and the control ticket is read."""

from __future__ import annotations

import signal
import threading
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest
import requests
from command_line import ALWAYS_OPEN, open_sandbox, piletibot, user_of, write_desk
from living import edit
from running import running, until

from bot.sandbox import acts
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.sandbox.world import Issue
from bot.store.store import open_store

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


def desk_with_control(sandbox: Sandbox, home: Path) -> tuple[Path, Issue]:
    """A configuration, and the control ticket that its rulebook names."""
    world = sandbox.world
    values = {"summary": "Piletibot", "issuetype": world.issue_types["10100"]}
    control = acts.create(world, world.person("juht1"), world.projects["KKA"], values)
    config = write_desk(home, sandbox.url, ALWAYS_OPEN, user=user_of(world.flavour))
    edit(home / "rules", "desk.yaml", "  # control: KKA-1 ", f"  control: {control.key} ")
    return config, control


def said(sandbox: Sandbox, control: Issue) -> int:
    """How many comments the control ticket has."""
    found = sandbox.world.find(control.key)
    return len(found.comments) if found else 0


def test_what_the_lead_reads_when_the_rules_are_edited(tmp_path: Path) -> None:
    with open_sandbox("dc") as sandbox:
        config, control = desk_with_control(sandbox, tmp_path)
        rules = tmp_path / "rules"
        with running(config) as daemon:
            until(daemon, "judged")
            edit(rules, "ladders.yaml", "- name: no-movement", "- nam: no-movement")
            daemon.send_signal(signal.SIGHUP)
            until(daemon, "rulebook refused")
            until(daemon, "1 comments written")
            edit(rules, "ladders.yaml", "- nam: no-movement", "- name: stands-still")
            daemon.send_signal(signal.SIGHUP)
            until(daemon, "rulebook in force")
            until(daemon, "1 comments written")
        assert daemon.returncode == 0
        assert piletibot("why", control.key, "--config", config) == 0
        refused, changed = read_by_a_person(sandbox, control.key)
    assert "ladders.yaml:" in refused
    assert "unknown key 'nam'; did you mean 'name'?" in refused
    assert "nimi on muutunud (no-movement → stands-still)" in changed
    assert "kehtib nüüd" in changed


def test_killed_while_the_report_is_written_it_is_there_once(tmp_path: Path) -> None:
    with open_sandbox("cloud") as sandbox:
        config, control = desk_with_control(sandbox, tmp_path)
        with running(config) as daemon:
            until(daemon, "judged")
            sandbox.site.faults.faults = [Fault("slow", "POST", r"/comment$", seconds=25)]
            edit(tmp_path / "rules", "ladders.yaml", "- name: no-movement", "- name: stands-still")
            daemon.send_signal(signal.SIGHUP)
            until(daemon, "rulebook in force")
            while not said(sandbox, control):  # it was taken, and the answer does not come
                assert daemon.poll() is None
                threading.Event().wait(0.02)
            daemon.kill()
        sandbox.site.faults.faults = []
        with running(config) as daemon:
            until(daemon, "started")
            until(daemon, "judged")
        assert daemon.returncode == 0
        (told,) = read_by_a_person(sandbox, control.key)
        assert "nimi on muutunud (no-movement → stands-still)" in told
    with closing(open_store(f"sqlite:///{tmp_path / 'piletibot.db'}")) as store:
        assert store.pending() == []
        assert [(row.rule, row.state) for row in store.ledger()] == [("rulebook", "said")]
