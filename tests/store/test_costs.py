"""What the bot itself cost is kept by the day, and adds up over days."""

from __future__ import annotations

from datetime import date, timedelta

from bot.store.store import Store

DAY = date(2026, 11, 16)
ONE = timedelta(days=1)


def test_costs_add_up_within_a_day_and_over_days(store: Store) -> None:
    store.add_costs(DAY, {"requests": 3, "comments": 1})
    store.add_costs(DAY, {"requests": 4, "letters": 0})
    store.add_costs(DAY + ONE, {"requests": 100})
    store.add_costs(DAY - ONE, {"requests": 1000})
    store.set_note("cost", "another")
    store.set_note("costs 2026-11-16", "another")
    assert store.costs(DAY, DAY) == {"comments": 1, "letters": 0, "requests": 7}
    assert store.costs(DAY, DAY + ONE) == {"comments": 1, "letters": 0, "requests": 107}
    assert store.costs(DAY - ONE, DAY + ONE)["requests"] == 1107
    assert store.costs(DAY - 9 * ONE, DAY - 2 * ONE) == {}
