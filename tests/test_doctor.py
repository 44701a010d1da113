"""`piletibot doctor`: what it says of a bot that is well, and of each thing that is not; it writes nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from command_line import ALWAYS_OPEN, open_sandbox, piletibot, user_of, write_desk, written

from bot.core.silence import Silence
from bot.core.soundness import Unsound
from bot.engine.restraint import RESTRAINT, Circuit, Restraint
from bot.jira.client import Client
from bot.jira.reach import reach
from bot.sandbox.faults import Fault
from bot.sandbox.server import Sandbox
from bot.store.store import open_store

pytestmark = pytest.mark.usefixtures("fresh_logs")

BEAT = {"config.toml": ("[engine]", '[heartbeat]\nfile = "beat"\n\n[engine]')}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox("cloud") as opened:
        yield opened


@pytest.fixture(scope="module")
def seen(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration whose bot had one cycle."""
    home = tmp_path_factory.mktemp("desk")
    config = write_desk(home, sandbox.url, {**ALWAYS_OPEN, **BEAT}, user=user_of("cloud"))
    assert piletibot("once", "--config", config) == 0
    return config


def examined(config: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[dict[str, Any]]]:
    capsys.readouterr()
    code = piletibot("doctor", "--json", "--config", config)
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def said_of(lines: list[dict[str, Any]], check: str) -> list[tuple[str, str]]:
    return [(line["status"], line["text"]) for line in lines if line["check"] == check]


def test_a_bot_that_is_well(seen: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    database, before = (seen.parent / "piletibot.db").read_bytes(), written(sandbox)
    code, lines = examined(seen, capsys)
    assert {line["status"] for line in lines} <= {"ok", "note"}, lines
    assert code == 0
    assert {line["v"] for line in lines} == {1}
    assert list(lines[0]) == ["v", "check", "status", "text", "do"]
    looked_at = "versions jira clock check schema disk permissions integrity cycle lease breaker silence troubles"
    assert {line["check"] for line in lines} >= {*looked_at.split(), "rulebook", "audit", "heartbeat"}
    assert (seen.parent / "piletibot.db").read_bytes() == database
    assert written(sandbox) == before
    assert piletibot("doctor", "--config", seen) == 0
    shown = capsys.readouterr().out
    assert "ok  silence: the bot knows of nothing that is silenced" in shown
    assert "all is well" in shown


SILENCES = tuple(Silence(what, by, 0) for what, by in (("KKA", "property"), ("ARH", "unclear property")))
NOTES = {
    "silenced": msgspec.json.encode((*SILENCES, Silence("OMA", "permission", 0))).decode(),
    "closed projects": "ARH",
    "audit": msgspec.json.encode((Unsound("twins", 2, 0), Unsound("next look", 3, 0, mended=True))).decode(),
    RESTRAINT: msgspec.json.encode(Restraint(Circuit("open", 0, "503", 60))).decode(),
}
FINDINGS = [
    ("cycle", "finding", "the last that reached Jira was at"),
    ("silence", "note", "KKA is silent since 1970-01-01"),
    ("silence", "finding", "ARH is silent since 1970-01-01"),
    ("silence", "finding", "a permission that the rules need and the account lacks"),
    ("projects", "finding", "ARH cannot be searched"),
    ("audit", "finding", "2 steps that two comments of the bot say on one ticket"),
    ("audit", "note", "mended at 1970-01-01"),
    ("breaker", "finding", "open since 1970-01-01"),
    ("troubles", "finding", "1 tickets are laid aside"),
    ("permissions", "finding", "bot.db: others may read or write it"),
]


@pytest.mark.parametrize(
    ("ago_s", "status", "part"), [(-1000, "finding", "which is yet to come"), (-10, "ok", "the last began 0 s ago")]
)
def test_a_cycle_that_is_yet_to_come(
    ago_s: int, status: str, part: str, seen: Path, capsys: pytest.CaptureFixture[str], sandbox: Sandbox
) -> None:
    with closing(open_store(f"sqlite:///{seen.parent / 'piletibot.db'}")) as store:
        before = store.polled_at()
        store.set_mark(0, int(time.time()) - ago_s)
        try:
            ((found, text),) = said_of(examined(seen, capsys)[1], "cycle")
        finally:
            store.set_mark(0, before or 0)
    assert (found, part in text) == (status, True)


def test_what_is_not_well_is_a_finding_with_what_to_do(
    sandbox: Sandbox, seen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, file = tmp_path / "config.toml", tmp_path / "bot.db"
    text = seen.read_text("utf-8") + f'\n[store]\nurl = "sqlite:///{file}"\n'
    for name in ("rules", "token", "beat"):
        text = text.replace(f'"{name}"', f'"{seen.parent / name}"')
    config.write_text(text)
    file.write_bytes((seen.parent / "piletibot.db").read_bytes())
    with closing(open_store(f"sqlite:///{file}")) as store:
        store.set_mark(0, int(time.time()) - 1000)
        store.trouble("1", "odd", 0)
        for name, value in NOTES.items():
            store.set_note(name, value)
    file.chmod(0o644)
    code, lines = examined(config, capsys)
    told = [(line["check"], line["status"], line["text"]) for line in lines]
    for check, status, part in FINDINGS:
        assert [each[:2] for each in told if part in each[2]] == [(check, status)], part
    assert code == 1
    assert all(line["do"] for line in lines if line["status"] == "finding")


@pytest.mark.parametrize(
    ("value", "code", "status"), [({"silent": True}, 0, "note"), ([], 1, "finding"), ({"silent": False}, 0, None)]
)
def test_a_property_counts_as_it_is_in_jira_now(
    value: object, code: int, status: str | None, seen: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.world.projects["KKA"].properties = {"piletibot": value}
    found, lines = examined(seen, capsys)
    sandbox.world.projects["KKA"].properties = {}
    told = [line["status"] for line in lines if "silent now in Jira" in line["text"]]
    assert (found, told) == (code, [status] if status else [])


def test_a_jira_that_is_away_is_told_and_the_rest_is_looked_at(
    seen: Path, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    sandbox.site.faults.faults = [Fault("answer", "GET", "serverInfo", status=429, retry_after="7200")]
    code, lines = examined(seen, capsys)
    assert (code, said_of(lines, "jira")[0][0]) == (3, "unreachable")
    assert said_of(lines, "audit")[0][0] == "ok"


@pytest.mark.parametrize(("off_s", "ahead_s"), [(0, 0), (-300, 300), (7200, -7200)])
def test_how_far_the_clocks_are_apart(sandbox: Sandbox, off_s: int, ahead_s: int) -> None:
    client = Client(
        sandbox.url, token="sandbox-token", user=user_of("cloud"), clock=lambda: time.time() + off_s, timeout_s=5
    )
    with closing(client):
        found = reach(client)
    assert found.ahead_s == pytest.approx(ahead_s, abs=3)
    assert found.version


def test_without_a_database_or_with_a_mistake_the_exit_code_tells(
    seen: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "config.toml"
    broken.write_text(seen.read_text("utf-8").replace("site =", "sight ="))
    assert examined(broken, capsys)[0] == 2
    broken.write_text(seen.read_text("utf-8") + '\n[store]\nurl = "sqlite:///none.db"\n')
    code, lines = examined(broken, capsys)
    assert said_of(lines, "database")[0][0] == "finding"
    assert code == 2  # the rules and the token are elsewhere
    (tmp_path / "none.db").write_text("this is no database, and never was one")
    assert said_of(examined(broken, capsys)[1], "database")[0][0] == "unreachable"
