"""The simulation with each protection of the bot switched off in turn: it catches every one, or it proves nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from made_parts import hold

from simulation.protections import PROTECTIONS, kept, lived, search, table
from simulation.runs import run

KEPT = kept()


def test_each_protection_has_a_schedule_that_needs_it() -> None:
    assert list(KEPT) == list(PROTECTIONS)


def test_the_page_tells_of_each() -> None:
    hold(Path(__file__).parents[2] / "docs" / "simulation.md", "protections", table())


@pytest.mark.parametrize("name", PROTECTIONS)
def test_without_a_protection_a_law_is_broken(name: str) -> None:
    outcome = lived(name, KEPT[name])
    assert re.search(PROTECTIONS[name].law, outcome.failed or ""), outcome.failed


@pytest.mark.soak
@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", PROTECTIONS)
def test_a_few_seeds_are_enough_to_catch_its_lack_and_none_fails_with_it(name: str) -> None:
    assert run(KEPT[name]).failed is None
    [(_, seed, found)] = search([name], range(1, 13), 2, 0.0)
    assert found is not None, "not caught in twelve seeds of two days"
    assert seed >= 1
