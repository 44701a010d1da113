"""Rules on observe, or live only of late, taken as live all along, and nothing else of the rulebook changed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from desks import rulebook, shipped

from bot.backtest.opened import live
from bot.core.rulebook import Rulebook


def observing(book: Rulebook) -> list[str]:
    """The places in a rulebook's rules that say `observe: true`; who gets digests is no rule."""

    def places(value: Any, where: str) -> list[str]:
        if isinstance(value, dict):
            own = [where] if value.get("observe") is True else []
            return own + [place for key, part in value.items() for place in places(part, f"{where}/{key}")]
        if isinstance(value, (list, tuple)):
            return [place for n, part in enumerate(value) for place in places(part, f"{where}/{n}")]
        return []

    return places(book.entries.model_dump(exclude={"digest"}), "")


def test_nothing_else_changes() -> None:
    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(part) for key, part in value.items() if key not in ("observe", "since")}
        return [without(part) for part in value] if isinstance(value, (list, tuple)) else value

    book = shipped().book
    assert without(live(book).entries.model_dump()) == without(book.entries.model_dump())
    assert live(live(book)) == live(book)


@pytest.mark.parametrize("section", ["manners", "routes", "completeness", "ladders"])
def test_no_rule_stays_on_observe(section: str) -> None:
    entries, on_observe = shipped().book.entries, {"observe": True}
    if section == "manners":
        book = rulebook(manners=on_observe)
    else:
        rules = getattr(entries, section)
        if not rules:
            pytest.skip(f"the shipped rulebook has no {section}")
        book = rulebook(**{section: tuple(rule.model_copy(update=on_observe) for rule in rules)})
    assert observing(book) != []
    assert observing(live(book)) == []


@pytest.mark.parametrize("section", ["routes", "completeness", "ladders"])
def test_no_rule_goes_live_only_on_some_day(section: str) -> None:
    since = {"since": date(2026, 11, 22)}
    adopted = tuple(rule.model_copy(update=since) for rule in getattr(shipped().book.entries, section))
    book = rulebook(**{section: adopted})
    assert adopted
    assert [rule.since for rule in getattr(live(book).entries, section)] == [None] * len(adopted)
