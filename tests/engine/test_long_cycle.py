"""A cycle that runs long, and one whose text fails: nothing is done that should not be."""

from __future__ import annotations

from typing import Any

from desks import HOUR, MINUTE, MONDAY, Desk

from bot.core.doc import Doc

CLOSES = MONDAY + 7 * HOUR


def test_a_cycle_that_runs_beyond_closing_time_takes_the_rest_back(desk: Desk) -> None:
    tickets = [desk.forwarded() for _ in range(3)]
    with desk.bot() as bot:
        desk.until(CLOSES - 30)
        bot.engine.seam = lambda name: void(desk.later(40)) if name == "after write" else None
        assert len(bot.cycle().said) == 1
        assert sorted(state for _, state in bot.states()) == ["held", "held", "said"]
        assert {row.because for row in bot.engine.store.ledger() if row.state == "held"} == {"quiet hours"}
        bot.engine.seam = void
        bot.settled()
        assert len(desk.said()) == 1
        bot.cycles(CLOSES + 15 * HOUR + 30 * MINUTE)
        assert [len(desk.said(ticket)) for ticket in tickets] == [1, 1, 1]
        opening = CLOSES + 15 * HOUR
        assert all(comment.created_ms // 1000 >= opening for ticket in tickets[1:] for comment in desk.said(ticket))


def void(_: object) -> None:
    """Do nothing more."""


class Unwritable:
    """Texts of which none can be written."""

    def comment(self, *_: Any, **__: Any) -> Doc:
        raise KeyError("no such text")


def test_no_field_is_set_for_a_comment_that_cannot_be_written(desk: Desk) -> None:
    ticket = desk.forwarded()
    with desk.bot() as bot:
        bot.engine.messages = Unwritable()  # type: ignore[assignment]
        assert len(bot.cycle().troubles) == 1
        assert (desk.queue(ticket), desk.said()) == (None, [])
