"""An account that Jira no longer has keeps a desk that knew it from nothing; one that it never knew does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import ALWAYS_OPEN, open_sandbox, piletibot, user_of, write_desk

from bot.sandbox import acts
from bot.sandbox.server import Sandbox
from bot.settings import load_settings
from bot.start import known_accounts
from bot.store.scratch import looking

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")

PLACE = re.compile(r"people\.yaml:[0-9]+:[0-9]+: ")
GONE = "of 'it1': the bot goes on and counts the person as one who has left"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with open_sandbox("dc") as running:
        yield running


def test_who_was_known_has_left_and_a_stranger_is_a_mistake(
    sandbox: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_desk(tmp_path, sandbox.url, ALWAYS_OPEN, user=user_of("dc"))
    settings = load_settings(config)
    assert piletibot("once", "--config", config) == 0
    known = known_accounts(settings)
    gone = sandbox.world.person("it1")
    assert gone is not None
    acts.erase_account(sandbox.world, gone)
    capsys.readouterr()
    assert piletibot("once", "--config", config) == 0
    shown = capsys.readouterr()
    (line,) = [line for line in (shown.out + shown.err).splitlines() if "accounts not found that were known" in line]
    assert PLACE.search(line)
    assert GONE in line
    with looking(settings.store.url.get_secret_value()) as store:
        assert set(store.leavers()) == {"it1"}
    assert known_accounts(settings) == known, "who is gone stays known to the start after this one"
    assert piletibot("check", "--config", config) == 2
    (mistake,) = capsys.readouterr().err.splitlines()
    assert PLACE.search(mistake)
    assert GONE in mistake
    for file in tmp_path.glob("piletibot.db*"):
        file.unlink()
    assert piletibot("once", "--config", config) == 2, "a first start knows nobody"
    assert "no user name 'it1', or the account may not look people up" in capsys.readouterr().err
