"""A day of a desk in fast time, as `make bench` lives it on a large one: the bot's memory stays as it is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

DAY = Path(__file__).resolve().parents[1] / "bench" / "day.py"
TICKETS, CYCLES = 1000, 1440
MOST_BYTES_AN_HOUR = 64 * 1024


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_memory_does_not_grow_once_a_cycle_of_every_kind_has_been() -> None:
    words = [sys.executable, str(DAY), str(TICKETS), str(CYCLES)]
    day = subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout
    kinds, _, growth, changed, *_ = json.loads(day)  # in the order of the bench's `Day`
    assert set(kinds) == {"the first: all read and judged", "with a sweep", "with a digest", "others"}
    assert changed > TICKETS + CYCLES // 10
    assert growth < MOST_BYTES_AN_HOUR
