"""What of two polls' overlap need not come again."""

from __future__ import annotations

import pytest
from desks import DAY, desk_over

from bot.engine.overlap import Overlap

T = 1_794_816_000


@pytest.mark.parametrize(
    ("polls", "mark_ms", "since_ms", "known"),
    [
        # Each poll: when, and which stamps came, in milliseconds after T.
        ([], T * 1000, 0, []),
        ([(0, {"a": 0})], T * 1000, 0, []),
        ([(0, {"a": 0, "b": 1999})], T * 1000 + 1999, 0, []),
        ([(0, {"a": 0, "b": 2000})], T * 1000 + 2000, 0, ["a"]),
        ([(0, {"a": 999, "b": 2000})], T * 1000 + 2000, 0, ["a"]),
        ([(0, {"a": 0}), (1, {"a": 0})], T * 1000, 0, []),
        ([(0, {"a": 0}), (1, {"a": 0}), (2, {"a": 0})], T * 1000, 0, ["a"]),
        ([(0, {"a": 0}), (1, {"a": 500}), (2, {"a": 500})], T * 1000 + 500, 0, []),
        ([(0, {"a": 0}), (60, {})], T * 1000, 0, []),
        ([(0, {"a": 0, "b": 9000}), (60, {"b": 9000})], T * 1000 + 9000, 0, ["a", "b"]),
        ([(0, {"a": 0, "b": 9000})], T * 1000 + 9000, T * 1000 + 1, []),
        ([(0, {"a": 0, "b": 9000})], T * 1000 + 9001, 0, []),
        ([(0, {"a": 0, "b": 10**9})], T * 1000, 0, []),
    ],
)
def test_what_is_known(
    polls: list[tuple[int, dict[str, int]]], mark_ms: int, since_ms: int, known: list[str]
) -> None:
    overlap = Overlap()
    for at, came in polls:
        before = overlap.known(overlap.mark_ms or 0, 0)
        newest = max((T * 1000 + ms for ms in came.values() if ms < 10**9), default=overlap.mark_ms or 0)
        overlap.leave(
            max(newest, overlap.mark_ms or 0), T + at, before, {id_: T * 1000 + ms for id_, ms in came.items()}
        )
    found = overlap.known(mark_ms, since_ms)
    assert list(found) == known
    assert all(found[id_] == overlap.seen[id_][0] for id_ in known)


def test_what_could_not_be_left_out_and_did_not_come_is_forgotten() -> None:
    overlap = Overlap()
    overlap.leave(T * 1000 + 9000, T, {}, {"a": T * 1000, "b": T * 1000 + 9000})
    overlap.leave(T * 1000 + 9000, T + 60, {}, {"b": T * 1000 + 9000})
    assert list(overlap.seen) == ["b"]


def test_what_was_laid_aside_is_to_come_again() -> None:
    overlap = Overlap()
    overlap.leave(T * 1000 + 9000, T, {}, {"a": T * 1000, "b": T * 1000 + 9000})
    assert list(overlap.known(T * 1000 + 9000, 0)) == ["a"]
    overlap.forget(["a", "c"])
    assert overlap.known(T * 1000 + 9000, 0) == {}


def test_of_a_first_poll_only_that_is_remembered_which_the_next_looks_back_upon() -> None:
    with desk_over("cloud") as desk:
        desk.open(), desk.open()
        desk.later(DAY)
        last = desk.open()
        with desk.bot() as bot:
            assert bot.cycle().changed == 3
            assert list(bot.engine.overlap.seen) == [last]
