"""The bot counts what it costs, cycle by cycle, and keeps it with the next cycle's only write."""

from __future__ import annotations

from datetime import timedelta

from desks import MINUTE, Desk

from bot.engine.costs import keep


def test_a_cycles_requests_and_comments_are_kept_by_the_day(desk: Desk) -> None:
    desk.forwarded()
    with desk.bot() as bot:
        store, calendar = bot.engine.store, bot.engine.book.calendar
        bot.engine.spent.requests = lambda: bot.counts()[0]
        today = calendar.day_of(desk.now)
        bot.cycle()
        sent = bot.counts()[0]
        assert store.costs(today, today) == {}, "it is kept with the next cycle's write"
        before = bot.counts()
        bot.cycle(MINUTE)
        assert bot.since(before) == (1, 1), "and costs no write of its own"
        assert store.costs(today, today) == {"comments": 1, "cycles": 1, "letters": 0, "requests": sent}
        keep(bot.engine)
        assert store.costs(today, today) == {"comments": 1, "cycles": 2, "letters": 0, "requests": sent + 1}
        keep(bot.engine)
        assert store.costs(today, today)["cycles"] == 2, "what is kept is not counted again"
        bot.cycle(24 * 60 * MINUTE)
        keep(bot.engine)
        assert store.costs(today, today)["cycles"] == 2
        assert store.costs(today + timedelta(days=1), today + timedelta(days=1))["cycles"] == 1


def test_cycles_that_found_jira_away_are_counted_and_kept_once_it_is_back(desk: Desk) -> None:
    with desk.bot() as bot:
        bot.settled()
        keep(bot.engine)
        today = bot.engine.book.calendar.day_of(desk.now)
        cycles = bot.engine.store.costs(today, today)["cycles"]
        desk.site.faults.down = True
        assert bot.cycle(MINUTE).unreachable
        assert bot.cycle(MINUTE).unreachable
        assert bot.engine.store.costs(today, today)["cycles"] == cycles
        desk.site.faults.down = False
        bot.cycle(MINUTE)
        assert bot.engine.store.costs(today, today)["cycles"] == cycles + 2
