"""Where the stretches and marks of clocks are drawn, in percent of the axis."""

from __future__ import annotations

import pytest
from small_desk import at, plain_book, ticket
from web_desk import HANDED

from bot.core.arrange import DeskState
from bot.core.explain import explain
from bot.core.ticket import Ticket
from bot.web.drawing import Drawing, Track, draw


def drawn(told: Ticket, when: str) -> Drawing | None:
    return draw(explain(told, plain_book(), {}, DeskState(), at(when)), str)


def track(told: Ticket, when: str, name: str = "solution") -> Track:
    drawing = drawn(told, when)
    assert drawing is not None
    return next(track for track in drawing.tracks if track.name == name)


SOLVED = ticket(*HANDED, "mon 11:00 bob state asking", "mon 13:00 ann state handed-on", "tue 09:00 bob state solved")
LATE = ticket(*HANDED)


@pytest.mark.parametrize(
    ("told", "when", "kinds", "due", "stops", "beyond"),
    [
        (ticket(*HANDED), "mon 10:00", ["ran"], 0, 0, True),
        (LATE, "tue 16:00", ["ran"], 1, 0, False),
        (LATE, "thu 16:00", ["ran", "over"], 1, 0, False),
        (SOLVED, "fri 15:00", ["ran", "paused", "ran"], 1, 1, False),
        (ticket(*HANDED, "tue 11:00 bob state asking"), "thu 16:00", ["ran", "paused"], 0, 0, False),
    ],
)
def test_the_stretches(told: Ticket, when: str, kinds: list[str], due: int, stops: int, beyond: bool) -> None:
    found = track(told, when)
    assert [bar.kind for bar in found.bars] == kinds
    assert (len(found.due), len(found.stops)) == (due, stops)
    for bar, following in zip(found.bars, found.bars[1:], strict=False):
        assert bar.x + bar.width == pytest.approx(following.x, abs=0.01)
    assert found.beyond == beyond


def test_what_is_over_begins_at_the_due_mark_and_goes_to_now() -> None:
    drawing = drawn(LATE, "thu 16:00")
    found = track(LATE, "thu 16:00")
    assert drawing is not None
    assert found.bars[1].x == found.due[0]
    assert found.bars[1].x + found.bars[1].width == pytest.approx(drawing.now, abs=0.01)


def test_days_are_few_enough_to_read_and_in_their_places() -> None:
    for when, least, most in (("mon 10:00", 0, 2), ("thu 16:00", 3, 4), ("6 fri 15:00", 4, 8)):
        drawing = drawn(LATE, when)
        assert drawing is not None
        places = [place for place, _ in drawing.ticks]
        assert least <= len(places) <= most
        assert places == sorted(places)
        assert all(day.hour == 0 for _, day in drawing.ticks)
        assert all(0 <= place <= 100 for place in places)


def test_without_clocks_there_is_nothing_to_draw() -> None:
    assert drawn(ticket(), "fri 15:00") is None
