from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests
from command_line import (
    ALWAYS_OPEN,
    OBSERVE,
    Edits,
    open_sandbox,
    piletibot,
    solved_issue,
    user_of,
    write_desk,
    written,
)

from bot import __version__
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.store.lock import alone
from bot.store.store import open_store

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = (
    *("demo", "sandbox", "init", "check", "plan", "why", "once", "run", "release", "approve", "adopt"),
    *("digest", "test", "hours", "backtest", "describe", "schema", "monitoring"),
)
HEAVY = (
    "pydantic",
    "sqlalchemy",
    "jira",
    "requests",
    "rich",
    "jinja2",
    "babel",
    "msgspec",
    "structlog",
    "holidays",
    "icalendar",
    "dateutil",
    "starlette",
    "uvicorn",
)

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")


@pytest.fixture(params=["cloud", "dc"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with open_sandbox(request.param) as running:
        yield running


@pytest.fixture
def one_sandbox() -> Iterator[Sandbox]:
    """For what is the same in both flavours."""
    with open_sandbox("dc") as running:
        yield running


def desk(home: Path, sandbox: Sandbox, edits: Edits | None = None, account: str = "piletibot") -> Path:
    token = {"piletibot": "sandbox-token", "vaatleja": "browse-token"}[account]
    return write_desk(home, sandbox.url, edits, user=user_of(sandbox.world.flavour, account), token=token)


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom bot.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    print('loaded:', *sys.modules)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT).stdout
    page, loaded = shown.split("loaded:")
    assert [name for name in COMMANDS if name not in page] == []
    assert {name.partition(".")[0] for name in loaded.split()} & set(HEAVY) == set()


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot("--version") == 0
    assert capsys.readouterr().out == f"piletibot {__version__}\n"


@pytest.mark.parametrize("args", [["chekc"], ["check", "--ofline"], ["sandbox", "--flavor", "server"]])
def test_a_mistyped_command_or_option_is_a_mistake(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot(*args) == 2
    assert "Error" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["check", "plan", "why KKA-1", "once", "run", "describe"])
def test_no_configuration(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot(*command.split()) == 2
    shown = capsys.readouterr()
    assert shown.err.startswith("config.toml: there is no such configuration; make one with `piletibot init`")
    assert list(Path().iterdir()) == []


def test_the_example_configuration_passes_the_offline_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert piletibot("check", "--offline", "--config", ROOT / "config.example.toml") == 0
    assert capsys.readouterr().err == ""


OFFLINE: dict[str, tuple[Edits, str]] = {
    "unknown key": (
        {"config.toml": ("url =", "urll =")},
        "config.toml:4: unknown key 'jira.urll'; did you mean 'url'?",
    ),
    "unknown key of a rule": ({"ladders.yaml": ("clock:", "klock:")}, "unknown key 'klock'; did you mean 'clock'?"),
    "broken YAML": ({"queues.yaml": ("queues:", "queues: [")}, "queues.yaml:4:3: "),
    "duplicate rule": ({"ladders.yaml": ("name: no-movement", "name: tier2-deadline")}, "ladders.yaml:"),
    "no such message": ({"ladders.yaml": ("say: no_movement", "say: no_movment")}, "did you mean 'no_movement'?"),
}


@pytest.mark.parametrize("command", ["check", "run"])
@pytest.mark.parametrize("case", OFFLINE)
def test_a_mistake_in_the_files(case: str, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edits, said = OFFLINE[case]
    config = write_desk(tmp_path, "http://127.0.0.1:1", edits, user=None)
    offline = ["--offline"] if command == "check" else []
    assert piletibot(command, "--config", config, *offline) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "piletibot.db").exists()


LIVE: dict[str, tuple[Edits, str, str]] = {
    "unknown project": (
        {"desk.yaml": ("projects: [KKA]", "projects: [KKB]")},
        "desk.yaml:12:12: this Jira has no project 'KKB', or the account may not see it",
        "piletibot",
    ),
    "unknown field": (
        {"jira.yaml": ("forwarder: Edastaja", "forwarder: Edastja")},
        "jira.yaml:6:14: this Jira has no field 'Edastja'; did you mean 'Edastaja'?",
        "piletibot",
    ),
    "unknown status": (
        {"jira.yaml": ("status: Lahendatud", "status: Lahenenud")},
        ": this Jira has no status 'Lahenenud'; did you mean 'Lahendatud'?",
        "piletibot",
    ),
    "nobody of that name": (
        {"people.yaml": ("dc: spetsialist1", "dc: spetsialist9")},
        "people.yaml:",
        "piletibot",
    ),
    "a control ticket that is not there": (
        {"desk.yaml": ("  ceiling:", "  control: KKA-99\n  ceiling:")},
        "desk.yaml:17:12: there is no ticket 'KKA-99' that the account can see",
        "piletibot",
    ),
    "may only look, while rules are live": ({}, "the account lacks the permission ADD_COMMENTS", "vaatleja"),
}


@pytest.mark.parametrize("command", ["check", "once"])
@pytest.mark.parametrize("case", LIVE)
def test_what_does_not_fit_the_jira(
    case: str, command: str, sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edits, said, account = LIVE[case]
    if case == "nobody of that name" and sandbox.world.flavour == "cloud":
        edits, said = {"people.yaml": ("712020:fb5c2f1e", "712020:00000000")}, "people.yaml:6:"
    config = desk(tmp_path, sandbox, edits, account)
    assert piletibot(command, "--config", config) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert "Traceback" not in shown
    assert not (tmp_path / "piletibot.db").exists()
    assert written(sandbox) == []


@pytest.mark.parametrize("lacking", ["ADD_COMMENTS", "EDIT_ISSUES"])
def test_live_rules_need_what_they_do(
    lacking: str, one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bot = one_sandbox.world.person("piletibot")
    assert bot is not None
    bot.denied.add(lacking)
    assert piletibot("check", "--config", desk(tmp_path, one_sandbox)) == 2
    assert f"in project 'KKA' the account lacks the permission {lacking}" in capsys.readouterr().err


def test_rules_on_observe_need_only_to_look(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solved_issue(sandbox, hours_ago=5)
    config = desk(tmp_path, sandbox, {**OBSERVE}, "vaatleja")
    rules = tmp_path / "rules" / "desk.yaml"
    rules.write_text(rules.read_text().replace(*ALWAYS_OPEN["desk.yaml"]))
    assert piletibot("check", "--config", config) == 0
    assert "everything on observe" in capsys.readouterr().out
    assert piletibot("once", "--config", config) == 0
    shown = capsys.readouterr().out
    assert "0 comments written" in shown
    assert "steps only recorded" in shown
    assert written(sandbox) == []


@pytest.mark.parametrize("command", ["check", "plan", "once", "run"])
def test_a_wrong_token(
    command: str, one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = desk(tmp_path, one_sandbox)
    (tmp_path / "token").write_text("not-the-token")
    assert piletibot(command, "--config", config) == 2
    shown = capsys.readouterr().err
    assert f"jira.url {one_sandbox.url}: " in shown
    assert "401, the account is not let in; check the user and the token" in shown
    assert "not-the-token" not in shown
    assert not (tmp_path / "piletibot.db").exists()


@pytest.mark.parametrize("command", ["check", "plan", "once", "run"])
def test_a_jira_that_is_not_there(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    config = write_desk(tmp_path, f"http://127.0.0.1:{port}", user=None)
    assert piletibot(command, "--config", config) == 2
    assert f"jira.url http://127.0.0.1:{port}: GET 2/serverInfo: no connection; check the address" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "piletibot.db").exists()


@pytest.mark.parametrize("command", ["check", "plan", "once", "run"])
def test_a_proxy_that_answers_with_a_page(
    command: str, one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_sandbox.site.faults.faults.append(Fault("page", times=None))
    assert piletibot(command, "--config", desk(tmp_path, one_sandbox)) == 2
    assert "something that is not Jira (HTML page, maybe a proxy's login)" in capsys.readouterr().err
    assert not (tmp_path / "piletibot.db").exists()


def test_a_jira_that_asks_for_patience_is_unreachable(
    one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_sandbox.site.faults.faults.append(Fault("answer", times=None, status=429, retry_after="1847"))
    assert piletibot("check", "--config", desk(tmp_path, one_sandbox)) == 3
    assert "asks for 1847 s of patience" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["once", "run"])
def test_a_jira_that_was_once_reached_is_away_and_not_a_mistake(
    command: str, one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = desk(tmp_path, one_sandbox)
    assert piletibot("once", "--config", config) == 0
    one_sandbox.site.faults.down = True
    assert piletibot(command, "--config", config) == 3
    assert "Jira is unreachable" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["once", "run"])
def test_patience_that_jira_asks_a_start_for_is_kept_by_the_next(
    command: str, one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = desk(tmp_path, one_sandbox)
    assert piletibot("once", "--config", config) == 0
    one_sandbox.site.faults.faults.append(Fault("answer", status=429, retry_after="1847"))
    assert piletibot(command, "--config", config) == 3
    assert "asks for 1847 s of patience" in capsys.readouterr().err
    one_sandbox.site.requests.clear()
    assert piletibot(command, "--config", config) == 3
    assert re.search(r"not asked before 20\S+, as Jira asked for patience", capsys.readouterr().err)
    assert not one_sandbox.site.requests


def test_a_jira_that_goes_away_in_the_middle_is_unreachable(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.site.faults.faults.append(Fault("answer", path="[23]/search", status=429, retry_after="1847"))
    config = desk(tmp_path, sandbox)
    assert piletibot("once", "--config", config) == 3
    assert "Jira went away" in capsys.readouterr().err
    sandbox.site.requests.clear()
    for command in ("once", "run", "plan"):
        assert piletibot(command, "--config", config) == 3
        assert re.search(r"not asked before 20\S+, as Jira asked for patience", capsys.readouterr().err)
    assert not sandbox.site.requests, "a bot that is started meanwhile does not ask again"


@pytest.mark.parametrize(
    "url", ["sqlite:///no/such/folder/piletibot.db", "postgresql://bot:secret@127.0.0.1:1/piletibot"]
)
def test_a_database_that_is_not_there(
    url: str, one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = desk(tmp_path, one_sandbox, {"config.toml": ("[engine]", f'[store]\nurl = "{url}"\n\n[engine]')})
    assert piletibot("once", "--config", config) == 3
    shown = capsys.readouterr().err
    assert "the database cannot be used" in shown
    assert "secret" not in shown


def test_plan_tells_what_would_be_done_and_writes_nothing(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solved_issue(sandbox, hours_ago=5)
    config = desk(tmp_path, sandbox, ALWAYS_OPEN)
    before = sorted(tmp_path.rglob("*"))
    assert piletibot("plan", "--config", config) == 0
    page = capsys.readouterr().out
    assert "1 tickets, 1 steps. Nothing is written." in page
    assert "   1  solution-reached-customer\n" in page
    assert "   1  spetsialist1\n" in page
    assert "\n  solution-reached-customer: 1\n    Edastaja vastutab" in page
    assert "\n    to spetsialist1: 1\n      KKA-1  ask: closure_prompt, due " in page
    assert "\n        because standing: solved; delivered: " in page
    assert piletibot("plan", "--config", config, "--json", "KKA-1") == 0
    (line,) = capsys.readouterr().out.splitlines()
    step = json.loads(line)
    told = {name: step[name] for name in ("v", "action", "ticket", "rule", "rung", "say", "to")}
    assert told == {
        "v": 1,
        "action": "say",
        "ticket": "KKA-1",
        "rule": "solution-reached-customer",
        "rung": "ask",
        "say": "closure_prompt",
        "to": ["spetsialist1"],
    }
    assert sorted(tmp_path.rglob("*")) == before
    assert written(sandbox) == []


def test_plan_of_a_ticket_that_is_not_there(
    one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert piletibot("plan", "KKA-9", "--config", desk(tmp_path, one_sandbox)) == 2
    assert capsys.readouterr().err == "KKA-9: there is no such ticket in KKA\n"


def test_once_says_what_was_planned_and_then_nothing_is_left(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    issue = solved_issue(sandbox, hours_ago=5)
    config = desk(tmp_path, sandbox, ALWAYS_OPEN)
    assert piletibot("once", "--config", config) == 0
    assert capsys.readouterr().out == "1 changed, 1 judged, 1 comments written\n"
    found = sandbox.world.find(issue.key)
    assert found is not None
    assert len(found.comments) == 1
    database = (tmp_path / "piletibot.db").read_bytes()
    assert piletibot("plan", "--config", config) == 0
    assert " 0 steps. Nothing is written." in capsys.readouterr().out
    assert (tmp_path / "piletibot.db").read_bytes() == database
    assert piletibot("once", "--config", config) == 0
    assert "0 comments written" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["once", "run"])
def test_beside_another_bot_it_does_not_start(
    command: str, one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = desk(tmp_path, one_sandbox)
    with alone(f"sqlite:///{tmp_path / 'piletibot.db'}"):
        assert piletibot(command, "--config", config) == 3
        assert "another piletibot works on this database" in capsys.readouterr().err
        assert piletibot("plan", "--config", config) == 0


def test_run_works_until_it_is_told_to_stop(one_sandbox: Sandbox, tmp_path: Path) -> None:
    solved_issue(one_sandbox, hours_ago=5)
    sections = '[web]\nlisten = "127.0.0.1:0"\nopen_to = "lead"\n\n[heartbeat]\nfile = "beat"\n\n[engine]'
    page = {"config.toml": ("[engine]", sections)}
    config = desk(tmp_path, one_sandbox, {**ALWAYS_OPEN, **page})
    command = [sys.executable, "-c", "from bot.cli import main; main()", "run", "--config", str(config)]
    url = ""
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as daemon:
        assert daemon.stderr is not None
        lines: list[str] = []
        for line in daemon.stderr:
            lines.append(line)
            url = line.partition("url=")[2].strip() or url
            if "1 comments written" in line:
                assert "KKA-1<" in requests.get(url, timeout=10).text
                daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=30) == 0
    log = "".join(lines)
    assert "stopped" in log
    assert (tmp_path / "beat").exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=10)
    assert "allkirjastada" not in log
    with closing(open_store(f"sqlite:///{tmp_path / 'piletibot.db'}")) as store:
        assert store.pending() == []


def test_a_demo_is_not_played_where_a_desk_is(tmp_path: Path) -> None:
    (tmp_path / "config.toml").touch()
    (tmp_path / "demo.db").write_text("of an earlier demo")
    assert piletibot("demo", "--days", "1", "--out", tmp_path) == 2
    assert (tmp_path / "demo.db").read_text() == "of an earlier demo"


def test_what_a_demo_leaves_can_be_looked_at_and_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "piletibot.db").write_text("what was said")
    (tmp_path / "demo.db").write_text("of an earlier demo")
    demo = ["demo", "--days", "1", "--out", str(tmp_path), "--serve"]
    command = [sys.executable, "-c", "from bot.cli import main; main()", *demo]
    told = ""
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            told += line
            if "on the lead's page" in line:
                board = requests.get(line.split()[-1], timeout=10).text
                (key,) = re.findall(r'href="/tickets/([^"]+)"', board)[:1]
                ticket = requests.get(f"{line.split()[-1]}/tickets/{key}", timeout=10)
                assert (ticket.status_code, "14.12.2026 kell 23.00" in ticket.text) == (200, True)
                process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert (tmp_path / "piletibot.db").read_text() == "what was said", "a demo leaves a desk's own database alone"
    (asked,) = re.findall(r"piletibot (why .*) --config", told)
    assert piletibot(*asked.split(), "--config", tmp_path / "demo.toml") == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "as of the last cycle, Mon 2026-12-14 23:00" in shown
    assert "✓ the bot said: " in shown
    asked_for = ("digest", "--format", "text", "--out", "-", "--config", tmp_path / "demo.toml")
    assert piletibot(*asked_for) == 0
    assert "Seis: 14.12.2026 kell 23.00" in " ".join(capsys.readouterr().out.split())


def test_sandbox_answers_until_it_is_told_to_stop() -> None:
    command = [sys.executable, "-c", "from bot.cli import main; main()", "sandbox", "--flavor", "dc", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = next(word for word in process.stdout.readline().split() if word.startswith("http")).rstrip(",")
        info = requests.get(f"{url}/rest/api/2/serverInfo", timeout=10).json()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
    assert info["deploymentType"] == "Server"


def test_a_page_for_a_stranger(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = {"config.toml": ("[engine]", '[web]\nopen_to = "juht2"\n\n[engine]')}
    config = write_desk(tmp_path, "http://127.0.0.1:1", page, user=None)
    assert piletibot("check", "--offline", "--config", config) == 2
    said = "web.open_to: the rulebook names nobody 'juht2'; did you mean 'juht1'?\n"
    assert capsys.readouterr().err == said


def test_a_page_whose_port_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        page = {"config.toml": ("[engine]", f'[web]\nlisten = "{listen}"\nopen_to = "lead"\n\n[engine]')}
        config = write_desk(tmp_path, "http://127.0.0.1:1", page, user=None)
        assert piletibot("run", "--config", config) == 2
    said = f"web.listen {listen}: another program listens there already; stop it, or name another port\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_a_port_that_is_taken(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert piletibot(command, "--port", str(port)) == 2
    assert capsys.readouterr().err == f"port {port}: Address already in use\n"


def test_a_file_of_issues_that_holds_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "issues.jsonl").write_text("Dear diary")
    assert piletibot("sandbox", "--port", "0", "--load", tmp_path / "issues.jsonl") == 2
    assert f"{tmp_path / 'issues.jsonl'}: line 1 is not an issue in Jira's REST form: it is not JSON: " in (
        capsys.readouterr().err
    )


def test_a_digest_is_for_its_owner_or_told_where_it_cannot_be_written(
    one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = desk(tmp_path, one_sandbox)
    assert piletibot("digest", "--config", config, "--out", tmp_path / "digest.html") == 0
    assert (tmp_path / "digest.html").stat().st_mode & 0o777 == 0o600
    assert piletibot("digest", "--config", config, "--out", config / "digest.html") == 2
    assert capsys.readouterr().err == f"{config}: File exists\n"


@pytest.mark.parametrize(
    ("form", "begins"),
    [("text", b"\n"), ("json", b'{\n  "format": "piletibot digest"'), ("csv", b"\xef\xbb\xbfdesk;"), ("xlsx", b"PK")],
)
def test_a_digest_in_each_form_goes_to_standard_output(
    one_sandbox: Sandbox, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], form: str, begins: bytes
) -> None:
    config = desk(tmp_path, one_sandbox)
    assert piletibot("digest", "--config", config, "--period", "week", "--format", form, "--out", "-") == 0
    assert capfdbinary.readouterr().out.startswith(begins)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--as-of", "16.11.2026"], "--as-of '16.11.2026' is not a date; write for example 2026-11-16"),
        (["--as-of", "9000-01-01"], "--as-of 9000-01-01 is a day to come: nothing is known of it"),
        (["--as-of", "2020-01-06", "--anew"], "--anew works out the figures as they are now: leave --as-of away"),
    ],
)
def test_a_digest_of_no_day_is_told(
    one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    assert piletibot("digest", "--config", desk(tmp_path, one_sandbox), *options) == 2
    assert told in capsys.readouterr().err


def test_a_digest_is_named_after_its_form(
    one_sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert piletibot("digest", "--config", desk(tmp_path, one_sandbox), "--format", "csv") == 0
    assert capsys.readouterr().out == "digest.csv\n"
    assert (tmp_path / "digest.csv").is_file()


def test_check_hints_at_a_control_ticket(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=None)
    assert piletibot("check", "--offline", "--config", config) == 0
    assert "no control ticket: " in capsys.readouterr().out
    sure = {"desk.yaml": ("  # control:", "  control:")}
    (tmp_path / "another").mkdir()
    config = write_desk(tmp_path / "another", "http://127.0.0.1:1", sure, user=None)
    assert piletibot("check", "--offline", "--config", config) == 0
    assert "no control ticket: " not in capsys.readouterr().out
