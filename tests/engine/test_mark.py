"""The mark of the delta poll, when stamps and clocks are not what they should be."""

from __future__ import annotations

from collections.abc import Iterator

from desks import DAY, MINUTE, Desk

from bot.engine.cycle import cycle
from bot.engine.plan import Looking
from bot.engine.tracker import Stamp, Tracker


def test_a_ticket_stamped_in_the_future_hides_no_other(desk: Desk) -> None:
    ahead = desk.taken()
    with desk.bot() as bot:
        bot.settled()
        now = desk.now
        desk.until(now + 365 * DAY)
        desk.write(ahead, "it1")
        desk.until(now)
        bot.cycle(MINUTE)
        later = desk.forwarded("spetsialist2")
        bot.cycle(MINUTE)
        assert desk.rungs(later) == ["it-support/routed"]
        bot.settled()


def test_a_mark_in_the_future_comes_back(desk: Desk) -> None:
    with desk.bot() as bot:
        bot.settled()
        bot.engine.store.set_mark((desk.now + 365 * DAY) * 1000, desk.now)
        ticket = desk.forwarded()
        bot.cycle(MINUTE)
        assert desk.rungs(ticket) == ["it-support/routed"]


def test_a_clock_that_is_behind_loses_nothing(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot() as bot:
        for seconds in range(3):
            cycle(bot.engine, desk.now - 10 * MINUTE + seconds)
        assert desk.rungs(ticket) == ["it-support/routed"]


class Noting(Looking):
    """Notes since when changes are asked for."""

    def __init__(self, tracker: Tracker) -> None:
        super().__init__(tracker)
        self.since: list[int | None] = []

    def changed(self, since_ms: int | None) -> Iterator[Stamp]:
        self.since.append(since_ms)
        return super().changed(since_ms)


def test_a_desk_without_tickets_is_not_asked_about_a_time_before_all_time(desk: Desk) -> None:
    with desk.bot() as bot:
        tracker = Noting(bot.engine.tracker)
        bot.engine.tracker = tracker
        for _ in range(2):
            cycle(bot.engine, desk.later(MINUTE))
        assert tracker.since == [None, 0]
