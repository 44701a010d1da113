"""Who writes the rulebook reads nothing else by it: files that lead out of it are refused without a word of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hand_counted import rules

from bot.closed_days import UnreadableError, beside
from bot.core.kpi.period import period_of
from bot.imports import Sources, read_imports
from bot.rulefiles import RulebookError, load_rulebook
from bot.texts import MessagesError, load_messages
from bot.yaml_positions import Spot

SECRET = "a-token-that-nobody-else-may-see"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rulebook's folder, beside which lies a file with a secret."""
    (tmp_path / "token").write_text(f"{SECRET}\n")
    (rules := tmp_path / "rules").mkdir()
    return rules


def test_a_file_of_rules(folder: Path) -> None:
    (folder / "desk.yaml").symlink_to("../token")
    with pytest.raises(RulebookError) as refused:
        load_rulebook(folder, site="x")
    assert "this leads to a file outside the rulebook" in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_file_of_rules_in_a_folder_that_is_mounted(folder: Path) -> None:
    """As in Kubernetes, where each file is a link into a folder beside it."""
    (folder / "..data").mkdir()
    (folder / "..data" / "desk.yaml").write_text("desks: x\n")
    (folder / "desk.yaml").symlink_to("..data/desk.yaml")
    with pytest.raises(RulebookError, match="desks") as refused:
        load_rulebook(folder, site="x")
    assert "outside" not in str(refused.value)


def test_a_message(folder: Path) -> None:
    (folder / "messages" / "et").mkdir(parents=True)
    (folder / "messages" / "et" / "said.md").symlink_to("../../../token")
    with pytest.raises(MessagesError, match="outside the messages") as refused:
        load_messages([folder / "messages"])
    assert SECRET not in str(refused.value)


@pytest.mark.parametrize("name", ["closed.ics", "../token", "/etc/passwd", "..", ".ics", "a\\b.ics"])
def test_a_calendar_file(folder: Path, name: str) -> None:
    (folder / "closed.ics").symlink_to("../token")
    with pytest.raises(UnreadableError):
        beside(Spot(str(folder / "desk.yaml"), 1, 1), name)


@pytest.mark.parametrize("name", ["../token", "calls.csv"])
def test_a_table(folder: Path, name: str) -> None:
    (folder / "calls.csv").symlink_to("../token")
    book = rules(calls={"file": name, "columns": {"id": "Kõne"}, "lines": {"1": 30}})
    period = period_of("week", date(2026, 11, 18), book.calendar)
    (finding,) = read_imports(book, Sources(folder), period).findings
    assert "outside the rulebook" in finding
    assert SECRET not in finding
    (elsewhere,) = read_imports(book, Sources(folder, calls=folder.parent / "token"), period).findings[:1]
    assert "outside" not in elsewhere
