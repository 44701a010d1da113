"""Rules on observe taken as switched on: all of them, and nothing else of the rulebook changed."""

from __future__ import annotations

from typing import Any

import pytest
from desks import rulebook, shipped

from bot.backtest.opened import live
from bot.core.rulebook import Rulebook


def observing(book: Rulebook) -> list[str]:
    """The places in a rulebook that say `observe: true`."""

    def places(value: Any, where: str) -> list[str]:
        if isinstance(value, dict):
            own = [where] if value.get("observe") is True else []
            return own + [place for key, part in value.items() for place in places(part, f"{where}/{key}")]
        if isinstance(value, (list, tuple)):
            return [place for n, part in enumerate(value) for place in places(part, f"{where}/{n}")]
        return []

    return places(book.entries.model_dump(), "")


def test_nothing_else_changes() -> None:
    def without(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: without(part) for key, part in value.items() if key != "observe"}
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
