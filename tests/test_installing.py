"""What an administrator installs: the unit of systemd, the container's file, and the wheels to carry along."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import piletibot

from bot.settings import load_settings, token_of

ROOT = Path(__file__).resolve().parents[1]
UNIT = ROOT / "docs" / "operating" / "piletibot.service"
LATER = {"RestartSteps", "RestartMaxDelaySec"}
"""What systemd knows from 254 on; an earlier one says so and goes on."""

EXPOSURE = 2.0
"""How much a service may be open to others, of 10, as `systemd-analyze security` has it."""

CONFIG = 'site = "x"\n[jira]\nurl = "https://jira.example"\ntoken_file = "{token}"\n[rules]\nfolder = "rules"\n'


class Unit(configparser.RawConfigParser):
    """A unit as systemd reads it: a key may come twice, and is as it is written."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service() -> dict[str, str]:
    unit = Unit(strict=False, delimiters=("=",), comment_prefixes=("#",))
    unit.read(UNIT)
    return dict(unit["Service"])


def test_the_unit_gives_the_bot_what_it_needs_and_no_more() -> None:
    given = service()
    needed = {
        "Type": "notify",
        "ExecReload": "/bin/kill -HUP $MAINPID",
        "Restart": "on-failure",
        "User": "piletibot",
        "UMask": "0077",
        "StateDirectory": "piletibot",
        "NoNewPrivileges": "true",
        "ProtectSystem": "strict",
        "CapabilityBoundingSet": "",
    }
    assert {key: given[key] for key in needed} == needed
    assert not {"MemoryDenyWriteExecute", "ProcSubset"} & given.keys()


def test_what_it_starts_is_a_command_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    program, *words = service()["ExecStart"].split()
    assert program.endswith("/bin/piletibot")
    assert piletibot(words[0], "--help") == 0
    told = capsys.readouterr().out
    assert [word for word in words if word.startswith("-") and word not in told] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/piletibot/bin/piletibot", sys.executable))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    said = [line for line in done.stderr.splitlines() if "piletibot.service" in line]
    unknown = {found[1] for line in said if (found := re.search(r"Unknown key(?: name)? '(\w+)'", line))}
    assert (done.returncode, unknown - LATER) == (0, set())
    assert [line for line in said if "Unknown key" not in line] == []
    limit = ["systemd-analyze", "security", "--offline=true", f"--threshold={EXPOSURE * 10:.0f}", "--no-pager"]
    secured = subprocess.run([*limit, str(unit)], capture_output=True, text=True)
    assert secured.returncode == 0, secured.stdout[-500:] + secured.stderr


@pytest.mark.parametrize(
    ("token", "loaded", "found"),
    [
        ("token", True, "of the service"),
        ("token", False, "beside"),
        ("secrets/token", True, "in a folder"),
    ],
)
def test_what_systemd_loads_for_the_service_goes_before_a_file_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str, loaded: bool, found: str
) -> None:
    for name, text in (
        ("token", "beside"),
        ("secrets/token", "in a folder"),
        ("credentials/token", "of the service"),
    ):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o400)
    config = tmp_path / "config.toml"
    config.write_text(CONFIG.format(token=token))
    if loaded:
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    else:
        monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert token_of(load_settings(config).jira) == found
