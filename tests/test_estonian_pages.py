"""The pages for the desk's people name words that the bot knows, commands that exist, and pages that are there."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from typer.main import get_command

from bot.cli import app
from bot.core.commands import UNKNOWN_WORD, Listening, command_in

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "et").glob("*.md"))
LISTENING = Listening(("piletibot",), queues={"l2_it": "L2_IT"}, timezone="Europe/Tallinn")
COMMANDS = {*get_command(app).commands}  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_they_tell_people_to_write_is_understood(page: Path) -> None:
    told = re.findall(r"`piletibot ([^`]+)`", page.read_text("utf-8"))
    assert len(told) > 5
    for line in told:
        if line.split()[0] not in COMMANDS:
            found = command_in(f"piletibot {line}", LISTENING, date(2026, 11, 21))
            assert found is not None, line
            assert found.word != UNKNOWN_WORD, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_their_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).is_file(), target
