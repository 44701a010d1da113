from __future__ import annotations

import pytest
from small_desk import at, plain_book

from bot.core.clock import Act, Cycle, Tick, cycles
from bot.core.entries import Rung
from bot.core.ladder import highest, next_at, rung_moments, urgency


def clock(*ticks: tuple[str, Act], target_s: int | None = None) -> Cycle:
    return cycles("p", [Tick(at(when), act) for when, act in ticks], plain_book().calendar, target_s)[-1]


def rung(name: str, **facts: object) -> Rung:
    return Rung.model_validate({"rung": name, "say": "x", "to": "owner"} | facts)


def moments(*rungs: Rung, now: str = "mon 08:00", target_s: int | None = 16 * 3600) -> list[tuple[str, int, int]]:
    cycle = clock(("mon 08:00", "start"), target_s=target_s)
    return [(found.rung.rung, found.repeat, found.at) for found in rung_moments(rungs, cycle, at(now))]


@pytest.mark.parametrize(
    ("facts", "reached"),
    [
        ({"after": "30m"}, at("mon 08:30")),
        ({"after": "1wd"}, at("mon 16:00")),
        ({"after": "9h"}, at("tue 09:00")),
        ({"share": "75%"}, at("tue 12:00")),
        ({"share": "100%"}, at("tue 16:00")),
        ({"before_due": "4h"}, at("tue 12:00")),
        ({"before_due": "3wd"}, at("mon 08:00")),
        ({"past_due": "0h"}, at("wed 08:00") + 1),  # the first working second beyond the due moment
        ({"past_due": "1wd"}, at("thu 08:00") + 1),
    ],
)
def test_when_a_rung_is_reached(facts: dict[str, str], reached: int) -> None:
    assert moments(rung("r", **facts)) == [("r", 0, reached)]


def test_a_rung_repeats() -> None:
    found = moments(rung("r", after="1h", every="2h", times=3))
    assert found == [("r", 0, at("mon 09:00")), ("r", 1, at("mon 11:00")), ("r", 2, at("mon 13:00"))]


LADDER = (rung("ask", after="1h"), rung("tell", after="3h", every="1h", times=2))


@pytest.mark.parametrize(
    ("now", "due", "following"),
    [
        ("mon 08:59", None, "mon 09:00"),
        ("mon 09:00", ("ask", 0), "mon 11:00"),
        ("mon 10:59", ("ask", 0), "mon 11:00"),
        ("mon 11:00", ("tell", 0), "mon 12:00"),
        ("mon 12:00", ("tell", 1), None),
        ("fri 12:00", ("tell", 1), None),
    ],
)
def test_only_the_highest_rung_is_due(now: str, due: tuple[str, int] | None, following: str | None) -> None:
    cycle = clock(("mon 08:00", "start"))
    found = rung_moments(LADDER, cycle, at(now))
    reached = highest(found, at(now))
    assert (reached and (reached.rung.rung, reached.repeat)) == due
    assert next_at(found, at(now)) == (following and at(following))


def test_a_paused_clock_reaches_nothing_more() -> None:
    cycle = clock(("mon 08:00", "start"), ("mon 10:00", "pause"))
    assert [found.rung.rung for found in rung_moments(LADDER, cycle, at("fri 12:00"))] == ["ask"]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [({"after": "1h"}, 1), ({"share": "75%"}, 2), ({"before_due": "1h"}, 2), ({"past_due": "0h"}, 3)],
)
def test_urgency(facts: dict[str, str], expected: int) -> None:
    assert urgency(rung("r", **facts)) == expected


def test_a_rung_that_says_not_when() -> None:
    with pytest.raises(ValueError, match="says not when"):
        moments(rung("r"))
