"""The law of pacing: no stretch has more than its limit, no request waits longer than it must, patience is kept."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.jira.answers import gap_s
from bot.jira.pacing import OF_A_TICKET, Call, Limit, Pacing, Patience, Window

NOW = 1_794_816_000.0
SEARCH = Call("POST", "3/search/jql")
READ = Call("GET", "3/issue/{id}")
WRITE = Call("POST", "3/issue/{id}/comment", writes=True, ticket="7")
OTHER = WRITE._replace(ticket="8")

PER_MINUTE = 60
steps = st.lists(
    st.tuples(
        st.sampled_from([READ, WRITE, WRITE, OTHER]),
        st.sampled_from([0] * 20 + [8, 64, 256, 1024]),  # how long after the one before
        st.sampled_from([0] * 6 + [8, 128]),  # how long Jira takes
    ),
    min_size=60,
    max_size=200,
)
"""In 64ths of a second, which a float holds exactly."""


@settings(max_examples=30 if settings.get_current_profile_name() == "steady" else 2000)
@given(steps)
def test_no_stretch_has_more_than_its_limit_and_none_waits_in_vain(steps: Sequence[tuple[Call, int, int]]) -> None:
    pacing, now = Pacing(PER_MINUTE), NOW
    left: list[tuple[Call, float, float]] = []
    for call, after, takes in steps:
        now += after / 64
        goes = pacing.turn(call, now).at
        assert goes >= now
        if goes > now:
            assert any(
                len(_within(limit, calls, goes - 1 / 64)) >= limit.many for limit, calls in _limits(left, call)
            )
        now = goes + takes / 64
        pacing.count(call, now)
        left.append((call, goes, now))
    for arrival in (1, 2):  # Jira counts it when it was sent, or as late as when it answered
        for call in {call for call, *_ in left}:
            for limit, those in _limits(left, call):
                moments = [each[arrival] for each in those]
                for n, first in enumerate(moments[: -limit.many]):
                    assert moments[n + limit.many] >= first + limit.within_s


def _limits(
    left: Sequence[tuple[Call, float, float]], call: Call
) -> list[tuple[Limit, Sequence[tuple[Call, float, float]]]]:
    of_ticket = [each for each in left if call.ticket and each[0].ticket == call.ticket]
    return [(Limit(PER_MINUTE, 60.0), left), *((limit, of_ticket) for limit in OF_A_TICKET)]


def _within(
    limit: Limit, those: Sequence[tuple[Call, float, float]], at: float
) -> Sequence[tuple[Call, float, float]]:
    """Those that count as within the stretch that ends at a moment."""
    return [each for each in those if each[2] + limit.within_s > at]


@given(st.lists(st.integers(-7200, 600), max_size=60))
def test_a_clock_that_is_set_makes_nobody_wait_for_longer_than_a_stretch(jumps: Sequence[int]) -> None:
    window, now = Window(Limit(5, 60.0)), NOW
    for jump in jumps:
        now += jump
        assert now <= window.free_at(now) <= now + 60.0
        now = window.free_at(now)
        window.add(now)


def test_a_clock_set_back_leaves_the_stretch_as_long_as_it_was() -> None:
    window = Window(Limit(2, 60.0))
    window.add(NOW), window.add(NOW + 30)
    assert window.free_at(NOW + 30 - 86_400) == NOW + 60 - 86_400


ABOUTS = [
    ("", {SEARCH, READ, WRITE, OTHER}),
    ("POST 3/search/jql", {SEARCH}),
    ("POST 3/issue/{id}/comment", {WRITE, OTHER}),
    ("ticket 7", {WRITE}),
]


@pytest.mark.parametrize(("about", "waits"), ABOUTS)
def test_patience_concerns_what_it_is_about(about: str, waits: set[Call]) -> None:
    pacing = Pacing()
    assert pacing.ask(Patience(about, NOW, NOW + 3600, "asked"))
    for call in (SEARCH, READ, WRITE, OTHER):
        turn = pacing.turn(call, NOW + 5)
        assert turn[:2] == ((NOW + 3600, about) if call in waits else (NOW + 5, ""))
    for call in (SEARCH, READ, WRITE, OTHER):
        assert pacing.turn(call, NOW + 3600).at == NOW + 3600


DAY = 86_400.0
ASKED = [
    ("a longer one counts", [(0, 100), (10, 300)], 20, 310),
    ("a shorter one does not shorten it", [(0, 300), (10, 20)], 20, 300),
    ("three days", [(0, 3 * DAY)], 3 * DAY - 1, 3 * DAY),
    ("over", [(0, 100)], 100, 100),
    ("none", [(0, 0)], 0, 0),
    ("the clock is set back", [(0, 100)], -DAY, -DAY + 100),
]


@pytest.mark.parametrize(("asked", "now", "until"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED])
def test_patience_is_kept_to_its_end(asked: Sequence[tuple[float, float]], now: float, until: float) -> None:
    pacing = Pacing()
    for at, for_s in asked:
        pacing.ask(Patience("", NOW + at, NOW + at + for_s, ""))
    assert pacing.turn(READ, NOW + now).at == NOW + until


def test_only_long_patience_is_worth_remembering() -> None:
    pacing, after = Pacing(), Pacing()
    pacing.ask(Patience("", NOW, NOW + 60, "short"))
    pacing.ask(Patience("ticket 7", NOW, NOW + 61, "long"))
    after.recall(pacing.to_remember(NOW + 1))
    assert [after.turn(call, NOW + 1).at - NOW for call in (READ, OTHER, WRITE)] == [1, 1, 61]
    assert pacing.to_remember(NOW + 61) == []


def _bucket(left: object, **more: object) -> dict[str, str]:
    names = {"fills": "X-RateLimit-FillRate", "every": "X-RateLimit-Interval-Seconds", "reset": "X-RateLimit-Reset"}
    headers = {"X-RateLimit-Limit": "50", "X-RateLimit-Remaining": str(left)}
    return headers | {names[name]: str(value) for name, value in more.items()}


BUCKETS = [
    ("more than a fifth is left", _bucket(11, fills=10, every=60), 0.0),
    ("a fifth is left", _bucket(10, fills=10, every=60), 6.0),
    ("one is left", _bucket(1, fills=10, every=60), 6.0),
    ("nothing is left until the next batch", _bucket(0, fills=10, every=60), 60.0),
    ("until a moment", _bucket(4, reset="2026-11-16T08:00:10Z"), 2.0),
    ("until a moment gone by", _bucket(4, reset="2026-11-16T07:00:10Z"), 0.0),
    ("figures that say nothing of time", _bucket(0), 0.0),
    ("no figures", {}, 0.0),
    ("rubbish", _bucket("few", fills="x", every="-"), 0.0),
    ("not a number", _bucket("nan", fills="nan", every="inf"), 0.0),
    ("a batch of none", _bucket(1, fills=0, every=60), 30.0),
    ("decades", _bucket(0, fills=1, every=900_000_000), DAY),
]


@pytest.mark.parametrize(("headers", "gap"), [row[1:] for row in BUCKETS], ids=[row[0] for row in BUCKETS])
def test_it_slows_down_before_the_bucket_is_empty(headers: dict[str, str], gap: float) -> None:
    assert gap_s(headers, NOW) == gap


def test_a_gap_concerns_the_next_request_and_ends_with_figures_that_are_well() -> None:
    pacing = Pacing()
    pacing.slow_down("", NOW, 6.0)
    assert [pacing.turn(READ, NOW + after).at - NOW for after in (0, 5, 6)] == [6, 6, 6]
    assert pacing.turn(READ, NOW - DAY).at == NOW - DAY, "the clock was set back"
    pacing.slow_down("", NOW, 6.0)
    pacing.slow_down("", NOW + 1, 0.0)
    assert pacing.turn(READ, NOW + 1).at == NOW + 1


def test_tickets_written_to_long_ago_are_forgotten() -> None:
    pacing = Pacing()
    for n in range(1000):
        pacing.count(WRITE._replace(ticket=str(n)), NOW + n)
    assert len(pacing._of_tickets) < 300


@pytest.mark.parametrize(("many", "waits_s"), [(3, 58.0), (2, 59.0), (4, 0.0)])
def test_another_bound_counts_what_was_sent_before_it(many: int, waits_s: float) -> None:
    pacing = Pacing(10)
    for second in range(3):
        pacing.count(READ, NOW + second)
    pacing.bound(many)
    assert pacing.turn(READ, NOW + 2).at - (NOW + 2) == waits_s
