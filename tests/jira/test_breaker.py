"""The circuit breaker, act by act on a clock of its own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.jira.breaker import Breaker

NOW = 1_794_816_000
DAY = 24 * 3600
FAILS = [(at, "fails") for at in (0, 1, 3, 7, 15, 60)]
"""A read that is tried five times, and the first try of the next cycle."""

ACTS: list[tuple[str, Sequence[tuple[int, str]], str, int | None]] = [
    ("five tries of one read", FAILS[:5], "closed", None),
    ("six within a minute", [*FAILS[:5], (59, "fails")], "closed", None),
    ("six over a minute", FAILS, "open", 120),
    ("an answer in between", [*FAILS[:5], (30, "answers"), (60, "fails")], "closed", None),
    ("too early", [*FAILS, (119, "none")], "open", 120),
    ("no write is a try", [*FAILS, (120, "no write")], "open", 120),
    ("time to try", [*FAILS, (120, "asks")], "half-open", 120),
    ("in vain", [*FAILS, (120, "asks"), (121, "fails")], "open", 241),
    ("in vain twice", [*FAILS, (120, "asks"), (121, "fails"), (300, "asks"), (300, "fails")], "open", 540),
    ("an answer", [*FAILS, (120, "asks"), (121, "answers")], "closed", None),
    ("closed it starts anew", [*FAILS, (120, "asks"), (121, "answers"), (122, "fails")], "closed", None),
    ("the clock is set back", [*FAILS, (-3600, "asks")], "half-open", 120),
    (
        "set back in a long outage",
        [*FAILS, (DAY, "asks"), (DAY, "fails"), (DAY // 2, "asks")],
        "half-open",
        DAY + 120,
    ),
]


@pytest.mark.parametrize(("acts", "state", "again"), [row[1:] for row in ACTS], ids=[row[0] for row in ACTS])
def test_what_it_does(acts: Sequence[tuple[int, str]], state: str, again: int | None) -> None:
    breaker = Breaker(lambda low, high: 1.0)
    for at, act in acts:
        match act:
            case "fails":
                breaker.failed(NOW + at, "no connection")
            case "answers":
                breaker.succeeded(NOW + at)
            case "asks" | "none":
                assert breaker.lets_through(NOW + at, writes=False) is (act == "asks")
            case "no write":
                assert not breaker.lets_through(NOW + at, writes=True)
    assert breaker.circuit.state == state
    if again is not None:
        assert breaker.circuit.again_at == NOW + again
        assert (breaker.circuit.since_at, breaker.circuit.because) == (NOW, "no connection")


def test_it_asks_ever_more_rarely_up_to_ten_minutes_and_not_by_the_clock() -> None:
    drawn = iter([0.7, 1.0, 0.85, 0.7, 1.0, 0.9, 0.75])
    breaker, waits = Breaker(lambda low, high: next(drawn)), []
    for at, _ in FAILS:
        breaker.failed(NOW + at, "no connection")
    now = NOW + 60
    for _ in range(7):
        waits.append(breaker.circuit.again_at - now)
        now = breaker.circuit.again_at
        assert breaker.lets_through(now, writes=False)
        breaker.failed(now, "no connection") if len(waits) < 7 else breaker.succeeded(now)
    assert waits == [42, 120, 204, 336, 600, 540, 450]
