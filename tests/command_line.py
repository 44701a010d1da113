"""The command line called as a person calls it, on a desk of its own and a sandbox over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from bot.cli import main
from bot.sandbox import acts
from bot.sandbox.clock import Clock
from bot.sandbox.desk import keskkonnaamet
from bot.sandbox.server import Sandbox, serve
from bot.sandbox.world import Issue
from bot.shipped import rules_folder

_OFFICE = """\
    hours: {mon-fri: "08:00-17:00"}
    day: 8h                 # what 1wd means on a clock
    holidays: EE
    shortened: EE           # three hours less on the four eves, when they are working days
"""

ALWAYS_OPEN = {"desk.yaml": (_OFFICE, "    hours: 24x7\n    day: 8h\n")}
"""An edit of the shipped desk's rules, so that the hour at which a test runs does not matter."""

OBSERVE = {"desk.yaml": ("observe: false", "observe: true")}

Edits = Mapping[str, tuple[str, str]]


def piletibot(*args: str | Path) -> int:
    """Run a command in this process; returns its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    return int(ended.value.code or 0)


def write_desk(
    home: Path, url: str, edits: Edits | None = None, *, user: str | None, token: str = "sandbox-token"
) -> Path:
    """Write a configuration and a copy of the shipped rules, each file edited once; returns the configuration."""
    folder = home / "rules"
    shutil.copytree(rules_folder() / "keskkonnaamet", folder, ignore=shutil.ignore_patterns("demo", "tests"))
    (home / "token").write_text(token)
    (home / "token").chmod(0o600)
    config = home / "config.toml"
    asking = f'user = "{user}"\n' if user else ""
    config.write_text(
        f'site = "test"\n\n[jira]\nurl = "{url}"\n{asking}token_file = "token"\ntimeout_s = 5\n\n'
        '[rules]\nfolder = "rules"\n\n[engine]\npoll_s = 5\n'
    )
    for name, (old, new) in (edits or {}).items():
        file = config if name == "config.toml" else folder / name
        text = file.read_text("utf-8")
        assert old in text, f"{name} does not hold {old!r}"
        file.write_text(text.replace(old, new, 1), "utf-8")
    return config


def user_of(flavour: str, name: str = "piletibot") -> str | None:
    return f"{name}@sandbox.example" if flavour == "cloud" else None


def open_sandbox(flavour: str) -> Sandbox:
    return serve(keskkonnaamet(flavour, Clock()))


def solved_issue(sandbox: Sandbox, hours_ago: int) -> Issue:
    """An issue that spetsialist1 opened and it1 solved an hour later; its solution has not reached the customer."""
    world, clock = sandbox.world, sandbox.world.clock
    assert isinstance(clock, Clock)
    clock.set(clock() - hours_ago * 3_600_000)
    opener, solver = world.person("spetsialist1"), world.person("it1")
    kind = world.issue_types["10100"]
    issue = acts.create(world, opener, world.projects["KKA"], {"summary": "Ei saa allkirjastada", "issuetype": kind})
    issue = acts.transition(world, issue, opener, "10002", {})
    clock.advance(3_600_000)
    issue = acts.transition(world, issue, solver, "10007", {})
    clock.set(None)
    return issue


def written(sandbox: Sandbox) -> list[str]:
    """What was asked of the sandbox that is not a read: its writes, each with its path."""
    reads = ("/search", "bulkfetch")
    return [
        f"{method} {path}"
        for method, path, _ in sandbox.site.requests
        if method != "GET" and not any(each in path for each in reads)
    ]
