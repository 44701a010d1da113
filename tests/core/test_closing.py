"""Closing a solved ticket by rule: only after its notice, however late the bot looks, and never against people."""

from __future__ import annotations

import pytest
from small_desk import at, book, row, ticket

from bot.core.arrange import Arrangement, DeskState, arrange
from bot.core.judge import judge
from bot.core.ledger import Entry
from bot.core.steps import Step

LAW = {"name": "law", "why": "The law gives five days.", "basis": "§ 18", "source": "the law", "within": "5wd"}
CLOSE = {
    "name": "close",
    "why": "It was delivered and nothing came after it.",
    "when": {"standing": "solved", "delivered": True, "latest": "delivered", "statutory": False},
    "clock": "since delivered",
    "rungs": [
        {"rung": "notice", "after": "1wd", "say": "n", "to": "forwarder"},
        {"rung": "close", "after": "2wd", "say": "c", "to": "forwarder", "sets": {"state": "closed"}},
    ],
}
RULES = book(ladders=[CLOSE], deadlines=[LAW | {"when": {"category": "LAW"}}])
DELIVERED = ("mon 09:00 bob state solved", "mon 10:00 ann delivered yes")


def wished(now: str, *acts: str, category: str = "IT", observe: bool = False) -> dict[str, Step]:
    rules = book(ladders=[CLOSE | {"observe": True}]) if observe else RULES
    wishes = judge(ticket(*DELIVERED, *acts, category=category), rules, at(now))
    return {step.occasion.rung: step for step in wishes.steps if step.rule == "close"}


def decided(now: str, *ledger: Entry, observe: bool = False) -> Arrangement:
    wishes = judge(ticket(*DELIVERED), book(ladders=[CLOSE | {"observe": observe}]), at(now))
    return arrange([wishes], {entry.key: entry for entry in ledger}, RULES, DeskState(), at(now))


@pytest.mark.parametrize(
    ("now", "acts", "category", "expected"),
    [
        ("tue 09:59", (), "IT", []),
        ("tue 10:00", (), "IT", ["notice"]),
        ("wed 10:00", (), "IT", ["notice", "close"]),
        ("wed 10:00", ("tue 11:00 ann thanks", "tue 12:00 robot says"), "IT", ["notice", "close"]),
        ("wed 10:00", ("tue 11:00 ann says",), "IT", []),
        ("wed 10:00", ("tue 11:00 bob says",), "IT", []),
        ("wed 10:00", ("tue 11:00 ann state new", "tue 11:30 bob state solved"), "IT", []),
        ("wed 10:00", ("tue 11:00 ann delivered -",), "IT", []),
        ("wed 10:00", ("tue 11:00 ann state closed",), "IT", []),
        ("wed 10:00", (), "LAW", []),
    ],
)
def test_what_is_wished(now: str, acts: tuple[str, ...], category: str, expected: list[str]) -> None:
    assert list(wished(now, *acts, category=category)) == expected


@pytest.mark.parametrize(
    ("state", "said_at", "now", "fate"),
    [
        ("", "", "fri 12:00", "2 mon 12:00"),  # the bot was away: the notice comes now, closing a working day later
        ("held", "thu 09:00", "fri 12:00", "2 mon 12:00"),
        ("intended", "fri 12:00", "fri 12:00", "2 mon 12:00"),
        ("said", "fri 09:00", "fri 12:00", "2 mon 09:00"),
        ("said", "tue 10:00", "wed 10:00", "closed"),
        ("said", "tue 11:30", "wed 10:00", "wed 11:30"),
        ("said", "tue 11:30", "wed 11:30", "closed"),
        ("observed", "tue 10:00", "wed 10:00", "thu 10:00"),  # recorded only: nobody was told
        ("adopted", "tue 10:00", "wed 10:00", "never"),
    ],
)
def test_nothing_is_closed_before_its_notice_was_said_and_had_its_time(
    state: str, said_at: str, now: str, fate: str
) -> None:
    steps = wished(now)
    ledger = [row(steps["notice"], state, at=at(said_at))] if state else []
    found = decided(now, *ledger)
    closed = [step for steps in found.say for step in steps if step.occasion.rung == "close"]
    held = [(each.not_before, each.by) for each in found.hold if each.step.occasion.rung == "close"]
    if fate == "closed":
        assert [step.sets for step in closed] == [{"state": "closed"}]
    else:
        until = None if fate == "never" else at(fate)
        assert (closed, held) == ([], [(until, "notice")])


def test_a_rule_that_only_records_counts_a_notice_that_was_recorded() -> None:
    notice = wished("wed 10:00", observe=True)["notice"]
    found = decided("wed 10:00", row(notice, "observed", at=at("tue 10:00")), observe=True)
    assert ([step.occasion.rung for step in found.observe], found.say) == (["close"], [])
