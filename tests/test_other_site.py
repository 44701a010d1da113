"""Another Jira from the command line: `check` says what it shows, `once` and `why` follow the tickets there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ALWAYS_OPEN, open_sandbox, piletibot, user_of, write_desk

from bot.sandbox import acts
from bot.sandbox.server import Sandbox
from bot.sandbox.world import Field

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

RULES = """\
fields: {their_ticket: Nende pilet}
links: {works_elsewhere: {field: their_ticket, follows: true}}
outside:
  - site: smit
    projects: [KEMIT]
    states:
      - {status: Lahendatud, standing: solved, ball: tier 1}
      - {category: done, standing: closed, ball: nobody}
      - {category: new, standing: open, ball: tier 2}
      - {category: indeterminate, standing: open, ball: tier 2}
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox("cloud") as running:
        running.world.fields["customfield_10250"] = Field("customfield_10250", "Nende pilet", "string")
        yield running


@pytest.fixture
def other() -> Iterator[Sandbox]:
    with open_sandbox("dc") as running:
        yield running


def configured(home: Path, sandbox: Sandbox, other: Sandbox, rules: str = RULES) -> Path:
    config = write_desk(home, sandbox.url, ALWAYS_OPEN, user=user_of("cloud"))
    (home / "rules" / "elsewhere.yaml").write_text(rules, "utf-8")
    (home / "theirs").write_text("browse-token")
    (home / "theirs").chmod(0o600)
    config.write_text(f'{config.read_text()}\n[sites.smit]\nurl = "{other.url}"\ntoken_file = "theirs"\n')
    return config


def opened(sandbox: Sandbox, project: str, **fields: str) -> str:
    """A ticket, with tier 2 where it is the desk's; its key."""
    world = sandbox.world
    values = {"summary": "Ei saa sisse", "issuetype": world.issue_types["10100"]}
    issue = acts.create(world, world.person("spetsialist1"), world.projects[project], values | fields)
    acts.transition(world, issue, world.person("it1"), "10003", {})
    return issue.key


def test_check_once_and_why(
    tmp_path: Path, sandbox: Sandbox, other: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    config = configured(tmp_path, sandbox, other)
    there = opened(other, "KEMIT")
    ticket = opened(sandbox, "KKA", customfield_10250=f"{other.url}/browse/{there}")
    assert piletibot("check", "--config", config) == 0
    said = capsys.readouterr().out
    assert f"another site, smit: Jira Data Center at {other.url}, account Vaatleja, projects it sees: KEMIT" in said
    assert piletibot("once", "--config", config) == 0
    assert piletibot("why", "--config", config, ticket) == 0
    assert f"{ticket}  Töös" in capsys.readouterr().out
    other.site.faults.down = True
    assert piletibot("once", "--config", config) == 0, "the cycle does not wait for it"
    assert piletibot("why", "--config", config, ticket) == 0
    said = capsys.readouterr()
    assert f"{ticket}  seis teadmata (unknown)" in said.out
    assert "another site does not answer" in said.err
    other.site.faults.down = False
    assert piletibot("plan", "--config", config) == 0
    assert {method for method, _, _ in other.site.requests} == {"GET"}


@pytest.mark.parametrize(
    ("was", "now", "mistake"),
    [
        ("projects: [KEMIT]", "projects: [KEMITI]", "elsewhere.yaml:5:16: the site 'smit' has no project 'KEMITI', "
         "or the account may not see it; did you mean 'KEMIT'?"),
        ("status: Lahendatud", "status: Lahendatu", "elsewhere.yaml:7:18: the site 'smit' has no status 'Lahendatu'; "
         "did you mean 'Lahendatud'?"),
        ("site: smit", "site: smti", "elsewhere.yaml:4:11: the configuration has no section [sites.smti]; "
         "did you mean 'smit'?"),
    ],
    ids=["project", "status", "site"],
)  # fmt: skip
def test_check_names_what_does_not_fit(
    tmp_path: Path,
    sandbox: Sandbox,
    other: Sandbox,
    capsys: pytest.CaptureFixture[str],
    was: str,
    now: str,
    mistake: str,
) -> None:
    config = configured(tmp_path, sandbox, other, RULES.replace(was, now))
    assert piletibot("check", "--config", config) == 2
    assert mistake in capsys.readouterr().err.replace(f"{tmp_path}/rules/", "")


@pytest.mark.parametrize(
    ("token", "down", "mistake"),
    [
        ("wrong", False, "the account is not let in; check the user and the token"),
        ("browse-token", True, "the connection was lost"),
    ],
    ids=["locked", "away"],
)
def test_check_names_a_site_that_does_not_answer(
    tmp_path: Path,
    sandbox: Sandbox,
    other: Sandbox,
    capsys: pytest.CaptureFixture[str],
    token: str,
    down: bool,
    mistake: str,
) -> None:
    config = configured(tmp_path, sandbox, other)
    (tmp_path / "theirs").write_text(token)
    other.site.faults.down = down
    assert piletibot("check", "--config", config) == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"sites.smit.url {other.url}: ")
    assert said.endswith(mistake)
