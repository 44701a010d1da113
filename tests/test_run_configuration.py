"""The configuration of a running daemon read anew at SIGHUP: a rotated token, the log, and what needs a restart."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
import requests
from command_line import ALWAYS_OPEN, open_sandbox, user_of, write_desk
from running import running
from structlog.testing import capture_logs

from bot.reconfigure import KEPT, Reconfigure, changed, with_kept
from bot.settings import Misconfigured, Settings, load_settings

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

FIGURES = '\n[metrics]\nlisten = "127.0.0.1:0"\n'
ROTATED = "sandbox-token-rotated"


def line_with(daemon: subprocess.Popen[str], said: str) -> str:
    """The next line of its log that says this."""
    return next(line for line in daemon.stderr or () if said in line)


def figure(url: str, name: str) -> float:
    text = requests.get(f"{url}/metrics", timeout=10).text
    (line,) = (line for line in text.splitlines() if line.startswith(f"{name} "))
    return float(line.rpartition(" ")[2])


def edit(config: Path, old: str, new: str) -> None:
    config.write_text(config.read_text("utf-8").replace(old, new), "utf-8")


def test_a_token_is_rotated_and_a_log_changed_without_a_restart(tmp_path: Path) -> None:
    with open_sandbox("cloud") as sandbox:
        config = write_desk(tmp_path, sandbox.url, ALWAYS_OPEN, user=user_of("cloud"))
        edit(config, "poll_s = 5", f"poll_s = 60{FIGURES}")
        account = sandbox.world.person("piletibot")
        with running(config) as daemon:
            found = re.search(r"http://127.0.0.1:\d+", line_with(daemon, "metrics"))
            assert found is not None
            url = found[0]
            line_with(daemon, "judged")
            ready = requests.get(f"{url}/readyz", timeout=10)
            assert (ready.status_code, ready.json()["ready"]) == (200, True)
            account.token = ROTATED
            daemon.send_signal(signal.SIGHUP)
            line_with(daemon, "the account is not let in")
            (tmp_path / "token").write_text(ROTATED)
            edit(config, "poll_s = 60", 'poll_s = 90\n[log]\nformat = "json"')
            daemon.send_signal(signal.SIGHUP)
            waits = json.loads(line_with(daemon, "counts after a restart alone"))
            assert (waits["level"], waits["keys"]) == ("warning", ["engine.poll_s"])
            assert json.loads(line_with(daemon, "the account is let in again"))["level"] == "info"
            assert figure(url, 'piletibot_cycles_total{desk="test",outcome="denied"}') >= 1
            assert figure(url, 'piletibot_refused{desk="test",what="configuration"}') == 0
            edit(config, "[jira]", "[jirra]")
            daemon.send_signal(signal.SIGHUP)
            refused = json.loads(line_with(daemon, "configuration refused"))
            assert any("unknown key 'jirra'" in error for error in refused["errors"])
            line_with(daemon, '"cycle"')
            assert figure(url, 'piletibot_refused{desk="test",what="configuration"}') == 1
        assert daemon.returncode == 0


GOOD = 'site = "test"\n[jira]\nurl = "https://jira.example.ee"\n{jira}\n[rules]\nfolder = "rules"\n{more}'


def read(folder: Path, jira: str = "", more: str = "") -> Settings:
    (folder / "config.toml").write_text(GOOD.format(jira=jira, more=more))
    return load_settings(folder / "config.toml")


CHANGES = [
    ("requests_per_minute = 60", "", "jira.requests_per_minute"),
    ("timeout_s = 5", "", "jira.timeout_s"),
    ("", "[engine]\npoll_s = 5", "engine.poll_s"),
    ("", "[engine]\noverlap_s = 5", "engine.overlap_s"),
    ("", '[store]\nurl = "sqlite:///other.db"', "store.url"),
    ("", '[mail]\nhost = "localhost"\nsender = "a@example.ee"\ntimeout_s = 5', "mail.timeout_s"),
    ("", '[mail]\nhost = "localhost"\nsender = "a@example.ee"', "mail.host"),
    ("", '[web]\nopen_to = "lead"', "web"),
    ("", '[metrics]\nlisten = "127.0.0.1:9464"', "metrics"),
]


@pytest.mark.parametrize(("jira", "more", "key"), CHANGES, ids=[str(each[2]) for each in CHANGES])
def test_what_changes_while_the_bot_runs_and_what_does_not(jira: str, more: str, key: str, tmp_path: Path) -> None:
    before, written = read(tmp_path), read(tmp_path, jira, more)
    coming = with_kept(written, before)
    is_kept = any(key == kept or key.startswith(f"{kept}.") for kept in KEPT)

    def at(settings: Settings) -> Any:
        found: Any = settings
        for part in key.split("."):
            found = getattr(found, part)
        return found

    assert at(before) != at(written)
    assert at(coming) == at(before if is_kept else written)


def test_that_one_of_several_is_wanted_counts_after_a_restart_and_is_told(tmp_path: Path) -> None:
    reconfigure = Reconfigure(tmp_path / "config.toml", read(tmp_path))
    several = '[store]\nurl = "postgresql://bot@db/piletibot"\n[engine]\nworkers = 2\nlease_s = 60'
    written = read(tmp_path, "", several)
    with capture_logs() as logs:
        reconfigure()
    assert logs[-1]["keys"] == ["store", "engine.workers", "engine.lease_s"]
    assert changed(written, read(tmp_path)) == ["store.url", "store.journal", "engine.workers", "engine.lease_s"]


def test_a_mistake_in_one_part_changes_none(tmp_path: Path) -> None:
    put: list[str] = []

    def good(coming: Settings) -> Any:
        return lambda: put.append("good")

    def bad(coming: Settings) -> Any:
        raise Misconfigured("token: it cannot be read")

    reconfigure = Reconfigure(tmp_path / "config.toml", read(tmp_path), [good, bad])
    before = reconfigure.settings
    read(tmp_path, "requests_per_minute = 60")
    reconfigure()
    assert (put, reconfigure.settings, reconfigure.is_refusing) == ([], before, True)
    reconfigure.parts = [good]
    reconfigure()
    assert (put, reconfigure.is_refusing) == (["good"], False)
    assert reconfigure.settings.jira.requests_per_minute == 60
