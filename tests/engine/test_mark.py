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
        self.known: list[dict[str, int] | None] = []
        self.came: list[str] = []

    def changed(self, since_ms: int | None, known: dict[str, int] | None = None) -> Iterator[Stamp]:
        self.since.append(since_ms)
        self.known.append(None if known is None else dict(known))
        for stamp in super().changed(since_ms, known):
            self.came.append(stamp.id)
            yield stamp


def test_a_desk_without_tickets_is_not_asked_about_a_time_before_all_time(desk: Desk) -> None:
    with desk.bot() as bot:
        tracker = Noting(bot.engine.tracker)
        bot.engine.tracker = tracker
        for _ in range(2):
            cycle(bot.engine, desk.later(MINUTE))
        assert tracker.since == [None, 0]


def test_what_the_last_poll_stored_need_not_come_again(desk: Desk) -> None:
    tickets = []
    for _ in range(3):
        tickets.append(desk.open())
        desk.later(MINUTE)
    with desk.bot() as bot:
        tracker = Noting(bot.engine.tracker)
        bot.engine.tracker = tracker
        for _ in range(3):
            cycle(bot.engine, desk.later(MINUTE))
        assert tracker.came == [*tickets, *tickets[1:], tickets[2]], "one that is known comes again"
        stamps = {id_: seen.updated_ms for id_, seen in bot.engine.store.seen(tickets).items()}
        assert tracker.known == [None, {id_: stamps[id_] for id_ in tickets[:2]}, stamps]
        tracker.came.clear()
        desk.later(10 * MINUTE)
        desk.write(tickets[0], "it1")
        for _ in range(3):
            cycle(bot.engine, desk.later(MINUTE))
        assert tracker.came == [tickets[2], *[tickets[0]] * 3]
        assert list(tracker.known[-1] or {}) == [tickets[0]], "what is older than the overlap is forgotten"


def test_what_is_known_is_forgotten_where_another_process_moved_the_mark(desk: Desk) -> None:
    desk.forwarded()
    with desk.bot() as bot:
        tracker = Noting(bot.engine.tracker)
        bot.engine.tracker = tracker
        cycle(bot.engine, desk.later(MINUTE))
        bot.engine.store.set_mark((bot.engine.store.mark_ms() or 0) - 1, desk.now)
        cycle(bot.engine, desk.later(MINUTE))
        assert tracker.known == [None, {}]


def test_what_could_not_be_read_is_not_known(desk: Desk) -> None:
    with desk.bot() as bot:
        tracker = Noting(bot.engine.tracker)
        bot.engine.tracker = tracker
        cycle(bot.engine, desk.later(MINUTE))
        odd, whole = desk.open(), desk.open()
        desk.edit(odd, "spetsialist1", labels={"not": "a list"})
        for _ in range(4):
            cycle(bot.engine, desk.later(MINUTE))
        assert (tracker.known[-1] or {}).keys() == {whole}
