"""Who has left: asked for once a day, absent for ever, and forgotten when the account is active again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from fake_tracker import FakeTracker
from small_desk import at, book

from bot.core.deputies import FOR_GOOD
from bot.core.desk import Absence
from bot.engine.accounts import ACCOUNTS, Accounts
from bot.engine.cycle import cycle
from bot.engine.desk import absence_problem, absent, present
from bot.engine.engine import Engine
from bot.shipped import rules_folder
from bot.store.store import open_store
from bot.texts import load_messages

MON, TUE = date(2026, 11, 16), date(2026, 11, 17)


@pytest.fixture
def engine() -> Iterator[Engine]:
    tracker = FakeTracker(now_ms=lambda: at("mon 09:00") * 1000, project="ABC")
    messages = load_messages([rules_folder() / "common" / "messages"])
    store = open_store("sqlite://")
    yield Engine(tracker, store, book(routes=[], ladders=[]), messages, "facts")
    store.close()


def fake(engine: Engine) -> FakeTracker:
    assert isinstance(engine.tracker, FakeTracker)
    return engine.tracker


def test_accounts_are_asked_for_once_a_day_while_the_desk_is_open(engine: Engine) -> None:
    fake(engine).left = {"bob"}
    counts = []
    for when in ("mon 09:00", "mon 10:00", "tue 07:00", "tue 09:00", "tue 10:00"):
        before = fake(engine).requests
        cycle(engine, at(when))
        counts.append((fake(engine).requests - before, "bob" in engine.store.leavers()))
    each = counts[1][0]
    assert counts[1:] == [(each, False), (each, False), (each + 1, True), (each, True)]


def test_who_has_left_is_away_for_good_and_who_is_back_is_not(engine: Engine) -> None:
    fake(engine).open("ann", owner="~gone", state="handed-on")
    fake(engine).left = {"bob", "~gone"}
    cycle(engine, at("mon 09:00"))
    cycle(engine, at("tue 09:00"))
    assert engine.store.leavers() == {"bob": TUE, "~gone": TUE}
    assert engine.desk(at("tue 09:00")).absences_of("bob") == (Absence("bob", TUE, FOR_GOOD),)
    fake(engine).left = set()
    cycle(engine, at("wed 09:00"))
    assert engine.store.leavers() == {}
    assert engine.desk(at("wed 09:00")).absences == ()


def test_a_tracker_that_is_away_is_asked_again(engine: Engine) -> None:
    fake(engine).left = {"bob"}
    cycle(engine, at("mon 09:00"))
    fake(engine).down = True
    cycle(engine, at("tue 09:00"))
    assert engine.store.leavers() == {}
    fake(engine).down = False
    cycle(engine, at("tue 09:01"))
    assert engine.store.leavers() == {"bob": TUE}


def test_an_absence_that_is_told_has_every_ticket_looked_at_again(engine: Engine) -> None:
    ticket = fake(engine).open("ann", state="handed-on", owner="bob")
    cycle(engine, at("mon 09:00"))
    assert engine.store.due(at("mon 09:01"), 9) == []
    absent(engine.store, "bob", TUE, TUE, ["ann"], at("mon 09:01"))
    assert engine.store.due(at("mon 09:01"), 9) == [ticket]
    assert engine.desk(0).absences == (Absence("bob", TUE, TUE, ("ann",)),)
    absent(engine.store, "bob", TUE, TUE, ["dan"], at("mon 09:02"))
    assert engine.desk(0).absences == (Absence("bob", TUE, TUE, ("dan",)),)
    assert present(engine.store, "bob", TUE, TUE, at("mon 09:03"))
    assert not present(engine.store, "bob", TUE, TUE, at("mon 09:03"))
    assert engine.desk(0).absences == ()


@pytest.mark.parametrize(
    ("person", "last", "deputies", "wrong"),
    [
        ("bob", TUE, ["ann"], None),
        ("bobb", TUE, [], "the rulebook names nobody so; did you mean 'bob'?"),
        ("bob", TUE, ["zzz"], "the rulebook names nobody so"),
        ("bob", date(2026, 11, 16), [], "the last day is before the first"),
        ("bob", TUE, ["bob"], "nobody is their own deputy"),
    ],
)
def test_an_absence_that_cannot_be(person: str, last: date, deputies: list[str], wrong: str | None) -> None:
    assert absence_problem(person, TUE, last, deputies, book()) == wrong


def test_whose_account_is_gone_at_the_start_has_left_from_the_first_cycle_on(engine: Engine) -> None:
    fake(engine).open("ann", state="handed-on", owner="bob")
    cycle(engine, at("mon 09:00"))
    assert cycle(engine, at("mon 09:00") + 30).judged == 0
    engine.accounts = Accounts('{"a": "1"}', ("bob",), ("people.yaml:1:1: bob",))
    assert cycle(engine, at("mon 09:01")).judged == 1, "its stand-ins are asked for it from now on"
    assert engine.desk(at("mon 09:01")).absences_of("bob") == (Absence("bob", MON, FOR_GOOD),)
    assert (engine.store.note(ACCOUNTS), engine.accounts) == ('{"a": "1"}', None)
    cycle(engine, at("tue 09:00"))
    assert engine.store.leavers() == {}, "who is found again is back, and stays so"
    cycle(engine, at("tue 09:01"))
    assert engine.store.leavers() == {}
