"""What this process keeps in its memory does not outlive what others wrote, nor what was not written after all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from desks import MINUTE, Desk, at_seam, one_flavour
from engine.test_parts import scene_of
from engine.test_two_daemons import OVER_S, two

from bot.core.desk import Absence
from bot.core.ticket import Ticket
from bot.engine.cycle import cycle
from bot.engine.desk import absent
from bot.engine.engine import Report
from bot.engine.poll import lay_aside
from bot.engine.sketches import Sketches
from bot.store.errors import StoreError
from bot.store.store import open_store


@one_flavour
def test_an_absence_that_made_tickets_due_counts_when_they_are_judged(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    desk.forwarded()
    day = date(2026, 11, 16)
    with desk.bot(url) as bot, closing(open_store(url)) as theirs:
        store = bot.engine.store
        due, absences = store.due, store.absences
        found: list[list[Absence]] = []

        def told_before(now: int, limit: int) -> list[str]:
            absent(theirs, "it1", day, day, (), now)
            return due(now, limit)

        def note() -> list[Absence]:
            found.append(absences())
            return found[-1]

        monkeypatch.setattr(store, "due", told_before)
        monkeypatch.setattr(store, "absences", note)
        bot.cycle(MINUTE)
        assert found
        assert found[0] == [Absence("it1", day, day)]


@one_flavour
def test_an_absence_told_between_judging_and_keeping_has_all_judged_again(desk: Desk, tmp_path: Path) -> None:
    url, day = f"sqlite:///{tmp_path / 'bot.db'}", date(2026, 11, 16)
    ticket = desk.forwarded()
    with desk.bot(url) as bot, closing(open_store(url)) as theirs:
        bot.cycle()
        assert bot.engine.store.due(desk.now, 9) == [], "else nothing is due right after a cycle"
        desk.later(MINUTE)
        desk.write(ticket, "spetsialist1", "?")
        bot.engine.seam = at_seam("before intent", lambda: absent(theirs, "it1", day, day, (), desk.now))
        bot.cycle()
        assert bot.engine.store.due(desk.now, 9) == [ticket]
        bot.cycle(MINUTE)
        assert bot.engine.store.due(desk.now, 9) == []


@one_flavour
def test_what_is_alike_is_learnt_anew_where_another_kept_the_desk_meanwhile(desk: Desk, tmp_path: Path) -> None:
    first = desk.forwarded()
    with two(desk, tmp_path) as (one, other):
        one.cycle()
        assert set(one.engine.sketches.alike(one.engine.store, one.engine.book)) == {first}
        desk.later(OVER_S)
        second = desk.forwarded()
        for _ in range(3):
            other.cycle(MINUTE)
        assert other.engine.lease is not None
        other.engine.lease.give_back()
        one.cycle(MINUTE)
        assert set(one.engine.sketches.alike(one.engine.store, one.engine.book)) == {first, second}


@one_flavour
def test_a_database_that_fails_leaves_no_half_of_what_is_alike(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets = {desk.forwarded(), desk.forwarded("spetsialist2")}
    with desk.bot() as bot:
        bot.cycle(MINUTE)
        store, book, sketches = bot.engine.store, bot.engine.book, Sketches()
        whole = store.open_tickets

        def failing(states: frozenset[str]) -> Iterator[Ticket]:
            yield next(whole(states))
            raise StoreError("gone")

        with monkeypatch.context() as broken:
            broken.setattr(store, "open_tickets", failing)
            with pytest.raises(StoreError):
                sketches.alike(store, book)
        assert set(sketches.alike(store, book)) == tickets


@one_flavour
def test_a_ticket_that_was_not_laid_aside_after_all_is_still_compared(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = desk.forwarded()

    def failing(entries: object) -> None:
        raise StoreError("gone")

    with desk.bot() as bot:
        bot.cycle(MINUTE)
        with monkeypatch.context() as broken:
            broken.setattr(bot.engine.store, "write_entries", failing)
            with pytest.raises(StoreError):
                lay_aside(bot.engine, [ticket], desk.now, Report(desk.now))
        assert list(bot.engine.store.all_seen()) == [ticket]
        assert set(bot.engine.sketches.alike(bot.engine.store, bot.engine.book)) == {ticket}


def test_who_does_a_part_is_told_which_tickets_are_alike(tmp_path: Path) -> None:
    scene = scene_of(tmp_path, f"sqlite:///{tmp_path / 'bot.db'}")
    told: dict[str, tuple[str, ...]] = {}

    def hand_out(parts: object) -> None:
        told.clear()
        for part, _ in parts:  # type: ignore[attr-defined]
            scene.do(hand, part)
            told.update(hand.desk(scene.now).alike)

    keeper, hand = scene.keeper("a", hand_out), scene.engine()
    cycle(keeper, scene.now)
    hand.sketches.alike(hand.store, hand.book)
    scene.open(8)
    alike = dict.fromkeys(map(str, scene.world.issues), ("KKA-1",))
    keeper.sketches = Sketches(told=alike)
    cycle(keeper, scene.now)
    assert told == alike, "also when it carries out what was arranged"
    for store in scene.stores:
        store.close()
