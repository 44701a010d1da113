"""What an administrator installs: the unit of systemd, the container's file, and the wheels to carry along."""

from __future__ import annotations

import configparser
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
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


DOCKERFILE = ROOT / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """The lines of the container's file: what is to be done, and with what."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def is_left_out(path: str) -> bool:
    """Whether a path of the checkout is not given to the build; the last line that fits counts."""
    left_out = False
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and fnmatch.fnmatch(path.partition("/")[0], pattern):
            left_out = not line.startswith("!")
    return left_out


def test_the_container_is_built_of_what_is_there_and_of_nothing_else() -> None:
    copied = [rest.split()[:-1] for word, rest in instructions() if word == "COPY" and "--from" not in rest]
    paths = [path for paths in copied for path in paths]
    assert "bot" in paths
    assert "rules" in paths
    assert [path for path in paths if not (ROOT / path).exists() or is_left_out(path)] == []
    for path in ("config.toml", "token", ".git", ".venv", "piletibot.db", "docs", "tests", "out"):
        assert is_left_out(path)


def test_the_container_runs_a_command_of_ours_as_an_ordinary_user(capsys: pytest.CaptureFixture[str]) -> None:
    said = dict(instructions())
    assert re.fullmatch(r"BASE=[a-z./]+/python:3\.\d+\.\d+-slim-[a-z]+", said["ARG"])
    assert {rest.partition(" ")[0] for word, rest in instructions() if word == "FROM"} == {"${BASE}"}
    assert said["USER"] == "10001:10001"
    assert (json.loads(said["ENTRYPOINT"]), said["STOPSIGNAL"]) == (["piletibot"], "SIGTERM")
    assert piletibot(*json.loads(said["CMD"]), "--help") == 0
    assert "PYTHONUNBUFFERED=1" in said["ENV"]
    extras = re.search(r"\.\[([a-z,]+)]", said_all("RUN"))
    assert extras is not None
    project = (ROOT / "pyproject.toml").read_text()
    assert [extra for extra in extras[1].split(",") if not re.search(rf"^{extra} = \[", project, re.M)] == []


def said_all(word: str) -> str:
    return " ".join(rest for each, rest in instructions() if each == word)


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_the_container_is_well_when_the_bot_is_ready(status: int, code: int) -> None:
    """The probe as it stands there, asked of a server in this process."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    program, flag, probe = json.loads(dict(instructions())["HEALTHCHECK"].partition("CMD ")[2])
    assert (program, flag) == ("python3", "-c")
    listens = re.search(r"PILETIBOT_METRICS__LISTEN=127\.0\.0\.1:(\d+)", said_all("ENV"))
    assert listens is not None
    assert listens[1] in probe
    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.handle_request, daemon=True)
        thread.start()
        with pytest.raises(SystemExit) as ended:
            exec(probe.replace(listens[1], str(server.server_port)), {})
        thread.join()
    assert (asked, int(ended.value.code or 0)) == (["/readyz"], code)


def offline(folder: Path, *command: str | Path) -> str:
    """Run a command that reaches no registry and knows nothing of this checkout."""
    hidden = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "PYTHON", "PILETIBOT"))
    }
    nowhere = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "HTTPS_PROXY": "http://127.0.0.1:1"}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, env={**hidden, **nowhere}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_what_the_wheelhouse_holds_is_enough(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / ".ci" / "wheelhouse", tmp_path], check=True, capture_output=True)
    (made,) = tmp_path.glob("piletibot-*.tar")
    (tmp_path / "away").mkdir()
    offline(tmp_path / "away", "tar", "-xf", made)
    (folder,) = (tmp_path / "away").iterdir()
    offline(folder, "sha256sum", "--check", "--quiet", "SHA256SUMS")
    offline(folder, sys.executable, "-m", "venv", tmp_path / "venv")
    bin_ = tmp_path / "venv" / "bin"
    how = ("--no-index", "--find-links", "wheels", "--require-hashes", "--requirement", "requirements.txt")
    offline(folder, bin_ / "pip", "install", "--quiet", *how)
    offline(tmp_path, bin_ / "pip", "check")
    offline(tmp_path, bin_ / "python", "-c", "import psycopg, procrastinate, bot.store.upgrade, alembic")
    rules = offline(tmp_path, bin_ / "python", "-c", "from bot.shipped import rules_folder; print(rules_folder())")
    offline(tmp_path, bin_ / "piletibot", "test", Path(rules.strip()) / "viimsi")
    offline(tmp_path, bin_ / "piletibot", "demo", "--days", "1", "--out", tmp_path / "demo")
    assert any((tmp_path / "demo").iterdir())
    assert (folder / "docs" / "operating" / "piletibot.service").read_text() == UNIT.read_text()
