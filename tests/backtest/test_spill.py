"""What a backtest keeps of a wish between its passes is all that arranging it needs."""

from __future__ import annotations

from small_desk import step, wish

from bot.backtest.spill import pack_mets, unpack_met
from bot.core.replay import Met
from bot.core.steps import Announced, Step

SHOWN = {"because", "values", "instead", "left", "edition"}
"""What only a text shows, and what arranging itself decides or a comment alone needs."""

WHOLE = {
    "observe": True,
    "since_at": 5,
    "sets": {"state": "closed"},
    "announced": Announced("small/1/still/tell", 3600, "office"),
    "also": ("other",),
    "hours": "office",
    "raised": 2,
    "together": True,
    "urgent": True,
    "withheld": "tied",
}


def test_a_step_comes_back_whole_but_for_what_only_its_text_shows() -> None:
    kept = [name for name in Step.__struct_fields__ if name not in SHOWN]
    was = step("1", **WHOLE)
    assert all(getattr(was, name) != getattr(step("1"), name) for name in WHOLE)
    [(at, packed)] = pack_mets([Met(7, "ABC-1", "it", wish(was))])
    (again,) = unpack_met(at, packed, {}).wishes.steps
    assert {name: getattr(again, name) for name in kept} == {name: getattr(was, name) for name in kept}
