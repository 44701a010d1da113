"""One bot per database."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.store.lock import alone
from bot.store.store import StoreError, open_store

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import sys
from bot.store.lock import alone
with alone(sys.argv[1]):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_bot_is_refused_until_the_first_has_ended(url: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match="another piletibot works on this database"), alone(url):
            pass
        open_store(url).close()  # looking, planning and the digest need no lock
        first.kill()
        first.wait()
    with alone(url):
        pass
    with alone(url), pytest.raises(StoreError), alone(url):
        pass


def test_each_database_in_memory_is_its_own() -> None:
    with alone("sqlite://"), alone("sqlite://"):
        pass


def test_a_place_where_no_file_can_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"), alone(f"sqlite:///{tmp_path / 'nowhere' / 'bot.db'}"):
        pass
