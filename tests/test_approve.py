"""`piletibot approve`: what waits is listed, and let go by its recipient's name."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import piletibot, user_of, write_desk

from bot.core.letters import LetterRow
from bot.store.store import open_store

pytestmark = pytest.mark.usefixtures("fresh_logs", "at_home")


def waiting(url: str, *names: str) -> None:
    """Let digests of these recipients wait, each by mail and in the folder."""
    store = open_store(url)
    for name in names:
        for way in ("mail", "folder"):
            key = f"test/letter/digest/{name}/month-2026-11-01-{way}"
            store.write_letters([LetterRow(key, "digest", "month", "boss", "drafted", "waits", 10, 20, way=way)])
    store.close()


def test_what_waits_is_listed_and_goes_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_desk(tmp_path, "http://127.0.0.1:1", user=user_of("cloud"))
    assert piletibot("approve", "--config", config) == 0
    assert capsys.readouterr().out == "No digest is waiting.\n"
    url = f"sqlite:///{tmp_path / 'piletibot.db'}"
    waiting(url, "director-month", "units")
    assert piletibot("approve", "--config", config) == 0
    assert capsys.readouterr().out == "director-month  month from 2026-11-01\nunits  month from 2026-11-01\n"
    assert piletibot("approve", "directormonth", "--config", config) == 2
    assert "directormonth: no such digest is waiting; did you mean 'director-month'?" in capsys.readouterr().err
    assert piletibot("approve", "director-month", "--config", config) == 0
    assert capsys.readouterr().out == "director-month: approved; the next cycle sends it.\n"
    store = open_store(url)
    states = {row.key.split("/")[3]: row.state for row in store.letters_since(0)}
    store.close()
    assert states == {"director-month": "released", "units": "drafted"}
