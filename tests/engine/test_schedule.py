"""Fifty desks on one machine neither poll nor sweep all at once, and each keeps its own second."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bot.engine.engine import Engine, Pace
from bot.engine.poll import RECONCILED, reconcile_due
from bot.engine.schedule import Beat, offset_s
from bot.store.store import open_store

SITES = [f"desk-{n}" for n in range(50)]
NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)


def beats(beat: Beat, times: int, late_s: float = 0.0) -> list[float]:
    """The moments at which it fires, each run `late_s` after its time."""
    found: list[datetime] = []
    now = NOW
    for _ in range(times):
        found.append(beat.get_next_fire_time(found[-1] if found else None, now))
        now = found[-1] + timedelta(seconds=late_s)
    return [at.timestamp() for at in found]


def test_fifty_desks_are_spread_over_the_minute() -> None:
    seconds = Counter(int(beats(Beat(site, 60, lambda low, high: low), 1)[0]) % 60 for site in SITES)
    assert max(seconds.values()) <= 4
    assert len(seconds) >= 30


@pytest.mark.parametrize("every_s", [5, 60, 3600])
@pytest.mark.parametrize("varied", [0.0, 0.5, 1.0])
def test_a_desk_keeps_its_place_however_it_is_varied(every_s: int, varied: float) -> None:
    for site in SITES[:5]:
        moments = beats(Beat(site, every_s, lambda low, high: low + varied * (high - low)), 5)
        places = [(at - offset_s(site, every_s) + 1) % every_s - 1 for at in moments]
        assert places == pytest.approx([varied * every_s / 20] * 5, abs=1e-3)
        assert [round(after - at) for at, after in pairwise(moments)] == [every_s] * 4


def test_a_late_one_is_not_caught_up_on() -> None:
    moments = beats(Beat("desk", 60, lambda low, high: low), 3, late_s=150)
    assert [round(after - at) for at, after in pairwise(moments)] == [180, 180]


def test_the_place_of_a_site_is_for_ever() -> None:
    assert offset_s("keskkonnaamet", 60) == pytest.approx(54.5152, abs=1e-4)


def test_sweeps_have_a_place_of_their_own_and_never_come_later_than_their_stretch() -> None:
    starts, store = set(), open_store("sqlite://")
    for site in SITES[:20]:
        pace = Pace(reconcile_offset_s=int(offset_s(site, 1800)))
        engine = Engine(None, store, None, None, "", pace=pace)  # type: ignore[arg-type]
        now = int(NOW.timestamp())
        store.set_note(RECONCILED, str(now))
        swept = []
        for at in range(now, now + 3 * 1800 + 1, 60):
            if reconcile_due(engine, at):
                store.set_note(RECONCILED, str(at))
                swept.append(at)
        assert len(swept) == 3
        assert swept[0] - now <= 1800
        assert [after - at for at, after in pairwise(swept)] == [1800, 1800]
        starts.add(swept[0] - now)
    store.close()
    assert len(starts) >= 14
